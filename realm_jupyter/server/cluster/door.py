"""The door of a cluster: who may come in, which replica answers, and what if that one dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from realm_jupyter.errors import APIConnectionError, APIStatusError, ModelNotFoundError, RealmError
from realm_jupyter.protocol.error_table import error_body
from realm_jupyter.protocol.sse import encode_event
from realm_jupyter.server.answers import error_answer, json_answer
from realm_jupyter.server.body import read_body
from realm_jupyter.server.cluster.message import ForwardedRequest
from realm_jupyter.server.guard import Guard
from realm_jupyter.server.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from realm_jupyter.protocol.models import ModelList
    from realm_jupyter.server.keys import Key
    from realm_jupyter.server.settings import ServerSettings

__all__ = ["LostError", "Replicas", "create_door"]

_LOG = logging.getLogger(__name__)
_NUM_TRIES = 4
_PAUSE_S = 0.2
_RETRY_AFTER_S = 2
_OK, _UNAVAILABLE, _NOT_IMPLEMENTED = 200, 503, 501
_EVENT_STREAM = b"text/event-stream"


class LostError(Exception):
    """A replica ended while it answered; what it answered so far is all there is."""


class Replicas(Protocol):
    """What the door needs of a cluster."""

    def answer(self, request: ForwardedRequest) -> AsyncGenerator[list[Message]]:
        """Have a replica answer.

        Raises
        ------
        LostError
        RealmError
            If no replica takes the request, or its model cannot be loaded.
        """
        ...

    async def models(self) -> ModelList:
        """Return what is known of each model; waits until a replica has loaded it."""
        ...

    async def figures(self) -> bytes:
        """Return the figures of all replicas in Prometheus' text format."""
        ...


class _Names:
    """Stands for the callers of a server: the door has no tenants, only their keys."""

    def of(self, key: Key) -> Key:
        return key


class _Door:
    """The ASGI application behind the guard; see `create_door`."""

    def __init__(
        self,
        settings: ServerSettings,
        replicas: Replicas,
        models: tuple[str, ...],
        *,
        pause_s: float,
    ) -> None:
        self._settings = settings
        self._replicas = replicas
        self._models = models
        self._pause_s = pause_s
        self._loading: asyncio.Task[ModelList] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or have it answered."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        try:
            own = self._own(scope)
            if own is None:
                body = await read_body(Request(scope, receive), self._settings)
                await self._forward(self._request(scope, body), send)
                return
            answer = await own()
        except RealmError as error:
            answer = error_answer(error)
        except ClientDisconnect:
            return
        await answer(scope, receive, send)

    def _own(self, scope: Scope) -> Callable[[], Awaitable[Response]] | None:
        """Return what answers a request that no single replica can answer."""
        path: str = scope["path"]
        if path.startswith("/admin/"):
            raise APIStatusError(
                "the models of a cluster are those that it was started with; start it again "
                "with others, which replaces its replicas one by one",
                status=_NOT_IMPLEMENTED,
                body="not_on_a_cluster",
            )
        own = {"/health": self._health, "/metrics": self._metrics, "/v1/models": self._list_models}
        return own.get(path) if scope["method"] in {"GET", "HEAD"} else None

    async def _health(self) -> Response:
        is_ready = self._known() is not None
        state = "ok" if is_ready else "loading"
        return JSONResponse({"status": state}, _OK if is_ready else _UNAVAILABLE)

    async def _metrics(self) -> Response:
        figures = await self._replicas.figures()
        return Response(figures, headers={"content-type": CONTENT_TYPE_LATEST})

    async def _list_models(self) -> Response:
        known = self._known()
        if known is None:
            raise APIStatusError(
                "the cluster is still loading its models; /health says when it is ready",
                status=_UNAVAILABLE,
                body="not_ready",
            )
        return json_answer(known)

    def _known(self) -> ModelList | None:
        """Return the models once each was loaded by some replica; see to it that they are."""
        loading = self._loading
        if loading is None or (loading.done() and loading.exception() is not None):
            self._loading = asyncio.create_task(self._replicas.models())
            self._loading.add_done_callback(_log_failure)
            return None
        return loading.result() if loading.done() else None

    # -- forwarding ----------------------------------------------------------------

    def _request(self, scope: Scope, body: bytes) -> ForwardedRequest:
        key: Key = scope["state"]["caller"]
        default = self._models[0]
        request = ForwardedRequest.of(scope, body, key=key.name, default_model=default)
        if request.model not in self._models:
            raise ModelNotFoundError(
                f"there is no model {request.model!r:.200}; there are {', '.join(self._models)}",
                name=request.model,
            )
        return request

    async def _forward(self, request: ForwardedRequest, send: Send) -> None:
        """Send an answer on; where a replica is lost before it sent anything, ask another."""
        for num_tries in range(1, _NUM_TRIES + 1):
            sender = _Sender(send)
            try:
                # Leaving it ends the text, as when the client has left.
                async with contextlib.aclosing(self._replicas.answer(request)) as answer:
                    async for messages in answer:
                        await sender.send_all(messages)
            except LostError as error:
                if sender.has_begun:
                    await sender.break_off()
                    return
                if num_tries == _NUM_TRIES:
                    raise _lost_answer(
                        "no replica of the cluster could answer; they may be starting: ask again"
                    ) from error
                await asyncio.sleep(self._pause_s * num_tries)
            else:
                return


class _Sender:
    """Sends an answer on; holds its beginning back until there is something in it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self.has_begun = False

    async def send_all(self, messages: list[Message]) -> None:
        """Send what a replica answered."""
        for message in messages:
            if message["type"] == "http.response.start":
                self._start = message
                continue
            if not self.has_begun and self._start is not None:
                self.has_begun = True
                await self._send(self._start)
            await self._send(message)

    async def break_off(self) -> None:
        """End an answer that nobody goes on with, with an error where it is a stream.

        Raises
        ------
        LostError
            If it is none: the connection is to be broken, so that nobody takes it for whole.
        """
        headers = dict((self._start or {}).get("headers", ()))
        if not headers.get(b"content-type", b"").startswith(_EVENT_STREAM):
            raise LostError
        error = _lost_answer(
            "the replica that answered has ended; the text is incomplete: ask again"
        )
        last = encode_event(error_body(error)[1])
        await self._send({"type": "http.response.body", "body": last, "more_body": False})


async def _live(receive: Receive, send: Send) -> None:
    """Agree to begin and to end, where there is nothing to do."""
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})


def _lost_answer(message: str) -> APIStatusError:
    return APIStatusError(
        message, status=_UNAVAILABLE, body=APIConnectionError.code, retry_after_s=_RETRY_AFTER_S
    )


def _log_failure(loading: asyncio.Task[Any]) -> None:
    if not loading.cancelled() and loading.exception() is not None:
        _LOG.error("a model of the cluster could not be loaded", exc_info=loading.exception())


def create_door(
    settings: ServerSettings,
    replicas: Replicas,
    models: tuple[str, ...],
    *,
    pause_s: float = _PAUSE_S,
) -> ASGIApp:
    """Return the ASGI application before the replicas, which lets in who has a key.

    A request whose replica dies is sent to another one as long as nothing of the answer was
    sent on. After that a stream ends with an error event whose code is ``api_connection``.

    Parameters
    ----------
    settings : ServerSettings
    replicas : Replicas
    models : tuple of str
        Ids of the models; the first answers requests that name none.
    pause_s : float
        Before another replica is tried; longer each time.
    """
    return Guard(
        _Door(settings, replicas, models, pause_s=pause_s),
        settings=settings,
        keys=KeyRing(settings.keys),
        callers=_Names(),
    )
