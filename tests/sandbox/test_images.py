"""Guests that begin with a vocabulary: the same guest, less memory, and refused where in doubt."""

from __future__ import annotations

import struct
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import wasmtime

from realm_jupyter.errors import GuestLimitError, GuestTrapError, ModelFormatError
from realm_jupyter.sandbox import (
    GuestInstance,
    GuestLimits,
    GuestModule,
    VocabularyImages,
    encode_config,
    vocabulary_images,
)
from realm_jupyter.sandbox import image as image_module
from realm_jupyter.sandbox.cache import ModuleCache
from realm_jupyter.sandbox.image import cached_image, make_image
from realm_jupyter.sandbox.image_plan import ImagePlan, ImageRefusedError
from realm_jupyter.sandbox.wasm_binary import BinaryReader, join_sections, signed, split, unsigned
from realm_jupyter.types import GenerationConfig
from support.guest_vocabulary import NORMAL, plain_tokens, vocabulary_blob
from support.guest_wat import blocking_guest, guest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="images need memory files")

TOKENS = plain_tokens(20_000)
BLOB = vocabulary_blob(TOKENS, types=[NORMAL] * len(TOKENS))
TEXT = b" ".join(TOKENS[5000:5040])


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return ModuleCache(tmp_path_factory.mktemp("images") / "cache", kind="image")


@pytest.fixture(scope="module")
def image(cache):
    found = make_image(GuestModule.shipped(), BLOB, cache=cache)
    assert found is not None
    return found


def run(instance, *, seed=3, steps=12):
    """Return what an instance says of a text and which tokens it draws."""
    ids = instance.tokenize(TEXT)
    config = GenerationConfig(temperature=1, top_k=0, logprobs=2, repetition_penalty=1.2)
    handle = instance.generate_begin(encode_config(config, ids, seed=seed, max_tokens=steps))
    rows = np.random.default_rng(seed).normal(0, 3, (steps, len(TOKENS))).astype(np.float32)
    events = [instance.generate_step(handle, row) for row in rows]
    return ids.tolist(), instance.detokenize(ids), events, instance.generate_end(handle)


# ---- The same guest --------------------------------------------------------------------


def test_an_image_answers_as_an_instance_that_loaded_the_vocabulary(image):
    with GuestInstance(GuestModule.shipped()) as plain, GuestInstance(image) as ready:
        plain.load_vocabulary(BLOB)
        assert run(ready) == run(plain)
        assert ready.memory_bytes <= plain.memory_bytes
    assert image.is_preloaded
    assert (image.kind, image.has_vocabulary) == ("resumable", True)


def test_instances_of_one_image_do_not_meet(image):
    with GuestInstance(image) as first, GuestInstance(image) as second:
        handle = first.generate_begin(
            encode_config(GenerationConfig(stop=("secret",)), [1], seed=1, max_tokens=3)
        )
        expected = run(second)
        first.generate_end(handle)
        first.load_vocabulary(vocabulary_blob(TOKENS[:300], types=[NORMAL] * 300))
        assert run(second) == expected
        with GuestInstance(image) as third:
            assert run(third) == expected


def test_an_interrupt_ends_one_instance_of_an_image_alone():
    looping = guest(
        "realm_generate",
        "realm_vocab_load",
        "realm_tokenize",
        "realm_detokenize",
        realm_generate="(loop $again br $again) i32.const 1",
    )
    made = make_image(GuestModule.from_bytes(looping, "looper"), b"x")
    stuck = GuestInstance(made, limits=GuestLimits(deadline_ms=60_000))

    def loop():
        with pytest.raises(GuestLimitError):
            stuck.generate(b"")

    busy = threading.Thread(target=loop)
    busy.start()
    with GuestInstance(made) as other:
        while busy.is_alive():
            assert other.tokenize(b"\1\0\0\0").tolist() == [1]
            stuck.interrupt()
        assert stuck.is_broken
        assert other.tokenize(b"\2\0\0\0").tolist() == [2]


