"""Quantized blocks to float32."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.errors import ModelFormatError, UnsupportedQuantizationError
from realm_jupyter.gguf import quants_4_to_8, quants_k, quants_plain
from realm_jupyter.gguf.quant_type import QuantType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    _Decoder = Callable[[NDArray[np.void], NDArray[np.float32]], None]

__all__ = ["SUPPORTED_QUANT_TYPES", "dequantize"]

# Elements handled at a time: the temporaries of a few bytes per element stay in cache.
_CHUNK_ELEMENTS = 1 << 17

_DECODERS: dict[QuantType, tuple[np.dtype[np.void], _Decoder]] = {
    QuantType.F32: (quants_plain.F32, quants_plain.decode_f32),
    QuantType.F16: (quants_plain.F16, quants_plain.decode_f16),
    QuantType.BF16: (quants_plain.BF16, quants_plain.decode_bf16),
    QuantType.Q4_0: (quants_4_to_8.Q4_0, quants_4_to_8.decode_q4_0),
    QuantType.Q4_1: (quants_4_to_8.Q4_1, quants_4_to_8.decode_q4_1),
    QuantType.Q5_0: (quants_4_to_8.Q5_0, quants_4_to_8.decode_q5_0),
    QuantType.Q5_1: (quants_4_to_8.Q5_1, quants_4_to_8.decode_q5_1),
    QuantType.Q8_0: (quants_4_to_8.Q8_0, quants_4_to_8.decode_q8_0),
    QuantType.Q2_K: (quants_k.Q2_K, quants_k.decode_q2_k),
    QuantType.Q3_K: (quants_k.Q3_K, quants_k.decode_q3_k),
    QuantType.Q4_K: (quants_k.Q4_K, quants_k.decode_q4_k),
    QuantType.Q5_K: (quants_k.Q5_K, quants_k.decode_q5_k),
    QuantType.Q6_K: (quants_k.Q6_K, quants_k.decode_q6_k),
    QuantType.IQ4_NL: (quants_4_to_8.IQ4_NL, quants_4_to_8.decode_iq4_nl),
    QuantType.IQ4_XS: (quants_k.IQ4_XS, quants_k.decode_iq4_xs),
}

SUPPORTED_QUANT_TYPES: tuple[QuantType, ...] = tuple(_DECODERS)
"""The quant types that `dequantize` knows."""


def dequantize(
    data: NDArray[np.uint8], quant_type: QuantType, shape: Sequence[int]
) -> NDArray[np.float32]:
    r"""Turn quantized bytes into float32.

    Parameters
    ----------
    data : ndarray of uint8, shape (n,)
        Contiguous blocks of ``quant_type``.
    quant_type : QuantType
    shape : sequence of int
        Of the result; the last axis is a multiple of the block size.

    Returns
    -------
    ndarray of float32, shape ``shape``
        A new array.

    Raises
    ------
    UnsupportedQuantizationError
        If ``quant_type`` is not in `SUPPORTED_QUANT_TYPES`.
    ModelFormatError
        If the bytes do not fill the shape.

    Notes
    -----
    Bit for bit what ``gguf.quants.dequantize`` of the PyPI package ``gguf`` gives.
    Beyond the result it needs about 2 MiB. Infinite or NaN scales give infinite or NaN numbers.

    References
    ----------
    ``ggml-quants.c`` and ``ggml-common.h`` of llama.cpp.

    Examples
    --------
    >>> import numpy as np
    >>> block = np.frombuffer(b"\x00\x3c" + bytes([0x98] * 16), dtype=np.uint8)
    >>> dequantize(block, QuantType.Q4_0, (1, 32))[:, 14:18]
    array([[0., 0., 1., 1.]], dtype=float32)
    """
    if quant_type not in _DECODERS:
        names = [known.name for known in SUPPORTED_QUANT_TYPES]
        raise UnsupportedQuantizationError(QuantType(quant_type).name, names)
    block_size, block_bytes = quant_type.block_size, quant_type.block_bytes
    num_elements = prod(shape)
    row = shape[-1] if len(shape) else 1
    if row % block_size or data.size * block_size != num_elements * block_bytes:
        raise ModelFormatError(
            f"{data.size} bytes of {quant_type} do not fill the shape {tuple(shape)}"
        )
    layout, decode = _DECODERS[quant_type]
    blocks = np.ascontiguousarray(data, dtype=np.uint8).reshape(-1).view(layout)
    result = np.empty((len(blocks), block_size), dtype=np.float32)
    step = _CHUNK_ELEMENTS // block_size
    with np.errstate(all="ignore"):  # hostile scales overflow; that is their right
        for start in range(0, len(blocks), step):
            decode(blocks[start : start + step], result[start : start + step])
    return result.reshape(shape)
