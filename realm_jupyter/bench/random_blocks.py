"""Random weights made directly in a quant type: random quants under scales that make sense.

Nothing is quantized, so a gigabyte takes a second or two. The weights of a matrix have
mean near 0 and about the standard deviation that was asked for, so that activations stay
in the range of a real model's and logits are finite.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.gguf import QuantType
from realm_jupyter.gguf import quants_4_to_8 as q8
from realm_jupyter.gguf import quants_k as qk

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["RANDOM_QUANT_TYPES", "random_blocks"]

# Of the quants themselves, before scales: a uniform number of 2**b steps has a standard
# deviation of 2**b / sqrt(12).
_STD_4_BITS = 16 / math.sqrt(12)
_STD_5_BITS = 32 / math.sqrt(12)
_STD_8_BITS = 256 / math.sqrt(12)
_STD_IQ4 = float(np.std(q8.IQ4_VALUES.astype(np.float64)))
_SIX_BITS_RMS = 37.0  # of whole numbers from 0 to 63
_BYTE_RMS = 74.0  # of whole numbers from -128 to 127


def random_blocks(
    quant_type: QuantType, num_blocks: int, std: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return random blocks as a file stores them.

    Parameters
    ----------
    quant_type : QuantType
        One of `RANDOM_QUANT_TYPES`.
    num_blocks : int
    std : float
        Standard deviation of the weights, to within some ten percent.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of uint8, shape (num_blocks * block_bytes,)
    """
    size_bytes = num_blocks * quant_type.block_bytes
    # Whole words are drawn several times faster than bytes.
    words = rng.integers(0, (1 << 64) - 1, -(-size_bytes // 8), dtype="<u8", endpoint=True)
    data: NDArray[np.uint8] = words.view(np.uint8)[:size_bytes]
    _FILLERS[quant_type](data, std, rng)
    return data


def _scales(count: int, mean: float, rng: np.random.Generator) -> NDArray[np.float16]:
    """Return block scales that differ by up to a fifth."""
    drawn = rng.random(count, dtype=np.float32)
    return (np.float32(mean) * (np.float32(0.8) + np.float32(0.4) * drawn)).astype("<f2")


def _float_filler(dtype: str, mantissa_bits: int, bias: int) -> Callable[..., None]:
    """Random sign and mantissa under one exponent: magnitudes evenly between two powers of 2."""

    def fill(data: NDArray[np.uint8], std: float, _rng: np.random.Generator) -> None:
        values = data.view(dtype)
        total_bits = 8 * values.dtype.itemsize
        mask = (1 << (total_bits - 1)) | ((1 << mantissa_bits) - 1)
        # Magnitudes from p to 2p have a root mean square of sqrt(7/3) p.
        exponent = bias + round(math.log2(std / math.sqrt(7 / 3)))
        values &= values.dtype.type(mask)
        values |= values.dtype.type(exponent << mantissa_bits)

    return fill


def _plain_filler(dtype: np.dtype[np.void], quant_std: float) -> Callable[..., None]:
    """One scale ``d`` a block; quants around 0."""

    def fill(data: NDArray[np.uint8], std: float, rng: np.random.Generator) -> None:
        blocks = data.view(dtype)
        blocks["d"] = _scales(len(blocks), std / quant_std, rng)

    return fill


def _offset_filler(
    dtype: np.dtype[np.void], quant_std: float, middle: float
) -> Callable[..., None]:
    """Scale ``d`` and offset ``m``; quants from 0, so the offset moves them around 0."""

    def fill(data: NDArray[np.uint8], std: float, rng: np.random.Generator) -> None:
        blocks = data.view(dtype)
        scales = _scales(len(blocks), std / quant_std, rng)
        blocks["d"] = scales
        blocks["m"] = (-middle * scales.astype(np.float32)).astype("<f2")

    return fill


def _six_bit_filler(
    dtype: np.dtype[np.void], quant_std: float, middle: float
) -> Callable[..., None]:
    """Q4_K and Q5_K: the minimum of each group equals its scale, so ``dmin`` centres all."""

    def fill(data: NDArray[np.uint8], std: float, rng: np.random.Generator) -> None:
        blocks = data.view(dtype)
        scales = _scales(len(blocks), std / (quant_std * _SIX_BITS_RMS), rng)
        blocks["d"] = scales
        blocks["dmin"] = (middle * scales.astype(np.float32)).astype("<f2")
        packed = blocks["scales"]  # scale bytes, minimum bytes, low halves of the last four
        packed[:, 1] = packed[:, 0]
        packed[:, 2] = (packed[:, 2] & 15) * 17

    return fill


def _fill_q2_k(data: NDArray[np.uint8], std: float, rng: np.random.Generator) -> None:
    blocks = data.view(qk.Q2_K)
    scales = _scales(len(blocks), std / (4 / math.sqrt(12) * 8.8), rng)
    blocks["d"] = scales
    blocks["dmin"] = (1.5 * scales.astype(np.float32)).astype("<f2")
    blocks["scales"] = (blocks["scales"] & 15) * 17


_FILLERS: dict[QuantType, Callable[..., None]] = {
    QuantType.F32: _float_filler("<u4", 23, 127),
    QuantType.F16: _float_filler("<u2", 10, 15),
    QuantType.BF16: _float_filler("<u2", 7, 127),
    QuantType.Q4_0: _plain_filler(q8.Q4_0, _STD_4_BITS),
    QuantType.Q4_1: _offset_filler(q8.Q4_1, _STD_4_BITS, 7.5),
    QuantType.Q5_0: _plain_filler(q8.Q5_0, _STD_5_BITS),
    QuantType.Q5_1: _offset_filler(q8.Q5_1, _STD_5_BITS, 15.5),
    QuantType.Q8_0: _plain_filler(q8.Q8_0, _STD_8_BITS),
    QuantType.IQ4_NL: _plain_filler(q8.IQ4_NL, _STD_IQ4),
    QuantType.IQ4_XS: _plain_filler(qk.IQ4_XS, _STD_IQ4 * 64 / math.sqrt(12)),
    QuantType.Q2_K: _fill_q2_k,
    QuantType.Q3_K: _plain_filler(qk.Q3_K, 8 / math.sqrt(12) * 64 / math.sqrt(12)),
    QuantType.Q4_K: _six_bit_filler(qk.Q4_K, _STD_4_BITS, 7.5),
    QuantType.Q5_K: _six_bit_filler(qk.Q5_K, _STD_5_BITS, 15.5),
    QuantType.Q6_K: _plain_filler(qk.Q6_K, 64 / math.sqrt(12) * _BYTE_RMS),
}

RANDOM_QUANT_TYPES: frozenset[QuantType] = frozenset(_FILLERS)
"""The quant types that `random_blocks` can make."""
