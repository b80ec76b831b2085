"""The standalone test programs of the native library: what each is made of."""

from __future__ import annotations

from pathlib import Path

__all__ = ["GXX_FLAGS", "KERNEL_TESTS", "SOURCES", "STEP_TESTS", "runs_here"]

SOURCES = Path(__file__).parents[2] / "realm_jupyter" / "compute" / "cpu" / "src"
_TESTS = Path(__file__).parents[1] / "compute" / "cpu"
_MATRICES = (
    "isa_matmul", "isa_matmul_float", "isa_quantize", "isa_pack", "matrix_product", "decode",
    "dequantize",
)  # fmt: skip
_STEPS = ("isa_rows", "isa_attention", "cache", "pool", "team")

KERNEL_TESTS = (_TESTS / "kernel_tests.cpp", *(SOURCES / f"{name}.cpp" for name in _MATRICES))
"""Matrix kernels and packing."""

STEP_TESTS = (_TESTS / "step_tests.cpp", *(SOURCES / f"{name}.cpp" for name in _STEPS))
"""Row ops, attention, the cache's memory and the worker pool."""


_AVX2 = ("-mavx2", "-mfma", "-mf16c")
_AVX512 = ("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vnni")

GXX_FLAGS = {
    "avx512vnni": (*_AVX2, *_AVX512),
    "avxvnni": (*_AVX2, "-mavxvnni"),
    "avx2": _AVX2,
    "baseline": ("-msse4.2",),
}
"""What g++ is told for each instruction set of x86-64."""

_FEATURES = {
    "avx512vnni": "avx512_vnni", "avxvnni": "avx_vnni", "avx2": "avx2", "baseline": "sse4_2",
}  # fmt: skip


def runs_here(isa: str) -> bool:
    """Return whether this processor runs an instruction set, by ``/proc/cpuinfo``."""
    try:
        return _FEATURES[isa] in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
