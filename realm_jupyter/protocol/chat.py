"""``/v1/chat/completions``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from realm_jupyter.errors import PromptError, RequestError
from realm_jupyter.protocol.base import Left, Reply, Request
from realm_jupyter.protocol.logprobs import ChatLogprobs
from realm_jupyter.protocol.sampling import (
    MAX_TOP_LOGPROBS,
    SamplingFields,
    StreamOptions,
    sampling_fields,
)
from realm_jupyter.protocol.tools import (
    FunctionCall,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolChoice,
)
from realm_jupyter.protocol.usage import Timings, Usage
from realm_jupyter.types import ChatMessage, GenerationConfig

if TYPE_CHECKING:
    from realm_jupyter.backend import GenerationRequest

__all__ = [
    "ChatChoice",
    "ChatChunk",
    "ChatChunkChoice",
    "ChatCompletion",
    "ChatDelta",
    "ChatMessageParam",
    "ChatReply",
    "ChatRequest",
    "TextPart",
]


class TextPart(Request):
    """A piece of a message; models here read text only."""

    type: Literal["text"]
    text: str


class ChatMessageParam(Request):
    """One turn of a conversation; ``developer`` is another word for ``system``."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | tuple[TextPart, ...] | None = None
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] | None = None
    tool_call_id: str | None = None
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The content as one string."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "".join(part.text for part in self.content)

    def to_message(self) -> ChatMessage:
        """Return the turn as the Python interface has it.

        Raises
        ------
        PromptError
            If it has neither content nor tool calls.
        """
        if self.content is None and not self.tool_calls:
            raise PromptError(f"a {self.role} message needs content")
        role = "system" if self.role == "developer" else self.role
        return ChatMessage(
            role,
            self.text,
            tool_calls=tuple(map(_plain_call, self.tool_calls or ())),
            tool_call_id=self.tool_call_id or "",
            name=self.name or "",
        )

    @classmethod
    def of(cls, message: ChatMessage) -> ChatMessageParam:
        """Return a turn of the Python interface as a message; the inverse of `to_message`."""
        calls = tuple(map(_wire_call, message.tool_calls))
        return cls(
            role=message.role,
            content=message.content,
            tool_calls=calls or None,
            tool_call_id=message.tool_call_id or None,
            name=message.name or None,
        )


def _plain_call(call: ToolCall) -> dict[str, Any]:
    """Return a call as chat templates expect it: with arguments that are no text."""
    try:
        arguments = json.loads(call.function.arguments)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise PromptError(
            f"the arguments of the call {call.id!r:.80} are no JSON object; send back what came"
        )
    function = {"name": call.function.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def _wire_call(call: Mapping[str, Any]) -> ToolCall:
    function = call.get("function")
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise PromptError("a tool call needs a function with a name")
    arguments = function.get("arguments", {})
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return ToolCall(
        id=str(call.get("id", "")),
        function=FunctionCall(name=function["name"], arguments=arguments),
    )


class TextFormat(Request):
    """An answer of any form."""

    type: Literal["text"]


class JsonFormat(Request):
    """An answer that is a JSON object."""

    type: Literal["json_object"]


class NamedSchema(Request):
    """A JSON schema; ``strict`` makes no difference: answers always satisfy it."""

    name: str
    description: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None


class SchemaFormat(Request):
    """An answer that satisfies a JSON schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


ResponseFormat = Annotated[TextFormat | JsonFormat | SchemaFormat, Field(discriminator="type")]


class ChatRequest(SamplingFields):
    """A request for the next turn of a conversation.

    ``parse_tool_calls=false`` is ours: calls of tools stay text, as the model writes them.
    """

    messages: tuple[ChatMessageParam, ...] = Field(min_length=1)
    max_completion_tokens: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=MAX_TOP_LOGPROBS)
    response_format: ResponseFormat | None = None
    tools: tuple[Tool, ...] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    parse_tool_calls: bool = True
    modalities: tuple[Literal["text"], ...] | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None

    def config(self) -> GenerationConfig:
        """Return how to generate.

        Raises
        ------
        SamplingParamsError
            If a value is out of its range.
        RequestError
            If two fields contradict each other.
        """
        given = self.sampling()
        if self.max_completion_tokens is not None:
            if self.max_tokens not in {None, self.max_completion_tokens}:
                raise RequestError(
                    "max_tokens and max_completion_tokens differ; give one of them",
                    field="max_completion_tokens",
                )
            given["max_tokens"] = self.max_completion_tokens
        if self.top_logprobs is not None and not self.logprobs:
            raise RequestError("top_logprobs needs logprobs=true", field="top_logprobs")
        if self.logprobs:
            given["logprobs"] = self.top_logprobs or 0
        if isinstance(self.response_format, JsonFormat):
            given["json_object"] = True
        elif isinstance(self.response_format, SchemaFormat):
            schema = self.response_format.json_schema.schema_
            given["json_schema"] = {} if schema is None else schema
        return GenerationConfig(**given)

    @classmethod
    def of(cls, request: GenerationRequest, *, stream: bool) -> ChatRequest:
        """Return the message that asks a server for what ``request`` asks.

        Parameters
        ----------
        request : GenerationRequest
            One with messages.
        stream : bool
        """
        config = request.config
        return cls(
            model=request.model,
            messages=tuple(ChatMessageParam.of(message) for message in request.messages or ()),
            tools=tuple(Tool.of(tool) for tool in request.tools) or None,
            parse_tool_calls=False,
            logprobs=None if config.logprobs is None else True,
            top_logprobs=config.logprobs,
            stream=stream,
            stream_options=StreamOptions(include_usage=True) if stream else None,
            return_token_ids=True,
            **sampling_fields(config),
        )


class ChatReply(Reply):
    """What the model said."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: None = None
    tool_calls: Left[list[ToolCall]] = None


class ChatChoice(Reply):
    """One answer. ``seed``, ``timings`` and ``token_ids`` are ours.

    ``finish_reason`` is ``"cancelled"`` when the server ended the text, because its model
    was unloaded.
    """

    index: int
    message: ChatReply
    finish_reason: str
    logprobs: ChatLogprobs | None = None
    seed: Left[int] = None
    timings: Left[Timings] = None
    token_ids: Left[list[int]] = None


class ChatCompletion(Reply):
    """The answer to a request that does not stream."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage


class ChatDelta(Reply):
    """What is new in a stream."""

    role: Left[Literal["assistant"]] = None
    content: Left[str] = None
    tool_calls: Left[list[ToolCallDelta]] = None


class ChatChunkChoice(Reply):
    """A piece of one answer; the last has the finish reason, the seed and the timings.

    With ``return_token_ids`` the first has ``prompt_token_ids``.
    """

    index: int
    delta: ChatDelta
    finish_reason: str | None = None
    logprobs: ChatLogprobs | None = None
    seed: Left[int] = None
    timings: Left[Timings] = None
    token_ids: Left[list[int]] = None
    prompt_token_ids: Left[list[int]] = None


class ChatChunk(Reply):
    """An event of a stream; with ``include_usage`` the last has no choices but the counts."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: list[ChatChunkChoice]
    usage: Left[Usage] = None
