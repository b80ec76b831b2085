"""Guests that loop, grow, lie and recurse: each gets its typed error, the others nothing."""

from __future__ import annotations

import threading
import time

import pytest

from realm_jupyter import Realm, RealmRegistry, TenantLimits
from realm_jupyter.errors import (
    GuestAbiError,
    GuestLimitError,
    GuestTrapError,
    RealmError,
    TenantClosedError,
)
from realm_jupyter.sandbox import GuestModule
from support.tiny_gguf import write_tiny_llama

wasmtime = pytest.importorskip("wasmtime")

GUARD_S = 60
DEADLINE_MS = 300

GUEST = """
(module
  (import "realm" "forward" (func $forward (param i32 i32 i32 i32 i32) (result i32)))
  (import "realm" "seq_new" (func $seq_new (result i32)))
  (import "realm" "seq_fork" (func $seq_fork (param i32) (result i32)))
  (import "realm" "seq_truncate" (func $seq_truncate (param i32 i32) (result i32)))
  (import "realm" "seq_free" (func $seq_free (param i32) (result i32)))
  (import "realm" "emit" (func $emit (param i32 i32 i32 i32 f32) (result i32)))
  (import "realm" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 8)
  (data (i32.const 64) "\\01\\00\\00\\00\\02\\00\\00\\00hello")
  (func (export "realm_abi_version") (result i32) i32.const 0)
  (func (export "realm_alloc") (param i32) (result i32) i32.const 1024)
  (func (export "realm_free") (param i32))
  (func $recurse (param i32) (result i32)
    local.get 0 i32.const 1 i32.add call $recurse i32.const 1 i32.add)
  (func (export "realm_generate") (param i32 i32) (result i32)
    (local $seq i32) (local $status i32)
    %s))
"""

LOOP = "(loop $again br $again) i32.const 1"
GROW = "(loop $again i32.const 1 memory.grow i32.const -1 i32.ne br_if $again) unreachable"
RECURSE = "i32.const 0 call $recurse"
TRAP = "unreachable"
# Runs one token for ever: the way to be inside a host call when something happens.
FORWARD_FOR_EVER = """
    call $seq_new local.set $seq
    (loop $again
      local.get $seq i32.const 64 i32.const 1 i32.const 4096 i32.const 4096 call $forward
      i32.const 0 i32.lt_s if i32.const -7 return end
      local.get $seq i32.const 1 call $seq_truncate drop
      local.get $seq i32.const 72 i32.const 5 i32.const 1 f32.const 0 call $emit drop
      br $again)
    i32.const 1"""
GREET = """
    call $seq_new local.set $seq
    local.get $seq i32.const 64 i32.const 2 i32.const 4096 i32.const 4096 call $forward drop
    local.get $seq i32.const 72 i32.const 5 i32.const 1 f32.const -0.5 call $emit drop
    i32.const 1"""


def bad_pointer(pointer, length):
    return f"""
    call $seq_new local.set $seq
    local.get $seq i32.const {pointer} i32.const {length} i32.const 4096 i32.const 4096
    call $forward"""


def guest(body):
    return wasmtime.wat2wasm(GUEST % body)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    path = write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny.gguf", seed=1)
    with RealmRegistry() as registry:
        registry.load_model("tiny", path)
        yield registry


def tenant(registry, body, **limits):
    """Return a realm whose generations run in a guest with this body."""
    backend = registry._backend_type(
        registry._engine,
        owns_engine=False,
        guest=GuestModule.from_bytes(guest(body), "hostile"),
        limits=TenantLimits(guest_deadline_ms=DEADLINE_MS, **limits),
    )
    return Realm("tiny", backend=backend)


OPTIONS = {"raw": True, "temperature": 0, "max_tokens": 60, "ignore_eos": True}


@pytest.fixture(scope="module")
def expected(registry):
    return registry.generate("tiny", "the cat", **OPTIONS).text


def test_a_guest_of_ones_own_runs_tokens_and_streams(registry):
    with tenant(registry, GREET) as realm:
        handle = realm.stream("the cat")
        assert [str(event) for event in handle] == ["hello", ""]
        assert handle.response.finish_reason == "stop"
        assert handle.response.token_ids == (1,)


