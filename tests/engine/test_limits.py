"""What a tenant may use, and what it is told when it wants more."""

from __future__ import annotations

import gc
import threading

import pytest

from realm_jupyter import Realm, RealmRegistry, TenantLimits
from realm_jupyter.engine.meter import Meter
from realm_jupyter.errors import (
    ConfigError,
    GuestLimitError,
    TenantBusyError,
    TenantClosedError,
    TenantQuotaError,
)
from realm_jupyter.limits import limit_help
from support.tiny_gguf import write_tiny_llama

GUARD_S = 60
LONG = {"raw": True, "max_tokens": 200, "ignore_eos": True, "seed": 1}
SHORT = {**LONG, "max_tokens": 2}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    path = write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny.gguf", seed=1)
    with RealmRegistry() as registry:
        registry.load_model("tiny", path)
        yield registry


@pytest.fixture
def tenant(registry):
    """Make realms that are closed at the end, and leave no page behind."""
    realms = []

    def make(**limits):
        realms.append(registry.realm("tiny", limits=TenantLimits(**limits), name="student"))
        return realms[-1]

    yield make
    for realm in realms:
        realm.close()
    assert registry._engine.get("tiny").executor.cache_bytes == 0


class HeldScheduler:
    """Keeps the scheduler of a registry from starting a step."""

    def __init__(self, registry):
        self._condition = registry._engine.get("tiny").scheduler._condition

    def __enter__(self):
        self._condition.acquire()

    def __exit__(self, *_):
        self._condition.release()


# ---- The values -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("guest_memory_bytes", 1, "from 65536 to 4294967296"),
        ("guest_deadline_ms", 0, "from 1 to 86400000"),
        ("guest_deadline_ms", None, "a whole number from 1 to 86400000$"),
        ("tokens_per_minute", 0, "or None for no limit"),
        ("num_sequences", 1.5, "or None for no limit"),
        ("queue_length", -1, "from 0 to 1048576"),
        ("kv_bytes", -1, "or None for no limit"),
        ("priority", True, "from -100 to 100"),
    ],
)
def test_values_out_of_range_are_named(field, value, allowed):
    with pytest.raises(ConfigError, match=f"{field}={value!r} is not allowed.*{allowed}") as caught:
        TenantLimits(**{field: value})
    assert (caught.value.field, caught.value.value) == (field, value)


def test_unknown_limits_are_named():
    assert TenantLimits().with_changes(priority=3).priority == 3
    with pytest.raises(ConfigError, match="no limit 'token_rate'; there are guest_memory_bytes"):
        TenantLimits().with_changes(token_rate=3)


def test_every_limit_explains_itself():
    assert limit_help("num_sequences").startswith("generations that run at once")


# ---- Sequences and queue --------------------------------------------------------------


def test_more_generations_than_may_run_wait_their_turn(registry, tenant):
    realm = tenant(num_sequences=2)
    with HeldScheduler(registry):
        handles = [realm.stream("the cat", **SHORT) for _ in range(5)]
        stats = realm.stats()
        assert (stats.num_running, stats.num_queued) == (2, 3)
        assert registry._engine.get("tiny").scheduler.num_lanes == 2
    texts = {handle.result(GUARD_S).text for handle in handles}
    assert len(texts) == 1
    assert (realm.stats().num_running, realm.stats().num_queued) == (0, 0)
    assert realm.stats().num_finished == 5


def test_a_full_queue_refuses_with_a_typed_error(registry, tenant):
    realm = tenant(num_sequences=1, queue_length=1)
    with HeldScheduler(registry):
        handles = [realm.stream("the cat", **SHORT) for _ in range(2)]
        with pytest.raises(TenantBusyError, match="student runs 1 generations and 1 more wait"):
            realm.stream("the cat", **SHORT)
        assert realm.stats().num_refused == 1
    assert all(handle.result(GUARD_S).finish_reason == "length" for handle in handles)
    assert realm.generate("the cat", **SHORT).finish_reason == "length"
    assert realm.stats().num_failed == 0


def test_the_queue_of_one_tenant_holds_up_no_other(registry, tenant):
    full = tenant(num_sequences=1, queue_length=50)
    other = tenant()
    handles = [full.stream("the cat", **LONG) for _ in range(30)]
    assert other.generate("the dog", **SHORT).finish_reason == "length"
    assert not handles[-1].is_done
    full.close()
    assert handles[-1].result(GUARD_S).finish_reason == "cancelled"


