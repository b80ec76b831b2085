"""What every message has in common, and reading one from JSON."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from realm_jupyter.errors import RequestError

__all__ = ["Left", "Reply", "Request", "read"]

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_MAX_SHOWN = 80
# What pydantic says of its own work, and of the kinds that Python has.
_OWN_WORK = re.compile(r" after validation, not \w+$")
_KIND = re.compile(r"^(Input|String|Tuple|List|Dictionary) should ")


def _is_none(value: object) -> bool:
    return value is None


Left = Annotated[T | None, Field(default=None, exclude_if=_is_none)]
"""A field that is left out of the JSON where it is None."""


class Request(BaseModel):
    """A message from client to server: fields that nobody knows are an error."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Reply(BaseModel):
    """A message from server to client: fields of a newer server are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def read(kind: type[M], data: bytes | str) -> M:
    """Return the message that JSON says.

    Parameters
    ----------
    kind : type
        Class of the message.
    data : bytes or str

    Raises
    ------
    RequestError
        If it is no JSON or no such message; ``field`` names the place.

    Examples
    --------
    >>> from realm_jupyter.protocol.text import DetokenizeRequest
    >>> read(DetokenizeRequest, '{"token_ids": [1, 2]}').token_ids
    (1, 2)
    """
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise _request_error(kind, error) from None


def _request_error(kind: type[BaseModel], error: ValidationError) -> RequestError:
    found = error.errors(include_url=False, include_context=False)
    # Of a union each member complains; the one that got furthest was probably meant.
    first = max(found, key=lambda item: len(item["loc"]))
    where = _place(first["loc"])
    if first["type"] == "json_invalid":
        detail = first["msg"].removeprefix("Invalid JSON: ")
        return RequestError(f"the body is not valid JSON: {detail}")
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(where, kind.model_fields, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return RequestError(f"unknown field {where!r}{hint}", field=where)
    if first["type"] == "missing":
        return RequestError(f"the field {where!r} is missing", field=where)
    said = _OWN_WORK.sub("", _KIND.sub("it should ", first["msg"]))
    shown = repr(first["input"])
    shown = shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}…"
    if not where:
        return RequestError(f"the body is not allowed: {said}")
    return RequestError(f"{where}={shown} is not allowed: {said}", field=where)


def _place(location: tuple[Any, ...]) -> str:
    """Return a location as ``messages[0].role``, without the names of union members."""
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            # pydantic adds the kind of a union's member, such as str or list[str].
            if part in {"str", "int", "float", "bool"} or part[0].isupper():
                continue
            text += f".{part}" if text else part
    return text
