"""The notices of what the compiled files contain are those of the compiler that is pinned."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTICES = (ROOT / "NOTICES.txt").read_text(encoding="utf-8")
FILES = (
    "LICENSE",
    "lib/libc/wasi/LICENSE",
    "lib/libc/wasi/LICENSE-MIT",
    "lib/libc/wasi/libc-bottom-half/cloudlibc/LICENSE",
    "lib/libc/musl/COPYRIGHT",
)


@pytest.fixture(scope="module")
def zig() -> Path:
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        pytest.skip("ziglang is not installed")
    return Path(spec.origin).parent


@pytest.mark.parametrize("file", FILES)
def test_the_licence_is_the_one_that_the_compiler_ships(zig, file):
    assert (zig / file).read_text(encoding="utf-8").strip() in NOTICES


def test_the_allocator_is_attributed_as_its_source_says(zig):
    source = (zig / "lib/libc/wasi/emmalloc/emmalloc.c").read_text(encoding="utf-8")
    line = re.search(r"Copyright .*", source)
    assert line is not None
    assert line[0] in NOTICES


def test_the_compiler_is_the_pinned_one():
    pinned = re.search(r"ziglang==([0-9.]+)", (ROOT / "hatch_build.py").read_text(encoding="utf-8"))
    assert pinned is not None
    assert f"Zig {pinned[1]}\n" in NOTICES


def test_the_package_carries_them():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert project.count('"NOTICES.txt"') == 2
