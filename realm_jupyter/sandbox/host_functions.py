"""What a guest may ask of its host, and the binding that never lets an error through.

An exception that leaves a host function would reach wasmtime, which keeps it in one
global for all threads, from where another tenant's call may raise it. So a host
function here catches everything, notes it on its own instance and returns a status;
`GuestInstance` raises it, as itself and in its own thread, when the guest has returned.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import wasmtime

from realm_jupyter.errors import GuestError, TenantClosedError, TenantNotFoundError
from realm_jupyter.sandbox import abi
from realm_jupyter.sandbox.memory import GuestMemory, PointerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from realm_jupyter.sandbox.watchdog import Watch

__all__ = ["HostBinding", "HostFunctions", "NoHost"]

_LOGGER = logging.getLogger("realm_jupyter.guest")
_LOG_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)

MAX_LOG_BYTES = 4096
MAX_EMIT_BYTES = 1 << 20
MAX_FORWARD_TOKENS = 1 << 22
_MAX_HANDLE = 2**31 - 1


class HostFunctions(Protocol):
    """What the engine does for a guest.

    Any exception ends the guest's call: the guest gets a status, and the exception comes
    out of the instance's method as it is. `TenantNotFoundError` (a handle that is not the
    tenant's) is the exception: the guest gets ``REALM_ERROR_HANDLE`` and may go on.
    """

    def log(self, level: int, text: bytes) -> None:
        """Take a diagnostic line; level 0 debug to 3 error."""
        ...

    def forward(self, seq: int, token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Append token ids, shape (S,), to a sequence; return the logits after them, shape (V,)."""
        ...

    def seq_new(self) -> int:
        """Return the handle of a new, empty sequence."""
        ...

    def seq_fork(self, seq: int) -> int:
        """Return the handle of a copy of a sequence."""
        ...

    def seq_truncate(self, seq: int, num_tokens: int) -> None:
        """Keep a sequence's first tokens only."""
        ...

    def seq_free(self, seq: int) -> None:
        """Give a sequence back."""
        ...

    def emit(self, seq: int, text: bytes, token_id: int, logprob: float) -> None:
        """Stream a piece of text, and the token it belongs to, out."""
        ...


