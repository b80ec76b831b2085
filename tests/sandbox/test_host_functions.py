"""Host functions: every pointer checked, every exception delivered where it belongs."""

from __future__ import annotations

import math
import struct
import sys
import threading

import numpy as np
import pytest
from wasmtime import _func

from realm_jupyter.errors import (
    GuestAbiError,
    GuestError,
    GuestTrapError,
    TenantClosedError,
    TenantNotFoundError,
)
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule, host_functions
from support.guest_wat import blocking_guest

HUGE = 2**31
HIGH = 0xFFFFFFF0
CALLS = {
    "log": "(call $log (i32.const 1) (i32.const {pointer}) (i32.const {length}))",
    "forward_ids": """(call $forward (i32.const 0) (i32.const {pointer}) (i32.const {length})
        (i32.const 1024) (i32.const 8))""",
    "forward_logits": """(call $forward (i32.const 0) (i32.const 1024) (i32.const 1)
        (i32.const {pointer}) (i32.const {length}))""",
    "emit": """(call $emit (i32.const 0) (i32.const {pointer}) (i32.const {length})
        (i32.const 1) (f32.const 0))""",
    "mask": "(call $mask (i32.const 0) (i32.const {pointer}) (i32.const {length}))",
}


def start(generate, host=None, limits=None, **parts):
    module = GuestModule.from_bytes(blocking_guest(generate, **parts), "guest")
    return GuestInstance(module, host, limits)


# ---- Values -----------------------------------------------------------------------------


def test_values_of_every_function_arrive_and_results_come_back(host):
    body = """
        (call $log (i32.const 2) (i32.const 0) (i32.const 5))
        (i32.store (i32.const 512) (call $seq_new))
        (i32.store (i32.const 516) (call $seq_fork (i32.const 5)))
        (i32.store (i32.const 520) (call $seq_truncate (i32.const 6) (i32.const -1)))
        (i32.store (i32.const 524) (call $forward (i32.const 5) (i32.const 16) (i32.const 3)
            (i32.const 1024) (i32.const 8)))
        (i32.store (i32.const 528) (call $emit (i32.const 5) (i32.const 0) (i32.const 5)
            (i32.const -1) (f32.const nan)))
        (i32.store (i32.const 532) (call $seq_free (i32.const 6)))
        i32.const 1"""
    data = r"""(data (i32.const 0) "h\c3\a9ll")
        (data (i32.const 16) "\01\00\00\00\ff\ff\ff\ff\00\01\00\00")"""
    with start(body, host, extra=data) as instance:
        assert instance.generate(b"") == 1
        store = instance._store
        assert struct.unpack("<6i", instance._memory.read(store, 512, 24)) == (5, 6, 0, 8, 0, 0)
        logits = np.frombuffer(instance._memory.read(store, 1024, 32), "<f4")
        assert logits.tolist() == [float(n + 5) for n in range(8)]
    assert host.calls[:5] == [
        ("log", 2, "héll".encode()),
        ("seq_new",),
        ("seq_fork", 5),
        ("seq_truncate", 6, 2**32 - 1),
        ("forward", 5, [1, -1, 256]),
    ]
    emit = host.calls[5]
    assert emit[:4] == ("emit", 5, "héll".encode(), -1)
    assert math.isnan(emit[4])
    assert host.calls[6] == ("seq_free", 6)


def test_log_levels_and_lengths_are_clamped(host):
    body = """(call $log (i32.const -5) (i32.const 0) (i32.const 100000))
        (call $log (i32.const 99) (i32.const 0) (i32.const 0)) i32.const 1"""
    with start(body, host) as instance:
        instance.generate(b"")
    assert host.calls == [
        ("log", 0, bytes(host_functions.MAX_LOG_BYTES)),
        ("log", 3, b""),
    ]


def test_the_default_host_logs_and_refuses_the_rest(caplog):
    body = "(call $log (i32.const 2) (i32.const 0) (i32.const 3)) (call $seq_new)"
    with start(body, extra='(data (i32.const 0) "a\\ffb")') as instance:
        with pytest.raises(GuestError, match="seq_new"):
            instance.generate(b"")
        assert not instance.is_broken
    assert [record.getMessage() for record in caplog.records] == ["a�b"]


