"""How a guest's state becomes the beginning of another module.

An idle guest is its linear memory, its globals and its tables. `ImagePlan` takes a
module apart and says whether all three can be carried over:

* one memory of its own, whose contents become one data segment and whose size becomes the
  initial size (its maximum stays);
* mutable globals of type i32 or i64 (a C++ guest's stack pointer): their values become
  their initial values;
* tables, which start from the same element segments: they must not have changed, which
  `GuestImage` checks while the guest runs;
* no passive data or element segments, because a segment that the guest has dropped would
  come back, and no start function, because it would run again.

Anything else is refused, and the guest does without an image.
"""

from __future__ import annotations

from typing import NamedTuple

from realm_jupyter.sandbox.wasm_binary import (
    BinaryReader,
    Section,
    SectionId,
    join_sections,
    signed,
    split,
    unsigned,
)

__all__ = ["GLOBAL_PREFIX", "TABLE_PREFIX", "WASM_PAGE_BYTES", "ImagePlan", "ImageRefusedError"]

WASM_PAGE_BYTES = 65536
GLOBAL_PREFIX = "realm_image_global_"
TABLE_PREFIX = "realm_image_table_"

_CONSTANT_OPCODES = {0x7F: 0x41, 0x7E: 0x42}  # i32, i64: their .const
_EXPORT_TABLE, _EXPORT_GLOBAL = 1, 3
_HAS_MAXIMUM = 1
# Flags of element segments: not active, a table is named, items are expressions.
_IS_PASSIVE, _IS_EXPLICIT, _HAS_EXPRESSIONS = 1, 2, 4
_INITIALIZE = b"_initialize"


class ImageRefusedError(Exception):
    """A guest's state cannot be carried over; the message says why."""


class _Global(NamedTuple):
    value_type: int
    is_mutable: bool
    expression: bytes


