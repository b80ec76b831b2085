"""The metadata of a file: a mapping whose values are decoded when they are asked for."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from realm_jupyter.gguf.array import GGUFArray, Scalar, ValueType

if TYPE_CHECKING:
    from realm_jupyter.gguf.source import Source

__all__ = ["Entry", "Metadata"]

SCALAR_FORMATS: dict[ValueType, struct.Struct] = {
    ValueType.UINT8: struct.Struct("<B"),
    ValueType.INT8: struct.Struct("<b"),
    ValueType.UINT16: struct.Struct("<H"),
    ValueType.INT16: struct.Struct("<h"),
    ValueType.UINT32: struct.Struct("<I"),
    ValueType.INT32: struct.Struct("<i"),
    ValueType.FLOAT32: struct.Struct("<f"),
    ValueType.BOOL: struct.Struct("<?"),
    ValueType.UINT64: struct.Struct("<Q"),
    ValueType.INT64: struct.Struct("<q"),
    ValueType.FLOAT64: struct.Struct("<d"),
}


class Entry(NamedTuple):
    """Where a value lies and what it is.

    Attributes
    ----------
    value_type : ValueType
        Of the elements, for an array.
    num_elements : int
        Elements of an array, or -1 for a single value.
    offset_bytes, size_bytes : int
        Place of the bytes of the value, without type, count or a string's length.
    """

    value_type: ValueType
    num_elements: int
    offset_bytes: int
    size_bytes: int


class Metadata(Mapping[str, Scalar | GGUFArray]):
    """Values by key, in the file's order.

    Numbers and strings are made when asked for, arrays are views (`GGUFArray`).
    Strings that are not UTF-8 get U+FFFD where they are not. Nothing is kept, so
    metadata of 256 MiB costs no memory.
    """

    __slots__ = ("_entries", "_source")

    def __init__(self, source: Source, entries: dict[str, Entry]) -> None:
        self._source = source
        self._entries = entries

    def __getitem__(self, key: str) -> Scalar | GGUFArray:
        entry = self._entries[key]
        buffer = self._source.buffer
        start = entry.offset_bytes
        if entry.num_elements >= 0:
            return GGUFArray(
                entry.value_type,
                entry.num_elements,
                buffer[start : start + entry.size_bytes],
                path=self._source.path,
                offset_bytes=start,
            )
        if entry.value_type is ValueType.STRING:
            return str(buffer[start : start + entry.size_bytes], "utf-8", "replace")
        (value,) = SCALAR_FORMATS[entry.value_type].unpack_from(buffer, start)
        return value  # type: ignore[no-any-return]  # struct knows no types

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __repr__(self) -> str:
        return f"Metadata({len(self)} entries)"

    def entry(self, key: str) -> Entry:
        """Return type and place of the value of ``key``.

        Raises
        ------
        KeyError
            If the file has no such key.
        """
        return self._entries[key]
