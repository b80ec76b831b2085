"""Hostile files: each one is an error that names file and byte, and costs little memory."""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import ModelFormatError, ModelNotFoundError
from realm_jupyter.gguf import GGUFFile, Vocabulary
from support.malformed_gguf import MALFORMED, VOCABULARIES, vocabulary
from support.tiny_gguf import (
    ALIGNMENT,
    BOOL,
    CHATML_TEMPLATE,
    F32,
    I32,
    STRING,
    U8,
    U32,
    U64,
    array_field,
    assemble,
    bpe_vocabulary,
    f32_tensor,
    field,
    gguf_bytes,
    string,
    tensor_record,
    tiny_llama,
)

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def by_name(cases):
    return pytest.mark.parametrize("case", cases.values(), ids=cases.keys())


# ---- The corpus ----


@by_name(MALFORMED)
def test_a_malformed_file_is_an_error_that_names_file_and_byte(case, tmp_path):
    path = tmp_path / "model.gguf"
    data = case.data
    path.write_bytes(data)
    message = case.message if data else "the file is empty"
    with pytest.raises(ModelFormatError, match=re.escape(message)) as caught:
        GGUFFile.open(path)
    assert caught.value.path == path
    assert str(path) in str(caught.value)
    assert caught.value.offset_bytes is not None
    assert 0 <= caught.value.offset_bytes <= len(data)
    if case.offset is not None:
        assert caught.value.offset_bytes == case.offset


@by_name(MALFORMED)
def test_malformed_bytes_are_the_same_error(case):
    with pytest.raises(ModelFormatError, match=re.escape(case.message)):
        GGUFFile.open(case.data)


@by_name(VOCABULARIES)
def test_a_malformed_vocabulary_is_an_error(case, tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(case.data)
    with (
        GGUFFile.open(path) as file,
        pytest.raises(ModelFormatError, match=re.escape(case.message)) as caught,
    ):
        Vocabulary.from_file(file)
    assert caught.value.path == path
    if "missing" not in case.message and "no vocabulary" not in case.message:
        assert caught.value.offset_bytes is not None


def test_the_sound_parts_of_the_corpus_are_sound():
    """What is built around the lies must open, or the corpus would show nothing."""
    sound = [
        assemble(),
        assemble([field("k", U8, 1), field("general.alignment", U32, 32)]),
        assemble([array_field("k", STRING, ["a", "", "b"]), array_field("b", BOOL, [0, 1])]),
        assemble([], [tensor_record("t", [8])], bytes(32)),
        assemble([], [tensor_record("a", [8]), tensor_record("b", [8], offset=32)], bytes(64)),
        assemble(
            [field("general.alignment", U32, 1)],
            [tensor_record("a", [1]), tensor_record("b", [1], offset=4)],
            bytes(8),
            alignment=1,
        ),
        assemble([], [tensor_record("t" * 63, [1, 1, 1, 1])], bytes(32)),
    ]
    for data in sound:
        GGUFFile.open(data).close()
    scores = array_field("tokenizer.ggml.scores", F32, [1.0, 2.0, 3.0])
    types = array_field("tokenizer.ggml.token_type", I32, [2, 3, 3])
    with GGUFFile.open(assemble(vocabulary(scores=scores, types=types))) as file:
        assert Vocabulary.from_file(file).num_tokens == 3


# ---- Truncation and mutation ----


def small_file() -> bytes:
    fields = [
        field("general.architecture", STRING, "llama"),
        field("general.alignment", U32, ALIGNMENT),
        array_field("numbers", I32, [1, 2, 3]),
        array_field("flags", BOOL, [1, 0]),
        *vocabulary(
            scores=array_field("tokenizer.ggml.scores", F32, [0.0, 1.0, 2.0]),
            types=array_field("tokenizer.ggml.token_type", I32, [2, 3, 3]),
            merges=array_field("tokenizer.ggml.merges", STRING, ["a b", "c d"]),
        ),
    ]
    weights = np.arange(64, dtype=np.float32)
    return gguf_bytes(fields, [f32_tensor("a", weights), f32_tensor("b", weights.reshape(8, 8))])


def test_truncation_at_every_byte_is_an_error():
    data = small_file()
    GGUFFile.open(data).close()
    for length in range(len(data)):
        with pytest.raises(ModelFormatError) as caught:
            GGUFFile.open(data[:length])
        assert caught.value.offset_bytes is not None
        assert caught.value.offset_bytes <= length


def use(data: bytes) -> None:
    """Open a file and touch everything; nothing but ModelFormatError may come of it."""
    try:
        with GGUFFile.open(data) as file:
            for value in file.metadata.values():
                if not isinstance(value, (int, float, str)):
                    list(value)
            for name in file.tensors:
                assert file.data(name).size == file.tensors[name].size_bytes
                file.tensor(name)
            vocabulary = Vocabulary.from_file(file)
            for token_id in range(vocabulary.num_tokens):
                vocabulary.token_text(token_id)
            vocabulary.to_blob()
    except ModelFormatError:
        pass


SMALL = small_file()
HEADER_BYTES = len(SMALL) - 2 * 256
ODD_NUMBERS = [0, 1, 12, 13, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, HEADER_BYTES - 1), st.integers(0, 7)), min_size=1, max_size=6)
)
def test_flipped_bits_are_an_error_or_harmless(flips):
    data = bytearray(SMALL)
    for position, bit in flips:
        data[position] ^= 1 << bit
    use(bytes(data))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(0, HEADER_BYTES - 8),
    st.one_of(st.sampled_from(ODD_NUMBERS), st.integers(0, 2**64 - 1)),
    st.sampled_from(["<I", "<Q"]),
)
@example(position=8, number=2**64 - 1, layout="<Q")
def test_overwritten_numbers_are_an_error_or_harmless(position, number, layout):
    data = bytearray(SMALL)
    struct.pack_into(layout, data, position, number % (1 << 8 * struct.calcsize(layout)))
    use(bytes(data))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_after_a_magic_are_an_error_or_harmless(data):
    use(b"GGUF\x03\x00\x00\x00" + data)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, HEADER_BYTES), st.integers(0, 64), st.binary(max_size=64))
