"""``/tokenize``, ``/detokenize`` and ``/v1/embeddings``."""

from __future__ import annotations

from realm_jupyter.protocol.base import Reply, Request

__all__ = [
    "DetokenizeReply",
    "DetokenizeRequest",
    "TokenizeReply",
    "TokenizeRequest",
]


class TokenizeRequest(Request):
    """Text to token ids; see `Realm.tokenize`."""

    model: str | None = None
    text: str
    add_special: bool = False
    parse_special: bool = False


class TokenizeReply(Reply):
    """The token ids, and how many there are."""

    model: str
    token_ids: list[int]
    count: int


class DetokenizeRequest(Request):
    """Token ids to text; see `Realm.detokenize`."""

    model: str | None = None
    token_ids: tuple[int, ...]
    render_special: bool = False


class DetokenizeReply(Reply):
    """The text."""

    model: str
    text: str
