"""Arrays in a file's metadata: views of the file, decoded when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, overload

import numpy as np

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.gguf.strings import StringWalkError, find_string_starts

if TYPE_CHECKING:
    from array import array
    from os import PathLike

    from numpy.typing import NDArray

__all__ = ["GGUFArray", "Scalar", "ValueType"]

Scalar = int | float | bool | str

_ITERATION_ELEMENTS = 4096


class ValueType(IntEnum):
    """Types of metadata values, under the numbers of the GGUF specification."""

    UINT8 = 0
    INT8 = 1
    UINT16 = 2
    INT16 = 3
    UINT32 = 4
    INT32 = 5
    FLOAT32 = 6
    BOOL = 7
    STRING = 8
    ARRAY = 9
    UINT64 = 10
    INT64 = 11
    FLOAT64 = 12

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The numpy dtype of a number of this type.

        Raises
        ------
        TypeError
            For strings and arrays.
        """
        if self not in _DTYPES:
            message = f"{self.name} has no dtype"
            raise TypeError(message)
        return _DTYPES[self]

    def __str__(self) -> str:
        return self.name.lower()


_DTYPES: dict[ValueType, np.dtype[np.generic]] = {
    ValueType.UINT8: np.dtype("u1"),
    ValueType.INT8: np.dtype("i1"),
    ValueType.UINT16: np.dtype("<u2"),
    ValueType.INT16: np.dtype("<i2"),
    ValueType.UINT32: np.dtype("<u4"),
    ValueType.INT32: np.dtype("<i4"),
    ValueType.FLOAT32: np.dtype("<f4"),
    ValueType.BOOL: np.dtype("?"),
    ValueType.UINT64: np.dtype("<u8"),
    ValueType.INT64: np.dtype("<i8"),
    ValueType.FLOAT64: np.dtype("<f8"),
}


class GGUFArray(Sequence[Scalar]):
    """An array in the metadata: a read-only view of the file.

    Strings are decoded when they are asked for; bytes that are not UTF-8 become
    U+FFFD (`bytes_at` gives them as they stand). The first access by index to an
    array of strings finds all of them and keeps 4 bytes for each.

    Parameters
    ----------
    element_type : ValueType
    count : int
    raw : memoryview of bytes
        The elements as they stand in the file; strings as (uint64 length, bytes).
    path : path-like, optional
    offset_bytes : int
        Where ``raw`` begins in the file, for error messages.
    """

    __slots__ = ("_count", "_path", "_starts", "element_type", "offset_bytes", "raw")

    def __init__(
        self,
        element_type: ValueType,
        count: int,
        raw: memoryview,
        *,
        path: str | PathLike[str] | None = None,
        offset_bytes: int = 0,
    ) -> None:
        self.element_type = element_type
        self.raw = raw
        self.offset_bytes = offset_bytes
        self._count = count
        self._path = path
        self._starts: array[int] | None = None

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"GGUFArray({self.element_type}, {self._count})"

    @overload
    def __getitem__(self, index: int) -> Scalar: ...
    @overload
    def __getitem__(self, index: slice) -> list[Scalar]: ...
    def __getitem__(self, index: int | slice) -> Scalar | list[Scalar]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        index = self._checked(index)
        if self.element_type is ValueType.STRING:
            return self.bytes_at(index).decode("utf-8", "replace")
        value: Scalar = self.to_numpy()[index].item()
        return value

    def __iter__(self) -> Iterator[Scalar]:
        if self.element_type is ValueType.STRING:
            for index in range(self._count):
                yield self.bytes_at(index).decode("utf-8", "replace")
            return
        numbers = self.to_numpy()
        for start in range(0, self._count, _ITERATION_ELEMENTS):
            yield from numbers[start : start + _ITERATION_ELEMENTS].tolist()

    def to_numpy(self) -> NDArray[np.generic]:
        """Return the numbers as a read-only view of the file.

        Returns
        -------
        ndarray, shape (n,)
            Little-endian dtype of the element type; aligned only by chance.

        Raises
        ------
        TypeError
            If the elements are strings.
        """
        return np.frombuffer(self.raw, dtype=self.element_type.dtype)

    def starts(self) -> NDArray[np.uint32]:
        """Return where each string's length stands in ``raw``, and the end.

        Returns
        -------
        ndarray of uint32, shape (n + 1,)

        Raises
        ------
        TypeError
            If the elements are numbers.
        ModelFormatError
            If the file was changed since it was opened.
        """
        return np.frombuffer(self._string_starts(), dtype=np.uint32)

    def bytes_at(self, index: int) -> bytes:
        """Return string ``index`` as it stands in the file.

        Raises
        ------
        IndexError
            If there is no such string.
        TypeError
            If the elements are numbers.
        """
        starts = self._string_starts()
        index = self._checked(index)
        return bytes(self.raw[starts[index] + 8 : starts[index + 1]])

    def _string_starts(self) -> array[int]:
        if self._starts is None:
            if self.element_type is not ValueType.STRING:
                message = f"the elements are {self.element_type}, not strings"
                raise TypeError(message)
            try:
                self._starts = find_string_starts(self.raw, self._count)
            except StringWalkError as error:
                raise ModelFormatError(
                    f"the file was changed while it was open: {error}",
                    path=self._path,
                    offset_bytes=self.offset_bytes + error.position,
                ) from None
        return self._starts

    def _checked(self, index: int) -> int:
        if not -self._count <= index < self._count:
            message = f"index {index} is out of range for {self._count} elements"
            raise IndexError(message)
        return index % self._count
