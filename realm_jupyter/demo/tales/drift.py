"""Find names that drift: names in a story that neither its opening nor the story introduced."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from realm_jupyter.demo.tales import frame, words
from realm_jupyter.demo.tales.plots import PLOTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SLOT = re.compile(r"\{\^?\w+\}")
_WORD = re.compile(r"[A-Za-z]+")
_INTRODUCTIONS = (
    r"\b(?:named|called|called him|called her|name was|name is) NAME\b",
    r"\b(?:I am|This was|It was|best friend was|house of|door of) NAME\b",
    r"\bNAME,? (?:a|an|the) [a-z]",
    r"\bNAME, (?:his|her) (?:best )?friend\b",
)
"""How the sentences of the generator say who somebody is."""


def _templates() -> Iterator[str]:
    """Yield every text of the generator that is not a name."""
    for plot in PLOTS:
        yield from (template for beats in plot.paragraphs for beat in beats for template in beat)
        yield from (value for pool in plot.pools.values() for value in pool)
    yield from (*frame.OPENINGS, *frame.MORE_OPENINGS, *frame.CHARACTER, *frame.SETTING)
    yield from (*frame.INTERLUDES, *frame.ENDINGS)
    yield from (template for morals in frame.MORALS.values() for template in morals)
    yield from (value for pool in frame.POOLS.values() for value in pool)
    for place, (_, landmarks) in words.PLACES.items():
        yield from (place, landmarks)
    yield from (*words.ANIMALS, *words.ANIMALS.values(), *words.PEOPLE, *words.PERSON_HOMES)
    yield from (*words.TRAITS, *words.COATS, *words.PLACE_TRAITS, *words.COLORS, *words.THINGS)
    yield from (*words.FOODS, *words.SOUNDS, *words.ELDERS, *words.ELDER_TRAITS)


@cache
def ordinary_words() -> frozenset[str]:
    """Every word of the generator except its names, in lower case."""
    found = (_WORD.findall(_SLOT.sub(" ", template)) for template in _templates())
    pronouns = ("she", "her", "herself", "he", "him", "his", "himself", "an")
    return frozenset(word.lower() for some in found for word in some) | frozenset(pronouns)


def find_names(text: str) -> list[str]:
    """List the capitalized words of a text that are no words of the generator.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Each once, in the order of the text.
    """
    ordinary = ordinary_words()
    found = (
        word for word in _WORD.findall(text) if word[0].isupper() and word.lower() not in ordinary
    )
    return list(dict.fromkeys(found))


def is_introduced(name: str, story: str) -> bool:
    """Whether some sentence says who bears the name: "named Rio", "Rio the fox", "I am Rio".

    Parameters
    ----------
    name, story : str

    Returns
    -------
    bool
    """
    patterns = (pattern.replace("NAME", re.escape(name)) for pattern in _INTRODUCTIONS)
    return any(re.search(pattern, story) for pattern in patterns)


def drifting_names(story: str, opening: str) -> list[str]:
    """List the names of a story that nobody introduced.

    Parameters
    ----------
    story : str
        Begins with ``opening``.
    opening : str
        Its names are introduced. Where it has none, the first name of the story is too.

    Returns
    -------
    list of str
        Each once; in a story that keeps its names there is none.
    """
    names = find_names(story)
    given = find_names(opening) or names[:1]
    return [name for name in names if name not in given and not is_introduced(name, story)]


def count_drifting(stories: Iterable[str], openings: Iterable[str]) -> dict[str, int]:
    """Count the stories whose names drift, and the names.

    Parameters
    ----------
    stories, openings : iterable of str
        Of the same length.

    Returns
    -------
    dict
        ``stories_with_drifting_names`` and ``drifting_names``.
    """
    drifting = [
        drifting_names(story, opening) for story, opening in zip(stories, openings, strict=True)
    ]
    return {
        "stories_with_drifting_names": sum(bool(names) for names in drifting),
        "drifting_names": sum(map(len, drifting)),
    }
