"""What a generation produced so far, and the response that it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.types import GenerationResponse, TokenEvent, TokenLogprob, Usage

if TYPE_CHECKING:
    from realm_jupyter.engine.meter import Meter
    from realm_jupyter.engine.timeline import Timeline
    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import FinishReason

__all__ = ["Transcript"]


class Transcript:
    """Collects the tokens of one generation and feeds its handle.

    Parameters
    ----------
    handle : GenerationHandle
    timeline : Timeline
    meter : Meter
        Of the tenant.
    model_id : str
    seed : int
    """

    def __init__(
        self,
        handle: GenerationHandle,
        timeline: Timeline,
        meter: Meter,
        *,
        model_id: str,
        seed: int,
    ) -> None:
        self.handle = handle
        self.timeline = timeline
        self._meter = meter
        self._num_cached_tokens = 0
        self._model_id = model_id
        self._seed = seed
        self._text: list[str] = []
        self._token_ids: list[int] = []
        self._logprobs: list[TokenLogprob] = []
        self._alternatives: list[tuple[TokenLogprob, ...]] = []

    def cached(self, num_tokens: int) -> None:
        """Take note that tokens of the prompt need not be run."""
        self._num_cached_tokens += num_tokens
        self._meter.cached(num_tokens)

    def add(
        self,
        text: str,
        token_id: int,
        *,
        logprob: TokenLogprob | None = None,
        alternatives: tuple[TokenLogprob, ...] = (),
        finish_reason: FinishReason | None = None,
    ) -> None:
        """Take a sampled token and its text; the last one comes with a finish reason."""
        event = TokenEvent(
            text=text,
            token_id=token_id,
            index=len(self._token_ids),
            logprob=None if logprob is None else logprob.logprob,
            alternatives=alternatives,
            finish_reason=finish_reason,
            token_text="" if logprob is None else logprob.text,
        )
        self._text.append(text)
        self._token_ids.append(token_id)
        if logprob is not None:
            self._logprobs.append(logprob)
            self._alternatives.append(alternatives)
        self.timeline.sampled()
        self._meter.sampled()
        self.handle.put(event)

    def close(self, finish_reason: FinishReason, *, text: str = "", announce: bool) -> None:
        """End well.

        Parameters
        ----------
        finish_reason : {"stop", "length", "cancelled"}
        text : str
            Text that was still held back.
        announce : bool
            Whether a closing event is due, because no token carried the finish reason.
        """
        self._text.append(text)
        if announce:
            self.handle.put(
                TokenEvent(
                    text=text,
                    token_id=-1,
                    index=len(self._token_ids),
                    finish_reason=finish_reason,
                )
            )
        response = self._response(finish_reason)
        self._meter.finished(response.timings)
        self.handle.finish(response)

    def _response(self, finish_reason: FinishReason) -> GenerationResponse:
        return GenerationResponse(
            text="".join(self._text),
            token_ids=tuple(self._token_ids),
            finish_reason=finish_reason,
            usage=Usage(
                prompt_tokens=len(self.handle.prompt_ids),
                completion_tokens=len(self._token_ids),
                # A guest of the user's own may run the prompt on several sequences.
                cached_tokens=min(self._num_cached_tokens, len(self.handle.prompt_ids)),
            ),
            timings=self.timeline.timings(),
            seed=self._seed,
            model=self._model_id,
            logprobs=tuple(self._logprobs),
            alternatives=tuple(self._alternatives),
            prompt_ids=self.handle.prompt_ids,
        )
