"""Matrix kernels under the sanitizers, in a program of their own."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

GXX = shutil.which("g++")
HERE = Path(__file__).parent
SOURCES = Path(__file__).parents[3] / "realm_jupyter" / "compute" / "cpu" / "src"
LIBRARY = (
    "isa_matmul.cpp",
    "isa_matmul_float.cpp",
    "isa_quantize.cpp",
    "decode.cpp",
    "dequantize.cpp",
    "pack.cpp",
)
ISAS = {"avx2": ("-mavx2", "-mfma", "-mf16c"), "baseline": ("-msse4.2",)}
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-std=c++20", "-O1", "-ffp-contract=off", "-Wall", "-Wextra")


def _runs_here(isa: str) -> bool:
    try:
        return ISAS[isa][0].removeprefix("-m").replace(".", "_") in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
        )
    except OSError:
        return False


@pytest.mark.soak
@pytest.mark.skipif(GXX is None, reason="needs g++")
@pytest.mark.skipif(platform.system() != "Linux", reason="needs the sanitizers of Linux")
@pytest.mark.parametrize("isa", ISAS)
def test_matrix_kernels(isa: str, tmp_path: Path) -> None:
    if not _runs_here(isa):
        pytest.skip(f"this processor has no {isa}")
    sources = [HERE / "kernel_tests.cpp", *(SOURCES / name for name in LIBRARY)]

    def compiled(source: Path) -> str:
        target = str(tmp_path / f"{source.stem}.o")
        flags = (*FLAGS, *SANITIZERS, *ISAS[isa], f"-DREALM_ISA={isa}", f"-I{SOURCES}")
        subprocess.run([str(GXX), *flags, "-c", str(source), "-o", target], check=True)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, sources))
    program = tmp_path / "kernel_tests"
    subprocess.run([str(GXX), *SANITIZERS, *objects, "-o", str(program)], check=True)
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
