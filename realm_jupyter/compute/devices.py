"""Which device a model runs on.

``"auto"`` looks for signs of a driver before it imports torch, so that a machine
without a GPU pays nothing for the question.
"""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
from pathlib import Path

from realm_jupyter.errors import ConfigError

__all__ = ["ALLOWED_DEVICES", "available_devices", "has_nvidia_driver", "resolve_device"]

ALLOWED_DEVICES = "auto, cpu, cuda, cuda:N or mps"
_NAME = re.compile(r"(auto|cpu|mps|cuda(:\d{1,3})?)")


def has_nvidia_driver() -> bool:
    """Return whether this machine shows signs of an NVIDIA driver; imports nothing."""
    if Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidiactl").exists():
        return True
    if shutil.which("nvidia-smi") is not None:
        return True
    try:  # find_library would ask other programs, which takes 10 ms
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _has_apple_gpu() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def available_devices() -> tuple[str, ...]:
    """Return the devices that torch can use here, ``"cpu"`` first."""
    import torch  # noqa: PLC0415  # heavy, and needed only when asked

    devices = ["cpu"]
    if torch.cuda.is_available():
        devices += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return tuple(devices)


def resolve_device(device: str) -> str:
    """Return the name of the device that ``device`` asks for.

    Parameters
    ----------
    device : str
        ``"auto"`` (a GPU if there is one), ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or
        ``"mps"``.

    Returns
    -------
    str
        ``"cpu"``, ``"cuda:N"`` or ``"mps"``.

    Raises
    ------
    ConfigError
        If the name is unknown or the device is not there; the message lists those that
        are.
    """
    if not isinstance(device, str) or not _NAME.fullmatch(device):
        raise ConfigError(
            f"device={device!r} is unknown; use {ALLOWED_DEVICES}",
            field="device",
            value=device,
            allowed=ALLOWED_DEVICES,
        )
    if device == "cpu":
        return device
    if device == "auto":
        if not (has_nvidia_driver() or _has_apple_gpu()):
            return "cpu"
        found = available_devices()
        return found[1] if len(found) > 1 else "cpu"
    found = available_devices()
    name = "cuda:0" if device == "cuda" else device
    if name not in found:
        raise ConfigError(
            f"device={device!r} is not available here; available are {', '.join(found)}",
            field="device",
            value=device,
            allowed=", ".join(found),
        )
    return name
