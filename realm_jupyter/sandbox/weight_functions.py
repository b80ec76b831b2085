"""The host functions over the shared weights: every size is checked before anything is read.

Unlike the others they count against the guest's deadline, because the host works here
instead of waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import wasmtime

    from realm_jupyter.sandbox.host import HostFunctions
    from realm_jupyter.sandbox.memory import GuestMemory

__all__ = ["WEIGHT_FUNCTIONS"]

MAX_NAME_BYTES = 1024
# Multiply-adds of one call: some seconds, since the host does not stop in the middle.
MAX_MATMUL_WORK = 1 << 36
_MAX_HANDLE = (1 << 63) - 1
_U64 = (1 << 64) - 1
_FLOAT = np.dtype("<f4")


class Binding(Protocol):
    """The part of `HostBinding` that is used here."""

    host: Callable[[], HostFunctions]

    def refuse(self, reason: str) -> int:
        """Note why, and return the status of a wrong argument."""
        ...


def weight_find(
    binding: Binding, caller: wasmtime.Caller, memory: GuestMemory, name: int, length: int
) -> int:
    """Return the handle of the weight with this name."""
    length &= 0xFFFFFFFF
    memory.check(caller, name, length)
    if length > MAX_NAME_BYTES:
        return binding.refuse(f"weight_find was called with a name of {length} bytes")
    text = memory.read(caller, name, length).decode("utf-8", "replace")
    handle = binding.host().weight_find(text)
    if not 0 <= handle <= _MAX_HANDLE:
        raise ValueError(f"the host gave out {handle!r} as a handle")
    return handle


def weight_shape(  # noqa: PLR0917 - wasmtime passes arguments by position
    binding: Binding,
    caller: wasmtime.Caller,
    memory: GuestMemory,
    weight: int,
    shape: int,
    capacity: int,
) -> int:
    """Write the lengths of the axes; return their number."""
    capacity &= 0xFFFFFFFF
    memory.check(caller, shape, 4 * capacity)
    axes = binding.host().weight_shape(weight & _U64)
    if len(axes) > capacity:
        return binding.refuse(f"the weight has {len(axes)} axes, and the guest room for {capacity}")
    memory.write(caller, shape, np.array(axes, dtype="<u4").tobytes())
    return len(axes)


def weight_read(  # noqa: PLR0917 - likewise
    binding: Binding,
    caller: wasmtime.Caller,
    memory: GuestMemory,
    weight: int,
    first_row: int,
    num_rows: int,
    out: int,
    capacity: int,
) -> int:
    """Write rows as floats; return how many floats."""
    num_rows &= 0xFFFFFFFF
    capacity &= 0xFFFFFFFF
    first_row &= _U64
    memory.check(caller, out, 4 * capacity)
    rows, columns = _matrix(binding, weight)
    if not 0 < num_rows <= rows or first_row > rows - num_rows:
        return binding.refuse(f"weight_read: rows {first_row} and {num_rows - 1} more, of {rows}")
    if num_rows * columns > capacity:
        return binding.refuse(
            f"weight_read has {num_rows * columns} floats, and the guest room for {capacity}"
        )
    found = binding.host().weight_read(weight & _U64, first_row, num_rows)
    memory.write_floats(caller, out, found)
    return num_rows * columns


def matmul(  # noqa: PLR0917 - likewise
    binding: Binding,
    caller: wasmtime.Caller,
    memory: GuestMemory,
    weight: int,
    x: int,
    num_rows: int,
    out: int,
    capacity: int,
) -> int:
    """Write ``x @ weight.T``; return how many floats."""
    num_rows &= 0xFFFFFFFF
    capacity &= 0xFFFFFFFF
    memory.check(caller, out, 4 * capacity)
    rows, columns = _matrix(binding, weight)
    memory.check(caller, x, 4 * num_rows * columns)
    if num_rows == 0 or num_rows * rows > capacity:
        return binding.refuse(
            f"matmul has {num_rows * rows} floats, and the guest room for {capacity}"
        )
    if num_rows * rows * columns > MAX_MATMUL_WORK:
        return binding.refuse(f"matmul of {num_rows} rows with {rows} x {columns} is too much work")
    data = memory.read(caller, x, 4 * num_rows * columns)
    vectors = np.frombuffer(data, dtype=_FLOAT).reshape(num_rows, columns)
    memory.write_floats(caller, out, binding.host().matmul(weight & _U64, vectors))
    return num_rows * rows


def _matrix(binding: Binding, weight: int) -> tuple[int, int]:
    """Return rows and columns; a weight of one axis is one row."""
    *leading, columns = binding.host().weight_shape(weight & _U64)
    rows = 1
    for length in leading:
        rows *= length
    return rows, columns


WEIGHT_FUNCTIONS: dict[str, Callable[..., int]] = {
    function.__name__: function for function in (weight_find, weight_shape, weight_read, matmul)
}
