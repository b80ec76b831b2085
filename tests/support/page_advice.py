"""What a process asked of the system for its memory, as Linux shows it."""

from __future__ import annotations

import mmap
from pathlib import Path

import pytest

_SMAPS = Path("/proc/self/smaps")


def huge_page_files() -> set[str]:
    """Return the names of the mapped files that huge pages were asked for.

    Skips the test where the system has no huge pages or does not show what was asked.
    """
    try:
        lines = _SMAPS.read_text().splitlines()
        with mmap.mmap(-1, mmap.PAGESIZE) as probe:
            probe.madvise(mmap.MADV_HUGEPAGE)
    except (OSError, AttributeError):
        pytest.skip("there are no huge pages here, or nobody can see them")
    found, name = set(), ""
    for line in lines:
        first, *rest = line.split()
        if not first.endswith(":"):
            name = rest[-1]
        elif first == "VmFlags:" and "hg" in rest:
            found.add(name)
    return found