# ---- Pointers ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("pointer", "length"),
    [
        (HIGH, 4),
        (HIGH, 16),
        (HIGH, HUGE),
        (0, HUGE),
        (0, 0xFFFFFFFF),
        (0, 0x40000000),
        (16 * 65536 - 3, 4),
        (16 * 65536, 1),
        (0xFFFFFFFF, 1),
        (0x80000000, 0x80000000),
    ],
)
def test_pointers_outside_the_memory_reach_nobody(host, name, pointer, length):
    call = CALLS[name].format(pointer=pointer, length=length)
    result = "" if name == "log" else "(i32.store (i32.const 512))"
    call = f"(i32.store (i32.const 512) {call})" if result else call
    with start(f"{call} i32.const 1", host) as instance:
        assert instance.generate(b"") == 1
        (status,) = struct.unpack("<i", instance._memory.read(instance._store, 512, 4))
        assert status == (0 if name == "log" else -1)
        assert not instance.is_broken
    assert host.calls == []


@pytest.mark.parametrize("name", ["forward_ids", "forward_logits", "emit"])
def test_a_guest_that_gives_up_on_a_refused_pointer_ends_with_the_reason(host, name):
    body = CALLS[name].format(pointer=HIGH, length=HUGE)
    with start(body, host) as instance, pytest.raises(GuestAbiError, match="0xfffffff0"):
        instance.generate(b"")


def test_the_edge_of_the_memory_is_inside(host):
    body = CALLS["emit"].format(pointer=16 * 65536 - 4, length=4)
    with start(body, host) as instance:
        assert instance.generate(b"") == 0
    assert host.calls[0][2] == bytes(4)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("(call $seq_fork (i32.const -1))", "handle"),
        ("(call $seq_truncate (i32.const -1) (i32.const 0))", "handle"),
        ("(call $seq_free (i32.const -2147483648))", "handle"),
        (CALLS["forward_ids"].format(pointer=0, length=0), "token ids"),
        (CALLS["forward_logits"].format(pointer=0, length=7), "8 logits"),
        (CALLS["emit"].format(pointer=0, length=2 << 20), "bytes"),
    ],
)
def test_values_out_of_range_are_statuses_with_a_reason(host, body, reason):
    memory = '(memory (export "memory") 64)'
    with start(body, host, memory=memory) as instance:
        with pytest.raises(GuestError, match=reason):
            instance.generate(b"")
        assert not instance.is_broken


def test_host_functions_before_there_is_an_instance_work_on_the_exported_memory(host):
    extra = """(data (i32.const 0) "early") (func $early
        (call $log (i32.const 1) (i32.const 0) (i32.const 5))) (start $early)"""
    with start("i32.const 1", host, extra=extra) as instance:
        assert instance.generate(b"") == 1
    assert host.calls == [("log", 1, b"early")]


# ---- Exceptions -------------------------------------------------------------------------


class OddError(BaseException):
    pass


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, OddError, MemoryError])
@pytest.mark.parametrize("name", ["log", "forward_ids", "emit"])
def test_what_a_host_function_raises_comes_out_as_itself(host, kind, name):
    raised = kind("from the host")

    def fail(*_call):
        raise raised

    host.on_call = fail
    call = CALLS[name].format(pointer=0, length=8 if name != "log" else 1)
    body = call if name != "log" else f"{call} i32.const 1"
    with start(body, host) as instance:
        with pytest.raises(kind) as caught:
            instance.generate(b"")
        assert caught.value is raised
        assert not instance.is_broken
        host.on_call = None
        assert instance.generate(b"") >= 0
    assert _func.LAST_EXCEPTION is None


def test_a_guest_that_ignores_the_failure_is_asked_nothing_more_and_ends_soon(host):
    def fail(*_call):
        message = "first"
        raise ValueError(message)

    host.on_call = fail
    body = "(loop $again (drop (call $seq_new)) (br $again)) unreachable"
    with start(body, host) as instance:
        with pytest.raises(ValueError, match="first"):
            instance.generate(b"")
        assert instance.is_broken
    assert len(host.calls) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError("x"), -6), (TenantClosedError("x"), -7), (TenantNotFoundError("x"), -3)],
)
def test_the_guest_is_told_what_kind_of_failure_it_was(host, error, status):
    def fail(*_call):
        raise error

    host.on_call = fail
    with start("(i32.store (i32.const 512) (call $seq_new)) i32.const 1", host) as instance:
        if status == -3:
            assert instance.generate(b"") == 1  # a wrong handle is the guest's to deal with
        else:
            with pytest.raises(type(error)):
                instance.generate(b"")
        assert struct.unpack("<i", instance._memory.read(instance._store, 512, 4)) == (status,)


