"""Functions that a model may call, and its calls of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from realm_jupyter.protocol.base import Reply, Request

__all__ = [
    "FunctionChoice",
    "FunctionDefinition",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolChoice",
]


class FunctionDefinition(Request):
    """A function; ``parameters`` is a JSON schema of its arguments."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_.-]{1,64}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class Tool(Request):
    """What a model may call; functions only."""

    type: Literal["function"]
    function: FunctionDefinition


class _FunctionName(Request):
    name: str


class FunctionChoice(Request):
    """The one function that the model must call."""

    type: Literal["function"]
    function: _FunctionName


ToolChoice = Literal["none", "auto", "required"] | FunctionChoice


class FunctionCall(Reply):
    """A call; ``arguments`` is JSON text."""

    name: str
    arguments: str


class ToolCall(Reply):
    """A call that the model made."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall


class ToolCallDelta(ToolCall):
    """A call in a stream; each comes whole."""

    index: int
