"""The only way to a guest's memory: every access is checked here.

WebAssembly's i32 reaches Python signed, slices clamp silently, and the raw pointer has
no bounds at all; so pointers and lengths are taken modulo 2**32 and compared with the
size of the memory at this moment before anything is touched.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import sys
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    import wasmtime

__all__ = ["GuestMemory", "PointerError"]

_U32 = 0xFFFFFFFF
# Elsewhere the same call is a hint that keeps the contents, or there is none.
_CAN_DISCARD = sys.platform == "linux"


class PointerError(Exception):
    """A pointer and a length that lie outside the guest's memory."""


class GuestMemory:
    """Checked access to one linear memory.

    Parameters
    ----------
    memory : wasmtime.Memory
        The guest's export ``memory``.

    Notes
    -----
    ``store`` is the store, or the caller that wasmtime hands to a host function. The
    address is fetched anew in each call, because a memory may move when it grows.
    """

    __slots__ = ("_memory",)

    def __init__(self, memory: wasmtime.Memory) -> None:
        self._memory = memory

    def size_bytes(self, store: wasmtime.Store | wasmtime.Caller) -> int:
        """Return the memory's size at this moment."""
        return self._memory.data_len(store)

    def check(
        self, store: wasmtime.Store | wasmtime.Caller, pointer: int, length: int
    ) -> tuple[int, int]:
        """Return pointer and length as unsigned numbers that lie in the memory.

        Raises
        ------
        PointerError
            If any of the bytes is outside the memory.
        """
        pointer &= _U32
        # A count of elements may already have been multiplied: it must not wrap here.
        length = length & _U32 if length < 0 else length
        size = self._memory.data_len(store)
        if pointer + length > size:
            raise PointerError(
                f"pointer 0x{pointer:08x} with {length} bytes, in a memory of {size} bytes"
            )
        return pointer, length

    def address(self, store: wasmtime.Store | wasmtime.Caller, pointer: int, length: int) -> int:
        """Return the host's address of checked bytes; valid until the next guest call."""
        pointer, length = self.check(store, pointer, length)
        if not length:
            return 0
        return ctypes.addressof(self._memory.data_ptr(store).contents) + pointer

    def read(self, store: wasmtime.Store | wasmtime.Caller, pointer: int, length: int) -> bytes:
        """Copy bytes out of the guest.

        Raises
        ------
        PointerError
            If any of the bytes is outside the memory.
        """
        pointer, length = self.check(store, pointer, length)
        if not length:
            return b""
        base = ctypes.addressof(self._memory.data_ptr(store).contents)
        return ctypes.string_at(base + pointer, length)

    def write(self, store: wasmtime.Store | wasmtime.Caller, pointer: int, data: bytes) -> None:
        """Copy bytes into the guest.

        Raises
        ------
        PointerError
            If any of the bytes would fall outside the memory.
        """
        address = self.address(store, pointer, len(data))
        if data:
            ctypes.memmove(address, data, len(data))

    def write_from(
        self, store: wasmtime.Store | wasmtime.Caller, pointer: int, source: int, length: int
    ) -> None:
        """Copy ``length`` bytes from the host's address ``source`` into the guest.

        Raises
        ------
        PointerError
            If any of the bytes would fall outside the memory.
        """
        address = self.address(store, pointer, length)
        if length:
            ctypes.memmove(address, source, length)

    def discard(self, store: wasmtime.Store | wasmtime.Caller, pointer: int, length: int) -> None:
        """Give whole pages of checked bytes back to the system, where it can take them.

        What the guest reads there afterwards is zeros or what its module began with.

        Raises
        ------
        PointerError
            If any of the bytes is outside the memory.
        """
        address = self.address(store, pointer, length)
        start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
        size = (address + length) // mmap.PAGESIZE * mmap.PAGESIZE - start
        if _CAN_DISCARD and size > 0:
            _madvise()(start, size, mmap.MADV_DONTNEED)


@functools.cache
def _madvise() -> Callable[[int, int, int], int]:
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    function.restype = ctypes.c_int
    return cast("Callable[[int, int, int], int]", function)
