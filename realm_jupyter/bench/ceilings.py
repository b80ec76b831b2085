"""What this machine can do at most: bytes read and multiply-accumulates each second."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from realm_jupyter.compute.cpu.library import Library, find_library

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Ceilings", "measure_ceilings"]

_READ_BYTES = 256 << 20  # beyond every cache
_READ_REPEATS = 8
_COMPUTE_S = 0.1
_COMPUTE_REPEATS = 3
_MATRIX_SIZE = 512
_INT8, _FLOAT32 = 0, 1


@dataclass(frozen=True, slots=True)
class Ceilings:
    """The best of several tries.

    Parameters
    ----------
    read_bytes_per_s : float
        Plain reading of memory with all threads: the ceiling of decoding.
    int8_macs_per_s, float32_macs_per_s : float, optional
        Multiply-accumulates in registers: the ceiling of prefill. Without the native
        library only float32, from numpy's matrix product.
    source : {"native", "numpy"}
    num_threads : int
    """

    read_bytes_per_s: float
    int8_macs_per_s: float | None
    float32_macs_per_s: float | None
    source: str
    num_threads: int

    def macs_per_s(self, kind: str) -> float | None:
        """Return the ceiling for ``"int8"`` or ``"float32"``, or None if it is not known."""
        return self.int8_macs_per_s if kind == "int8" else self.float32_macs_per_s

    def best_with(self, other: Ceilings) -> Ceilings:
        """Return the higher of both for each figure: a ceiling is what was reached once."""
        int8 = max(self.int8_macs_per_s or 0.0, other.int8_macs_per_s or 0.0)
        float32 = max(self.float32_macs_per_s or 0.0, other.float32_macs_per_s or 0.0)
        return replace(
            self,
            read_bytes_per_s=max(self.read_bytes_per_s, other.read_bytes_per_s),
            int8_macs_per_s=int8 or None,
            float32_macs_per_s=float32 or None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the ceilings as plain values."""
        return {
            "read_bytes_per_s": self.read_bytes_per_s,
            "int8_macs_per_s": self.int8_macs_per_s,
            "float32_macs_per_s": self.float32_macs_per_s,
            "source": self.source,
            "num_threads": self.num_threads,
        }


def measure_ceilings(num_threads: int) -> Ceilings:
    """Measure this machine for about a second.

    Parameters
    ----------
    num_threads : int
        As many as the model will use.

    Returns
    -------
    Ceilings
    """
    library = find_library()
    # Written, so that every page is there; not zeros, which a system may share.
    data = np.full(_READ_BYTES // 8, 0x5A5A5A5A5A5A5A5A, dtype=np.uint64)
    if isinstance(library, Library):
        read = _best(lambda: library.read(data.ctypes.data, data.nbytes, num_threads))
        return Ceilings(
            read_bytes_per_s=data.nbytes / read,
            int8_macs_per_s=_native_macs(library, _INT8, num_threads),
            float32_macs_per_s=_native_macs(library, _FLOAT32, num_threads),
            source="native",
            num_threads=num_threads,
        )
    return Ceilings(
        read_bytes_per_s=_numpy_read(data, num_threads),
        int8_macs_per_s=None,
        float32_macs_per_s=_numpy_macs(),
        source="numpy",
        num_threads=num_threads,
    )


def _seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def _best(function: Callable[[], object], repeats: int = _READ_REPEATS) -> float:
    return min(_seconds(function) for _ in range(repeats))


def _native_macs(library: Library, kind: int, num_threads: int) -> float:
    num_rounds, best = 1, 0.0
    num_left = _COMPUTE_REPEATS
    while num_left:
        started = time.perf_counter()
        done = library.compute(kind, num_rounds, num_threads)
        seconds = time.perf_counter() - started
        if seconds < _COMPUTE_S:
            num_rounds *= 4
        else:
            best = max(best, done / seconds)
            num_left -= 1
    return best


def _numpy_read(data: NDArray[np.uint64], num_threads: int) -> float:
    parts = np.array_split(data, num_threads)
    with ThreadPoolExecutor(num_threads) as pool:
        # numpy lets go of the interpreter while it reduces, so the threads run side by side.
        best = _best(lambda: list(pool.map(np.bitwise_or.reduce, parts)))
    return data.nbytes / best


def _numpy_macs() -> float:
    matrix = np.ones((_MATRIX_SIZE, _MATRIX_SIZE), dtype=np.float32)
    return float(_MATRIX_SIZE**3 / _best(lambda: matrix @ matrix))
