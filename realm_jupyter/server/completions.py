"""``POST /v1/completions``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from realm_jupyter.errors import RequestError
from realm_jupyter.protocol.completion import Completion, CompletionChoice, CompletionRequest
from realm_jupyter.protocol.logprobs import CompletionLogprobs
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
    from realm_jupyter.protocol.sampling import Prompt
    from realm_jupyter.protocol.usage import Usage
    from realm_jupyter.server.caller import Caller
    from realm_jupyter.types import GenerationConfig, TokenEvent

__all__ = ["completions"]


async def completions(request: Request) -> ASGIApp:
    """Go on from texts or token ids."""
    service_of(request).check_ready()
    message = await read_message(request, CompletionRequest)
    _check(message)
    writer = _CompletionWriter(message)
    return await answer_texts(request, writer, _starts(message, caller_of(request)))


def _check(message: CompletionRequest) -> None:
    if message.suffix:
        raise RequestError("suffix is not supported: texts are continued only", field="suffix")
    if message.best_of not in {None, message.num_choices}:
        raise RequestError("best_of is not supported; use n", field="best_of")
    if message.echo and message.logprobs is not None:
        raise RequestError(
            "echo with logprobs is not supported: prompts have no log probabilities", field="echo"
        )
    if message.echo and not all(isinstance(prompt, str) for prompt in message.prompts()):
        raise RequestError("echo needs a prompt that is text", field="echo")


def _starts(message: CompletionRequest, caller: Caller) -> list[Callable[[str], GenerationHandle]]:
    def start(model: str, *, prompt: Prompt, config: GenerationConfig) -> GenerationHandle:
        if isinstance(prompt, str):
            return caller.realm.stream(
                prompt, model=model, config=config, raw=message.raw, system=message.system
            )
        return caller.realm.stream(token_ids=prompt, model=model, config=config)

    choices = choices_of(message.config(), message.num_choices)
    return [
        partial(start, prompt=prompt, config=choice)
        for prompt in message.prompts()
        for choice in choices
    ]


class _CompletionWriter(TextWriter[CompletionRequest]):
    """Writes texts in the form of completions."""

    def __init__(self, message: CompletionRequest) -> None:
        super().__init__(message, "cmpl")
        self._prompts = message.prompts() if message.echo else []
        self._lengths: dict[int, int] = {}

    def whole(self, responses: Sequence[GenerationResponse]) -> Completion:
        """Return the answer to a request that does not stream."""
        return self._completion(
            [self._choice(index, response) for index, response in enumerate(responses)],
            self.sum(responses),
        )

    def _choice(self, index: int, response: GenerationResponse) -> CompletionChoice:
        return CompletionChoice(
            index=index,
            text=self._echo(index) + response.text,
            finish_reason=response.finish_reason,
            logprobs=self._logprobs(response.logprobs, response.alternatives, 0),
            seed=response.seed,
            timings=Timings.of(response.timings),
            token_ids=self._ids(response.token_ids),
        )

    def pieces(self, index: int, item: TokenEvent | GenerationResponse) -> list[BaseModel]:
        """Return the events that say what is new in a text."""
        pieces: list[BaseModel] = []
        if index not in self._lengths:
            self._lengths[index] = 0
            if self._echo(index):
                pieces.append(self._completion([self._piece(index, self._echo(index))]))
        if isinstance(item, GenerationResponse):
            last = CompletionChoice(
                index=index,
                text="",
                finish_reason=item.finish_reason,
                seed=item.seed,
                timings=Timings.of(item.timings),
            )
            pieces.append(self._completion([last]))
        elif item.text or item.logprob is not None or self.message.return_token_ids:
            has_token = item.token_id >= 0
            logprobs = None
            if has_token:
                tokens = [TokenLogprob(item.token_id, item.token_text, item.logprob or 0.0)]
                logprobs = self._logprobs(tokens, [item.alternatives], self._lengths[index])
                self._lengths[index] += len(item.token_text)
            ids = self._ids([item.token_id] if has_token else [])
            piece = CompletionChoice(index=index, text=item.text, logprobs=logprobs, token_ids=ids)
            pieces.append(self._completion([piece]))
        return pieces

    def prompt(self, index: int, prompt_ids: Sequence[int]) -> Completion:
        """Return the event that tells the prompt of a text as token ids."""
        choice = CompletionChoice(index=index, text="", prompt_token_ids=list(prompt_ids))
        return self._completion([choice])

    def usage(self, usage: Usage) -> Completion:
        """Return the last event of a stream that counts tokens."""
        return self._completion([], usage)

    def _completion(
        self, choices: list[CompletionChoice], usage: Usage | None = None
    ) -> Completion:
        return Completion(
            id=self.id, created=self.created, model=self.model, choices=choices, usage=usage
        )

    def _piece(self, index: int, text: str) -> CompletionChoice:
        return CompletionChoice(index=index, text=text)

    def _echo(self, index: int) -> str:
        prompt = self._prompts[index // self.message.num_choices] if self._prompts else ""
        return prompt if isinstance(prompt, str) else ""

    def _logprobs(
        self,
        tokens: Sequence[TokenLogprob],
        alternatives: Sequence[Sequence[TokenLogprob]],
        offset: int,
    ) -> CompletionLogprobs | None:
        if self.message.logprobs is None:
            return None
        return CompletionLogprobs.of(
            tokens, alternatives, offset=offset, with_content=self.message.return_token_ids
        )

    def _ids(self, token_ids: Sequence[int]) -> list[int] | None:
        return list(token_ids) if self.message.return_token_ids else None
