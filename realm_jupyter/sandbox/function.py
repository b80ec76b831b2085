"""Calls into a guest at a tenth of the usual cost.

``wasmtime.Func`` asks for the function's type and builds its arguments anew in every
call, which costs 40 to 70 µs; one token needs such a call. Here the argument arrays are
made once and the same C function is called directly, in about 4 µs. Where a version of
wasmtime has other insides, the usual way is taken.
"""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING, Any

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime import _func as binding
from wasmtime._extern import wrap_extern

if TYPE_CHECKING:
    from realm_jupyter.sandbox.abi import Signature

__all__ = ["GuestFunction", "find_export", "take_stray_exception"]

_HAS_DIRECT_CALLS = all(
    hasattr(ffi, name)
    for name in ("wasmtime_func_call", "wasmtime_val_t", "wasm_trap_t", "WASMTIME_I32")
)
_HAS_DIRECT_EXPORTS = all(
    hasattr(ffi, name) for name in ("wasmtime_instance_export_get", "wasmtime_extern_t")
)


class GuestFunction:
    """One exported function of one instance; its parameters are i32.

    Parameters
    ----------
    store : wasmtime.Store
        The instance's store.
    function : wasmtime.Func
        The export.
    signature : Signature
        Its type, checked before.
    is_direct : bool
        Whether to go past ``wasmtime.Func``.

    Notes
    -----
    Not for several threads, and not reentrant: the instance's lock sees to both.
    """

    __slots__ = (
        "_function",
        "_num_params",
        "_num_results",
        "_params",
        "_result",
        "_results",
        "_store",
    )

    def __init__(
        self,
        store: wasmtime.Store,
        function: wasmtime.Func,
        signature: Signature,
        *,
        is_direct: bool = _HAS_DIRECT_CALLS,
    ) -> None:
        self._store = store
        self._function = function
        self._num_params = len(signature.params)
        self._num_results = len(signature.results)
        self._result = signature.results[0] if signature.results else ""
        self._params: Any = None
        self._results: Any = None
        if is_direct:
            self._params = (ffi.wasmtime_val_t * self._num_params)()
            for value in self._params:
                value.kind = ffi.WASMTIME_I32.value
            self._results = (ffi.wasmtime_val_t * self._num_results)()

    def __call__(self, *arguments: int) -> int:
        """Call the guest; arguments are taken modulo 2**32, the result is signed.

        Raises
        ------
        wasmtime.Trap
            If the guest traps.
        wasmtime.WasmtimeError
            If the call could not be made.
        """
        if self._params is None:
            signed = (((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000 for value in arguments)
            return int(self._function(self._store, *signed) or 0)
        for slot, value in zip(self._params, arguments, strict=True):
            slot.of.i32 = value
        trap = ctypes.POINTER(ffi.wasm_trap_t)()
        error = ffi.wasmtime_func_call(
            self._store._context(),  # noqa: SLF001 - see the module's docstring
            ctypes.byref(self._function._func),  # noqa: SLF001
            self._params,
            self._num_params,
            self._results,
            self._num_results,
            ctypes.byref(trap),
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)  # noqa: SLF001
        if trap:
            raise wasmtime.Trap._from_ptr(trap)  # noqa: SLF001
        return int(getattr(self._results[0].of, self._result)) if self._result else 0


def find_export(
    store: wasmtime.Store, instance: wasmtime.Instance, name: str
) -> wasmtime.Func | wasmtime.Memory | object | None:
    """Return one export of an instance, or None.

    ``Instance.exports`` wraps all of them first, which costs a tenth of a millisecond.
    """
    if not _HAS_DIRECT_EXPORTS:
        return instance.exports(store).get(name)
    item = ffi.wasmtime_extern_t()
    key = name.encode()
    is_found = ffi.wasmtime_instance_export_get(
        store._context(),  # noqa: SLF001 - see the module's docstring
        ctypes.byref(instance._instance),  # noqa: SLF001
        ctypes.create_string_buffer(key, len(key)),
        len(key),
        ctypes.byref(item),
    )
    return wrap_extern(item) if is_found else None


def take_stray_exception() -> BaseException | None:
    """Take an exception that was raised in wasmtime's own part of a host call.

    Host functions here never raise, but a KeyboardInterrupt may arrive in the few
    lines of the binding around them. wasmtime keeps it in a global of its module; a
    KeyboardInterrupt belongs to the main thread and is left there for it.
    """
    error: BaseException | None = getattr(binding, "LAST_EXCEPTION", None)
    is_ours = threading.current_thread() is threading.main_thread()
    if error is None or (isinstance(error, KeyboardInterrupt) and not is_ours):
        return None
    binding.LAST_EXCEPTION = None
    return error
