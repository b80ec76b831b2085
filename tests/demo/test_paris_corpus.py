# Random draws here choose test texts.
# ruff: noqa: S311

from __future__ import annotations

from random import Random

import pytest

from realm_jupyter.demo.paris import corpus, development, held_out
from realm_jupyter.demo.paris.corpus import (
    HELD_OUT_FILTER,
    LATER_WEIGHTS,
    WEIGHTS,
    HeldOutFilter,
    Turn,
    Writer,
)
from realm_jupyter.demo.paris.evaluation import (
    DEVELOPMENT,
    FIFTH_HELD_OUT,
    FIRST_HELD_OUT,
    FOURTH_HELD_OUT,
    HELD_OUT,
    SECOND_HELD_OUT,
    THIRD_HELD_OUT,
    Examiner,
)
from realm_jupyter.demo.paris.noise import NAMES, noisy, with_typo
from realm_jupyter.demo.paris.phrasing import fill, normalized
from realm_jupyter.demo.paris.questions import DRAWS
from realm_jupyter.demo.paris.replies import Reply

SEEDS = ("first", "second", "third", "fourth")
PAST = (FIRST_HELD_OUT, SECOND_HELD_OUT, THIRD_HELD_OUT, FOURTH_HELD_OUT, FIFTH_HELD_OUT)
NEVER_TRAINED_ON = (HELD_OUT, *PAST, DEVELOPMENT)


@pytest.fixture(scope="module")
def conversations():
    return [
        turns
        for place, seed in enumerate(SEEDS)
        for turns in Writer(seed, (WEIGHTS, LATER_WEIGHTS)[place % 2]).conversations(1500)
    ]


def test_the_same_seed_writes_the_same_text():
    assert list(Writer(7).conversations(50)) == list(Writer(7).conversations(50))
    assert list(Writer(7).conversations(50)) != list(Writer(8).conversations(50))


def test_turns_alternate_behind_at_most_one_system_prompt(conversations):
    for turns in conversations:
        roles = [turn.role for turn in turns]
        if roles[0] == "system":
            roles = roles[1:]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert all(turn.content.strip() for turn in turns)
        assert not any("{" in turn.content and "}" in turn.content for turn in turns)


def test_no_held_out_question_occurs_in_the_training_text(conversations):
    asked = [turn for turns in conversations for turn in turns if turn.role != "assistant"]
    typed = {normalized(turn.content) for turn in asked}
    for questions_of in NEVER_TRAINED_ON:
        for question in Examiner(questions_of).questions():
            if question.kind == "capital, typed badly":
                continue
            assert normalized(question.turns[-1].content) not in typed
    for questions_of in NEVER_TRAINED_ON:
        for prompt in (*questions_of.short_prompts, *questions_of.long_prompts):
            assert normalized(prompt) not in typed


def test_no_training_text_fills_a_held_out_template(conversations):
    for turns in conversations:
        for turn in turns:
            if turn.role != "assistant":
                assert not HELD_OUT_FILTER.matches(turn.content), turn.content


def test_the_filter_knows_every_question_of_the_evaluation():
    for questions_of in NEVER_TRAINED_ON:
        for question in Examiner(questions_of).questions():
            if question.kind != "capital, typed badly":
                assert HELD_OUT_FILTER.matches(question.turns[-1].content), question


def test_a_generator_that_meets_a_held_out_phrasing_draws_again(monkeypatch):
    only = ("Enlighten me on the capital of {c}.", "What is the capital of {c}?")
    monkeypatch.setitem(corpus.TRAINING, "capital", only)
    monkeypatch.setattr(corpus, "GRAMMAR_SHARE", 0.0)
    monkeypatch.setattr(corpus, "DISTURBED_SHARE", 0.0)
    writer = Writer(3)
    monkeypatch.setattr(writer, "kinds", ("capital",))
    monkeypatch.setattr(writer, "kind_weights", (1.0,))
    text = " ".join(turn.content for turns in writer.conversations(200) for turn in turns)
    assert "What is the capital of" in text
    assert "Enlighten" not in text


def test_the_filter_sees_through_spelling_and_words_around():
    texts = HeldOutFilter(("Kindly name the capital city of {c}.",))
    assert texts.matches("hello! KINDLY name the capital city of the Netherlands, please")
    assert not texts.matches("Name the capital city of the Netherlands")


def test_development_and_evaluation_share_no_template():
    looked_at = {
        text
        for kinds in (
            development.DEVELOPMENT,
            *(past.templates for past in PAST),
        )
        for group in kinds.values()
        for text in group
    }
    evaluation = {text for group in held_out.HELD_OUT.values() for text in group}
    assert not looked_at & evaluation
    assert len(held_out.HELD_OUT["capital"]) >= 10


def test_the_evaluation_is_as_broad_as_those_before():
    for templates in (past.templates for past in PAST[1:]):
        assert set(held_out.HELD_OUT) == set(templates)
        for kind, phrasings in templates.items():
            assert len(set(held_out.HELD_OUT[kind])) >= len(phrasings)
    for past in PAST[1:]:
        assert set(held_out.FOLLOW_UPS) == set(past.follow_ups)


def test_every_kind_draws_a_question_with_a_reply_in_three_lengths():
    random = Random(0)
    for kind in WEIGHTS:
        if kind in DRAWS:
            for _ in range(30):
                reply = DRAWS[kind](random).reply
                assert isinstance(reply, Reply)
                assert len(reply.short) <= len(reply.full) <= len(reply.long), reply


def test_a_slip_never_makes_another_name():
    random = Random(1)
    for _ in range(3000):
        slipped = with_typo("Niger", random).lower()
        assert slipped == "niger" or slipped not in NAMES


def test_noise_is_seeded_and_keeps_most_of_the_text():
    texts = [noisy("What is the capital of the Netherlands?", Random(seed)) for seed in range(300)]
    assert texts == [
        noisy("What is the capital of the Netherlands?", Random(seed)) for seed in range(300)
    ]
    assert 20 < len(set(texts)) < 200
    assert sum("netherlands" in text.lower() for text in texts) > 250


def test_slots_take_owners_and_first_letters():
    slots = {"c": "the Netherlands", "np": "three plus four"}
    assert fill("{Cs_} capital", slots) == "The Netherlands' capital"
    assert fill("What is {np}? {NP}", slots) == "What is three plus four? Three plus four"


def test_turns_are_what_the_template_reads():
    assert Turn("user", "Hi")._asdict() == {"role": "user", "content": "Hi"}
