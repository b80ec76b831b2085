"""Functions that a model may call, and its calls of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from realm_jupyter.errors import RequestError
from realm_jupyter.protocol.base import Reply, Request, read

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FunctionCall",
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

    @classmethod
    def of(cls, tool: Mapping[str, Any]) -> Tool:
        """Return a tool of the Python interface as a message.

        Raises
        ------
        RequestError
            If it is none.
        """
        try:
            text = json.dumps(tool)
        except (TypeError, ValueError) as error:
            raise RequestError(f"a tool is not JSON: {error}", field="tools") from error
        return read(cls, text)

    def shown(self) -> dict[str, Any]:
        """Return the tool as chat templates show it."""
        return self.model_dump(exclude_none=True)


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
