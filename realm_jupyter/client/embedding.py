"""Embeddings that a server computes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, cast

import numpy as np

from realm_jupyter.protocol.text import (
    EmbeddingReply,
    EmbeddingRequest,
    TokenizeReply,
    TokenizeRequest,
)
from realm_jupyter.types import EmbeddingResponse, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.client.connection import Connection

__all__ = ["embed"]

# Of one request; the server's own limit is higher.
_MAX_TEXTS = 256


async def embed(
    connection: Connection, model: str, texts: Sequence[str | Sequence[int]]
) -> EmbeddingResponse:
    """Return the embeddings of texts or token ids, some hundred with each request."""
    prompts = list(texts)
    if {isinstance(text, str) for text in prompts} == {True, False}:
        # On the wire a list is of one kind.
        prompts = [
            await _tokenize(connection, model, text) if isinstance(text, str) else text
            for text in prompts
        ]
    rows: list[np.ndarray] = []
    num_tokens = 0
    for start in range(0, max(len(prompts), 1), _MAX_TEXTS):
        part = prompts[start : start + _MAX_TEXTS]
        message = EmbeddingRequest(
            model=model,
            input=tuple(text if isinstance(text, str) else tuple(map(int, text)) for text in part),  # type: ignore[arg-type] # of one kind, as above
            encoding_format="base64",
        )
        response = await connection.post("/v1/embeddings", message)
        reply = EmbeddingReply.model_validate_json(response.content)
        rows += [_vector(cast("str", item.embedding)) for item in reply.data]
        num_tokens += reply.usage.prompt_tokens
        model = reply.model
    return EmbeddingResponse(np.stack(rows), Usage(num_tokens, 0), model)


async def _tokenize(connection: Connection, model: str, text: str) -> list[int]:
    message = TokenizeRequest(model=model, text=text, add_special=True)
    response = await connection.post("/tokenize", message)
    return TokenizeReply.model_validate_json(response.content).token_ids


def _vector(data: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data), dtype="<f4").astype(np.float32)
