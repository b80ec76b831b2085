"""``/tokenize``, ``/detokenize`` and ``/v1/embeddings``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from realm_jupyter.protocol.base import Reply, Request
from realm_jupyter.protocol.sampling import Prompt, Prompts, prompts_of

__all__ = [
    "DetokenizeReply",
    "DetokenizeRequest",
    "Embedding",
    "EmbeddingReply",
    "EmbeddingRequest",
    "EmbeddingUsage",
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


class EmbeddingRequest(Request):
    """Texts, or token ids, to vectors.

    The vectors are the mean of the hidden states after the model's final norm, of unit length;
    see `Realm.embed`. ``dimensions`` must be the model's own, because the vectors cannot be
    shortened. ``user`` has no effect.
    """

    model: str | None = None
    input: Prompts
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, ge=1)
    user: str | None = None

    def texts(self) -> list[Prompt]:
        """Return the texts one by one."""
        return prompts_of(self.input)


class Embedding(Reply):
    """One vector: numbers, or with ``base64`` their float32 bytes, little-endian."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(Reply):
    """Token counts of all texts together."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingReply(Reply):
    """The vectors in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
