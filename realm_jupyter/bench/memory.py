"""How much memory this process holds."""

from __future__ import annotations

import importlib
import platform
from pathlib import Path

__all__ = ["resident_bytes"]

_STATUS = Path("/proc/self/status")


def resident_bytes() -> tuple[int, int] | None:
    """Return the bytes of this process in memory.

    Returns
    -------
    total : int
        All of them, mapped files included.
    private : int
        Those that belong to no file.

    Notes
    -----
    None where the system does not say and psutil is not installed. Without Linux's figures
    both numbers are the total.
    """
    if platform.system() == "Linux":
        try:
            return _read_status(_STATUS.read_text())
        except (OSError, ValueError, KeyError):
            return None
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        return None
    total = int(psutil.Process().memory_info().rss)
    return total, total


def _read_status(text: str) -> tuple[int, int]:
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    total, private = (int(fields[key].split()[0]) << 10 for key in ("VmRSS", "RssAnon"))
    return total, private
