# Random draws here choose test texts.
# ruff: noqa: S311

from __future__ import annotations

import random
import re
from dataclasses import replace

import numpy as np
import pytest

from realm_jupyter.demo.sentencepiece import BOS_ID, EOS_ID, train_vocabulary
from realm_jupyter.demo.tales import frame
from realm_jupyter.demo.tales.batches import KNOWN_NAME_WEIGHT, NEW_NAME_WEIGHT, StoryBatches
from realm_jupyter.demo.tales.corpus import (
    _draw_pools,
    make_cast,
    make_name,
    make_story,
    write_story,
)
from realm_jupyter.demo.tales.evaluation import OPENINGS, most_repeated, split_sentences
from realm_jupyter.demo.tales.grammar import choose, expand, polish
from realm_jupyter.demo.tales.plots import PLOTS
from realm_jupyter.demo.tales.style import TRAINING_STYLE, VOCABULARY_STYLE

STORIES = [write_story(seed) for seed in range(2_000_000, 2_001_000)]


def all_templates():
    for plot in PLOTS:
        for paragraph in plot.paragraphs:
            for beat in paragraph:
                yield from beat
    yield from (*frame.OPENINGS, *frame.MORE_OPENINGS, *frame.CHARACTER)
    yield from (*frame.SETTING, *frame.INTERLUDES)
    yield from frame.ENDINGS
    for morals in frame.MORALS.values():
        yield from morals


def test_brackets_choose_from_the_inside_out():
    seen = {choose("[a|b[c|]] d", random.Random(seed)) for seed in range(60)}
    assert seen == {"a d", "b d", "bc d"}


def test_articles_follow_the_next_letter():
    slots = {"kind": "owl", "other": "fox"}
    text = expand('a~ {kind}, a~ {other}, a~ "old" one', slots, random.Random(0))
    assert text == 'an owl, a fox, an "old" one'


def test_capitals_start_sentences_and_speech_but_not_what_follows_a_question():
    text = polish('he said, "come, tom. now."  she ran. "why?" asked tom, "and where?"')
    assert text == 'He said, "come, tom. Now." She ran. "Why?" asked tom, "and where?"'
    assert expand("{^he} and {he}", {"he": "she"}, random.Random(0)) == "She and she"


def test_an_unknown_slot_is_an_error():
    with pytest.raises(KeyError, match="nobody"):
        expand("{nobody}", {}, random.Random(0))


def test_no_comma_between_two_templates_is_missing():
    for template in all_templates():
        assert not re.search(r"[.!?]\"?[A-Z{\[]", template), template


def test_every_template_of_every_plot_expands_cleanly():
    for seed, plot in enumerate(PLOTS):
        random_source = random.Random(seed)
        slots = make_cast(random_source) | _draw_pools(plot, random_source)
        beats = [beat for paragraph in plot.paragraphs for beat in paragraph]
        for template in (template for beat in beats for template in beat):
            text = polish(expand(template, slots, random_source))
            assert not re.search(r"[{}\[\]|~^]|  ", text), text


def test_a_seed_always_gives_the_same_story():
    assert write_story(7) == write_story(7)
    assert len(set(STORIES)) == len(STORIES)


def test_stories_have_the_promised_length_and_do_not_repeat_sentences():
    lengths = [len(story.split()) for story in STORIES]
    assert min(lengths) >= 140
    assert max(lengths) <= 320
    assert max(most_repeated(story) for story in STORIES) <= 2


def test_stories_are_clean_text():
    wrong = re.compile(
        r"[{}\[\]|~^]|  | [,.]|\.\.|\b[Aa] [aeiou]|\b[Aa]n [^aeiou\W]|the the|[.] [a-z]"
    )
    for story in STORIES:
        found = wrong.search(story)
        assert not found, story[max(0, found.start() - 40) : found.end() + 40]
        assert story.count('"') % 2 == 0
        assert story.isascii()


def test_there_is_much_to_tell():
    assert len(PLOTS) >= 8
    openings = {split_sentences(story)[0] for story in STORIES}
    assert len(openings) > 0.98 * len(STORIES)
    sentences = [sentence for story in STORIES for sentence in split_sentences(story)]
    assert len(set(sentences)) > 0.5 * len(sentences)


