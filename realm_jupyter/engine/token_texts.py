"""The text of single tokens, remembered per model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realm_jupyter.sandbox import GuestInstance

__all__ = ["TokenTexts"]


class TokenTexts(dict[int, str]):
    """Token ids to their text, asked from the guest once each.

    Bytes that are no whole character are shown as U+FFFD.

    Parameters
    ----------
    instance : GuestInstance
    """

    def __init__(self, instance: GuestInstance) -> None:
        super().__init__()
        self._instance = instance

    def __missing__(self, token_id: int) -> str:
        piece = self._instance.detokenize([token_id], render_special=True)
        text = self[token_id] = piece.decode("utf-8", errors="replace")
        return text
