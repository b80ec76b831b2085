"""Cases on an executor of this package: whole steps, as the scheduler runs them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.compute.executor import Chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from realm_jupyter.bench.cases import Case
    from realm_jupyter.compute.executor import Executor, Outputs, SequenceCache

__all__ = ["ExecutorSide", "random_token_ids"]


def random_token_ids(vocab_size: int, count: int, seed: int = 0) -> NDArray[np.int32]:
    """Return tokens for everybody to run: the same for the same seed, int32 (count,)."""
    drawn = np.random.default_rng(seed).integers(0, vocab_size, count)
    return drawn.astype(np.int32)


class ExecutorSide:
    """Runs cases; a `Side`.

    Parameters
    ----------
    executor : Executor
        Belongs to the caller, and is not closed here.
    token_ids : ndarray of int32, shape (n,)
        Used from the beginning by every sequence, over and over.
    chunk_tokens : int
        Most tokens of a prompt in one step.
    """

    def __init__(self, executor: Executor, token_ids: NDArray[np.int32], chunk_tokens: int) -> None:
        self.name = executor.name
        self._executor = executor
        self._token_ids = token_ids
        self._chunk_tokens = chunk_tokens
        self._caches: dict[Case, list[SequenceCache]] = {}

    def prepare(self, case: Case, max_units: int) -> None:
        """Fill the caches of a case up to its context, unless they are."""
        del max_units  # caches grow by themselves
        if case.kind == "decode" and case not in self._caches:
            self._caches[case] = [self._executor.new_cache() for _ in range(case.tokens)]
            for cache in self._caches[case]:
                self._prefill(cache, case.context, "none")

    def run(self, case: Case, num_units: int) -> float:
        """Run whole prompts, or steps of one token for each stream; return the seconds."""
        if case.kind == "prefill":
            return self._run_prompts(case.tokens, num_units)
        caches = self._caches[case]
        ids = self._ids(case.context, num_units)
        started = time.perf_counter()
        for step in range(num_units):
            token = ids[step : step + 1]
            self._executor.forward([Chunk(cache, token) for cache in caches])
        seconds = time.perf_counter() - started
        for cache in caches:
            cache.truncate(case.context)
        return seconds

    def cache_bytes(self, case: Case) -> int:
        """Return the bytes of a case's caches, whole pages."""
        return sum(cache.memory_bytes for cache in self._caches.get(case, ()))

    def logits(self, num_tokens: int) -> NDArray[np.float32]:
        """Return the logits after the first tokens, shape (V,)."""
        cache = self._executor.new_cache()
        try:
            row: NDArray[np.float32] = self._prefill(cache, num_tokens, "last")[-1]
            return row
        finally:
            cache.free()

    def close(self) -> None:
        """Give the caches back."""
        for caches in self._caches.values():
            for cache in caches:
                cache.free()
        self._caches.clear()

    def _run_prompts(self, length: int, num_units: int) -> float:
        seconds = 0.0
        for _ in range(num_units):
            cache = self._executor.new_cache()
            started = time.perf_counter()
            self._prefill(cache, length, "last")
            seconds += time.perf_counter() - started
            cache.free()
        return seconds

    def _prefill(self, cache: SequenceCache, length: int, outputs: Outputs) -> NDArray[np.float32]:
        ids = self._ids(0, length)
        logits: NDArray[np.float32] = np.empty((0, self._executor.vocab_size), np.float32)
        for start in range(0, length, self._chunk_tokens):
            piece = ids[start : start + self._chunk_tokens]
            is_last = start + len(piece) == length
            (logits,) = self._executor.forward(
                [Chunk(cache, piece, outputs if is_last else "none")]
            )
        return logits

    def _ids(self, start: int, count: int) -> NDArray[np.int32]:
        places = np.arange(start, start + count) % len(self._token_ids)
        ids: NDArray[np.int32] = self._token_ids[places]
        return ids
