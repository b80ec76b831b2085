"""``/admin/models``: load, use and unload models; for administrators."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

from realm_jupyter.engine.engine import default_id
from realm_jupyter.errors import APIStatusError, RequestError
from realm_jupyter.protocol.models import (
    AvailableModels,
    Loaded,
    LoadProgress,
    LoadRequest,
    Model,
    ModelName,
    Unloaded,
)
from realm_jupyter.protocol.sse import HEARTBEAT, encode_event
from realm_jupyter.server.answers import json_answer
from realm_jupyter.server.body import pieces, read_message
from realm_jupyter.server.service import caller_of, service_of
from realm_jupyter.server.stream import EventStream
from realm_jupyter.server.uploads import remove
from realm_jupyter.types import CancelToken

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from realm_jupyter import types
    from realm_jupyter.server.service import Service

__all__ = ["available", "load", "unload", "upload", "use"]

_PROGRESS_S = 0.1


def _admin_service(request: Request) -> Service:
    """Return the service of an administrator's request.

    Raises
    ------
    APIStatusError
        If the key is not an administrator's.
    """
    if not caller_of(request).key.is_admin:
        raise APIStatusError(
            "this needs the key of an administrator", status=403, body="admin_required"
        )
    return service_of(request)


async def available(request: Request) -> Response:
    """List what may be loaded."""
    folder = _admin_service(request).folder
    return json_answer(AvailableModels(sources=await asyncio.to_thread(folder.names)))


async def load(request: Request) -> ASGIApp:
    """Load a model by name; progress comes as events."""
    service = _admin_service(request)
    service.check_ready()
    message = await read_message(request, LoadRequest)
    source = await asyncio.to_thread(service.folder.find, message.source)
    return _Load(service, source, message).stream()


async def upload(request: Request) -> ASGIApp:
    """Load a model whose file is the body; progress comes as events."""
    service = _admin_service(request)
    service.check_ready()
    query = request.query_params
    unknown = sorted(set(query) - {"id", "device", "executor"})
    if unknown:
        raise RequestError(f"unknown parameter {unknown[0]!r}", field=unknown[0])
    if not query.get("id"):
        raise RequestError("an upload needs ?id=, the model's id", field="id")
    limits = service.settings
    path = await service.uploads.receive(
        pieces(request, max_bytes=limits.max_upload_bytes, timeout_s=limits.body_timeout_s)
    )
    message = LoadRequest(
        source="",
        id=query["id"],
        device=query.get("device", "auto"),
        executor=query.get("executor", "auto"),
    )
    return _Load(service, path, message, is_upload=True).stream()


async def use(request: Request) -> Response:
    """Make a loaded model current."""
    service = _admin_service(request)
    message = await read_message(request, ModelName)
    await asyncio.to_thread(service.registry.use_model, message.id)
    info = service.registry.model_info(message.id)
    return json_answer(Model.of(info, service.loaded_at(info.id)))


async def unload(request: Request) -> Response:
    """Unload a model; what runs on it ends as cancelled."""
    service = _admin_service(request)
    message = await read_message(request, ModelName)

    def work() -> Unloaded:
        model_id = service.registry.model_info(message.id).id
        return Unloaded(id=model_id, freed_bytes=service.registry.unload_model(model_id))

    unloaded = await asyncio.to_thread(work)
    service.forget(unloaded.id)
    service.uploads.drop(unloaded.id)
    return json_answer(unloaded)


class _Load:
    """A load under way; it is cancelled when its client leaves."""

    def __init__(
        self,
        service: Service,
        source: str | Path,
        message: LoadRequest,
        *,
        is_upload: bool = False,
    ) -> None:
        self._service = service
        self._source = source
        self._message = message
        self._upload = source if is_upload and not isinstance(source, str) else None
        self._cancel = CancelToken()
        self._news: list[types.LoadProgress] = []

    def stream(self) -> EventStream:
        """Begin, and return the stream that tells how it goes."""
        loading = asyncio.ensure_future(asyncio.to_thread(self._load))
        loading.add_done_callback(self._settle)
        return EventStream(self._events(loading), self._service.settings, self._cancel.cancel)

    def _load(self) -> types.ModelInfo:
        model_id = self._message.id
        return self._service.registry.load_model(
            default_id(self._source) if model_id is None else model_id,
            self._source,
            device=self._message.device,
            executor=self._message.executor,
            on_progress=self._news.append,
            cancel=self._cancel,
        )

    def _settle(self, loading: asyncio.Future[types.ModelInfo]) -> None:
        """Keep the file of an upload that is loaded, remove that of one that is not."""
        failed = loading.cancelled() or loading.exception() is not None
        if self._upload is None:
            return
        if failed:
            remove(self._upload)
        else:
            self._service.uploads.keep(loading.result().id, self._upload)

    async def _events(self, loading: asyncio.Future[types.ModelInfo]) -> AsyncGenerator[bytes]:
        pause_s = self._service.settings.heartbeat_s
        silent_s = 0.0
        while not (await asyncio.wait({loading}, timeout=_PROGRESS_S))[0]:
            silent_s += _PROGRESS_S
            if self._news:
                yield self._progress()
            elif silent_s >= pause_s:
                yield HEARTBEAT
            else:
                continue
            silent_s = 0.0
        info = loading.result()
        if self._news:
            yield self._progress()
        created = self._service.loaded_at(info.id)
        yield encode_event(Loaded(model=Model.of(info, created)), "loaded")

    def _progress(self) -> bytes:
        latest = self._news[-1]
        self._news.clear()
        return encode_event(LoadProgress(**asdict(latest)), "progress")
