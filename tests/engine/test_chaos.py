"""Sixty-four tenants that cancel, trap, overdraw and close at random: nobody else's text changes.

What a generation gives is known from runs in which it was alone with nothing kept. Every text
that ends well must equal it, token ids and log probabilities bit for bit, and every cancelled
one must be its beginning. In the end every page, handle and thread is back.
"""

from __future__ import annotations

import random
import threading
import time

import pytest

from realm_jupyter import Realm, RealmRegistry, TenantLimits
from realm_jupyter.engine.local_backend import LocalBackend
from realm_jupyter.errors import (
    GuestError,
    TenantBusyError,
    TenantClosedError,
    TenantQuotaError,
)
from realm_jupyter.sandbox import GuestModule
from support.guest_wat import blocking_guest
from support.tiny_gguf import write_tiny_llama

NUM_TENANTS = 64
NUM_DRIVERS = 4
NUM_CASES = 16
GUARD_S = 120
EXPECTED_ERRORS = (GuestError, TenantBusyError, TenantClosedError, TenantQuotaError)

LOOP = "(loop $again br $again) i32.const 1"
FORKS = """(local $a i32) (local $b i32)
    call $seq_new local.set $a
    (loop $again
      local.get $a i32.const 64 i32.const 40 i32.const 8192 i32.const 4096 call $forward
      i32.const 0 i32.lt_s if i32.const -7 return end
      local.get $a call $seq_fork local.tee $b
      i32.const 64 i32.const 1 i32.const 8192 i32.const 4096 call $forward
      i32.const 0 i32.lt_s if i32.const -7 return end
      local.get $b call $seq_free drop
      local.get $a i32.const 1 call $seq_truncate drop
      br $again)
    i32.const 1"""
GUESTS = {"trap": "unreachable", "loop": LOOP, "forks": FORKS}


class Case:
    """One request whose answer is known."""

    def __init__(self, number):
        rng = random.Random(number)  # noqa: S311
        # A few beginnings that many have in common, of up to three pages.
        start = [3 + (7 * i + number % 3) % 300 for i in range(rng.choice([0, 30, 64, 150]))]
        prompt = start + [rng.randrange(3, 320) for _ in range(rng.randrange(1, 40))]
        self.options = {
            "token_ids": prompt,
            "seed": number,
            "max_tokens": rng.randrange(1, 50),
            "temperature": rng.choice([0, 1.0, 3.0]),
            "ignore_eos": True,
            "logprobs": 1,
        }
        self.expected = None

    def check(self, response):
        logprobs = tuple(one.logprob for one in response.logprobs)
        length = len(response.token_ids)
        assert response.token_ids == self.expected.token_ids[:length]
        assert logprobs == tuple(one.logprob for one in self.expected.logprobs)[:length]
        if response.finish_reason == "cancelled":
            assert self.expected.text.startswith(response.text)
        else:
            assert response.text == self.expected.text
            assert response.finish_reason == self.expected.finish_reason


class Tenant:
    """A realm and what it was asked for."""

    def __init__(self, registry, rng):
        self.kind = rng.choice(["plain"] * 3 + ["shared"] * 3 + ["limited"] * 2 + list(GUESTS))
        limits = TenantLimits(guest_deadline_ms=60_000, priority=rng.randrange(-1, 2))
        if self.kind == "limited":
            limits = limits.with_changes(
                num_sequences=rng.choice([1, 2, None]),
                queue_length=rng.choice([0, 2]),
                kv_bytes=rng.choice([None, 2, 4, 10]) and rng.choice([2, 4, 10]) * 16384,
                tokens_per_minute=rng.choice([None, 100, 1000]),
            )
        guest = None
        if self.kind in GUESTS:
            guest = GuestModule.from_bytes(blocking_guest(GUESTS[self.kind]), self.kind)
            limits = limits.with_changes(guest_deadline_ms=50)
        self.realm = Realm(
            "tiny",
            backend=LocalBackend(
                registry._engine,
                owns_engine=False,
                guest=guest,
                limits=limits,
                share_prefixes=self.kind == "shared",
            ),
        )
        self.running = []


