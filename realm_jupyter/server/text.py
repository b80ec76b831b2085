"""``POST /tokenize`` and ``POST /detokenize``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realm_jupyter.protocol.text import (
    DetokenizeReply,
    DetokenizeRequest,
    TokenizeReply,
    TokenizeRequest,
)
from realm_jupyter.server.answers import json_answer
from realm_jupyter.server.body import read_message
from realm_jupyter.server.service import caller_of, service_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["detokenize", "tokenize"]


async def tokenize(request: Request) -> Response:
    """Turn text into token ids."""
    service_of(request).check_ready()
    message = await read_message(request, TokenizeRequest)
    realm = caller_of(request).realm

    def work() -> TokenizeReply:
        model = realm.model_info(message.model).id
        token_ids = realm.tokenize(
            message.text,
            model=model,
            add_special=message.add_special,
            parse_special=message.parse_special,
        )
        return TokenizeReply(model=model, token_ids=token_ids, count=len(token_ids))

    return json_answer(await asyncio.to_thread(work))


async def detokenize(request: Request) -> Response:
    """Turn token ids into text."""
    service_of(request).check_ready()
    message = await read_message(request, DetokenizeRequest)
    realm = caller_of(request).realm

    def work() -> DetokenizeReply:
        model = realm.model_info(message.model).id
        text = realm.detokenize(
            message.token_ids, model=model, render_special=message.render_special
        )
        return DetokenizeReply(model=model, text=text)

    return json_answer(await asyncio.to_thread(work))
