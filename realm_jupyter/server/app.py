"""The application: routes, the door before them, errors after them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from realm_jupyter.errors import RealmError
from realm_jupyter.server import admin, status, text
from realm_jupyter.server.answers import handle_error
from realm_jupyter.server.chat import chat_completions
from realm_jupyter.server.completions import completions
from realm_jupyter.server.counter import Counter
from realm_jupyter.server.embeddings import embeddings
from realm_jupyter.server.guard import Guard
from realm_jupyter.server.openapi import openapi
from realm_jupyter.server.stream import ClientGoneError

if TYPE_CHECKING:
    from starlette.requests import Request

    from realm_jupyter.server.service import Service

__all__ = ["ROUTES", "create_app"]

ROUTES = (
    Route("/health", status.health, methods=["GET"]),
    Route("/metrics", status.metrics, methods=["GET"]),
    Route("/openapi.json", openapi, methods=["GET"]),
    Route("/v1/models", status.models, methods=["GET"]),
    Route("/v1/models/{model}", status.model, methods=["GET"]),
    Route("/v1/chat/completions", chat_completions, methods=["POST"]),
    Route("/v1/completions", completions, methods=["POST"]),
    Route("/v1/embeddings", embeddings, methods=["POST"]),
    Route("/tokenize", text.tokenize, methods=["POST"]),
    Route("/detokenize", text.detokenize, methods=["POST"]),
    Route("/admin/models", admin.available, methods=["GET"]),
    Route("/admin/models/load", admin.load, methods=["POST"]),
    Route("/admin/models/upload", admin.upload, methods=["POST"]),
    Route("/admin/models/use", admin.use, methods=["POST"]),
    Route("/admin/models/unload", admin.unload, methods=["POST"]),
)


def create_app(service: Service) -> Starlette:
    """Return the ASGI application of a service."""
    guard = Middleware(Guard, settings=service.settings, keys=service.keys, callers=service.callers)
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Counter, service=service), guard],
        exception_handlers={
            RealmError: handle_error,
            HTTPException: handle_error,
            ClientGoneError: _nobody_there,
            Exception: handle_error,
        },
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app


async def _nobody_there(_request: Request, _error: Exception) -> Response:
    return Response(status_code=HTTPStatus.BAD_REQUEST)  # which nobody gets
