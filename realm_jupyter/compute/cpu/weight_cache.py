"""Packed weights on disk: written once, then mapped by every process of this user.

A file is the packed bytes and a trailer behind them. It counts only if

* this user owns it, nobody else can read or write it, and it is reached through no link;
* its name and its trailer hold the key: a digest of the packed layout, of the model's
  tensors (names, types, shapes) and of the identity of the model's files: size, inode and
  the times of the last change of contents and of status, and two blocks of every tensor.
  The time of the last status change cannot be set back, so a file that was changed in
  place never passes for the old one;
* every byte of it adds up: the trailer holds the sum of the 64-bit words of each MiB, and
  all are checked when the file is mapped. That reads at the speed of memory (10 GB/s and
  more), the first token would need the same bytes anyway, and it finds what a crash in the
  middle of writing, a full disk or a failing one leaves behind, so that nothing has to be
  forced to the disk while writing.

The sums are no signature: another program of the same user could forge a file, as it could
change the model itself. Forged numbers make wrong text and nothing worse, because no size,
offset or type is ever read from a file.

Anything else is as good as absent: the weights are packed again. The folder holds a limited
number of bytes; files that were not used for the longest time go first.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import secrets
import shutil
import stat
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from realm_jupyter.gguf import GGUFFile

__all__ = ["CacheEntry", "WeightCache", "WeightCacheError", "cache_folder", "file_identity"]

MAX_BYTES = 32 << 30
KEEP_FREE_BYTES = 1 << 30
_FORMAT = b"realm packed 1\0\0"
_SUFFIX = ".packed"
_PARTIAL_SUFFIX = ".partial"
_PARTIAL_MAX_AGE_S = 24 * 3600
_SUM_BYTES = 1 << 20
_SLAB_BYTES = 32 << 20
_SAMPLE_BYTES = 4096
_ALIGNMENT = 64
_WRITE_BYTES = 16 << 20
_MAX_LABEL_BYTES = 512
# format, key, bytes of weights, bytes of the label; then the label, the sums and the tail
_HEAD = struct.Struct("<16s32sQQ")
# where the head is, SHA-256 of everything from the head to here
_TAIL = struct.Struct("<Q32s")
_IS_POSIX = os.name == "posix"
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
    for name, info in file.tensors.items():
        digest.update(repr((name, *info[1:])).encode())
        data = file.data(name)
        middle = len(data) // 2
        digest.update(data[:_SAMPLE_BYTES].tobytes())
        digest.update(data[middle : middle + _SAMPLE_BYTES].tobytes())
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
                found.append(CacheEntry(path, _label(path), status.st_size, status.st_mtime))
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
            if not _is_private(os.lstat(self.folder), stat.S_IFDIR):
                return None
            mapping = _map_private(path)
        except (OSError, ValueError):
            return None
        try:
            is_sound = _is_sound(mapping, key, num_bytes, num_threads, check)
        except BaseException:
            _close(mapping)
            raise
        if not is_sound:
            _close(mapping)
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return mapping

    @contextlib.contextmanager
    def create(self, key: bytes, num_bytes: int) -> Iterator[Entry]:
        """Make a file for the weights of this key; it appears with `Entry.publish`.

        Raises
        ------
        WeightCacheError
            If the folder cannot be written or is not this user's alone, or if there is no
            room.
        """
        self._prepare(num_bytes)
        name = f".{key.hex()[:16]}.{os.getpid()}.{secrets.token_hex(8)}{_PARTIAL_SUFFIX}"
        path = self.folder / name
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        for extra in ("O_NOFOLLOW", "O_BINARY", "O_CLOEXEC"):
            flags |= getattr(os, extra, 0)
        try:
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise WeightCacheError(f"{self.folder} cannot be written: {error.strerror}") from error
        entry = Entry(descriptor, path, self._path(key), key, num_bytes)
        try:
            yield entry
        finally:
            entry.close()
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
            is_private = _is_private(os.lstat(self.folder), stat.S_IFDIR)
            if is_private:
                self._prune(limit - num_bytes)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise WeightCacheError(f"{self.folder} cannot be used: {error.strerror}") from error
        if not is_private:
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


class Entry:
    """A file that is being written.

    Parameters
    ----------
    descriptor : int
    partial, path : Path
        Its name until it is published, and after.
    key : bytes
    num_bytes : int
        Of the packed weights.
    """

    def __init__(
        self, descriptor: int, partial: Path, path: Path, key: bytes, num_bytes: int
    ) -> None:
        self._descriptor = descriptor
        self._partial = partial
        self._path = path
        self._key = key
        self._num_bytes = num_bytes
        self._lock = threading.Lock()
        self._missing: dict[int, int] = {}
        self._slabs: dict[int, NDArray[np.uint8]] = {}

    def close(self) -> None:
        """Close the file; twice is fine."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def expect(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Say which bytes will be written: offsets and sizes, none twice."""
        for offset, size in ranges:
            for slab, start, end in _slabs_of(offset, size):
                self._missing[slab] = self._missing.get(slab, 0) + end - start

    @staticmethod
    def place(offset: int, num_bytes: int) -> NDArray[np.uint8]:  # noqa: ARG004  # one for all
        """Return memory of this size that begins at a multiple of 64."""
        room = np.empty(num_bytes + _ALIGNMENT, np.uint8)
        start = -room.ctypes.data % _ALIGNMENT
        return room[start : start + num_bytes]

    def write(self, offset: int, data: NDArray[np.uint8]) -> None:
        """Take bytes that were expected; for several threads at once.

        Raises
        ------
        OSError
            Such as when the disk is full.

        Notes
        -----
        They reach the file in slabs of 16 MiB at multiples of as much, because the system
        then keeps them in huge pages, which decoding reads faster.
        """
        for slab, start, end in _slabs_of(offset, len(data)):
            begin = slab * _WRITE_BYTES
            with self._lock:
                if slab not in self._slabs:
                    size = min(_WRITE_BYTES, self._num_bytes - begin)
                    self._slabs[slab] = np.zeros(size, np.uint8)
                room = self._slabs[slab]
            room[start - begin : end - begin] = data[start - offset : end - offset]
            with self._lock:
                self._missing[slab] -= end - start
                is_whole = self._missing[slab] == 0
                if is_whole:
                    del self._slabs[slab]
            if is_whole:
                self._write_out(begin, room)

    def _write_out(self, offset: int, data: NDArray[np.uint8]) -> None:
        view = memoryview(data).cast("B")  # type: ignore[arg-type]  # Buffer is not in 3.11
        while len(view):
            done = self._write_some(offset, view)
            offset += done
            view = view[done:]

    def _write_some(self, offset: int, view: memoryview) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._descriptor, view, offset)
        with self._lock:  # Windows
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.write(self._descriptor, view)

    def publish(self, label: str, num_threads: int) -> mmap.mmap:
        """Seal the file, give it its name and return the weights, mapped.

        Raises
        ------
        OSError
            Such as when the disk is full.
        RuntimeError
            If bytes that were expected did not come.
        """
        if any(self._missing.values()):
            raise RuntimeError("packed weights are incomplete")
        os.ftruncate(self._descriptor, self._num_bytes)
        mapping = mmap.mmap(self._descriptor, self._num_bytes, access=mmap.ACCESS_READ)
        words = np.frombuffer(mapping, np.uint64)
        sums = np.concatenate([part for _, part in _sums(words, num_threads)])
        del words
        mapping.close()
        name = label.encode()[-_MAX_LABEL_BYTES:]
        trailer = _HEAD.pack(_FORMAT, self._key, self._num_bytes, len(name)) + name
        trailer += sums.astype("<u8").tobytes()
        trailer += _TAIL.pack(self._num_bytes, _tail_digest(trailer))
        self._write_out(self._num_bytes, np.frombuffer(trailer, np.uint8))
        self.close()  # Windows renames no open file
        self._partial.replace(self._path)
        return _map_private(self._path)


