"""Row ops, attention and the worker pool under the sanitizers, in a program of their own."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCES = Path(__file__).parents[3] / "realm_jupyter" / "compute" / "cpu" / "src"
LIBRARY = ("isa_rows.cpp", "isa_attention.cpp", "cache.cpp", "pool.cpp")
GXX = shutil.which("g++")
ISAS = {"avx2": ("-mavx2", "-mfma", "-mf16c"), "baseline": ("-msse4.2",)}


def _runs_here(isa: str) -> bool:
    if isa == "baseline":
        return True
    try:
        return "avx2" in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False


@pytest.mark.skipif(GXX is None, reason="needs g++")
@pytest.mark.skipif(platform.system() != "Linux", reason="needs the sanitizers of Linux")
@pytest.mark.parametrize(
    ("isa", "sanitizer"),
    [
        ("avx2", "address,undefined"),
        pytest.param("avx2", "thread", marks=pytest.mark.soak),
        pytest.param("baseline", "address,undefined", marks=pytest.mark.soak),
    ],
)
def test_row_ops_attention_and_pool(isa: str, sanitizer: str, tmp_path: Path) -> None:
    if not _runs_here(isa):
        pytest.skip(f"this processor has no {isa}")
    program = tmp_path / "step_tests"
    flags = ("-std=c++20", "-O1", "-g", "-ffp-contract=off", "-Wall", "-Wextra", "-Wno-psabi")
    subprocess.run(
        [
            str(GXX),
            *flags,
            *ISAS[isa],
            f"-DREALM_ISA={isa}",
            f"-fsanitize={sanitizer}",
            "-fno-sanitize-recover=all",
            f"-I{SOURCES}",
            str(HERE / "step_tests.cpp"),
            *(str(SOURCES / name) for name in LIBRARY),
            "-pthread",
            "-o",
            str(program),
        ],
        check=True,
    )
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
