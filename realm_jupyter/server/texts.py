"""What chats and completions have in common: start the texts, write them as they come."""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Generic, TypeVar

from realm_jupyter.protocol.sampling import SamplingFields
from realm_jupyter.protocol.sse import HEARTBEAT, encode_event
from realm_jupyter.protocol.usage import Usage
from realm_jupyter.server.answers import json_answer
from realm_jupyter.server.generations import Generations
from realm_jupyter.server.service import caller_of, service_of
from realm_jupyter.server.stream import EventStream, while_there
from realm_jupyter.types import GenerationResponse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from pydantic import BaseModel
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import GenerationConfig, TokenEvent

__all__ = ["TextWriter", "answer_texts", "choices_of"]

M = TypeVar("M", bound=SamplingFields)

_SEEDS = 2**64


class TextWriter(ABC, Generic[M]):
    """Writes the texts of one request.

    Parameters
    ----------
    message : M
    prefix : str
        Of the answer's id.
    """

    def __init__(self, message: M, prefix: str) -> None:
        self.message = message
        self.id = f"{prefix}-{secrets.token_hex(12)}"
        self.created = int(time.time())
        self.model = message.model or ""

    @abstractmethod
    def whole(self, responses: Sequence[GenerationResponse]) -> BaseModel:
        """Return the answer to a request that does not stream."""

    @abstractmethod
    def pieces(self, index: int, item: TokenEvent | GenerationResponse) -> list[BaseModel]:
        """Return the events that say what is new in a text; its response comes last."""

    @abstractmethod
    def prompt(self, index: int, prompt_ids: Sequence[int]) -> BaseModel:
        """Return the event that tells the prompt of a text as token ids."""

    @abstractmethod
    def usage(self, usage: Usage) -> BaseModel:
        """Return the last event of a stream that counts tokens."""

    def sum(self, responses: Sequence[GenerationResponse]) -> Usage:
        """Return the counts of all texts; those of one prompt follow each other."""
        num_choices = self.message.num_choices
        prompts = range(0, len(responses), num_choices)
        groups = [responses[start : start + num_choices] for start in prompts]
        return Usage.sum([Usage.of([item.usage for item in group]) for group in groups])


async def answer_texts(
    request: Request,
    writer: TextWriter[M],
    starts: Sequence[Callable[[str], GenerationHandle]],
) -> ASGIApp:
    """Start texts and answer with them, whole or as a stream.

    Parameters
    ----------
    request : Request
    writer : TextWriter
    starts : sequence of callable
        Each starts a text on the model with the given id.

    Raises
    ------
    RealmError
        If the request is wrong, or a text fails that is not streamed.
    ClientGoneError
        If the client left before the answer; nothing runs then.
    """
    service = service_of(request)
    generations = Generations(service, caller_of(request), writer.message.model, starts)
    writer.model = await generations.begin()
    if writer.message.stream:
        events = _events(writer, generations, service.settings.heartbeat_s)
        return EventStream(events, service.settings, generations.end)
    try:
        responses = await while_there(request.receive, generations.responses())
    finally:
        generations.end()
    return json_answer(writer.whole(responses))


async def _events(
    writer: TextWriter[M], generations: Generations, heartbeat_s: float
) -> AsyncGenerator[bytes]:
    responses: dict[int, GenerationResponse] = {}
    if writer.message.return_token_ids:  # at once, before the first token
        for index, prompt_ids in enumerate(generations.prompt_ids):
            yield encode_event(writer.prompt(index, prompt_ids))
    async for batch in generations.batches(heartbeat_s):
        data = [] if batch else [HEARTBEAT]
        for index, item in batch:
            if isinstance(item, GenerationResponse):
                responses[index] = item
            data += [encode_event(piece) for piece in writer.pieces(index, item)]
        if data:
            yield b"".join(data)
    if writer.message.include_usage:
        ordered = [responses[index] for index in sorted(responses)]
        yield encode_event(writer.usage(writer.sum(ordered)))


def choices_of(config: GenerationConfig, num_choices: int) -> list[GenerationConfig]:
    """Return the configs of the choices: with a seed, each has the next one."""
    seed = config.seed
    if seed is None:
        return [config] * num_choices
    return [replace(config, seed=(seed + index) % _SEEDS) for index in range(num_choices)]