# ---- Memory ----------------------------------------------------------------------------


def private_bytes():
    """Return the memory of this process that no mapping shares, page by page."""
    total = 0
    with Path("/proc/self/smaps_rollup").open(encoding="ascii") as file:
        for line in file:
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1]) << 10
    return total


def test_instances_that_have_generated_share_their_pages(image):
    """Private memory, from the system's books; without sharing each has 2 MB and more."""
    config = encode_config(GenerationConfig(), [1, 2], seed=1, max_tokens=4)
    row = np.random.default_rng(0).normal(0, 3, len(TOKENS)).astype(np.float32)

    def used(module, *, is_loading):
        instance = GuestInstance(module)
        if is_loading:
            instance.load_vocabulary(BLOB)
        instance.tokenize(TEXT)
        handle = instance.generate_begin(config)
        for _ in range(3):
            instance.generate_step(handle, row)
        instance.generate_end(handle)
        return instance

    def each(module, count, *, is_loading):
        kept = [used(module, is_loading=is_loading)]
        before = private_bytes()
        kept += [used(module, is_loading=is_loading) for _ in range(count)]
        grown = (private_bytes() - before) / count
        for instance in kept:
            instance.close()
        return grown

    shared = each(image, 40, is_loading=False)
    loaded = each(GuestModule.shipped(), 5, is_loading=True)
    assert shared < 250_000
    assert loaded > 4 * shared


def test_the_logits_of_an_idle_instance_take_no_memory(image):
    row = np.zeros(len(TOKENS), np.float32)
    config = encode_config(GenerationConfig(temperature=0), [1], seed=1, max_tokens=4)
    with GuestInstance(image) as instance:
        for _ in range(3):
            handle = instance.generate_begin(config)
            row[handle + 7] = 5
            assert instance.generate_step(handle, row).token_id == handle + 7
            row[handle + 7] = 0
            held = private_bytes()
            instance.generate_end(handle)
            assert held - private_bytes() > row.nbytes - 3 * 4096


def test_an_image_counts_against_the_memory_limit(image):
    with pytest.raises(GuestLimitError) as caught:
        GuestInstance(image, limits=GuestLimits(memory_bytes=1 << 20))
    assert caught.value.limit == "memory"


# ---- State -----------------------------------------------------------------------------

STATE = """
    (global $small (mut i32) (i32.const 5)) (global $large (mut i64) (i64.const -1))
    (global $fixed i32 (i32.const 77)) (global $half f32 (f32.const 0.5))
    (table 4 funcref) (elem (i32.const 1) $one $two)
    (func $one (result i32) i32.const 1) (func $two (result i32) i32.const 2)"""
CHANGE = """
    (global.set $small (i32.const -123456)) (global.set $large (i64.const 0x7fffffffffffffff))
    (i32.store (i32.const 60000) (i32.const 99))
    (drop (memory.grow (i32.const 3)))
    (i32.store (i32.const 1100000) (local.get 1))
    i32.const 0"""
REPORT = """
    (i32.store (i32.const 0) (global.get $small)) (i64.store (i32.const 4) (global.get $large))
    (i32.store (i32.const 12) (global.get $fixed))
    (i32.store (i32.const 16) (i32.load (i32.const 60000)))
    (i32.store (i32.const 20) (memory.size)) (i32.store (i32.const 24) (i32.load
        (i32.const 1100000)))
    (i32.store (i32.const 28) (call_indirect (result i32) (i32.const 2)))
    (i32.store (i32.const 32) (memory.grow (i32.const 1)))
    (i32.store (i32.const 36) (memory.grow (i32.const 100)))
    i64.const 0x2800000000"""
FIELDS = struct.Struct("<iqiiiiiii")


def text_guest(**parts):
    return guest(
        "realm_generate", "realm_vocab_load", "realm_tokenize", "realm_detokenize", **parts
    )


