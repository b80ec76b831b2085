"""``POST /v1/embeddings``."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

from realm_jupyter.errors import RequestError
from realm_jupyter.protocol.text import (
    Embedding,
    EmbeddingReply,
    EmbeddingRequest,
    EmbeddingUsage,
)
from realm_jupyter.server.answers import json_answer
from realm_jupyter.server.body import read_message
from realm_jupyter.server.service import caller_of, service_of
from realm_jupyter.server.stream import while_there
from realm_jupyter.types import CancelToken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from starlette.requests import Request
    from starlette.responses import Response

    from realm_jupyter.types import EmbeddingResponse

__all__ = ["embeddings"]

_MAX_TEXTS = 2048


async def embeddings(request: Request) -> Response:
    """Turn texts into vectors."""
    service = service_of(request)
    service.check_ready()
    message = await read_message(request, EmbeddingRequest)
    texts = message.texts()
    if len(texts) > _MAX_TEXTS:
        raise RequestError(
            f"there are {len(texts)} texts; {_MAX_TEXTS} are the most", field="input"
        )
    realm = caller_of(request).realm
    cancel = CancelToken()

    def work() -> EmbeddingResponse:
        info = realm.model_info(message.model)
        if message.dimensions not in {None, info.embedding_length}:
            raise RequestError(
                f"dimensions={message.dimensions} is not allowed: the vectors of {info.id!r} have "
                f"{info.embedding_length} numbers and cannot be shortened",
                field="dimensions",
            )
        return realm.embed(texts, model=info.id, cancel=cancel)

    async def in_turn() -> EmbeddingResponse:
        async with service.embedding_turns:
            return await asyncio.to_thread(work)

    try:
        response = await while_there(request.receive, in_turn())
    finally:
        cancel.cancel()  # a client that left
    encode = _base64 if message.encoding_format == "base64" else _numbers
    num_tokens = response.usage.prompt_tokens
    return json_answer(
        EmbeddingReply(
            data=[
                Embedding(index=index, embedding=encode(vector))
                for index, vector in enumerate(response.vectors)
            ],
            model=response.model,
            usage=EmbeddingUsage(prompt_tokens=num_tokens, total_tokens=num_tokens),
        )
    )


def _numbers(vector: NDArray[np.float32]) -> list[float]:
    return [float(number) for number in vector]


def _base64(vector: NDArray[np.float32]) -> str:
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
