"""A file of packed weights: the bytes, and a trailer that tells whether they are all there.

The trailer holds the key, the label and the sum of the 64-bit words of each MiB. All sums are
checked when a file is mapped. That reads at the speed of memory (10 GB/s and more), the first
token would need the same bytes anyway, and it finds what a crash in the middle of writing, a
full disk or a failing one leaves behind, so that nothing has to be forced to the disk.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
import stat
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = [
    "close_mapping",
    "is_private",
    "is_sound",
    "label_of",
    "map_private",
    "write_weights",
]

_FORMAT = b"realm packed 1\0\0"
_SUM_BYTES = 1 << 20
_SLAB_BYTES = 32 << 20
_WRITE_BYTES = 16 << 20
_MAX_LABEL_BYTES = 512
# format, key, bytes of weights, bytes of the label; then the label, the sums and the tail
_HEAD = struct.Struct("<16s32sQQ")
# where the head is, SHA-256 of everything from the head to here
_TAIL = struct.Struct("<Q32s")
_IS_POSIX = os.name == "posix"


def write_weights(descriptor: int, data: NDArray[np.uint8], key: bytes, label: str) -> None:
    """Write packed weights and their trailer into an empty file.

    Parameters
    ----------
    descriptor : int
        Of the file, open for writing.
    data : ndarray, shape (N,), uint8
        N is a multiple of 8.
    key : bytes
        32 of them.
    label : str
        The model it was made from, for people.

    Raises
    ------
    OSError
        Such as when the disk is full.

    Notes
    -----
    In large pieces, because the system then keeps them in huge pages, which decoding reads
    faster.
    """
    sums: list[NDArray[np.uint64]] = []
    for start in range(0, len(data), _WRITE_BYTES):
        piece = data[start : start + _WRITE_BYTES]
        sums.append(_sums_of(piece.view(np.uint64)))
        _write(descriptor, memoryview(piece))  # type: ignore[arg-type]  # Buffer is not in 3.11
    name = label.encode()[-_MAX_LABEL_BYTES:]
    trailer = _HEAD.pack(_FORMAT, key, len(data), len(name)) + name
    trailer += np.concatenate(sums).astype("<u8").tobytes()
    trailer += _TAIL.pack(len(data), _tail_digest(trailer))
    _write(descriptor, memoryview(trailer))


def _write(descriptor: int, view: memoryview) -> None:
    while len(view):
        view = view[os.write(descriptor, view) :]


def _sums_of(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the sum of each MiB."""
    per_sum = _SUM_BYTES // 8
    whole = len(words) // per_sum * per_sum
    sums = words[:whole].reshape(-1, per_sum).sum(axis=1, dtype=np.uint64)
    rest = words[whole:]
    return np.append(sums, rest.sum(dtype=np.uint64)) if len(rest) else sums


def _sums(words: NDArray[np.uint64], num_threads: int) -> Iterator[tuple[int, NDArray[np.uint64]]]:
    """Yield the bytes done so far and the sums of the next MiBs."""
    per_slab = _SLAB_BYTES // 8
    starts = range(0, len(words), per_slab)
    with ThreadPoolExecutor(max(1, min(num_threads, len(starts)))) as pool:
        futures = [pool.submit(_sums_of, words[start : start + per_slab]) for start in starts]
        try:
            for start, future in zip(starts, futures, strict=True):
                sums = future.result()
                yield min(start + per_slab, len(words)) * 8, sums
        finally:
            pool.shutdown(cancel_futures=True)


def is_sound(
    mapping: mmap.mmap, key: bytes, num_bytes: int, num_threads: int, check: Callable[[int], None]
) -> bool:
    """Return whether a mapped file holds all weights of a key.

    Parameters
    ----------
    mapping : mmap
    key : bytes
    num_bytes : int
        Of the packed weights.
    num_threads : int
        For reading.
    check : callable
        Called with the bytes verified so far; what it raises ends the call.
    """
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


def label_of(path: Path) -> str:
    """Return what a file says it was made from, without checking the rest."""
    try:
        mapping = map_private(path)
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


def close_mapping(mapping: mmap.mmap) -> None:
    """Unmap a file, now or when nothing looks at it any more."""
    with contextlib.suppress(BufferError):  # a traceback still looks at it: goes with it
        mapping.close()


def is_private(status: os.stat_result, kind: int) -> bool:
    """Return whether something is of this kind (`stat.S_IFREG`...), and this user's alone."""
    if stat.S_IFMT(status.st_mode) != kind:
        return False
    if not _IS_POSIX:
        return True
    return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077


def map_private(path: Path) -> mmap.mmap:
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
        if not is_private(os.fstat(descriptor), stat.S_IFREG):
            raise PermissionError(f"{path} is not a file of this user alone")
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(descriptor)
