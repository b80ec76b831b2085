"""Errors on the wire: one table from class to HTTP status, and the way back.

The body is OpenAI's, with our stable ``code`` and the typed fields of the class::

    {"error": {"message": "top_p=2 is not allowed: …", "type": "invalid_request_error",
               "param": "top_p", "code": "sampling_params",
               "details": {"field": "top_p", "value": 2, "allowed": "a number from 0 to 1"}}}
"""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from realm_jupyter import errors
from realm_jupyter.errors import APIStatusError, RealmError
from realm_jupyter.protocol.base import Left, Reply

__all__ = [
    "ERROR_TABLE",
    "ErrorBody",
    "ErrorObject",
    "HttpError",
    "error_body",
    "error_from",
    "http_error",
]

_INVALID, _SERVER, _NOT_FOUND = "invalid_request_error", "server_error", "not_found_error"


class HttpError(NamedTuple):
    """How an error class looks in HTTP.

    Parameters
    ----------
    status : int
    type : str
        OpenAI's word for the kind of error.
    retry_after_s : int, optional
        When to try again; None where the same request would fail again.
    """

    status: int
    type: str
    retry_after_s: int | None = None


ERROR_TABLE: dict[type[RealmError], HttpError] = {
    errors.RealmError: HttpError(500, _SERVER),
    errors.ConfigError: HttpError(400, _INVALID),
    errors.RequestError: HttpError(400, _INVALID),
    errors.ModelError: HttpError(400, _INVALID),
    errors.ModelNotFoundError: HttpError(404, _NOT_FOUND),
    errors.ModelDownloadError: HttpError(502, _SERVER, retry_after_s=10),
    errors.ModelMemoryError: HttpError(507, _SERVER),
    errors.LoadCancelledError: HttpError(409, _INVALID),
    errors.GuestError: HttpError(500, _SERVER),
    errors.KVCacheError: HttpError(500, _SERVER),
    errors.GenerationError: HttpError(400, _INVALID),
    errors.TenantError: HttpError(500, _SERVER),
    errors.TenantNotFoundError: HttpError(404, _NOT_FOUND),
    errors.TenantClosedError: HttpError(503, _SERVER, retry_after_s=5),
    errors.TenantBusyError: HttpError(429, "rate_limit_error", retry_after_s=1),
    errors.TenantQuotaError: HttpError(429, "insufficient_quota"),
}
"""A class that is not in the table answers as its nearest base does."""

_SERVER_FAULT = 500
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_STATUS_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: _NOT_FOUND,
    429: "rate_limit_error",
}


class ErrorObject(Reply):
    """What went wrong; ``details`` are the typed fields of the error's class."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None
    details: Left[dict[str, Any]] = None


class ErrorBody(Reply):
    """The body of every answer that is no success, and of an event that ends a stream."""

    error: ErrorObject


def http_error(kind: type[BaseException]) -> HttpError:
    """Return how an error class looks in HTTP: its row of the table, or its nearest base's."""
    rows = (ERROR_TABLE[base] for base in kind.__mro__ if base in ERROR_TABLE)
    return next(rows, ERROR_TABLE[RealmError])


def error_body(error: BaseException) -> tuple[int, ErrorBody]:
    """Return the HTTP status and the body for an error.

    Parameters
    ----------
    error : exception
        Any; what is no `RealmError` is a fault of the server, and its text stays there.
        An `APIStatusError` keeps its own status; its ``body`` may be a code.
    """
    if not isinstance(error, RealmError):
        return _SERVER_FAULT, _body("the server failed; its log says why", code="internal_error")
    if isinstance(error, APIStatusError):
        status = error.status or _SERVER_FAULT
        kind = _STATUS_TYPES.get(status, _INVALID if status < _SERVER_FAULT else _SERVER)
        code = error.body if isinstance(error.body, str) else error.code
        return status, _body(str(error), kind=kind, code=code)
    row = http_error(type(error))
    details = {name: _plain(value) for name, value in vars(error).items() if name[0] != "_"}
    return row.status, _body(str(error), kind=row.type, code=error.code, details=details)


def _body(
    message: str, *, code: str, kind: str = _SERVER, details: Mapping[str, Any] | None = None
) -> ErrorBody:
    param = (details or {}).get("field")
    return ErrorBody(
        error=ErrorObject(
            message=message,
            type=kind,
            param=param if isinstance(param, str) and param else None,
            code=code,
            details=dict(details) if details else None,
        )
    )


def error_from(status: int, body: bytes | str | Mapping[str, Any]) -> RealmError:
    """Return the error that an answer stands for.

    Parameters
    ----------
    status : int
        Of the answer; 200 for an error inside a stream.
    body : bytes, str or mapping
        The answer's body; what is no error of ours becomes `APIStatusError`.

    Returns
    -------
    RealmError
        Of the class that the server raised, with its message and typed fields.
    """
    parsed = _parsed(body)
    problem = parsed.get("error") if isinstance(parsed, Mapping) else None
    message = problem.get("message") if isinstance(problem, Mapping) else None
    if not isinstance(problem, Mapping) or not isinstance(message, str):
        shown = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        message = f"the server answered with status {status}: {shown[:200]}"
        return APIStatusError(message, status=status, body=parsed)
    kind = _classes().get(str(problem.get("code")))
    # A cluster says inside a stream that it lost who made the text.
    if status == HTTPStatus.OK and kind is errors.APIConnectionError:
        return errors.APIConnectionError(message)
    if kind is None or issubclass(kind, errors.APIError):
        return APIStatusError(message, status=status, body=parsed)
    details = problem.get("details")
    return _rebuilt(kind, message, details if isinstance(details, Mapping) else {})


def _rebuilt(kind: type[RealmError], message: str, details: Mapping[str, Any]) -> RealmError:
    given = inspect.signature(kind.__init__).parameters
    fields = {
        name: None if item.default is item.empty else item.default
        for name, item in given.items()
        if item.kind in _NAMED and name not in {"self", "message"}
    }
    values: dict[str, Any] = {}
    for name, value in {**fields, **details}.items():
        # Not what every object has, nor what the class says itself.
        if name.isidentifier() and not name.startswith("_") and not hasattr(kind, name):
            values[name] = tuple(value) if isinstance(value, list) else value
    # Several classes make their message themselves; here it is made already.
    return kind.restored((message,), values)


def _classes() -> dict[str, type[RealmError]]:
    kinds = (getattr(errors, name) for name in errors.__all__)
    return {kind.code: kind for kind in kinds}


def _parsed(body: bytes | str | Mapping[str, Any]) -> Any:
    if isinstance(body, Mapping):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    """Return a field of an error as JSON can say it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_plain(item) for item in value]
    return str(value)
