"""Bodies of requests, never larger or slower than allowed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from realm_jupyter.errors import APIStatusError
from realm_jupyter.protocol.base import read
from realm_jupyter.server.service import service_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from realm_jupyter.server.settings import ServerSettings

__all__ = ["pieces", "read_body", "read_message"]

M = TypeVar("M", bound=BaseModel)


async def pieces(request: Request, *, max_bytes: int, timeout_s: float) -> AsyncIterator[bytes]:
    """Yield a body as it comes.

    Parameters
    ----------
    request : Request
    max_bytes : int
    timeout_s : float
        Longest pause between two pieces.

    Raises
    ------
    APIStatusError
        413 if it is too large, 408 if it comes too slowly.
    ClientDisconnect
        If the client went away.
    """
    too_large = APIStatusError(
        f"the body is larger than the {max_bytes} bytes that this server takes",
        status=413,
        body="body_too_large",
    )
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > max_bytes:
        raise too_large
    num_bytes = 0
    stream = request.stream().__aiter__()
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                piece = await anext(stream, None)
        except TimeoutError:
            raise _too_slow(timeout_s) from None
        if piece is None:
            return
        num_bytes += len(piece)
        if num_bytes > max_bytes:
            raise too_large
        if piece:
            yield piece


async def read_message(request: Request, kind: type[M]) -> M:
    """Return the message in a request's body.

    Raises
    ------
    RequestError
        If it is malformed.
    APIStatusError
        As `pieces`.
    """
    return read(kind, await read_body(request, service_of(request).settings))


async def read_body(request: Request, settings: ServerSettings) -> bytes:
    """Return a request's body.

    Raises
    ------
    APIStatusError
        As `pieces`.
    """
    timeout_s = settings.body_timeout_s
    data = bytearray()
    try:
        async with asyncio.timeout(timeout_s):  # all of it, so that a trickle does not count
            async for piece in pieces(
                request, max_bytes=settings.max_body_bytes, timeout_s=timeout_s
            ):
                data += piece
    except TimeoutError:
        raise _too_slow(timeout_s) from None
    return bytes(data)


def _too_slow(timeout_s: float) -> APIStatusError:
    return APIStatusError(
        f"the body did not come within {timeout_s:g} s", status=408, body="body_too_slow"
    )
