"""The ways people really type: no capitals, no full stop, a letter too many."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.facts import COUNTRIES
from realm_jupyter.demo.paris.phrasing import chance

if TYPE_CHECKING:
    from random import Random

SHORTEST_WORD_WITH_TYPO = 5
# What a slip must not turn a name into: Iran and Iraq, Niger and Nigeria, Austria and Australia.
NAMES = frozenset(
    word.lower()
    for country in COUNTRIES
    for word in re.findall(r"\w+", " ".join((country.name, country.capital, *country.aliases)))
)


def without_accents(text: str) -> str:
    """Return the text in plain letters: "Bogota"."""
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )


def with_typo(text: str, random: Random) -> str:
    """Slip once in a word of five letters or more: swap, leave out or double a letter."""
    words = [
        match
        for match in re.finditer(r"[^\W\d_]+", text)
        if len(match[0]) >= SHORTEST_WORD_WITH_TYPO
    ]
    if not words:
        return text
    match = random.choice(words)
    word = match[0]
    place = random.randrange(1, len(word) - 1)
    kind = random.random()
    if kind < 0.4:  # noqa: PLR2004
        slip = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    elif kind < 0.75:  # noqa: PLR2004
        slip = word[:place] + word[place + 1 :]
    else:
        slip = word[:place] + word[place] + word[place:]
    if slip.lower() in NAMES:
        return text
    return text[: match.start()] + slip + text[match.end() :]


def in_another_case(text: str, random: Random) -> str:
    """Write without capital letters now and then, rarely with nothing else."""
    drawn = random.random()
    for share, change in (
        (0.3, str.lower),
        (0.32, str.upper),
        (0.36, lambda text: text[:1].lower() + text[1:]),
    ):
        if drawn < share:
            return change(text)
    return text


def noisy(text: str, random: Random) -> str:
    """Type a question carelessly, in any of several ways at once.

    Parameters
    ----------
    text : str
    random : Random

    Returns
    -------
    str
        Sometimes the text itself.
    """
    if chance(random, 0.3):
        text = text.rstrip(".?!… ") or text
    if chance(random, 0.1):
        text = with_typo(text, random)
        if chance(random, 0.25):
            text = with_typo(text, random)
    text = in_another_case(text, random)
    for share, change in (
        (0.1, lambda text: text.replace("'", "")),
        (0.4, without_accents),
        (0.03, lambda text: text.replace("?", " ?").replace("!", "!!")),
        (0.03, lambda text: text.replace("?", "??")),
        (0.03, lambda text: text.replace(" ", "  ", 1)),
    ):
        if chance(random, share):
            text = change(text)
    return text
