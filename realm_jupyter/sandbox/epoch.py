"""What a running guest does when the clock of its engine ticks: it ends, or goes on.

wasmtime stops a running guest through its engine's epoch, and an epoch reaches every
store of the engine. All instances share one engine, so each store has a callback that says
whether the tick was meant for it: ``wasmtime_store_epoch_deadline_callback`` of the C
interface, which the Python binding declares but does not wrap.

The callback runs in the guest's thread. It must not raise: ctypes would print the
exception and go on. A guest for which the tick was not meant checks again at the next one.
"""

from __future__ import annotations

import ctypes
import itertools
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from wasmtime import _ffi as ffi

if TYPE_CHECKING:
    import wasmtime

__all__ = ["Ending", "attach"]

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.POINTER(ffi.wasmtime_context_t),
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ffi.wasmtime_update_deadline_kind_t),
)
_NO_FINALIZER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)()
_MESSAGE = ctypes.create_string_buffer(b"ended from outside")


class Ending(Protocol):
    """Who knows whether a call has to end."""

    @property
    def is_ending(self) -> bool:
        """Whether the next tick is meant for this call."""
        ...


_endings: weakref.WeakValueDictionary[int, Ending] = weakref.WeakValueDictionary()
_numbers = itertools.count(1)


def attach(store: wasmtime.Store, ending: Ending) -> None:
    """Ask ``ending`` at each tick that comes while a guest of this store runs.

    Parameters
    ----------
    store : wasmtime.Store
    ending : Ending
        Not kept alive by this.
    """
    number = next(_numbers)
    _endings[number] = ending
    store.set_epoch_deadline(1)
    ffi.wasmtime_store_epoch_deadline_callback(
        store.ptr(), _on_tick, ctypes.c_void_p(number), _NO_FINALIZER
    )


def _tick(_context: Any, number: int, num_ticks: Any, _kind: Any) -> int:
    ending = _endings.get(number)
    if ending is None or not ending.is_ending:
        num_ticks[0] = 1
        return 0
    error = ffi.wasmtime_error_new(_MESSAGE)
    return ctypes.cast(error, ctypes.c_void_p).value or 0


_on_tick = _CALLBACK(_tick)
