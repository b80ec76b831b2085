"""How fast the native matrix kernels are: GB/s and GMAC/s by quant type and number of rows.

Run from the repository root::

    python -m tests.benchmarks.bench_kernels --types Q4_0,Q8_0 --rows 1,16,128 --threads 2

Weights lie in a set of matrices larger than the last cache, used in turn, as in decoding. Types
are interleaved in rounds, so that a busy machine slows all of them alike, and the quickest
tenth of the calls counts. The last two columns are shares of what the machine did in the same
round: reading memory, and int8 or float32 products from registers.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.gguf.quant_type import QuantType

DEFAULT_TYPES = "Q8_0,Q4_0,Q4_K,Q5_K,Q6_K,F16,BF16"
DEFAULT_SHAPES = "2048x2048,5632x2048,32000x2048"
FLOATS = (QuantType.F32, QuantType.F16, QuantType.BF16)
READ_BYTES = 64 << 20


def aligned(num_bytes):
    memory = np.zeros(num_bytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + num_bytes]


class Weights:
    """Copies of a packed matrix of random bits, all numbers small."""

    def __init__(self, library, quant_type, num_rows, num_cols, set_bytes):
        self.quant_type, self.num_rows, self.num_cols = quant_type, num_rows, num_cols
        row_bytes = num_cols // quant_type.block_size * quant_type.block_bytes
        # Bytes from 1 to 44 make no infinite half or float, wherever the scales are.
        random = np.random.default_rng(0)
        source = random.integers(1, 45, num_rows * row_bytes, dtype=np.uint8)
        self.num_bytes = library.packed_bytes(quant_type, num_rows, num_cols)
        num_copies = max(1, -(-set_bytes // self.num_bytes))
        self.copies = [aligned(self.num_bytes) for _ in range(num_copies)]
        library.pack(quant_type, source.ctypes.data, self.copies[0].ctypes.data, num_rows, num_cols)
        for copy in self.copies[1:]:
            copy[:] = self.copies[0]

    def time(self, library, x, num_threads):
        """Seconds of each call, one for each copy."""
        y = np.empty((len(x), self.num_rows), np.float32)
        times = []
        for copy in self.copies:
            start = time.perf_counter()
            library.functions.realm_cpu_matmul(
                *(self.quant_type, copy.ctypes.data, self.num_rows, self.num_cols),
                *(x.ctypes.data, len(x), y.ctypes.data, num_threads),
            )
            times.append(time.perf_counter() - start)
        return times


def ceilings(library, data, num_threads):
    """GB/s of reading, and GMAC/s of int8 and of float32 products."""
    functions = library.functions
    start = time.perf_counter()
    functions.realm_cpu_read(data.ctypes.data, len(data), num_threads)
    rates = [len(data) / (time.perf_counter() - start)]
    for kind, num_rounds in ((0, 20_000), (1, 200_000)):
        start = time.perf_counter()
        done = functions.realm_cpu_compute(kind, num_rounds, num_threads)
        rates.append(done / (time.perf_counter() - start))
    return [rate / 1e9 for rate in rates]


def quickest_tenth(times):
    return sorted(times)[len(times) // 10]


def run(library, types, shape, rows, options):
    num_rows, num_cols = (int(size) for size in shape.split("x"))
    set_bytes = options.set_mib << 20
    weights = [Weights(library, kind, num_rows, num_cols, set_bytes) for kind in types]
    x = np.random.default_rng(1).standard_normal((max(rows), num_cols)).astype(np.float32)
    data = aligned(READ_BYTES)
    times = {(kind, count): [] for kind in types for count in rows}
    limits = [ceilings(library, data, options.threads) for _ in range(2)]
    for _ in range(options.rounds):
        for matrix in weights:
            for count in rows:
                times[matrix.quant_type, count] += matrix.time(library, x[:count], options.threads)
        limits.append(ceilings(library, data, options.threads))
    read, *compute = np.max(limits, axis=0)
    print(f"\n{shape}, {library.isa}, {options.threads} threads: reads {read:.1f} GB/s, computes")
    print(f"{compute[0]:.0f} GMAC/s of int8 and {compute[1]:.0f} GMAC/s of float32")
    print(f"{'type':8}{'rows':>6}{'ms':>10}{'GB/s':>8}{'GMAC/s':>9}{'read':>7}{'compute':>9}")
    for matrix in weights:
        for count in rows:
            seconds = quickest_tenth(times[matrix.quant_type, count])
            bandwidth = matrix.num_bytes / seconds / 1e9
            products = num_rows * num_cols * count / seconds / 1e9
            ceiling = compute[1 if matrix.quant_type in FLOATS else 0]
            print(
                f"{matrix.quant_type!s:8}{count:6}{seconds * 1e3:10.3f}{bandwidth:8.1f}"
                f"{products:9.1f}{bandwidth / read:7.0%}{products / ceiling:9.0%}"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--types", default=DEFAULT_TYPES)
    parser.add_argument("--shapes", default=DEFAULT_SHAPES)
    parser.add_argument("--rows", default="1,2,4,8,16,32,128,512")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--isa", default=None)
    parser.add_argument("--set-mib", type=int, default=128, help="memory of each type's matrices")
    options = parser.parse_args()
    library = find_library()
    if not isinstance(library, Library):
        raise SystemExit(library.message)
    if options.isa is not None:
        library.select_isa(options.isa)
    types = [QuantType[name] for name in options.types.split(",")]
    rows = [int(count) for count in options.rows.split(",")]
    for shape in options.shapes.split(","):
        run(library, types, shape, rows, options)


if __name__ == "__main__":
    main()
