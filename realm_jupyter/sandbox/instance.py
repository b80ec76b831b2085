"""One sandboxed guest: a store, a linear memory and the calls into it."""

from __future__ import annotations

import functools
import threading
import weakref
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

import numpy as np
import wasmtime

from realm_jupyter.errors import (
    GuestAbiError,
    GuestError,
    GuestLimitError,
    ModelFormatError,
)
from realm_jupyter.sandbox import abi
from realm_jupyter.sandbox.call_fault import CallFault
from realm_jupyter.sandbox.epoch import attach
from realm_jupyter.sandbox.event import GuestEvent, parse_event
from realm_jupyter.sandbox.function import GuestFunction, find_export
from realm_jupyter.sandbox.host import HostFunctions, NoHost
from realm_jupyter.sandbox.host_functions import HostBinding
from realm_jupyter.sandbox.limits import GuestLimits
from realm_jupyter.sandbox.memory import GuestMemory, PointerError
from realm_jupyter.sandbox.watchdog import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from realm_jupyter.sandbox.module import GuestModule

__all__ = ["GuestInstance"]

_START = "start"
_MIN_BUFFER_BYTES = 4096
_KEPT_BUFFER_BYTES = 64 << 10
_T = TypeVar("_T")


class GuestInstance:
    """A guest of one tenant.

    Parameters
    ----------
    module : GuestModule
    host : HostFunctions, optional
        What the guest may ask for; by default it can only log.
    limits : GuestLimits, optional

    Attributes
    ----------
    lock : threading.RLock
        Held by every call: one thread at a time.
    is_broken : bool
        The guest trapped or ran into a limit. Every later call raises; make a new instance.
    memory_bytes : int
        Size of the linear memory after the last call.

    Raises
    ------
    GuestAbiError
        If the guest speaks another version of the ABI.
    GuestLimitError
        If the guest needs more memory than it may have before it did anything.
    GuestTrapError
        If it traps while it starts.

    Notes
    -----
    A call costs about 5 µs. Whatever a host function raised comes out of the call that
    led to it, as it was raised. ``interrupt`` and ``close`` may be called from any thread.
    """

    def __init__(
        self,
        module: GuestModule,
        host: HostFunctions | None = None,
        limits: GuestLimits | None = None,
    ) -> None:
        self.module = module
        self.host: HostFunctions = NoHost() if host is None else host
        self.limits = limits = limits or GuestLimits()
        self.lock = threading.RLock()
        self.memory_bytes = 0
        self._fault = ""
        self._is_closed = False
        self._in_call = False
        self._functions: dict[str, GuestFunction] = {}
        self._buffer_pointer = 0
        self._buffer_bytes = 0
        self._logits_pointer = 0
        self._logits_bytes = 0
        engine, compiled = module.load(limits)
        self._watch = Watch(engine, limits.deadline_ms / 1000)
        self._store: wasmtime.Store | None = wasmtime.Store(engine)
        attach(self._store, self._watch)
        self._store.set_limits(
            memory_size=limits.memory_bytes,
            table_elements=limits.table_elements,
            instances=1,
            tables=8,
            memories=1,
        )
        self._binding = HostBinding(functools.partial(_host_of, weakref.ref(self)), self._watch)
        try:
            self._start(compiled)
        except BaseException:
            self.close()
            raise

    def _start(self, compiled: wasmtime.Module) -> None:
        store = self._live_store()
        imports = self._binding.bind(store, self.module.imports)
        self._instance = instance = self._guarded(
            _START, lambda: wasmtime.Instance(store, compiled, imports)
        )
        memory = find_export(store, instance, "memory")
        if not isinstance(memory, wasmtime.Memory):  # pragma: no cover - checked by the module
            raise GuestAbiError("the guest's export 'memory' is no memory")
        self._memory = GuestMemory(memory)
        self._binding.memory = self._memory
        self.memory_bytes = self._memory.size_bytes(store)
        if self.module.is_preloaded:
            return  # its constructors have run, and its version was asked for
        self.instantiated(store, instance)
        if abi.INITIALIZE in self.module.exports:
            self._call(abi.INITIALIZE)
        version = self._call("realm_abi_version")
        if version != abi.ABI_VERSION:
            raise GuestAbiError(
                f"{self.module.name} speaks version {version} of the ABI; "
                f"this host speaks {abi.ABI_VERSION}",
                expected=str(abi.ABI_VERSION),
                found=str(version),
            )

    def instantiated(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        """Take note of the instance before the guest runs; a hook for subclasses."""

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "broken" if self._fault else "ready"
        return f"<GuestInstance of {self.module.name!r} {state}>"

    @property
    def is_broken(self) -> bool:
        """Whether the guest trapped or ran into a limit and is of no more use."""
        return bool(self._fault)

    # ---- Text and token ids ---------------------------------------------------------

    def load_vocabulary(self, blob: bytes, *, wipe: bool = False) -> None:
        """Give the guest its vocabulary.

        Parameters
        ----------
        blob : bytes
            Laid out as ``realm_vocab``.
        wipe : bool
            Leave zeros, and no buffer, where the blob was in the guest's memory.

        Raises
        ------
        ModelFormatError
            If the guest finds it malformed.
        GuestLimitError
            If it does not fit in the guest's memory.
        """
        with self.lock:
            self._exchange("realm_vocab_load", blob, read=self._vocabulary_checked, wipe=wipe)

    def tokenize(
        self, text: bytes, *, add_special: bool = False, parse_special: bool = False
    ) -> NDArray[np.int32]:
        """Turn text into token ids.

        Parameters
        ----------
        text : bytes
            UTF-8; the byte 0xFF is dropped, and no control token is recognised across it.
        add_special : bool
            Add BOS and EOS as the vocabulary says.
        parse_special : bool
            Recognise control tokens in the text.

        Returns
        -------
        ndarray, shape (S,), int32
        """
        flags = abi.ADD_SPECIAL * add_special | abi.PARSE_SPECIAL * parse_special
        with self.lock:
            data = self._exchange("realm_tokenize", text, flags, read=self._span)
        if len(data) % 4:
            raise GuestAbiError(
                f"the guest's realm_tokenize returned {len(data)} bytes",
                expected="a multiple of 4",
                found=str(len(data)),
            )
        return np.frombuffer(data, dtype="<i4").astype(np.int32)

    def detokenize(
        self,
        token_ids: Sequence[int] | NDArray[np.int32],
        *,
        strip_space: bool = False,
        render_special: bool = False,
    ) -> bytes:
        """Turn token ids into text.

        Parameters
        ----------
        token_ids : sequence of int, shape (S,)
        strip_space : bool
            Drop the space that the tokenizer put in front.
        render_special : bool
            Write control tokens out instead of dropping them.

        Returns
        -------
        bytes
            UTF-8, incomplete at the ends where the ids are.
        """
        flags = abi.STRIP_SPACE * strip_space | abi.RENDER_SPECIAL * render_special
        data = np.ascontiguousarray(token_ids, dtype="<i4").reshape(-1).tobytes()
        with self.lock:
            return self._exchange(
                "realm_detokenize", data, flags, read=self._span, count=len(data) // 4
            )

    # ---- Resumable guests -----------------------------------------------------------

    def generate_begin(self, config: bytes) -> int:
        """Start a generation and return its handle.

        Parameters
        ----------
        config : bytes
            From `encode_config`.
        """
        with self.lock:
            return self._exchange("realm_generate_begin", config, read=self._checked)

    def generate_step(self, handle: int, logits: NDArray[np.float32]) -> GuestEvent:
        """Sample a token from logits.

        Parameters
        ----------
        handle : int
            From `generate_begin`.
        logits : ndarray, shape (V,), float32

        Raises
        ------
        GuestAbiError
            If what the guest answers is not a sound event for V tokens.
        """
        size = logits.size
        with self.lock:
            pointer = self._logits(4 * size)
            try:
                self._memory.write_floats(self._live_store(), pointer, logits)
            except PointerError as error:
                self._refuse_pointer("realm_logits", error)
            span = self._call("realm_generate_step", handle, abi.LogitsForm.DENSE, size)
            event = parse_event(self._span(span, "realm_generate_step"))
        if event.token_id >= size or any(token_id >= size for token_id in event.next_ids):
            raise GuestAbiError(
                f"the guest chose token {event.token_id} and next {event.next_ids}, "
                f"of a vocabulary of {size}",
                expected=f"token ids below {size}",
                found=str(event.token_id),
            )
        return event

    def generate_step_sparse(self, handle: int, logits: bytes) -> GuestEvent:
        """Sample a token from the most likely ones only.

        Parameters
        ----------
        handle : int
        logits : bytes
            Token ids (int32), as many logits (float32, descending) and the log-sum-exp of all
            (float32, read with log probabilities only), little-endian.

        Raises
        ------
        GuestAbiError
            If what the guest answers is not a sound event for these tokens.
        GuestError
            If they do not decide the token alone.
        """
        count = len(logits) // 8
        with self.lock:
            pointer = self._logits(len(logits))
            try:
                self._memory.write(self._live_store(), pointer, logits)
            except PointerError as error:
                self._refuse_pointer("realm_logits", error)
            span = self._call("realm_generate_step", handle, abi.LogitsForm.SPARSE, count)
            event = parse_event(self._span(span, "realm_generate_step"))
        token_ids = memoryview(logits)[: 4 * count].cast("i").tolist()
        for token_id in (event.token_id, *event.next_ids):
            if token_id not in token_ids:
                raise GuestAbiError(
                    f"the guest chose token {token_id}, which it was not offered",
                    expected="one of the tokens offered",
                    found=str(token_id),
                )
        return event

    def generate_end(self, handle: int) -> str:
        """End a generation, finished or not, and return the text still held back.

        Notes
        -----
        The buffer of the logits, half a megabyte for 128,000 tokens, is scratch between
        steps; its pages go back to the system, so that an idle tenant holds none.
        """
        with self.lock:
            data = self._span(self._call("realm_generate_end", handle), "realm_generate_end")
            self._discard_logits()
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise GuestAbiError(
                f"the guest's last text is not UTF-8: {error}", expected="UTF-8"
            ) from error

    # ---- Blocking guests ------------------------------------------------------------

    def generate(self, config: bytes) -> int:
        """Run a whole generation; the text goes to the host's ``emit``.

        Returns
        -------
        int
            A `Finish`.

        Notes
        -----
        Blocks until the guest is done, and Python's signals wait as long while it computes:
        for worker threads, not for the main one.
        """
        with self.lock:
            return self._exchange("realm_generate", config, read=self._checked)

    # ---- Ending ---------------------------------------------------------------------

    def interrupt(self) -> None:
        """End the running call from another thread; the instance is broken afterwards.

        The call raises what a host function raised, or `GuestLimitError` with the limit
        ``"interrupt"``. A host function that runs at that moment ends first. Without
        effect while no call runs.
        """
        self._watch.interrupt()

    def close(self) -> None:
        """Give everything back; ends a running call. Harmless when repeated."""
        self._is_closed = True
        self._watch.interrupt()
        with self.lock:
            if not self._in_call:
                self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _release(self) -> None:
        self._functions = {}
        store, self._store = self._store, None
        self.memory_bytes = 0
        if store is not None:
            store.close()

    # ---- Calls ----------------------------------------------------------------------

    def _refuse(self) -> NoReturn:
        if self._is_closed:
            raise GuestError("this guest instance was closed")
        raise GuestError(f"this guest instance is broken, make a new one: {self._fault}")

    def _live_store(self) -> wasmtime.Store:
        if self._store is None:
            self._refuse()
        return self._store

    def _call(self, name: str, *arguments: int) -> int:
        if self._in_call:
            raise GuestError("a host function may not call the instance that called it")
        function = self._functions.get(name) or self._function(name)
        return self._guarded(name, function, *arguments)

    def _function(self, name: str) -> GuestFunction:
        """Find a function at its first call."""
        store = self._live_store()
        signature = self.module.exports.get(name)
        found = find_export(store, self._instance, name) if signature else None
        if signature is None or not isinstance(found, wasmtime.Func):
            raise GuestAbiError(
                f"{self.module.name} is a {self.module.kind} guest and has no {name}",
                expected=name,
                found=self.module.kind,
            )
        function = self._functions[name] = GuestFunction(store, found, signature)
        return function

    def _guarded(self, name: str, call: Callable[..., _T], *arguments: int) -> _T:
        store = self._live_store()
        binding = self._binding
        binding.begin()
        self._in_call = True
        error: BaseException | None = None
        try:
            self._watch.start()
            try:
                result = call(*arguments)
            finally:
                self._watch.stop()
            if binding.memory is not None:
                self.memory_bytes = binding.memory.size_bytes(store)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as caught:
            error = CallFault(
                where=f"{self.module.name}'s start" if name == _START else f"the guest's {name}",
                is_start=name == _START,
                limits=self.limits,
                cause=self._watch.cause,
                is_closed=self._is_closed,
                memory_bytes=binding.memory.size_bytes(store) if binding.memory else 0,
            ).error(caught)
            self._fault = str(error) or type(error).__name__
        finally:
            self._in_call = False
            if self._is_closed or self._fault:
                self._release()
        pending, binding.pending = binding.pending, None
        if pending is not None:
            raise pending
        if error is not None:
            raise error
        return result

    def _exchange(
        self,
        name: str,
        data: bytes,
        *flags: int,
        read: Callable[[int, str], _T],
        count: int | None = None,
        wipe: bool = False,
    ) -> _T:
        """Call ``name(data, count, *flags)`` and read its result.

        The bytes lie in a buffer of the guest that is kept while it is small. It may be
        freed only after the result was read: a span is valid until the next call.
        """
        pointer = self._buffer(len(data))
        try:
            self._memory.write(self._live_store(), pointer, data)
        except PointerError as error:
            self._refuse_pointer("realm_alloc", error)
        size = len(data) if count is None else count
        result = read(self._call(name, pointer, size, *flags), name)
        if wipe:
            self._memory.write(self._live_store(), pointer, bytes(len(data)))
        if wipe or self._buffer_bytes > _KEPT_BUFFER_BYTES:
            self._free_buffer()
        return result

    def _buffer(self, size: int) -> int:
        if self._buffer_bytes < max(size, 1):
            self._free_buffer()
            capacity = max(size, _MIN_BUFFER_BYTES)
            if capacity > self.limits.memory_bytes:
                raise GuestLimitError(
                    f"{size} bytes do not fit in the guest's memory, which may have "
                    f"{self.limits.memory_bytes}",
                    limit="memory",
                )
            pointer = self._call("realm_alloc", capacity)
            if not pointer:
                raise GuestLimitError(
                    f"the guest has no room for {size} bytes: its memory may have "
                    f"{self.limits.memory_bytes}",
                    limit="memory",
                )
            self._buffer_pointer = pointer
            self._buffer_bytes = capacity
        return self._buffer_pointer

    def _free_buffer(self) -> None:
        if self._buffer_bytes:
            self._buffer_bytes = 0
            self._call("realm_free", self._buffer_pointer)

    def _logits(self, size: int) -> int:
        if self._logits_bytes < size or not self._logits_pointer:
            pointer = self._call("realm_logits", size // 4)
            if not pointer:
                raise GuestLimitError(
                    f"the guest has no room for {size // 4} logits: its memory may have "
                    f"{self.limits.memory_bytes} bytes",
                    limit="memory",
                )
            self._logits_pointer = pointer
            self._logits_bytes = size
        return self._logits_pointer

    def _discard_logits(self) -> None:
        try:
            size = self._logits_bytes
            self._memory.discard(self._live_store(), self._logits_pointer, size)
        except PointerError as error:
            self._refuse_pointer("realm_logits", error)

    def _checked(self, result: int, name: str) -> int:
        if result < 0:
            raise abi.status_error(result, name, self._binding.reason)
        return result

    def _vocabulary_checked(self, status: int, name: str) -> int:
        if status == abi.Status.ERROR_VOCAB:
            raise ModelFormatError("the guest refused the model's vocabulary: it is malformed")
        return self._checked(status, name)

    def _span(self, span: int, name: str) -> bytes:
        """Copy the bytes that a ``realm_span`` names."""
        if span < 0:
            raise abi.status_error(span, name, self._binding.reason)
        try:
            return self._memory.read(self._live_store(), span & 0xFFFFFFFF, span >> 32)
        except PointerError as error:
            self._refuse_pointer(name, error)

    def _refuse_pointer(self, name: str, error: PointerError) -> NoReturn:
        raise GuestAbiError(
            f"the guest's {name} returned {error}",
            expected="bytes inside its memory",
            found=str(error),
        ) from error


def _host_of(reference: weakref.ref[GuestInstance]) -> HostFunctions:
    instance = reference()
    if instance is None:  # pragma: no cover - a running call holds its instance
        raise GuestError("this guest instance is gone")
    return instance.host