def state_guest(**changes):
    parts = {
        "memory": '(memory (export "memory") 16 25)',
        "extra": STATE,
        "realm_vocab_load": CHANGE,
        "realm_tokenize": REPORT,
    }
    return GuestModule.from_bytes(text_guest(**parts | changes), "stateful")


def test_globals_memory_size_and_contents_are_carried_over():
    module = state_guest()
    made = make_image(module, b"abc")
    with GuestInstance(module) as plain, GuestInstance(made) as ready:
        plain.load_vocabulary(b"abc")
        expected = plain.tokenize(b"").tobytes()
        assert FIELDS.unpack(expected) == (-123456, 2**63 - 1, 77, 99, 19, 3, 2, 19, -1)
        assert ready.tokenize(b"").tobytes() == expected
    with GuestInstance(made) as again:
        assert again.tokenize(b"").tobytes() == expected


def test_constructors_run_once():
    initialize = """(func (export "_initialize")
        (if (i32.load (i32.const 8)) (then unreachable))
        (i32.store (i32.const 8) (i32.const 41)))"""
    module = GuestModule.from_bytes(
        text_guest(
            extra=initialize,
            realm_tokenize="""(i32.store (i32.const 0) (i32.load (i32.const 8)))
                i64.const 0x400000000""",
        ),
        "constructed",
    )
    with GuestInstance(make_image(module, b"x")) as instance:
        assert instance.tokenize(b"").tolist() == [41]


def test_memory_of_zeros_makes_an_image_too():
    empty = GuestModule.from_bytes(text_guest(), "empty")
    with GuestInstance(make_image(empty, b"")) as instance:
        assert instance.tokenize(b"\7\0\0\0").tolist() == [7]


def test_a_memory_beyond_the_limit_of_images_is_refused(monkeypatch, caplog):
    monkeypatch.setattr(image_module, "MAX_MEMORY_BYTES", 15 << 16)
    caplog.set_level("INFO")
    assert make_image(GuestModule.from_bytes(text_guest(), "large"), b"x") is None
    assert "1048576 bytes" in caplog.text


# ---- What is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"extra": '(func $go) (start $go) (data (i32.const 9) "x")'}, "start function"),
        ({"extra": '(data "passive")'}, "passive data"),
        ({"extra": "(func $f) (table 1 funcref) (elem func $f)"}, "passive element"),
        ({"extra": "(func $f) (table 1 funcref) (elem funcref (ref.func $f))"}, "passive element"),
        ({"extra": "(global (mut f32) (f32.const 1))"}, "mutable global 0"),
        ({"extra": "(global i32 (i32.const 3)) (global (mut f64) (f64.const 1))"}, "global 1"),
        ({"extra": "(global (mut v128) (v128.const i32x4 1 2 3 4))"}, "mutable global 0"),
        ({"extra": "(global (mut funcref) (ref.null func))"}, "mutable global 0"),
    ],
)
def test_modules_with_what_an_image_cannot_carry_are_refused(caplog, changes, reason):
    module = GuestModule.from_bytes(text_guest(**changes), "odd")
    caplog.set_level("INFO")
    assert make_image(module, b"x") is None
    assert reason in caplog.text
    with VocabularyImages(lambda: b"x").instance(module) as instance:
        assert instance.tokenize(b"\1\0\0\0").tolist() == [1]


@pytest.mark.parametrize(
    ("extra", "load", "reason"),
    [
        (
            "(table $t 4 funcref) (elem (i32.const 1) $f $g) (func $f) (func $g)",
            "(table.set $t (i32.const 1) (ref.func $g)) i32.const 0",
            "changed a table",
        ),
        (
            "(table $t 4 funcref) (elem (i32.const 1) $f) (func $f)",
            "(table.set $t (i32.const 1) (ref.null func)) i32.const 0",
            "changed a table",
        ),
        (
            "(table $t 1 9 funcref)",
            "(drop (table.grow $t (ref.null func) (i32.const 2))) i32.const 0",
            "changed a table",
        ),
        ("", "(call $log (i32.const 1) (i32.const 0) (i32.const 1)) i32.const 0", "called log"),
        ("", "(drop (call $seq_new)) i32.const 0", "called seq_new"),
        ("", "unreachable", "trapped"),
        ("", "i32.const -4", "malformed"),
    ],
)
def test_guests_that_do_what_an_image_cannot_carry_are_refused(caplog, extra, load, reason):
    module = GuestModule.from_bytes(text_guest(extra=extra, realm_vocab_load=load), "odd")
    caplog.set_level("INFO")
    assert make_image(module, b"x") is None
    assert reason in caplog.text


