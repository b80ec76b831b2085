"""Packed matrices of the native library against the reference dequantizer."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter.compute.cpu.library import find_library
from realm_jupyter.gguf.dequantize import SUPPORTED_QUANT_TYPES, dequantize
from realm_jupyter.gguf.quant_type import QuantType
from tests.support.native import needs_library

pytestmark = needs_library

FLOATS = (QuantType.F32, QuantType.F16, QuantType.BF16)
# Offsets of the halves in a block of each type.
HALVES = {
    **dict.fromkeys((QuantType.Q4_0, QuantType.Q5_0, QuantType.Q8_0, QuantType.IQ4_NL), (0,)),
    **dict.fromkeys((QuantType.Q4_1, QuantType.Q5_1, QuantType.Q4_K, QuantType.Q5_K), (0, 2)),
    QuantType.Q2_K: (80, 82),
    QuantType.Q3_K: (108,),
    QuantType.Q6_K: (208,),
    QuantType.IQ4_XS: (0,),
}


@pytest.fixture
def library():
    library = find_library()
    best = library.isas[0]
    yield library
    library.select_isa(best)


def random_blocks(quant_type, num_rows, num_cols, seed=0):
    """Bytes of a matrix with arbitrary codes and tame scales: (num_rows, row bytes), uint8."""
    random = np.random.default_rng(seed)
    if quant_type in FLOATS:
        values = random.standard_normal((num_rows, num_cols)).astype(np.float32)
        if quant_type == QuantType.F16:
            return values.astype(np.float16).view(np.uint8)
        if quant_type == QuantType.BF16:
            return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
        return values.view(np.uint8)
    num_blocks = num_rows * num_cols // quant_type.block_size
    blocks = random.integers(0, 256, (num_blocks, quant_type.block_bytes), dtype=np.uint8)
    for offset in HALVES[quant_type]:
        scales = random.uniform(-0.02, 0.02, (num_blocks, 1)).astype(np.float16)
        blocks[:, offset : offset + 2] = scales.view(np.uint8)
    return blocks.reshape(num_rows, -1)


def aligned(num_bytes):
    memory = np.zeros(num_bytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + num_bytes]


def pack(library, quant_type, blocks, num_cols):
    num_rows = len(blocks)
    packed = aligned(library.packed_bytes(quant_type, num_rows, num_cols))
    library.pack(quant_type, blocks.ctypes.data, packed.ctypes.data, num_rows, num_cols)
    return packed


def matmul(library, matrix, x, num_threads=1):
    quant_type, packed, num_rows = matrix
    y = np.empty((len(x), num_rows), np.float32)
    status = library.functions.realm_cpu_matmul(
        *(quant_type, packed.ctypes.data, num_rows, x.shape[1]),
        *(x.ctypes.data, len(x), y.ctypes.data, num_threads),
    )
    assert status == 0
    return y


def activations(num_tokens, num_cols, seed=1):
    return np.random.default_rng(seed).standard_normal((num_tokens, num_cols)).astype(np.float32)


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
def test_rows_are_dequantized_bit_for_bit(library, quant_type):
    random = np.random.default_rng(2)
    num_cols = 7 * quant_type.block_size
    size = 7 * quant_type.block_bytes
    for _ in range(200):  # every bit pattern: scales are infinite, NaN and denormal, too
        source = random.integers(0, 256, size, dtype=np.uint8)
        row = library.dequantize_row(quant_type, source, num_cols)
        expected = dequantize(source, quant_type, (num_cols,))
        np.testing.assert_array_equal(row, expected)
        assert np.array_equal(np.signbit(row), np.signbit(expected)) or np.isnan(row).any()


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
@pytest.mark.parametrize("num_tokens", [1, 3, 9, 67])
def test_products_are_near_the_exact_ones(library, quant_type, num_tokens):
    num_rows, num_cols = 37, 768
    blocks = random_blocks(quant_type, num_rows, num_cols)
    x = activations(num_tokens, num_cols)
    matrix = (quant_type, pack(library, quant_type, blocks, num_cols), num_rows)
    y = matmul(library, matrix, x)
    weights = dequantize(blocks.reshape(-1), quant_type, (num_rows, num_cols))
    expected = x.astype(np.float64) @ weights.astype(np.float64).T
    error = np.linalg.norm(y - expected) / np.linalg.norm(expected)
    # Rounding activations to int8 costs about half a percent, rounding of floats next to nothing.
    assert error < (1e-6 if quant_type in FLOATS else 0.01)


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
def test_bits_depend_neither_on_threads_nor_on_the_number_of_tokens(library, quant_type):
    num_rows, num_cols = 300, 512
    packed = pack(library, quant_type, random_blocks(quant_type, num_rows, num_cols), num_cols)
    x = activations(140, num_cols)
    matrix = (quant_type, packed, num_rows)
    y = matmul(library, matrix, x)
    np.testing.assert_array_equal(y, matmul(library, matrix, x, 2))
    for token in (0, 77, 139):
        single = matmul(library, matrix, x[token : token + 1], 2)
        np.testing.assert_array_equal(y[token], single[0])


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
def test_instruction_sets_agree(library, quant_type):
    num_rows, num_cols = 40, 1024
    packed = pack(library, quant_type, random_blocks(quant_type, num_rows, num_cols), num_cols)
    x = activations(31, num_cols)
    results = {}
    for isa in library.isas:
        library.select_isa(isa)
        assert library.isa == isa
        matrix = (quant_type, packed, num_rows)
        # Different numbers of rows may take different ways through the kernels.
        parts = [matmul(library, matrix, part) for part in np.split(x, [11])]
        results[isa] = np.concatenate(parts)
    baseline = results["baseline"]
    fused = [y for isa, y in results.items() if isa != "baseline"]
    for y in fused:
        np.testing.assert_array_equal(y, fused[0])
        # The baseline of x86-64 rounds products before it adds them.
        assert np.linalg.norm(y - baseline) < 1e-5 * np.linalg.norm(baseline)


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
def test_packed_forms_are_hardly_larger_than_the_file(library, quant_type):
    packed = library.packed_bytes(quant_type, 1600, 2048)
    in_file = 1600 * 2048 * quant_type.bits_per_weight / 8
    assert in_file <= packed <= 1.06 * in_file
    assert library.packed_bytes(quant_type, 1601, 2048) == packed // 100 * 101


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
def test_panels_are_packed_one_by_one(library, quant_type):
    num_rows, num_cols = 50, 768
    blocks = random_blocks(quant_type, num_rows, num_cols)
    whole = pack(library, quant_type, blocks, num_cols)
    parts = aligned(len(whole))
    for panel in (2, 0, 3, 1):
        status = library.functions.realm_cpu_pack(
            *(quant_type, blocks.ctypes.data, parts.ctypes.data, num_rows, num_cols, panel, 1)
        )
        assert status == 0
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
def test_all_instruction_sets_pack_the_same_bytes(library, quant_type):
    num_rows, num_cols = 37, 11 * quant_type.block_size
    blocks = random_blocks(quant_type, num_rows, num_cols)
    forms = []
    for isa in library.isas:
        library.select_isa(isa)
        forms.append(pack(library, quant_type, blocks, num_cols))
    for form in forms[1:]:
        np.testing.assert_array_equal(form, forms[0])


@pytest.mark.parametrize(
    ("quant_type", "num_rows", "num_cols"),
    [(99, 16, 256), (QuantType.Q4_K, 16, 128), (QuantType.Q4_0, 0, 32), (QuantType.Q4_0, 16, 0)],
    ids=["an unknown type", "half a block", "no rows", "no columns"],
)
def test_what_has_no_packed_form_is_refused(library, quant_type, num_rows, num_cols):
    blocks, packed = aligned(4096), aligned(4096)
    blocks[:] = 0x55
    matrix = (quant_type, blocks.ctypes.data, packed.ctypes.data, num_rows, num_cols)
    assert library.functions.realm_cpu_pack(*matrix, 0, 1) != 0
    assert library.functions.realm_cpu_packed_bytes(quant_type, num_rows, num_cols) == -1
    assert not packed.any()


@pytest.mark.parametrize("panels", [(0, 2), (1, 1), (-1, 1), (0, -1)])
def test_panels_that_a_matrix_lacks_are_refused(library, panels):
    blocks, packed = aligned(4096), aligned(4096)
    blocks[:] = 0x55
    matrix = (QuantType.Q4_0, blocks.ctypes.data, packed.ctypes.data, 1, 32)
    assert library.functions.realm_cpu_pack(*matrix, *panels) != 0
    assert not packed.any()


@pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
@pytest.mark.parametrize("num_rows", [16, 37])
def test_what_was_in_memory_before_packing_does_not_matter(library, quant_type, num_rows):
    num_cols = 3 * quant_type.block_size  # an odd number of columns of 16-bit floats
    blocks = random_blocks(quant_type, num_rows, num_cols)
    results = []
    for before in (0x00, 0xAA):
        packed = aligned(library.packed_bytes(quant_type, num_rows, num_cols))
        packed[:] = before
        library.pack(quant_type, blocks.ctypes.data, packed.ctypes.data, num_rows, num_cols)
        results.append(packed)
    np.testing.assert_array_equal(*results)


def test_what_the_library_does_not_know_is_refused(library):
    assert library.packed_bytes(QuantType.IQ2_XXS, 16, 256) is None
    assert library.packed_bytes(QuantType.Q4_K, 16, 100) is None
    nothing = np.zeros(64, np.uint8)
    status = library.functions.realm_cpu_matmul(
        *(QuantType.IQ2_XXS, nothing.ctypes.data, 1, 256),
        *(nothing.ctypes.data, 0, nothing.ctypes.data, 1),
    )
    assert status != 0


def test_reading_and_computing_say_how_much_they_did(library):
    data = np.arange(3_000_017, dtype=np.uint64).astype(np.uint8)
    for num_threads in (1, 2):
        checksum = library.functions.realm_cpu_read(data.ctypes.data, len(data), num_threads)
        assert checksum == library.functions.realm_cpu_read(data.ctypes.data, len(data), 1)
    for kind in (0, 1):
        done = library.functions.realm_cpu_compute(kind, 10, 1)
        assert done > 0
        assert library.functions.realm_cpu_compute(kind, 20, 2) == 4 * done