class Driver(threading.Thread):
    """Does random things to its tenants until it is told to stop."""

    def __init__(self, registry, cases, seed, num_actions, end_s):
        super().__init__(name=f"chaos-{seed}")
        self.registry = registry
        self.cases = cases
        self.rng = random.Random(seed)  # noqa: S311
        self.num_actions = num_actions
        self.end_s = end_s
        self.tenants = []
        self.error = None
        self.num_checked = 0

    def run(self):
        try:
            for _ in range(self.num_actions):
                self.act()
                if time.monotonic() > self.end_s:
                    break
            for tenant in self.tenants:
                self.finish(tenant)
        except BaseException as error:  # noqa: BLE001 - raised again by the test
            self.error = error
        for tenant in self.tenants:
            tenant.realm.close()

    def act(self):
        if len(self.tenants) < NUM_TENANTS // NUM_DRIVERS:
            self.tenants.append(Tenant(self.registry, self.rng))
            return
        tenant = self.rng.choice(self.tenants)
        action = self.rng.choice(
            [self.ask] * 8 + [self.cancel] * 2 + [self.take] * 3 + [self.disturb, self.close]
        )
        action(tenant)

    def ask(self, tenant):
        case = self.rng.choice(self.cases)
        try:
            tenant.running.append((case, tenant.realm.stream(**case.options)))
        except EXPECTED_ERRORS:
            assert tenant.kind not in {"plain", "shared"}
        if len(tenant.running) > 4:
            self.take(tenant)

    def cancel(self, tenant):
        if tenant.running:
            self.rng.choice(tenant.running)[1].cancel()

    def take(self, tenant):
        if not tenant.running:
            return
        case, handle = tenant.running.pop(self.rng.randrange(len(tenant.running)))
        if tenant.kind == "forks":  # runs until it is stopped
            handle.cancel()
        try:
            response = handle.result(GUARD_S)
        except EXPECTED_ERRORS:
            assert tenant.kind not in {"plain", "shared"}
            return
        if tenant.kind not in GUESTS:
            case.check(response)
            self.num_checked += 1

    def disturb(self, tenant):
        """Keep the sandbox busy, or break it in the middle of a call."""
        if self.rng.random() < 0.5:
            tenant.realm.tokenize("the cat sat on the mat " * 500)
        elif tenant.kind not in GUESTS:
            loaded = self.registry._engine.get("tiny")
            tenant.kind = "disturbed"
            instance = tenant.realm._backend.tenant.instance(loaded)
            for _ in range(50):  # of effect only while a call runs
                instance.interrupt()
                if instance.is_broken:
                    break

    def close(self, tenant):
        tenant.realm.close()
        for _, handle in tenant.running:
            assert handle.is_done
        self.tenants.remove(tenant)

    def finish(self, tenant):
        while tenant.running:
            self.take(tenant)


def answer_alone(path, cases):
    with Realm() as realm:
        realm.load_model(path, prefix_cache_bytes=0)
        for case in cases:
            case.expected = realm.generate(**case.options)


def chaos(path, *, num_actions, duration_s, least_checked):
    threads_before = set(threading.enumerate())
    cases = [Case(number) for number in range(NUM_CASES)]
    answer_alone(path, cases)
    with RealmRegistry() as registry:
        registry.load_model("tiny", path, prefix_cache_bytes=40 * 16384)
        executor = registry._engine.get("tiny").executor
        assert executor.pool.page_bytes == 16384
        end_s = time.monotonic() + duration_s
        drivers = [
            Driver(registry, cases, seed, num_actions // NUM_DRIVERS, end_s)
            for seed in range(NUM_DRIVERS)
        ]
        for driver in drivers:
            driver.start()
        for driver in drivers:
            driver.join(duration_s + GUARD_S)
            assert not driver.is_alive()
        for driver in drivers:
            if driver.error is not None:
                raise driver.error
        assert sum(driver.num_checked for driver in drivers) >= least_checked
        stats = registry.stats()
        assert len(stats.tenants) == 1  # the registry's own
        assert stats.models[0].num_sequences == 0
        assert stats.models[0].num_cached_tokens > 0
        assert executor.cache_bytes == 0
        assert registry._engine.get("tiny").prefixes.num_pages == 0
    for thread in threading.enumerate():
        if thread not in threads_before and thread.name.startswith("realm"):
            thread.join(GUARD_S if "watchdog" not in thread.name else 0)
            assert "watchdog" in thread.name or not thread.is_alive()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny.gguf", seed=1)


@pytest.mark.slow
def test_chaos_for_a_moment(path):
    chaos(path, num_actions=1200, duration_s=60, least_checked=50)


@pytest.mark.soak
def test_chaos_for_two_minutes(path):
    chaos(path, num_actions=10**9, duration_s=120, least_checked=500)
