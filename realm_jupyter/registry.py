"""`RealmRegistry`: several models side by side, and tenants over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from realm_jupyter.realm import Realm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.limits import TenantLimits
    from realm_jupyter.stats import RegistryStats
    from realm_jupyter.types import (
        CancelToken,
        ChatMessage,
        GenerationResponse,
        LoadProgress,
        ModelInfo,
    )

__all__ = ["RealmRegistry"]


class RealmRegistry:
    """Models by id, shared by any number of tenants.

    Ids belong to the registry; weights are shared by everyone in the process who
    loads the same file.

    Examples
    --------
    >>> from realm_jupyter import RealmRegistry
    >>> with RealmRegistry() as registry:
    ...     info = registry.load_model("a", "paris")
    ...     info = registry.load_model("b", "tales")
    ...     sorted(registry)
    ['a', 'b']
    """

    def __init__(self) -> None:
        # Imported here: `import realm_jupyter` must not load wasmtime.
        from realm_jupyter.engine import Engine, LocalBackend  # noqa: PLC0415

        self._engine = Engine()
        self._backend_type = LocalBackend
        self._own = Realm(backend=LocalBackend(self._engine, owns_engine=True))

    def __repr__(self) -> str:
        return f"<RealmRegistry: {', '.join(self) or 'no models'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self._engine.ids())

    def __len__(self) -> int:
        return len(self._engine.ids())

    def __contains__(self, model_id: object) -> bool:
        return isinstance(model_id, str) and self._own.is_model_loaded(model_id)

    def close(self) -> None:
        """Close every tenant and unload every model; twice is fine."""
        self._own.close()

    # -- models --------------------------------------------------------------------

    def load_model(
        self,
        model_id: str,
        source: str | PathLike[str] | bytes | bytearray | memoryview,
        *,
        device: str = "auto",
        executor: str = "auto",
        kv_type: str = "auto",
        prefix_cache_bytes: int | None = None,
        on_progress: Callable[[LoadProgress], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> ModelInfo:
        """Load a model under an id and make it current; see `Realm.load_model`."""
        return self._own.load_model(
            source,
            # None, which asks for a default elsewhere, is no id here.
            "" if model_id is None else model_id,
            device=device,
            executor=executor,
            kv_type=kv_type,
            prefix_cache_bytes=prefix_cache_bytes,
            on_progress=on_progress,
            cancel=cancel,
        )

    def unload_model(self, model_id: str) -> int:
        """Cancel what runs on a model, unload it and return the bytes freed."""
        return self._own.unload_model(model_id)

    def use_model(self, model_id: str) -> None:
        """Make a loaded model current."""
        self._own.use_model(model_id)

    @property
    def current_model(self) -> str | None:
        """Id of the model loaded or used last."""
        return self._engine.current_model

    def models(self) -> list[ModelInfo]:
        """Return the loaded models in the order of loading."""
        return self._engine.infos()

    def is_model_loaded(self, model_id: str) -> bool:
        """Return whether requests can name this model, by id or sha256."""
        return self._own.is_model_loaded(model_id)

    def model_info(self, model_id: str, *, digest: bool = False) -> ModelInfo:
        """Return what is known of a loaded model; see `Realm.model_info`."""
        return self._own.model_info(model_id, digest=digest)

    # -- tenants and requests ------------------------------------------------------

    def realm(
        self,
        model_id: str | None = None,
        *,
        limits: TenantLimits | None = None,
        share_prefixes: bool = False,
        name: str | None = None,
    ) -> Realm:
        """Return a new tenant.

        Parameters
        ----------
        model_id : str, optional
            Model that its requests go to; its guest instance is made at once. Without
            it requests go to the registry's current model.
        limits, share_prefixes, name
            As for `Realm`.

        Raises
        ------
        ModelNotFoundError
            If no model has this id.
        """
        backend = self._backend_type(
            self._engine,
            owns_engine=False,
            limits=limits,
            share_prefixes=share_prefixes,
            name=name,
        )
        if model_id is not None:
            model_id = self._engine.resolve(model_id)
            backend.prepare(model_id)
        return Realm(model_id, backend=backend)

    def stats(self) -> RegistryStats:
        """Return what every open tenant and every model did and holds.

        Examples
        --------
        >>> from realm_jupyter import RealmRegistry
        >>> with RealmRegistry() as registry:
        ...     info = registry.load_model("paris", "paris")
        ...     student = registry.realm("paris", name="student")
        ...     [tenant.name for tenant in registry.stats().tenants if tenant.models]
        ['student']
        """
        return self._engine.stats()

    def generate(self, model_id: str, prompt: str, **options: Any) -> GenerationResponse:
        """Generate with a model; see `Realm.generate`."""
        return self._own.generate(prompt, model=model_id, **options)

    def stream(self, model_id: str, prompt: str, **options: Any) -> GenerationHandle:
        """Start generating with a model; see `Realm.stream`."""
        return self._own.stream(prompt, model=model_id, **options)

    def chat(
        self,
        model_id: str,
        messages: Sequence[ChatMessage | Mapping[str, Any]] | str,
        **options: Any,
    ) -> GenerationResponse:
        """Answer a conversation with a model; see `Realm.chat`."""
        return self._own.chat(messages, model=model_id, **options)

    def stream_chat(
        self,
        model_id: str,
        messages: Sequence[ChatMessage | Mapping[str, Any]] | str,
        **options: Any,
    ) -> GenerationHandle:
        """Start answering a conversation with a model; see `Realm.stream_chat`."""
        return self._own.stream_chat(messages, model=model_id, **options)
