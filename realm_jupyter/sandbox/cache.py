"""Compiled guests and images of guests on disk, for this user only.

Compiled code is machine code: whoever can put a file here can run anything. So a file
counts only if this user owns it, nobody else can write it, it is reached through no
link, and its name holds a keyed digest (HMAC-SHA256) of its bytes under a key that was
drawn when the folder was made. Anything else is as good as absent: the guest is
compiled again. On Windows the folder's access list, inherited from the user's profile,
takes the place of owner and mode.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path
from typing import Literal

import platformdirs

from realm_jupyter.sandbox.settings import fingerprint

__all__ = ["ModuleCache"]

MAX_CODE_BYTES = 512 << 20
MAX_FILES = 16
MAX_BYTES = 1 << 30
SUFFIXES = {"guest": ".cwasm", "image": ".image", "program": ".wasm"}
_KEY_BYTES = 32
_IS_POSIX = os.name == "posix"


class ModuleCache:
    """Compiled code by the digest of its WebAssembly, or of what it was made from.

    Parameters
    ----------
    folder : Path, optional
        The user's cache folder by default, or ``REALM_CACHE_DIR``.
    kind : {"guest", "image", "program"}
        What is kept: compiled guests, images, or WebAssembly made from C and C++. Of each
        kind the files used last are kept, at most `MAX_FILES` and `MAX_BYTES`.

    Notes
    -----
    Nothing here raises when the disk does not play along. Safe for several threads and
    processes: files appear whole, by a rename.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        kind: Literal["guest", "image", "program"] = "guest",
    ) -> None:
        if folder is None:
            named = os.environ.get("REALM_CACHE_DIR")
            root = Path(named) if named else Path(platformdirs.user_cache_dir("realm-jupyter"))
            folder = root / "guest"
        self.folder = folder
        self._suffix = SUFFIXES[kind]

    def get(self, wasm: bytes) -> bytes | None:
        """Return code that this user's process compiled from these bytes, or None."""
        try:
            if not _is_private(os.lstat(self.folder), stat.S_IFDIR):
                return None
            key = _read_private(self.folder / "key", _KEY_BYTES)
            stem = _stem(wasm)
            for path in self.folder.glob(f"{stem}.*{self._suffix}"):
                code = _read_private(path, MAX_CODE_BYTES)
                if code is None or key is None or path.name != self._name(stem, key, code):
                    continue
                with contextlib.suppress(OSError):
                    os.utime(path)  # the file used last is the last to go
                return code
        except OSError:
            pass
        return None

    def put(self, wasm: bytes, code: bytes) -> None:
        """Keep compiled code; without effect where that is not possible."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_private(os.lstat(self.folder), stat.S_IFDIR):
                return
            key = self._key()
            if key is None or len(code) > MAX_BYTES:
                return
            stem = _stem(wasm)
            for path in self.folder.glob(f"{stem}.*"):
                path.unlink(missing_ok=True)
            _write_private(self.folder / self._name(stem, key, code), code)
            self._prune()

    def _key(self) -> bytes | None:
        path = self.folder / "key"
        key = _read_private(path, _KEY_BYTES)
        if key is None or len(key) != _KEY_BYTES:
            _write_private(path, secrets.token_bytes(_KEY_BYTES))
            key = _read_private(path, _KEY_BYTES)
        return key

    def _name(self, stem: str, key: bytes, code: bytes) -> str:
        mac = hmac.new(key, stem.encode() + code, hashlib.sha256).hexdigest()
        return f"{stem}.{mac}{self._suffix}"

    def _prune(self) -> None:
        paths = [path for path in self.folder.glob(f"*{self._suffix}") if not path.is_symlink()]
        paths.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for number, path in enumerate(paths):
            total += path.stat().st_size
            if number >= MAX_FILES or total > MAX_BYTES:
                path.unlink(missing_ok=True)


def _stem(wasm: bytes) -> str:
    return hashlib.sha256(fingerprint().encode() + wasm).hexdigest()


def _is_private(status: os.stat_result, kind: int) -> bool:
    if stat.S_IFMT(status.st_mode) != kind:
        return False
    if not _IS_POSIX:
        return True
    return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077


def _read_private(path: Path, max_bytes: int) -> bytes | None:
    """Read a plain file that only this user can change; None for anything else."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not _is_private(status, stat.S_IFREG) or status.st_size > max_bytes:
            return None
        return file.read(max_bytes)


def _write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, for this user only."""
    temporary = path.with_name(f".{path.name[:16]}.{os.getpid()}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
