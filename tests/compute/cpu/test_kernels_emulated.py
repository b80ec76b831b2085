"""The kernels of ARM processors, run by an emulator."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.kernel_programs import KERNEL_TESTS, SOURCES, STEP_TESTS

if TYPE_CHECKING:
    from pathlib import Path

QEMU = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
ISAS = {"baseline": (), "dotprod": ("-mcpu=baseline+dotprod",)}
FLAGS = ("-target", "aarch64-linux-musl", "-std=c++20", "-O1", "-ffp-contract=off", "-Wno-psabi")


@pytest.mark.soak
@pytest.mark.skipif(QEMU is None, reason="needs qemu-user")
@pytest.mark.parametrize("sources", [STEP_TESTS, KERNEL_TESTS], ids=["steps", "matrices"])
@pytest.mark.parametrize("isa", ISAS)
def test_arm(sources: tuple[Path, ...], isa: str, tmp_path: Path) -> None:
    program = tmp_path / "program"
    # Zig traps on undefined behaviour by itself, which GCC's sanitizers look for elsewhere.
    flags = (*FLAGS, *ISAS[isa], "-fno-sanitize=all", f"-DREALM_ISA={isa}", f"-I{SOURCES}")
    command = [sys.executable, "-m", "ziglang", "c++", *flags, *map(str, sources)]
    subprocess.run([*command, "-o", str(program)], check=True)
    ran = subprocess.run([str(QEMU), program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
