"""Pages are shared, copied when written, and given back; nothing is lost or mixed up."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realm_jupyter.compute import kv_cache
from realm_jupyter.compute.kv_cache import KVPool
from realm_jupyter.compute.reference_kv import TorchCache, TorchPages
from realm_jupyter.errors import KVCacheError, ModelMemoryError
from realm_jupyter.graph import KVLayer

LAYERS = (KVLayer(2, 3, 1), KVLayer(1, 2, 2))


def make_pool(page_tokens=4):
    return KVPool(TorchPages(LAYERS, torch.device("cpu"), page_tokens), page_tokens)


def tensors_of(pool):
    return (*pool.storage.keys, *pool.storage.values)


@torch.inference_mode()
def append(cache, pool, marks):
    """Write a mark for each token into every number of every layer."""
    cache.reserve(len(marks))
    rows = torch.from_numpy(cache.next_rows(len(marks)))
    for tensor in tensors_of(pool):
        shape = (len(marks), *tensor.shape[1:])
        tensor[rows] = torch.tensor(marks, dtype=torch.float32)[:, None, None].expand(shape)
    cache.commit(len(marks))


def marks_of(cache, pool):
    """What every layer says the cache holds."""
    found = [
        cache.read(tensor, 0, cache.length) if cache.length else tensor[:0]
        for tensor in tensors_of(pool)
    ]
    marks = found[0][:, 0, 0]
    for tensor in found:
        assert torch.equal(tensor, marks[:, None, None].expand(tensor.shape))
    return marks.tolist()


def test_an_unused_cache_takes_no_memory():
    pool = make_pool()
    cache = TorchCache(pool)
    assert (cache.length, cache.num_pages, cache.memory_bytes) == (0, 0, 0)
    assert pool.memory_bytes == 0


def test_pages_are_counted_in_bytes():
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(5))
    assert cache.num_pages == 2
    assert pool.page_bytes == 4 * 4 * (2 * (3 + 1) + 1 * (2 + 2))
    assert cache.memory_bytes == 2 * pool.page_bytes
    assert pool.memory_bytes == sum(t.numel() * 4 for t in tensors_of(pool))


def test_the_pool_grows_and_keeps_what_it_holds():
    pool = make_pool()
    caches = [TorchCache(pool) for _ in range(3)]
    for start in range(0, 300, 10):
        for index, cache in enumerate(caches):
            append(cache, pool, range(1000 * index + start, 1000 * index + start + 10))
    for index, cache in enumerate(caches):
        assert marks_of(cache, pool) == list(range(1000 * index, 1000 * index + 300))


def test_memory_goes_when_the_last_page_does():
    pool = make_pool()
    first, second = TorchCache(pool), TorchCache(pool)
    append(first, pool, range(50))
    append(second, pool, range(3))
    first.free()
    assert pool.memory_bytes > 0
    assert marks_of(second, pool) == [0, 1, 2]
    second.free()
    assert pool.memory_bytes == 0
    third = TorchCache(pool)
    append(third, pool, range(9))
    assert marks_of(third, pool) == list(range(9))


def test_a_fork_shares_pages_until_one_writes():
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(10))
    fork = cache.fork()
    assert pool.capacity - pool.num_free == 3
    append(fork, pool, [100])
    assert pool.capacity - pool.num_free == 4
    append(cache, pool, [200, 201, 202])
    assert marks_of(fork, pool) == [*range(10), 100]
    assert marks_of(cache, pool) == [*range(10), 200, 201, 202]
    cache.free()
    assert marks_of(fork, pool) == [*range(10), 100]


def test_a_fork_of_full_pages_copies_nothing(monkeypatch):
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(8))
    fork = cache.fork()
    monkeypatch.setattr(pool, "copy_page", lambda *_: pytest.fail("copied a page"))
    append(fork, pool, [100])
    append(cache, pool, [200])
    assert marks_of(fork, pool) == [*range(8), 100]


def test_truncation_gives_whole_pages_back_and_spares_forks():
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(10))
    fork = cache.fork()
    cache.truncate(5)
    assert (cache.length, cache.num_pages) == (5, 2)
    append(cache, pool, [50, 51])
    assert marks_of(cache, pool) == [0, 1, 2, 3, 4, 50, 51]
    assert marks_of(fork, pool) == list(range(10))
    fork.truncate(10)
    fork.truncate(0)
    assert fork.num_pages == 0
    append(fork, pool, [7])
    assert marks_of(fork, pool) == [7]


@pytest.mark.parametrize("length", [-1, 11, 2**40, -(2**40)])
def test_truncating_beyond_the_cache_is_an_error_that_changes_nothing(length):
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(10))
    with pytest.raises(KVCacheError, match=f"cannot be cut to a length of {length}"):
        cache.truncate(length)
    assert marks_of(cache, pool) == list(range(10))


def test_a_freed_cache_is_of_no_use():
    pool = make_pool()
    cache, other = TorchCache(pool), TorchCache(pool)
    append(other, pool, range(3))
    append(cache, pool, range(3))
    cache.free()
    assert cache.is_freed
    for use in (cache.free, cache.fork, lambda: cache.truncate(0), lambda: cache.reserve(1)):
        with pytest.raises(KVCacheError, match="was freed"):
            use()
    assert marks_of(other, pool) == [0, 1, 2]


def test_reserved_rows_can_be_given_back():
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(3))
    cache.reserve(20)
    assert cache.num_pages == 6
    cache.rollback()
    assert (cache.length, cache.num_pages) == (3, 1)
    assert marks_of(cache, pool) == [0, 1, 2]


def test_caches_outlive_a_closed_pool():
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(3))
    pool.close()
    assert pool.memory_bytes == 0
    with pytest.raises(KVCacheError, match="closed"):
        cache.reserve(5)
    with pytest.raises(KVCacheError, match="closed"):
        cache.fork()
    cache.free()


def test_no_memory_for_more_pages_changes_nothing(monkeypatch):
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(10))
    before = pool.memory_bytes
    monkeypatch.setattr(kv_cache, "memory_available", lambda _device: 100 * pool.page_bytes)
    with pytest.raises(ModelMemoryError) as caught:
        cache.reserve(1000)
    assert caught.value.required_bytes > caught.value.available_bytes == 100 * pool.page_bytes
    assert (cache.length, cache.num_pages, pool.memory_bytes) == (10, 3, before)
    append(cache, pool, range(10, 30))
    assert marks_of(cache, pool) == list(range(30))


def test_a_failed_allocation_is_a_memory_error_and_changes_nothing(monkeypatch):
    pool = make_pool()
    cache = TorchCache(pool)
    append(cache, pool, range(10))
    real, calls = torch.empty, []

    def failing(*args, **options):
        calls.append(args)
        if len(calls) == 3:
            raise RuntimeError("not enough memory")
        return real(*args, **options)

    monkeypatch.setattr(torch, "empty", failing)
    with pytest.raises(ModelMemoryError):
        cache.reserve(1000)
    monkeypatch.undo()
    assert marks_of(cache, pool) == list(range(10))
    append(cache, pool, range(10, 500))
    assert marks_of(cache, pool) == list(range(500))


class CacheMachine(RuleBasedStateMachine):
    """Random use of several caches beside lists that say what they must hold."""

    def __init__(self):
        super().__init__()
        self.pool = make_pool(page_tokens=3)
        self.caches = []
        self.next_mark = 0

    def pick(self, data):
        return data.draw(st.sampled_from(self.caches))

    @rule()
    def new(self):
        self.caches.append((TorchCache(self.pool), []))

    @precondition(lambda self: self.caches)
    @rule(data=st.data(), count=st.integers(1, 8))
    def append(self, data, count):
        cache, marks = self.pick(data)
        new = list(range(self.next_mark, self.next_mark + count))
        self.next_mark += count
        append(cache, self.pool, new)
        marks += new

    @precondition(lambda self: self.caches)
    @rule(data=st.data())
    def fork(self, data):
        cache, marks = self.pick(data)
        self.caches.append((cache.fork(), list(marks)))

    @precondition(lambda self: self.caches)
    @rule(data=st.data())
    def truncate(self, data):
        cache, marks = self.pick(data)
        length = data.draw(st.integers(0, len(marks)))
        cache.truncate(length)
        del marks[length:]

    @precondition(lambda self: self.caches)
    @rule(data=st.data())
    def free(self, data):
        pair = self.pick(data)
        pair[0].free()
        self.caches = [other for other in self.caches if other is not pair]

    @invariant()
    def every_cache_holds_its_marks(self):
        for cache, marks in self.caches:
            assert cache.length == len(marks)
            assert marks_of(cache, self.pool) == marks
            middle = len(marks) // 2
            if marks:
                part = cache.read(self.pool.storage.keys[0], middle, len(marks))[:, 0, 0]
                assert part.tolist() == marks[middle:]

    @invariant()
    def pages_are_neither_lost_nor_invented(self):
        held = {page for cache, _ in self.caches for page in cache._pages}
        assert self.pool.capacity - self.pool.num_free == len(held)
        holders = np.zeros(self.pool.capacity, int)
        for cache, _ in self.caches:
            for page in cache._pages:
                holders[page] += 1
        assert holders.tolist() == self.pool._references
        if not held:
            assert self.pool.memory_bytes == 0


CacheMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestCacheMachine = CacheMachine.TestCase
