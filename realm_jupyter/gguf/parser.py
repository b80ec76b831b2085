"""Reads the header of one GGUF file and checks every number in it.

References
----------
The specification, ``docs/gguf.md`` of ggml; what is checked follows ``gguf.cpp`` of
llama.cpp and goes further where `limits` says so.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.gguf import limits
from realm_jupyter.gguf.array import ValueType
from realm_jupyter.gguf.metadata import SCALAR_FORMATS, Entry
from realm_jupyter.gguf.quant_type import QuantType
from realm_jupyter.gguf.strings import StringWalkError, walk_strings
from realm_jupyter.gguf.tensor_info import TensorInfo

if TYPE_CHECKING:
    from realm_jupyter.gguf.source import Source

__all__ = ["Header", "parse_header"]

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
ALIGNMENT_KEY = "general.alignment"

_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_SHAPES = tuple(struct.Struct(f"<{n}Q") for n in range(limits.MAX_DIMENSIONS + 1))


class Header(NamedTuple):
    """What the header of one file says."""

    version: int
    alignment: int
    entries: dict[str, Entry]
    tensors: dict[str, TensorInfo]


def parse_header(source: Source, *, part: int = 0) -> Header:
    """Read and check the header of ``source``.

    Parameters
    ----------
    source : Source
    part : int
        Which file of a split this is; goes into each `TensorInfo`.

    Raises
    ------
    ModelFormatError
        With the byte offset of what is wrong.
    """
    return _Parser(source, part).parse()


class _Parser:
    """A position in the file, and the readers that move it."""

    def __init__(self, source: Source, part: int) -> None:
        self._path = source.path
        self._part = part
        self._buffer = source.buffer
        self._end = len(self._buffer)
        self._at = 0
        self._name_bytes = 0
        self._array_strings = 0

    def parse(self) -> Header:
        version, num_tensors, num_entries = self._read_counts()
        entries = self._read_entries(num_entries)
        alignment = self._alignment(entries)
        tensors = self._read_tensors(num_tensors, alignment)
        return Header(version, alignment, entries, tensors)

    # ---- Header ----

    def _read_counts(self) -> tuple[int, int, int]:
        magic = bytes(self._buffer[:4])
        if magic != MAGIC:
            self._fail(f"this is not a GGUF file: it begins with {magic!r}, not {MAGIC!r}", 0)
        self._at = 4
        version = self._u32("the version")
        if version not in VERSIONS:
            self._fail(_version_message(version), 4)
        num_tensors = self._u64("the number of tensors")
        if num_tensors > limits.MAX_TENSORS:
            self._fail(f"{num_tensors} tensors, but at most {limits.MAX_TENSORS} are allowed", 8)
        num_entries = self._u64("the number of metadata entries")
        most = limits.MAX_METADATA_ENTRIES
        if num_entries > most:
            self._fail(f"{num_entries} metadata entries, but at most {most} are allowed", 16)
        return version, num_tensors, num_entries

    # ---- Metadata ----

    def _read_entries(self, count: int) -> dict[str, Entry]:
        file_end = self._end
        self._end = min(file_end, self._at + limits.MAX_METADATA_BYTES)
        entries: dict[str, Entry] = {}
        for index in range(count):
            start = self._at
            key = self._name("the key of entry", index, limits.MAX_KEY_BYTES)
            if key in entries:
                self._fail(f"the key {key!r} is there twice", start)
            entries[key] = self._entry(key)
        self._end = file_end
        return entries

    def _entry(self, key: str) -> Entry:
        value_type = self._value_type(key)
        if value_type is ValueType.ARRAY:
            return self._array(key)
        if value_type is ValueType.STRING:
            size = self._string_size("the string", key, limits.MAX_STRING_BYTES)
        else:
            size = SCALAR_FORMATS[value_type].size
        start = self._skip(size, "the value of", key)
        if value_type is ValueType.BOOL and self._buffer[start] > 1:
            self._fail(f"the value of {key!r} is neither 0 nor 1, but a bool", start)
        return Entry(value_type, -1, start, size)

    def _array(self, key: str) -> Entry:
        type_at = self._at
        element_type = self._value_type(key)
        if element_type is ValueType.ARRAY:
            self._fail(f"{key!r} is an array of arrays, which nothing uses", type_at)
        count_at = self._at
        count = self._u64("the length of the array", key)
        if element_type is ValueType.STRING:
            return self._string_array(key, count, count_at)
        size = count * element_type.dtype.itemsize
        if size > self._end - self._at:
            self._fail_at_end("the array", key, count_at)
        start = self._skip(size, "the array", key)
        if element_type is ValueType.BOOL and size:
            values = np.frombuffer(self._buffer[start : self._at], dtype=np.uint8)
            if values.max() > 1:
                where = start + int(np.argmax(values > 1))
                self._fail(f"an element of {key!r} is neither 0 nor 1, but a bool", where)
        return Entry(element_type, count, start, size)

    def _string_array(self, key: str, count: int, count_at: int) -> Entry:
        if 8 * count > self._end - self._at:
            self._fail_at_end("the array", key, count_at)
        self._array_strings += count
        most = limits.MAX_ARRAY_STRINGS
        if self._array_strings > most:
            self._fail(f"more than {most} strings in arrays, with those of {key!r}", count_at)
        start = self._at
        try:
            self._at = walk_strings(self._buffer[: self._end], start, count)
        except StringWalkError as error:
            if error.is_beyond_end:
                self._fail_at_end("a string of the array", key, error.position)
            self._fail(f"in the array {key!r}: {error}", error.position)
        return Entry(ValueType.STRING, count, start, self._at - start)

    def _alignment(self, entries: dict[str, Entry]) -> int:
        entry = entries.get(ALIGNMENT_KEY)
        if entry is None:
            return DEFAULT_ALIGNMENT
        where = entry.offset_bytes
        if entry.value_type is not ValueType.UINT32 or entry.num_elements >= 0:
            self._fail(f"{ALIGNMENT_KEY} must be a uint32, not {entry.value_type}", where)
        (alignment,) = _U32.unpack_from(self._buffer, where)
        if alignment & (alignment - 1) or not 0 < alignment <= limits.MAX_ALIGNMENT:
            self._fail(
                f"{ALIGNMENT_KEY} is {alignment}; it must be a power of two "
                f"of at most {limits.MAX_ALIGNMENT}",
                where,
            )
        return int(alignment)

    # ---- Tensors ----

    def _read_tensors(self, count: int, alignment: int) -> dict[str, TensorInfo]:
        tensors: dict[str, TensorInfo] = {}
        offset_places: dict[str, int] = {}
        for index in range(count):
            start = self._at
            name = self._name("the name of tensor", index, limits.MAX_TENSOR_NAME_BYTES)
            if name in tensors:
                self._fail(f"the tensor {name!r} is there twice", start)
            info = self._tensor(name)
            offset_places[name] = self._at - 8
            tensors[name] = info
        return self._placed(tensors, offset_places, alignment)

    def _tensor(self, name: str) -> TensorInfo:
        where = self._at
        num_dims = self._u32("the number of dimensions of tensor", name)
        if num_dims > limits.MAX_DIMENSIONS:
            self._fail(f"tensor {name!r} has {num_dims} dimensions; 4 is the most", where)
        shape = _SHAPES[num_dims]
        shape_at = self._skip(shape.size, "the shape of tensor", name)
        dims: tuple[int, ...] = shape.unpack_from(self._buffer, shape_at)
        num_elements = 1
        for axis, dim in enumerate(dims):
            if not 0 < dim <= limits.MAX_ELEMENTS:
                where = shape_at + 8 * axis
                self._fail(f"dimension {axis} of tensor {name!r} is {_signed(dim)}", where)
            num_elements *= dim
        if num_elements > limits.MAX_ELEMENTS:
            self._fail(f"tensor {name!r} has too many elements: {list(dims)}", shape_at)
        where = self._at
        number = self._u32("the type of tensor", name)
        try:
            quant_type = QuantType(number)
        except ValueError:
            self._fail(f"tensor {name!r} has the type {number}, which does not exist", where)
        row = dims[0] if dims else 1
        if row % quant_type.block_size:
            self._fail(
                f"tensor {name!r} has rows of {row} elements; "
                f"{quant_type} needs a multiple of {quant_type.block_size}",
                shape_at,
            )
        size = num_elements // quant_type.block_size * quant_type.block_bytes
        offset = self._u64("the offset of tensor", name)
        return TensorInfo(name, dims[::-1], quant_type, offset, size, self._part)

    def _placed(
        self, tensors: dict[str, TensorInfo], places: dict[str, int], alignment: int
    ) -> dict[str, TensorInfo]:
        """Check the tensors' places and make their offsets count from the file's beginning."""
        data = -(-self._at // alignment) * alignment
        for name, info in tensors.items():
            if info.offset_bytes % alignment:
                self._fail(
                    f"the offset {info.offset_bytes} of tensor {name!r} "
                    f"is no multiple of the alignment {alignment}",
                    places[name],
                )
            begin = data + info.offset_bytes
            if begin + info.size_bytes > self._end:
                self._fail(
                    f"tensor {name!r} ({info.size_bytes} bytes at {begin}) reaches beyond the end "
                    f"of the file, which has {self._end} bytes",
                    places[name],
                )
            tensors[name] = info._replace(offset_bytes=begin)
        end, before = 0, ""
        for info in sorted(tensors.values(), key=_by_offset):
            if info.offset_bytes < end:
                self._fail(f"the tensors {before!r} and {info.name!r} overlap", places[info.name])
            end, before = info.offset_bytes + info.size_bytes, info.name
        return tensors

    # ---- Primitives ----
    # "what" and "name" are put together only for a message: most files need none.

    def _u32(self, what: str, name: str | int = "") -> int:
        (value,) = _U32.unpack_from(self._buffer, self._skip(4, what, name))
        return int(value)

    def _u64(self, what: str, name: str | int = "") -> int:
        (value,) = _U64.unpack_from(self._buffer, self._skip(8, what, name))
        return int(value)

    def _value_type(self, key: str) -> ValueType:
        where = self._at
        number = self._u32("the type of", key)
        try:
            return ValueType(number)
        except ValueError:
            self._fail(f"{key!r} has the type {number}, which does not exist", where)

    def _string_size(self, what: str, name: str | int, most: int) -> int:
        where = self._at
        size = self._u64(what, name)
        if size > most:
            self._fail(f"{what} {name!r} has {size} bytes; at most {most} are allowed", where)
        return size

    def _name(self, what: str, index: int, most: int) -> str:
        """Read a key or a tensor's name: text that can be shown."""
        where = self._at
        size = self._string_size(what, index, most)
        if size == 0:
            self._fail(f"{what} {index} is empty", where)
        self._name_bytes += size
        if self._name_bytes > limits.MAX_NAMES_BYTES:
            self._fail(
                f"the keys and names are longer than the {limits.MAX_NAMES_BYTES} bytes "
                f"that are allowed, with {what} {index}",
                where,
            )
        start = self._skip(size, what, index)
        try:
            name = str(self._buffer[start : start + size], "utf-8")
        except UnicodeDecodeError:
            self._fail(f"{what} {index} is not UTF-8", start)
        if not name.isprintable():
            self._fail(f"{what} {index} holds control characters: {name[:80]!r}", start)
        return name

    def _skip(self, size: int, what: str, name: str | int) -> int:
        """Move on by ``size`` bytes and return where they begin."""
        start = self._at
        if size > self._end - start:
            self._fail_at_end(what, name, start)
        self._at = start + size
        return start

    def _fail_at_end(self, what: str, name: str | int, offset_bytes: int) -> NoReturn:
        what = f"{what} {name!r}" if name != "" else what
        if self._end < len(self._buffer):
            most = limits.MAX_METADATA_BYTES
            message = f"the metadata is longer than the {most} bytes that are allowed, with {what}"
        else:
            message = f"the file ends inside {what}"
        self._fail(message, offset_bytes)

    def _fail(self, message: str, offset_bytes: int) -> NoReturn:
        raise ModelFormatError(message, path=self._path, offset_bytes=offset_bytes)


def _by_offset(info: TensorInfo) -> int:
    return info.offset_bytes


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _version_message(version: int) -> str:
    if version & 0xFFFF == 0 and version:
        return "this is a big-endian GGUF file; only little-endian files are supported"
    if version == 1:
        return "GGUF version 1 is not supported any more; convert the model again"
    return f"GGUF version {version} is not supported; supported are 2 and 3"
