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
from realm_jupyter.protocol.usage import Timings
from realm_jupyter.server.body import read_message
from realm_jupyter.server.service import caller_of, service_of
from realm_jupyter.server.texts import TextWriter, answer_texts, choices_of
from realm_jupyter.types import GenerationResponse, TokenLogprob

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydantic import BaseModel
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.protocol.usage import Usage
    from realm_jupyter.server.caller import Caller
    from realm_jupyter.types import GenerationConfig, TokenEvent

__all__ = ["chat_completions"]


async def chat_completions(request: Request) -> ASGIApp:
    """Answer a conversation."""
    service_of(request).check_ready()
    message = await read_message(request, ChatRequest)
    return await answer_texts(request, _ChatWriter(message), _starts(message, caller_of(request)))


def _starts(message: ChatRequest, caller: Caller) -> list[Callable[[str], GenerationHandle]]:
    turns = [turn.to_message() for turn in message.messages]

    def start(model: str, *, config: GenerationConfig) -> GenerationHandle:
        return caller.realm.stream_chat(turns, model=model, config=config)

    choices = choices_of(message.config(), message.num_choices)
    return [partial(start, config=choice) for choice in choices]


class _ChatWriter(TextWriter[ChatRequest]):
    """Writes answers in the chat's form."""

    def __init__(self, message: ChatRequest) -> None:
        super().__init__(message, "chatcmpl")
        self._begun: set[int] = set()

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
        return ChatChoice(
            index=index,
            message=ChatReply(content=response.text),
            finish_reason=response.finish_reason,
            logprobs=self._logprobs(response.logprobs, response.alternatives),
            seed=response.seed,
            timings=Timings.of(response.timings),
            token_ids=self._ids(response.token_ids),
        )

    def pieces(self, index: int, item: TokenEvent | GenerationResponse) -> list[BaseModel]:
        """Return the events that say what is new in an answer."""
        pieces: list[BaseModel] = []
        if index not in self._begun:
            self._begun.add(index)
            pieces.append(self._chunk(index, delta=ChatDelta(role="assistant", content="")))
        if isinstance(item, GenerationResponse):
            pieces.append(
                self._chunk(
                    index,
                    delta=ChatDelta(),
                    finish_reason=item.finish_reason,
                    seed=item.seed,
                    timings=Timings.of(item.timings),
                )
            )
        elif item.text or item.logprob is not None or self.message.return_token_ids:
            has_token = item.token_id >= 0
            tokens = [TokenLogprob(item.token_id, item.token_text, item.logprob or 0.0)]
            pieces.append(
                self._chunk(
                    index,
                    delta=ChatDelta(content=item.text),
                    logprobs=self._logprobs(tokens, [item.alternatives]) if has_token else None,
                    token_ids=self._ids([item.token_id] if has_token else []),
                )
            )
        return pieces

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
