"""``POST /v1/chat/completions``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from realm_jupyter.protocol.chat import (
    ChatChoice,
    ChatChunk,
    ChatChunkChoice,
    ChatCompletion,
    ChatDelta,
    ChatReply,
    ChatRequest,
)
from realm_jupyter.protocol.logprobs import ChatLogprobs
from realm_jupyter.protocol.tools import ToolCallDelta
from realm_jupyter.protocol.usage import Timings
from realm_jupyter.server.body import read_message
from realm_jupyter.server.service import caller_of, service_of
from realm_jupyter.server.texts import TextWriter, answer_texts, choices_of
from realm_jupyter.server.tool_use import ToolUse
from realm_jupyter.types import GenerationResponse, TokenLogprob

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.protocol.tools import ToolCall
    from realm_jupyter.protocol.usage import Usage
    from realm_jupyter.server.caller import Caller
    from realm_jupyter.server.tool_calls import ToolReader
    from realm_jupyter.types import GenerationConfig, TokenEvent

__all__ = ["chat_completions"]


async def chat_completions(request: Request) -> ASGIApp:
    """Answer a conversation."""
    service_of(request).check_ready()
    message = await read_message(request, ChatRequest)
    tools = ToolUse(message)
    starts = _starts(message, tools, caller_of(request))
    return await answer_texts(request, _ChatWriter(message, tools), starts)


def _starts(
    message: ChatRequest, tools: ToolUse, caller: Caller
) -> list[Callable[[str], GenerationHandle]]:
    turns = [turn.to_message() for turn in message.messages]

    def start(model: str, *, config: GenerationConfig) -> GenerationHandle:
        realm = caller.realm
        config = tools.settle(realm.model_info(model), config)
        return realm.stream_chat(turns, model=model, config=config, tools=tools.shown)

    choices = choices_of(message.config(), message.num_choices)
    return [partial(start, config=choice) for choice in choices]


class _ChatWriter(TextWriter[ChatRequest]):
    """Writes answers in the chat's form."""

    def __init__(self, message: ChatRequest, tools: ToolUse) -> None:
        super().__init__(message, "chatcmpl")
        self._tools = tools
        self._readers: dict[int, ToolReader | None] = {}

    def whole(self, responses: Sequence[GenerationResponse]) -> ChatCompletion:
        """Return the answer to a request that does not stream."""
        return ChatCompletion(
            id=self.id,
            created=self.created,
            model=self.model,
            choices=[self._choice(index, item) for index, item in enumerate(responses)],
            usage=self.sum(responses),
        )

    def _choice(self, index: int, response: GenerationResponse) -> ChatChoice:
        text = response.text
        calls: list[ToolCall] = []
        reader = self._tools.reader()
        if reader is not None:
            text = reader.feed(text)
            rest, calls = reader.finish()
            text += rest
        calls = self._tools.taken(calls)
        return ChatChoice(
            index=index,
            message=ChatReply(
                content=None if calls and not text else text, tool_calls=calls or None
            ),
            finish_reason=_reason(response, calls),
            logprobs=self._logprobs(response.logprobs, response.alternatives),
            seed=response.seed,
            timings=Timings.of(response.timings),
            token_ids=self._ids(response.token_ids),
        )

    def pieces(self, index: int, item: TokenEvent | GenerationResponse) -> list[BaseModel]:
        """Return the events that say what is new in an answer."""
        pieces: list[BaseModel] = []
        if index not in self._readers:
            self._readers[index] = self._tools.reader()
            pieces.append(self._chunk(index, delta=ChatDelta(role="assistant", content="")))
        reader = self._readers[index]
        if isinstance(item, GenerationResponse):
            calls: list[ToolCall] = []
            if reader is not None:
                rest, calls = reader.finish()
                calls = self._tools.taken(calls)
                if rest:
                    pieces.append(self._chunk(index, delta=ChatDelta(content=rest)))
            for number, call in enumerate(calls):
                delta = ToolCallDelta(index=number, id=call.id, function=call.function)
                pieces.append(self._chunk(index, delta=ChatDelta(tool_calls=[delta])))
            pieces.append(
                self._chunk(
                    index,
                    delta=ChatDelta(),
                    finish_reason=_reason(item, calls),
                    seed=item.seed,
                    timings=Timings.of(item.timings),
                )
            )
            return pieces
        text = item.text if reader is None else reader.feed(item.text)
        if text or item.logprob is not None or self.message.return_token_ids:
            has_token = item.token_id >= 0
            tokens = [TokenLogprob(item.token_id, item.token_text, item.logprob or 0.0)]
            pieces.append(
                self._chunk(
                    index,
                    delta=ChatDelta(content=text),
                    logprobs=self._logprobs(tokens, [item.alternatives]) if has_token else None,
                    token_ids=self._ids([item.token_id] if has_token else []),
                )
            )
        return pieces

    def prompt(self, index: int, prompt_ids: Sequence[int]) -> ChatChunk:
        """Return the event that tells the prompt of an answer as token ids."""
        return self._chunk(index, delta=ChatDelta(), prompt_token_ids=list(prompt_ids))

    def usage(self, usage: Usage) -> ChatChunk:
        """Return the last event of a stream that counts tokens."""
        return ChatChunk(
            id=self.id, created=self.created, model=self.model, choices=[], usage=usage
        )

    def _chunk(self, index: int, **fields: Any) -> ChatChunk:
        choice = ChatChunkChoice(index=index, **fields)
        return ChatChunk(id=self.id, created=self.created, model=self.model, choices=[choice])

    def _logprobs(
        self,
        tokens: Sequence[TokenLogprob],
        alternatives: Sequence[Sequence[TokenLogprob]],
    ) -> ChatLogprobs | None:
        return ChatLogprobs.of(tokens, alternatives) if self.message.logprobs else None

    def _ids(self, token_ids: Sequence[int]) -> list[int] | None:
        return list(token_ids) if self.message.return_token_ids else None


def _reason(response: GenerationResponse, calls: Sequence[ToolCall]) -> str:
    return "tool_calls" if calls and response.finish_reason == "stop" else response.finish_reason