def _slabs_of(offset: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each slab that a range touches, with the part's start and end."""
    end = offset + size
    while offset < end:
        slab = offset // _WRITE_BYTES
        stop = min(end, (slab + 1) * _WRITE_BYTES)
        yield slab, offset, stop
        offset = stop


def _sums(words: NDArray[np.uint64], num_threads: int) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """Yield the bytes done so far and the sums of the next MiBs."""
    per_slab, per_sum = _SLAB_BYTES // 8, _SUM_BYTES // 8

    def of_slab(start: int) -> NDArray[np.uint64]:
        slab = words[start : start + per_slab]
        whole = len(slab) // per_sum * per_sum
        sums = slab[:whole].reshape(-1, per_sum).sum(axis=1, dtype=np.uint64)
        rest = slab[whole:]
        return np.append(sums, rest.sum(dtype=np.uint64)) if len(rest) else sums

    starts = range(0, len(words), per_slab)
    with ThreadPoolExecutor(max(1, min(num_threads, len(starts)))) as pool:
        futures = [pool.submit(of_slab, start) for start in starts]
        try:
            for start, future in zip(starts, futures, strict=True):
                sums = future.result()
                yield min(start + per_slab, len(words)) * 8, sums
        finally:
            pool.shutdown(cancel_futures=True)


def _is_sound(
    mapping: mmap.mmap, key: bytes, num_bytes: int, num_threads: int, check: Callable[[int], None]
) -> bool:
    if len(mapping) < num_bytes + _HEAD.size + _TAIL.size:
        return False
    trailer = mapping[num_bytes:]
    start, digest = _TAIL.unpack_from(trailer, len(trailer) - _TAIL.size)
    if start != num_bytes or _tail_digest(trailer[: -_TAIL.size]) != digest:
        return False
    found, found_key, found_bytes, label_bytes = _HEAD.unpack_from(trailer)
    expected = np.frombuffer(trailer[_HEAD.size + label_bytes : -_TAIL.size], "<u8")
    if (found, found_key, found_bytes) != (_FORMAT, key, num_bytes):
        return False
    if len(expected) != -(-num_bytes // _SUM_BYTES):
        return False
    words = np.frombuffer(mapping, np.uint64, count=num_bytes // 8)
    start = 0
    for done, sums in _sums(words, num_threads):
        if not np.array_equal(sums, expected[start : start + len(sums)]):
            return False
        start += len(sums)
        check(done)
    return True


def _tail_digest(trailer: bytes) -> bytes:
    return hashlib.sha256(trailer).digest()


def _label(path: Path) -> str:
    """Return what a file says it was made from, without checking the rest."""
    try:
        mapping = _map_private(path)
    except (OSError, ValueError):
        return ""
    with mapping:
        if len(mapping) < _HEAD.size + _TAIL.size:
            return ""
        start, _ = _TAIL.unpack_from(mapping, len(mapping) - _TAIL.size)
        if start + _HEAD.size > len(mapping):
            return ""
        found, _, _, length = _HEAD.unpack_from(mapping, start)
        if found != _FORMAT or length > _MAX_LABEL_BYTES:
            return ""
        return mapping[start + _HEAD.size : start + _HEAD.size + length].decode("utf-8", "replace")


def _close(mapping: mmap.mmap) -> None:
    with contextlib.suppress(BufferError):  # a traceback still looks at it: goes with it
        mapping.close()


def _is_private(status: os.stat_result, kind: int) -> bool:
    if stat.S_IFMT(status.st_mode) != kind:
        return False
    if not _IS_POSIX:
        return True
    return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077


def _map_private(path: Path) -> mmap.mmap:
    """Map a plain file that only this user can change.

    Raises
    ------
    OSError, ValueError
        If it is anything else, or empty.
    """
    flags = os.O_RDONLY
    for extra in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
        flags |= getattr(os, extra, 0)
    descriptor = os.open(path, flags)
    try:
        if not _is_private(os.fstat(descriptor), stat.S_IFREG):
            raise PermissionError(f"{path} is not a file of this user alone")
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