def test_a_request_that_waits_can_be_cancelled(registry, tenant):
    realm = tenant(num_sequences=1)
    with HeldScheduler(registry):
        first = realm.stream("the cat", **SHORT)
        second, third = (realm.stream("the cat", **SHORT) for _ in range(2))
        second.cancel()
    assert second.result(GUARD_S).finish_reason == "cancelled"
    assert second.response.token_ids == ()
    assert first.result(GUARD_S).text == third.result(GUARD_S).text


def test_closing_ends_what_waits(registry, tenant):
    realm = tenant(num_sequences=1)
    handles = [realm.stream("the cat", **LONG) for _ in range(20)]
    realm.close()
    assert all(handle.is_done for handle in handles)
    with pytest.raises(TenantClosedError):
        realm.stream("the cat")


def test_unloading_ends_what_waits(tmp_path):
    path = write_tiny_llama(tmp_path / "gone.gguf", seed=9)
    with Realm(limits=TenantLimits(num_sequences=1)) as realm:
        realm.load_model(path)
        handles = [realm.stream("the cat", **LONG) for _ in range(20)]
        realm.unload_model("gone")
        assert handles[-1].result(GUARD_S).finish_reason == "cancelled"


def test_a_raised_limit_starts_what_waits(registry, tenant):
    realm = tenant(num_sequences=1)
    with HeldScheduler(registry):
        handles = [realm.stream("the cat", **SHORT) for _ in range(4)]
        realm.limits = realm.limits.with_changes(num_sequences=None)
        assert (realm.stats().num_running, realm.stats().num_queued) == (4, 0)
    assert all(handle.result(GUARD_S) for handle in handles)


def test_requests_from_many_threads_never_exceed_the_limit(registry, tenant):
    realm = tenant(num_sequences=3, queue_length=100)
    most = []

    def work():
        for _ in range(4):
            handle = realm.stream("the cat", **SHORT)
            most.append(realm.stats().num_running)
            handle.result(GUARD_S)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD_S)
    assert 1 <= max(most) <= 3
    assert realm.stats().num_finished == 32


def test_a_batch_is_sent_as_there_is_room(registry, tenant):
    realm = tenant(num_sequences=2, queue_length=1)
    prompts = [f"the cat {number}" for number in range(12)]
    expected = [registry.generate("tiny", prompt, **SHORT).text for prompt in prompts]
    found = realm.generate_batch(prompts, **SHORT)
    assert [response.text for response in found] == expected


# ---- Tokens a minute ------------------------------------------------------------------


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def test_tokens_fill_up_again_and_never_beyond_a_minutes_worth():
    clock = Clock()
    meter = Meter("student", 60, clock)
    meter.admit(50)
    for _ in range(30):
        meter.sampled()
    with pytest.raises(TenantQuotaError) as caught:
        meter.admit(10)
    assert caught.value.quota == "tokens_per_minute"
    assert caught.value.retry_after_s == pytest.approx(30)
    assert "student may use 60 tokens a minute and has 0 left: try again in 30.0 s" in str(
        caught.value
    )
    clock.now += 29.9
    with pytest.raises(TenantQuotaError):
        meter.admit(10)
    clock.now += 0.2
    meter.admit(10)
    clock.now += 3600
    meter.admit(60)
    with pytest.raises(TenantQuotaError):
        meter.admit(1)
    assert (meter.num_requests, meter.num_refused) == (3, 3)


def test_a_prompt_that_never_fits_is_told_so():
    meter = Meter("student", 60, Clock())
    with pytest.raises(TenantQuotaError, match="a prompt of 61 tokens never fits") as caught:
        meter.admit(61)
    assert caught.value.retry_after_s == 0


def test_a_changed_rate_forgets_nothing_that_was_used():
    meter = Meter("student", 60, Clock())
    meter.admit(60)
    meter.set_rate(100)
    meter.admit(40)
    with pytest.raises(TenantQuotaError):
        meter.admit(1)
    meter.set_rate(None)
    meter.admit(10**6)


