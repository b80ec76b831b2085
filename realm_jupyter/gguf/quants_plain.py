"""Formats without scales: each element stands for itself.

Every ``decode_*`` function writes ``blocks``, shape (n,), into ``out``, shape
(n, elements of a block), float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BF16", "F16", "F32", "decode_bf16", "decode_f16", "decode_f32"]

F32 = np.dtype([("x", "<f4")])
F16 = np.dtype([("x", "<f2")])
BF16 = np.dtype([("x", "<u2")])


def decode_f32(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """Copy."""
    out[:, 0] = blocks["x"]


def decode_f16(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """Widen IEEE half precision."""
    out[:, 0] = blocks["x"]


def decode_bf16(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """Widen bfloat16, the upper half of a float32."""
    np.left_shift(blocks["x"], np.uint32(16), out=out.view(np.uint32)[:, 0], dtype=np.uint32)
