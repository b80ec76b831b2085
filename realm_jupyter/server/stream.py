"""Streams of server-sent events that end with their client, and never pile up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, TypeVar

from realm_jupyter.errors import RealmError
from realm_jupyter.protocol.error_table import error_body
from realm_jupyter.protocol.sse import DONE_EVENT, encode_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine
    from typing import Any

    from starlette.types import Receive, Scope, Send

    from realm_jupyter.server.settings import ServerSettings

__all__ = ["ClientGoneError", "EventStream", "take", "while_there"]

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # proxies must not hold events back
]


class ClientGoneError(Exception):
    """The client closed the connection; nobody waits for an answer."""


async def while_there(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Do work while its client is there.

    Raises
    ------
    ClientGoneError
        If the client left first; the work was cancelled.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        return working.result()
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream:
    """An answer that is a stream of events; an ASGI application.

    Parameters
    ----------
    events : asynchronous generator of bytes
        Encoded events. What it raises becomes the last event. It is closed when the
        client leaves, or takes nothing for too long.
    settings : ServerSettings
    on_end : callable
        Called at the end, however it comes.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes],
        settings: ServerSettings,
        on_end: Callable[[], object],
    ) -> None:
        self._events = events
        self._timeout_s = settings.send_timeout_s
        self._on_end = on_end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        del scope
        try:
            await while_there(receive, self._send_all(send))
        except ClientGoneError:
            return
        finally:
            self._on_end()

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        async with contextlib.aclosing(self._events) as events:
            try:
                async for piece in events:
                    await self._send(send, piece)
                last = DONE_EVENT
            except RealmError as error:
                last = encode_event(error_body(error)[1])
            except ClientGoneError:
                raise
            except Exception as error:  # noqa: BLE001 - the client is told that it ended
                _LOG.exception("a stream failed")
                last = encode_event(error_body(error)[1])
        await self._send(send, last)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, send: Send, piece: bytes) -> None:
        try:
            async with asyncio.timeout(self._timeout_s):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError:
            _LOG.warning("a client took nothing for %g s and was let go", self._timeout_s)
            raise ClientGoneError from None


async def take(queue: asyncio.Queue[T], pause_s: float) -> list[T]:
    """Return everything that is in a queue; wait for the first thing for a while.

    Parameters
    ----------
    queue : asyncio.Queue
    pause_s : float
        Nothing is returned when nothing came for so long.
    """
    try:
        async with asyncio.timeout(pause_s):
            items = [await queue.get()]
    except TimeoutError:
        return []
    while not queue.empty():
        items.append(queue.get_nowait())
    return items
