"""The folder of packed weights: written once, then mapped by every process of this user.

A file is the packed bytes and a trailer behind them. It counts only if

* this user owns it, nobody else can read or write it, and it is reached through no link;
* its name and its trailer hold the key: a digest of the packed layout, of the model's
  tensors (names, types, shapes) and of the identity of the model's files: size, inode and
  the times of the last change of contents and of status, and two blocks of every tensor.
  The time of the last status change cannot be set back, so a file that was changed in
  place never passes for the old one;
* every byte of it adds up: its sums are checked when it is mapped; see `weight_file`.

The sums are no signature: another program of the same user could forge a file, as it could
change the model itself. Forged numbers make wrong text and nothing worse, because no size,
offset or type is ever read from a file.

Anything else is as good as absent: the weights are packed again. The folder holds a limited
number of bytes; files that were not used for the longest time go first.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import platformdirs

from realm_jupyter.compute.cpu.weight_file import (
    close_mapping,
    is_private,
    is_sound,
    label_of,
    map_private,
    write_weights,
)
from realm_jupyter.gguf.huge_pages import advise_huge_pages

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable

    from numpy.typing import NDArray

    from realm_jupyter.gguf import GGUFFile

__all__ = ["CacheEntry", "WeightCache", "WeightCacheError", "cache_folder", "file_identity"]

MAX_BYTES = 32 << 30
KEEP_FREE_BYTES = 1 << 30
_SUFFIX = ".packed"
_PARTIAL_SUFFIX = ".partial"
_PARTIAL_MAX_AGE_S = 24 * 3600
_SAMPLE_BYTES = 4096
_VARIABLE = "REALM_WEIGHT_CACHE_BYTES"


class WeightCacheError(OSError):
    """Packed weights cannot be kept on disk; one line says why."""


class CacheEntry(NamedTuple):
    """A file of the cache, for people.

    Attributes
    ----------
    path : Path
    label : str
        The model it was made from, or empty.
    size_bytes : int
    used_at : float
        Seconds since the epoch.
    """

    path: Path
    label: str
    size_bytes: int
    used_at: float


def cache_folder() -> Path:
    """Return this user's folder for everything cached: ``REALM_CACHE_DIR`` or the system's."""
    named = os.environ.get("REALM_CACHE_DIR")
    return Path(named) if named else Path(platformdirs.user_cache_dir("realm-jupyter"))


def file_identity(file: GGUFFile) -> str | None:
    """Return a digest (hex) of what tells a model's files from any others; None for bytes.

    Raises
    ------
    OSError
        If a file is gone.
    """
    if not file.paths:
        return None
    digest = hashlib.sha256()
    for path in file.paths:
        status = path.stat()
        facts = (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
        digest.update(repr(facts).encode())
    room = np.empty(_SAMPLE_BYTES, np.uint8)
    for name, info in file.tensors.items():
        digest.update(repr((name, *info[1:])).encode())
        for start in (0, info.size_bytes // 2):
            sample = room[: info.size_bytes - start]
            file.read_into(sample, name, start)
            digest.update(sample.data)
    return digest.hexdigest()


def max_cache_bytes() -> int:
    """Return the most bytes that the cache may hold; ``REALM_WEIGHT_CACHE_BYTES`` sets it."""
    text = os.environ.get(_VARIABLE, "")
    return int(text) if text.isdecimal() else MAX_BYTES


class WeightCache:
    """Files of packed weights by key.

    Parameters
    ----------
    folder : Path, optional
        ``weights`` in `cache_folder` by default.

    Notes
    -----
    Safe for several threads and processes: files appear whole, by a rename, and a file that
    is deleted stays mapped where it is in use.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_folder() / "weights" if folder is None else folder

    def entries(self) -> list[CacheEntry]:
        """Return what is there, last used first."""
        found = []
        for path in self._paths(_SUFFIX):
            with contextlib.suppress(OSError):
                status = os.lstat(path)
                found.append(CacheEntry(path, label_of(path), status.st_size, status.st_mtime))
        return sorted(found, key=lambda entry: entry.used_at, reverse=True)

    def clear(self) -> int:
        """Delete everything; return the bytes that this frees."""
        freed = 0
        for path in [*self._paths(_SUFFIX), *self._paths(_PARTIAL_SUFFIX)]:
            with contextlib.suppress(OSError):
                size = os.lstat(path).st_size
                path.unlink()
                freed += size
        return freed

    def open(
        self,
        key: bytes,
        num_bytes: int,
        num_threads: int,
        check: Callable[[int], None] = lambda _: None,
    ) -> mmap.mmap | None:
        """Map the weights of this key, or return None.

        Parameters
        ----------
        key : bytes
            32 of them.
        num_bytes : int
            Of the packed weights.
        num_threads : int
            For reading.
        check : callable, optional
            Called with the bytes verified so far; what it raises ends the call.
        """
        path = self._path(key)
        try:
            if not is_private(os.lstat(self.folder), stat.S_IFDIR):
                return None
            mapping = map_private(path)
        except (OSError, ValueError):
            return None
        advise_huge_pages(mapping)
        try:
            sound = is_sound(mapping, key, num_bytes, num_threads, check)
        except BaseException:
            close_mapping(mapping)
            raise
        if not sound:
            close_mapping(mapping)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return mapping

    def store(self, key: bytes, data: NDArray[np.uint8], label: str) -> None:
        """Write the weights of this key; the file appears when it is whole.

        Parameters
        ----------
        key : bytes
            32 of them.
        data : ndarray, shape (N,), uint8
            N is a multiple of 8.
        label : str
            The model they were made from, for people.

        Raises
        ------
        WeightCacheError
            If the folder cannot be written or is not this user's alone, or if there is no
            room.
        OSError
            Such as when the disk fills up.
        """
        self._prepare(len(data))
        name = f".{key.hex()[:16]}.{os.getpid()}.{secrets.token_hex(8)}{_PARTIAL_SUFFIX}"
        path = self.folder / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        for extra in ("O_NOFOLLOW", "O_BINARY", "O_CLOEXEC"):
            flags |= getattr(os, extra, 0)
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise WeightCacheError(f"{self.folder} cannot be written: {error.strerror}") from error
        try:
            try:
                write_weights(descriptor, data, key, label)
            finally:
                os.close(descriptor)  # Windows renames no open file
            path.replace(self._path(key))
        finally:
            with contextlib.suppress(OSError):
                path.unlink()

    def _prepare(self, num_bytes: int) -> None:
        limit = max_cache_bytes()
        if num_bytes > limit:
            raise WeightCacheError(
                f"{num_bytes:,} bytes are more than the cache may hold ({limit:,}; "
                f"{_VARIABLE} sets it)"
            )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            private = is_private(os.lstat(self.folder), stat.S_IFDIR)
            if private:
                self._prune(limit - num_bytes)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise WeightCacheError(f"{self.folder} cannot be used: {error.strerror}") from error
        if not private:
            raise WeightCacheError(f"{self.folder} is open to others than this user")
        if free < num_bytes + KEEP_FREE_BYTES:
            raise WeightCacheError(
                f"the disk of {self.folder} has {free:,} bytes left, too few for {num_bytes:,}"
            )

    def _prune(self, max_bytes: int) -> None:
        """Delete what was not used longest, until no more than this is left."""
        total = 0
        for entry in self.entries():
            total += entry.size_bytes
            if total > max_bytes:
                with contextlib.suppress(OSError):  # in use, on Windows
                    entry.path.unlink()
        for path in self._paths(_PARTIAL_SUFFIX):
            with contextlib.suppress(OSError):
                if time.time() - os.lstat(path).st_mtime > _PARTIAL_MAX_AGE_S:
                    path.unlink()

    def _path(self, key: bytes) -> Path:
        return self.folder / f"{key.hex()}{_SUFFIX}"

    def _paths(self, suffix: str) -> list[Path]:
        try:
            paths = sorted(self.folder.iterdir())
        except OSError:
            return []
        return [path for path in paths if path.name.endswith(suffix)]
