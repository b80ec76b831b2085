"""Formats with one scale for 32 elements: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL.

A byte of ``qs`` holds element i in its lower and element i + 16 in its upper half.
Every ``decode_*`` function writes ``blocks``, shape (n,), into ``out``, shape
(n, 32), float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "IQ4_NL",
    "IQ4_VALUES",
    "Q4_0",
    "Q4_1",
    "Q5_0",
    "Q5_1",
    "Q8_0",
    "decode_iq4_nl",
    "decode_q4_0",
    "decode_q4_1",
    "decode_q5_0",
    "decode_q5_1",
    "decode_q8_0",
    "split_nibbles",
]

Q4_0 = np.dtype([("d", "<f2"), ("qs", "u1", 16)])
Q4_1 = np.dtype([("d", "<f2"), ("m", "<f2"), ("qs", "u1", 16)])
Q5_0 = np.dtype([("d", "<f2"), ("qh", "u1", 4), ("qs", "u1", 16)])
Q5_1 = np.dtype([("d", "<f2"), ("m", "<f2"), ("qh", "u1", 4), ("qs", "u1", 16)])
Q8_0 = np.dtype([("d", "<f2"), ("qs", "i1", 32)])
IQ4_NL = np.dtype([("d", "<f2"), ("qs", "u1", 16)])

IQ4_VALUES = np.array(
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], dtype=np.int8
)
"""What the 16 codes of IQ4_NL and IQ4_XS stand for."""


def split_nibbles(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the halves of bytes of shape (..., k) as shape (..., 2k): lower ones first."""
    half = packed.shape[-1]
    halves = np.empty((*packed.shape[:-1], 2 * half), dtype=np.uint8)
    np.bitwise_and(packed, 15, out=halves[..., :half])
    np.right_shift(packed, 4, out=halves[..., half:])
    return halves


def _five_bits(blocks: NDArray[np.void]) -> NDArray[np.uint8]:
    high = np.unpackbits(blocks["qh"], axis=-1, bitorder="little")
    high <<= 4
    high |= split_nibbles(blocks["qs"])
    return high


def _scale(blocks: NDArray[np.void], field: str) -> NDArray[np.float32]:
    scale: NDArray[np.float32] = blocks[field].astype(np.float32)[:, None]
    return scale


def decode_q4_0(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """``d * (q - 8)``."""
    quants = split_nibbles(blocks["qs"]).view(np.int8)
    quants -= 8
    np.multiply(_scale(blocks, "d"), quants, out=out)


def decode_q4_1(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """``d * q + m``."""
    np.multiply(_scale(blocks, "d"), split_nibbles(blocks["qs"]), out=out)
    np.add(out, _scale(blocks, "m"), out=out)


def decode_q5_0(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """``d * (q - 16)``."""
    quants = _five_bits(blocks).view(np.int8)
    quants -= 16
    np.multiply(_scale(blocks, "d"), quants, out=out)


def decode_q5_1(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """``d * q + m``."""
    np.multiply(_scale(blocks, "d"), _five_bits(blocks), out=out)
    np.add(out, _scale(blocks, "m"), out=out)


def decode_q8_0(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """``d * q``."""
    np.multiply(_scale(blocks, "d"), blocks["qs"], out=out)


def decode_iq4_nl(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """``d * IQ4_VALUES[q]``."""
    np.multiply(_scale(blocks, "d"), IQ4_VALUES[split_nibbles(blocks["qs"])], out=out)
