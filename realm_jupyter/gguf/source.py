"""The bytes of one file: mapped, or given in memory."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import stat
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.errors import ModelFormatError, ModelNotFoundError
from realm_jupyter.gguf.huge_pages import advise_huge_pages

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

__all__ = ["Source"]

# Not every system has all of them. NONBLOCK so that a FIFO does not wait for a writer.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)

_POPULATE_READ = 22  # MADV_POPULATE_READ of Linux 5.14, which Python does not name


class Source:
    """Read-only bytes of one file of a model.

    Parameters
    ----------
    path : Path, optional
        Where they come from, for messages; None for bytes in memory.
    data : mmap or memoryview
        The bytes.
    descriptor : int, optional
        Of the file, open for reading; closed with this object.
    """

    __slots__ = (
        "__weakref__",
        "_bytes",
        "_close",
        "_descriptor",
        "_is_visited",
        "_mapping",
        "path",
        "size_bytes",
    )

    def __init__(
        self, path: Path | None, data: mmap.mmap | memoryview, descriptor: int | None = None
    ) -> None:
        self.path = path
        self._descriptor = descriptor
        self._close = None if descriptor is None else weakref.finalize(self, os.close, descriptor)
        self._mapping = data if isinstance(data, mmap.mmap) else None
        self._is_visited = False
        self._bytes: NDArray[np.uint8] | None = np.frombuffer(data, dtype=np.uint8)
        self._bytes.flags.writeable = False
        self.size_bytes = self._bytes.size

    @classmethod
    def from_path(cls, path: str | PathLike[str]) -> Source:
        """Map the file at ``path``; links are followed.

        Raises
        ------
        ModelNotFoundError
            If there is no such file.
        ModelFormatError
            If it is no regular file, is empty, or cannot be read.
        """
        path = Path(path)
        try:
            # Asked first, because opening a device can have effects of its own.
            _check_is_file(path, path.stat().st_mode)
            descriptor = os.open(path, _OPEN_FLAGS)
        except FileNotFoundError:
            raise ModelNotFoundError(f"there is no file {path}", name=str(path)) from None
        except (OSError, ValueError) as error:
            raise ModelFormatError(
                f"the file cannot be read: {_reason(error)}", path=path
            ) from None
        try:
            status = os.fstat(descriptor)
            _check_is_file(path, status.st_mode)
            if status.st_size == 0:
                raise ModelFormatError("the file is empty", path=path, offset_bytes=0)
            mapping = mmap.mmap(descriptor, status.st_size, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            os.close(descriptor)
            if isinstance(error, ModelFormatError):
                raise
            raise ModelFormatError(
                f"the file cannot be mapped: {_reason(error)}", path=path
            ) from None
        return cls(path, mapping, descriptor)

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Source:
        """Take bytes in memory, without a copy; they must not change while in use.

        Raises
        ------
        ModelFormatError
            If they are empty or not contiguous.
        """
        view = memoryview(data)
        if not view.c_contiguous:
            raise ModelFormatError("the bytes given are not contiguous")
        if view.nbytes == 0:
            raise ModelFormatError("no bytes were given", offset_bytes=0)
        return cls(None, view.cast("B"))

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """All bytes, read-only.

        Raises
        ------
        ValueError
            If the source was closed.
        ModelFormatError
            If the file became shorter: to touch what is missing would kill the process.
        """
        if self._bytes is None:
            message = "the file is closed"
            raise ValueError(message)
        if self._mapping is not None and self._mapping.size() < self.size_bytes:
            raise self._cut_short(self._mapping.size())
        return self._bytes

    def _cut_short(self, size_bytes: int) -> ModelFormatError:
        return ModelFormatError(
            f"the file had {self.size_bytes} bytes when it was opened and was cut short since",
            path=self.path,
            offset_bytes=size_bytes,
        )

    @property
    def buffer(self) -> memoryview:
        """All bytes, as a memoryview; raises as `bytes` does."""
        return memoryview(self.bytes)  # type: ignore[arg-type]  # Buffer is not in 3.11

    def read_into(self, target: NDArray[np.uint8], offset_bytes: int) -> None:
        """Copy bytes without mapping them, which is faster for those that are needed once.

        Parameters
        ----------
        target : ndarray of uint8, shape (n,)
            Contiguous; all of it is filled.
        offset_bytes : int
            Where in the source they begin.

        Raises
        ------
        ValueError
            If the source was closed.
        ModelFormatError
            If the file became shorter or cannot be read.
        """
        everything = self.bytes
        if self._descriptor is None or not hasattr(os, "preadv"):
            target[:] = everything[offset_bytes : offset_bytes + len(target)]
            return
        view = memoryview(target)  # type: ignore[arg-type]  # Buffer is not in 3.11
        try:
            while view:
                done = os.preadv(self._descriptor, [view], offset_bytes)
                if done == 0:
                    raise self._cut_short(offset_bytes)
                view, offset_bytes = view[done:], offset_bytes + done
        except OSError as error:
            raise ModelFormatError(
                f"the file cannot be read: {_reason(error)}",
                path=self.path,
                offset_bytes=offset_bytes,
            ) from None

    def visit(self, offset_bytes: int, num_bytes: int) -> None:
        """Have bytes mapped, and read from disk if they must be, before they are needed.

        Raises
        ------
        ValueError
            If the source was closed.
        ModelFormatError
            If the file became shorter or cannot be read.
        """
        data = self.bytes[offset_bytes : offset_bytes + num_bytes]
        if self._mapping is None:
            return
        if not self._is_visited:
            self._is_visited = True
            advise_huge_pages(self._mapping)
        error = _populate(data)
        if error == errno.EFAULT:  # whoever touched them would be killed
            _ = self.bytes
            raise ModelFormatError(
                "the file cannot be read", path=self.path, offset_bytes=offset_bytes
            )
        if error:
            data[:: mmap.PAGESIZE].max(initial=0)

    def forget(self, offset_bytes: int, num_bytes: int) -> None:
        """Let go of mapped bytes; who reads them again has them mapped again.

        A hint, which counts for whole pages, where the system takes it.
        """
        advice = getattr(mmap, "MADV_DONTNEED", None)
        if self._mapping is None or advice is None:
            return
        start = -(-offset_bytes // mmap.PAGESIZE) * mmap.PAGESIZE
        end = (offset_bytes + num_bytes) // mmap.PAGESIZE * mmap.PAGESIZE
        if start < end:
            with suppress(OSError):
                self._mapping.madvise(advice, start, end - start)

    def close(self) -> None:
        """Give the bytes back; where a view still lives, when the last one goes."""
        self._bytes = None
        self._descriptor = None
        if self._close is not None:
            self._close()
        mapping, self._mapping = self._mapping, None
        if mapping is not None:
            with suppress(BufferError):
                mapping.close()


def _populate(data: NDArray[np.uint8]) -> int:
    """Have the system map bytes, while other threads run; return the number of its error, or 0."""
    if sys.platform != "linux":
        return errno.ENOSYS
    start = data.ctypes.data // mmap.PAGESIZE * mmap.PAGESIZE
    num_bytes = data.ctypes.data + len(data) - start
    status = ctypes.CDLL(None, use_errno=True).madvise(
        ctypes.c_void_p(start), ctypes.c_size_t(num_bytes), _POPULATE_READ
    )
    return ctypes.get_errno() if status else 0


def _check_is_file(path: Path, mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    kind = kinds.get(stat.S_IFMT(mode), "something else")
    raise ModelFormatError(f"this is {kind}, not a file", path=path)


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
