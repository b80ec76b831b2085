"""Reading sound files: metadata, tensors, mapping."""

from __future__ import annotations

import errno
import gc
import mmap
import os
from pathlib import Path

import numpy as np
import pytest

import gguf
from realm_jupyter.errors import ModelFormatError, UnsupportedQuantizationError
from realm_jupyter.gguf import GGUFArray, GGUFFile, QuantType, ValueType, source, summarize
from support.page_advice import huge_page_files
from support.tiny_gguf import (
    BOOL,
    F32,
    F64,
    FORMATS,
    I8,
    I16,
    I32,
    I64,
    STRING,
    U8,
    U16,
    U32,
    U64,
    Tensor,
    array_field,
    assemble,
    f32_tensor,
    field,
    gguf_bytes,
    tensor_record,
    tiny_llama,
    write_tiny_llama,
)

VALUES = {
    U8: 255,
    I8: -128,
    U16: 65535,
    I16: -32768,
    U32: 2**32 - 1,
    I32: -(2**31),
    F32: 0.5,
    BOOL: 1,
    U64: 2**64 - 1,
    I64: -(2**63),
    F64: 0.1,
}


@pytest.fixture
def tiny_path(tmp_path) -> Path:
    return write_tiny_llama(tmp_path / "tiny.gguf", tied=False)


# ---- Metadata ----


@pytest.mark.parametrize("version", [2, 3])
def test_every_type_of_value_is_read(version):
    fields = [field(f"k{kind}", kind, value) for kind, value in VALUES.items()]
    fields.append(field("text", STRING, "naïve 🦙"))
    with GGUFFile.open(gguf_bytes(fields, version=version)) as file:
        assert file.version == version
        for kind, expected in VALUES.items():
            found = file.metadata[f"k{kind}"]
            assert found == expected
            assert type(found) is (bool if kind == BOOL else type(expected))
        assert file.metadata["text"] == "naïve 🦙"
        assert list(file.metadata) == [*(f"k{kind}" for kind in VALUES), "text"]
        assert len(file.metadata) == len(VALUES) + 1


@pytest.mark.parametrize("kind", VALUES)
def test_every_type_of_array_is_read(kind):
    items = [VALUES[kind], 0, 1, VALUES[kind]]
    with GGUFFile.open(gguf_bytes([field("k", U8, 1), array_field("a", kind, items)])) as file:
        array = file.metadata["a"]
        assert isinstance(array, GGUFArray)
        assert array.element_type == ValueType(kind)
        assert list(array) == items
        assert len(array) == 4
        assert array[0] == array[-1] == items[0]
        assert array[1:3] == [0, 1]
        numbers = array.to_numpy()
        assert numbers.tolist() == items
        assert numbers.dtype.itemsize == np.dtype(FORMATS[kind]).itemsize
        assert not numbers.flags.writeable
        assert len(array.raw) == numbers.nbytes


def test_arrays_of_strings_decode_on_demand():
    items = ["", "a", "naïve 🦙", "x" * 1000, "\0"]
    with GGUFFile.open(gguf_bytes([array_field("a", STRING, items)])) as file:
        array = file.metadata["a"]
        assert list(array) == items
        assert array[2] == items[2]
        assert array[-2:] == items[-2:]
        assert array.bytes_at(2) == items[2].encode()
        assert array.starts().tolist() == [0, 8, 17, 36, 1044, 1053]
        assert items[3] in array
        assert repr(array) == "GGUFArray(string, 5)"
        for index in (5, -6):
            with pytest.raises(IndexError):
                array[index]
        with pytest.raises(TypeError):
            array.to_numpy()


def test_numbers_have_no_bytes_at():
    with (
        GGUFFile.open(gguf_bytes([array_field("a", U8, [1])])) as file,
        pytest.raises(TypeError, match="not strings"),
    ):
        file.metadata["a"].bytes_at(0)


@pytest.mark.parametrize("kind", [U8, STRING])
def test_empty_arrays_are_fine(kind):
    with GGUFFile.open(gguf_bytes([array_field("a", kind, [])])) as file:
        assert list(file.metadata["a"]) == []
        assert len(file.metadata["a"].raw) == 0


def test_text_that_is_not_utf8_is_shown_with_replacements():
    fields = [field("k", STRING, b"a\xffb"), array_field("a", STRING, [b"\xc3("])]
    with GGUFFile.open(gguf_bytes(fields)) as file:
        assert file.metadata["k"] == "a\ufffdb"
        assert file.metadata["a"][0] == "\ufffd("
        assert file.metadata["a"].bytes_at(0) == b"\xc3("


