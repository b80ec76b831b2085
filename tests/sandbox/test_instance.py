"""A guest instance: what goes in and out, and what every kind of misbehaviour ends in."""

from __future__ import annotations

import gc
import struct
import threading
import time
import weakref

import numpy as np
import pytest
import wasmtime
from wasmtime import _func

from realm_jupyter.errors import (
    GuestAbiError,
    GuestError,
    GuestLimitError,
    GuestTrapError,
    ModelFormatError,
    TenantClosedError,
)
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule, abi, function
from support.guest_wat import BUFFER, blocking_guest, resumable_guest

DEADLINE = GuestLimits(deadline_ms=50)
SPIN = "(loop $again br $again) unreachable"


def start(wasm, host=None, limits=None):
    return GuestInstance(GuestModule.from_bytes(wasm, "guest"), host, limits)


def event_data(*fields, tail=b""):
    data = abi.EVENT.pack(*fields) + tail
    digits = "".join(rf"\{byte:02x}" for byte in data)
    return f'(data (i32.const 0) "{digits}")'


@pytest.fixture(params=["direct", "usual"])
def way_of_calling(request, monkeypatch):
    """Run with the direct calls and with those that any wasmtime has."""
    defaults = dict(function.GuestFunction.__init__.__kwdefaults__)
    defaults["is_direct"] = request.param == "direct"
    monkeypatch.setattr(function.GuestFunction.__init__, "__kwdefaults__", defaults)


# ---- What goes in and out ---------------------------------------------------------------


@pytest.mark.usefixtures("way_of_calling")
def test_text_and_ids_cross_unchanged():
    with start(resumable_guest()) as instance:
        ids = instance.tokenize(struct.pack("<3i", 1, -2, 2**31 - 1))
        assert ids.dtype == np.int32
        assert ids.tolist() == [1, -2, 2**31 - 1]
        assert instance.detokenize([1, 2]) == struct.pack("<2i", 1, 2)
        assert instance.detokenize(ids) == ids.tobytes()
        assert instance.tokenize(b"").tolist() == []
        assert instance.memory_bytes == 16 * 65536


def test_flags_and_pointers_reach_the_guest():
    # The result's length is the flags, its address what the host passed.
    echo = """local.get 2 i64.extend_i32_u i64.const 34 i64.shl
              local.get 0 i64.extend_i32_u i64.or"""
    with start(resumable_guest(realm_tokenize=echo, realm_detokenize=echo)) as instance:
        assert len(instance.tokenize(b"x" * 64)) == 0
        assert len(instance.tokenize(b"x" * 64, add_special=True)) == abi.ADD_SPECIAL
        assert len(instance.tokenize(b"x" * 64, parse_special=True)) == abi.PARSE_SPECIAL
        both = instance.detokenize([0] * 9, strip_space=True, render_special=True)
        assert len(both) == 4 * (abi.STRIP_SPACE | abi.RENDER_SPECIAL)


@pytest.mark.usefixtures("way_of_calling")
def test_a_step_reads_the_event_and_writes_the_logits():
    data = event_data(
        0, 3, 0, -0.5, 2, 1, 3, tail=struct.pack("<2iif", 3, 1, 3, -0.5) + "né".encode()
    )
    # The event's log probability is replaced by logits[1] of what the host wrote.
    step = f"""(f32.store (i32.const 12) (f32.load offset=4 (call $logits (i32.const 0))))
        i64.const {abi.EVENT.size + 8 + 8 + 3} i64.const 32 i64.shl"""
    logits = "(func $logits (param i32) (result i32) i32.const 131072)"
    wasm = resumable_guest(realm_generate_step=step, extra=data + logits)
    with start(wasm) as instance:
        handle = instance.generate_begin(b"config")
        assert handle == 7
        row = np.array([0.0, -0.25, 1.0, 2.0], dtype=np.float32)
        event = instance.generate_step(handle, row)
        assert event == (0, 3, False, -0.25, (3, 1), ((3, -0.5),), "né")
        assert instance.generate_step(handle, row.astype(np.float64)[::1]).logprob == -0.25
        assert instance.generate_step(handle, np.repeat(row, 2)[::2]).logprob == -0.25
        sparse = instance.generate_step_sparse(handle, struct.pack("<2i3f", 3, 1, *row[:2], 1.5))
        assert sparse.logprob == struct.unpack("<f", struct.pack("<i", 1))[0]
        assert instance.generate_end(handle) == ""


