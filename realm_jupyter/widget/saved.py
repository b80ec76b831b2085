"""The transcript of a chat in the notebook's file, for when there is no kernel.

It is an output of its own below the widget, folded to one line: front ends that show
widgets never look at other forms of the same output, and exchanging the widget's own
output would rebuild its view after each answer.
"""

from __future__ import annotations

import html
import threading
import uuid
from typing import TYPE_CHECKING, Any

from realm_jupyter.widget.formats import ROLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realm_jupyter.types import ChatMessage

__all__ = ["SavedTranscript", "as_text", "transcript_bundle"]

_MAX_BYTES = 150_000
_LEFT_OUT = "*(the beginning is left out here; export has all of it)*"


def as_text(text: str) -> str:
    """Return a text as a block of Markdown in which nothing is markup.

    Parameters
    ----------
    text : str
        What a model or its reader wrote: may hold anything.

    Notes
    -----
    A notebook trusts the outputs of its own cells: scripts in their Markdown would run.

    References
    ----------
    CommonMark 0.31, section 4.6: a block of HTML that begins with ``<pre`` ends with
    ``</pre>``, whatever is between.
    """
    return f'<pre style="white-space: pre-wrap; font: inherit">{html.escape(text)}</pre>'


def transcript_bundle(messages: Sequence[ChatMessage]) -> dict[str, str]:
    """Return a transcript as a folded output, in which what was said is only text."""
    if not messages:  # nothing to keep yet, and nothing to look at
        return {"text/plain": "", "text/markdown": ""}
    noun = "message" if len(messages) == 1 else "messages"
    summary = f"Transcript of this chat: {len(messages)} {noun}"
    turns = _ending(messages)
    is_cut = sum(len(text) for _, text in turns) < sum(len(item.content) for item in messages)
    # JupyterLab puts a summary beside its details unless told otherwise.
    head = '<details class="realm-transcript" style="display: block">'
    parts = [f"{head}<summary>{summary}</summary>"]
    parts += [_LEFT_OUT] if is_cut else []
    parts += [f"**{ROLE_NAMES[role]}**\n\n{as_text(text)}" for role, text in turns]
    return {"text/plain": summary, "text/markdown": "\n\n".join([*parts, "</details>"])}


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