def test_spliced_bytes_are_an_error_or_harmless(position, removed, inserted):
    use(SMALL[:position] + inserted + SMALL[position + removed :])


@pytest.mark.slow
def test_a_hundred_thousand_mutations_are_errors_or_harmless():
    rng = np.random.default_rng(0)
    for _ in range(100_000):
        data = bytearray(SMALL)
        for position in rng.integers(0, HEADER_BYTES, rng.integers(1, 4)):
            data[position] = rng.integers(256)
        use(bytes(data))


# ---- Memory and time ----


def costly_files():
    """Sound files that are as large as the limits allow."""
    most = 1 << 16
    yield (
        "many entries and tensors",
        assemble(
            [field(f"usual.length.{i:08}", U64, i) for i in range(most)],
            [
                tensor_record(f"tensor.of.usual.length.{i:08}", [1, 1, 1, 1], offset=32 * i)
                for i in range(most)
            ],
            bytes(32 * most),
        ),
    )
    yield (
        "long keys in four bytes a letter",
        assemble(
            [field(f"{i:03}😀" + "k" * 65_000, U8, 1) for i in range(50)]
            + [array_field(f"array.{i}", U8, [1]) for i in range(most - 50)]
        ),
    )
    yield (
        "many strings",
        assemble([array_field("k", STRING, [], count=1 << 22) + bytes(8 << 22)]),
    )
    yield "a long string", assemble([field("k", STRING, "a" * (64 << 20))])
    yield "long numbers", assemble([array_field("k", U8, [], count=200 << 20) + bytes(200 << 20)])


@pytest.mark.slow
def test_the_largest_files_that_are_allowed_cost_little(tmp_path):
    for name, data in costly_files():
        path = tmp_path / "large.gguf"
        path.write_bytes(data)
        del data
        tracemalloc.start()
        with GGUFFile.open(path) as file:
            len(file.metadata)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 64 << 20, name
        start = time.process_time()
        GGUFFile.open(path).close()
        assert time.process_time() - start < 10, name  # about 1 s on a quiet machine


def test_opening_keeps_no_object_per_string():
    tokens = [f"token number {i}" for i in range(50_000)]
    data = gguf_bytes([array_field("k", STRING, tokens)])
    tracemalloc.start()
    with GGUFFile.open(data) as file:
        _, peak = tracemalloc.get_traced_memory()
        assert peak < 100_000
        assert file.metadata["k"][49_999] == tokens[-1]
        _, peak = tracemalloc.get_traced_memory()
        assert peak < 600_000
    tracemalloc.stop()