def test_ids_beyond_the_vocabulary_are_refused():
    for fields, tail in (((0, 9, 0, 0.0, 0, 0, 0), b""), ((0, 1, 0, 0.0, 1, 0, 0), b"\x09\0\0\0")):
        size = abi.EVENT.size + len(tail)
        wasm = resumable_guest(
            extra=event_data(*fields, tail=tail),
            realm_generate_step=f"i64.const {size << 32}",
        )
        with start(wasm) as instance, pytest.raises(GuestAbiError, match="vocabulary of 9"):
            instance.generate_step(7, np.zeros(9, np.float32))


def test_the_guests_large_buffer_is_given_back_after_the_result_was_read():
    # alloc returns fresh space; free wipes it. The echo must survive.
    wasm = resumable_guest(
        realm_alloc="i32.const 262144",
        realm_free="(memory.fill (local.get 0) (i32.const 0) (i32.const 131072))",
    )
    with start(wasm) as instance:
        ids = np.arange(30000, dtype=np.int32)
        assert np.array_equal(instance.tokenize(ids.tobytes()), ids)
        assert instance._buffer_bytes == 0


def test_blocking_guests_run_to_their_finish(host):
    body = "(call $emit (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 4) (f32.const -2))"
    wasm = blocking_guest(f"{body} drop i32.const 2", extra='(data (i32.const 0) "hi")')
    with start(wasm, host) as instance:
        assert instance.generate(b"config") == 2
    assert host.calls == [("emit", 1, b"hi", 4, -2.0)]


def test_a_method_of_the_other_kind_is_an_abi_error():
    with start(blocking_guest()) as instance:
        with pytest.raises(GuestAbiError, match="blocking"):
            instance.tokenize(b"x")
        with pytest.raises(GuestAbiError, match="realm_generate_begin"):
            instance.generate_begin(b"")
    with start(resumable_guest()) as instance, pytest.raises(GuestAbiError, match="resumable"):
        instance.generate(b"")


# ---- What guests answer -----------------------------------------------------------------


@pytest.mark.parametrize("span", ["0x00000010_fffffff0", "0x7fffffff_00000000", "0x1_00100000"])
def test_spans_outside_the_memory_are_abi_errors(span):
    body = f"i64.const {span}"
    with start(resumable_guest(realm_tokenize=body, realm_generate_end=body)) as instance:
        with pytest.raises(GuestAbiError, match="realm_tokenize"):
            instance.tokenize(b"x")
        with pytest.raises(GuestAbiError, match="realm_generate_end"):
            instance.generate_end(7)
        assert not instance.is_broken


@pytest.mark.parametrize("pointer", [-16, 0x7FFFFFFF, 16 * 65536 - 1])
def test_buffers_outside_the_memory_are_abi_errors(pointer):
    body = f"i32.const {pointer}"
    with start(resumable_guest(realm_alloc=body, realm_logits=body)) as instance:
        with pytest.raises(GuestAbiError, match="realm_alloc"):
            instance.tokenize(b"some text")
        with pytest.raises(GuestAbiError, match="realm_logits"):
            instance.generate_step(7, np.zeros(8, np.float32))


def test_no_room_in_the_guest_is_a_memory_limit():
    with start(resumable_guest(realm_alloc="i32.const 0", realm_logits="i32.const 0")) as instance:
        for call in (
            lambda: instance.tokenize(b"text"),
            lambda: instance.generate_step(7, np.zeros(8, np.float32)),
        ):
            with pytest.raises(GuestLimitError) as caught:
                call()
            assert caught.value.limit == "memory"
        assert not instance.is_broken


