"""Half a Markdown text, made safe to render: an open code fence is closed for now."""

from __future__ import annotations

import re

__all__ = ["close_fence", "open_fence"]

# A fence may stand in a quotation or a list; its prefix is repeated when it is closed.
_FENCE = re.compile(r"^(?P<prefix>[ \t]*(?:>[ \t]?)*[ \t]*)(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
_LIST_FENCE = re.compile(
    r"^(?P<prefix>[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+)(?P<fence>`{3,}|~{3,})(?P<info>.*)$"
)


def open_fence(text: str) -> str | None:
    r"""Return the line that would close the code fence that is open at the end of ``text``.

    Returns
    -------
    str or None
        With the quotation marks or indentation in front; None when no fence is open.

    Examples
    --------
    >>> open_fence("look:\n```python\nx = 1")
    '```'
    >>> open_fence("```\nx\n```\n") is None
    True

    References
    ----------
    CommonMark 0.31, section 4.5 (fenced code blocks).
    """
    closing: str | None = None
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if closing is not None:
            fence = closing.lstrip(" \t>")
            if match and match["fence"].startswith(fence) and not match["info"].strip():
                closing = None
            continue
        if match is None:
            match = _LIST_FENCE.match(line)
        # Backticks after backticks on one line are inline code, not a fence.
        if match and not (match["fence"][0] == "`" and "`" in match["info"]):
            prefix = match["prefix"]
            if ">" not in prefix:
                prefix = " " * len(prefix.expandtabs(4))
            closing = prefix + match["fence"]
    return closing


def close_fence(text: str) -> str:
    r"""Return ``text`` with the code fence that is still open at its end closed.

    Examples
    --------
    >>> close_fence("```\nx")
    '```\nx\n```'
    """
    closing = open_fence(text)
    if closing is None:
        return text
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}{closing}"
