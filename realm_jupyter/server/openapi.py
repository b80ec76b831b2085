"""``GET /openapi.json``: what there is, from the routes and the messages themselves."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic.json_schema import models_json_schema
from starlette.responses import JSONResponse

from realm_jupyter.human import versions
from realm_jupyter.protocol import chat, completion, models, text
from realm_jupyter.protocol.error_table import ErrorBody

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["DESCRIPTIONS", "Description", "openapi"]

_JSON, _EVENTS, _BYTES, _TEXT = (
    "application/json",
    "text/event-stream",
    "application/octet-stream",
    "text/plain",
)
_REFERENCE = "#/components/schemas/{model}"


class Description(NamedTuple):
    """What a route takes and answers.

    Parameters
    ----------
    summary : str
    reply : type, optional
        Message of the answer.
    request : type, optional
        Message of the body.
    streams : {"", "also", "only"}
        Whether the answer may be, or is, a stream of events.
    takes_bytes : bool
        Whether the body is a file.
    query : tuple of str
        Parameters of the query.
    statuses : tuple of int
        Of errors beyond those that every route has.
    """

    summary: str
    reply: type[BaseModel] | None = None
    request: type[BaseModel] | None = None
    streams: str = ""
    takes_bytes: bool = False
    query: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()


_TEXT_STATUSES = (400, 404, 408, 413, 429, 500, 503)
_ADMIN_STATUSES = (400, 403, 404, 408, 413, 503)
DESCRIPTIONS: dict[str, Description] = {
    "/health": Description("Whether the server is ready; needs no key", statuses=(503,)),
    "/metrics": Description("Figures for Prometheus"),
    "/openapi.json": Description("This description"),
    "/v1/models": Description("The loaded models", models.ModelList),
    "/v1/models/{model}": Description(
        "One loaded model, by id or SHA-256", models.Model, query=("digest",), statuses=(404,)
    ),
    "/v1/chat/completions": Description(
        "Answer a conversation",
        chat.ChatCompletion,
        chat.ChatRequest,
        streams="also",
        statuses=_TEXT_STATUSES,
    ),
    "/v1/completions": Description(
        "Go on from texts or token ids",
        completion.Completion,
        completion.CompletionRequest,
        streams="also",
        statuses=_TEXT_STATUSES,
    ),
    "/v1/embeddings": Description(
        "Mean hidden states of texts, of unit length",
        text.EmbeddingReply,
        text.EmbeddingRequest,
        statuses=_TEXT_STATUSES,
    ),
    "/tokenize": Description(
        "Text to token ids", text.TokenizeReply, text.TokenizeRequest, statuses=_TEXT_STATUSES
    ),
    "/detokenize": Description(
        "Token ids to text", text.DetokenizeReply, text.DetokenizeRequest, statuses=_TEXT_STATUSES
    ),
    "/admin/models": Description(
        "What may be loaded", models.AvailableModels, statuses=_ADMIN_STATUSES
    ),
    "/admin/models/load": Description(
        "Load a model by name",
        models.Loaded,
        models.LoadRequest,
        streams="only",
        statuses=_ADMIN_STATUSES,
    ),
    "/admin/models/upload": Description(
        "Load a model whose file is the body",
        models.Loaded,
        streams="only",
        takes_bytes=True,
        query=("id", "device", "executor"),
        statuses=(*_ADMIN_STATUSES, 507),
    ),
    "/admin/models/use": Description(
        "Make a loaded model current", models.Model, models.ModelName, statuses=_ADMIN_STATUSES
    ),
    "/admin/models/unload": Description(
        "Unload a model", models.Unloaded, models.ModelName, statuses=_ADMIN_STATUSES
    ),
}
"""By path; every route has one."""

_EVERYWHERE = (401, 403, 404, 405, 421, 431)


async def openapi(request: Request) -> Response:
    """Return the description."""
    kinds: set[tuple[type[BaseModel], JsonSchemaMode]] = {(ErrorBody, "serialization")}
    for item in DESCRIPTIONS.values():
        if item.reply is not None:
            kinds.add((item.reply, "serialization"))
        if item.request is not None:
            kinds.add((item.request, "validation"))
    ordered = sorted(kinds, key=lambda pair: pair[0].__name__)
    references, definitions = models_json_schema(ordered, ref_template=_REFERENCE)
    schemas = {kind: schema for (kind, _), schema in references.items()}
    paths: dict[str, Any] = {}
    for route in request.app.routes:
        methods = route.methods - {"HEAD"}
        paths[route.path] = {
            method.lower(): _operation(route.path, DESCRIPTIONS[route.path], schemas)
            for method in sorted(methods)
        }
    return JSONResponse(
        {
            "openapi": "3.1.0",
            "info": {"title": "realm", "version": dict(versions())["realm_jupyter"]},
            "paths": paths,
            "security": [{"key": []}],
            "components": {
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
                "schemas": definitions["$defs"],
            },
        }
    )


def _operation(path: str, item: Description, schemas: dict[Any, Any]) -> dict[str, Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    operation: dict[str, Any] = {
        "summary": item.summary,
        "parameters": [
            *({"name": name, "in": "path", "required": True, **_STRING} for name in names),
            *({"name": name, "in": "query", **_STRING} for name in item.query),
        ],
        "responses": {"200": {"description": "Done", "content": _content(path, item, schemas)}},
    }
    for status in sorted({*_EVERYWHERE, *item.statuses}):
        is_plain = path == "/health" and status == HTTPStatus.SERVICE_UNAVAILABLE
        operation["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {_JSON: {} if is_plain else {"schema": schemas[ErrorBody]}},
        }
    if item.request is not None:
        content = {_JSON: {"schema": schemas[item.request]}}
        operation["requestBody"] = {"required": True, "content": content}
    elif item.takes_bytes:
        operation["requestBody"] = {"required": True, "content": {_BYTES: {}}}
    if path == "/health":
        operation["security"] = []
    return operation


_STRING = {"schema": {"type": "string"}}


def _content(path: str, item: Description, schemas: dict[Any, Any]) -> dict[str, Any]:
    if path == "/metrics":
        return {_TEXT: {"schema": {"type": "string"}}}
    content: dict[str, Any] = {}
    if item.streams != "only":
        content[_JSON] = {"schema": schemas[item.reply]} if item.reply is not None else {}
    if item.streams:
        content[_EVENTS] = {"schema": {"type": "string"}}
    return content
