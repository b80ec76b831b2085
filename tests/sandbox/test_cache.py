"""Compiled code on disk is used only if this user's own process wrote it."""

from __future__ import annotations

import os
import stat

import pytest
import wasmtime

from realm_jupyter.sandbox import GuestInstance, GuestModule, cache
from realm_jupyter.sandbox.cache import ModuleCache
from support.guest_wat import blocking_guest

WASM = blocking_guest("i32.const 2")
posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX")


def _compile_counting(monkeypatch):
    """Compile WASM and return how often the compiler ran."""
    compiled = []
    original = wasmtime.Module.__init__

    def counting(self, engine, wasm):
        compiled.append(len(wasm))
        original(self, engine, wasm)

    with monkeypatch.context() as patch:
        patch.setattr(wasmtime.Module, "__init__", counting)
        module = GuestModule.from_bytes(WASM, "g")
    with GuestInstance(module) as instance:
        assert instance.generate(b"") == 2
    return len(compiled)


def _files(folder):
    return sorted(folder.glob("*.cwasm"))


def test_a_guest_is_compiled_once_and_kept_for_this_user_only(monkeypatch, private_cache):
    assert _compile_counting(monkeypatch) == 1
    assert _compile_counting(monkeypatch) == 0
    (path,) = _files(private_cache)
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE((private_cache / "key").stat().st_mode) == 0o600
        assert stat.S_IMODE(private_cache.stat().st_mode) == 0o700
    assert not list(private_cache.glob(".*"))


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "append", "rename"])
def test_a_damaged_file_is_not_used(monkeypatch, private_cache, damage):
    _compile_counting(monkeypatch)
    (path,) = _files(private_cache)
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    elif damage == "truncate":
        del data[-100:]
    elif damage == "empty":
        data.clear()
    elif damage == "append":
        data += b"x"
    path.write_bytes(data)
    if damage == "rename":  # code of another guest under this one's name
        other = ModuleCache()
        other.put(b"other", b"other code")
        (foreign,) = [file for file in _files(private_cache) if file != path]
        foreign.replace(path)
    assert _compile_counting(monkeypatch) == 1
    assert _compile_counting(monkeypatch) == 0


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o644, 0o666])
def test_a_file_that_others_may_touch_is_not_used(monkeypatch, private_cache, mode):
    _compile_counting(monkeypatch)
    (path,) = _files(private_cache)
    path.chmod(mode)
    assert _compile_counting(monkeypatch) == 1


@posix
def test_a_folder_that_others_may_write_is_neither_read_nor_written(monkeypatch, private_cache):
    _compile_counting(monkeypatch)
    private_cache.chmod(0o777)
    (path,) = _files(private_cache)
    before = path.stat().st_mtime_ns
    assert _compile_counting(monkeypatch) == 1
    assert path.stat().st_mtime_ns == before


@posix
@pytest.mark.parametrize("what", ["file", "key", "folder"])
def test_links_are_not_followed(monkeypatch, private_cache, tmp_path, what):
    _compile_counting(monkeypatch)
    (path,) = _files(private_cache)
    target = {"file": path, "key": private_cache / "key", "folder": private_cache}[what]
    moved = target.replace(tmp_path / "elsewhere")
    target.symlink_to(moved)
    assert _compile_counting(monkeypatch) == 1


@posix
def test_a_pipe_in_place_of_the_file_does_not_block(monkeypatch, private_cache):
    _compile_counting(monkeypatch)
    (path,) = _files(private_cache)
    path.unlink()
    os.mkfifo(path, 0o600)
    assert _compile_counting(monkeypatch) == 1


@posix
def test_a_file_of_another_owner_is_not_used(monkeypatch, private_cache):
    _compile_counting(monkeypatch)
    monkeypatch.setattr(cache.os, "geteuid", lambda: 12345)
    assert _compile_counting(monkeypatch) == 1


def test_a_file_made_with_another_key_is_not_used(monkeypatch, private_cache):
    _compile_counting(monkeypatch)
    (private_cache / "key").write_bytes(b"\1" * 32)
    assert _compile_counting(monkeypatch) == 1
    (private_cache / "key").unlink()
    assert _compile_counting(monkeypatch) == 1
    assert _compile_counting(monkeypatch) == 0


def test_code_of_another_configuration_is_not_used(monkeypatch, private_cache):
    _compile_counting(monkeypatch)
    monkeypatch.setattr(cache, "fingerprint", lambda: "another processor")
    assert _compile_counting(monkeypatch) == 1
    assert len(_files(private_cache)) == 2


def test_code_that_wasmtime_refuses_is_compiled_again(monkeypatch, private_cache):
    ModuleCache().put(WASM, b"not machine code, but written by us")
    assert _compile_counting(monkeypatch) == 1
    assert _compile_counting(monkeypatch) == 0


def test_a_folder_that_cannot_be_made_is_done_without(monkeypatch, tmp_path):
    (tmp_path / "plain").write_text("a file")
    monkeypatch.setenv("REALM_CACHE_DIR", str(tmp_path / "plain"))
    assert _compile_counting(monkeypatch) == 1
    assert _compile_counting(monkeypatch) == 1


def test_old_files_are_removed(private_cache):
    store = ModuleCache()
    for number in range(cache.MAX_FILES + 5):
        store.put(b"%d" % number, b"code")
        os.utime(_newest(private_cache), (number, number))
    assert len(_files(private_cache)) == cache.MAX_FILES
    assert store.get(b"%d" % (cache.MAX_FILES + 4)) == b"code"
    assert store.get(b"0") is None


def _newest(folder):
    return max(folder.glob("*.cwasm"), key=lambda path: path.stat().st_mtime)