def test_unchanged_tables_are_no_obstacle():
    extra = """(table $t 4 funcref) (table 2 funcref) (elem (i32.const 1) $f $g)
        (elem declare func $h) (func $f) (func $g) (func $h)"""
    load = "(table.set $t (i32.const 1) (ref.func $f)) i32.const 0"
    module = GuestModule.from_bytes(text_guest(extra=extra, realm_vocab_load=load), "even")
    assert make_image(module, b"x") is not None


def test_a_malformed_vocabulary_is_the_same_error_with_images(monkeypatch):
    monkeypatch.setattr(vocabulary_images, "MIN_VOCABULARY_BYTES", 0)
    module = GuestModule.from_bytes(text_guest(realm_vocab_load="i32.const -4"), "strict")
    images = VocabularyImages(lambda: b"no vocabulary")
    for _ in range(3):
        with pytest.raises(ModelFormatError):
            images.instance(module)


def test_without_memory_files_the_vocabulary_is_loaded(monkeypatch):
    def refuse(*_arguments):
        raise OSError

    module = GuestModule.from_bytes(text_guest(), "guest")
    monkeypatch.setattr("os.memfd_create", refuse)
    assert make_image(module, b"x") is None


# ---- When images are made, and kept ----------------------------------------------------


@pytest.fixture
def made(monkeypatch):
    """Make images of small vocabularies too, and note which were made."""
    made = []

    def noting(*arguments):
        made.append(make_image(*arguments))
        return made[-1]

    monkeypatch.setattr(vocabulary_images, "make_image", noting)
    monkeypatch.setattr(vocabulary_images, "MIN_VOCABULARY_BYTES", 0)
    return made


def test_the_second_instance_makes_the_image_and_the_disk_keeps_it(made, private_cache):
    module = state_guest()
    images = VocabularyImages(lambda: b"abc")
    seen = []
    for _ in range(4):
        with images.instance(module) as instance:
            seen.append(instance.module.is_preloaded)
            assert instance.tokenize(b"").size
    assert (seen, len(made)) == ([False, True, True, True], 1)
    (path,) = private_cache.glob("*.image")
    assert path.stat().st_mode & 0o777 == 0o600
    with VocabularyImages(lambda: b"abc").instance(module) as instance:
        assert instance.module.is_preloaded
    assert len(made) == 1


def test_a_small_vocabulary_needs_no_image(monkeypatch):
    monkeypatch.setattr(vocabulary_images, "make_image", None)
    images = VocabularyImages(lambda: vocabulary_blob(TOKENS[:200], types=[NORMAL] * 200))
    for _ in range(3):
        with images.instance(GuestModule.shipped()) as instance:
            assert not instance.module.is_preloaded


@pytest.mark.parametrize("damage", ["flip", "truncate", "foreign", "mode"])
def test_a_file_that_this_user_did_not_write_is_not_run(tmp_path, damage):
    keeps_length = "(i32.store (i32.const 64) (local.get 1)) i32.const 0"
    module = GuestModule.from_bytes(text_guest(realm_vocab_load=keeps_length), "guest")
    cache = ModuleCache(tmp_path / "images", kind="image")
    assert make_image(module, b"x", cache=cache) is not None
    assert cached_image(module, b"x", cache=cache) is not None
    assert cached_image(module, b"another", cache=cache) is None
    (path,) = cache.folder.glob("*.image")
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[-100] ^= 1
    elif damage == "truncate":
        del data[-1]
    elif damage == "foreign":
        assert make_image(module, b"another", cache=cache) is not None
        (other,) = (found for found in cache.folder.glob("*.image") if found != path)
        data = bytearray(other.read_bytes())
    path.write_bytes(data)
    if damage == "mode":
        path.chmod(0o644)
    assert cached_image(module, b"x", cache=cache) is None


