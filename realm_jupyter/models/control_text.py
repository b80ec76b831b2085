"""Keeps control tokens that occur in what people say from being recognised.

The prompt of a chat is template text, whose control tokens count, around content, whose
control tokens must not: or a user could forge a turn. A marker character is put into
each control token in the content before rendering; afterwards it becomes the byte 0xFF,
which the guest drops without recognising a control token across it or right after it.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from realm_jupyter.errors import PromptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ControlText", "choose_marker"]

# Code points that Unicode promises never to assign: no text means anything by them.
_MARKERS = [chr(code) for code in range(0xFDD0, 0xFDF0)]
# A longer token is taken for its first characters: more is broken than needed, not less.
_MAX_TOKEN_CHARACTERS = 1024


def choose_marker(texts: Iterable[str]) -> str:
    """Return a noncharacter, U+FDD0 to U+FDEF, that occurs in none of the texts.

    Raises
    ------
    PromptError
        If all of them occur.
    """
    left = _MARKERS
    for text in texts:
        if not text.isascii():
            left = [marker for marker in left if marker not in text]
    if not left:
        raise PromptError("the messages hold all noncharacters U+FDD0 to U+FDEF; remove some")
    return left[0]


class ControlText:
    """The control tokens of one vocabulary, ready to be found in text.

    Parameters
    ----------
    control_tokens : iterable of str
        Their texts; empty ones are ignored.

    Notes
    -----
    Memory is linear in the tokens. Searching costs a regular expression over the first
    two characters and a bisection wherever these occur.
    """

    def __init__(self, control_tokens: Iterable[str]) -> None:
        self._tokens = frozenset(control_tokens) - {""}
        heads = sorted({token[:_MAX_TOKEN_CHARACTERS] for token in self._tokens})
        longer = [head for head in heads if len(head) > 1]
        # Of tokens that begin alike only the shortest matters, and in what is left at
        # most one token can begin at a place: the last one that sorts before the text.
        self._shortest: list[str] = []
        for token in longer:
            if not self._shortest or not token.startswith(self._shortest[-1]):
                self._shortest.append(token)
        self._longest = max(map(len, longer), default=0)
        self._by_start = longer
        self._by_end = sorted(token[::-1] for token in longer)
        self._pair = _pair_pattern(self._shortest)
        singles = "".join(token for token in heads if len(token) == 1)
        self._single = re.compile(f"[{re.escape(singles)}]") if singles else None

    @classmethod
    def of(cls, control_tokens: Iterable[str]) -> ControlText:
        """Return the one for these tokens; the last few are kept."""
        return _control_text(tuple(control_tokens))

    def first(self, text: str) -> str | None:
        """Return the first control token in a short text, the longest one at its place."""
        found = [(text.find(token), -len(token), token) for token in self._tokens if token in text]
        return min(found)[2] if found else None

    def broken(self, text: str, marker: str, *, with_edges: bool = True) -> str:
        """Return the text with a marker in every control token.

        It stands after the token's first character, or before its only one. (What
        directly follows a marker cannot begin a token, so none may stand at the end of
        the text, where the template's own token begins.)

        Parameters
        ----------
        text : str
        marker : str
            One character that does not occur in the text.
        with_edges : bool
            Also mark what a template could complete to a token: the start of the text
            when that is the end of a token, and the place before the last characters
            when these begin a token.
        """
        places = self._places(text)
        if with_edges:
            places |= self._edges(text)
        if not places:
            return text
        pieces = []
        start = 0
        for place in sorted(places):
            pieces.append(text[start:place])
            start = place
        pieces.append(text[start:])
        return marker.join(pieces)

    def _places(self, text: str) -> set[int]:
        places = set()
        if self._pair is not None:
            shortest, longest = self._shortest, self._longest
            for found in self._pair.finditer(text):
                start = found.start()
                rest = text[start : start + longest]
                if rest.startswith(shortest[bisect_right(shortest, rest) - 1]):
                    places.add(start + 1)
        if self._single is not None:
            places.update(found.start() for found in self._single.finditer(text))
        return places

    def _edges(self, text: str) -> set[int]:
        """Return the edges that need a marker, with and without white space around.

        Templates strip content, and what is then outermost meets the template's text.
        At the end the marker stands before what begins a token, not after it: there it
        would hide the template's own token that follows.
        """
        places = set()
        bare_start = len(text) - len(text.lstrip())
        bare_end = len(text.rstrip())
        for start in {0, bare_start}:
            head = text[start : start + self._longest]
            if any(_begins(head[:length][::-1], self._by_end) for length in _lengths(head)):
                places.add(start)
        for end in {len(text), bare_end}:
            tail = text[max(0, end - self._longest) : end]
            for length in _lengths(tail):
                if _begins(tail[-length:], self._by_start):
                    places.add(end - length)
        return places


def _lengths(text: str) -> range:
    return range(1, len(text) + 1)


def _begins(part: str, tokens: Sequence[str]) -> bool:
    """Whether a token, in a sorted list of them, begins with this part and goes on."""
    place = bisect_left(tokens, part)
    # A proper part: the token itself sorts first and does not count.
    if place < len(tokens) and tokens[place] == part:
        place += 1
    return place < len(tokens) and tokens[place].startswith(part)


def _pair_pattern(tokens: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds the first of two characters with which a token begins."""
    if not tokens:
        return None
    seconds: dict[str, list[str]] = {}
    for token in tokens:
        seconds.setdefault(token[0], []).append(token[1])
    pairs = [
        f"{re.escape(first)}(?=[{re.escape(''.join(dict.fromkeys(rest)))}])"
        for first, rest in seconds.items()
    ]
    return re.compile("|".join(pairs))


@functools.lru_cache(maxsize=8)
def _control_text(control_tokens: tuple[str, ...]) -> ControlText:
    return ControlText(control_tokens)
