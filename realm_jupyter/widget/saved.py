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

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SavedTranscript", "transcript_bundle"]

_MAX_BYTES = 200_000


def transcript_bundle(text: str, num_messages: int) -> dict[str, str]:
    """Return a transcript as a folded output.

    Parameters
    ----------
    text : str
        Markdown.
    num_messages : int
    """
    if num_messages == 0:  # nothing to keep yet, and nothing to look at
        return {"text/plain": "", "text/markdown": ""}
    noun = "message" if num_messages == 1 else "messages"
    summary = f"Transcript of this chat: {num_messages} {noun}"
    cut = text.encode()[-_MAX_BYTES:].decode(errors="ignore")
    if cut != text:
        cut = "*(the beginning is left out here; export has all of it)*\n\n" + cut
    folded = (
        f'<details class="realm-transcript"><summary>{html.escape(summary)}</summary>\n\n'
        f"{cut}\n\n</details>"
    )
    return {"text/plain": summary, "text/markdown": folded}


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