def test_a_missing_key_is_a_key_error():
    with GGUFFile.open(gguf_bytes()) as file:
        assert "k" not in file.metadata
        assert file.metadata.get("k") is None
        with pytest.raises(KeyError):
            file.metadata["k"]


# ---- Tensors ----


def test_tensors_equal_those_that_gguf_reads(tiny_path):
    reader = gguf.GGUFReader(tiny_path)
    with GGUFFile.open(tiny_path) as file:
        assert list(file.tensors) == [tensor.name for tensor in reader.tensors]
        for tensor in reader.tensors:
            info = file.tensors[tensor.name]
            assert info.name == tensor.name
            assert info.shape == tuple(reversed(tensor.shape.tolist()))
            assert info.offset_bytes == tensor.data_offset
            assert info.size_bytes == tensor.n_bytes
            assert info.num_elements == tensor.n_elements
            found = file.tensor(tensor.name)
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, tensor.data)


def test_a_file_of_the_gguf_writer_is_read(tmp_path):
    path = tmp_path / "written.gguf"
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(4, 512)).astype(np.float32)
    kinds = [gguf.GGMLQuantizationType.Q4_0, gguf.GGMLQuantizationType.Q8_0]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("written")
    writer.add_custom_alignment(64)
    writer.add_token_list(["a", "b"])
    for kind in kinds:
        packed = gguf.quants.quantize(weights, kind)
        writer.add_tensor(kind.name, packed, raw_shape=packed.shape, raw_dtype=kind)
    writer.add_tensor("half", weights.astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with GGUFFile.open(path) as file:
        assert file.alignment == 64
        assert file.metadata["general.name"] == "written"
        assert list(file.metadata["tokenizer.ggml.tokens"]) == ["a", "b"]
        for kind in kinds:
            assert file.tensors[kind.name].shape == (4, 512)
            expected = gguf.quants.dequantize(gguf.quants.quantize(weights, kind), kind)
            np.testing.assert_array_equal(file.tensor(kind.name), expected)
        assert file.tensors["half"].quant_type is QuantType.F16
        np.testing.assert_array_equal(file.tensor("half"), weights.astype(np.float16))


def test_views_are_of_the_mapping_and_read_only(tiny_path):
    with GGUFFile.open(tiny_path) as file:
        data = file.data("token_embd.weight")
        weights = file.tensor("token_embd.weight")
        assert data.shape == (320 * 32 * 4,)
        assert np.shares_memory(data, weights)
        assert np.shares_memory(data, file.data("token_embd.weight"))
        for view in (data, weights):
            assert not view.flags.writeable
            with pytest.raises(ValueError, match=r"WRITEABLE|writeable"):
                view.flags.writeable = True


@pytest.mark.parametrize("has_advice", [True, False])
def test_forgotten_bytes_are_there_when_they_are_read_again(tiny_path, monkeypatch, has_advice):
    if not has_advice:  # as on Windows
        monkeypatch.delattr(mmap, "MADV_DONTNEED", raising=False)
    with GGUFFile.open(tiny_path) as file, GGUFFile.open(tiny_path.read_bytes()) as in_memory:
        for opened in (file, in_memory):
            for name in opened.tensors:
                data = opened.data(name)
                expected = data.copy()
                opened.forget(name)
                np.testing.assert_array_equal(data, expected)


@pytest.mark.parametrize("error", [None, errno.ENOSYS, errno.EINVAL])
def test_bytes_that_are_visited_are_as_they_were(tiny_path, monkeypatch, error):
    if error is not None:  # as elsewhere than on Linux, and on an old one
        monkeypatch.setattr(source, "_populate", lambda _data: error)
    with GGUFFile.open(tiny_path) as file, GGUFFile.open(tiny_path.read_bytes()) as in_memory:
        for opened in (file, in_memory):
            for name, info in opened.tensors.items():
                expected = opened.data(name).copy()
                opened.visit(name, 0, info.size_bytes)
                opened.visit(name, info.size_bytes, 0)
                np.testing.assert_array_equal(opened.data(name), expected)
                with pytest.raises(ValueError, match=f"which has {info.size_bytes}"):
                    opened.visit(name, 1, info.size_bytes)
                with pytest.raises(ValueError, match=f"which has {info.size_bytes}"):
                    opened.visit(name, 1, -1)


def test_huge_pages_are_asked_for_where_weights_are_visited_not_where_a_head_is_read(
    tiny_path, monkeypatch
):
    asked = []

    def see(_data):
        asked.append(str(tiny_path) in huge_page_files())
        return 0

    monkeypatch.setattr(source, "_populate", see)
    with GGUFFile.open(tiny_path) as file:
        assert str(tiny_path) not in huge_page_files()
        for name in file.tensors:
            file.visit(name, 0, 1)
    assert asked
    assert all(asked)


@pytest.mark.skipif(
    source._populate(np.zeros(1, np.uint8)) != 0, reason="only Linux since 5.14 tells"
)
def test_a_file_that_is_cut_short_while_it_is_visited_is_one_error(tmp_path, monkeypatch):
    path = tmp_path / "zeros"
    path.write_bytes(bytes(64 * mmap.PAGESIZE))
    opened = source.Source.from_path(path)
    populate = source._populate

    def cut_short_first(data):
        os.truncate(path, mmap.PAGESIZE)
        return populate(data)

    monkeypatch.setattr(source, "_populate", cut_short_first)
    with pytest.raises(ModelFormatError, match="cut short"):
        opened.visit(0, 64 * mmap.PAGESIZE)
    opened.close()


def test_a_disk_that_fails_while_a_file_is_visited_is_one_error(tiny_path, monkeypatch):
    monkeypatch.setattr(source, "_populate", lambda _data: errno.EFAULT)
    with GGUFFile.open(tiny_path) as file, pytest.raises(ModelFormatError, match="cannot be read"):
        file.visit(next(iter(file.tensors)), 0, 1)


def test_a_file_that_was_cut_short_is_noticed_before_it_is_touched(tiny_path):
    with GGUFFile.open(tiny_path) as file, GGUFFile.open(tiny_path.read_bytes()) as in_memory:
        file.require_whole()
        os.truncate(tiny_path, tiny_path.stat().st_size - 1)
        with pytest.raises(ModelFormatError, match="cut short"):
            file.require_whole()
        in_memory.require_whole()
    with pytest.raises(ValueError, match="closed"):
        in_memory.require_whole()


@pytest.mark.parametrize("has_preadv", [True, False])
def test_bytes_of_a_tensor_are_read_into_a_buffer(tiny_path, monkeypatch, has_preadv):
    if not has_preadv:  # as on Windows
        monkeypatch.delattr(os, "preadv", raising=False)
    with GGUFFile.open(tiny_path) as file, GGUFFile.open(tiny_path.read_bytes()) as in_memory:
        for opened in (file, in_memory):
            name = "token_embd.weight"
            expected = opened.data(name)
            found = np.zeros(101, np.uint8)
            opened.read_into(found, name, 7)
            np.testing.assert_array_equal(found, expected[7:108])
            everything = np.zeros(expected.size, np.uint8)
            opened.read_into(everything, name)
            np.testing.assert_array_equal(everything, expected)
            for offset, size in ((-1, 4), (expected.size - 3, 4), (0, expected.size + 1)):
                with pytest.raises(ValueError, match=f"which has {expected.size}"):
                    opened.read_into(np.empty(size, np.uint8), name, offset)
    with pytest.raises(ValueError, match="closed"):
        file.read_into(found, name)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux tells what is open")
def test_a_file_is_closed_with_its_object(tiny_path):
    def is_open():
        found = Path("/proc/self/fd").iterdir()
        return any(os.path.realpath(descriptor) == str(tiny_path) for descriptor in found)

    file = GGUFFile.open(tiny_path)
    assert is_open()
    file.close()
    assert not is_open()
    file = GGUFFile.open(tiny_path)
    del file
    gc.collect()
    assert not is_open()


def test_float32_that_is_not_aligned_is_copied():
    numbers = np.arange(5, dtype=np.float32)
    fields = [field("general.alignment", U32, 1)]
    with GGUFFile.open(gguf_bytes(fields, [f32_tensor("t", numbers)], alignment=1)) as file:
        assert file.tensors["t"].offset_bytes % 4 != 0
        found = file.tensor("t")
        assert found.flags.aligned
        np.testing.assert_array_equal(found, numbers)


def test_a_tensor_without_dimensions_is_one_number():
    with GGUFFile.open(gguf_bytes([], [f32_tensor("t", np.array(2.5))])) as file:
        assert file.tensor("t").shape == ()
        assert file.tensor("t") == 2.5


def test_tensors_may_stand_in_any_order_and_leave_gaps():
    records = [tensor_record("b", [2], offset=128), tensor_record("a", [2], offset=32)]
    data = np.arange(64, dtype="<f4").tobytes()
    with GGUFFile.open(assemble([], records, data)) as file:
        assert file.tensor("a").tolist() == [8, 9]
        assert file.tensor("b").tolist() == [32, 33]


def test_a_known_format_that_is_not_supported_opens_but_does_not_dequantize(tmp_path):
    path = tmp_path / "model.gguf"
    tensor = Tensor("t", (256,), QuantType.IQ2_XXS, bytes(66))
    path.write_bytes(gguf_bytes([], [tensor]))
    with GGUFFile.open(path) as file:
        assert file.data("t").size == 66
        with pytest.raises(UnsupportedQuantizationError) as caught:
            file.tensor("t")
    assert caught.value.tensor == "t"
    assert caught.value.path == path
    assert "supported are F32, F16" in str(caught.value)


def test_a_missing_tensor_is_a_key_error(tiny_path):
    with GGUFFile.open(tiny_path) as file, pytest.raises(KeyError):
        file.tensor("missing")


def test_the_tensors_cannot_be_changed(tiny_path):
    with GGUFFile.open(tiny_path) as file, pytest.raises(TypeError):
        file.tensors["more"] = None


# ---- Opening and closing ----


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_bytes_are_not_copied(make):
    data = make(tiny_llama())
    with GGUFFile.open(data) as file:
        assert file.paths == ()
        assert file.file_bytes == len(data)
        assert np.shares_memory(
            file.data("output_norm.weight"), np.frombuffer(data, dtype=np.uint8)
        )
        assert not file.data("output_norm.weight").flags.writeable


def test_a_path_may_be_a_string(tiny_path):
    with GGUFFile.open(str(tiny_path)) as file:
        assert file.paths == (tiny_path,)
        assert file.file_bytes == tiny_path.stat().st_size
        assert repr(file) == f"GGUFFile('{tiny_path}', version 3, 21 tensors)"


def mappings_of(path: Path) -> int:
    return Path("/proc/self/maps").read_text().count(str(path))


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_closing_unmaps_the_file_once_the_last_view_is_gone(tiny_path):
    file = GGUFFile.open(tiny_path)
    assert mappings_of(tiny_path) == 1
    view = file.tensor("token_embd.weight")
    tokens = file.metadata["tokenizer.ggml.tokens"]
    file.close()
    assert mappings_of(tiny_path) == 1
    assert view[0, 0] != 0  # still readable
    assert tokens[1] == "<s>"
    del view
    assert mappings_of(tiny_path) == 1
    del tokens
    assert mappings_of(tiny_path) == 0


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
def test_an_error_leaves_nothing_mapped(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_llama()[:-100])
    with pytest.raises(ValueError, match=r"ends|beyond"):
        GGUFFile.open(path)
    assert mappings_of(path) == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_files_are_not_left_open(tiny_path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        GGUFFile.open(tiny_path).close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_closed_file_says_so(tiny_path):
    file = GGUFFile.open(tiny_path)
    file.close()
    file.close()  # twice is fine
    for access in (
        lambda: file.data("output_norm.weight"),
        lambda: file.metadata["general.name"],
    ):
        with pytest.raises(ValueError, match="closed"):
            access()


def test_an_error_about_a_key_or_a_tensor_says_where_it_stands(tiny_path):
    with GGUFFile.open(tiny_path) as file:
        error = file.error("wrong", key="general.name")
        assert error.path == tiny_path
        data = tiny_path.read_bytes()
        assert data[error.offset_bytes :].startswith(b"tiny")
        error = file.error("wrong", tensor="output_norm.weight")
        assert error.offset_bytes == file.tensors["output_norm.weight"].offset_bytes
        assert file.error("wrong", key="missing").offset_bytes is None
    with GGUFFile.open(data) as file:
        assert file.error("wrong", key="general.name").path is None


def test_the_summary_counts_parameters_and_names_the_quant_type():
    tensors = [
        f32_tensor("norm", np.ones(32)),
        Tensor("big", (8, 32), QuantType.Q4_0, bytes(8 * 18)),
        Tensor("half", (32,), QuantType.F16, bytes(64)),
    ]
    with GGUFFile.open(gguf_bytes([], tensors)) as file:
        summary = summarize(file)
    assert summary.num_parameters == 32 + 256 + 32
    assert summary.tensor_bytes == 128 + 144 + 64
    assert summary.quant_type == "Q4_0"
    assert list(summary.bytes_by_quant_type.items()) == [("Q4_0", 144), ("F32", 128), ("F16", 64)]
    assert summary.tensors_by_quant_type == {"Q4_0": 1, "F32": 1, "F16": 1}
    assert summary.bits_per_weight == 8 * 336 / 320


def test_the_summary_of_a_file_without_tensors_is_empty():
    with GGUFFile.open(gguf_bytes()) as file:
        assert summarize(file)[:3] == (0, 0, "")
        assert summarize(file).bits_per_weight == 0


def test_the_writer_for_tests_is_deterministic_and_small():
    assert tiny_llama() == tiny_llama()
    assert tiny_llama(seed=1) != tiny_llama()
    assert 90_000 < len(tiny_llama()) < 160_000