@pytest.mark.parametrize(
    ("body", "error", "what"),
    [
        pytest.param(LOOP, GuestLimitError, "deadline", id="endless-loop"),
        pytest.param(GROW, GuestLimitError, "memory", id="endless-growth"),
        pytest.param(RECURSE, GuestLimitError, "stack", id="endless-recursion"),
        pytest.param(TRAP, GuestTrapError, "unreachable", id="trap"),
        pytest.param(bad_pointer("0xFFFFFFF0", 4), RealmError, "", id="pointer-FFFFFFF0"),
        pytest.param(bad_pointer(64, "0x80000000"), RealmError, "", id="length-2^31"),
        pytest.param(bad_pointer(64, "0x40000000"), RealmError, "", id="length-times-4"),
    ],
)
def test_each_ends_in_its_typed_error_and_the_others_text_is_unchanged(
    registry, expected, body, error, what
):
    good = registry.stream("tiny", "the cat", **OPTIONS)
    with tenant(registry, body, guest_memory_bytes=8 << 20) as realm:
        with pytest.raises(error) as caught:
            realm.generate("the cat")
        if what:
            assert what in {getattr(caught.value, "limit", ""), caught.value.args[0]} or (
                what in str(caught.value)
            )
        # The tenant goes on: a new generation gets a new instance.
        with pytest.raises(error):
            realm.generate("the cat")
    assert good.result(timeout=GUARD_S).text == expected
    assert registry._engine.get("tiny").executor.cache_bytes == 0


def test_a_tenant_closed_during_a_host_call(registry, expected):
    good = registry.stream("tiny", "the cat", **OPTIONS)
    realm = tenant(registry, FORWARD_FOR_EVER)
    handle = realm.stream("the cat", max_tokens=10**6)
    next(events := iter(handle))
    realm.close()
    with pytest.raises(TenantClosedError):
        handle.result(timeout=GUARD_S)
    assert good.result(timeout=GUARD_S).text == expected
    del events


def test_cancelling_a_guest_of_ones_own_keeps_its_text(registry):
    with tenant(registry, FORWARD_FOR_EVER) as realm:
        handle = realm.stream("the cat", max_tokens=10**6)
        seen = []
        for event in handle:
            seen.append(event)
            if len(seen) == 3:
                handle.cancel()
        assert handle.response.finish_reason == "cancelled"
        assert handle.response.text.startswith("hellohellohello")


def test_cancelling_a_guest_that_loops_does_not_wait_for_its_deadline(registry):
    backend = registry._backend_type(
        registry._engine,
        owns_engine=False,
        guest=GuestModule.from_bytes(guest(LOOP), "looper"),
        limits=TenantLimits(guest_deadline_ms=10 * 60 * 1000),
    )
    with Realm("tiny", backend=backend) as realm:
        handle = realm.stream("the cat")
        handle.cancel()
        assert handle.result(timeout=GUARD_S).finish_reason == "cancelled"


def test_a_looping_guest_ends_at_its_deadline_plus_a_tick(registry):
    with tenant(registry, LOOP) as realm:
        started = time.monotonic()
        with pytest.raises(GuestLimitError):
            realm.generate("the cat")
        assert time.monotonic() - started >= DEADLINE_MS / 1000


@pytest.mark.parametrize(
    "body",
    [
        "i32.const 7 i32.const 1 call $seq_truncate",
        "i32.const 7 call $seq_fork",
        "i32.const -1 call $seq_free",
        "call $seq_new call $seq_free drop i32.const 0 call $seq_free",
        "call $seq_new i32.const 5 call $seq_truncate",
        "call $seq_new i32.const -1 call $seq_truncate",
    ],
)
def test_handles_that_are_not_ones_own_are_typed_errors(registry, body):
    with tenant(registry, body) as realm, pytest.raises(RealmError):
        realm.generate("the cat")
    assert registry._engine.get("tiny").executor.cache_bytes == 0


def test_a_guest_that_imports_more_than_it_may_is_refused():
    code = '(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32))))'
    with pytest.raises(GuestAbiError, match="fd_write"):
        Realm(guest=wasmtime.wat2wasm(code))


def test_no_guest_thread_is_left(registry):
    with tenant(registry, GREET) as realm:
        realm.generate("the cat")
    for thread in threading.enumerate():
        if thread.name.startswith("realm-guest"):
            thread.join(GUARD_S)
            assert not thread.is_alive()
