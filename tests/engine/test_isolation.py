"""One tenant against another: what was tried to reach across, and that nothing came of it.

Attacks, each a test below:

1.  Handles of another generation's sequences, guessed or left over: forward, fork, truncate,
    free (a guest of the attacker's own, against a victim that runs).
2.  Handles of one's own after free, after the tenant was closed, after the generation ended.
3.  A sequence cut to a length below zero or beyond its own, freed twice, forked after free.
4.  Reading pages that another tenant freed: a fresh page is written before it is read, and
    the attacker's logits are those of a process that never ran the victim.
5.  Filling the KV cache while the victim runs, under a limit and against the pool.
6.  A prompt that begins like the victim's: nothing is found without both opting in, so that
    neither ``cached_tokens`` nor the number of tokens that were run tells anything.
7.  The same with the opt-in on one side only, and after the victim closed.
8.  Prefixes whose page has the same ids behind another beginning.
9.  Errors: a trap, a quota, a full queue and a closed tenant name the attacker's tenant only,
    and are raised where it looks, not where the victim does (with both at once).
10. Cancelling, closing or unloading for another tenant's handle.
11. Figures: a realm's own say nothing of others.
12. Flooding: a thousand requests and the longest prompts, while the victim's next token comes
    in each step.
13. Control tokens in what a user says (``tests/sandbox/test_forged_turns.py``) and pointers
    outside of the sandbox (``tests/engine/test_hostile_guests.py``).
"""

from __future__ import annotations

import threading

import pytest

from realm_jupyter import Realm, RealmRegistry, TenantLimits
from realm_jupyter.engine.local_backend import LocalBackend
from realm_jupyter.errors import (
    GuestError,
    GuestTrapError,
    KVCacheError,
    RealmError,
    TenantBusyError,
    TenantClosedError,
    TenantQuotaError,
)
from realm_jupyter.sandbox import GuestModule
from support.guest_wat import blocking_guest
from support.logits_log import logits_of
from support.tiny_gguf import write_tiny_llama

GUARD_S = 60
SECRET = [3 + 7 * i % 300 for i in range(200)]
LONG = {"max_tokens": 30, "ignore_eos": True, "seed": 1}
ONE = {**LONG, "max_tokens": 1}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny.gguf", seed=1)


@pytest.fixture
def registry(path):
    with RealmRegistry() as registry:
        registry.load_model("tiny", path)
        yield registry


@pytest.fixture
def victim(registry):
    return registry.realm("tiny", name="victim")


@pytest.fixture
def attacker(registry):
    return registry.realm("tiny", name="attacker")


def attacking_guest(registry, body, **limits):
    """A tenant whose guest runs ``body`` for a generation."""
    backend = LocalBackend(
        registry._engine,
        owns_engine=False,
        guest=GuestModule.from_bytes(blocking_guest(body), "attacker"),
        limits=TenantLimits(guest_deadline_ms=2000, **limits),
        name="attacker",
    )
    return Realm("tiny", backend=backend)


def tokens_run(registry):
    return sum(sample.num_tokens for sample in registry.stats().models[0].batches)


# ---- 1, 2, 3: handles -----------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        "i32.const {0} i32.const 64 i32.const 1 i32.const 4096 i32.const 4096 call $forward",
        "i32.const {0} call $seq_fork",
        "i32.const {0} i32.const 0 call $seq_truncate",
        "i32.const {0} call $seq_free",
    ],
    ids=["forward", "fork", "truncate", "free"],
)
@pytest.mark.parametrize("handle", [0, 1000, -1])
def test_a_guessed_handle_reaches_nobody(registry, victim, call, handle):
    expected = victim.generate(token_ids=SECRET, **LONG).text
    running = victim.stream(token_ids=SECRET, **LONG)
    attacker = attacking_guest(registry, call.format(handle))
    with attacker, pytest.raises(GuestError, match="the handle is unknown"):
        attacker.generate(token_ids=[5], max_tokens=5)
    assert running.result(GUARD_S).text == expected


@pytest.mark.parametrize(
    "body",
    [
        "call $seq_new call $seq_free drop i32.const 0 call $seq_free",
        "call $seq_new call $seq_free drop i32.const 0 call $seq_fork",
        "call $seq_new i32.const -1 call $seq_truncate",
        "call $seq_new i32.const 1 call $seq_truncate",
        "call $seq_new call $seq_fork i32.const 2147483647 call $seq_truncate",
    ],
    ids=["free-twice", "fork-after-free", "below-zero", "beyond-its-end", "far-beyond"],
)
def test_ones_own_handles_used_wrongly_are_typed_errors(registry, victim, body):
    expected = victim.generate(token_ids=SECRET, **LONG).text
    with attacking_guest(registry, body) as attacker:
        with pytest.raises((GuestError, KVCacheError), match=r"handle|KV cache"):
            attacker.generate(token_ids=[5], max_tokens=5)
        assert attacker.stats().kv_bytes == 0
    assert victim.generate(token_ids=SECRET, **LONG).text == expected


