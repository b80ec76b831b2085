"""The native library: found, checked and bound, or a reason why not.

Python releases the GIL around every call. Addresses are passed as integers; whoever
passes them keeps the memory alive.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from realm_jupyter.compute.cpu.structures import (
    ABI,
    ERROR_BYTES,
    KVLayerStruct,
    OpStruct,
    SpanStruct,
    Status,
    WeightStruct,
)
from realm_jupyter.errors import ConfigError, ModelMemoryError, RealmError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FILE_NAME", "Library", "Unavailable", "error_buffer", "find_library", "load_library"]

_SUFFIXES = {"darwin": ".dylib", "win32": ".dll"}
FILE_NAME = "librealm_cpu" + _SUFFIXES.get(sys.platform, ".so")
"""The library's name on this system."""

_PATH = Path(__file__).resolve().parent / FILE_NAME

_ptr, _i32, _i64, _text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_char_p
_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "realm_cpu_abi": (_i32, ()),
    "realm_cpu_isas": (_text, ()),
    "realm_cpu_isa": (_text, ()),
    "realm_cpu_select_isa": (_i32, (_text,)),
    "realm_cpu_layout_version": (_i32, ()),
    "realm_cpu_packed_bytes": (_i64, (_i32, _i64, _i64)),
    "realm_cpu_pack": (_i32, (_i32, _ptr, _ptr, _i64, _i64, _i64, _i64)),
    "realm_cpu_dequantize_row": (_i32, (_i32, _ptr, _i64, _ptr)),
    "realm_cpu_matmul": (_i32, (_i32, _ptr, _i64, _i64, _ptr, _i64, _ptr, _i32)),
    "realm_cpu_read": (ctypes.c_uint64, (_ptr, _i64, _i32)),
    "realm_cpu_compute": (_i64, (_i32, _i64, _i32)),
    "realm_cpu_model_create": (
        _ptr,
        (
            *(ctypes.POINTER(OpStruct), _i32, ctypes.POINTER(WeightStruct), _i32, _ptr, _i64),
            *(ctypes.POINTER(KVLayerStruct), _i32, _i32, _i32, _text),
        ),
    ),
    "realm_cpu_model_free": (None, (_ptr,)),
    "realm_cpu_move_matrix": (_i32, (_ptr, _i32, _ptr, _i32)),
    "realm_cpu_page_bytes": (_i64, (_ptr,)),
    "realm_cpu_resize_cache": (_i32, (_ptr, _i64, _text)),
    "realm_cpu_copy_page": (_i32, (_ptr, _i64, _i64, _i32)),
    "realm_cpu_forward": (
        _i32,
        (_ptr, _ptr, ctypes.POINTER(SpanStruct), _i32, _ptr, _i32, _ptr, _ptr, _ptr, _ptr, _text),
    ),
    "realm_cpu_top_k": (None, (_ptr, _i64, _i32, _ptr, _ptr)),
}


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why there is no native library here.

    Parameters
    ----------
    kind : {"missing", "broken", "abi", "machine"}
        The file is not there; it cannot be loaded or lacks a function; it has another
        ABI; none of its instruction sets works on this machine.
    message : str
        One line for people.
    """

    kind: Literal["missing", "broken", "abi", "machine"]
    message: str


class Library:
    """The functions of the native library.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        If the system cannot load it.
    AttributeError
        If it lacks a function.

    Attributes
    ----------
    functions : ctypes.CDLL
        The raw functions, with their types declared.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.functions = ctypes.CDLL(str(path))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(self.functions, name)
            function.restype, function.argtypes = result, arguments

    @property
    def abi(self) -> int:
        """Version of the C interface."""
        return int(self.functions.realm_cpu_abi())

    @property
    def isas(self) -> tuple[str, ...]:
        """Instruction sets that work on this machine, best first."""
        return tuple(self.functions.realm_cpu_isas().decode("ascii").split())

    @property
    def isa(self) -> str:
        """The instruction set in use."""
        return str(self.functions.realm_cpu_isa().decode("ascii"))

    @property
    def layout_version(self) -> int:
        """Version of the packed layout of weights."""
        return int(self.functions.realm_cpu_layout_version())

    def select_isa(self, name: str) -> None:
        """Use another instruction set from now on; for tests and measurements.

        Raises
        ------
        ConfigError
            If this machine does not have it.
        """
        if self.functions.realm_cpu_select_isa(name.encode()) != Status.OK:
            raise ConfigError(
                f"the instruction set {name!r} is not available here; there are "
                f"{', '.join(self.isas)}",
                field="isa",
                value=name,
                allowed=", ".join(self.isas),
            )

    def packed_bytes(self, quant_type: int, num_rows: int, num_cols: int) -> int | None:
        """Return the size of a packed matrix, or None where type or shape is not supported."""
        found = int(self.functions.realm_cpu_packed_bytes(quant_type, num_rows, num_cols))
        return None if found < 0 else found

    def pack(self, quant_type: int, source: int, packed: int, num_rows: int, num_cols: int) -> None:
        """Pack a whole matrix.

        Parameters
        ----------
        quant_type : int
        source, packed : int
            Addresses; ``packed`` is a multiple of 64.
        num_rows, num_cols : int

        Raises
        ------
        RealmError
            If the library refuses.
        """
        panels = -(-num_rows // 16)
        status = self.functions.realm_cpu_pack(
            quant_type, source, packed, num_rows, num_cols, 0, panels
        )
        self.check(status, f"packing a matrix of {num_rows} rows failed")

    def can_dequantize(self, quant_type: int, block_size: int, block_bytes: int) -> bool:
        """Return whether rows of this type can be read: embedding tables."""
        source = np.zeros(block_bytes, np.uint8)
        row = np.empty(block_size, np.float32)
        status = self.functions.realm_cpu_dequantize_row(
            quant_type, source.ctypes.data, block_size, row.ctypes.data
        )
        return bool(status == Status.OK)

    def dequantize_row(
        self, quant_type: int, source: NDArray[np.uint8], num_cols: int
    ) -> NDArray[np.float32]:
        """Return one row of GGUF's blocks as float32, shape (num_cols,)."""
        source = np.ascontiguousarray(source)
        row = np.empty(num_cols, np.float32)
        status = self.functions.realm_cpu_dequantize_row(
            quant_type, source.ctypes.data, num_cols, row.ctypes.data
        )
        self.check(status, f"a row of the quant type {quant_type} cannot be read")
        return row

    def matmul(
        self,
        quant_type: int,
        packed: int,
        shape: tuple[int, int],
        x: NDArray[np.float32],
        num_threads: int = 1,
    ) -> NDArray[np.float32]:
        """Return ``x · weightᵀ``; for tests and benchmarks.

        Parameters
        ----------
        quant_type : int
        packed : int
            Address of the packed matrix.
        shape : tuple of int
            Its rows (outputs) and columns.
        x : ndarray, shape (num_tokens, num_cols), float32
        num_threads : int

        Returns
        -------
        ndarray, shape (num_tokens, num_rows), float32
        """
        num_rows, num_cols = shape
        x = np.ascontiguousarray(x, np.float32)
        y = np.empty((len(x), num_rows), np.float32)
        status = self.functions.realm_cpu_matmul(
            quant_type,
            packed,
            num_rows,
            num_cols,
            x.ctypes.data,
            len(x),
            y.ctypes.data,
            num_threads,
        )
        self.check(status, f"a product with the quant type {quant_type} failed")
        return y

    def read(self, address: int, num_bytes: int, num_threads: int) -> int:
        """Read memory as fast as the machine can; returns a checksum."""
        return int(self.functions.realm_cpu_read(address, num_bytes, num_threads))

    def compute(self, kind: int, num_rounds: int, num_threads: int) -> int:
        """Multiply and add in registers, int8 (kind 0) or float32 (1); returns how often."""
        return int(self.functions.realm_cpu_compute(kind, num_rounds, num_threads))

    @staticmethod
    def check(status: int, problem: str, error: ctypes.Array[ctypes.c_char] | None = None) -> None:
        """Raise what a status means.

        Parameters
        ----------
        status : int
        problem : str
            What failed, where the library says nothing itself.
        error : ctypes array of char, optional
            What the library said.

        Raises
        ------
        ModelMemoryError, RealmError
        """
        if status == Status.OK:
            return
        said = error.value.decode("utf-8", "replace") if error is not None else ""
        message = f"{problem}: {said}" if said else problem
        if status == Status.NO_MEMORY:
            raise ModelMemoryError(f"{message}; end other generations or use a smaller model")
        raise RealmError(message)


def error_buffer() -> ctypes.Array[ctypes.c_char]:
    """Return an empty buffer for a message of the library."""
    return ctypes.create_string_buffer(ERROR_BYTES)


def load_library(path: Path) -> Library | Unavailable:
    """Load and check the library at ``path``; never raises."""
    if not path.is_file():
        machine = f"{platform.system()} {platform.machine()}"
        return Unavailable("missing", f"there is no native library for {machine} ({path})")
    try:
        library = Library(path)
    except (OSError, AttributeError) as error:
        return Unavailable("broken", f"the native library {path} cannot be loaded: {error}")
    if library.abi != ABI:
        return Unavailable(
            "abi",
            f"the native library {path} has the interface {library.abi} instead of {ABI}; "
            "install the package again",
        )
    if not library.isas:
        return Unavailable("machine", f"this processor runs none of the instruction sets of {path}")
    return library


@functools.cache
def find_library() -> Library | Unavailable:
    """Return this installation's library, or why there is none; looks once."""
    return load_library(_PATH)
