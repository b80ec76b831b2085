"""What the shipped guest may reach: its imports and exports are pinned.

A new import, above all one of WASI, fails here. After a wanted change of the ABI run
``pytest tests/guest/test_abi.py --update-golden`` and read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import wasmtime

from realm_jupyter.sandbox.module import SHIPPED_PATH

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "guest_abi.json"
MOST_BYTES = 256 << 10
STACK_BYTES = 256 << 10
DATA_SECTION = 11


@pytest.fixture(scope="module")
def wasm():
    return SHIPPED_PATH.read_bytes()


@pytest.fixture(scope="module")
def module(wasm):
    return wasmtime.Module(wasmtime.Engine(), wasm)


def described(kind):
    if isinstance(kind, wasmtime.FuncType):
        return f"({', '.join(map(str, kind.params))}) -> ({', '.join(map(str, kind.results))})"
    assert isinstance(kind, wasmtime.MemoryType), kind
    assert not kind.is_64
    return "memory" if kind.limits.max is None else f"memory of at most {kind.limits.max} pages"


def test_imports_and_exports_are_those_agreed_on(module, update_golden):
    found = {
        "oracle": "realm.h, version 0; written by pytest --update-golden and read by a person",
        "imports": {f"{i.module}.{i.name}": described(i.type) for i in module.imports},
        "exports": {e.name: described(e.type) for e in module.exports},
    }
    found = {key: dict(sorted(v.items())) if key != "oracle" else v for key, v in found.items()}
    if update_golden:
        GOLDEN.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_nothing_is_imported_from_outside_realm(module):
    assert {i.module for i in module.imports} <= {"realm"}


def test_the_guest_stays_small(wasm):
    assert len(wasm) < MOST_BYTES


def test_the_stack_lies_below_the_data(wasm):
    # A stack that overflows runs below address 0 and traps, before it can touch any data.
    for section, start in sections(wasm):
        if section == DATA_SECTION:
            _, at = leb128(wasm, start)  # number of segments
            assert wasm[at : at + 2] == b"\x00\x41"  # active, at an i32.const
            offset, _ = leb128(wasm, at + 2)
            assert offset >= STACK_BYTES
            return
    pytest.fail("the guest has no data section")


def sections(wasm):
    at = 8
    while at < len(wasm):
        size, start = leb128(wasm, at + 1)
        yield wasm[at], start
        at = start + size


def leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
