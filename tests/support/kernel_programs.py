"""The standalone test programs of the native library: what each is made of."""

from __future__ import annotations

from pathlib import Path

__all__ = ["KERNEL_TESTS", "SOURCES", "STEP_TESTS", "runs_here"]

SOURCES = Path(__file__).parents[2] / "realm_jupyter" / "compute" / "cpu" / "src"
_TESTS = Path(__file__).parents[1] / "compute" / "cpu"
_MATRICES = ("isa_matmul", "isa_matmul_float", "isa_quantize", "isa_pack", "decode", "dequantize")
_STEPS = ("isa_rows", "isa_attention", "cache", "pool", "team")

KERNEL_TESTS = (_TESTS / "kernel_tests.cpp", *(SOURCES / f"{name}.cpp" for name in _MATRICES))
"""Matrix kernels and packing."""

STEP_TESTS = (_TESTS / "step_tests.cpp", *(SOURCES / f"{name}.cpp" for name in _STEPS))
"""Row ops, attention, the cache's memory and the worker pool."""


def runs_here(flag: str) -> bool:
    """Return whether this processor has a feature, by its name in ``/proc/cpuinfo``."""
    try:
        return flag in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
