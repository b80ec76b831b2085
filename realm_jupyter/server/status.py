"""``GET /health``, ``GET /metrics`` and ``GET /v1/models``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from realm_jupyter.protocol.models import Model, ModelList
from realm_jupyter.server.answers import json_answer
from realm_jupyter.server.service import service_of

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["health", "metrics", "model", "models"]

_OK, _UNAVAILABLE = 200, 503


async def health(request: Request) -> Response:
    """Say whether the server is ready; the only answer that needs no key."""
    state = service_of(request).state
    return JSONResponse({"status": state}, _OK if state == "ok" else _UNAVAILABLE)


async def metrics(request: Request) -> Response:
    """Return the figures for Prometheus."""
    text = service_of(request).metrics.text()
    return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


async def models(request: Request) -> Response:
    """List the loaded models."""
    service = service_of(request)
    infos = service.registry.models()
    return json_answer(
        ModelList(data=[Model.of(info, service.loaded_at(info.id)) for info in infos])
    )


async def model(request: Request) -> Response:
    """Describe one loaded model; with ``?digest=true`` its file is hashed."""
    service = service_of(request)
    info = await asyncio.to_thread(
        service.registry.model_info,
        request.path_params["model"],
        digest=request.query_params.get("digest") == "true",
    )
    return json_answer(Model.of(info, service.loaded_at(info.id), with_metadata=True))