class NoHost:
    """The host of guests that only tokenize and sample: it logs and has no sequences."""

    def log(self, level: int, text: bytes) -> None:
        """Hand the line to Python's logging."""
        _LOGGER.log(_LOG_LEVELS[level], "%s", text.decode(errors="replace"))

    def forward(self, seq: int, token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Refuse."""
        raise self._refusal("forward", seq, token_ids)

    def seq_new(self) -> int:
        """Refuse."""
        raise self._refusal("seq_new")

    def seq_fork(self, seq: int) -> int:
        """Refuse."""
        raise self._refusal("seq_fork", seq)

    def seq_truncate(self, seq: int, num_tokens: int) -> None:
        """Refuse."""
        raise self._refusal("seq_truncate", seq, num_tokens)

    def seq_free(self, seq: int) -> None:
        """Refuse."""
        raise self._refusal("seq_free", seq)

    def emit(self, seq: int, text: bytes, token_id: int, logprob: float) -> None:
        """Refuse."""
        raise self._refusal("emit", seq, text, token_id, logprob)

    def _refusal(self, function: str, *_arguments: object) -> GuestError:
        return GuestError(f"the guest called {function}, but this instance has no host for it")


class HostBinding:
    """The host functions of one instance.

    Parameters
    ----------
    host : callable
        Returns the instance's `HostFunctions`.
    watch : Watch
        The instance's clock, which stands still while the host works.

    Attributes
    ----------
    pending : BaseException or None
        What a host function raised; the instance raises it when the guest has returned.
    reason : str
        Why a host function last refused its arguments.
    memory : GuestMemory or None
        The guest's memory, once there is an instance.

    Notes
    -----
    wasmtime keeps the functions alive in a global table for as long as the store lives,
    so nothing here may refer to the store, the instance or what the host refers to.
    """

    def __init__(self, host: Callable[[], HostFunctions], watch: Watch) -> None:
        self.host = host
        self.watch = watch
        self.pending: BaseException | None = None
        self.reason = ""
        self.memory: GuestMemory | None = None

    def bind(self, store: wasmtime.Store, names: Sequence[str]) -> list[wasmtime.Func]:
        """Return the functions with these names, in this order, for a store."""
        return [
            wasmtime.Func(
                store,
                _func_type(abi.IMPORTS[name]),
                self._guarded(
                    getattr(self, f"_{name}"),
                    has_result=bool(abi.IMPORTS[name].results),
                    is_progress=name == "forward",
                ),
                access_caller=True,
            )
            for name in names
        ]

    def begin(self) -> None:
        """Forget what the last call left."""
        self.pending = None
        self.reason = ""

    def _guarded(
        self,
        function: Callable[..., int],
        *,
        has_result: bool,
        is_progress: bool,
    ) -> Callable[..., int | None]:
        def call(caller: wasmtime.Caller, *arguments: Any) -> int | None:
            status: int = abi.Status.ERROR_HOST
            try:
                self.watch.pause()
                try:
                    status = self._call(function, caller, arguments)
                finally:
                    self.watch.resume(
                        renew=is_progress and status >= 0, is_failing=self.pending is not None
                    )
            except BaseException as error:  # noqa: BLE001 - see the module's docstring
                self.pending = self.pending or error
            return int(status) if has_result else None

        return call

    def _call(
        self, function: Callable[..., int], caller: wasmtime.Caller, arguments: tuple[Any, ...]
    ) -> int:
        if self.pending is not None:
            return abi.Status.ERROR_CLOSED
        try:
            if self.memory is None:
                # Called by the module's start function, before there is an instance.
                memory = caller.get("memory")
                if not isinstance(memory, wasmtime.Memory):
                    self.reason = "a host function was called before the instance was ready"
                    return abi.Status.ERROR_STATE
                self.memory = GuestMemory(memory)
            return function(caller, self.memory, *arguments)
        except PointerError as error:
            self.reason = f"{function.__name__.lstrip('_')} was called with {error}"
            return abi.Status.ERROR_ARGUMENT
        except TenantNotFoundError as error:
            self.reason = str(error)
            return abi.Status.ERROR_HANDLE
        except BaseException as error:  # noqa: BLE001
            self.pending = error
            is_closed = isinstance(error, TenantClosedError)
            return abi.Status.ERROR_CLOSED if is_closed else abi.Status.ERROR_HOST

    def _log(
        self, caller: wasmtime.Caller, memory: GuestMemory, level: int, pointer: int, length: int
    ) -> int:
        memory.check(caller, pointer, length & 0xFFFFFFFF)
        text = memory.read(caller, pointer, min(length & 0xFFFFFFFF, MAX_LOG_BYTES))
        self.host().log(min(max(level, 0), 3), text)
        return abi.Status.OK

    def _forward(  # noqa: PLR0917 - wasmtime passes arguments by position
        self,
        caller: wasmtime.Caller,
        memory: GuestMemory,
        seq: int,
        ids: int,
        count: int,
        logits: int,
        capacity: int,
    ) -> int:
        count &= 0xFFFFFFFF
        capacity &= 0xFFFFFFFF
        # The room is checked first: afterwards the sequence would have grown already.
        memory.check(caller, logits, 4 * capacity)
        memory.check(caller, ids, 4 * count)
        if not 0 < count <= MAX_FORWARD_TOKENS:
            self.reason = f"forward was called with {count} token ids"
            return abi.Status.ERROR_ARGUMENT
        if seq < 0:
            return self._no_handle("forward", seq)
        token_ids = np.frombuffer(memory.read(caller, ids, 4 * count), dtype="<i4")
        row = np.ascontiguousarray(self.host().forward(seq, token_ids), dtype=np.float32).reshape(
            -1
        )
        if len(row) > capacity:
            self.reason = f"forward has {len(row)} logits, and the guest room for {capacity}"
            return abi.Status.ERROR_ARGUMENT
        memory.write_from(caller, logits, row.__array_interface__["data"][0], row.nbytes)
        return len(row)

    def _seq_new(self, _caller: wasmtime.Caller, _memory: GuestMemory) -> int:
        return _checked_handle(self.host().seq_new())

    def _seq_fork(self, _caller: wasmtime.Caller, _memory: GuestMemory, seq: int) -> int:
        if seq < 0:
            return self._no_handle("seq_fork", seq)
        return _checked_handle(self.host().seq_fork(seq))

    def _seq_truncate(
        self, _caller: wasmtime.Caller, _memory: GuestMemory, seq: int, num_tokens: int
    ) -> int:
        if seq < 0:
            return self._no_handle("seq_truncate", seq)
        self.host().seq_truncate(seq, num_tokens & 0xFFFFFFFF)
        return abi.Status.OK

    def _seq_free(self, _caller: wasmtime.Caller, _memory: GuestMemory, seq: int) -> int:
        if seq < 0:
            return self._no_handle("seq_free", seq)
        self.host().seq_free(seq)
        return abi.Status.OK

    def _emit(  # noqa: PLR0917 - likewise
        self,
        caller: wasmtime.Caller,
        memory: GuestMemory,
        seq: int,
        pointer: int,
        length: int,
        token_id: int,
        logprob: float,
    ) -> int:
        length &= 0xFFFFFFFF
        memory.check(caller, pointer, length)
        if length > MAX_EMIT_BYTES:
            self.reason = f"emit was called with {length} bytes; {MAX_EMIT_BYTES} are the most"
            return abi.Status.ERROR_ARGUMENT
        if seq < 0:
            return self._no_handle("emit", seq)
        self.host().emit(seq, memory.read(caller, pointer, length), token_id, logprob)
        return abi.Status.OK

    def _no_handle(self, function: str, seq: int) -> int:
        self.reason = f"{function} was called with the handle {seq}"
        return abi.Status.ERROR_HANDLE


def _checked_handle(handle: int) -> int:
    if not 0 <= handle <= _MAX_HANDLE:
        raise ValueError(f"the host gave out {handle!r} as a handle")
    return handle


def _func_type(signature: abi.Signature) -> wasmtime.FuncType:
    make = {
        "i32": wasmtime.ValType.i32,
        "i64": wasmtime.ValType.i64,
        "f32": wasmtime.ValType.f32,
    }
    return wasmtime.FuncType(
        [make[name]() for name in signature.params], [make[name]() for name in signature.results]
    )
