"""The binding of the native library: found and checked, its structures those of the header."""

from __future__ import annotations

import ctypes
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from realm_jupyter.compute import choice, create_executor, memory_needed
from realm_jupyter.compute.cpu import library, structures
from realm_jupyter.compute.cpu.library import Library, Unavailable, find_library, load_library
from realm_jupyter.errors import ConfigError, ModelMemoryError, RealmError
from realm_jupyter.gguf import QuantType
from realm_jupyter.models import open_model
from support.native import needs_library
from support.tiny_gguf import Tensor
from support.tiny_models import tiny_model, tiny_tensors

HEADER = Path(library.__file__).parent / "src" / "realm_cpu.h"
C_TYPES = {"int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64, "float": ctypes.c_float}


@pytest.fixture(scope="module")
def header():
    text = HEADER.read_text(encoding="utf-8")
    return re.sub(r"//[^\n]*", "", text)


@pytest.mark.parametrize(
    ("name", "mirror", "size"),
    [
        ("realm_cpu_weight", structures.WeightStruct, 32),
        ("realm_cpu_op", structures.OpStruct, 72),
        ("realm_cpu_kv_layer", structures.KVLayerStruct, 12),
        ("realm_cpu_span", structures.SpanStruct, 32),
    ],
)
def test_structures_are_those_of_the_header(header, name, mirror, size):
    body = re.search(rf"typedef struct {name} {{(.*?)}} {name};", header, re.DOTALL)[1]
    expected = []
    for kind, star, field, count in re.findall(r"(?:const )?(\w+)(\*?) (\w+)(?:\[(\d+)\])?;", body):
        c_type = ctypes.c_void_p if star else C_TYPES[kind]
        expected.append((field, c_type * int(count) if count else c_type))
    assert list(mirror._fields_) == expected
    assert ctypes.sizeof(mirror) == size


@pytest.mark.parametrize(
    ("name", "mirror", "prefix"),
    [
        ("realm_cpu_status", structures.Status, "REALM_CPU_"),
        ("realm_cpu_op_kind", structures.OpKind, "REALM_OP_"),
        ("realm_cpu_weight_layout", structures.WeightLayout, "REALM_LAYOUT_"),
        ("realm_cpu_kv_type", structures.KVType, "REALM_KV_"),
    ],
)
def test_numbers_are_those_of_the_header(header, name, mirror, prefix):
    body = re.search(rf"enum {name} {{(.*?)}};", header, re.DOTALL)[1]
    found = {
        key.removeprefix(prefix): int(value) for key, value in re.findall(r"(\w+) = (\d+)", body)
    }
    assert found == {member.name: member.value for member in mirror}


def test_constants_are_those_of_the_header(header):
    found = dict(re.findall(r"#define REALM_CPU_(\w+) (\d+)\n", header))
    expected = {
        "ABI": structures.ABI,
        "ERROR_BYTES": structures.ERROR_BYTES,
        "PANEL_ROWS": structures.PANEL_ROWS,
        "PAGE_TOKENS": structures.PAGE_TOKENS,
    }
    assert {name: int(value) for name, value in found.items()} == expected


def test_every_function_of_the_header_is_bound_with_its_types(header):
    declared = re.findall(
        r"REALM_CPU_API ([\w ]+?\*?) ?(realm_cpu_\w+)\((.*?)\);", header, re.DOTALL
    )
    assert {name for _, name, _ in declared} == set(library._SIGNATURES)
    results = {
        "int32_t": ctypes.c_int32,
        "int64_t": ctypes.c_int64,
        "uint64_t": ctypes.c_uint64,
        "const char*": ctypes.c_char_p,
        "realm_cpu_model*": ctypes.c_void_p,
        "void": None,
    }
    for result, name, arguments in declared:
        found_result, found = library._SIGNATURES[name]
        assert found_result is results[result], name
        kinds = [] if arguments == "void" else arguments.split(",")
        assert len(found) == len(kinds), name
        for text, c_type in zip(kinds, found, strict=True):
            if "*" in text:
                assert ctypes.sizeof(c_type) == ctypes.sizeof(ctypes.c_void_p), (name, text)
            else:
                assert c_type is C_TYPES[text.split()[0]], (name, text)


def test_a_missing_library_says_for_which_machine(tmp_path):
    found = load_library(tmp_path / "librealm_cpu.so")
    assert isinstance(found, Unavailable)
    assert found.kind == "missing"
    assert str(tmp_path) in found.message


def test_a_file_that_is_no_library_is_broken(tmp_path):
    path = tmp_path / "librealm_cpu.so"
    path.write_bytes(b"not a library")
    assert load_library(path).kind == "broken"


@pytest.mark.skipif(sys.platform == "win32", reason="a name of Linux and macOS")
def test_a_library_without_the_functions_is_broken(monkeypatch):
    path = next(Path(sys.prefix).rglob("*.so"), None)
    if path is None:
        pytest.skip("there is no other library to try")
    assert load_library(path).kind == "broken"


@needs_library
def test_another_interface_or_no_instruction_set_is_refused(monkeypatch):
    path = find_library().path
    with monkeypatch.context() as patch:
        patch.setattr(library, "ABI", structures.ABI + 1)
        assert load_library(path).kind == "abi"
    monkeypatch.setattr(Library, "isas", ())
    assert load_library(path).kind == "machine"


@pytest.fixture
def no_library(monkeypatch):
    absent = Unavailable("missing", "there is no native library for this test")
    for module in (library, choice):
        monkeypatch.setattr(module, "find_library", lambda: absent)
    monkeypatch.setattr(choice, "_warned", set())


def test_without_the_library_the_reference_serves_with_one_warning(no_library):
    with pytest.warns(RuntimeWarning, match="there is no native library for this test; the"):
        executor = create_executor(open_model(tiny_model()), device="cpu")
    assert executor.name == "reference"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert create_executor(open_model(tiny_model()), device="cpu").name == "reference"


def test_asking_for_the_native_executor_without_the_library_is_an_error(no_library):
    with pytest.raises(ConfigError, match="not available here: there is no native library"):
        create_executor(open_model(tiny_model()), device="cpu", executor="native")


def test_the_need_for_memory_is_that_of_the_executor_that_will_run(no_library):
    model = open_model(tiny_model())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert memory_needed(model) == memory_needed(model, "cpu", "reference")


@needs_library
def test_the_native_executor_is_for_the_cpu():
    with pytest.raises(ConfigError, match="runs on the CPU, not on cuda:0"):
        choice.choose_executor(open_model(tiny_model()), "cuda:0", "native")
    assert choice.choose_executor(open_model(tiny_model()), "cuda:0", "auto") == "reference"


@needs_library
def test_the_native_executor_is_the_default():
    executor = create_executor(open_model(tiny_model()), device="cpu")
    assert (executor.name, executor.device) == ("native", "cpu")


@needs_library
def test_a_type_that_the_library_lacks_goes_to_the_reference(monkeypatch):
    monkeypatch.setattr(choice, "_warned", set())
    real = Library.packed_bytes

    def packed_bytes(self, quant_type, num_rows, num_cols):
        return None if num_rows == 48 else real(self, quant_type, num_rows, num_cols)

    monkeypatch.setattr(Library, "packed_bytes", packed_bytes)
    model = open_model(tiny_model())
    problem = r"it cannot hold the tensor 'blk.0.ffn_gate.weight' \(F32, 48 x 32\), .* and 1 more"
    with pytest.warns(RuntimeWarning, match=problem):
        assert create_executor(model, device="cpu").name == "reference"
    with pytest.raises(ConfigError, match=problem):
        create_executor(model, device="cpu", executor="native")


@needs_library
def test_an_op_that_the_library_lacks_goes_to_the_reference(monkeypatch):
    monkeypatch.setattr(choice, "_warned", set())
    monkeypatch.setattr(choice, "missing_ops", lambda _model: ["rope"])
    with pytest.warns(RuntimeWarning, match="it does not have the op rope"):
        assert create_executor(open_model(tiny_model()), device="cpu").name == "reference"


@needs_library
def test_the_instruction_set_can_be_chosen():
    native = find_library()
    assert native.isa in native.isas
    with pytest.raises(ConfigError, match=r"'mmx' is not available here; there are ") as caught:
        native.select_isa("mmx")
    assert caught.value.field == "isa"
    native.select_isa(native.isas[0])


@needs_library
def test_statuses_become_errors():
    native = find_library()
    error = library.error_buffer()
    native.check(structures.Status.OK, "fine")
    error.value = b"op 3: no"
    with pytest.raises(RealmError, match="a step failed: op 3: no"):
        native.check(structures.Status.INVALID, "a step failed", error)
    with pytest.raises(ModelMemoryError, match="a step failed; end other generations"):
        native.check(structures.Status.NO_MEMORY, "a step failed")


@needs_library
def test_memory_can_be_read_and_numbers_multiplied():
    native = find_library()
    data = np.arange(4096, dtype=np.uint64)
    assert native.read(data.ctypes.data, data.nbytes, 1) == native.read(
        data.ctypes.data, data.nbytes, 2
    )
    for kind in (0, 1):
        assert native.compute(kind, 100, 1) > 0


@needs_library
def test_the_need_is_the_packed_weights_and_a_margin():
    model = open_model(tiny_model())
    executor = create_executor(model, device="cpu", executor="native")
    table = model.file.tensors["token_embd.weight"].size_bytes
    margin = memory_needed(model, "cpu", "native") - (executor.memory_bytes - table)
    assert 0 < margin <= 64 << 20


def test_half_precision_needs_half_the_memory():
    tensors = [
        tensor
        if len(tensor.shape) == 1
        else Tensor(
            tensor.name,
            tensor.shape,
            QuantType.F16,
            np.frombuffer(tensor.data, "<f4").astype("<f2").tobytes(),
        )
        for tensor in tiny_tensors("llama")
    ]
    half, full = open_model(tiny_model(tensors=tensors)), open_model(tiny_model())
    saved = memory_needed(full, "cpu", "auto") - memory_needed(half, "cpu", "auto")
    if isinstance(find_library(), Library):
        assert saved > 0.4 * (full.file_bytes - 32768)
    else:
        assert saved == 0
