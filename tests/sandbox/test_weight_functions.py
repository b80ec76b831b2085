"""Host functions over weights and several sequences: hostile sizes, handles and pointers."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from realm_jupyter.errors import GuestLimitError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule
from realm_jupyter.sandbox.abi import Status
from support.guest_wat import blocking_guest

WEIGHT = 2**40 + 3
SIZE = 16 * 65536  # of the guest's memory
HIGH = 0xFFFFFFF0
READ = "(call $weight_read (i64.const {w}) (i64.const {first}) (i32.const {n}) {out})"
MATMUL = "(call $matmul (i64.const {w}) (i32.const {x}) (i32.const {n}) {out})"
BATCH = """(call $forward_batch (i32.const {seqs}) (i32.const {counts}) (i32.const {n})
    (i32.const {ids}) {out})"""
OUT = "(i32.const 2048) (i32.const 64)"


def run(host, call, data=b"", results=0):
    """Run one call; return its status and the floats at 2048."""
    text = "".join(f"\\{byte:02x}" for byte in data)
    body = f"(i32.store (i32.const 512) {call}) i32.const 1"
    extra = f'(data (i32.const 1024) "{text}")'
    module = GuestModule.from_bytes(blocking_guest(body, extra=extra), "guest")
    with GuestInstance(module, host) as instance:
        assert instance.generate(b"") == 1
        assert not instance.is_broken
        memory, store = instance._memory, instance._store
        (status,) = struct.unpack("<i", memory.read(store, 512, 4))
        return status, np.frombuffer(memory.read(store, 2048, 4 * results), "<f4").tolist()


# ---- Values -----------------------------------------------------------------------------


def test_a_weight_is_found_by_name(host):
    body = """(i64.store (i32.const 512) (call $weight_find (i32.const 1024) (i32.const 9)))
        i32.const 1"""
    extra = r'(data (i32.const 1024) "output.\c3\a9")'
    module = GuestModule.from_bytes(blocking_guest(body, extra=extra), "guest")
    with GuestInstance(module, host) as instance:
        instance.generate(b"")
        assert struct.unpack("<q", instance._memory.read(instance._store, 512, 8)) == (WEIGHT,)
    assert host.calls == [("weight_find", "output.é")]


def test_shape_rows_and_products_come_back(host):
    shape = f"(call $weight_shape (i64.const {WEIGHT}) {OUT})"
    status, found = run(host, shape, results=3)
    assert status == 3
    assert np.array(found, "<f4").view("<u4").tolist() == [2, 3, 4]
    read = READ.format(w=WEIGHT, first=4, n=2, out=OUT)
    assert run(host, read, results=8) == (8, [4.0] * 8)
    x = np.arange(8, dtype="<f4").tobytes()
    assert run(host, MATMUL.format(w=WEIGHT, x=1024, n=2, out=OUT), x, 12) == (
        12,
        [6.0] * 6 + [22.0] * 6,
    )
    assert host.calls == [
        ("weight_read", WEIGHT, 4, 2),
        ("matmul", WEIGHT, [[0, 1, 2, 3], [4, 5, 6, 7]]),
    ]


MASK = "(call $mask (i32.const {seq}) (i32.const {at}) (i32.const {n}))"


def test_a_mask_arrives_as_the_tokens_it_allows(host):
    assert run(host, MASK.format(seq=5, at=1024, n=1), b"\x82", 0)[0] == Status.OK
    assert run(host, MASK.format(seq=6, at=1024, n=0), b"", 0)[0] == Status.OK
    assert host.calls == [("mask", 5, [1, 7]), ("mask", 6, None)]


@pytest.mark.parametrize(
    ("seq", "n", "data", "status"),
    [
        (5, 2, b"\xff\xff", Status.ERROR_ARGUMENT),  # eight tokens have one byte
        (5, 1, b"\0", Status.ERROR_ARGUMENT),  # none is left
        (-1, 1, b"\xff", Status.ERROR_HANDLE),
    ],
)
def test_a_mask_that_cannot_be_is_refused(host, seq, n, data, status):
    assert run(host, MASK.format(seq=seq, at=1024, n=n), data, 0)[0] == status
    assert not host.calls


def test_a_batch_is_taken_apart_and_its_rows_come_back(host):
    data = struct.pack("<2i2I3i", 5, 9, 1, 2, 70, -1, 72)
    call = BATCH.format(seqs=1024, counts=1032, n=2, ids=1040, out=OUT)
    assert run(host, call, data, 16) == (16, [float(i) for i in range(16)])
    assert host.calls == [("forward_batch", [5, 9], [[70], [-1, 72]])]


def test_a_token_is_emitted_or_ends_the_generation(host):
    emit = "(call $emit_token (i32.const {}) (i32.const {}) (f32.const -0.5))"
    assert run(host, emit.format(3, 6))[0] == 0
    assert run(host, emit.format(3, 7))[0] == 1
    assert host.calls == [("emit_token", 3, 6, -0.5), ("emit_token", 3, 7, -0.5)]
    for seq, token_id, status in ((-1, 1, -3), (0, 8, -1), (0, -1, -1), (0, 2**31 - 1, -1)):
        assert run(host, emit.format(seq, token_id))[0] == status
    assert run(host, "(call $vocab_size)")[0] == 8
    ends = [run(host, f"(call $is_end (i32.const {i}))")[0] for i in (6, 7, 8, -1)]
    assert ends == [0, 1, -1, -1]
    assert len(host.calls) == 2


# ---- Hostile ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (f"(call $weight_shape (i64.const {WEIGHT + 1}) {OUT})", -3),
        (f"(call $weight_shape (i64.const -1) {OUT})", -3),
        (f"(call $weight_shape (i64.const {WEIGHT}) (i32.const 2048) (i32.const 2))", -1),
        (f"(call $weight_shape (i64.const {WEIGHT}) (i32.const {HIGH}) (i32.const 8))", -1),
        (f"(call $weight_shape (i64.const {WEIGHT}) (i32.const 0) (i32.const -1))", -1),
        (READ.format(w=0, first=0, n=1, out=OUT), -3),
        (READ.format(w=-(2**63), first=0, n=1, out=OUT), -3),
        (READ.format(w=WEIGHT, first=6, n=1, out=OUT), -1),
        (READ.format(w=WEIGHT, first=5, n=2, out=OUT), -1),
        (READ.format(w=WEIGHT, first=-1, n=1, out=OUT), -1),
        (READ.format(w=WEIGHT, first=-1, n=2, out=OUT), -1),
        (READ.format(w=WEIGHT, first=2**62, n=1, out=OUT), -1),
        (READ.format(w=WEIGHT, first=0, n=0, out=OUT), -1),
        (READ.format(w=WEIGHT, first=0, n=-1, out=OUT), -1),
        (READ.format(w=WEIGHT, first=0, n=0x40000001, out=OUT), -1),
        (READ.format(w=WEIGHT, first=0, n=1, out="(i32.const 2048) (i32.const 3)"), -1),
        (READ.format(w=WEIGHT, first=0, n=1, out=f"(i32.const {SIZE}) (i32.const 4)"), -1),
        (READ.format(w=WEIGHT, first=0, n=1, out="(i32.const 8) (i32.const 0x40000000)"), -1),
        (MATMUL.format(w=5, x=0, n=1, out=OUT), -3),
        (MATMUL.format(w=WEIGHT, x=HIGH, n=1, out=OUT), -1),
        (MATMUL.format(w=WEIGHT, x=SIZE - 15, n=1, out=OUT), -1),
        (MATMUL.format(w=WEIGHT, x=0, n=0x10000000, out=OUT), -1),
        (MATMUL.format(w=WEIGHT, x=0, n=-1, out=OUT), -1),
        (MATMUL.format(w=WEIGHT, x=0, n=0, out=OUT), -1),
        (MATMUL.format(w=WEIGHT, x=0, n=11, out=OUT), -1),
        (MATMUL.format(w=WEIGHT, x=0, n=1, out=f"(i32.const {HIGH}) (i32.const 6)"), -1),
        (BATCH.format(seqs=HIGH, counts=0, n=2, ids=0, out=OUT), -1),
        (BATCH.format(seqs=0, counts=HIGH, n=2, ids=0, out=OUT), -1),
        (BATCH.format(seqs=0, counts=0, n=0, ids=0, out=OUT), -1),
        (BATCH.format(seqs=0, counts=0, n=-1, ids=0, out=OUT), -1),
        (BATCH.format(seqs=0, counts=0, n=1025, ids=0, out=OUT), -1),
        (BATCH.format(seqs=1024, counts=1032, n=2, ids=HIGH, out=OUT), -1),
        (BATCH.format(seqs=1024, counts=1032, n=2, ids=0, out="(i32.const 0) (i32.const 15)"), -1),
        (BATCH.format(seqs=1024, counts=1024, n=2, ids=0, out=OUT), -3),
        (BATCH.format(seqs=1040, counts=1032, n=2, ids=0, out=OUT), -3),
        (BATCH.format(seqs=1024, counts=1040, n=2, ids=0, out=OUT), -1),
        (BATCH.format(seqs=1024, counts=1048, n=2, ids=0, out=OUT), -1),
    ],
)
def test_wrong_handles_sizes_and_pointers_reach_nobody(host, call, status):
    # handles 5, 9; counts 1, 1; handles -1, 1 (and a count of 4294967295); counts 0, 0
    data = struct.pack("<2i2I2i2I", 5, 9, 1, 1, -1, 1, 0, 0)
    if "(i32.const 1024) (i32.const 1024)" in call:
        data = struct.pack("<2i", 1, 1)  # one sequence twice
    assert run(host, call, data)[0] == status
    assert host.calls == []


def test_a_name_that_is_too_long_or_lies_outside_is_refused(host):
    find = "(i32.wrap_i64 (call $weight_find (i32.const {}) (i32.const {})))"
    for pointer, length in ((0, 1025), (HIGH, 32), (0, -1), (SIZE, 1)):
        assert run(host, find.format(pointer, length))[0] == -1
    assert host.calls == []


def test_too_much_work_is_refused(host, monkeypatch):
    monkeypatch.setattr(host, "weight_shape", lambda _weight: (2**20, 2**17))
    memory = '(memory (export "memory") 128)'
    body = f"""(call $matmul (i64.const 0) (i32.const 0) (i32.const 1) (i32.const 1024)
        (i32.const {2**20}))"""
    module = GuestModule.from_bytes(blocking_guest(body, memory=memory), "guest")
    with GuestInstance(module, host) as instance, pytest.raises(Exception, match="too much work"):
        instance.generate(b"")
    assert host.calls == []


def test_work_of_the_host_counts_against_the_deadline(host):
    """A host function that only waits would not: the guest loops over this one."""
    read = READ.format(w=WEIGHT, first=0, n=1, out=OUT)
    body = f"(loop $again (drop {read}) (br $again)) (i32.const 1)"
    module = GuestModule.from_bytes(blocking_guest(body), "guest")
    with GuestInstance(module, host, GuestLimits(deadline_ms=100)) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.generate(b"")
        assert caught.value.limit == "deadline"
    assert host.calls


@pytest.mark.parametrize(
    "name",
    [
        *("forward_batch", "emit_token", "is_end", "mask", "vocab_size"),
        *("weight_find", "weight_read", "matmul"),
    ],
)
def test_the_default_host_refuses_them_too(name):
    calls = {
        "forward_batch": BATCH.format(seqs=1024, counts=1032, n=1, ids=0, out=OUT),
        "emit_token": "(call $emit_token (i32.const 0) (i32.const 0) (f32.const 0))",
        "mask": "(call $mask (i32.const 0) (i32.const 0) (i32.const 0))",
        "vocab_size": "(call $vocab_size)",
        "is_end": "(call $is_end (i32.const 0))",
        "weight_find": "(i32.wrap_i64 (call $weight_find (i32.const 0) (i32.const 1)))",
        "weight_read": READ.format(w=0, first=0, n=1, out=OUT),
        "matmul": MATMUL.format(w=0, x=0, n=1, out=OUT),
    }
    extra = r'(data (i32.const 1032) "\01")'
    module = GuestModule.from_bytes(blocking_guest(calls[name], extra=extra), "guest")
    with GuestInstance(module) as instance, pytest.raises(Exception, match="no host for it"):
        instance.generate(b"")
