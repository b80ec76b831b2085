"""The models of one registry, by id, and the tenants that use them."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.engine import loaded_model
from realm_jupyter.errors import ConfigError, ModelNotFoundError
from realm_jupyter.models.sources import shipped_names
from realm_jupyter.stats import ModelStats, RegistryStats
from realm_jupyter.types import ModelInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.engine.loaded_model import LoadedModel
    from realm_jupyter.engine.tenant import Tenant
    from realm_jupyter.stats import TenantStats
    from realm_jupyter.types import CancelToken, LoadProgress

__all__ = ["Engine", "default_id", "process_stats"]

_ID = re.compile(r"[\w][\w.:@+ -]{0,127}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_MODEL_SUFFIX = ".gguf"

Source = str | os.PathLike[str] | bytes | bytearray | memoryview


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


class Engine:
    """Models by id. Ids belong to this engine, weights to the process.

    Notes
    -----
    Safe from any thread. Loading one model never touches another.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._models: dict[str, LoadedModel] = {}
        self._current: str | None = None
        self._tenants: weakref.WeakSet[Tenant] = weakref.WeakSet()
        self._is_closed = False
        _engines.add(self)

    # -- models --------------------------------------------------------------------

    @property
    def current_model(self) -> str | None:
        """Id of the model loaded or used last, if any."""
        return self._current

    def load(
        self,
        source: Source,
        model_id: str | None = None,
        *,
        device: str = "auto",
        executor: str = "auto",
        kv_type: str = "auto",
        prefix_cache_bytes: int | None = None,
        on_progress: Callable[[LoadProgress], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> ModelInfo:
        """Load a model under an id and make it current; the same file again is no work.

        Raises
        ------
        ConfigError
            If the id is malformed or taken by another file, or if id and file look swapped.
        ModelError
            What `loaded_model.acquire` raises.
        """
        self._check_open()
        if model_id is None:
            model_id = default_id(source)
        _check_id(model_id, source)
        loaded = loaded_model.acquire(
            source,
            name=model_id,
            device=device,
            executor=executor,
            kv_type=kv_type,
            prefix_cache_bytes=prefix_cache_bytes,
            on_progress=on_progress,
            cancel=cancel,
        )
        with self._lock:
            present = self._models.get(model_id)
            if present is None and not self._is_closed:
                self._models[model_id] = loaded
            if present in {None, loaded} and not self._is_closed:
                self._current = model_id
        if present is not None or self._is_closed:
            loaded_model.release(loaded)
        self._check_open()
        if present is not None and present is not loaded:
            raise ConfigError(
                f"the id {model_id!r} is taken by {present.path}; choose another id or "
                f"unload it first",
                field="model_id",
                value=model_id,
                allowed="an id that is not in use",
            )
        return self.info(model_id)

    def unload(self, model_id: str) -> int:
        """Cancel what runs on a model, forget it, and return the bytes freed.

        Raises
        ------
        ModelNotFoundError
            If no model has this id.
        """
        with self._lock:
            model_id = self.resolve(model_id)
            loaded = self._models.pop(model_id)
            if self._current == model_id:
                self._current = next(reversed(self._models), None)
            tenants = list(self._tenants)
            is_used_elsewhere = loaded in self._models.values()
        if not is_used_elsewhere:
            for tenant in tenants:
                tenant.leave_model(loaded)
        return loaded_model.release(loaded)

    def use(self, model_id: str) -> None:
        """Make a loaded model current."""
        with self._lock:
            self._current = self.resolve(model_id)

    def get(self, model_id: str) -> LoadedModel:
        """Return a loaded model by id or sha256."""
        with self._lock:
            return self._models[self.resolve(model_id)]

    def resolve(self, model_id: str) -> str:
        """Return the id of a loaded model given its id or its file's sha256.

        Raises
        ------
        ModelNotFoundError
            If there is none; the message names close ids and what is loaded.
        """
        self._check_open()
        with self._lock:
            if model_id in self._models:
                return model_id
            models = dict(self._models)
        if isinstance(model_id, str) and _SHA256.fullmatch(model_id):
            for known, loaded in models.items():
                if loaded.sha256() == model_id.lower():
                    return known
        raise _not_found(model_id, list(models))

    def ids(self) -> list[str]:
        """Return the ids in the order of loading."""
        with self._lock:
            return list(self._models)

    def infos(self) -> list[ModelInfo]:
        """Return what is known of all models, in the order of loading."""
        found = []
        for model_id in self.ids():
            with contextlib.suppress(ModelNotFoundError):  # unloaded meanwhile
                found.append(self.info(model_id))
        return found

    def info(self, model_id: str) -> ModelInfo:
        """Return what is known of a model, the digest of its file included once read."""
        with self._lock:
            model_id = self.resolve(model_id)
            loaded = self._models[model_id]
            is_current = self._current == model_id
            tenants = list(self._tenants)
        model = loaded.model
        return ModelInfo(
            id=model_id,
            path=loaded.path,
            name=model.name,
            architecture=model.architecture,
            quant_type=model.quant_type,
            num_parameters=model.num_parameters,
            num_layers=model.num_layers,
            embedding_length=model.embedding_length,
            vocab_size=model.vocab_size,
            context_length=model.context_length,
            file_bytes=model.file_bytes,
            memory_bytes=loaded.memory_bytes,
            device=loaded.executor.device,
            executor=loaded.executor.name,
            sha256=loaded.digest,
            has_chat_template=model.chat_template is not None,
            is_current=is_current,
            num_tenants=sum(tenant.has_used(loaded) for tenant in tenants),
            metadata={
                key: value
                for key, value in model.file.metadata.items()
                if isinstance(value, (bool, int, float, str))
            },
        )

    # -- tenants -------------------------------------------------------------------

    def add_tenant(self, tenant: Tenant) -> None:
        """Take note of a tenant, so that unloading can end what it runs."""
        self._check_open()
        with self._lock:
            self._tenants.add(tenant)

    def tenant_stats(self, tenant: Tenant) -> TenantStats:
        """Return what a tenant did and holds."""
        with self._lock:
            ids = {loaded: model_id for model_id, loaded in self._models.items()}
        return tenant.stats(ids)

    def stats(self) -> RegistryStats:
        """Return what all open tenants and all models did and hold."""
        with self._lock:
            models = dict(self._models)
            tenants = sorted(self._tenants, key=lambda tenant: tenant.number)
        return RegistryStats(
            tenants=tuple(self.tenant_stats(tenant) for tenant in tenants if not tenant.is_closed),
            models=tuple(_model_stats(model_id, loaded) for model_id, loaded in models.items()),
        )

    def close(self) -> None:
        """Close every tenant and unload every model; twice is fine."""
        with self._lock:
            self._is_closed = True
            models = list(self._models.values())
            self._models.clear()
            self._current = None
            tenants = list(self._tenants)
        for tenant in tenants:
            tenant.close()
        for loaded in models:
            loaded_model.release(loaded)

    def _check_open(self) -> None:
        if self._is_closed:
            raise ConfigError("this registry is closed; make a new one", field="registry")


def process_stats() -> RegistryStats:
    """Return the figures of all engines in this process."""
    found = [engine.stats() for engine in list(_engines)]
    return RegistryStats(
        tenants=tuple(tenant for stats in found for tenant in stats.tenants),
        models=tuple(model for stats in found for model in stats.models),
    )


def _model_stats(model_id: str, loaded: LoadedModel) -> ModelStats:
    prefixes, scheduler = loaded.prefixes, loaded.scheduler
    return ModelStats(
        id=model_id,
        memory_bytes=loaded.memory_bytes,
        num_sequences=scheduler.num_lanes,
        num_steps=scheduler.steps.num_steps,
        kv_type=loaded.executor.kv_type,
        kv_bytes=loaded.executor.cache_bytes,
        kept_kv_bytes=prefixes.memory_bytes,
        most_kept_kv_bytes=prefixes.budget_bytes,
        num_cached_tokens=prefixes.num_hit_tokens,
        num_evicted_pages=prefixes.num_evicted_pages,
        batches=scheduler.steps.samples(),
    )


def _not_found(model_id: object, ids: list[str]) -> ModelNotFoundError:
    text = str(model_id)
    close = difflib.get_close_matches(text, {*ids, *shipped_names()}, n=3)
    if text in shipped_names():
        hint = f"it ships with the package: load it with load_model({text!r})"
    elif close:
        hint = f"did you mean {' or '.join(map(repr, close))}?"
    else:
        hint = "load it with load_model(path, id)"
    loaded = f"loaded are {', '.join(map(repr, ids))}" if ids else "no model is loaded"
    return ModelNotFoundError(
        f"no loaded model has the id {text[:200]!r} ({loaded}); {hint}",
        name=text,
        suggestions=close,
    )


def default_id(source: Source) -> str:
    """Return the id of a model that is given none: its file's name, without the ending."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "model"
    name = Path(source).name
    stem = name[: -len(_MODEL_SUFFIX)] if name.lower().endswith(_MODEL_SUFFIX) else name
    stem = re.sub(r"-\d{5}-of-\d{5}$", "", stem)
    return re.sub(r"[^\w.:@+ -]", "-", stem)[:128].lstrip(".:@+ -") or "model"


def _check_id(model_id: object, source: object) -> None:
    allowed = "a name of at most 128 letters, digits and . _ - : @ + or spaces"
    if not isinstance(model_id, str):
        raise ConfigError(
            f"a model id must be text, not {type(model_id).__name__}",
            field="model_id",
            value=model_id,
            allowed=allowed,
        )
    if model_id.lower().endswith(_MODEL_SUFFIX) or any(mark in model_id for mark in "/\\"):
        raise ConfigError(
            f"{model_id!r} looks like a file where the model's id is expected"
            + (f", and {source!r} like an id: swap the arguments" if _is_name(source) else ""),
            field="model_id",
            value=model_id,
            allowed=allowed,
        )
    if not _ID.fullmatch(model_id):
        raise ConfigError(
            f"the model id {model_id[:200]!r} is not allowed: an id is {allowed}",
            field="model_id",
            value=model_id,
            allowed=allowed,
        )


def _is_name(source: object) -> bool:
    return isinstance(source, str) and not source.lower().endswith(_MODEL_SUFFIX)
