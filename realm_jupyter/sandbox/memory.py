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

import numpy as np

from realm_jupyter.sandbox.direct import memory_size

if TYPE_CHECKING:
    from collections.abc import Callable

    import wasmtime
    from numpy.typing import NDArray

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
    size is asked for anew in each call, and the address whenever it is another one: a memory
    moves only when it grows.
    """

    __slots__ = ("_base", "_memory", "_size")

    def __init__(self, memory: wasmtime.Memory) -> None:
        self._memory = memory
        self._size = -1
        self._base = 0

    def size_bytes(self, store: wasmtime.Store | wasmtime.Caller) -> int:
        """Return the memory's size at this moment."""
        size = memory_size(store, self._memory)
        if size != self._size:
            self._base = ctypes.addressof(self._memory.data_ptr(store).contents) if size else 0
            self._size = size
        return size

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
        size = self.size_bytes(store)
        if pointer + length > size:
            raise PointerError(
                f"pointer 0x{pointer:08x} with {length} bytes, in a memory of {size} bytes"
            )
        return pointer, length

    def address(self, store: wasmtime.Store | wasmtime.Caller, pointer: int, length: int) -> int:
        """Return the host's address of checked bytes; valid until the next guest call."""
        pointer, length = self.check(store, pointer, length)
        return self._base + pointer if length else 0

    def read(self, store: wasmtime.Store | wasmtime.Caller, pointer: int, length: int) -> bytes:
        """Copy bytes out of the guest.

        Raises
        ------
        PointerError
            If any of the bytes is outside the memory.
        """
        pointer, length = self.check(store, pointer, length)
        return ctypes.string_at(self._base + pointer, length) if length else b""

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

    def write_floats(
        self, store: wasmtime.Store | wasmtime.Caller, pointer: int, values: NDArray[np.float32]
    ) -> None:
        """Copy floats, in C order and of any shape, into the guest.

        Raises
        ------
        PointerError
            If any of the bytes would fall outside the memory.
        """
        if values.dtype != np.float32 or not values.flags.c_contiguous:
            values = np.ascontiguousarray(values, dtype=np.float32)
        address = self.address(store, pointer, values.nbytes)
        if address:
            ctypes.memmove(address, _address_of(values), values.nbytes)

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


def _address_of(values: NDArray[np.float32]) -> int:
    if values.flags.writeable:
        # A quarter of the other way's time.
        return ctypes.addressof(ctypes.c_char.from_buffer(values.data))
    address: int = values.__array_interface__["data"][0]
    return address


@functools.cache
def _madvise() -> Callable[[int, int, int], int]:
    function = ctypes.CDLL(None).madvise
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    function.restype = ctypes.c_int
    return cast("Callable[[int, int, int], int]", function)
