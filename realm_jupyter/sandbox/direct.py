"""C functions of wasmtime that a token needs, called by addresses.

The Python binding checks typed pointers in each call, through two Python functions, and
lets other threads run meanwhile: most of what a short call costs. Where a version of wasmtime
has other insides, `HAS_DIRECT_CALLS` is false and the binding's own ways are taken.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from wasmtime import _ffi as ffi

if TYPE_CHECKING:
    import wasmtime

__all__ = ["HAS_DIRECT_CALLS", "call", "memory_size"]

HAS_DIRECT_CALLS = all(
    hasattr(ffi, name)
    for name in ("dll", "wasmtime_val_t", "wasmtime_error_t", "wasm_trap_t", "WASMTIME_I32")
)

if HAS_DIRECT_CALLS:
    # Store, function, parameters and their number, results and their number, trap; an error, or
    # nothing. Other threads run while the guest does.
    call = ctypes.CFUNCTYPE(
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_void_p,
    )(("wasmtime_func_call", ffi.dll))
    # Over before another thread could run.
    _memory_data_size = ctypes.PYFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p)(
        ("wasmtime_memory_data_size", ffi.dll)
    )


def memory_size(store: wasmtime.Store | wasmtime.Caller, memory: wasmtime.Memory) -> int:
    """Return the size of a linear memory in bytes."""
    if not HAS_DIRECT_CALLS:
        return memory.data_len(store)
    # The store's context is asked for anew: a closed store has none, and raises.
    context = store._context()  # noqa: SLF001 - see the module's docstring
    size: int = _memory_data_size(context, ctypes.addressof(memory._memory))  # noqa: SLF001
    return size
