"""Paged KV caches: one pool of pages for all sequences of a model.

A page holds the keys and values of 64 neighbouring tokens in all layers. Pages are
counted, so that forks share them until one of the sharers writes. The pool's storage
grows by half when it is full and goes away when the last page is free, so a long
context costs nothing before it is used. Where the numbers lie is the storage's business:
each executor has its own.
"""

from __future__ import annotations

import heapq
import threading
from array import array
from typing import TYPE_CHECKING, Protocol, Self

from realm_jupyter.compute.memory import memory_available
from realm_jupyter.errors import KVCacheError, ModelMemoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["PAGE_TOKENS", "KVBudget", "KVPool", "PageStorage", "PagedCache"]

PAGE_TOKENS = 64
_MIN_GROWTH_PAGES = 4


class PageStorage(Protocol):
    """Memory for pages, numbered from 0."""

    @property
    def device(self) -> str:
        """Where the memory is: ``"cpu"``, ``"cuda:0"`` or ``"mps"``."""

    @property
    def page_bytes(self) -> int:
        """Bytes of a page over all layers."""

    def resize(self, num_pages: int) -> None:
        """Hold this many pages; those that stay keep what is in them.

        Raises
        ------
        MemoryError
            If there is no memory; the pages from before are as they were.
        """

    def copy_page(self, source: int, target: int, num_tokens: int) -> None:
        """Copy the first tokens of a page to another page, in all layers."""


class KVBudget(Protocol):
    """Whoever accounts for the pages that some sequences hold, those shared for each of them."""

    def take(self, num_bytes: int) -> None:
        """Account for more bytes, or raise and account for none."""

    def give_back(self, num_bytes: int) -> None:
        """Account for fewer bytes."""


class KVPool:
    """The pages of all sequences of one executor.

    Parameters
    ----------
    storage : PageStorage
    page_tokens : int, default 64

    Attributes
    ----------
    reclaim : callable, optional
        Called with a number of pages when memory is out; gives pages back that nobody needs
        at the moment, and returns whether it gave any.

    Notes
    -----
    Counts are kept under a lock, so that caches may be freed by any thread; growing
    happens only within the executor's `forward`.
    """

    def __init__(self, storage: PageStorage, page_tokens: int = PAGE_TOKENS) -> None:
        self.storage = storage
        self.page_tokens = page_tokens
        self.page_bytes = storage.page_bytes
        self.reclaim: Callable[[int], bool] | None = None
        self._references: list[int] = []
        self._free: list[int] = []
        self._lock = threading.RLock()
        self._is_closed = False

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
        try:
            return self._take(num_pages)
        except ModelMemoryError:
            # Outside the lock: whoever reclaims has a lock of its own.
            if self.reclaim is None or not self.reclaim(num_pages):
                raise
        return self._take(num_pages)

    def _take(self, num_pages: int) -> list[int]:
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

    def copy_page(self, source: int, target: int, num_tokens: int) -> None:
        """Copy the first tokens of a page to another page, in all layers."""
        self.storage.copy_page(source, target, num_tokens)

    def _drop(self) -> None:
        if self._references:
            self.storage.resize(0)
        self._references = []
        self._free = []

    def _grow(self, num_pages: int) -> None:
        """Add at least ``num_pages``, or raise and leave everything as it was."""
        available = memory_available(self.storage.device)
        growth = max(num_pages, self.capacity // 2, _MIN_GROWTH_PAGES)
        if growth * self.page_bytes > available:
            growth = num_pages
        needed = growth * self.page_bytes
        if needed > available:
            raise _no_memory(needed, available)
        first, capacity = self.capacity, self.capacity + growth
        try:
            self.storage.resize(capacity)
        except MemoryError as error:
            raise _no_memory(needed, available) from error
        self._references.extend([0] * growth)
        for page in range(first, capacity):
            heapq.heappush(self._free, page)


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
    pages : sequence of int, optional
        Counted for this cache already.
    length : int, default 0
        Tokens in them.
    budget : KVBudget, optional
        Accounts for ``pages`` already, and for those that come and go.
    """

    __slots__ = ("_budget", "_length", "_pages", "_pool", "is_freed")

    def __init__(
        self,
        pool: KVPool,
        pages: Sequence[int] = (),
        length: int = 0,
        budget: KVBudget | None = None,
    ) -> None:
        self._pool = pool
        self._pages = array("i", pages)
        self._length = length
        self._budget = budget
        self.is_freed = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._length} tokens in {len(self._pages)} pages>"

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self._length

    @property
    def pages(self) -> array[int]:
        """Numbers of the pages this cache holds, in order: 32-bit integers, not to be changed."""
        return self._pages

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

    def fork(self) -> Self:
        """Return a cache of the same tokens that shares all pages until one writes."""
        self._require_alive()
        self._pay(len(self._pages))
        self._pool.share(self._pages)
        return type(self)(self._pool, self._pages, self._length, self._budget)

    def adopt(self, pages: Sequence[int]) -> None:
        """Go on with full pages that someone else holds too.

        Parameters
        ----------
        pages : sequence of int
            Keys and values of the tokens that follow; alive until this returns.

        Raises
        ------
        KVCacheError
            If the cache does not end with a full page.
        """
        self._require_alive()
        size = self._pool.page_tokens
        if self._length != len(self._pages) * size:
            raise KVCacheError(
                f"a KV cache of {self._length} tokens in {len(self._pages)} pages does not end "
                "with a full page, so that no other page can follow"
            )
        # Held before it is paid: paying may make the other holder let go.
        self._pool.share(pages)
        try:
            self._pay(len(pages))
        except BaseException:
            self._pool.give_back(pages)
            raise
        self._pages.extend(pages)
        self._length += len(pages) * size
        self._added(len(pages))

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

    def reserve(self, num_tokens: int) -> None:
        """Make room for tokens in pages of this cache's own.

        Parameters
        ----------
        num_tokens : int
            S, at least 1. The length does not change yet: call `commit` when keys and
            values are written, or `rollback` if they are not.

        Raises
        ------
        ModelMemoryError
            If the pool cannot grow; the cache is as it was.
        RealmError
            Whatever the budget raises when it is used up; likewise.
        """
        self._require_alive()
        size = self._pool.page_tokens
        first, used = divmod(self._length, size)
        if used and self._pool.is_shared(self._pages[first]):
            self._own_page(first, used)
        missing = -(-(self._length + num_tokens) // size) - len(self._pages)
        if missing > 0:
            self._pay(missing)
            try:
                pages = self._pool.take(missing)
            except BaseException:
                self._repay(missing)
                raise
            self._pages.extend(pages)
            self._added(missing)

    def commit(self, num_tokens: int) -> None:
        """Count tokens that were written to reserved rows."""
        self._length += num_tokens

    def rollback(self) -> None:
        """Give reserved pages back that hold no token."""
        self._drop_pages_from(-(-self._length // self._pool.page_tokens))

    def _added(self, num_pages: int) -> None:
        """Take note that there are new pages at the end."""

    def _changed(self) -> None:
        """Take note that other pages may be anywhere."""

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
            self._repay(len(dropped))
            self._pool.give_back(dropped)

    def _pay(self, num_pages: int) -> None:
        if self._budget is not None and num_pages:
            self._budget.take(num_pages * self._pool.page_bytes)

    def _repay(self, num_pages: int) -> None:
        if self._budget is not None:
            self._budget.give_back(num_pages * self._pool.page_bytes)

    def _require_alive(self) -> None:
        if self.is_freed:
            raise KVCacheError("this KV cache was freed")
        if self._pool.is_closed:
            raise KVCacheError("the executor of this KV cache was closed")
