"""Writes GGUF files tensor by tensor, so that a file of any size takes little memory.

References
----------
The GGUF specification, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

import struct
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from realm_jupyter.gguf import ValueType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.gguf import QuantType

__all__ = ["ALIGNMENT", "Field", "TensorRecord", "encode_header"]

ALIGNMENT = 32
_VERSION = 3
_FORMATS = {
    ValueType.INT32: "i",
    ValueType.UINT32: "I",
    ValueType.FLOAT32: "f",
    ValueType.BOOL: "?",
}


class Field(NamedTuple):
    """A key of the metadata with its value; a list is an array of that type."""

    key: str
    type: ValueType
    value: object


class TensorRecord(NamedTuple):
    """A tensor: its name, its shape in numpy's order, its type."""

    name: str
    shape: tuple[int, ...]
    quant_type: QuantType

    @property
    def size_bytes(self) -> int:
        """Bytes of the data, without padding."""
        return prod(self.shape) // self.quant_type.block_size * self.quant_type.block_bytes

    @property
    def padding_bytes(self) -> int:
        """Zeros after the data."""
        return -self.size_bytes % ALIGNMENT


def encode_header(fields: Sequence[Field], tensors: Sequence[TensorRecord]) -> bytes:
    """Return everything before the tensors' data.

    Parameters
    ----------
    fields : sequence of Field
    tensors : sequence of TensorRecord
        Their data must follow in this order, each padded to `ALIGNMENT`.
    """
    parts = [b"GGUF", struct.pack("<IQQ", _VERSION, len(tensors), len(fields))]
    for item in fields:
        parts.append(_string(item.key))
        if isinstance(item.value, list):
            parts.append(struct.pack("<IIQ", ValueType.ARRAY, item.type, len(item.value)))
            parts.append(_array(item.type, item.value))
        else:
            parts.append(struct.pack("<I", item.type))
            parts.append(_array(item.type, [item.value]))
    offset = 0
    for tensor in tensors:
        dims = tensor.shape[::-1]
        parts.append(_string(tensor.name))
        parts.append(
            struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, int(tensor.quant_type), offset)
        )
        offset += tensor.size_bytes + tensor.padding_bytes
    header = b"".join(parts)
    return header + bytes(-len(header) % ALIGNMENT)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _array(kind: ValueType, values: list[object]) -> bytes:
    if kind is ValueType.STRING:
        return b"".join(_string(str(value)) for value in values)
    return struct.pack(f"<{len(values)}{_FORMATS[kind]}", *values)
