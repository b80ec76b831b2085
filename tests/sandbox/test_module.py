"""What may be loaded as a guest."""

from __future__ import annotations

import pytest
import wasmtime

from realm_jupyter.errors import ConfigError, GuestAbiError, GuestMissingError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule, module
from support.guest_wat import blocking_guest, guest, resumable_guest


def test_kinds_are_told_by_their_exports():
    resumable = GuestModule.from_bytes(resumable_guest(), "r")
    assert (resumable.kind, resumable.has_vocabulary) == ("resumable", True)
    blocking = GuestModule.from_bytes(blocking_guest(), "b")
    assert (blocking.kind, blocking.has_vocabulary) == ("blocking", False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0asm",
        b"(module)",
        b"not wasm at all",
        b"\0asm\x02\0\0\0",
        b"\0asm\x01\0\0\0\xff\xff\xff",
        resumable_guest()[:-3],
        b"\0asm\x0d\0\x01\0",  # a component
    ],
)
def test_malformed_modules_are_abi_errors(data):
    with pytest.raises(GuestAbiError, match="broken"):
        GuestModule.from_bytes(data, "broken")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32) (result i32)))',
            "wasi_snapshot_preview1.fd_write",
        ),
        ('(import "env" "log" (func (param i32 i32 i32)))', "env.log"),
        ('(import "realm" "open" (func (param i32)))', "realm.open"),
        ('(import "realm" "log" (func (param i32 i32)))', "realm.log"),
        ('(import "realm" "log" (global i32))', "realm.log"),
        ('(import "realm" "forward" (table 1 funcref))', "realm.forward"),
        ('(import "realm" "seq_new" (func (result i64)))', "realm.seq_new"),
    ],
)
def test_imports_that_no_guest_may_have_are_named(text, name):
    wasm = guest("realm_generate", imports=text)
    with pytest.raises(GuestAbiError, match=name.replace(".", r"\.")) as caught:
        GuestModule.from_bytes(wasm, "g")
    assert name in caught.value.found
    assert "realm.forward" in caught.value.expected


@pytest.mark.parametrize(
    "export",
    [
        "realm_abi_version",
        "realm_alloc",
        "realm_free",
        "realm_tokenize",
        "realm_logits",
        "realm_generate_end",
    ],
)
def test_a_missing_export_is_named(export):
    with pytest.raises(GuestAbiError, match=export):
        GuestModule.from_bytes(resumable_guest(without=export), "g")


def test_a_guest_needs_its_memory_and_some_way_to_generate():
    hidden = resumable_guest(memory="(memory 1)")
    with pytest.raises(GuestAbiError, match="memory"):
        GuestModule.from_bytes(hidden, "g")
    with pytest.raises(GuestAbiError, match="realm_generate"):
        GuestModule.from_bytes(guest(), "g")


def test_an_export_of_another_type_does_not_count():
    wasm = guest(
        "realm_generate",
        without="realm_alloc",
        extra="""
        (func (export "realm_alloc") (param i64) (result i32) i32.const 0)""",
    )
    with pytest.raises(GuestAbiError, match="realm_alloc"):
        GuestModule.from_bytes(wasm, "g")


@pytest.mark.parametrize(
    "extra",
    [
        '(memory (export "memory") i64 1)',
        '(memory (export "memory") 1 1 shared)',
        '(memory (export "memory") 1) (memory 1)',
    ],
)
def test_memories_beyond_one_of_32_bits_are_refused(extra):
    with pytest.raises(GuestAbiError):
        GuestModule.from_bytes(resumable_guest(memory=extra), "g")


def test_another_abi_version_is_refused():
    wasm = resumable_guest(realm_abi_version="i32.const 1")
    with pytest.raises(GuestAbiError, match="version 1") as caught:
        GuestInstance(GuestModule.from_bytes(wasm, "g"))
    assert (caught.value.expected, caught.value.found) == ("0", "1")


def test_a_missing_shipped_guest_says_how_to_build_it(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "SHIPPED_PATH", tmp_path / "guest.wasm")
    monkeypatch.setattr(GuestModule, "_shipped", None)
    with pytest.raises(GuestMissingError, match=r"hatch_build\.py guest") as caught:
        GuestModule.shipped()
    assert caught.value.path == tmp_path / "guest.wasm"


def test_the_shipped_guest_is_compiled_once(monkeypatch, tmp_path):
    path = tmp_path / "guest.wasm"
    path.write_bytes(resumable_guest())
    monkeypatch.setattr(module, "SHIPPED_PATH", path)
    monkeypatch.setattr(GuestModule, "_shipped", None)
    assert GuestModule.shipped() is GuestModule.shipped()


def test_a_guest_without_memory_files_works_from_bytes(monkeypatch):
    def refuse(*_arguments):
        raise OSError

    monkeypatch.setattr("os.memfd_create", refuse, raising=False)
    compiled = GuestModule.from_bytes(blocking_guest(), "g")
    with GuestInstance(compiled) as instance:
        assert instance.generate(b"") == 1


def test_a_memory_file_that_may_not_be_executed_is_not_needed(monkeypatch):
    def refuse(*_arguments):
        message = "mmap failed"
        raise wasmtime.WasmtimeError(message)

    monkeypatch.setattr(wasmtime.Module, "deserialize_file", refuse)
    compiled = GuestModule.from_bytes(blocking_guest(), "g")
    with GuestInstance(compiled) as instance:
        assert instance.generate(b"") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"memory_bytes": 0},
        {"memory_bytes": 2**33},
        {"deadline_ms": 0},
        {"deadline_ms": 1.5},
        {"table_elements": -1},
        {"stack_bytes": 1},
        {"stack_bytes": 2**40},
        {"memory_bytes": True},
    ],
)
def test_limits_out_of_range_name_the_field(change):
    (field,) = change
    with pytest.raises(ConfigError, match=field) as caught:
        GuestLimits(**change)
    assert caught.value.field == field
