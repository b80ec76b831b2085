"""Huge pages: what many numbers are read from should be in pages of 2 MiB, not of 4 KiB."""

from __future__ import annotations

import mmap
from contextlib import suppress

__all__ = ["HUGE_PAGE_BYTES", "advise_huge_pages"]

HUGE_PAGE_BYTES = 2 << 20


def advise_huge_pages(mapping: mmap.mmap) -> None:
    """Ask the system to keep a mapping in huge pages; a hint, where it takes one.

    Parameters
    ----------
    mapping : mmap
        Anonymous memory, or a file that will be read as a whole: Linux then reads 4 MiB from
        the disk at a time. Advise before the first byte is touched: pages that are in memory
        stay as they are.
    """
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None:
        with suppress(OSError):  # a kernel without them
            mapping.madvise(advice)
