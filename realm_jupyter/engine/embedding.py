"""Embeddings: the mean of a text's hidden states, of unit length."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from realm_jupyter.compute.executor import Chunk, EmbeddingExecutor
from realm_jupyter.errors import ConfigError, ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from realm_jupyter.engine.loaded_model import LoadedModel
    from realm_jupyter.engine.scheduler import Scheduler

__all__ = ["embed"]

T = TypeVar("T")


def embed(loaded: LoadedModel, token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the embedding of one text.

    The hidden states after the final norm, as the output layer would read them, are summed
    over all tokens and scaled to unit length, which leaves their mean's direction.

    Parameters
    ----------
    loaded : LoadedModel
    token_ids : ndarray, shape (S,), int32
        At least one.

    Returns
    -------
    ndarray, shape (E,), float32
        Zeros only where the hidden states cancel out.

    Raises
    ------
    ConfigError
        If the model's executor cannot stop before the output layer.
    ModelNotFoundError
        If the model was unloaded meanwhile.

    Notes
    -----
    Runs on the scheduler's thread, a chunk between two steps, so that texts beside it go on.
    """
    executor = loaded.executor
    if not isinstance(executor, EmbeddingExecutor):
        raise ConfigError(
            f"the executor {executor.name!r} makes no embeddings; load the model with another",
            field="executor",
            value=executor.name,
        )
    total = np.zeros(loaded.model.embedding_length, np.float64)
    with loaded.embedding_lock:  # one text at a time: those beside it wait for one chunk, not many
        cache = _call(loaded.scheduler, executor.new_hidden_cache)
        try:
            for start in range(0, len(token_ids), loaded.scheduler.chunk_tokens):
                chunk_ids = token_ids[start : start + loaded.scheduler.chunk_tokens]
                chunk = Chunk(cache, chunk_ids, outputs="all")
                rows = _call(loaded.scheduler, partial(executor.forward_hidden, [chunk]))
                total += rows[0].sum(axis=0, dtype=np.float64)
        finally:
            cache.free()
    length = np.linalg.norm(total)
    return (total / length if length > 0 else total).astype(np.float32)


def _call(scheduler: Scheduler, function: Callable[[], T]) -> T:
    try:
        future = scheduler.call(function)
    except RuntimeError as error:
        raise ModelNotFoundError("the model was unloaded before the request ran") from error
    return future.result()
