"""The ways people really type: no capitals, no full stop, a letter too many."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.facts import COUNTRIES

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
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
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
    if random.random() < 0.3:  # noqa: PLR2004
        text = text.rstrip(".?!… ") or text
    if random.random() < 0.1:  # noqa: PLR2004
        text = with_typo(text, random)
        if random.random() < 0.25:  # noqa: PLR2004
            text = with_typo(text, random)
    case = random.random()
    if case < 0.3:  # noqa: PLR2004
        text = text.lower()
    elif case < 0.32:  # noqa: PLR2004
        text = text.upper()
    elif case < 0.36:  # noqa: PLR2004
        text = text[:1].lower() + text[1:]
    if random.random() < 0.1:  # noqa: PLR2004
        text = text.replace("'", "")
    if random.random() < 0.4:  # noqa: PLR2004
        text = without_accents(text)
    if random.random() < 0.03:  # noqa: PLR2004
        text = text.replace("?", " ?").replace("!", "!!")
    if random.random() < 0.03:  # noqa: PLR2004
        text = text.replace("?", "??")
    if random.random() < 0.03:  # noqa: PLR2004
        text = text.replace(" ", "  ", 1)
    return text
