"""Compiled guests in memory: one copy of the machine code for all instances."""

from __future__ import annotations

import os
import threading
import weakref

import wasmtime

from realm_jupyter.sandbox.limits import GuestLimits
from realm_jupyter.sandbox.settings import shared_engine

__all__ = ["MachineCode"]

# How many engines, which differ in the native stack of their guests, keep the code loaded.
_MAX_LOADED = 4


class MachineCode:
    """What wasmtime has compiled, trusted: only bytes that this user's process wrote.

    Parameters
    ----------
    code : bytes
        A serialized `wasmtime.Module`.

    Notes
    -----
    Where the system has memory files (Linux), the bytes lie in one without a name, and the
    pages that a module's memory begins with are mapped from there. Unlike a file of the
    cache folder, nobody can change it between the check of its bytes and their use.
    """

    def __init__(self, code: bytes) -> None:
        self._descriptor = _memory_file(code)
        self._code = code if self._descriptor is None else b""
        self._size = len(code)
        self._lock = threading.Lock()
        self._loaded: dict[int, wasmtime.Module] = {}
        if self._descriptor is not None:
            weakref.finalize(self, os.close, self._descriptor)

    def is_shared(self) -> bool:
        """Return whether instances share the pages that their memory begins with."""
        engine = shared_engine(GuestLimits().stack_bytes)
        return self._descriptor is not None and self._mapped(engine) is not None

    def load(self, limits: GuestLimits) -> tuple[wasmtime.Engine, wasmtime.Module]:
        """Return the engine for these limits, and the code in it.

        Raises
        ------
        wasmtime.WasmtimeError
            If this processor or this version of wasmtime cannot run the code.
        """
        engine = shared_engine(limits.stack_bytes)
        with self._lock:
            module = self._loaded.get(limits.stack_bytes)
            if module is None:
                module = self._mapped(engine) or wasmtime.Module.deserialize(engine, self._bytes())
                while len(self._loaded) >= _MAX_LOADED:
                    del self._loaded[next(iter(self._loaded))]
                self._loaded[limits.stack_bytes] = module
        return engine, module

    def _mapped(self, engine: wasmtime.Engine) -> wasmtime.Module | None:
        if self._descriptor is None:
            return None
        try:
            path = f"/proc/self/fd/{self._descriptor}"
            return wasmtime.Module.deserialize_file(engine, path)
        except wasmtime.WasmtimeError:
            return None  # no /proc here, or memory files may not be executed

    def _bytes(self) -> bytes:
        if self._descriptor is None:
            return self._code
        return os.pread(self._descriptor, self._size, 0)


def _memory_file(code: bytes) -> int | None:
    if not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("realm-guest", os.MFD_CLOEXEC)
    except OSError:
        return None
    try:
        view = memoryview(code)
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