def test_text_larger_than_the_memory_limit_never_reaches_the_guest():
    limits = GuestLimits(memory_bytes=1 << 20)
    with start(resumable_guest(realm_alloc=SPIN), limits=limits) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.tokenize(bytes(2 << 20))
        assert caught.value.limit == "memory"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(-1, GuestError), (-2, GuestLimitError), (-5, GuestError), (-7, TenantClosedError)],
)
def test_negative_statuses_are_typed_errors(status, kind):
    wasm = resumable_guest(
        realm_tokenize=f"i64.const {status}",
        realm_generate_begin=f"i32.const {status}",
        realm_generate_step=f"i64.const {status}",
    )
    with start(wasm) as instance:
        for call in (
            lambda: instance.tokenize(b""),
            lambda: instance.generate_begin(b""),
            lambda: instance.generate_step(1, np.zeros(1, np.float32)),
        ):
            with pytest.raises(kind):
                call()
        assert not instance.is_broken


def test_a_refused_vocabulary_is_the_models_fault():
    wasm = resumable_guest(realm_vocab_load="i32.const -4")
    with start(wasm) as instance, pytest.raises(ModelFormatError, match="vocabulary"):
        instance.load_vocabulary(b"rubbish")
    with start(resumable_guest()) as instance:
        instance.load_vocabulary(bytes(100_000))


# ---- Limits and traps -------------------------------------------------------------------


def test_an_endless_loop_ends_at_its_deadline():
    with start(blocking_guest(SPIN), limits=DEADLINE) as instance:
        began = time.monotonic()
        with pytest.raises(GuestLimitError, match="50 ms") as caught:
            instance.generate(b"")
        assert time.monotonic() - began >= 0.05
        assert caught.value.limit == "deadline"
        assert instance.is_broken
        with pytest.raises(GuestError, match="broken"):
            instance.generate(b"")


def test_an_endless_start_function_ends_at_its_deadline():
    wasm = blocking_guest(extra=f"(func $spin {SPIN}) (start $spin)")
    with pytest.raises(GuestLimitError) as caught:
        start(wasm, limits=DEADLINE)
    assert caught.value.limit == "deadline"


def test_constructors_of_a_reactor_are_run_once():
    wasm = blocking_guest(
        "global.get $count",
        extra="""(global $count (mut i32) (i32.const 0))
        (func (export "_initialize")
            (global.set $count (i32.add (global.get $count) (i32.const 1))))""",
    )
    with start(wasm) as instance:
        assert instance.generate(b"") == 1


def test_memory_stops_growing_at_its_limit():
    grow = "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))"
    limits = GuestLimits(memory_bytes=4 << 20)
    with start(blocking_guest(f"{grow} i32.const 1"), limits=limits) as instance:
        assert instance.generate(b"") == 1
        assert instance.memory_bytes == 4 << 20
    with start(blocking_guest(f"{grow} unreachable"), limits=limits) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.generate(b"")
        assert caught.value.limit == "memory"
        assert instance.is_broken
        assert instance.memory_bytes == 0


def test_a_guest_that_goes_on_growing_ends_at_its_deadline():
    body = "(loop $again (drop (memory.grow (i32.const 1))) (br $again)) unreachable"
    limits = GuestLimits(memory_bytes=4 << 20, deadline_ms=50)
    with start(blocking_guest(body), limits=limits) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.generate(b"")
        assert caught.value.limit == "deadline"


@pytest.mark.parametrize(
    "change",
    [
        {"memory": '(memory (export "memory") 1000)'},
        {"extra": "(table 20000 funcref)"},
        {"extra": "(table 1 funcref) " * 9},
    ],
)
def test_a_guest_that_starts_too_large_is_refused(change):
    limits = GuestLimits(memory_bytes=4 << 20)
    with pytest.raises(GuestLimitError) as caught:
        start(blocking_guest(**change), limits=limits)
    assert caught.value.limit == "memory"


def test_tables_stop_growing_at_their_limit():
    grow = """(loop $again (br_if $again (i32.ne (i32.const -1)
        (table.grow $t (ref.null func) (i32.const 100))))) (table.size $t)"""
    limits = GuestLimits(table_elements=1000)
    wasm = blocking_guest(grow, extra="(table $t 0 funcref)")
    with start(wasm, limits=limits) as instance:
        assert instance.generate(b"") == 1000


@pytest.mark.parametrize("stack_bytes", [64 << 10, 512 << 10])
def test_endless_recursion_runs_out_of_its_stack(stack_bytes):
    deep = "(func $deep (param i32) (result i32) (call $deep (local.get 0)))"
    wasm = blocking_guest("(call $deep (i32.const 1))", extra=deep)
    with start(wasm, limits=GuestLimits(stack_bytes=stack_bytes)) as instance:
        with pytest.raises(GuestLimitError, match=str(stack_bytes)) as caught:
            instance.generate(b"")
        assert caught.value.limit == "stack"