def test_metadata_beyond_the_limit_is_an_error(tmp_path):
    path = tmp_path / "large.gguf"
    with path.open("wb") as file:  # with holes: it takes no room
        file.write(struct.pack("<4sIQQ", b"GGUF", 3, 0, 5))
        for i in range(5):
            file.write(string(f"big{i}") + struct.pack("<IQ", STRING, 64 << 20))
            file.seek(64 << 20, os.SEEK_CUR)
        file.truncate(file.tell())
    message = "longer than the 268435456 bytes that are allowed, with the value of 'big3'"
    with pytest.raises(ModelFormatError, match=message) as caught:
        GGUFFile.open(path)
    assert caught.value.path == path


def test_keys_beyond_the_limit_are_an_error():
    data = assemble([field(f"{i:03}" + "k" * 65_000, U8, 1) for i in range(200)])
    with pytest.raises(ModelFormatError, match="longer than the 4194304 bytes that are allowed"):
        GGUFFile.open(data)


# ---- What is not a file, or does not stay one ----


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(ModelNotFoundError) as caught:
        GGUFFile.open(tmp_path / "missing.gguf")
    assert caught.value.name.endswith("missing.gguf")


def test_a_folder_is_an_error(tmp_path):
    with pytest.raises(ModelFormatError, match="this is a folder"):
        GGUFFile.open(tmp_path)


@needs_unix
def test_a_pipe_is_an_error_at_once(tmp_path):
    path = tmp_path / "pipe.gguf"
    os.mkfifo(path)
    with pytest.raises(ModelFormatError, match="this is a pipe"):
        GGUFFile.open(path)


@needs_unix
def test_a_device_is_an_error():
    with pytest.raises(ModelFormatError, match="this is a device"):
        GGUFFile.open("/dev/zero")


@needs_unix
def test_a_socket_is_an_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names of sockets must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.gguf")
        with pytest.raises(ModelFormatError, match="this is a socket"):
            GGUFFile.open("s.gguf")


def test_a_path_with_a_nul_is_an_error():
    with pytest.raises(ModelFormatError, match="cannot be read"):
        GGUFFile.open("a\0b.gguf")


@needs_unix
def test_a_link_is_followed(tmp_path):
    (tmp_path / "model.gguf").write_bytes(SMALL)
    (tmp_path / "link.gguf").symlink_to("model.gguf")
    with GGUFFile.open(tmp_path / "link.gguf") as file:
        assert file.paths == (tmp_path / "link.gguf",)


@needs_unix
def test_a_link_to_itself_is_an_error(tmp_path):
    (tmp_path / "link.gguf").symlink_to("link.gguf")
    with pytest.raises(ModelFormatError, match="cannot be read"):
        GGUFFile.open(tmp_path / "link.gguf")


@needs_unix
def test_a_file_cut_short_after_it_was_opened_is_an_error_not_a_crash(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_llama())
    with GGUFFile.open(path) as file:
        file.tensor("output_norm.weight")
        os.truncate(path, 5000)
        for access in (
            lambda: file.tensor("output_norm.weight"),
            lambda: file.data("output_norm.weight"),
            lambda: file.read_into(np.empty(4, np.uint8), "output_norm.weight"),
            lambda: file.metadata["general.name"],
        ):
            with pytest.raises(ModelFormatError, match="cut short") as caught:
                access()
            assert caught.value.offset_bytes == 5000


@needs_unix
def test_a_file_changed_after_it_was_opened_breaks_nothing(tmp_path):
    path = tmp_path / "model.gguf"
    data = tiny_llama(vocabulary=bpe_vocabulary(), chat_template=CHATML_TEMPLATE)
    path.write_bytes(data)
    with GGUFFile.open(path) as file:
        with path.open("r+b") as changed:
            changed.seek(24)
            changed.write(b"\xff" * (len(data) - 24))
        for key in ("general.name", "llama.block_count"):
            assert file.metadata[key] is not None
        with pytest.raises(ModelFormatError, match="changed while it was open"):
            file.metadata["tokenizer.ggml.tokens"].bytes_at(5)
        assert file.tensor("output_norm.weight").shape == (32,)


def test_bytes_that_are_not_contiguous_are_an_error():
    with pytest.raises(ModelFormatError, match="not contiguous"):
        GGUFFile.open(memoryview(SMALL)[::2])
