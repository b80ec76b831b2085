"""The file by which kernels of the same user find a running server.

It lies in Jupyter's runtime folder as ``realm-server-PID.json``, readable by its owner
only, because it holds a key of the server. Whoever reads it takes nothing on trust: files
of other users, or that others may read, are passed over.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["ServerRecord", "forget", "running", "runtime_folder", "write"]

_PREFIX = "realm-server-"
_MAX_FILE_BYTES = 64 << 10
_OWNER_ONLY = 0o600
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """A running server of this user.

    Parameters
    ----------
    url : str
        Such as ``"http://127.0.0.1:8080"``; the API is below ``/v1``.
    token : str
        Key for its administrator.
    pid : int
        Its process.
    started : float
        Unix time.
    version : str
        Of this package.
    """

    url: str
    token: str
    pid: int
    started: float
    version: str = ""

    def __repr__(self) -> str:
        return f"ServerRecord(url={self.url!r}, pid={self.pid})"


def runtime_folder() -> Path:
    """Return Jupyter's runtime folder of this user, which need not exist."""
    # Imported here: it comes with Jupyter, and whoever gives a URL does not need it.
    from jupyter_core.paths import jupyter_runtime_dir  # noqa: PLC0415

    return Path(jupyter_runtime_dir())


def write(record: ServerRecord, folder: Path | None = None) -> Path:
    """Let kernels of this user find a server; return the file.

    Parameters
    ----------
    record : ServerRecord
    folder : Path, optional
        The runtime folder by default.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    folder = runtime_folder() if folder is None else folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{_PREFIX}{record.pid}.json"
    # Complete and closed to others from its first moment under its name.
    fresh = folder / f".{path.name}.{secrets.token_hex(8)}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(record), file)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return path


def forget(path: Path) -> None:
    """Remove the file of a server that ends; it may be gone already."""
    with contextlib.suppress(OSError):
        path.unlink()


def running(folder: Path | None = None) -> list[ServerRecord]:
    """Return this user's servers whose process is alive, the newest first.

    Files of servers that were killed are removed.

    Parameters
    ----------
    folder : Path, optional
        The runtime folder by default.
    """
    folder = runtime_folder() if folder is None else folder
    try:
        paths = sorted(folder.glob(f"{_PREFIX}*.json"))
    except OSError:
        return []
    alive = []
    for path in paths:
        record = _read(path)
        if record is None:
            continue
        if _is_alive(record.pid):
            alive.append(record)
        else:
            forget(path)
    return sorted(alive, key=lambda record: record.started, reverse=True)


def _read(path: Path) -> ServerRecord | None:
    try:
        with path.open("rb") as file:
            if not _is_mine(os.fstat(file.fileno())):
                return None
            values = json.loads(file.read(_MAX_FILE_BYTES))
    except (OSError, ValueError):
        return None
    if not isinstance(values, dict):
        return None
    return _record(values)


def _record(values: dict[str, Any]) -> ServerRecord | None:
    url, token, pid = values.get("url"), values.get("token"), values.get("pid")
    started, version = values.get("started"), values.get("version", "")
    if not (isinstance(url, str) and isinstance(token, str) and isinstance(version, str)):
        return None
    if not isinstance(pid, int) or pid <= 0 or not isinstance(started, (int, float)):
        return None
    return ServerRecord(url, token, pid, float(started), version)


def _is_mine(status: os.stat_result) -> bool:
    if sys.platform == "win32":  # the folder lies in the user's profile, closed to others
        return True
    return status.st_uid == os.getuid() and not stat.S_IMODE(status.st_mode) & _OTHERS


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":  # where asking with os.kill would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return False  # a process of somebody else, who got the number after the server ended
    return True
