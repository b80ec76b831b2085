"""Guest programs: checked, compiled once, kept on disk, shared by all instances."""

from __future__ import annotations

import os
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import wasmtime

from realm_jupyter.errors import GuestAbiError, GuestMissingError
from realm_jupyter.sandbox import abi
from realm_jupyter.sandbox.cache import ModuleCache
from realm_jupyter.sandbox.settings import create_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realm_jupyter.sandbox.limits import GuestLimits

__all__ = ["SHIPPED_PATH", "GuestModule"]

SHIPPED_PATH = Path(__file__).resolve().parent.parent / "guest" / "guest.wasm"
MAX_WASM_BYTES = 64 << 20
_MAGIC = b"\0asm\x01\0\0\0"


class GuestModule:
    """A compiled guest; make one with `shipped` or `from_bytes`.

    Attributes
    ----------
    name : str
        For messages.
    kind : {"resumable", "blocking"}
        How it is driven: step by step, or by one call that calls back.
    imports : tuple of str
        The host functions it uses, in the module's order.
    exports : mapping of str to Signature
        The functions that are called.
    has_vocabulary : bool
        Whether it takes a vocabulary and speaks text; every resumable guest does.

    Notes
    -----
    Safe to use from several threads. Instances share the machine code: where the
    system has memory files (Linux), they map the same pages.
    """

    _shipped: ClassVar[GuestModule | None] = None
    _shipped_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, name: str, code: bytes, module: wasmtime.Module) -> None:
        self.name = name
        self.imports = _checked_imports(name, module)
        self.exports, self.kind = _checked_exports(name, module)
        self.has_vocabulary = "realm_vocab_load" in self.exports
        self._code = code
        self._image_fd = _memory_file(code)
        if self._image_fd is not None:
            weakref.finalize(self, os.close, self._image_fd)

    def __repr__(self) -> str:
        return f"<GuestModule {self.name!r} {self.kind}>"

    @classmethod
    def shipped(cls) -> GuestModule:
        """Return the guest that ships with the package, compiled at the first call.

        Raises
        ------
        GuestMissingError
            If ``guest.wasm`` was not built.
        GuestAbiError
            If it does not speak this ABI.
        """
        with cls._shipped_lock:
            if cls._shipped is None:
                try:
                    wasm = SHIPPED_PATH.read_bytes()
                except OSError as error:
                    raise GuestMissingError(
                        f"the guest is not there: {SHIPPED_PATH} ({error.strerror}); "
                        "build it with: python hatch_build.py guest",
                        path=SHIPPED_PATH,
                    ) from error
                cls._shipped = cls.from_bytes(wasm, "guest.wasm")
            return cls._shipped

    @classmethod
    def from_bytes(
        cls, wasm: bytes, name: str = "<bytes>", *, cache: ModuleCache | None = None
    ) -> GuestModule:
        """Compile a guest, or take its code from the cache.

        Parameters
        ----------
        wasm : bytes
            A binary WebAssembly module.
        name : str
            For messages.
        cache : ModuleCache, optional
            Where compiled code is kept; the user's cache folder by default.

        Raises
        ------
        GuestAbiError
            If the bytes are no WebAssembly, import anything but the host functions of
            module ``realm``, or lack an export; the message names it.
        """
        wasm = bytes(wasm)
        if not wasm.startswith(_MAGIC) or len(wasm) > MAX_WASM_BYTES:
            raise GuestAbiError(
                f"{name} is no binary WebAssembly module of at most {MAX_WASM_BYTES >> 20} MiB",
                expected=repr(_MAGIC),
                found=repr(wasm[:8]),
            )
        cache = cache or ModuleCache()
        engine = create_engine()
        code = cache.get(wasm)
        if code is not None:
            try:
                return cls(name, code, wasmtime.Module.deserialize(engine, code))
            except wasmtime.WasmtimeError:
                pass  # made for another processor, in a home folder shared between machines
        try:
            module = wasmtime.Module(engine, wasm)
        except wasmtime.WasmtimeError as error:
            raise GuestAbiError(
                f"{name} is not a valid WebAssembly module: {' '.join(str(error).split())}",
                expected="valid WebAssembly",
            ) from error
        code = bytes(module.serialize())
        guest = cls(name, code, module)
        cache.put(wasm, code)
        return guest

    def load(self, limits: GuestLimits) -> tuple[wasmtime.Engine, wasmtime.Module]:
        """Return an engine for one instance, and this module in it (about 0.15 ms)."""
        engine = create_engine(limits)
        if self._image_fd is not None:
            try:
                path = f"/proc/self/fd/{self._image_fd}"
                return engine, wasmtime.Module.deserialize_file(engine, path)
            except wasmtime.WasmtimeError:
                pass  # no /proc here, or memory files may not be executed
        return engine, wasmtime.Module.deserialize(engine, self._code)


def _memory_file(code: bytes) -> int | None:
    """Put code in a file without a name, whose pages all instances can map.

    Unlike a file of the cache folder, nobody can change it between the check of its
    bytes and their use.
    """
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


def _signature(kind: object) -> abi.Signature | None:
    if not isinstance(kind, wasmtime.FuncType):
        return None
    return abi.Signature(tuple(map(str, kind.params)), tuple(map(str, kind.results)))


def _checked_imports(guest: str, module: wasmtime.Module) -> tuple[str, ...]:
    offending = []
    names = []
    for item in module.imports:
        name = item.name or ""
        expected = abi.IMPORTS.get(name) if item.module == abi.IMPORT_MODULE else None
        signature = _signature(item.type)
        if expected is None or signature != expected:
            kind = signature or type(item.type).__name__
            wanted = f", which is {expected} here" if expected else ""
            offending.append(f"{item.module}.{name} {kind}{wanted}")
        names.append(name)
    if offending:
        allowed = ", ".join(f"{abi.IMPORT_MODULE}.{name}" for name in abi.IMPORTS)
        raise GuestAbiError(
            f"{guest} imports what no guest may: {'; '.join(offending)}; allowed are {allowed}",
            expected=allowed,
            found="; ".join(offending),
        )
    return tuple(names)


def _checked_exports(
    guest: str, module: wasmtime.Module
) -> tuple[Mapping[str, abi.Signature], Literal["resumable", "blocking"]]:
    kinds = {item.name: item.type for item in module.exports}
    kind: Literal["resumable", "blocking"] = "resumable"
    required = abi.COMMON_EXPORTS | abi.TEXT_EXPORTS | abi.RESUMABLE_EXPORTS
    if not kinds.keys() & abi.RESUMABLE_EXPORTS.keys():
        kind = "blocking"
        required = abi.COMMON_EXPORTS | abi.BLOCKING_EXPORTS
        if kinds.keys() & abi.TEXT_EXPORTS.keys():
            required |= abi.TEXT_EXPORTS
    faults = []
    if not isinstance(kinds.get("memory"), wasmtime.MemoryType):
        faults.append("memory (a memory)")
    faults += [
        f"{name} {signature}"
        for name, signature in required.items()
        if _signature(kinds.get(name)) != signature
    ]
    if faults:
        raise GuestAbiError(
            f"{guest} lacks exports that every {kind} guest has: {', '.join(faults)}",
            expected=", ".join(faults),
            found=", ".join(str(name) for name in kinds),
        )
    if _signature(kinds.get("_initialize")) == abi.Signature((), ()):
        # What a C++ compiler emits to run the constructors of globals.
        required = required | {"_initialize": abi.Signature((), ())}
    return required, kind
