"""Pages of prompts and answers that are kept, and found again by the tokens in them.

Full pages of a sequence are kept under the token ids that led to them: a page's key is
the page before it and its own ids, compared as they are, so that no other text can ever be
taken for this one. Whoever begins with the same ids goes on from there.

A page belongs to a *space*: that of one tenant, or the one that all tenants have in common
who opted in. Nothing is found across spaces, so what one tenant wrote changes neither the
text nor the time of another who did not ask for it.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    import numpy as np

    from realm_jupyter.compute.executor import SequenceCache
    from realm_jupyter.compute.kv_cache import KVPool
    from realm_jupyter.engine.kv_budget import TenantKVBudget

__all__ = ["PrefixCache", "PrefixSpace", "SequencePrefix"]

_ROOT = 0
_Key = tuple[int, bytes]


class _KeptPage:
    """A page and its place in the tree of prefixes."""

    __slots__ = ("is_kept", "key", "page", "serial", "space")

    def __init__(self, space: PrefixSpace, key: _Key, page: int, serial: int) -> None:
        self.space = space
        self.key = key
        self.page = page
        self.serial = serial
        self.is_kept = True


class PrefixSpace:
    """Prefixes that may find each other.

    Attributes
    ----------
    pages : OrderedDict
        Kept pages by key, those that were used longest ago first.
    members : set
        Tenants that look here.
    budget : TenantKVBudget, optional
        Accounts for the pages of a tenant's own space; nobody does for the common one.
    """

    def __init__(self, budget: TenantKVBudget | None) -> None:
        self.pages: OrderedDict[_Key, _KeptPage] = OrderedDict()
        self.members: set[Hashable] = set()
        self.budget = budget


class PrefixCache:
    """Kept pages of one model.

    Parameters
    ----------
    pool : KVPool
    budget_bytes : int
        Most bytes of pages that are kept; those that were used longest ago go first.
        0 keeps nothing.
    unit_pages : int, default 1
        Prefixes are found and kept in multiples of this many pages. An executor whose results
        depend on where a prompt is cut needs the least common multiple of page and chunk.
    keeps_answers : bool, default True
        Whether pages of generated tokens are kept too, and not those of prompts alone.

    Notes
    -----
    Safe from any thread. A kept page is held like a sequence's own: giving it up never
    takes it from a sequence that uses it.
    """

    def __init__(
        self,
        pool: KVPool,
        budget_bytes: int,
        unit_pages: int = 1,
        *,
        keeps_answers: bool = True,
    ) -> None:
        self.pool = pool
        self.unit_pages = unit_pages
        self.keeps_answers = keeps_answers
        self.num_hit_tokens = 0
        self.num_evicted_pages = 0
        self._budget_bytes = budget_bytes
        self._lock = threading.RLock()
        self._spaces: dict[Hashable, PrefixSpace] = {}
        self._order: OrderedDict[_KeptPage, None] = OrderedDict()
        self._serials = itertools.count(_ROOT + 1)

    @property
    def budget_bytes(self) -> int:
        """Most bytes of pages that are kept."""
        return self._budget_bytes

    @budget_bytes.setter
    def budget_bytes(self, budget_bytes: int) -> None:
        with self._lock:
            self._budget_bytes = budget_bytes
            while self.num_pages * self.pool.page_bytes > budget_bytes:
                self._drop_oldest()

    @property
    def num_pages(self) -> int:
        """Pages that are kept."""
        return len(self._order)

    @property
    def memory_bytes(self) -> int:
        """Bytes of these pages."""
        return len(self._order) * self.pool.page_bytes

    # -- spaces ----------------------------------------------------------------------

    def enter(self, tenant: Hashable, budget: TenantKVBudget, *, is_shared: bool) -> PrefixSpace:
        """Return the space where a tenant looks.

        Parameters
        ----------
        tenant : hashable
        budget : TenantKVBudget
            Pays for the pages of a space of its own.
        is_shared : bool
            Whether the tenant looks where all others look who opted in.
        """
        key = None if is_shared else tenant
        with self._lock:
            space = self._spaces.get(key)
            if space is None:
                space = self._spaces[key] = PrefixSpace(None if is_shared else budget)
                if not is_shared:
                    budget.on_full(lambda: self._drop_oldest_of(space))
            space.members.add(tenant)
            return space

    def leave(self, tenant: Hashable) -> None:
        """Give up the pages of spaces where nobody looks after this tenant."""
        with self._lock:
            for key in (tenant, None):
                space = self._spaces.get(key)
                if space is None:
                    continue
                space.members.discard(tenant)
                if not space.members:
                    del self._spaces[key]
                    self._drop(list(space.pages.values()))

    def close(self) -> None:
        """Give up everything."""
        with self._lock:
            self._spaces.clear()
            self._drop(list(self._order))

    # -- for sequences ---------------------------------------------------------------

    def find(
        self,
        space: PrefixSpace,
        path: list[_KeptPage],
        cache: SequenceCache,
        prompt_ids: np.ndarray,
    ) -> int:
        """Let a sequence go on with kept pages; see `SequencePrefix.find`."""
        size = self.pool.page_tokens
        first, rest = divmod(cache.length, size)
        # The last token is always run: somebody wants its logits.
        end = (len(prompt_ids) - 1) // size
        if rest or first >= end:
            return 0
        with self._lock:
            _forget_dropped(path)
            if len(path) != first:
                return 0
            found: list[_KeptPage] = []
            parent = path[-1].serial if path else _ROOT
            for number in range(first, end):
                kept = space.pages.get((parent, _page_key(prompt_ids, number, size)))
                if kept is None:
                    break
                found.append(kept)
                parent = kept.serial
            del found[max(0, len(found) - (first + len(found)) % self.unit_pages) :]
            if not found:
                return 0
            cache.adopt([kept.page for kept in found])
            path += found
            _forget_dropped(path)  # paying for them may have cost some
            self._touch(path)
            self.num_hit_tokens += len(found) * size
            return len(found) * size

    def keep(
        self,
        space: PrefixSpace,
        path: list[_KeptPage],
        cache: SequenceCache,
        token_ids: np.ndarray,
    ) -> None:
        """Keep the full pages of a sequence; see `SequencePrefix.keep`."""
        size = self.pool.page_tokens
        end = min(len(token_ids), cache.length) // size
        end -= end % self.unit_pages
        if not end:
            return
        with self._lock:
            if not space.members:  # all of its tenants are gone
                return
            _forget_dropped(path)
            if end <= len(path):
                return
            self._touch(path)
            pages = cache.pages
            for number in range(len(path), end):
                parent = path[-1].serial if path else _ROOT
                key = (parent, _page_key(token_ids, number, size))
                kept = space.pages.get(key)
                if kept is None:
                    kept = self._add(space, key, pages[number], path)
                    if kept is None:
                        break
                path.append(kept)
            self._touch(path)

    # -- room ------------------------------------------------------------------------

    def reclaim(self, num_pages: int) -> bool:
        """Give pages up until the pool has some that are free.

        Parameters
        ----------
        num_pages : int
            How many are needed.

        Returns
        -------
        bool
            Whether any page was given up.
        """
        is_any = False
        with self._lock:
            while self._order and self.pool.num_free < num_pages:
                self._drop_oldest()
                is_any = True
        return is_any

    def _add(
        self, space: PrefixSpace, key: _Key, page: int, path: list[_KeptPage]
    ) -> _KeptPage | None:
        """Keep one more page, or return None where there is no room beside its own prefix."""
        page_bytes = self.pool.page_bytes
        while (self.num_pages + 1) * page_bytes > self._budget_bytes:
            if not self._order or next(iter(self._order)) in path:
                return None
            self._drop_oldest()
        while space.budget is not None and not space.budget.try_keep(page_bytes):
            if not space.pages or next(iter(space.pages.values())) in path:
                return None
            self._drop_oldest_of(space)
        self.pool.share([page])
        kept = _KeptPage(space, key, page, next(self._serials))
        space.pages[key] = kept
        self._order[kept] = None
        return kept

    def _touch(self, path: list[_KeptPage]) -> None:
        """Make these pages the last to go, and each page go before the one it follows."""
        for kept in reversed(path):
            self._order.move_to_end(kept)
            kept.space.pages.move_to_end(kept.key)

    def _drop_oldest(self) -> None:
        self._drop([next(iter(self._order))])
        self.num_evicted_pages += 1

    def _drop_oldest_of(self, space: PrefixSpace) -> bool:
        with self._lock:
            if not space.pages:
                return False
            self._drop([next(iter(space.pages.values()))])
            self.num_evicted_pages += 1
            return True

    def _drop(self, pages: list[_KeptPage]) -> None:
        for kept in pages:
            kept.is_kept = False
            del self._order[kept]
            del kept.space.pages[kept.key]
            if kept.space.budget is not None:
                kept.space.budget.drop_kept(self.pool.page_bytes)
        self.pool.give_back([kept.page for kept in pages])


class SequencePrefix:
    """The kept pages that one sequence follows.

    Parameters
    ----------
    prefixes : PrefixCache
    space : PrefixSpace
    """

    __slots__ = ("_path", "_prefixes", "_space")

    def __init__(self, prefixes: PrefixCache, space: PrefixSpace) -> None:
        self._prefixes = prefixes
        self._space = space
        self._path: list[_KeptPage] = []

    def find(self, cache: SequenceCache, prompt_ids: np.ndarray) -> int:
        """Let the sequence go on with kept pages, where there are any.

        Parameters
        ----------
        cache : SequenceCache
            The sequence, which holds the first tokens of the prompt.
        prompt_ids : ndarray, shape (S,), int32
            At least one of them is left to run.

        Returns
        -------
        int
            How many tokens the cache grew by.

        Raises
        ------
        TenantQuotaError
            If the sequence may not hold so much.
        """
        return self._prefixes.find(self._space, self._path, cache, prompt_ids)

    @property
    def keeps_answers(self) -> bool:
        """Whether pages of generated tokens are kept."""
        return self._prefixes.keeps_answers

    def keep(self, cache: SequenceCache, token_ids: np.ndarray) -> None:
        """Keep the full pages of the sequence for others.

        Parameters
        ----------
        cache : SequenceCache
        token_ids : ndarray, shape (S,), int32
            Its tokens from the first on; there may be more than were run.
        """
        self._prefixes.keep(self._space, self._path, cache, token_ids)


def _forget_dropped(path: list[_KeptPage]) -> None:
    # A page goes before the one it follows, so the dropped ones are at the end.
    while path and not path[-1].is_kept:
        path.pop()


def _page_key(token_ids: np.ndarray, number: int, size: int) -> bytes:
    return token_ids[number * size : (number + 1) * size].tobytes()
