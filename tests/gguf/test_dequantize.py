"""Dequantization against the PyPI package ``gguf``, bit for bit."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from gguf.quants import dequantize as reference_dequantize

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from realm_jupyter.errors import ModelFormatError, UnsupportedQuantizationError
from realm_jupyter.gguf import SUPPORTED_QUANT_TYPES, QuantType, dequantize

# Where the float16 scales of a block lie.
SCALE_OFFSETS = {
    QuantType.Q4_0: (0,),
    QuantType.Q4_1: (0, 2),
    QuantType.Q5_0: (0,),
    QuantType.Q5_1: (0, 2),
    QuantType.Q8_0: (0,),
    QuantType.IQ4_NL: (0,),
    QuantType.Q2_K: (80, 82),
    QuantType.Q3_K: (108,),
    QuantType.Q4_K: (0, 2),
    QuantType.Q5_K: (0, 2),
    QuantType.Q6_K: (208,),
    QuantType.IQ4_XS: (0,),
}
ODD_SCALES = np.array(
    [
        0x0000,  # 0
        0x8000,  # -0
        0x0001,  # the smallest denormal
        0x83FF,  # the largest negative denormal
        0x7BFF,  # the largest number
        0x7C00,  # infinity
        0xFC00,  # -infinity
        0x7E00,  # NaN
        0xFE55,  # NaN with a payload
        0x7C01,  # signalling NaN
    ],
    dtype="<u2",
)
TYPES = pytest.mark.parametrize("quant_type", SUPPORTED_QUANT_TYPES, ids=str)
SCALED_TYPES = pytest.mark.parametrize("quant_type", SCALE_OFFSETS, ids=str)


def random_bytes(quant_type: QuantType, num_blocks: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng([seed, quant_type])
    return rng.integers(0, 256, num_blocks * quant_type.block_bytes, dtype=np.uint8)


def reference(data: np.ndarray, quant_type: QuantType, shape: tuple[int, ...]) -> np.ndarray:
    rows = data.reshape(int(np.prod(shape[:-1])), -1)
    with np.errstate(all="ignore"):
        if quant_type is QuantType.F32:
            return data.view("<f4").reshape(shape)
        return reference_dequantize(rows, GGMLQuantizationType(int(quant_type))).reshape(shape)


def assert_same_bits(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.dtype == expected.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.view(np.uint32), expected.view(np.uint32))


def test_all_formats_that_the_issue_asks_for_are_supported():
    names = "F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS"
    assert {quant_type.name for quant_type in SUPPORTED_QUANT_TYPES} == set(names.split())


@TYPES
def test_random_blocks_give_the_same_bits(quant_type):
    shape = (37, 2 * quant_type.block_size)
    data = random_bytes(quant_type, 37 * 2)
    assert_same_bits(dequantize(data, quant_type, shape), reference(data, quant_type, shape))


@SCALED_TYPES
def test_sane_scales_give_the_same_bits(quant_type):
    data = random_bytes(quant_type, 512, seed=1).reshape(512, -1)
    scales = np.random.default_rng(1).normal(0, 0.02, (512, 2)).astype("<f2")
    for column, offset in enumerate(SCALE_OFFSETS[quant_type]):
        data[:, offset : offset + 2] = scales[:, column : column + 1].view(np.uint8)
    shape = (512, quant_type.block_size)
    found = dequantize(data.reshape(-1), quant_type, shape)
    assert np.isfinite(found).all()
    assert len(np.unique(found)) > 100
    assert_same_bits(found, reference(data.reshape(-1), quant_type, shape))


@SCALED_TYPES
def test_odd_scales_give_the_same_bits(quant_type):
    pairs = [(a, b) for a in ODD_SCALES for b in ODD_SCALES]
    data = random_bytes(quant_type, len(pairs), seed=2).reshape(len(pairs), -1)
    for column, offset in enumerate(SCALE_OFFSETS[quant_type]):
        scales = np.array([[pair[column]] for pair in pairs], dtype="<u2")
        data[:, offset : offset + 2] = scales.view(np.uint8)
    shape = (len(pairs), quant_type.block_size)
    found = dequantize(data.reshape(-1), quant_type, shape)
    expected = reference(data.reshape(-1), quant_type, shape)
    is_nan = np.isnan(expected)
    assert is_nan.any()
    assert_same_bits(np.where(is_nan, np.float32(0), found), np.where(is_nan, 0, expected))
    np.testing.assert_array_equal(np.isnan(found), is_nan)


@TYPES
def test_more_than_one_chunk_gives_the_same_bits(quant_type):
    num_blocks = (1 << 17) // quant_type.block_size * 2 + 3
    data = random_bytes(quant_type, num_blocks, seed=3)
    shape = (num_blocks, quant_type.block_size)
    assert_same_bits(dequantize(data, quant_type, shape), reference(data, quant_type, shape))


@TYPES
def test_temporary_memory_stays_small(quant_type):
    num_elements = 1 << 22
    data = random_bytes(quant_type, num_elements // quant_type.block_size)
    tracemalloc.start()
    result = dequantize(data, quant_type, (num_elements // 256, 256))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - result.nbytes < 4 << 20


def test_data_at_an_odd_address_works():
    data = random_bytes(QuantType.Q4_K, 3)
    shifted = np.frombuffer(b"x" + data.tobytes(), dtype=np.uint8)[1:]
    expected = dequantize(data, QuantType.Q4_K, (3, 256))
    assert_same_bits(dequantize(shifted, QuantType.Q4_K, (3, 256)), expected)


@pytest.mark.parametrize(
    ("num_bytes", "shape"),
    [(18, (64,)), (17, (32,)), (36, (4, 16)), (18, ()), (0, (32,)), (36, (32, 1))],
)
def test_bytes_that_do_not_fill_the_shape_are_an_error(num_bytes, shape):
    with pytest.raises(ModelFormatError, match="do not fill the shape"):
        dequantize(np.zeros(num_bytes, dtype=np.uint8), QuantType.Q4_0, shape)


def test_a_format_that_is_not_supported_is_an_error_that_lists_those_that_are():
    with pytest.raises(UnsupportedQuantizationError) as caught:
        dequantize(np.zeros(66, dtype=np.uint8), QuantType.IQ2_XXS, (256,))
    assert caught.value.quant_type == "IQ2_XXS"
    assert caught.value.supported == tuple(t.name for t in SUPPORTED_QUANT_TYPES)
    assert "Q4_K" in str(caught.value)


@pytest.mark.parametrize("quant_type", QuantType, ids=str)
def test_block_sizes_are_those_of_gguf(quant_type):
    if quant_type is QuantType.Q8_1:
        # gguf counts its scales as float32; ggml made them float16. No file holds it.
        assert (quant_type.block_size, quant_type.block_bytes) == (32, 36)
        return
    reference_type = GGMLQuantizationType(int(quant_type))
    assert reference_type.name == quant_type.name
    assert GGML_QUANT_SIZES[reference_type] == (quant_type.block_size, quant_type.block_bytes)


def test_bits_per_weight_count_the_scales():
    assert QuantType.Q4_0.bits_per_weight == 4.5
    assert QuantType.F16.bits_per_weight == 16