def test_a_friend_is_not_known_before_the_meeting():
    rescued = [story for story in STORIES if "I cannot get out!" in story]
    assert rescued
    for story in rescued:
        friend = re.search(r"My name is (\w+)", story)
        assert friend is not None
        assert story.index(friend.group(1)) == friend.start(1)


def draw_names(style):
    return [make_name("she", random.Random(seed), style) for seed in range(1000)]


def test_invented_names_are_names():
    invented = set(draw_names(replace(TRAINING_STYLE, invented_names=1.0)))
    assert len(invented) > 700
    assert all(re.fullmatch(r"[A-Z][a-z]+", name) for name in invented)


@pytest.mark.parametrize(
    ("style", "part"), [(TRAINING_STYLE, 0.1), (VOCABULARY_STYLE, 0.5)], ids=["training", "pieces"]
)
def test_a_style_says_how_many_names_are_invented(style, part):
    invented = [name for name in draw_names(style) if name not in style.she_names]
    assert len(invented) / 1000 == pytest.approx(part, abs=0.04)


def test_every_usual_name_is_listed_once_and_tells_the_pronoun():
    names = (*TRAINING_STYLE.she_names, *TRAINING_STYLE.he_names)
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Z][a-z]+", name) for name in names)


def test_hero_and_friend_have_different_initials_in_training():
    for seed in range(400):
        hero, friend = make_story(seed).names
        assert hero[0] != friend[0]


def test_the_stories_of_the_vocabulary_open_with_fewer_templates():
    assert set(VOCABULARY_STYLE.openings) < set(TRAINING_STYLE.openings)
    assert write_story(7, VOCABULARY_STYLE) != write_story(7)


def test_no_opening_of_the_evaluation_is_a_sentence_of_the_training_text():
    sentences = {sentence for story in STORIES for sentence in split_sentences(story)}
    long_openings = [opening for opening in OPENINGS if len(opening.split()) > 4]
    for opening in long_openings:
        assert split_sentences(opening)[-1] not in sentences


def test_batches_depend_on_the_step_alone():
    vocabulary = train_vocabulary(STORIES[:40], 448)
    first = StoryBatches(vocabulary, batch_size=3, pool_batches=2)
    second = StoryBatches(vocabulary, batch_size=3, pool_batches=2)
    forward = [first(step) for step in (0, 1, 2)]
    backward = [second(step) for step in (2, 1, 0)][::-1]
    for (one, one_weights), (two, two_weights) in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one_weights, two_weights)


def test_a_row_is_one_story_and_its_padding_counts_nothing():
    vocabulary = train_vocabulary(STORIES[:40], 1024)
    token_ids, weights = StoryBatches(vocabulary, batch_size=4, pool_batches=2)(1)
    assert np.all(token_ids[:, 0] == BOS_ID)
    for row, counts in zip(token_ids, weights, strict=True):
        length = int((counts > 0.0).sum())
        assert np.all(counts[:length] > 0.0)
        assert row[length - 1] == EOS_ID
        assert EOS_ID not in row[: length - 1]
        assert 140 < len(vocabulary.decode(row[:length].tolist()).split()) < 320


def test_a_new_name_counts_little_and_a_known_one_much():
    vocabulary = train_vocabulary(STORIES[:40], 1024)
    batches = StoryBatches(vocabulary, batch_size=4, pool_batches=1)
    token_ids, weights = batches(0)
    for row, counts in zip(token_ids.tolist(), weights, strict=True):
        known = [at for at, count in enumerate(counts) if np.isclose(count, KNOWN_NAME_WEIGHT)]
        new = [at for at, count in enumerate(counts) if np.isclose(count, NEW_NAME_WEIGHT)]
        text = vocabulary.decode(row[at] for at in new).split()
        assert 1 <= len(text) <= 2
        assert all(name[0].isupper() for name in text)
        assert len(known) > len(new)
        assert set(vocabulary.decode(row[at] for at in known).split()) <= set(text)
