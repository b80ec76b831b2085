"""Philox 4x32-10 in plain Python integers: the oracle of the guest's random numbers.

Salmon et al. 2011, doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

TOKEN, XTC = 0, 1
_MASK = 0xFFFFFFFF


def philox4x32(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, ...]:
    """Ten rounds on a counter of four words with a key of two."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c0, 1 << 32)
        high1, low1 = divmod(0xCD9E8D57 * c2, 1 << 32)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B9) & _MASK, (k1 + 0xBB67AE85) & _MASK
    return c0, c1, c2, c3


def uniform(seed: int, position: int, draw: int) -> float:
    """The guest's number in [0, 1) for a seed, a position and one of its draws."""
    counter = (position & _MASK, position >> 32, draw, 0)
    w0, w1, _, _ = philox4x32(counter, (seed & _MASK, seed >> 32))
    return ((w0 << 21) | (w1 >> 11)) / 2**53
