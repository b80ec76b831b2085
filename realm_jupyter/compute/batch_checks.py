"""What every executor checks before it runs a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from realm_jupyter.compute.kv_cache import PagedCache
from realm_jupyter.errors import ContextLengthError, KVCacheError, PromptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from realm_jupyter.compute.executor import Chunk
    from realm_jupyter.compute.kv_cache import KVPool

__all__ = ["BatchLimits", "checked_token_ids", "num_output_rows", "split_logits"]

_Cache = TypeVar("_Cache", bound=PagedCache)

# Up to here Python finds the least and the largest id faster than numpy.
_FEW_IDS = 8


class BatchLimits(NamedTuple):
    """What a batch may hold: ids below V, caches of this pool, no more than the context."""

    pool: KVPool
    vocab_size: int
    context_length: int


def own_cache(cache: object, kind: type[_Cache]) -> _Cache:
    """Return a cache of this kind.

    Raises
    ------
    KVCacheError
        If it is not one.
    """
    if not isinstance(cache, kind):
        raise KVCacheError("this KV cache belongs to another executor")
    return cache


def checked_token_ids(batch: Sequence[Chunk], limits: BatchLimits) -> list[NDArray[np.int64]]:
    """Return the token ids of the chunks that have any.

    Parameters
    ----------
    batch : sequence of Chunk
    limits : BatchLimits

    Returns
    -------
    list of ndarray, shape (S,), int64

    Raises
    ------
    ContextLengthError, PromptError, KVCacheError
        As `Executor.forward` says; nothing was changed.
    """
    if len(batch) > 1 and len({id(chunk.cache) for chunk in batch}) < len(batch):
        raise KVCacheError("a KV cache is twice in one batch")
    found = []
    for chunk in batch:
        cache = own_cache(chunk.cache, PagedCache)
        if cache.is_freed:
            raise KVCacheError("this KV cache was freed")
        if not cache.belongs_to(limits.pool):
            raise KVCacheError("this KV cache belongs to another executor")
        ids = np.asarray(chunk.token_ids, dtype=np.int64)
        if ids.ndim != 1:
            raise PromptError(f"token ids come in one row, not in the shape {ids.shape}")
        if not len(ids):
            continue
        _check_ids(ids, limits.vocab_size)
        num_tokens = cache.length + len(ids)
        if num_tokens > limits.context_length:
            raise ContextLengthError(
                f"{num_tokens} tokens are more than the context of {limits.context_length}",
                num_tokens=num_tokens,
                context_length=limits.context_length,
            )
        found.append(ids)
    return found


def _check_ids(ids: NDArray[np.int64], vocab_size: int) -> None:
    if len(ids) <= _FEW_IDS:
        few = ids.tolist()
        low, high = min(few), max(few)
    else:
        low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= vocab_size:
        raise PromptError(
            f"the token id {low if low < 0 else high} is not in the vocabulary of {vocab_size}"
        )


def num_output_rows(chunk: Chunk) -> int:
    """Return how many rows of logits a chunk asks for."""
    if chunk.outputs == "none":
        return 0
    num_tokens = len(chunk.token_ids)
    return num_tokens if chunk.outputs == "all" else min(1, num_tokens)


def split_logits(batch: Sequence[Chunk], rows: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Deal out rows of logits, shape (R, V), to the chunks that asked for them."""
    result, start = [], 0
    for chunk in batch:
        end = start + num_output_rows(chunk)
        result.append(rows[start:end])
        start = end
    return result
