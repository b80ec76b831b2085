"""How few logits decide a token, so that the other thousands need not enter the guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realm_jupyter.engine.loaded_model import LoadedModel
    from realm_jupyter.types import GenerationConfig

__all__ = ["num_largest_logits"]

# They are kept in a sorted list, which a longer one would make slow.
_MOST_LOGITS = 256


def num_largest_logits(loaded: LoadedModel, config: GenerationConfig) -> int:
    """Return how many of the largest logits give the same token as the whole row.

    Parameters
    ----------
    loaded : LoadedModel
    config : GenerationConfig

    Returns
    -------
    int
        0 where the guest needs the row, or the executor does not look for the largest.

    Notes
    -----
    A row of 128,000 logits is half a megabyte, read from one memory and written to another for
    each token; a shortlist is some hundred bytes.
    """
    if not loaded.executor.can_rank or _needs_all(config):
        return 0
    count = 1 if config.temperature == 0 else config.top_k
    if config.ignore_eos or config.min_tokens > 0:
        count += len(loaded.eog_ids)  # which may be among the largest, and are left out
    return count if count <= min(_MOST_LOGITS, loaded.executor.vocab_size - 1) else 0


def _needs_all(config: GenerationConfig) -> bool:
    """Whether more than the largest logits count, or some of them are changed first."""
    return (
        (config.top_k == 0 and config.temperature > 0)
        or config.mirostat != 0
        or config.logprobs is not None
        or config.form_field is not None
        or bool(config.logit_bias)
        or config.repetition_penalty != 1
        or config.frequency_penalty != 0
        or config.presence_penalty != 0
        or config.dry_multiplier != 0
    )