def test_an_image_of_another_wasmtime_is_made_again(tmp_path):
    module = GuestModule.from_bytes(text_guest(), "guest")
    cache = ModuleCache(tmp_path / "images", kind="image")
    cache.put(image_module._key(module, b"x"), b"of another version, but written by us")
    assert cached_image(module, b"x", cache=cache) is None


def test_images_on_disk_are_limited_in_bytes(monkeypatch, tmp_path):
    monkeypatch.setattr("realm_jupyter.sandbox.cache.MAX_BYTES", 100)
    cache = ModuleCache(tmp_path / "images", kind="image")
    cache.put(b"a", bytes(60))
    cache.put(b"huge", bytes(101))
    assert (cache.get(b"a"), cache.get(b"huge")) == (bytes(60), None)
    cache.put(b"b", bytes(60))
    assert len(list(cache.folder.glob("*.image"))) == 1
    assert cache.get(b"b") is not None


def test_tenants_that_come_at_once_wait_for_one_image(made):
    module = state_guest()
    images = VocabularyImages(lambda: b"abc")
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(images.instance(module))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(found)) == (1, 6)
    assert len({instance.tokenize(b"").tobytes() for instance in found}) == 1
    for instance in found:
        instance.close()


def test_an_instance_that_traps_breaks_no_other_of_its_image():
    module = GuestModule.from_bytes(
        text_guest(realm_generate="(i32.store (i32.const 64) (i32.const 9)) unreachable"), "trap"
    )
    made = make_image(module, b"x")
    with GuestInstance(made) as first, GuestInstance(made) as second:
        with pytest.raises(GuestTrapError):
            first.generate(b"")
        assert second.tokenize(b"\3\0\0\0").tolist() == [3]


# ---- The binary format -----------------------------------------------------------------


def test_sections_come_back_byte_for_byte():
    wasm = GuestModule.shipped().wasm
    assert join_sections(split(wasm)) == wasm
    assert join_sections(split(blocking_guest())) == blocking_guest()


@pytest.mark.parametrize("value", [0, 1, 63, 64, 127, 128, 8191, 2**31 - 1, 2**32 - 1, 2**63])
def test_numbers_come_back(value):
    reader = BinaryReader(unsigned(value) + b"rest")
    assert reader.number() == value
    assert reader.take(4) == b"rest"
    text = f'(module (global (export "g") i64 (i64.const {value % 2**63})))'
    assert signed(value % 2**63) in bytes(wasmtime.wat2wasm(text))


def test_constant_expressions_are_read_to_their_end():
    text = """(module (func $f) (global i64 (i64.const -9223372036854775808))
        (global f64 (f64.const 11)) (global v128 (v128.const i8x16 11 11 11 11 11 11 11 11 11
        11 11 11 11 11 11 11)) (global funcref (ref.func $f)) (global funcref (ref.null func))
        (global $a i32 (i32.const 11)) (global i32 (i32.add (global.get $a) (i32.const 11)))
        (table 3 funcref) (elem (i32.const 0) $f) (elem (offset (global.get $a)) funcref
        (ref.func $f)) (memory (export "memory") 1) (func (export "x")))"""
    ImagePlan(bytes(wasmtime.wat2wasm(text)))
    with pytest.raises(ValueError, match="0x00"):
        BinaryReader(b"\x00\x0b").expression()
    with pytest.raises(ImageRefusedError):
        ImagePlan(b"\0asm\x01\0\0\0\x05\x03\x01\x04\x01\x07\x01\x00")
