"""Token counts and timings on the wire."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from realm_jupyter import types
from realm_jupyter.protocol.base import Left, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PromptTokensDetails", "Timings", "Usage"]


class PromptTokensDetails(Reply):
    """How many of the prompt's tokens were not run again, because their KV pages were kept."""

    cached_tokens: int = 0


class Usage(Reply):
    """Token counts of a request; of all its choices together."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: Left[PromptTokensDetails] = None

    @classmethod
    def of(cls, usages: Sequence[types.Usage]) -> Usage:
        """Return the counts of all choices; each distinct prompt counts once.

        Parameters
        ----------
        usages : sequence of types.Usage
            One for each choice of one prompt.
        """
        prompt = usages[0].prompt_tokens if usages else 0
        completion = sum(item.completion_tokens for item in usages)
        cached = usages[0].cached_tokens if usages else 0
        return cls(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=prompt + completion,
            prompt_tokens_details=PromptTokensDetails(cached_tokens=cached),
        )

    @classmethod
    def sum(cls, usages: Sequence[Usage]) -> Usage:
        """Return the counts of several prompts together."""
        details = [item.prompt_tokens_details or PromptTokensDetails() for item in usages]
        return cls(
            prompt_tokens=sum(item.prompt_tokens for item in usages),
            completion_tokens=sum(item.completion_tokens for item in usages),
            total_tokens=sum(item.total_tokens for item in usages),
            prompt_tokens_details=PromptTokensDetails(
                cached_tokens=sum(item.cached_tokens for item in details)
            ),
        )

    def to_usage(self) -> types.Usage:
        """Return the counts as the Python interface has them."""
        details = self.prompt_tokens_details or PromptTokensDetails()
        return types.Usage(self.prompt_tokens, self.completion_tokens, details.cached_tokens)


class Timings(Reply):
    """Where the time of one choice went on the server, in milliseconds; see `types.Timings`."""

    queue_ms: float
    ttft_ms: float
    prefill_ms: float
    decode_ms: float
    total_ms: float
    tokens_per_second: float

    @classmethod
    def of(cls, timings: types.Timings) -> Timings:
        """Return the timings of a response."""
        return cls(**asdict(timings))

    def to_timings(self) -> types.Timings:
        """Return the timings as the Python interface has them."""
        return types.Timings(**self.model_dump())