def test_a_closed_tenant_has_given_its_guests_sequences_back(registry, monkeypatch):
    loaded = registry._engine.get("tiny")
    submit, is_closed, has_sequence = loaded.scheduler.submit, threading.Event(), threading.Event()

    def submit_and_tell(lane):
        submit(lane)
        has_sequence.set()

    monkeypatch.setattr(loaded.scheduler, "submit", submit_and_tell)
    attacker = attacking_guest(registry, "call $seq_new (loop $again br $again)")
    attacker.stream(token_ids=[5], max_tokens=5)
    assert has_sequence.wait(GUARD_S)
    # The scheduler is busy for a while, unless the tenant is closed without waiting for it.
    loaded.scheduler.call_soon(lambda: is_closed.wait(0.5))
    attacker.close()
    assert registry.stats().models[0].num_sequences == 0
    is_closed.set()


def test_a_sequence_that_is_one_too_many_for_the_model_is_freed(registry, monkeypatch):
    loaded = registry._engine.get("tiny")
    caches, new_cache = [], loaded.executor.new_cache

    def new_cache_and_tell(budget):
        caches.append(new_cache(budget))
        return caches[-1]

    monkeypatch.setattr(loaded.executor, "new_cache", new_cache_and_tell)
    monkeypatch.setattr(loaded.scheduler, "_max_lanes", 0)
    with attacking_guest(registry, "call $seq_new") as attacker:
        with pytest.raises(TenantBusyError, match="0 requests run or wait"):
            attacker.generate(token_ids=[5], max_tokens=5)
        with pytest.raises(KVCacheError, match="free"):
            caches[0].fork()


def test_a_speculative_fork_is_cut_back_and_changes_nothing(registry, victim):
    loaded = registry._engine.get("tiny")
    pool, cache = loaded.executor.pool, loaded.executor.new_cache()
    cache.reserve(70)
    cache.commit(70)
    fork = cache.fork()
    fork.reserve(5)
    fork.commit(5)
    fork.truncate(3)
    assert (cache.length, fork.length) == (70, 3)
    fork.free()
    with pytest.raises(KVCacheError, match="freed before"):
        fork.free()
    for misuse in (fork.fork, lambda: fork.truncate(0), lambda: fork.reserve(1)):
        with pytest.raises(KVCacheError, match="was freed"):
            misuse()
    with pytest.raises(KVCacheError, match="does not end with a full page"):
        cache.adopt([cache.pages[0]])
    cache.free()
    assert pool.memory_bytes == 0


def test_a_closed_tenant_has_no_handles_left(registry, attacker):
    handle = attacker.stream(token_ids=[5], max_tokens=200, ignore_eos=True)
    attacker.close()
    assert handle.result(GUARD_S).finish_reason in {"cancelled", "length"}
    for call in (
        lambda: attacker.generate(token_ids=[5]),
        lambda: attacker.tokenize("x"),
        lambda: attacker._backend.start(None),
    ):
        with pytest.raises(TenantClosedError):
            call()
    handle.cancel()  # of no effect, and no error


# ---- 4, 5: pages ----------------------------------------------------------------------


def test_freed_pages_say_nothing_of_what_was_in_them(path, registry, victim, attacker):
    prompt = [9] * 70
    with Realm() as clean:
        clean.load_model(path)
        _, expected = logits_of(clean, prompt, **LONG)
    for _ in range(3):
        victim.generate(token_ids=SECRET, **LONG)
    victim.close()  # its pages are free now, with its keys and values still in them
    _, found = logits_of(attacker, prompt, **LONG)
    assert found == expected


def test_who_fills_the_cache_ends_alone(registry, victim):
    loaded = registry._engine.get("tiny")
    expected = victim.generate(token_ids=SECRET, **LONG).text
    greedy = registry.realm(
        "tiny", limits=TenantLimits(kv_bytes=2 * loaded.executor.pool.page_bytes), name="greedy"
    )
    running = victim.stream(token_ids=SECRET, **LONG)
    with pytest.raises(TenantQuotaError) as caught:
        greedy.generate(token_ids=SECRET, **LONG)
    assert caught.value.tenant == "greedy"
    assert running.result(GUARD_S).text == expected


# ---- 6, 7, 8: prefixes ----------------------------------------------------------------


@pytest.mark.parametrize("victim_shares", [False, True])
@pytest.mark.parametrize("attacker_shares", [False, True])
@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
def test_a_guessed_beginning_is_found_only_among_those_who_share(
    registry, victim_shares, attacker_shares, is_closed
):
    probe = [*SECRET[:128], 5, 6]
    with registry.realm("tiny", share_prefixes=attacker_shares) as attacker:
        attacker.generate(token_ids=[7], **ONE)
        with registry.realm("tiny", share_prefixes=victim_shares) as victim:
            victim.generate(token_ids=SECRET, **ONE)
            if is_closed:
                victim.close()
            before = tokens_run(registry)
            response = attacker.generate(token_ids=probe, **ONE)
    is_found = victim_shares and attacker_shares
    assert response.usage.cached_tokens == (128 if is_found else 0)
    # What takes the time: without sharing, every token is run as if nobody had been there.
    assert tokens_run(registry) - before == (2 if is_found else len(probe))


