# Random draws here choose test texts.
# ruff: noqa: S311

from __future__ import annotations

import re
from random import Random

import pytest

from realm_jupyter.demo.paris.word_noise import (
    MEANING,
    MOST_CHANGES,
    RANDOM_WORDS,
    any_word,
    disturbed,
)

TEMPLATE = "Could you kindly tell me which city is the capital of {c}, my friend?"


def words_of(text):
    return re.findall(r"[\w']+", text.lower())


def test_words_that_carry_the_meaning_and_slots_stay():
    random = Random(1)
    kept = [word for word in words_of(TEMPLATE) if word in MEANING]
    assert kept == ["city", "is", "capital", "of"]
    for _ in range(400):
        text = disturbed(TEMPLATE, random)
        assert "{c}" in text
        assert [word for word in words_of(text) if word in MEANING] == kept


def test_few_words_change_and_the_same_numbers_change_the_same():
    texts = [disturbed(TEMPLATE, Random(seed)) for seed in range(200)]
    assert texts == [disturbed(TEMPLATE, Random(seed)) for seed in range(200)]
    assert len(set(texts)) > 170
    length = len(words_of(TEMPLATE))
    for text in texts:
        assert abs(len(words_of(text)) - length) <= MOST_CHANGES
        assert len(set(words_of(TEMPLATE)) - set(words_of(text))) <= MOST_CHANGES
        assert not re.search(r"^[\s,.?]|\s[,.?]|\s\s", text), text


def test_gentle_noise_only_puts_words_in():
    random = Random(2)
    for _ in range(200):
        left = iter(words_of(disturbed(TEMPLATE, random, is_gentle=True)))
        assert all(word in left for word in words_of(TEMPLATE))


@pytest.mark.parametrize("template", ["{c}", "{C}?", "capital {c}", "{a}+{b}"])
def test_a_question_of_nothing_but_meaning_keeps_it(template):
    random = Random(3)
    kept = template.rstrip("?").split()
    for _ in range(100):
        left = disturbed(template, random)
        assert all(part in left for part in kept)


def test_something_is_always_left():
    assert all(disturbed("So?", Random(seed)) for seed in range(100))


def test_words_put_in_mean_nothing():
    assert not MEANING & {word.lower() for word in RANDOM_WORDS}
    random = Random(4)
    drawn = {any_word(random) for _ in range(3000)}
    assert len(drawn - set(RANDOM_WORDS)) > 300
    assert len(drawn & set(RANDOM_WORDS)) > 300
