"""Lines of JSON in, lines of JSON out: an answer for each line, whatever is in it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import RealmError
from realm_jupyter.human import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BadLineError", "answer_lines"]


class BadLineError(Exception):
    """A line is not what the subcommand reads."""


def answer_lines(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Answer every line of standard input with one on standard output.

    Parameters
    ----------
    answer : callable
        Gets the object of a line and returns the object to write; raises
        `BadLineError` for a line that is none, or a `RealmError`.

    Returns
    -------
    int
        Exit code: 1 if a line was malformed; its answer is ``{"error", "line"}``.
    """
    code = 0
    # Bytes are split at newlines only; text would also be split inside strings.
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        if not raw.strip():
            continue
        try:
            result = answer(_parsed(raw))
        except BadLineError as error:
            result = {"error": f"line {number}: {one_line(error)}", "line": number}
            code = 1
        except RealmError as error:
            result = {"error": one_line(error)}
        # Flushed, so that a program at the other end may ask line by line.
        print(json.dumps(result), flush=True)
    return code


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"this is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadLineError(f"an object is needed, not {type(value).__name__}")
    return value
