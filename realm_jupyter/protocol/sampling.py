"""The fields that requests for chats and completions share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field

from realm_jupyter.errors import PromptError
from realm_jupyter.protocol.base import Request

if TYPE_CHECKING:
    from realm_jupyter.types import GenerationConfig

__all__ = ["Prompt", "Prompts", "SamplingFields", "StreamOptions", "prompts_of", "sampling_fields"]

MAX_CHOICES = 128
MAX_TOP_LOGPROBS = 100

# Our own names, which are those of `GenerationConfig`; null means the default.
_PLAIN_FIELDS = (
    "max_tokens", "min_tokens", "temperature", "top_k", "top_p", "min_p", "typical_p",
    "repetition_penalty", "frequency_penalty", "presence_penalty", "repeat_last_n",
    "dry_multiplier", "dry_base", "dry_allowed_length", "dry_penalty_last_n",
    "dry_sequence_breakers", "xtc_probability", "xtc_threshold",
    "mirostat", "mirostat_tau", "mirostat_eta", "seed", "stop", "ignore_eos",
    "json_schema", "json_object", "grammar",
)  # fmt: skip


Prompt = str | tuple[int, ...]
"""Text, or token ids that are taken as they are."""
Prompts = Prompt | tuple[str, ...] | tuple[tuple[int, ...], ...]


def prompts_of(prompts: Prompts) -> list[Prompt]:
    """Return prompts one by one.

    Raises
    ------
    PromptError
        If there is none.

    Examples
    --------
    >>> prompts_of("a"), prompts_of((1, 2)), prompts_of(((1, 2), (3,)))
    (['a'], [(1, 2)], [(1, 2), (3,)])
    """
    if isinstance(prompts, str):
        return [prompts]
    if not prompts:
        raise PromptError("the list of prompts is empty")
    if isinstance(prompts[0], int):
        return [prompts]
    return list(cast("tuple[Prompt, ...]", prompts))


class StreamOptions(Request):
    """What a stream tells beyond the text."""

    include_usage: bool = False
    include_obfuscation: bool = False


class SamplingFields(Request):
    """How to generate. Null is the default, and the defaults are those of `GenerationConfig`.

    ``model`` may be left out: requests then go to the server's current model.
    ``logit_bias`` maps token ids to numbers; ``false`` forbids a token, as ``-inf`` does in
    Python. ``return_token_ids`` adds ``token_ids`` to every choice. Of OpenAI's fields the
    ones from ``metadata`` on are accepted and have no effect.
    """

    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=MAX_CHOICES)
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: dict[int, float | Literal[False]] | None = None
    seed: int | None = None
    stop: str | tuple[str, ...] | None = None

    min_tokens: int | None = None
    top_k: int | None = None
    min_p: float | None = None
    typical_p: float | None = None
    repetition_penalty: float | None = None
    repeat_last_n: int | None = None
    dry_multiplier: float | None = None
    dry_base: float | None = None
    dry_allowed_length: int | None = None
    dry_penalty_last_n: int | None = None
    dry_sequence_breakers: tuple[str, ...] | None = None
    xtc_probability: float | None = None
    xtc_threshold: float | None = None
    mirostat: int | None = None
    mirostat_tau: float | None = None
    mirostat_eta: float | None = None
    ignore_eos: bool | None = None
    json_schema: dict[str, Any] | None = None
    json_object: bool | None = None
    grammar: str | None = None
    return_token_ids: bool = False

    metadata: dict[str, Any] | None = None
    store: bool | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    service_tier: str | None = None

    @property
    def num_choices(self) -> int:
        """How many texts are wanted for each prompt."""
        return 1 if self.n is None else self.n

    @property
    def include_usage(self) -> bool:
        """Whether a stream ends with the token counts."""
        return self.stream_options is not None and self.stream_options.include_usage

    def sampling(self) -> dict[str, Any]:
        """Return the fields of `GenerationConfig` that the request sets.

        Raises
        ------
        SamplingParamsError
            Not here: from the `GenerationConfig` that is made of them.
        """
        values = {name: getattr(self, name) for name in _PLAIN_FIELDS}
        given = {name: value for name, value in values.items() if value is not None}
        if self.logit_bias is not None:
            given["logit_bias"] = {
                token_id: -math.inf if bias is False else bias
                for token_id, bias in self.logit_bias.items()
            }
        if given.get("seed", 0) < 0:  # OpenAI's seeds have a sign
            given["seed"] += 2**64
        return given


def sampling_fields(config: GenerationConfig) -> dict[str, Any]:
    """Return the fields of a request that say a `GenerationConfig`; the inverse of `sampling`."""
    values: dict[str, Any] = {name: getattr(config, name) for name in _PLAIN_FIELDS}
    values["logit_bias"] = {
        token_id: False if bias == -math.inf else bias
        for token_id, bias in config.logit_bias.items()
    }
    return values
