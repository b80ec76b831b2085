"""``/v1/completions``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from realm_jupyter.protocol.base import Left, Reply
from realm_jupyter.protocol.logprobs import CompletionLogprobs
from realm_jupyter.protocol.sampling import (
    MAX_TOP_LOGPROBS,
    Prompt,
    Prompts,
    SamplingFields,
    StreamOptions,
    prompts_of,
    sampling_fields,
)
from realm_jupyter.protocol.usage import Timings, Usage
from realm_jupyter.types import GenerationConfig

if TYPE_CHECKING:
    from realm_jupyter.backend import GenerationRequest

__all__ = ["Completion", "CompletionChoice", "CompletionRequest", "Prompt"]


class CompletionRequest(SamplingFields):
    """A request to go on from a text or from token ids.

    With ``raw`` (the default) text is completed as it stands: control tokens in it are
    recognised, BOS is added as the vocabulary says. ``raw=false`` makes it one user turn of
    a model with a chat template, as `Realm.generate` does; ``system`` goes before it.
    """

    prompt: Prompts
    echo: bool | None = None
    logprobs: int | None = Field(default=None, ge=0, le=MAX_TOP_LOGPROBS)
    best_of: int | None = None
    suffix: str | None = None
    raw: bool = True
    system: str | None = None

    def prompts(self) -> list[Prompt]:
        """Return the prompts one by one.

        Raises
        ------
        PromptError
            If there is none.
        """
        return prompts_of(self.prompt)

    def config(self) -> GenerationConfig:
        """Return how to generate.

        Raises
        ------
        SamplingParamsError
            If a value is out of its range.
        """
        given = self.sampling()
        if self.logprobs is not None:
            given["logprobs"] = self.logprobs
        return GenerationConfig(**given)

    @classmethod
    def of(cls, request: GenerationRequest, *, stream: bool) -> CompletionRequest:
        """Return the message that asks a server for what ``request`` asks.

        Parameters
        ----------
        request : GenerationRequest
            One with text or token ids.
        stream : bool
        """
        return cls(
            model=request.model,
            prompt=(request.text or "") if request.token_ids is None else request.token_ids,
            raw=request.raw,
            system=request.system,
            logprobs=request.config.logprobs,
            stream=stream,
            stream_options=StreamOptions(include_usage=True) if stream else None,
            return_token_ids=True,
            **sampling_fields(request.config),
        )


class CompletionChoice(Reply):
    """One text, or in a stream what is new in it. ``seed``, ``timings``, ``token_ids``: ours.

    With ``return_token_ids`` the first piece of a stream has ``prompt_token_ids``.
    """

    index: int
    text: str
    finish_reason: str | None = None
    logprobs: CompletionLogprobs | None = None
    seed: Left[int] = None
    timings: Left[Timings] = None
    token_ids: Left[list[int]] = None
    prompt_token_ids: Left[list[int]] = None


class Completion(Reply):
    """The answer; also an event of a stream, which has the usage in its last event only."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[CompletionChoice]
    usage: Left[Usage] = None
