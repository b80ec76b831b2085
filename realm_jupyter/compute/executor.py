"""What an executor is: weights on a device, and ragged batches through them.

Speaks token ids and logits only. No torch here, so that whoever drives an executor
can be written, and tested with a double, without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from realm_jupyter.compute.kv_cache import KVBudget, KVPool
    from realm_jupyter.compute.step_stop import StepStop

__all__ = ["Chunk", "EmbeddingExecutor", "Executor", "Outputs", "SequenceCache"]

Outputs = Literal["none", "last", "all"]


@runtime_checkable
class SequenceCache(Protocol):
    """The KV cache of one sequence.

    Notes
    -----
    Made by `Executor.new_cache` and used with that executor only. Not for two threads
    at once. Memory goes back to the executor with `free`.
    """

    @property
    def length(self) -> int:
        """Tokens in the cache; the position of the next one."""

    @property
    def num_pages(self) -> int:
        """Pages of the pool that this cache holds, those shared with forks included."""

    @property
    def memory_bytes(self) -> int:
        """Bytes of these pages over all layers."""

    @property
    def pages(self) -> Sequence[int]:
        """Numbers of these pages, in order; not to be changed."""

    @property
    def is_freed(self) -> bool:
        """Whether `free` was called."""

    def adopt(self, pages: Sequence[int]) -> None:
        """Go on with full pages of the pool that someone else holds too.

        Raises
        ------
        KVCacheError
            If the cache was freed or does not end with a full page.
        """

    def reserve(self, num_tokens: int) -> None:
        """Make room for the next tokens; `Executor.forward` does it where it was not done.

        Raises
        ------
        ModelMemoryError
            If there is no memory; the cache is as it was.
        RealmError
            Whatever the budget of the cache raises; likewise.
        """

    def fork(self) -> SequenceCache:
        """Return an independent cache of the same tokens; full pages stay shared.

        Raises
        ------
        KVCacheError
            If the cache was freed.
        """

    def truncate(self, length: int) -> None:
        """Forget all tokens from position ``length`` on.

        Raises
        ------
        KVCacheError
            If ``length`` is negative or beyond the cache's, or the cache was freed.
        """

    def free(self) -> None:
        """Give the pages back.

        Raises
        ------
        KVCacheError
            If the cache was freed before.
        """


@dataclass(frozen=True, slots=True)
class Chunk:
    """New tokens of one sequence: a piece of a prompt, or one sampled token.

    Parameters
    ----------
    cache : SequenceCache
        The sequence; its cache grows by S.
    token_ids : ndarray, shape (S,), int32, 0 <= id < V
        S may be 0.
    outputs : {"none", "last", "all"}
        Of which of these tokens the logits are wanted.
    num_largest : int, 0 <= num_largest <= V
        With ``"last"`` and an executor that `can_rank`: how many of the largest logits are
        wanted instead of all; 0 for all.
    """

    cache: SequenceCache
    token_ids: NDArray[np.int32]
    outputs: Outputs = "last"
    num_largest: int = 0


class Executor(Protocol):
    """A model's weights on a device.

    Notes
    -----
    `forward` runs on one thread at a time. Weights are read only and shared by all
    sequences.
    """

    @property
    def name(self) -> str:
        """Which executor this is, such as ``"reference"``."""

    @property
    def device(self) -> str:
        """Where it computes: ``"cpu"``, ``"cuda:0"`` or ``"mps"``."""

    @property
    def vocab_size(self) -> int:
        """V, the width of the logits."""

    @property
    def context_length(self) -> int:
        """Most tokens a cache can hold."""

    @property
    def memory_bytes(self) -> int:
        """Bytes of the weights, those of a mapped file included."""

    @property
    def cache_bytes(self) -> int:
        """Bytes that KV caches have allocated now."""

    @property
    def pool(self) -> KVPool:
        """The pages of all caches."""

    @property
    def kv_type(self) -> str:
        """Number format of the caches: ``"f32"``, ``"f16"`` or ``"q8_0"``."""

    @property
    def is_batch_invariant(self) -> bool:
        """Whether a row of logits has the same bits in any batch and any chunks."""

    @property
    def can_rank(self) -> bool:
        """Whether `forward` finds the largest logits itself, as `Chunk.num_largest` says."""

    def new_cache(self, budget: KVBudget | None = None) -> SequenceCache:
        """Return an empty cache; it takes no memory until tokens come.

        Parameters
        ----------
        budget : KVBudget, optional
            Accounts for its pages and for those of its forks.
        """

    def forward(
        self, batch: Sequence[Chunk], stop: StepStop | None = None
    ) -> list[NDArray[np.float32]]:
        """Run new tokens of several sequences and append them to their caches.

        Parameters
        ----------
        batch : sequence of Chunk
            Different caches; prompts and single tokens may be mixed.
        stop : StepStop, optional
            Looked at now and then; short steps may run to their end.

        Returns
        -------
        list of ndarray, shape (0 or 1 or S, V), float32
            Logits of each chunk, as its ``outputs`` says; the caller owns them. Where the k
            largest are wanted, shape (1, 2 k): the bits of their ids (int32), then the logits,
            in descending order, ties by lower id. A list that NaN or minus infinity leave too
            short ends with id 0 and minus infinity.

        Raises
        ------
        ContextLengthError
            If a cache would grow beyond the context length.
        PromptError
            If a token id is not in the vocabulary.
        KVCacheError
            If a cache was freed, is twice in the batch or belongs to another executor.
        ModelMemoryError
            If the caches cannot grow.
        StepStoppedError
            If `stop` was set.

        Notes
        -----
        After an error every cache is as it was.
        """

    def close(self) -> None:
        """Release the weights and all caches; a second call does nothing."""


@runtime_checkable
class EmbeddingExecutor(Protocol):
    """An executor that can stop before the output layer.

    Notes
    -----
    On the same thread as `Executor.forward`.
    """

    def new_hidden_cache(self) -> SequenceCache:
        """Return an empty cache for `forward_hidden`."""

    def forward_hidden(self, batch: Sequence[Chunk]) -> list[NDArray[np.float32]]:
        """Run new tokens as `Executor.forward` does, up to the final norm.

        Returns
        -------
        list of ndarray, shape (0 or 1 or S, E), float32
            What the output layer would read, of each chunk as its ``outputs`` says.

        Raises
        ------
        ContextLengthError, PromptError, KVCacheError, ModelMemoryError
            As `Executor.forward`.
        """
