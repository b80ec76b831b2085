"""How fast matrices are packed: GB/s of the file, one thread, by quant type.

Run from the repository root::

    python -m tests.benchmarks.bench_packing --types Q4_0,Q6_K --beside OTHER.so

Every instruction set of the library, and of another build of it where one is named, packs the
same matrix in turns, into memory that was used before. Medians with the smallest and largest.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from realm_jupyter.compute.cpu.library import find_library, load_library
from realm_jupyter.gguf.dequantize import SUPPORTED_QUANT_TYPES
from realm_jupyter.gguf.quant_type import QuantType


def throughput(library, quant_type, source, packed, shape):
    """Gigabytes of the file per second, of one call."""
    start = time.perf_counter()
    library.pack(quant_type, source.ctypes.data, packed.ctypes.data, *shape)
    return len(source) / (time.perf_counter() - start) / 1e9


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--types", default=",".join(kind.name for kind in SUPPORTED_QUANT_TYPES))
    parser.add_argument("--shape", default="2048x2048", metavar="ROWSxCOLUMNS")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--beside", type=Path, metavar="LIBRARY", help="another build")
    options = parser.parse_args()
    shape = tuple(int(size) for size in options.shape.split("x"))
    libraries = [("this", find_library())]
    if options.beside:
        libraries.append((options.beside.name, load_library(options.beside.resolve())))
    sides = [(name, library, isa) for name, library in libraries for isa in library.isas]
    print("type", *(f"{name} {isa}" for name, _, isa in sides), sep=" | ")
    for kind in options.types.split(","):
        quant_type = QuantType[kind]
        row_bytes = shape[1] // quant_type.block_size * quant_type.block_bytes
        source = np.random.default_rng(0).integers(0, 256, shape[0] * row_bytes, dtype=np.uint8)
        packed = np.zeros(libraries[0][1].packed_bytes(quant_type, *shape), np.uint8)
        found = [[] for _ in sides]
        for _ in range(options.rounds):
            for figures, (_, library, isa) in zip(found, sides, strict=True):
                library.select_isa(isa)
                figures.append(throughput(library, quant_type, source, packed, shape))
        cells = (f"{statistics.median(x):.1f} ({min(x):.1f} to {max(x):.1f})" for x in found)
        print(kind, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
