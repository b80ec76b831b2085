"""A request on its way from the door to a replica."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["ForwardedRequest"]

_SCOPE = (
    "type", "asgi", "http_version", "method", "scheme", "path", "raw_path", "root_path",
    "query_string", "headers", "client", "server",
)  # fmt: skip
# Enough to tell prompts apart, and little to send and to compare.
_MAX_PROMPT_CHARACTERS = 8192


@dataclass(frozen=True, slots=True)
class ForwardedRequest:
    """A request whose body was read.

    Parameters
    ----------
    scope : dict
        ASGI's, of plain values.
    body : bytes
    model : str
        Id of the model that it is for.
    prompt : str
        How its prompt begins, by which it may be routed.
    """

    scope: dict[str, Any]
    body: bytes
    model: str
    prompt: str

    @classmethod
    def of(cls, scope: Scope, body: bytes, *, key: str, default_model: str) -> ForwardedRequest:
        """Return a request as a replica gets it.

        Parameters
        ----------
        scope : Scope
        body : bytes
            What is no JSON is the replica's to refuse.
        key : str
            Whose request it is: beginnings are kept for each key.
        default_model : str
        """
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            message = None
        fields = message if isinstance(message, Mapping) else {}
        model = fields.get("model")
        parts = scope["path"].split("/v1/models/", 1)
        if len(parts) > 1:
            model = parts[1]
        prompt = fields.get("messages") or fields.get("prompt") or ""
        text = prompt if isinstance(prompt, str) else json.dumps(prompt, ensure_ascii=False)
        return cls(
            {name: scope[name] for name in _SCOPE if name in scope},
            body,
            model if isinstance(model, str) and model else default_model,
            f"{key}\n{text}"[:_MAX_PROMPT_CHARACTERS],
        )
