"""How much memory a model needs and how much a device has left."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.errors import ModelMemoryError

if TYPE_CHECKING:
    from realm_jupyter.models.model import Model

__all__ = ["check_memory", "memory_available", "memory_needed", "release_memory"]

_FLOAT_BYTES = 4
_WORKING_BYTES = 16 << 20  # activations, small buffers and the first pages of a KV cache
_UNKNOWN_BYTES = 1 << 62
_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")


def memory_needed(model: Model, device: str = "cpu", executor: str = "auto") -> int:
    """Return the bytes that loading a model takes on a device.

    Parameters
    ----------
    model : Model
    device, executor : str
        Names as for `create_executor`; the device must be a resolved one.

    Returns
    -------
    int
        Weights, tied ones once, and a margin for one small KV cache. The reference executor
        holds every weight in float32, the native one packed (embedding tables stay in the
        file, of which a few rows are in use).
    """
    tensors = model.file.tensors
    if executor != "reference":
        from realm_jupyter.compute.choice import (  # noqa: PLC0415  # it asks for memory too
            choose_executor,
        )

        executor = choose_executor(model, device, executor, is_quiet=True)
    if executor == "native":
        return _native_bytes(model) + _WORKING_BYTES
    weights = sum(prod(tensors[name].shape) for name in model.graph.weight_names)
    return weights * _FLOAT_BYTES + _WORKING_BYTES


def _native_bytes(model: Model) -> int:
    from realm_jupyter.compute.cpu.library import Library, find_library  # noqa: PLC0415
    from realm_jupyter.compute.cpu.weight_plan import plan_weights  # noqa: PLC0415

    library = find_library()
    if not isinstance(library, Library):
        return 0
    plan = plan_weights(model, library)
    vectors = sum(prod(model.file.tensors[name].shape) for name in plan.vectors)
    return plan.total_bytes + vectors * _FLOAT_BYTES


def memory_available(device: str = "cpu") -> int:
    """Return the bytes that can still be allocated on a device.

    Notes
    -----
    On the CPU of Linux: ``MemAvailable``, or what the control groups of this process leave
    if that is less. Elsewhere what the system reports, or a large number where it reports
    nothing.
    """
    if device.startswith("cuda"):
        import torch  # noqa: PLC0415  # heavy; a CUDA device exists only with it

        free, _ = torch.cuda.mem_get_info(torch.device(device))
        cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + cached)
    if device.startswith("mps"):
        import torch  # noqa: PLC0415  # likewise

        limit = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return max(0, min(int(limit), _system_available()))
    return _system_available()


def check_memory(model: Model, device: str, executor: str) -> None:
    """Raise unless a model fits.

    Raises
    ------
    ModelMemoryError
        With the bytes needed and available; nothing was allocated.
    """
    needed, available = memory_needed(model, device, executor), memory_available(device)
    if needed > available:
        raise ModelMemoryError(
            f"loading {model.name or model.architecture!r} on {device} needs {needed:,} bytes, "
            f"but only {available:,} are available; unload a model, or use a smaller one",
            required_bytes=needed,
            available_bytes=available,
        )


def release_memory(device: str = "cpu") -> None:
    """Give memory that Python, malloc and torch hold back for later to the system."""
    gc.collect()
    if device.startswith(("cuda", "mps")):
        import torch  # noqa: PLC0415  # such a device exists only with it

        (torch.cuda if device.startswith("cuda") else torch.mps).empty_cache()
    if platform.system() == "Linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
        if trim is not None:
            trim(0)


def _system_available() -> int:
    system = platform.system()
    if system == "Linux":
        return min(_linux_available(), _cgroup_available())
    if system == "Windows":
        return _windows_available()
    try:
        # macOS compresses and reclaims pages under pressure; no figure is better than all.
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return _UNKNOWN_BYTES


def _linux_available() -> int:
    try:
        for line in (_PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    return _UNKNOWN_BYTES


def _cgroup_available() -> int:
    """Return what the control groups above this process leave, of version 2 or 1."""
    try:
        lines = (_PROC / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return _UNKNOWN_BYTES
    available = _UNKNOWN_BYTES
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers == "":
            root, limit, usage = _CGROUP, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            root, limit, usage = (
                _CGROUP / "memory",
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
            )
        else:
            continue
        group = root / path.strip("/")
        # A limit may sit on any group above; in a container the own path may be hidden.
        for folder in (group, *group.parents):
            available = min(available, _group_available(folder, limit, usage))
            if folder == root:
                break
    return available


def _group_available(folder: Path, limit: str, usage: str) -> int:
    try:
        total, used = int((folder / limit).read_text()), int((folder / usage).read_text())
    except (OSError, ValueError):  # no such file, or "max"
        return _UNKNOWN_BYTES
    reclaimable = 0
    try:
        for line in (folder / "memory.stat").read_text().splitlines():
            name, value = line.split()
            if name in {"inactive_file", "active_file"}:
                reclaimable += int(value)
    except (OSError, ValueError):
        pass
    return max(0, total - used + min(reclaimable, used))


def _windows_available() -> int:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            ("total_physical", ctypes.c_ulonglong),
            ("available_physical", ctypes.c_ulonglong),
            ("total_page_file", ctypes.c_ulonglong),
            ("available_page_file", ctypes.c_ulonglong),
            ("total_virtual", ctypes.c_ulonglong),
            ("available_virtual", ctypes.c_ulonglong),
            ("available_extended_virtual", ctypes.c_ulonglong),
        )

    status = Status(length=ctypes.sizeof(Status))
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # exists on Windows only
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return _UNKNOWN_BYTES
    return int(status.available_physical)
