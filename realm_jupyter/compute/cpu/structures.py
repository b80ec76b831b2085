"""The structures and numbers of ``src/realm_cpu.h``, mirrored for ctypes."""

from __future__ import annotations

import ctypes
from enum import IntEnum

__all__ = [
    "ABI",
    "ERROR_BYTES",
    "PAGE_TOKENS",
    "PANEL_ROWS",
    "KVLayerStruct",
    "KVType",
    "OpKind",
    "OpStruct",
    "SpanStruct",
    "Status",
    "WeightLayout",
    "WeightStruct",
]

ABI = 3
ERROR_BYTES = 256
PANEL_ROWS = 16
PAGE_TOKENS = 64


class Status(IntEnum):
    """What a function of the library returns."""

    OK = 0
    INVALID = 1
    UNSUPPORTED = 2
    NO_MEMORY = 3
    STOPPED = 4


class OpKind(IntEnum):
    """Numbers of the ops."""

    EMBEDDING = 0
    RMS_NORM = 1
    LINEAR = 2
    SLICE = 3
    ROPE = 4
    ATTENTION = 5
    SWIGLU = 6
    GEGLU = 7
    MOE = 8
    ADD = 9
    SCALE = 10
    SOFTCAP = 11
    SELECT_ROWS = 12


class WeightLayout(IntEnum):
    """How a tensor lies in memory."""

    FILE = 0
    PACKED = 1
    VECTOR = 2


class KVType(IntEnum):
    """Number formats of the KV cache."""

    F32 = 0
    F16 = 1
    Q8_0 = 2


class WeightStruct(ctypes.Structure):
    """``realm_cpu_weight``: one tensor."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("num_rows", ctypes.c_int64),
        ("num_cols", ctypes.c_int64),
        ("quant_type", ctypes.c_int32),
        ("layout", ctypes.c_int32),
    )


class OpStruct(ctypes.Structure):
    """``realm_cpu_op``: one op of a graph."""

    _fields_ = (
        ("kind", ctypes.c_int32),
        ("width", ctypes.c_int32),
        ("inputs", ctypes.c_int32 * 3),
        ("weights", ctypes.c_int32 * 4),
        ("ints", ctypes.c_int32 * 6),
        ("floats", ctypes.c_float * 3),
    )


class KVLayerStruct(ctypes.Structure):
    """``realm_cpu_kv_layer``: the widths of one layer of the KV cache."""

    _fields_ = (
        ("num_kv_heads", ctypes.c_int32),
        ("key_dim", ctypes.c_int32),
        ("value_dim", ctypes.c_int32),
    )


class SpanStruct(ctypes.Structure):
    """``realm_cpu_span``: new tokens of one sequence."""

    _fields_ = (
        ("pages", ctypes.c_void_p),
        ("num_pages", ctypes.c_int64),
        ("position", ctypes.c_int64),
        ("num_tokens", ctypes.c_int64),
    )
