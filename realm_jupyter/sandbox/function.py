"""Calls into a guest at a tenth of the usual cost.

``wasmtime.Func`` asks for the function's type and builds its arguments anew in every
call, which costs 40 to 70 µs; one token needs such a call. Here the argument arrays are
made once and the same C function is called directly, by addresses, in about 2 µs. Where a
version of wasmtime has other insides, the usual way is taken.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from typing import TYPE_CHECKING, Any

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime import _func as binding
from wasmtime._extern import wrap_extern

from realm_jupyter.sandbox import direct

if TYPE_CHECKING:
    from realm_jupyter.sandbox.abi import Signature

__all__ = ["GuestFunction", "find_export", "take_stray_exception"]

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
        "_addresses",
        "_function",
        "_num_results",
        "_params",
        "_result",
        "_results",
        "_slots",
        "_store",
        "_trap",
    )

    def __init__(
        self,
        store: wasmtime.Store,
        function: wasmtime.Func,
        signature: Signature,
        *,
        is_direct: bool = direct.HAS_DIRECT_CALLS,
    ) -> None:
        self._store = store
        self._function = function
        self._num_results = len(signature.results)
        self._result = signature.results[0] if signature.results else ""
        self._slots: Any = None
        if is_direct:
            self._params: Any = (ffi.wasmtime_val_t * len(signature.params))()
            self._results: Any = (ffi.wasmtime_val_t * self._num_results)()
            self._trap = ctypes.c_void_p()
            for value in self._params:
                value.kind = ffi.WASMTIME_I32.value  # type: ignore[assignment]
            self._slots = [value.of for value in self._params]  # views, not copies
            self._addresses = (
                ctypes.addressof(function._func),  # noqa: SLF001 - see the module's docstring
                ctypes.addressof(self._params),
                len(self._params),
                ctypes.addressof(self._results),
                self._num_results,
                ctypes.addressof(self._trap),
            )

    def __call__(self, *arguments: int) -> int:
        """Call the guest; arguments are taken modulo 2**32, the result is signed.

        Raises
        ------
        wasmtime.Trap
            If the guest traps.
        wasmtime.WasmtimeError
            If the call could not be made.
        """
        if self._slots is None:
            signed = (((value & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000 for value in arguments)
            return int(self._function(self._store, *signed) or 0)
        for slot, value in zip(self._slots, arguments, strict=True):
            slot.i32 = value
        # Asked for in each call: a closed store has none, and raises.
        context = self._store._context()  # noqa: SLF001 - see the module's docstring
        error = direct.call(context, *self._addresses)
        if error:
            failure = ctypes.cast(error, ctypes.POINTER(ffi.wasmtime_error_t))
            raise wasmtime.WasmtimeError._from_ptr(failure)  # noqa: SLF001
        if self._trap:
            trap = ctypes.cast(self._trap, ctypes.POINTER(ffi.wasm_trap_t))
            self._trap.value = None
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
    key = _export_name(name)
    is_found = ffi.wasmtime_instance_export_get(
        store._context(),  # noqa: SLF001 - see the module's docstring
        ctypes.byref(instance._instance),  # noqa: SLF001
        key,
        len(key),
        ctypes.byref(item),
    )
    return wrap_extern(item) if is_found else None


@functools.lru_cache(maxsize=256)
def _export_name(name: str) -> ctypes.Array[ctypes.c_char]:
    """Return the bytes of a name, which every instance asks for anew."""
    key = name.encode()
    return ctypes.create_string_buffer(key, len(key))


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
