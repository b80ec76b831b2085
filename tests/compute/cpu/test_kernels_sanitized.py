"""Matrix kernels under the sanitizers, in a program of their own."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from support.kernel_programs import GXX_FLAGS, KERNEL_TESTS, SOURCES, runs_here

if TYPE_CHECKING:
    from pathlib import Path

GXX = shutil.which("g++")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ("-std=c++20", "-O1", "-ffp-contract=off", "-Wall", "-Wextra")


@pytest.mark.soak
@pytest.mark.skipif(GXX is None, reason="needs g++")
@pytest.mark.skipif(platform.system() != "Linux", reason="needs the sanitizers of Linux")
@pytest.mark.parametrize("isa", GXX_FLAGS)
def test_matrix_kernels(isa: str, tmp_path: Path) -> None:
    if not runs_here(isa):
        pytest.skip(f"this processor has no {isa}")

    def compiled(source: Path) -> str:
        target = str(tmp_path / f"{source.stem}.o")
        flags = (*FLAGS, *SANITIZERS, *GXX_FLAGS[isa], f"-DREALM_ISA={isa}", f"-I{SOURCES}")
        subprocess.run([str(GXX), *flags, "-c", str(source), "-o", target], check=True)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, KERNEL_TESTS))
    program = tmp_path / "kernel_tests"
    subprocess.run([str(GXX), *SANITIZERS, *objects, "-o", str(program)], check=True)
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
