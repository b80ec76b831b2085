"""Paged KV caches: one pool of pages for all sequences of a model.

A page holds the keys and values of 64 neighbouring tokens in all layers. Pages are
counted, so that forks share them until one of the sharers writes. The pool's tensors
grow by half when they are full and go away when the last page is free, so a long
context costs nothing before it is used.
"""

from __future__ import annotations

import heapq
import threading
from typing import TYPE_CHECKING

import numpy as np
import torch

from realm_jupyter.compute.memory import memory_available
from realm_jupyter.errors import KVCacheError, ModelMemoryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from realm_jupyter.graph import KVLayer

__all__ = ["PAGE_TOKENS", "KVPool", "PagedCache"]

PAGE_TOKENS = 64
_FLOAT_BYTES = 4
_MIN_GROWTH_PAGES = 4


class KVPool:
    """The pages of all sequences of one executor.

    Parameters
    ----------
    layers : sequence of KVLayer
    device : torch.device
    page_tokens : int, default 64

    Attributes
    ----------
    keys, values : list of Tensor, shape (num_pages * page_tokens, K, D), float32
        One per layer; token ``t`` of page ``p`` is row ``p * page_tokens + t``.

    Notes
    -----
    Counts are kept under a lock, so that caches may be freed by any thread; growing
    happens only within the executor's `forward`.
    """

    def __init__(
        self, layers: Sequence[KVLayer], device: torch.device, page_tokens: int = PAGE_TOKENS
    ) -> None:
        self.layers = tuple(layers)
        self.device = device
        self.page_tokens = page_tokens
        values = sum(kv.num_kv_heads * (kv.key_dim + kv.value_dim) for kv in self.layers)
        self.page_bytes = values * page_tokens * _FLOAT_BYTES
        self.keys: list[torch.Tensor] = []
        self.values: list[torch.Tensor] = []
        self._references: list[int] = []
        self._free: list[int] = []
        self._lock = threading.RLock()
        self._is_closed = False
        self._drop()

    @property
    def capacity(self) -> int:
        """Pages that memory is allocated for."""
        return len(self._references)

    @property
    def num_free(self) -> int:
        """Allocated pages that no sequence holds."""
        return len(self._free)

    @property
    def memory_bytes(self) -> int:
        """Bytes allocated for pages, free ones included."""
        return self.capacity * self.page_bytes

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def is_shared(self, page: int) -> bool:
        """Whether more than one sequence holds this page."""
        return self._references[page] > 1

    def take(self, num_pages: int) -> list[int]:
        """Return pages of one holder, lowest first, growing the pool if need be.

        Raises
        ------
        ModelMemoryError
            If there is no memory left; nothing has changed.
        """
        with self._lock:
            if num_pages > len(self._free):
                self._grow(num_pages - len(self._free))
            pages = [heapq.heappop(self._free) for _ in range(num_pages)]
            for page in pages:
                self._references[page] = 1
            return pages

    def share(self, pages: Sequence[int]) -> None:
        """Count one more holder of each page."""
        with self._lock:
            for page in pages:
                self._references[page] += 1

    def give_back(self, pages: Sequence[int]) -> None:
        """Count one holder less; memory goes when all pages are free."""
        with self._lock:
            if self._is_closed:
                return
            for page in pages:
                if self._references[page] < 1:
                    raise KVCacheError(f"page {page} of the KV cache is already free")
                self._references[page] -= 1
                if self._references[page] == 0:
                    heapq.heappush(self._free, page)
            if len(self._free) == self.capacity:
                self._drop()

    def close(self) -> None:
        """Drop all memory, whoever holds pages; freeing them later does nothing."""
        with self._lock:
            self._is_closed = True
            self._drop()

    def _drop(self) -> None:
        self._references = []
        self._free = []
        self.keys = [self._empty(0, kv.num_kv_heads, kv.key_dim) for kv in self.layers]
        self.values = [self._empty(0, kv.num_kv_heads, kv.value_dim) for kv in self.layers]

    @torch.inference_mode()
    def copy_page(self, source: int, target: int, num_tokens: int) -> None:
        """Copy the first tokens of a page to another page, in all layers."""
        start, end = source * self.page_tokens, target * self.page_tokens
        for tensor in (*self.keys, *self.values):
            tensor[end : end + num_tokens] = tensor[start : start + num_tokens]

    def _empty(self, num_pages: int, num_heads: int, dim: int) -> torch.Tensor:
        shape = (num_pages * self.page_tokens, num_heads, dim)
        with torch.inference_mode():
            return torch.empty(shape, dtype=torch.float32, device=self.device)

    def _grow(self, num_pages: int) -> None:
        """Add at least ``num_pages``, or raise and leave everything as it was."""
        available = memory_available(str(self.device))
        growth = max(num_pages, self.capacity // 2, _MIN_GROWTH_PAGES)
        if growth * self.page_bytes > available:
            growth = num_pages
        needed = growth * self.page_bytes
        if needed > available:
            raise _no_memory(needed, available)
        first, capacity = self.capacity, self.capacity + growth
        try:
            # Tensor by tensor, so that only one exists twice at any moment. After a failure
            # some are larger than ``capacity``, which does no harm.
            for tensors in (self.keys, self.values):
                for index, tensor in enumerate(tensors):
                    tensors[index] = self._grown(tensor, capacity)
        except (RuntimeError, MemoryError) as error:
            raise _no_memory(needed, available) from error
        self._references.extend([0] * growth)
        for page in range(first, capacity):
            heapq.heappush(self._free, page)

    def _grown(self, tensor: torch.Tensor, capacity: int) -> torch.Tensor:
        num_rows, num_heads, dim = tensor.shape
        if num_rows >= capacity * self.page_tokens:
            return tensor
        larger = self._empty(capacity, num_heads, dim)
        with torch.inference_mode():
            larger[:num_rows] = tensor
        return larger


def _no_memory(needed: int, available: int) -> ModelMemoryError:
    return ModelMemoryError(
        f"the KV cache needs {needed:,} more bytes, but only {available:,} are available; "
        "end other generations, use a shorter prompt or a smaller model",
        required_bytes=needed,
        available_bytes=available,
    )


class PagedCache:
    """The KV cache of one sequence; meets `SequenceCache`.

    Parameters
    ----------
    pool : KVPool
        Shared with the other sequences of the executor.
    """

    __slots__ = ("_index", "_is_contiguous", "_length", "_pages", "_pool", "is_freed")

    def __init__(self, pool: KVPool) -> None:
        self._pool = pool
        self._pages: list[int] = []
        self._length = 0
        self._is_contiguous = True
        self._index: torch.Tensor | None = None
        self.is_freed = False

    def __repr__(self) -> str:
        return f"<PagedCache of {self._length} tokens in {len(self._pages)} pages>"

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self._length

    @property
    def num_pages(self) -> int:
        """Pages this cache holds, alone or with forks."""
        return len(self._pages)

    @property
    def memory_bytes(self) -> int:
        """Bytes of these pages over all layers."""
        return len(self._pages) * self._pool.page_bytes

    def belongs_to(self, pool: KVPool) -> bool:
        """Whether this cache's pages lie in ``pool``."""
        return self._pool is pool

    def fork(self) -> PagedCache:
        """Return a cache of the same tokens that shares all pages until one writes."""
        self._require_alive()
        other = PagedCache(self._pool)
        self._pool.share(self._pages)
        other._pages = list(self._pages)
        other._length = self._length
        other._is_contiguous = self._is_contiguous
        other._index = self._index
        return other

    def truncate(self, length: int) -> None:
        """Forget the tokens from position ``length`` on and give their pages back."""
        self._require_alive()
        if not 0 <= length <= self._length:
            raise KVCacheError(
                f"a KV cache of {self._length} tokens cannot be cut to a length of {length}"
            )
        self._length = length
        self._drop_pages_from(-(-length // self._pool.page_tokens))

    def free(self) -> None:
        """Give all pages back; the cache is of no use afterwards."""
        if self.is_freed:
            raise KVCacheError("this KV cache was freed before")
        self.is_freed = True
        self._length = 0
        self._drop_pages_from(0)

    def reserve(self, num_tokens: int) -> NDArray[np.int64]:
        """Make room for tokens and return the pool's rows for them.

        Parameters
        ----------
        num_tokens : int
            S, at least 1. The length does not change yet: call `commit` when keys and
            values are written, or `rollback` if they are not.

        Returns
        -------
        ndarray, shape (S,), int64

        Raises
        ------
        ModelMemoryError
            If the pool cannot grow; the cache is as it was.
        """
        self._require_alive()
        size = self._pool.page_tokens
        end = self._length + num_tokens
        first, used = divmod(self._length, size)
        if used and self._pool.is_shared(self._pages[first]):
            self._own_page(first, used)
        missing = -(-end // size) - len(self._pages)
        if missing > 0:
            self._add_pages(self._pool.take(missing))
        if num_tokens == 1:
            return np.array([self._pages[first] * size + used], dtype=np.int64)
        positions = np.arange(self._length, end)
        pages = np.array(self._pages[first:], dtype=np.int64)
        rows: NDArray[np.int64] = pages[positions // size - first] * size + positions % size
        return rows

    def commit(self, num_tokens: int) -> None:
        """Count tokens that were written to reserved rows."""
        self._length += num_tokens

    def rollback(self) -> None:
        """Give reserved pages back that hold no token."""
        self._drop_pages_from(-(-self._length // self._pool.page_tokens))

    def read(self, tensor: torch.Tensor, start: int, end: int) -> torch.Tensor:
        """Return the rows of positions ``start`` to ``end`` of one of the pool's tensors.

        Returns
        -------
        Tensor, shape (end - start, heads, dim)
            A view where the pages lie one after another, as those of a sequence that runs
            alone do, else a copy made by one indexing operation.
        """
        size = self._pool.page_tokens
        if self._is_contiguous:
            offset = self._pages[0] * size
            return tensor[offset + start : offset + end]
        if self._index is None:
            self._index = torch.tensor(self._pages, dtype=torch.int64, device=tensor.device)
        first = start // size
        index = self._index[first : -(-end // size)]
        num_rows, num_heads, dim = tensor.shape
        pages = tensor.view(num_rows // size, size * num_heads * dim).index_select(0, index)
        return pages.view(-1, num_heads, dim)[start - first * size : end - first * size]

    def _add_pages(self, pages: list[int]) -> None:
        for page in pages:
            if self._pages and page != self._pages[-1] + 1:
                self._is_contiguous = False
            self._pages.append(page)
        self._index = None

    def _own_page(self, number: int, num_tokens: int) -> None:
        """Replace a shared page by a copy of its first tokens."""
        shared = self._pages[number]
        (page,) = self._pool.take(1)
        self._pool.copy_page(shared, page, num_tokens)
        self._pages[number] = page
        self._pool.give_back([shared])
        self._changed()

    def _drop_pages_from(self, number: int) -> None:
        dropped = self._pages[number:]
        if dropped:
            del self._pages[number:]
            self._changed()
            self._pool.give_back(dropped)

    def _changed(self) -> None:
        self._index = None
        first = self._pages[0] if self._pages else 0
        self._is_contiguous = self._pages == list(range(first, first + len(self._pages)))

    def _require_alive(self) -> None:
        if self.is_freed:
            raise KVCacheError("this KV cache was freed")
        if self._pool.is_closed:
            raise KVCacheError("the executor of this KV cache was closed")
