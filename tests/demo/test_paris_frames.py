# Random draws here choose test texts.
# ruff: noqa: S311

from __future__ import annotations

import re
from random import Random

import pytest

from realm_jupyter.demo.paris import filler, follow_up_wordings, frames, talk_wordings
from realm_jupyter.demo.paris.everyday_phrasing import EXPRESSIONS
from realm_jupyter.demo.paris.frames import Wording, draw
from realm_jupyter.demo.paris.phrasing import SLOT, fill
from realm_jupyter.demo.paris.questions import DRAWS
from realm_jupyter.demo.paris.wordings import CLAIMS, WORDINGS, claim_template, sum_template

GRAMMARS = {
    "nouns": frames.NOUN_FRAMES,
    "asked": frames.ASKED_FRAMES,
    "contexts": frames.CONTEXTS,
    "afterwards": frames.AFTERWARDS,
    "leads": filler.LEADS,
    "sentences": filler.SENTENCES,
    "statements": filler.STATEMENTS,
    "questions inside": filler.QUESTIONS_INSIDE,
    "another country": follow_up_wordings.AND_OF,
    "unknown": talk_wordings.UNKNOWN_GRAMMARS,
    "short": talk_wordings.SHORT_PROMPTS,
    "long": talk_wordings.LONG_PROMPTS,
    **talk_wordings.TALK_GRAMMARS,
}

# The slot whose value tells one question of a kind from another, where it is not the country.
TELLING_SLOTS = {
    "country_of": "k",
    **dict.fromkeys(("next", "previous", "month_days", "colour", "opposite"), "n"),
    **dict.fromkeys(("today_tomorrow", "today_yesterday"), "n"),
    "ordinal": "o",
    **dict.fromkeys(("amount", "list"), "p"),
    **dict.fromkeys(("mix", "gain", "loss"), "a"),
}


def drawn(grammars, count=400):
    random = Random(1)
    return {draw(random.choice(grammars), random) for _ in range(count)}


def test_every_alternative_is_drawn_and_spaces_are_tidy():
    grammar = "[What|Which [city|town]] is  it [|now] [?|...]"
    assert drawn((grammar,)) == {
        f"{what} is it{now}{end}"
        for what in ("What", "Which city", "Which town")
        for now in ("", " now")
        for end in ("?", " ...")
    }


def test_the_same_numbers_draw_the_same_text():
    texts = [draw(grammar, Random(5)) for grammar in frames.NOUN_FRAMES]
    assert texts == [draw(grammar, Random(5)) for grammar in frames.NOUN_FRAMES]


@pytest.mark.parametrize("name", GRAMMARS)
def test_no_bracket_is_left_and_the_texts_are_many(name):
    grammars = GRAMMARS[name]
    assert all(grammar.count("[") == grammar.count("]") for grammar in grammars)
    texts = drawn(grammars)
    assert len(texts) > 30
    assert not any(mark in text for text in texts for mark in "[]|")
    assert all(text == " ".join(text.split()) and text for text in texts)


def test_a_wording_puts_its_parts_into_frames():
    wording = Wording(direct=("Capital?",), nouns=("the capital",), asked=("what it is",))
    random = Random(3)
    texts = {wording.template(random) for _ in range(300)}
    assert "Capital?" in texts
    assert any("the capital" in text for text in texts)
    assert any("The capital" in text for text in texts)
    assert any("what it is" in text for text in texts)
    assert not any("{" in text for text in texts)


@pytest.mark.parametrize("kind", WORDINGS)
def test_a_drawn_question_names_what_it_is_about(kind):
    random = Random(2)
    for _ in range(300):
        subject = DRAWS[kind](random)
        text = fill(WORDINGS[kind].template(random), subject.slots)
        assert not re.search(r"[{}\[\]|]", text), text
        told = subject.slots[TELLING_SLOTS.get(kind, "c")]
        assert told.lower() in text.lower(), text


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_claim_names_both_of_its_sides(kind):
    random = Random(4)
    for _ in range(300):
        subject = DRAWS[kind](random)
        text = fill(claim_template(kind, random), subject.slots)
        assert not re.search(r"[{}\[\]|]", text), text
        for value in subject.slots.values():
            assert value.lower() in text.lower(), text


@pytest.mark.parametrize("kind", follow_up_wordings.AND_ATTRIBUTE)
def test_a_follow_up_about_the_same_country_names_none(kind):
    random = Random(5)
    wording = follow_up_wordings.AND_ATTRIBUTE[kind]
    texts = {wording.template(random) for _ in range(300)}
    assert len(texts) > 200
    assert not any(re.search(r"[{}\[\]|]", text) for text in texts)


@pytest.mark.parametrize("operation", EXPRESSIONS)
def test_a_drawn_sum_has_its_numbers_in_the_slots_of_its_kind(operation):
    random = Random(6)
    for _ in range(300):
        template = sum_template(operation, random)
        slots = {slot.lower() for slot in SLOT.findall(template)}
        assert slots in ({"a", "b"}, {"np"}), template
