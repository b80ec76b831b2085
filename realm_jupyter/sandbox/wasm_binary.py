"""WebAssembly's binary format, as far as `ImagePlan` takes modules apart.

Only modules that wasmtime has accepted come here, so lengths and order need no second
check; what this reader does not know is an error all the same.

Source: WebAssembly Core Specification 2.0, chapter 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BinaryReader", "Section", "SectionId", "join_sections", "signed", "split", "unsigned"]

_HEADER_BYTES = 8  # magic and version
_FIXED_CONSTANTS = {0x43: 4, 0x44: 8}  # f32.const, f64.const
_ONE_NUMBER = {0x23, 0x41, 0x42, 0xD0, 0xD2}  # global.get, i32/i64.const, ref.null, ref.func
_ARITHMETIC = {0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E}  # of extended constant expressions
_SIMD, _V128_CONST, _V128_BYTES, _END = 0xFD, 12, 16, 0x0B


class SectionId:
    """Numbers of the sections."""

    CUSTOM = 0
    TABLE = 4
    MEMORY = 5
    GLOBAL = 6
    EXPORT = 7
    START = 8
    ELEMENT = 9
    DATA = 11
    DATA_COUNT = 12


class Section(NamedTuple):
    """A section's number and its bytes."""

    number: int
    body: bytes


class BinaryReader:
    """Reads numbers and constant expressions from a section.

    Parameters
    ----------
    data : bytes
    position : int
        Where to begin.
    """

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    @property
    def is_at_end(self) -> bool:
        """Whether everything was read."""
        return self.position >= len(self.data)

    def byte(self) -> int:
        """Read one byte."""
        self.position += 1
        return self.data[self.position - 1]

    def take(self, size: int) -> bytes:
        """Read that many bytes."""
        self.position += size
        return self.data[self.position - size : self.position]

    def number(self) -> int:
        """Read an unsigned LEB128 number; a signed one is passed over in the same way."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def expression(self) -> bytes:
        """Read a constant expression, its end included.

        Raises
        ------
        ValueError
            If it holds an instruction that no constant expression had in 2026.
        """
        start = self.position
        while (opcode := self.byte()) != _END:
            if opcode in _ONE_NUMBER:
                self.number()
            elif opcode in _FIXED_CONSTANTS:
                self.take(_FIXED_CONSTANTS[opcode])
            elif opcode == _SIMD and self.number() == _V128_CONST:
                self.take(_V128_BYTES)
            elif opcode not in _ARITHMETIC:
                message = f"instruction 0x{opcode:02x} in a constant expression"
                raise ValueError(message)
        return self.data[start : self.position]


def split(wasm: bytes) -> list[Section]:
    """Return the sections of a module in their order."""
    reader = BinaryReader(wasm, _HEADER_BYTES)
    sections = []
    while not reader.is_at_end:
        number = reader.byte()
        sections.append(Section(number, reader.take(reader.number())))
    return sections


def join_sections(sections: Iterable[Section]) -> bytes:
    """Return the module that has these sections."""
    parts = [b"\0asm\x01\0\0\0"]
    for number, body in sections:
        parts += [bytes([number]), unsigned(len(body)), body]
    return b"".join(parts)


def unsigned(value: int) -> bytes:
    """Return a number as unsigned LEB128."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | 0x80 if value else byte)
        if not value:
            return bytes(out)


def signed(value: int) -> bytes:
    """Return a number as signed LEB128."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        is_last = (value == 0 and not byte & 0x40) or (value == -1 and bool(byte & 0x40))
        out.append(byte if is_last else byte | 0x80)
        if is_last:
            return bytes(out)
