"""Expand story templates: choices in brackets, slots in braces, articles and capitals by rule.

``[a|b|c]`` becomes one of its parts (parts may be empty and may hold brackets), ``{slot}`` the
value of a slot, and ``a~ word`` gets "a" or "an". Every sentence gets its capital letter at the
end, so that a template may begin with a slot.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\^?)(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa])~ (\W*)(\w)")
_SENTENCE_START = re.compile(r"(^\"?|\n\"?|[.!?] \"?|\.\" \"?|[^,] \")([a-z])")


def choose(template: str, random_source: random.Random) -> str:
    """Take one part of every bracket, from the inside out.

    Parameters
    ----------
    template : str
    random_source : random.Random

    Returns
    -------
    str
    """
    while "[" in template:
        template = _CHOICE.sub(
            lambda found: random_source.choice(found.group(1).split("|")), template
        )
    return template


def expand(template: str, slots: Mapping[str, str], random_source: random.Random) -> str:
    """Expand choices, slots and articles of one template; capitals come with `polish`.

    Parameters
    ----------
    template : str
    slots : mapping of str to str
        Values may hold choices and slots themselves.
    random_source : random.Random

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If the template names a slot that is not there.
    """
    text = choose(template, random_source)
    while "{" in text:
        text = choose(_SLOT.sub(lambda found: _fill(found, slots), text), random_source)
    return _ARTICLE.sub(_article, text)


def _fill(found: re.Match[str], slots: Mapping[str, str]) -> str:
    """Look a slot up; ``{^slot}`` begins with a capital."""
    value = slots[found.group(2)]
    return value[:1].upper() + value[1:] if found.group(1) else value


def _article(found: re.Match[str]) -> str:
    """Choose the article by the letter that follows."""
    letter, marks, initial = found.groups()
    return f"{letter}{'n' if initial.lower() in 'aeiou' else ''} {marks}{initial}"


def polish(text: str) -> str:
    """Give every sentence its capital and remove doubled spaces.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Notes
    -----
    After speech that ends in ``?"`` or ``!"`` the template decides: ``"Who?" asked the owl`` and
    ``"Oh no!" {^he} ran home.`` are both right.
    """
    text = re.sub(r" +", " ", text)
    return _SENTENCE_START.sub(lambda found: found.group(1) + found.group(2).upper(), text).strip()