def test_recursion_in_a_thread_with_a_small_stack_is_caught_too():
    deep = "(func $deep (param i32) (result i32) (call $deep (local.get 0)))"
    instance = start(blocking_guest("(call $deep (i32.const 1))", extra=deep))
    caught = []

    def run():
        try:
            instance.generate(b"")
        except GuestLimitError as error:
            caught.append(error.limit)

    before = threading.stack_size(2 << 20)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert caught == ["stack"]


@pytest.mark.usefixtures("way_of_calling")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("unreachable", "unreachable"),
        ("(i32.load (i32.const 0x7fffffff))", "memory_out_of_bounds"),
        ("(i32.div_u (i32.const 1) (i32.const 0))", "integer_division_by_zero"),
        ("(i32.trunc_f32_s (f32.const nan))", "bad_conversion_to_integer"),
        ("(call_indirect (result i32) (i32.const 5))", "table_out_of_bounds"),
    ],
)
def test_traps_carry_their_code_and_the_backtrace(body, code):
    inner = f"(table 1 funcref) (func $inner (result i32) {body})"
    wasm = blocking_guest("call $inner", extra=inner)
    with start(wasm) as instance:
        with pytest.raises(GuestTrapError, match=code) as caught:
            instance.generate(b"")
        error = caught.value
        assert error.trap_code == code
        assert [frame.split(" (0x")[0] for frame in error.frames] == ["inner", "function 4"]
        assert all(frame.endswith(")") for frame in error.frames)
        assert instance.is_broken
        with pytest.raises(GuestError, match=code):
            instance.generate(b"")


def test_a_broken_instance_is_replaced_by_a_new_one_of_the_same_module():
    module = GuestModule.from_bytes(blocking_guest("unreachable"), "guest")
    for _ in range(3):
        with GuestInstance(module) as instance, pytest.raises(GuestTrapError):
            instance.generate(b"")


# ---- Ending -----------------------------------------------------------------------------


def test_a_closed_instance_refuses_every_call():
    instance = start(resumable_guest())
    instance.close()
    instance.close()
    for call in (
        lambda: instance.tokenize(b"x"),
        lambda: instance.detokenize([1]),
        lambda: instance.load_vocabulary(b""),
        lambda: instance.generate_begin(b""),
        lambda: instance.generate_step(1, np.zeros(4, np.float32)),
        lambda: instance.generate_end(1),
    ):
        with pytest.raises(GuestError, match="closed"):
            call()
    instance.interrupt()
    assert instance.memory_bytes == 0


@pytest.mark.parametrize("way", ["interrupt", "close"])
def test_a_running_guest_is_ended_from_another_thread(host, way):
    entered = threading.Event()
    host.on_call = lambda *_: entered.set()
    instance = start(blocking_guest(f"(drop (call $seq_new)) {SPIN}"), host)
    caught = []

    def run():
        try:
            instance.generate(b"")
        except GuestLimitError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert entered.wait(10)
    began = time.monotonic()
    getattr(instance, way)()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - began < 5  # the deadline is 10 s
    assert [error.limit for error in caught] == ["interrupt"]
    instance.close()


def test_an_interrupt_during_a_host_function_ends_the_guest_after_it(host):
    instance = start(blocking_guest(f"(drop (call $seq_new)) {SPIN}"), host)
    host.on_call = lambda *_: instance.interrupt()
    with pytest.raises(GuestLimitError) as caught:
        instance.generate(b"")
    assert caught.value.limit == "interrupt"


def test_closing_from_a_host_function_waits_for_the_call(host):
    instance = start(blocking_guest("(drop (call $seq_new)) (call $seq_new)"), host)
    host.on_call = lambda *_: instance.close()
    assert instance.generate(b"") == 5  # it had no loop left in which to be stopped
    assert len(host.calls) == 2
    with pytest.raises(GuestError, match="closed"):
        instance.generate(b"")


def test_time_in_host_functions_does_not_count(host):
    host.on_call = lambda *_: time.sleep(0.1)
    with start(blocking_guest("(drop (call $seq_new)) i32.const 1"), host, DEADLINE) as instance:
        assert instance.generate(b"") == 1


