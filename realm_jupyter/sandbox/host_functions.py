"""The binding between a guest and its host, which never lets an error through.

An exception that leaves a host function would reach wasmtime, which keeps it in one
global for all threads, from where another tenant's call may raise it. So a host
function here catches everything, notes it on its own instance and returns a status;
`GuestInstance` raises it, as itself and in its own thread, when the guest has returned.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import wasmtime

from realm_jupyter.errors import TenantClosedError, TenantNotFoundError
from realm_jupyter.sandbox import abi
from realm_jupyter.sandbox.memory import GuestMemory, PointerError
from realm_jupyter.sandbox.weight_functions import WEIGHT_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realm_jupyter.sandbox.host import HostFunctions
    from realm_jupyter.sandbox.watchdog import Watch

__all__ = ["HostBinding"]

MAX_LOG_BYTES = 4096
MAX_EMIT_BYTES = 1 << 20
MAX_FORWARD_TOKENS = 1 << 22
MAX_BATCH_SEQUENCES = 1024
_MAX_HANDLE = 2**31 - 1


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
                    self._function(name),
                    has_result=bool(abi.IMPORTS[name].results),
                    is_progress=name in {"forward", "forward_batch"},
                    is_charged=name in WEIGHT_FUNCTIONS,
                ),
                access_caller=True,
            )
            for name in names
        ]

    def begin(self) -> None:
        """Forget what the last call left."""
        self.pending = None
        self.reason = ""

    def refuse(self, reason: str) -> int:
        """Note why a guest's arguments are wrong, and return the status for it."""
        self.reason = reason
        return abi.Status.ERROR_ARGUMENT

    def _function(self, name: str) -> Callable[..., int]:
        if name in WEIGHT_FUNCTIONS:
            return functools.wraps(WEIGHT_FUNCTIONS[name])(
                functools.partial(WEIGHT_FUNCTIONS[name], self)
            )
        function: Callable[..., int] = getattr(self, f"_{name}")
        return function

    def _guarded(
        self,
        function: Callable[..., int],
        *,
        has_result: bool,
        is_progress: bool,
        is_charged: bool,
    ) -> Callable[..., int | None]:
        def call(caller: wasmtime.Caller, *arguments: Any) -> int | None:
            status: int = abi.Status.ERROR_HOST
            try:
                if not is_charged:
                    self.watch.pause()
                try:
                    status = self._call(function, caller, arguments)
                finally:
                    if is_charged and self.pending is not None:
                        self.watch.pause()  # only to go on with a short grace
                    if not is_charged or self.pending is not None:
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
        memory.write_floats(caller, logits, row)
        return len(row)

    def _forward_batch(  # noqa: PLR0917 - likewise
        self,
        caller: wasmtime.Caller,
        memory: GuestMemory,
        seqs: int,
        counts: int,
        num_seqs: int,
        ids: int,
        logits: int,
        capacity: int,
    ) -> int:
        num_seqs &= 0xFFFFFFFF
        capacity &= 0xFFFFFFFF
        memory.check(caller, logits, 4 * capacity)
        memory.check(caller, seqs, 4 * num_seqs)
        memory.check(caller, counts, 4 * num_seqs)
        if not 0 < num_seqs <= MAX_BATCH_SEQUENCES:
            return self.refuse(f"forward_batch was called with {num_seqs} sequences")
        handles = np.frombuffer(memory.read(caller, seqs, 4 * num_seqs), dtype="<i4").tolist()
        lengths = np.frombuffer(memory.read(caller, counts, 4 * num_seqs), dtype="<u4").tolist()
        total = sum(lengths)
        memory.check(caller, ids, 4 * total)
        if min(lengths) == 0 or total > MAX_FORWARD_TOKENS:
            return self.refuse(f"forward_batch was called with {min(lengths)} to {total} token ids")
        if min(handles) < 0 or len(set(handles)) < num_seqs:
            return self._no_handle("forward_batch", min(handles))
        room = num_seqs * self.host().vocab_size()
        if room > capacity:
            return self.refuse(f"forward_batch has {room} logits, and room for {capacity}")
        token_ids = np.frombuffer(memory.read(caller, ids, 4 * total), dtype="<i4")
        parts = np.split(token_ids, np.cumsum(lengths)[:-1])
        rows = np.ascontiguousarray(self.host().forward_batch(handles, parts), dtype=np.float32)
        if rows.size > capacity:
            raise ValueError(f"the host has {rows.size} logits in place of {room}")
        memory.write_floats(caller, logits, rows)
        return rows.size

    def _emit_token(
        self,
        _caller: wasmtime.Caller,
        _memory: GuestMemory,
        seq: int,
        token_id: int,
        logprob: float,
    ) -> int:
        if seq < 0:
            return self._no_handle("emit_token", seq)
        if not 0 <= token_id < self.host().vocab_size():
            return self.refuse(f"emit_token was called with the token id {token_id}")
        return int(self.host().emit_token(seq, token_id, logprob))

    def _is_end(self, _caller: wasmtime.Caller, _memory: GuestMemory, token_id: int) -> int:
        if not 0 <= token_id < self.host().vocab_size():
            return self.refuse(f"is_end was called with the token id {token_id}")
        return int(self.host().is_end(token_id))

    def _vocab_size(self, _caller: wasmtime.Caller, _memory: GuestMemory) -> int:
        return self.host().vocab_size()

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

    def _mask(
        self, caller: wasmtime.Caller, memory: GuestMemory, seq: int, pointer: int, length: int
    ) -> int:
        length &= 0xFFFFFFFF
        memory.check(caller, pointer, length)
        if seq < 0:
            return self._no_handle("mask", seq)
        allowed = None
        if length:
            vocab_size = self.host().vocab_size()
            if length != (vocab_size + 7) // 8:
                return self.refuse(f"mask was called with {length} bytes for {vocab_size} tokens")
            bits = np.frombuffer(memory.read(caller, pointer, length), dtype=np.uint8)
            allowed = np.unpackbits(bits, count=vocab_size, bitorder="little").view(np.bool_)
            if not allowed.any():
                return self.refuse("mask was called with no token allowed")
        self.host().mask(seq, allowed)
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