def test_the_victims_text_and_time_do_not_tell_of_the_attacker_either(registry, victim, attacker):
    attacker.generate(token_ids=SECRET, **ONE)
    before = tokens_run(registry)
    assert victim.generate(token_ids=SECRET, **ONE).usage.cached_tokens == 0
    assert tokens_run(registry) - before == len(SECRET)


def test_the_same_page_behind_another_beginning_is_not_found(registry):
    with registry.realm("tiny", share_prefixes=True) as realm:
        realm.generate(token_ids=SECRET, **ONE)
        other = [SECRET[0] + 1, *SECRET[1:]]
        assert realm.generate(token_ids=other, **ONE).usage.cached_tokens == 0
        assert realm.generate(token_ids=SECRET[64:], **ONE).usage.cached_tokens == 0


# ---- 9, 10, 11: errors, handles and figures -------------------------------------------


def test_errors_come_out_where_they_were_made(registry, victim):
    """Many at once: each tenant gets its own error, the victim none."""
    expected = victim.generate(token_ids=SECRET, **LONG).text
    trapping = attacking_guest(registry, "unreachable")
    lost = attacking_guest(registry, "i32.const 77 call $seq_fork")
    seen = {trapping: [], lost: []}

    def attack(realm):
        for _ in range(10):
            try:
                realm.generate(token_ids=[5], max_tokens=3)
            except RealmError as caught:
                seen[realm].append(caught)

    threads = [threading.Thread(target=attack, args=(realm,)) for realm in seen]
    for thread in threads:
        thread.start()
    texts = [victim.generate(token_ids=SECRET, **LONG).text for _ in range(6)]
    for thread in threads:
        thread.join(GUARD_S)
    assert [type(error) for error in seen[trapping]] == [GuestTrapError] * 10
    assert ["handle 77" in str(error) for error in seen[lost]] == [True] * 10
    assert texts == [expected] * 6
    trapping.close()
    lost.close()


def test_errors_name_nobody_else(registry, victim):
    with registry.realm(
        "tiny", limits=TenantLimits(num_sequences=1, queue_length=0, tokens_per_minute=50), name="x"
    ) as attacker:
        running = attacker.stream(token_ids=[5], max_tokens=200, ignore_eos=True)
        with pytest.raises((TenantBusyError, TenantQuotaError)) as caught:
            attacker.generate(token_ids=SECRET, **ONE)
        assert "victim" not in str(caught.value)
        assert caught.value.tenant == "x"
        running.cancel()


def test_unloading_ones_own_model_leaves_the_others(path, registry, victim):
    expected = victim.generate(token_ids=SECRET, **LONG).text
    running = victim.stream(token_ids=SECRET, **LONG)
    with Realm() as other:  # another registry over the same weights
        other.load_model(path, "mine")
        other.generate(token_ids=SECRET, **ONE)
        assert other.unload_model("mine") == 0
    assert running.result(GUARD_S).text == expected


def test_a_tenants_figures_say_nothing_of_others(registry, victim, attacker):
    before = attacker.stats()
    victim.generate(token_ids=SECRET, **LONG)
    after = attacker.stats()
    assert before == after


# ---- 12: flooding ---------------------------------------------------------------------


def test_a_flood_of_requests_holds_up_no_running_stream(registry, victim, attacker):
    expected = victim.generate(token_ids=[5, 6], **LONG).text
    scheduler = registry._engine.get("tiny").scheduler
    before = scheduler.steps.num_steps
    with scheduler._condition:  # all of them join at the same step
        running = victim.stream(token_ids=[5, 6], **LONG)
        flood = [attacker.stream(token_ids=SECRET, **ONE) for _ in range(100)]
    assert running.result(GUARD_S).text == expected
    # A step for each of the victim's tokens, and at most one in which the attacker was first.
    assert scheduler.steps.num_steps - before <= 30 + 3
    attacker.close()
    assert all(handle.is_done for handle in flood)


def test_a_broken_guest_is_replaced_and_its_neighbour_runs_on(registry, victim, attacker):
    instance = attacker._backend.tenant.instance(registry._engine.get("tiny"))
    with instance.lock:  # so that it cannot end before
        handle = attacker.stream(token_ids=[5], max_tokens=200, ignore_eos=True)
        running = victim.stream(token_ids=SECRET, **LONG)
        instance.close()
    with pytest.raises(GuestError):
        handle.result(GUARD_S)
    assert running.result(GUARD_S).finish_reason == "length"
