"""Answers that are no stream: messages as JSON, and errors in OpenAI's shape."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from realm_jupyter.errors import APIStatusError
from realm_jupyter.protocol.error_table import error_body, http_error

if TYPE_CHECKING:
    from pydantic import BaseModel
    from starlette.requests import Request

__all__ = ["error_answer", "handle_error", "json_answer"]

_RETRIED_ANYWAY = (409, 429)
_SERVER_FAULT = 500


def json_answer(
    message: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a message as an answer."""
    return Response(
        message.model_dump_json(), status, headers=headers, media_type="application/json"
    )


def error_answer(error: BaseException) -> Response:
    """Return an error as an answer; says when to try again, or that it is of no use."""
    status, body = error_body(error)
    headers: dict[str, str] = {}
    # Some errors know it themselves, such as a quota that fills up again.
    own_s = getattr(error, "retry_after_s", None)
    retry_after_s = own_s or http_error(type(error)).retry_after_s
    if retry_after_s is not None:
        headers["retry-after"] = str(math.ceil(retry_after_s))
    elif status in _RETRIED_ANYWAY or status >= _SERVER_FAULT:
        headers["x-should-retry"] = "false"  # OpenAI's clients obey this
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return json_answer(body, status, headers)


async def handle_error(request: Request, error: Exception) -> Response:
    """Answer for whatever an endpoint or the router raised."""
    if not isinstance(error, HTTPException):
        return error_answer(error)
    problem = APIStatusError(
        _problem(request, error.status_code),
        status=error.status_code,
        body=_code(error.status_code),
    )
    answer = error_answer(problem)
    answer.headers.update(error.headers or {})
    return answer


def _problem(request: Request, status: int) -> str:
    where = f"{request.method} {request.url.path[:200]}"
    if status == HTTPStatus.NOT_FOUND:
        return f"there is nothing at {where}; /openapi.json lists what there is"
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{where} is not possible; the Allow header says what is"
    return f"{where}: {HTTPStatus(status).phrase.lower()}"


def _code(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "_")