def test_a_tenant_that_used_its_tokens_is_refused_and_its_text_is_whole(tenant):
    realm = tenant(tokens_per_minute=100)
    assert realm.generate("the cat", **LONG).usage.completion_tokens == 200
    with pytest.raises(TenantQuotaError) as caught:
        realm.generate("the cat", **SHORT)
    assert caught.value.retry_after_s > 30
    stats = realm.stats()
    assert -110 < stats.tokens_left < -50
    assert (stats.num_finished, stats.num_refused, stats.num_failed) == (1, 1, 0)


# ---- KV cache and guest ---------------------------------------------------------------


def test_a_sequence_that_outgrows_its_kv_bytes_ends_alone(registry, tenant):
    page_bytes = registry._engine.get("tiny").executor.pool.page_bytes
    expected = tenant().generate("the dog", **LONG).text
    other = tenant().stream("the dog", **LONG)
    realm = tenant(kv_bytes=2 * page_bytes)
    handle = realm.stream("the cat", **LONG)
    events = []
    with pytest.raises(TenantQuotaError, match="bytes of KV cache") as caught:
        events.extend(handle)
    assert caught.value.quota == "kv_bytes"
    assert sum(event.token_id >= 0 for event in events) > 100  # two pages of 64 tokens
    assert other.result(GUARD_S).text == expected
    assert realm.stats().kv_bytes == 0
    assert realm.stats().num_failed == 1
    assert realm.generate("the cat", **SHORT).usage.completion_tokens == 2


def test_kept_pages_make_way_for_a_tenants_own_sequences(registry, tenant):
    page_bytes = registry._engine.get("tiny").executor.pool.page_bytes
    realm = tenant(kv_bytes=4 * page_bytes)
    for start in range(3, 60, 7):
        prompt = [start + i % 100 for i in range(100)]
        realm.generate(token_ids=prompt, max_tokens=100, ignore_eos=True)
        stats = realm.stats()
        assert stats.kv_bytes == 0
        assert stats.kept_kv_bytes <= 4 * page_bytes
    assert stats.num_failed == 0


def test_guest_memory_and_deadline_have_their_errors(registry, tenant):
    realm = tenant(guest_memory_bytes=4 << 20)
    with pytest.raises(GuestLimitError) as caught:
        realm.tokenize("x" * (8 << 20))
    assert caught.value.limit == "memory"
    realm = tenant(guest_deadline_ms=1)
    with pytest.raises(GuestLimitError) as caught:
        realm.tokenize("the cat sat on the mat " * 200_000)
    assert caught.value.limit == "deadline"


def test_a_forgotten_realm_gives_back_what_was_kept(registry):
    loaded = registry._engine.get("tiny")
    realm = registry.realm("tiny")
    realm.generate("the cat", **LONG)
    assert loaded.prefixes.num_pages > 0
    del realm
    gc.collect()
    given_back = threading.Event()
    loaded.scheduler.call_soon(given_back.set)  # after what the finalizer asked for
    assert given_back.wait(GUARD_S)
    assert loaded.prefixes.num_pages == 0
    assert loaded.executor.cache_bytes == 0


# ---- Figures --------------------------------------------------------------------------


def test_figures_add_up(registry, tenant):
    realm = tenant(priority=2)
    response = realm.generate("the cat", **LONG)
    stats = realm.stats()
    assert (stats.name, stats.models, stats.limits.priority) == ("student", ("tiny",), 2)
    assert stats.prompt_tokens == response.usage.prompt_tokens
    assert stats.completion_tokens == 200
    assert stats.tokens_per_second > 0
    assert stats.tokens_left is None
    assert 0 < stats.guest_ms < response.timings.total_ms
    assert stats.ttft_ms == response.timings.ttft_ms
    assert stats.queue_ms == response.timings.queue_ms
    assert stats.guest_memory_bytes > 0
    assert stats.kept_kv_bytes > 0
    found = registry.stats()
    assert stats.name in [one.name for one in found.tenants]
    (model,) = found.models
    assert model.id == "tiny"
    assert model.kept_kv_bytes >= stats.kept_kv_bytes
    assert sum(sample.num_tokens for sample in model.batches) <= 1024 * 128
    assert model.num_steps >= 200
    realm.close()
    assert "student" not in [one.name for one in registry.stats().tenants]


def test_a_realm_elsewhere_has_no_figures_here():
    class Elsewhere:
        def close(self):
            pass

    realm = Realm(backend=Elsewhere())
    for look in (realm.stats, lambda: realm.limits, lambda: realm.share_prefixes):
        with pytest.raises(ConfigError, match="does not run in this process"):
            look()
