"""Kept prefixes: found by the same beginning, by whom it may be, and given up in time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from realm_jupyter.compute.kv_cache import KVPool, PagedCache
from realm_jupyter.engine.kv_budget import TenantKVBudget
from realm_jupyter.engine.prefix_cache import PrefixCache, SequencePrefix
from realm_jupyter.errors import ModelMemoryError, TenantQuotaError

PAGE = 4
PAGE_BYTES = 100


class Storage:
    """Pages without memory."""

    device = "cpu"
    page_bytes = PAGE_BYTES

    def resize(self, num_pages):
        self.num_pages = num_pages

    def copy_page(self, source, target, num_tokens):
        pass


class Sequence:
    """A sequence that follows kept pages, as a generation does."""

    def __init__(self, prefixes, pool, tenant, *, is_shared=False, limit_bytes=None):
        self.budget = TenantKVBudget(tenant, limit_bytes)
        self.space = prefixes.enter(tenant, self.budget, is_shared=is_shared)
        self.prefix = SequencePrefix(prefixes, self.space)
        self.cache = PagedCache(pool, budget=self.budget)

    def run(self, ids):
        """Run a prompt; return how many of its tokens were found."""
        prompt = np.array(ids, np.int32)
        found = self.prefix.find(self.cache, prompt)
        count = len(prompt) - self.cache.length
        self.cache.reserve(count)
        self.cache.commit(count)
        self.prefix.keep(self.cache, prompt)
        return found


@pytest.fixture
def pool():
    return KVPool(Storage(), PAGE)


@pytest.fixture
def prefixes(pool):
    return PrefixCache(pool, budget_bytes=100 * PAGE_BYTES)


def run(prefixes, pool, tenant, ids, **options):
    sequence = Sequence(prefixes, pool, tenant, **options)
    found = sequence.run(ids)
    sequence.cache.free()
    return found


def test_full_pages_of_the_same_beginning_are_found(prefixes, pool):
    assert run(prefixes, pool, "a", range(10)) == 0
    assert run(prefixes, pool, "a", range(20)) == 8
    assert run(prefixes, pool, "a", range(20)) == 16
    assert run(prefixes, pool, "a", [0, 1, 2, 3, 4, 5, 6, 99, 8, 9, 10, 11, 12]) == 4
    assert run(prefixes, pool, "a", range(1, 21)) == 0


def test_the_same_page_after_another_beginning_is_another(prefixes, pool):
    run(prefixes, pool, "a", [1, 1, 1, 1, 7, 7, 7, 7, 0])
    assert run(prefixes, pool, "a", [2, 2, 2, 2, 7, 7, 7, 7, 0]) == 0
    assert run(prefixes, pool, "a", [7, 7, 7, 7, 0]) == 0


@pytest.mark.parametrize(("length", "found"), [(8, 4), (9, 8), (4, 0), (1, 0)])
def test_one_token_is_always_left_to_run(prefixes, pool, length, found):
    run(prefixes, pool, "a", range(12))
    assert run(prefixes, pool, "a", range(length)) == found


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [(False, False, 0), (True, False, 0), (False, True, 0), (True, True, 8)],
)
def test_others_find_it_only_where_both_opted_in(prefixes, pool, first, second, found):
    run(prefixes, pool, "a", range(10), is_shared=first)
    assert run(prefixes, pool, "b", range(10), is_shared=second) == found


def test_the_longest_unused_goes_first_and_from_its_end(pool):
    prefixes = PrefixCache(pool, budget_bytes=4 * PAGE_BYTES)
    run(prefixes, pool, "a", [1] * 9)
    run(prefixes, pool, "a", [2] * 9)
    assert run(prefixes, pool, "a", [1] * 9) == 8  # now the ones are the younger
    run(prefixes, pool, "a", [3] * 5)
    assert prefixes.num_pages == 4
    assert run(prefixes, pool, "a", [2] * 9) == 4
    assert prefixes.num_evicted_pages >= 1


def test_a_prompt_longer_than_the_budget_keeps_its_beginning(pool):
    prefixes = PrefixCache(pool, budget_bytes=2 * PAGE_BYTES)
    run(prefixes, pool, "a", range(40))
    assert prefixes.num_pages == 2
    assert run(prefixes, pool, "a", range(40)) == 8


def test_a_budget_of_nothing_keeps_nothing(pool):
    prefixes = PrefixCache(pool, budget_bytes=0)
    run(prefixes, pool, "a", range(40))
    assert run(prefixes, pool, "a", range(40)) == 0
    assert pool.memory_bytes == 0


def test_a_smaller_budget_holds_at_once(prefixes, pool):
    run(prefixes, pool, "a", range(40))
    prefixes.budget_bytes = 3 * PAGE_BYTES
    assert prefixes.num_pages == 3
    assert run(prefixes, pool, "a", range(40)) == 12


def test_a_tenant_that_leaves_gives_its_pages_back(prefixes, pool):
    run(prefixes, pool, "a", range(40))
    run(prefixes, pool, "b", range(40))
    prefixes.leave("a")
    assert prefixes.num_pages == 10
    prefixes.leave("b")
    assert (prefixes.num_pages, pool.memory_bytes) == (0, 0)
    prefixes.leave("b")


def test_common_pages_go_with_the_last_who_shares(prefixes, pool):
    run(prefixes, pool, "a", range(40), is_shared=True)
    run(prefixes, pool, "b", [9] * 5, is_shared=True)
    prefixes.leave("a")
    assert run(prefixes, pool, "b", range(40), is_shared=True) == 36
    prefixes.leave("b")
    assert pool.memory_bytes == 0


def test_a_page_that_is_given_up_stays_with_its_sequence(prefixes, pool):
    run(prefixes, pool, "a", range(9))
    reader = Sequence(prefixes, pool, "a")
    assert reader.run(range(9)) == 8
    pages = list(reader.cache.pages)
    prefixes.close()
    assert pool.capacity - pool.num_free == 3
    assert list(reader.cache.pages) == pages
    reader.cache.free()
    assert pool.memory_bytes == 0


def test_what_a_tenant_keeps_makes_room_for_what_it_runs(prefixes, pool):
    tenant = Sequence(prefixes, pool, "a", limit_bytes=4 * PAGE_BYTES)
    assert tenant.run(range(8)) == 0
    assert tenant.budget.kept_bytes == 2 * PAGE_BYTES
    tenant.cache.reserve(8)  # four pages: none may be kept beside them
    assert tenant.budget.sequence_bytes == 4 * PAGE_BYTES
    assert tenant.budget.kept_bytes == 0
    tenant.cache.commit(8)
    with pytest.raises(TenantQuotaError, match="400 bytes of KV cache") as caught:
        tenant.cache.reserve(1)
    assert (caught.value.quota, tenant.cache.length) == ("kv_bytes", 16)
    tenant.cache.free()
    assert tenant.budget.sequence_bytes == 0


def test_kept_pages_make_room_when_memory_is_out(prefixes, pool, monkeypatch):
    pool.reclaim = prefixes.reclaim
    running = Sequence(prefixes, pool, "r")  # or all memory would go at once
    running.cache.reserve(1)
    run(prefixes, pool, "a", range(16))
    assert prefixes.num_pages == 4
    capacity = pool.capacity

    def out_of_memory(num_pages):
        raise ModelMemoryError("no memory")

    monkeypatch.setattr(pool, "_grow", out_of_memory)
    other = Sequence(prefixes, pool, "b")
    other.cache.reserve(PAGE * (capacity - 1))
    assert prefixes.num_pages == 0
    with pytest.raises(ModelMemoryError):
        Sequence(prefixes, pool, "c").cache.reserve(1)


def test_prefixes_come_in_whole_units(pool):
    prefixes = PrefixCache(pool, budget_bytes=100 * PAGE_BYTES, unit_pages=2)
    run(prefixes, pool, "a", range(15))
    assert prefixes.num_pages == 2
    run(prefixes, pool, "a", range(16))
    assert run(prefixes, pool, "a", range(16)) == 8
    assert run(prefixes, pool, "a", range(17)) == 16


class PrefixMachine(RuleBasedStateMachine):
    """Whatever happens, each page is counted once for each that holds it."""

    def __init__(self):
        super().__init__()
        self.pool = KVPool(Storage(), PAGE)
        self.prefixes = PrefixCache(self.pool, budget_bytes=6 * PAGE_BYTES)
        self.sequences = []

    tenants = st.sampled_from("ab")
    prompts = st.lists(st.integers(0, 1), min_size=1, max_size=24)

    @rule(tenant=tenants, prompt=prompts, is_shared=st.booleans())
    def begin(self, tenant, prompt, is_shared):
        sequence = Sequence(self.prefixes, self.pool, (tenant, is_shared), is_shared=is_shared)
        assert sequence.run(prompt) < len(prompt)
        self.sequences.append((sequence, prompt))

    @precondition(lambda self: self.sequences)
    @rule(data=st.data(), more=prompts)
    def go_on(self, data, more):
        sequence, prompt = data.draw(st.sampled_from(self.sequences))
        prompt += more
        sequence.run(prompt)

    @precondition(lambda self: self.sequences)
    @rule(data=st.data())
    def end(self, data):
        index = data.draw(st.integers(0, len(self.sequences) - 1))
        self.sequences.pop(index)[0].cache.free()

    @rule(tenant=tenants, is_shared=st.booleans())
    def leave(self, tenant, is_shared):
        self.prefixes.leave((tenant, is_shared))

    @rule(num_pages=st.integers(0, 8))
    def change_budget(self, num_pages):
        self.prefixes.budget_bytes = num_pages * PAGE_BYTES

    @invariant()
    def counts_are_right(self):
        holders = [0] * self.pool.capacity
        for sequence, _ in self.sequences:
            for page in sequence.cache.pages:
                holders[page] += 1
            assert sequence.budget.sequence_bytes == sequence.cache.memory_bytes
        for kept in self.prefixes._order:
            assert kept.is_kept
            assert kept.space.pages[kept.key] is kept
            holders[kept.page] += 1
        assert holders == self.pool._references
        assert self.prefixes.memory_bytes <= self.prefixes.budget_bytes

    @invariant()
    def a_page_goes_before_the_one_it_follows(self):
        age = {kept.serial: number for number, kept in enumerate(self.prefixes._order)}
        for kept in self.prefixes._order:
            parent, _ = kept.key
            assert parent == 0 or age[parent] > age[kept.serial]

    def teardown(self):
        for sequence, _ in self.sequences:
            sequence.cache.free()
        self.prefixes.close()
        assert self.pool.memory_bytes == 0


TestPrefixMachine = PrefixMachine.TestCase
TestPrefixMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
