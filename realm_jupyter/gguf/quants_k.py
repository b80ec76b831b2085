"""Formats with a scale for 256 elements and small scales inside: the K-quants and IQ4_XS.

Every ``decode_*`` function writes ``blocks``, shape (n,), into ``out``, shape
(n, 256), float32. Products are taken in the order scale of the block, scale of the
group, quant, because float32 rounds after each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.gguf.quants_4_to_8 import IQ4_VALUES, split_nibbles

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "IQ4_XS",
    "Q2_K",
    "Q3_K",
    "Q4_K",
    "Q5_K",
    "Q6_K",
    "decode_iq4_xs",
    "decode_q2_k",
    "decode_q3_k",
    "decode_q4_k",
    "decode_q5_k",
    "decode_q6_k",
]

Q2_K = np.dtype([("scales", "u1", 16), ("qs", "u1", (2, 32)), ("d", "<f2"), ("dmin", "<f2")])
Q3_K = np.dtype([("hmask", "u1", 32), ("qs", "u1", (2, 32)), ("scales", "u1", 12), ("d", "<f2")])
Q4_K = np.dtype([("d", "<f2"), ("dmin", "<f2"), ("scales", "u1", (3, 4)), ("qs", "u1", (4, 32))])
Q5_K = np.dtype(
    [
        ("d", "<f2"),
        ("dmin", "<f2"),
        ("scales", "u1", (3, 4)),
        ("qh", "u1", 32),
        ("qs", "u1", (4, 32)),
    ]
)
Q6_K = np.dtype([("ql", "u1", (2, 64)), ("qh", "u1", (2, 32)), ("scales", "i1", 16), ("d", "<f2")])
IQ4_XS = np.dtype([("d", "<f2"), ("scales_h", "<u2"), ("scales_l", "u1", 4), ("qs", "u1", (8, 16))])

_PAIR_SHIFTS = np.array([0, 2, 4, 6], dtype=np.uint8)
_NIBBLE_SHIFTS = np.array([0, 4], dtype=np.uint8)
_BITS = np.arange(8, dtype=np.uint8)


def _bit_pairs(packed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Split bytes of shape (n, 2, 32) into pairs of bits: shape (n, 2, 4, 32)."""
    pairs = packed[:, :, None, :] >> _PAIR_SHIFTS[:, None]
    pairs &= 3
    return pairs


def _by_group(out: NDArray[np.float32], groups: int) -> NDArray[np.float32]:
    return out.reshape(len(out), groups, -1)


def _group_scales(
    blocks: NDArray[np.void], field: str, scales: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Return block scale times group scale, shape (n, groups, 1)."""
    product: NDArray[np.float32] = blocks[field].astype(np.float32)[:, None] * scales.astype(
        np.float32
    )
    return product[:, :, None]


def _six_bit_scales(packed: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Unpack the 8 scales and 8 minima, of 6 bits each, in 12 bytes (3, 4) of Q4_K and Q5_K.

    Rows 0 and 1 hold the first four of each in their lower 6 bits; row 2 holds the
    lower 4 bits of the last four, whose upper 2 bits are left over in rows 0 and 1.
    """
    scale, minimum, low = packed[:, 0], packed[:, 1], packed[:, 2]
    scales = np.concatenate([scale & 63, (low & 15) | ((scale >> 6) << 4)], axis=1)
    minima = np.concatenate([minimum & 63, (low >> 4) | ((minimum >> 6) << 4)], axis=1)
    return scales, minima


def decode_q2_k(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """16 groups of 16: ``d * scale * q - dmin * minimum``."""
    scales = blocks["scales"]
    quants = _bit_pairs(blocks["qs"]).reshape(-1, 16, 16)
    groups = _by_group(out, 16)
    np.multiply(_group_scales(blocks, "d", scales & 15), quants, out=groups)
    np.subtract(groups, _group_scales(blocks, "dmin", scales >> 4), out=groups)


def decode_q3_k(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """16 groups of 16: ``d * (scale - 32) * (q - 4)``; the third bit of q is in ``hmask``."""
    packed = blocks["scales"]
    high = (packed[:, None, 8:] >> _PAIR_SHIFTS[:, None]) & 3
    scales = split_nibbles(packed[:, :8]) | (high.reshape(-1, 16) << 4)
    third = (blocks["hmask"][:, None, :] >> _BITS[:, None]) & 1
    third <<= 2
    quants = _bit_pairs(blocks["qs"]).reshape(-1, 8, 32)
    quants |= third
    signed = quants.view(np.int8)
    signed -= 4
    scale = _group_scales(blocks, "d", scales.view(np.int8) - np.int8(32))
    np.multiply(scale, signed.reshape(-1, 16, 16), out=_by_group(out, 16))


def decode_q4_k(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """8 groups of 32: ``d * scale * q - dmin * minimum``."""
    scales, minima = _six_bit_scales(blocks["scales"])
    quants = split_nibbles(blocks["qs"]).reshape(-1, 8, 32)
    groups = _by_group(out, 8)
    np.multiply(_group_scales(blocks, "d", scales), quants, out=groups)
    np.subtract(groups, _group_scales(blocks, "dmin", minima), out=groups)


def decode_q5_k(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """As `decode_q4_k`; bit g of ``qh`` is the fifth bit of group g."""
    scales, minima = _six_bit_scales(blocks["scales"])
    quants = (blocks["qh"][:, None, :] >> _BITS[:, None]) & 1
    quants <<= 4
    quants |= split_nibbles(blocks["qs"]).reshape(-1, 8, 32)
    groups = _by_group(out, 8)
    np.multiply(_group_scales(blocks, "d", scales), quants, out=groups)
    np.subtract(groups, _group_scales(blocks, "dmin", minima), out=groups)


def decode_q6_k(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """16 groups of 16: ``d * scale * (q - 32)``."""
    low = split_nibbles(blocks["ql"])  # (n, 2, 128): four times 32
    quants = _bit_pairs(blocks["qh"])
    quants <<= 4
    quants |= low.reshape(quants.shape)
    signed = quants.view(np.int8)
    signed -= 32
    scale = _group_scales(blocks, "d", blocks["scales"])
    np.multiply(scale, signed.reshape(-1, 16, 16), out=_by_group(out, 16))


def decode_iq4_xs(blocks: NDArray[np.void], out: NDArray[np.float32]) -> None:
    """8 groups of 32: ``d * (scale - 32) * IQ4_VALUES[q]``."""
    low = ((blocks["scales_l"][:, :, None] >> _NIBBLE_SHIFTS) & 15).reshape(-1, 8)
    high = (blocks["scales_h"][:, None] >> (2 * _BITS).astype(np.uint16)) & 3
    scales = (low | (high << 4).astype(np.uint8)).view(np.int8) - np.int8(32)
    quants = IQ4_VALUES[split_nibbles(blocks["qs"])]
    np.multiply(_group_scales(blocks, "d", scales), quants, out=_by_group(out, 8))
