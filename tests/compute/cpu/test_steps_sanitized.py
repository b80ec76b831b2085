"""Row ops, attention and the worker pool under the sanitizers, in a program of their own."""

from __future__ import annotations

import platform
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.kernel_programs import GXX_FLAGS, SOURCES, STEP_TESTS, runs_here

if TYPE_CHECKING:
    from pathlib import Path

GXX = shutil.which("g++")


@pytest.mark.soak  # a minute of compiling for each
@pytest.mark.skipif(GXX is None, reason="needs g++")
@pytest.mark.skipif(platform.system() != "Linux", reason="needs the sanitizers of Linux")
@pytest.mark.parametrize(
    ("isa", "sanitizer"),
    [
        ("avx512vnni", "address,undefined"),
        ("avx2", "address,undefined"),
        ("avx2", "thread"),
        ("baseline", "address,undefined"),
    ],
)
def test_row_ops_attention_and_pool(isa: str, sanitizer: str, tmp_path: Path) -> None:
    if not runs_here(isa):
        pytest.skip(f"this processor has no {isa}")
    program = tmp_path / "step_tests"
    flags = ("-std=c++20", "-O1", "-g", "-ffp-contract=off", "-Wall", "-Wextra", "-Wno-psabi")
    subprocess.run(
        [
            str(GXX),
            *flags,
            *GXX_FLAGS[isa],
            f"-DREALM_ISA={isa}",
            f"-fsanitize={sanitizer}",
            "-fno-sanitize-recover=all",
            f"-I{SOURCES}",
            *map(str, STEP_TESTS),
            "-pthread",
            "-o",
            str(program),
        ],
        check=True,
    )
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
