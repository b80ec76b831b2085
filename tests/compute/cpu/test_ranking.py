"""The largest numbers of a row against numpy's order, alone and at the end of a step."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter import Realm
from realm_jupyter.compute import Chunk
from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.errors import RealmError

pytestmark = pytest.mark.skipif(
    not isinstance(find_library(), Library), reason="no native library for this platform"
)


def ranked(row, count):
    row = np.ascontiguousarray(row)
    indices, values = np.empty(count, np.int32), np.empty(count, np.float32)
    find_library().functions.realm_cpu_top_k(
        row.ctypes.data, len(row), count, indices.ctypes.data, values.ctypes.data
    )
    return indices, values


def order_of(row, count):
    return np.lexsort((np.arange(len(row)), -row))[:count]


@pytest.mark.parametrize("length", [1, 5, 32, 1000, 32003])
def test_the_largest_are_found(length):
    # Rounded, so that many are equal: the first of them come first.
    row = np.random.default_rng(length).normal(size=length).astype(np.float32).round(1)
    order = order_of(row, min(length, 40))
    indices, values = ranked(row, len(order))
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_array_equal(values, row[order])


def test_rising_and_falling_rows():
    rising = np.arange(500, dtype=np.float32)
    assert ranked(rising, 3)[0].tolist() == [499, 498, 497]
    assert ranked(rising[::-1], 3)[0].tolist() == [0, 1, 2]
    assert len(ranked(rising, 0)[0]) == 0


def test_what_is_no_number_is_not_among_the_largest():
    row = np.full(100, -np.inf, np.float32)
    row[::7] = np.nan
    row[[3, 40, 99]] = 1, np.inf, 2
    indices, values = ranked(row, 5)
    assert indices.tolist() == [40, 99, 3, 0, 0]
    assert values.tolist() == [np.inf, 2, 1, -np.inf, -np.inf]


@pytest.fixture(scope="module")
def executor():
    with Realm("paris") as realm:
        realm.generate("Hello", max_tokens=1)
        yield realm._backend.engine.get("paris").executor


def test_a_step_lists_what_its_rows_hold(executor):
    ids = np.array([5, 6, 7], np.int32)
    kinds = [("last", 4), ("none", 4), ("all", 0), ("last", 0), ("last", 300)]
    caches = [executor.new_cache() for _ in range(2 * len(kinds))]
    whole = executor.forward(
        [
            Chunk(cache, ids[: index + 1], kind)
            for index, ((kind, _), cache) in enumerate(zip(kinds[:3], caches, strict=False))
        ]
        + [Chunk(cache, ids, kind) for (kind, _), cache in zip(kinds[3:], caches[3:], strict=False)]
    )
    found = executor.forward(
        [
            Chunk(cache, ids[: index + 1], *kind)
            for index, (kind, cache) in enumerate(zip(kinds[:3], caches[5:], strict=False))
        ]
        + [Chunk(cache, ids, *kind) for kind, cache in zip(kinds[3:], caches[8:], strict=True)]
    )
    for (_, count), row, listed in zip(kinds, whole, found, strict=True):
        if not count or not len(row):
            np.testing.assert_array_equal(listed, row)
            continue
        assert listed.shape == (1, 2 * count)
        order = order_of(row[0], count)
        np.testing.assert_array_equal(listed[0, :count].view(np.int32), order)
        np.testing.assert_array_equal(listed[0, count:], row[0, order])
    for cache in caches:
        cache.free()


@pytest.mark.parametrize("count", [-1, 10**9])
def test_more_than_there_are_is_refused(executor, count):
    if count > executor.vocab_size:
        count = executor.vocab_size + 1
    cache = executor.new_cache()
    with pytest.raises((RealmError, ValueError), match=r"not so many|negative"):
        executor.forward([Chunk(cache, np.array([5], np.int32), num_largest=count)])
    assert cache.length == 0
    cache.free()
