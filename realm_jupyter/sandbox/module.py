"""Guest programs: checked, compiled once, kept on disk, shared by all instances."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import wasmtime

from realm_jupyter.errors import GuestAbiError, GuestMissingError
from realm_jupyter.sandbox import abi
from realm_jupyter.sandbox.cache import ModuleCache
from realm_jupyter.sandbox.limits import GuestLimits
from realm_jupyter.sandbox.machine_code import MachineCode
from realm_jupyter.sandbox.settings import shared_engine

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    is_preloaded : bool
        Whether its instances begin with the vocabulary: see `make_image`.
    wasm : bytes
        What it was compiled from; empty when it is preloaded.

    Notes
    -----
    Safe to use from several threads. Instances share the machine code: see `MachineCode`.
    """

    _shipped: ClassVar[GuestModule | None] = None
    _shipped_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        name: str,
        code: MachineCode,
        *,
        imports: tuple[str, ...],
        exports: Mapping[str, abi.Signature],
        kind: Literal["resumable", "blocking"],
        wasm: bytes = b"",
        is_preloaded: bool = False,
    ) -> None:
        self.name = name
        self.imports = imports
        self.exports = exports
        self.kind = kind
        self.has_vocabulary = "realm_vocab_load" in exports
        self.is_preloaded = is_preloaded
        self.wasm = wasm
        self._code = code

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
        engine = shared_engine(GuestLimits().stack_bytes)
        code = cache.get(wasm)
        if code is not None:
            try:
                module = wasmtime.Module.deserialize(engine, code)
                return cls._checked(name, wasm, code, module)
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
        guest = cls._checked(name, wasm, code, module)
        cache.put(wasm, code)
        return guest

    @classmethod
    def _checked(cls, name: str, wasm: bytes, code: bytes, module: wasmtime.Module) -> GuestModule:
        imports = _checked_imports(name, module)
        exports, kind = _checked_exports(name, module)
        return cls(name, MachineCode(code), imports=imports, exports=exports, kind=kind, wasm=wasm)

    def preloaded(self, code: MachineCode) -> GuestModule:
        """Return this guest as code whose instances begin with the vocabulary."""
        exports = {
            name: signature for name, signature in self.exports.items() if name != abi.INITIALIZE
        }
        return GuestModule(
            self.name,
            code,
            imports=self.imports,
            exports=exports,
            kind=self.kind,
            is_preloaded=True,
        )

    def load(self, limits: GuestLimits) -> tuple[wasmtime.Engine, wasmtime.Module]:
        """Return the engine for these limits, and this module in it."""
        return self._code.load(limits)


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
    if _signature(kinds.get(abi.INITIALIZE)) == abi.Signature((), ()):
        required = required | {abi.INITIALIZE: abi.Signature((), ())}
    return required, kind
