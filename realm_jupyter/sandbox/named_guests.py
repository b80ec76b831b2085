"""Guests by name, for this process: what a notebook compiles, it can ask for."""

from __future__ import annotations

import difflib
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError, GuestMissingError
from realm_jupyter.sandbox.module import GuestModule

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["add_guest", "find_guest", "guest_names"]

_NAME = re.compile(r"[A-Za-z_][\w-]{0,63}")
_lock = threading.Lock()
_guests: dict[str, GuestModule] = {}


def add_guest(name: str, wasm: bytes) -> GuestModule:
    """Compile and check a guest and give it a name, which may have had another one.

    Raises
    ------
    ConfigError
        If the name is not one.
    GuestAbiError
        If the bytes are no guest.
    """
    if not _NAME.fullmatch(name):
        allowed = "up to 64 letters, digits, _ and -, a letter or _ first"
        raise ConfigError(
            f"{name!r} is no name for a guest: {allowed}",
            field="name",
            value=name,
            allowed=allowed,
        )
    module = GuestModule.from_bytes(wasm, name)
    with _lock:
        _guests[name] = module
    return module


def guest_names() -> list[str]:
    """Return the names that are in use."""
    with _lock:
        return sorted(_guests)


def find_guest(guest: str | PathLike[str] | bytes | bytearray | memoryview) -> GuestModule:
    """Return a guest by its name, its file or its bytes.

    Raises
    ------
    GuestMissingError
        If there is neither such a name nor such a file.
    GuestAbiError
        If it is no guest.
    """
    if isinstance(guest, (bytes, bytearray, memoryview)):
        return GuestModule.from_bytes(bytes(guest), "guest")
    with _lock:
        found = _guests.get(guest) if isinstance(guest, str) else None
        names = sorted(_guests)
    if found is not None:
        return found
    path = Path(guest).expanduser()
    try:
        wasm = path.read_bytes()
    except OSError as error:
        close = difflib.get_close_matches(str(guest), names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "name a .wasm file"
        known = f"; guests of this session: {', '.join(names)}" if names else ""
        raise GuestMissingError(
            f"there is no guest {str(guest)[:200]!r} ({error.strerror}{known}); {hint}", path=path
        ) from error
    return GuestModule.from_bytes(wasm, path.stem)