def test_a_trap_after_a_failed_host_function_raises_the_failure(host):
    def fail(*_call):
        raise TenantClosedError("closed during the call")

    host.on_call = fail
    with start("(drop (call $seq_new)) unreachable", host) as instance:
        with pytest.raises(TenantClosedError, match="during"):
            instance.generate(b"")
        assert instance.is_broken


def test_a_trap_of_another_guest_inside_a_host_function_is_that_guests(host):
    inner = start("unreachable")
    host.on_call = lambda *_: inner.generate(b"")
    with start("call $seq_new", host) as outer:
        with pytest.raises(GuestTrapError, match="unreachable"):
            outer.generate(b"")
        assert (outer.is_broken, inner.is_broken) == (False, True)
        host.on_call = None
        assert outer.generate(b"") == 5


def test_a_host_function_may_not_call_its_own_instance(host):
    with start("call $seq_new", host) as instance:
        host.on_call = lambda *_: instance.generate(b"")
        with pytest.raises(GuestError, match="may not call"):
            instance.generate(b"")
        host.on_call = None
        assert instance.generate(b"") == 5


@pytest.mark.parametrize("handle", [-1, 2**31, "seven", None])
def test_a_host_with_a_wrong_answer_is_the_hosts_error(host, handle, monkeypatch):
    monkeypatch.setattr(host, "seq_new", lambda: handle)
    with start("call $seq_new", host) as instance, pytest.raises((TypeError, ValueError)):
        instance.generate(b"")


def test_forward_renews_the_time_and_nothing_else_does(host):
    limits = GuestLimits(deadline_ms=10_000)
    body = f"(drop (call $seq_new)) {CALLS['forward_ids'].format(pointer=0, length=1)}"
    with start(body, host, limits) as instance:
        original = instance._watch.resume
        resumes = []

        class Watching:
            """Stands in for the clock, which has slots and takes no replaced methods."""

            pause = staticmethod(instance._watch.pause)

            @staticmethod
            def resume(*, renew, is_failing):
                resumes.append((renew, is_failing))
                original(renew=renew, is_failing=is_failing)

        instance._binding.watch = Watching
        instance.generate(b"")
    assert resumes == [(False, False), (True, False)]


def test_exceptions_stay_in_their_threads():
    """Eight tenants whose host functions raise at once: none gets another's exception."""
    module = GuestModule.from_bytes(blocking_guest("call $seq_new"), "guest")
    counts = {"own": 0, "wrong": 0, "lost": 0}
    lock = threading.Lock()

    class Own(Exception):  # noqa: N818 - not an error, a parcel
        pass

    def run(number, kind):
        class Host:
            def seq_new(self):
                raise kind(number)

        own = wrong = lost = 0
        with GuestInstance(module, Host()) as instance:
            for _ in range(1500):
                try:
                    instance.generate(b"")
                    lost += 1
                except kind as error:
                    own += error.args == (number,)
                    wrong += error.args != (number,)
                except BaseException:  # noqa: BLE001 - counted
                    wrong += 1
        with lock:
            counts["own"] += own
            counts["wrong"] += wrong
            counts["lost"] += lost

    kinds = [Own, ValueError, KeyboardInterrupt, SystemExit] * 2
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=run, args=(number, kind)) for number, kind in enumerate(kinds)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert counts == {"own": 8 * 1500, "wrong": 0, "lost": 0}


def test_an_interrupt_in_the_bindings_own_lines_comes_out(host, monkeypatch):
    """A KeyboardInterrupt may arrive in wasmtime's code around the host function."""
    stray = KeyboardInterrupt()

    def interrupted(*_arguments, **_keywords):
        raise stray

    with start("call $seq_new", host) as instance:
        monkeypatch.setattr(_func.Val, "_convert_to_raw", interrupted)
        with pytest.raises(KeyboardInterrupt) as caught:
            instance.generate(b"")
        assert caught.value is stray
        assert instance.is_broken
        assert _func.LAST_EXCEPTION is None


def test_an_interrupt_of_the_main_thread_is_not_taken_by_another(host, monkeypatch):
    def interrupted(*_arguments, **_keywords):
        raise KeyboardInterrupt

    caught = []

    def run():
        try:
            instance.generate(b"")
        except BaseException as error:  # noqa: BLE001 - whatever it is
            caught.append(error)

    with start("call $seq_new", host) as instance:
        monkeypatch.setattr(_func.Val, "_convert_to_raw", interrupted)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert [type(error) for error in caught] == [GuestTrapError]
    assert isinstance(_func.LAST_EXCEPTION, KeyboardInterrupt)
    _func.LAST_EXCEPTION = None