def test_a_spin_after_a_host_function_still_ends(host):
    with start(blocking_guest(f"(drop (call $seq_new)) {SPIN}"), host, DEADLINE) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.generate(b"")
        assert caught.value.limit == "deadline"


def test_a_guest_that_only_calls_its_host_ends_too(host):
    body = "(loop $again (drop (call $seq_new)) (br $again)) unreachable"
    with start(blocking_guest(body), host, DEADLINE) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.generate(b"")
        assert caught.value.limit == "deadline"
    assert 1 <= len(host.calls) <= 501


def test_an_instance_that_is_dropped_frees_its_store(host):
    instance = start(blocking_guest("call $seq_new"), host)
    instance.generate(b"")
    store = weakref.ref(instance._store)
    reference = weakref.ref(instance)
    del instance
    gc.collect()
    assert reference() is None
    assert store() is None


def test_a_host_that_holds_its_instance_is_no_leak(host):
    host.instance = start(blocking_guest("call $seq_new"), host)
    host.instance.generate(b"")
    reference = weakref.ref(host.instance)
    host.instance.close()
    del host.instance
    gc.collect()
    assert reference() is None


def test_closing_gives_every_host_function_back(host):
    gc.collect()
    before = len(_func.FUNCTIONS.handles)
    instances = [start(blocking_guest("call $seq_new"), host) for _ in range(5)]
    assert len(_func.FUNCTIONS.handles) == before + 5
    for instance in instances:
        instance.close()
    assert len(_func.FUNCTIONS.handles) == before


# ---- Neighbours -------------------------------------------------------------------------


def test_a_looping_neighbour_changes_no_result():
    """One guest spins into its deadline again and again while another one works."""
    spin = GuestModule.from_bytes(blocking_guest(SPIN), "spin")
    work = start(resumable_guest())
    ends = []
    done = threading.Event()

    def run():
        while not done.is_set():
            # On a busy machine the deadline may pass while the guest is started.
            try:
                with GuestInstance(spin, limits=GuestLimits(deadline_ms=20)) as instance:
                    instance.generate(b"")
            except GuestLimitError as error:
                ends.append(error.limit)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        generator = np.random.default_rng(1)
        for round_ in range(300):
            if round_ >= 100 and len(ends) >= 4:
                break
            ids = generator.integers(0, 1000, 500, dtype=np.int32)
            assert np.array_equal(work.tokenize(ids.tobytes()), ids)
            time.sleep(0.001)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert set(ends) == {"deadline"}
    assert not work.is_broken
    work.close()


def test_calls_from_many_threads_take_turns():
    instance = start(resumable_guest())
    wrong = []

    def run(number):
        ids = np.full(200, number, dtype=np.int32)
        results = [instance.tokenize(ids.tobytes()) for _ in range(200)]
        wrong.extend(number for found in results if not np.array_equal(found, ids))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    instance.close()


def test_the_buffer_is_where_the_guest_said():
    with start(resumable_guest()) as instance:
        instance.tokenize(b"abcd")
        assert instance._buffer_pointer == BUFFER


def test_errors_of_wasmtime_itself_break_the_instance(monkeypatch):
    with start(resumable_guest()) as instance:

        def refuse(*_arguments):
            message = "something odd"
            raise wasmtime.WasmtimeError(message)

        monkeypatch.setattr(function.GuestFunction, "__call__", refuse)
        with pytest.raises(GuestTrapError, match="something odd"):
            instance.tokenize(b"x")
        assert instance.is_broken


def test_a_token_that_was_not_offered_is_refused():
    for fields, tail in (((0, 2, 0, 0.0, 0, 0, 0), b""), ((0, 3, 0, 0.0, 1, 0, 0), b"\x02\0\0\0")):
        wasm = resumable_guest(
            extra=event_data(*fields, tail=tail),
            realm_generate_step=f"i64.const {(abi.EVENT.size + len(tail)) << 32}",
        )
        with start(wasm) as instance, pytest.raises(GuestAbiError, match=r"token 2.*not offered"):
            instance.generate_step_sparse(7, struct.pack("<2i3f", 3, 1, 0, 0, 0))