class ImagePlan:
    """A module, taken apart.

    Parameters
    ----------
    wasm : bytes
        A module that `GuestModule` has accepted: its imports are functions only.

    Attributes
    ----------
    mutable_globals : tuple of int
        Their indices.

    Raises
    ------
    ImageRefusedError
        If the module has something that an image cannot carry over.
    """

    def __init__(self, wasm: bytes) -> None:
        self._sections = split(wasm)
        self._bodies = {number: body for number, body in self._sections if number}
        if SectionId.START in self._bodies:
            raise ImageRefusedError("it has a start function")
        try:
            self._globals = self._read_globals()
            self._check_elements()
            self._check_data()
        except ValueError as error:
            raise ImageRefusedError(str(error)) from error
        self._maximum = self._read_memory()
        self.mutable_globals = tuple(
            index for index, item in enumerate(self._globals) if item.is_mutable
        )
        for index in self.mutable_globals:
            if self._globals[index].value_type not in _CONSTANT_OPCODES:
                raise ImageRefusedError(f"its mutable global {index} is neither i32 nor i64")

    def observable(self) -> bytes:
        """Return the module with its mutable globals and its tables exported as well."""
        reader = BinaryReader(self._bodies[SectionId.EXPORT])
        count = reader.number()
        rest = reader.data[reader.position :]
        tables = self._bodies.get(SectionId.TABLE, b"\0")
        added = [
            *((GLOBAL_PREFIX, _EXPORT_GLOBAL, index) for index in self.mutable_globals),
            *((TABLE_PREFIX, _EXPORT_TABLE, index) for index in range(_count(tables))),
        ]
        for prefix, kind, index in added:
            name = f"{prefix}{index}".encode()
            rest += unsigned(len(name)) + name + bytes([kind]) + unsigned(index)
        return self._with({SectionId.EXPORT: unsigned(count + len(added)) + rest})

    def image(self, memory: bytes, values: dict[int, int]) -> bytes:
        """Return the module that begins with this memory and these globals.

        Parameters
        ----------
        memory : bytes
            The whole linear memory, a multiple of 64 KiB, less than 2 GiB.
        values : dict of int to int
            The mutable globals by index.

        Notes
        -----
        The data are one segment from the first page that is not zero to the last, gaps
        included: wasmtime maps an image only where its data are dense. The export
        ``_initialize`` is gone, because it has run.
        """
        limits = bytes([_HAS_MAXIMUM if self._maximum is not None else 0])
        limits += unsigned(len(memory) // WASM_PAGE_BYTES)
        if self._maximum is not None:
            limits += unsigned(self._maximum)
        changed = {
            SectionId.MEMORY: b"\x01" + limits,
            SectionId.EXPORT: self._exports_without_initialize(),
            SectionId.DATA: _data_section(memory),
        }
        if self.mutable_globals:
            changed[SectionId.GLOBAL] = self._global_section(values)
        if SectionId.DATA_COUNT in self._bodies:
            changed[SectionId.DATA_COUNT] = changed[SectionId.DATA][:1]
        return self._with(changed)

    def _with(self, changed: dict[int, bytes]) -> bytes:
        """Return the module with other bodies of some sections and no custom ones."""
        sections = [
            Section(number, changed.get(number, body)) for number, body in self._sections if number
        ]
        if SectionId.DATA in changed and SectionId.DATA not in self._bodies:
            sections.append(Section(SectionId.DATA, changed[SectionId.DATA]))  # it is the last
        return join_sections(sections)

    def _read_globals(self) -> list[_Global]:
        reader = BinaryReader(self._bodies.get(SectionId.GLOBAL, b"\0"))
        return [
            _Global(reader.byte(), bool(reader.byte()), reader.expression())
            for _ in range(reader.number())
        ]

    def _global_section(self, values: dict[int, int]) -> bytes:
        parts = [unsigned(len(self._globals))]
        for index, item in enumerate(self._globals):
            expression = item.expression
            if item.is_mutable:
                constant = bytes([_CONSTANT_OPCODES[item.value_type]])
                expression = constant + signed(values[index]) + b"\x0b"
            parts += [bytes([item.value_type, item.is_mutable]), expression]
        return b"".join(parts)

    def _read_memory(self) -> int | None:
        """Return the maximum size in pages."""
        reader = BinaryReader(self._bodies[SectionId.MEMORY])
        count, flags = reader.number(), reader.number()
        if count != 1 or flags > _HAS_MAXIMUM:
            raise ImageRefusedError("it does not have one ordinary memory")
        reader.number()
        return reader.number() if flags & _HAS_MAXIMUM else None

    def _check_elements(self) -> None:
        reader = BinaryReader(self._bodies.get(SectionId.ELEMENT, b"\0"))
        for _ in range(reader.number()):
            flags = reader.number()
            if flags & _IS_PASSIVE and not flags & _IS_EXPLICIT:
                raise ImageRefusedError("it has a passive element segment")
            if not flags & _IS_PASSIVE:
                if flags & _IS_EXPLICIT:
                    reader.number()
                reader.expression()
            if flags & (_IS_PASSIVE | _IS_EXPLICIT):
                reader.byte()  # the kind of its items
            for _ in range(reader.number()):
                if flags & _HAS_EXPRESSIONS:
                    reader.expression()
                else:
                    reader.number()

    def _check_data(self) -> None:
        reader = BinaryReader(self._bodies.get(SectionId.DATA, b"\0"))
        for _ in range(reader.number()):
            flags = reader.number()
            if flags & _IS_PASSIVE:
                raise ImageRefusedError("it has a passive data segment")
            if flags & _IS_EXPLICIT:
                reader.number()
            reader.expression()
            reader.take(reader.number())

    def _exports_without_initialize(self) -> bytes:
        reader = BinaryReader(self._bodies[SectionId.EXPORT])
        kept = []
        for _ in range(reader.number()):
            start = reader.position
            name = reader.take(reader.number())
            reader.byte()
            reader.number()
            if name != _INITIALIZE:
                kept.append(reader.data[start : reader.position])
        return unsigned(len(kept)) + b"".join(kept)


def _count(section: bytes) -> int:
    return BinaryReader(section).number()


def _data_section(memory: bytes) -> bytes:
    kept = memory.rstrip(b"\0")
    if not kept:
        return b"\0"
    end = -(-len(kept) // WASM_PAGE_BYTES) * WASM_PAGE_BYTES
    start = (len(kept) - len(kept.lstrip(b"\0"))) // WASM_PAGE_BYTES * WASM_PAGE_BYTES
    head = b"\x01\x00\x41" + signed(start) + b"\x0b" + unsigned(end - start)
    return head + memory[start:end]
