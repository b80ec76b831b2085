from __future__ import annotations

import pytest

from realm_jupyter.demo.tales.corpus import make_story
from realm_jupyter.demo.tales.drift import (
    count_drifting,
    drifting_names,
    find_names,
    ordinary_words,
)

OPENING = "There was a fox named Rio who lived under a bridge."


def test_names_are_capitalized_words_that_the_generator_does_not_use():
    text = f'{OPENING} Deep down, Rio was sad. "Hello," said Dula. The Owl met GrandDot.'
    assert find_names(text) == ["Rio", "Dula", "GrandDot"]


@pytest.mark.parametrize(
    "sentence",
    [
        "She met a girl called Dula.",
        "It was a deer. His name was Dula.",
        "Then Dula the girl came by.",
        "She ran to Dula, a girl from the mill.",
        '"I am Dula," said the girl.',
        "The rain fell on the house of Dula.",
        "Dula, her best friend, was gone.",
        "One day it rained. Rio saw it.",
    ],
)
def test_a_name_that_is_introduced_does_not_drift(sentence):
    assert drifting_names(f"{OPENING} {sentence}", OPENING) == []


@pytest.mark.parametrize("name", ["Rila", "Riox", "Dula", "Shio"])
def test_a_name_that_nobody_introduced_drifts(name):
    story = f"{OPENING} One day, {name} found a basket. Then {name} went home."
    assert drifting_names(story, OPENING) == [name]


def test_an_opening_without_a_name_leaves_the_first_one_free():
    opening = "The princess did not like her crown."
    assert drifting_names(f"{opening} Elsie hid it. Elsie laughed.", opening) == []
    assert drifting_names(f"{opening} Elsie hid it. Elsa laughed.", opening) == ["Elsa"]


def test_stories_and_names_are_counted():
    stories = [f"{OPENING} Rila ran. Shio sat.", f"{OPENING} Rio ran."]
    assert count_drifting(stories, [OPENING, OPENING]) == {
        "stories_with_drifting_names": 1,
        "drifting_names": 2,
    }


def test_no_name_drifts_in_the_training_text():
    ordinary, judged = ordinary_words(), 0
    for seed in range(3_000_000, 3_000_400):
        story = make_story(seed)
        opening = story.text[: story.text.index(story.names[0]) + len(story.names[0])]
        assert drifting_names(story.text, opening) == [], story.text
        judged += not ordinary.intersection(name.lower() for name in story.names)
    assert judged > 350
