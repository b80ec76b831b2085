"""The transcript of a chat in the notebook's file, for when there is no kernel.

It is an output of its own below the widget, folded to one line: front ends that show
widgets never look at other forms of the same output, and exchanging the widget's own
output would rebuild its view after each answer.
"""

from __future__ import annotations

import html
import re
import threading
import uuid
from typing import TYPE_CHECKING, Any

from realm_jupyter.widget.formats import ROLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from realm_jupyter.types import ChatMessage

__all__ = ["SavedTranscript", "fenced", "transcript_bundle"]

_MAX_BYTES = 100_000
_LEFT_OUT = "(the beginning is left out here; export has all of it)"
_STYLE = "white-space: pre-wrap; overflow-wrap: anywhere; font: inherit"


def fenced(text: str, fence: str = "") -> str:
    """Return a text as a Markdown block in which nothing is markup.

    Parameters
    ----------
    text : str
        What a model or its reader wrote: may hold anything.
    fence : str, optional
        As `fence_for` makes it.

    Notes
    -----
    A notebook trusts the outputs of its own cells: their Markdown may hold scripts.
    """
    fence = fence or fence_for([text])
    return f"{fence}text\n{text}\n{fence}"


def fence_for(texts: Iterable[str]) -> str:
    """Return a fence that no line of these texts can close."""
    runs = (len(run) for text in texts for run in re.findall("`+", text))
    return "`" * max(3, 1 + max(runs, default=0))


def transcript_bundle(messages: Sequence[ChatMessage]) -> dict[str, str]:
    """Return a transcript as a folded output, in which what was said is only text."""
    if not messages:  # nothing to keep yet, and nothing to look at
        return {"text/plain": "", "text/markdown": ""}
    noun = "message" if len(messages) == 1 else "messages"
    summary = f"Transcript of this chat: {len(messages)} {noun}"
    turns = [(ROLE_NAMES[role], text) for role, text in _ending(messages)]
    is_cut = sum(len(text) for _, text in turns) < sum(len(item.content) for item in messages)
    fence = fence_for([text for _, text in turns])
    markdown = [f"**{name}**\n\n{fenced(text, fence)}" for name, text in turns]
    page = [
        f'<p><strong>{name}</strong></p><pre style="{_STYLE}">{html.escape(text)}</pre>'
        for name, text in turns
    ]
    if is_cut:
        markdown.insert(0, f"*{_LEFT_OUT}*")
        page.insert(0, f"<p><em>{_LEFT_OUT}</em></p>")
    head = f'<details class="realm-transcript"><summary>{summary}</summary>'
    return {
        "text/plain": summary,
        "text/html": f"{head}{''.join(page)}</details>",
        "text/markdown": f"{head}\n\n" + "\n\n".join(markdown) + "\n\n</details>",
    }


def _ending(messages: Sequence[ChatMessage]) -> list[tuple[str, str]]:
    """Return role and text of the last messages, as many as there is room for."""
    found: list[tuple[str, str]] = []
    room_bytes = _MAX_BYTES
    for message in reversed(messages):
        data = message.content.encode(errors="replace")
        text = data[max(0, len(data) - room_bytes) :].decode(errors="ignore")
        if room_bytes <= 0:
            break
        found.append((message.role, text))
        room_bytes -= len(data)
    return found[::-1]


class SavedTranscript:
    """One output per display of the chat, kept up to date.

    Parameters
    ----------
    bundle : callable
        Returns the output as of now.
    """

    def __init__(self, bundle: Callable[[], dict[str, str]]) -> None:
        self._bundle = bundle
        self._lock = threading.Lock()
        self._id: str | None = None
        self._published: dict[str, str] | None = None

    def show(self, publish: Callable[..., Any]) -> None:
        """Put it below what was displayed last.

        Parameters
        ----------
        publish : callable
            IPython's ``publish_display_data`` or one like it.
        """
        with self._lock:
            # All displays share one id: an update reaches each of them.
            self._id = self._id or f"realm-transcript-{uuid.uuid4().hex}"
            self._published = self._bundle()
            publish(self._published, transient={"display_id": self._id})

    def update(self, publish: Callable[..., Any]) -> None:
        """Bring it up to date, where it was shown and has changed."""
        with self._lock:
            if self._id is None:
                return
            bundle = self._bundle()
            if bundle != self._published:
                self._published = bundle
                publish(bundle, transient={"display_id": self._id}, update=True)
