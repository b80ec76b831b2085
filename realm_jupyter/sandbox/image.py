"""Guests that begin with a model's vocabulary, in pages that all instances share.

Loading a vocabulary of 128,000 tokens takes a guest a sixth of a second and leaves it with
tens of megabytes. So it is loaded once: the state of that instance becomes the beginning
of another module (`ImagePlan`), whose compiled form lies in a memory file, and every
instance of it maps these pages copy-on-write. The compiled form is kept on disk under a
key that only this user's processes know (`ModuleCache`).

What may differ between tenants never gets into an image: a fresh instance loads the
vocabulary and does nothing else, and a guest that calls any host function meanwhile is
refused.
"""

from __future__ import annotations

import hashlib
import logging
from typing import NoReturn

import wasmtime

from realm_jupyter.errors import RealmError
from realm_jupyter.sandbox.cache import ModuleCache
from realm_jupyter.sandbox.host import NoHost
from realm_jupyter.sandbox.image_plan import (
    GLOBAL_PREFIX,
    TABLE_PREFIX,
    ImagePlan,
    ImageRefusedError,
)
from realm_jupyter.sandbox.instance import GuestInstance
from realm_jupyter.sandbox.limits import GuestLimits
from realm_jupyter.sandbox.machine_code import MachineCode
from realm_jupyter.sandbox.memory import GuestMemory
from realm_jupyter.sandbox.module import GuestModule
from realm_jupyter.sandbox.settings import shared_engine

__all__ = ["cached_image", "make_image"]

_LOG = logging.getLogger(__name__)
# Far above what a vocabulary takes; making an image needs some five times as much.
MAX_MEMORY_BYTES = 256 << 20
_FORMAT = b"vocabulary image 1\0"


def cached_image(
    module: GuestModule, vocabulary: bytes, *, cache: ModuleCache | None = None
) -> GuestModule | None:
    """Return the image that `make_image` has left on disk, or None.

    Parameters
    ----------
    module : GuestModule
        A guest that takes vocabularies.
    vocabulary : bytes
        Laid out as ``realm_vocab``.
    cache : ModuleCache, optional
        Where images are kept; the user's cache folder by default.
    """
    cache = cache or ModuleCache(kind="image")
    code = cache.get(_key(module, vocabulary))
    return None if code is None else _shared(module, code)


def make_image(
    module: GuestModule, vocabulary: bytes, *, cache: ModuleCache | None = None
) -> GuestModule | None:
    """Return a guest whose instances begin with this vocabulary, or None.

    Parameters
    ----------
    module, vocabulary, cache
        As for `cached_image`.

    Returns
    -------
    GuestModule or None
        None where images would share nothing (no memory files here), where the guest
        refuses the vocabulary or where its state cannot be carried over; the log says
        which. Load the vocabulary then.

    Notes
    -----
    Loads the vocabulary once and compiles, which takes a second or two; the result is kept
    on disk.
    """
    cache = cache or ModuleCache(kind="image")
    try:
        code = _compile(module, vocabulary)
    except (ImageRefusedError, RealmError, wasmtime.WasmtimeError, MemoryError) as error:
        _LOG.info("%s gets no image of its vocabulary: %s", module.name, error)
        return None
    image = _shared(module, code)
    if image is None:
        _LOG.info("%s gets no image of its vocabulary: memory cannot be shared", module.name)
    else:
        cache.put(_key(module, vocabulary), code)
    return image


def _key(module: GuestModule, vocabulary: bytes) -> bytes:
    parts = (_FORMAT, hashlib.sha256(module.wasm).digest(), hashlib.sha256(vocabulary).digest())
    return b"".join(parts)


def _shared(module: GuestModule, code: bytes) -> GuestModule | None:
    machine_code = MachineCode(code)
    return module.preloaded(machine_code) if machine_code.is_shared() else None


def _compile(module: GuestModule, vocabulary: bytes) -> bytes:
    plan = ImagePlan(module.wasm)
    observable = GuestModule.from_bytes(plan.observable(), module.name)
    with _ObservedInstance(observable, _SilentHost()) as instance:
        instance.load_vocabulary(vocabulary, wipe=True)
        wasm = plan.image(*instance.state(plan.mutable_globals))
    engine = shared_engine(GuestLimits().stack_bytes)
    return bytes(wasmtime.Module(engine, wasm).serialize())


class _SilentHost(NoHost):
    """Refuses everything: what a guest says or asks now would be lost in its copies."""

    def log(self, level: int, text: bytes) -> NoReturn:
        """Refuse."""
        raise self._refusal("log", level, text)


class _ObservedInstance(GuestInstance):
    """An instance whose globals and tables can be seen, with their first entries."""

    def instantiated(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        """Take note of the tables before the guest can change them."""
        self._seen_store = store
        self._seen = instance.exports(store)
        self._first_entries = self._table_entries()

    def state(self, mutable_globals: tuple[int, ...]) -> tuple[bytes, dict[int, int]]:
        """Return the memory and the mutable globals.

        Raises
        ------
        ImageRefusedError
            If a table has changed or the memory is too large.
        """
        if self._table_entries() != self._first_entries:
            raise ImageRefusedError("it has changed a table")
        memory = self._seen["memory"]
        if not isinstance(memory, wasmtime.Memory):  # pragma: no cover - checked by the module
            raise ImageRefusedError("it has no memory")
        store = self._seen_store
        size = memory.data_len(store)
        if size > MAX_MEMORY_BYTES:
            raise ImageRefusedError(f"its memory has {size} bytes; {MAX_MEMORY_BYTES} are the most")
        data = GuestMemory(memory).read(store, 0, size)
        values = {index: self._global(index) for index in mutable_globals}
        return data, values

    def _global(self, index: int) -> int:
        found = self._seen[f"{GLOBAL_PREFIX}{index}"]
        value = found.value(self._seen_store) if isinstance(found, wasmtime.Global) else None
        if not isinstance(value, int):  # pragma: no cover - the plan has looked at its type
            raise ImageRefusedError(f"global {index} is no whole number")
        return value

    def _table_entries(self) -> list[tuple[str, int, bytes]]:
        store = self._seen_store
        return [
            (name, index, _identity(table.get(store, index)))
            for name, table in self._seen.items()
            if name.startswith(TABLE_PREFIX) and isinstance(table, wasmtime.Table)
            for index in range(table.size(store))
        ]


def _identity(entry: object) -> bytes:
    """Return bytes that tell a function reference from others of its store."""
    if entry is None or (isinstance(entry, wasmtime.Val) and entry.value is None):
        return b""
    if not isinstance(entry, wasmtime.Func):
        raise ImageRefusedError("it has a table of something else than functions")
    return bytes(entry._func)  # noqa: SLF001 - the C struct: store and address
