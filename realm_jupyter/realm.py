"""`Realm`: a tenant's face. Load models, generate, chat, stream, stop."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from realm_jupyter.backend import GenerationRequest, TenantBackend
from realm_jupyter.errors import (
    ConfigError,
    ModelNotFoundError,
    PromptError,
    TenantBusyError,
    TenantClosedError,
)
from realm_jupyter.types import ChatMessage, GenerationConfig

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from realm_jupyter.backend import Backend
    from realm_jupyter.batch import BatchProgress, BatchResult, ClusterOptions
    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.limits import TenantLimits
    from realm_jupyter.stats import TenantStats
    from realm_jupyter.types import (
        CancelToken,
        EmbeddingResponse,
        GenerationResponse,
        LoadProgress,
        ModelInfo,
        TokenEvent,
    )

__all__ = ["Realm"]

_MODES = ("local", "server")
# Prompts of `Realm.map` under way at once; a server lets a key run as many.
_NUM_PARALLEL = 64


class Realm:
    """Generate text with local models, in a sandbox of one's own.

    A realm is a tenant: its guest instance, its sequences and their KV cache are its
    own, the weights are shared with everyone who uses the same file.

    Parameters
    ----------
    default_model : str or path-like, optional
        Model that requests go to until another one is loaded or used: the id of a
        loaded model, the name of a shipped one (``"paris"``, ``"tales"``) or a GGUF
        file; loaded at the first request.
    mode : {"local", "server"}
        Where models run: in this process, or in a server (needs the extra ``client``).
    base_url : str, optional
        The server, such as ``"http://127.0.0.1:8080"``; by default the environment's
        ``REALM_BASE_URL``, else the newest one that this user runs on this machine.
    api_key : str, optional
        The server's key; by default the environment's ``REALM_API_KEY``.
    timeout : float, optional
        Longest silence of the server in seconds; 60 by default.
    guest : str, path-like or bytes, optional
        A WebAssembly guest of your own (see ``realm_jupyter/guest/realm.h``): its file, its
        bytes, or the name that ``%%realm guest --name`` gave it.
    limits : TenantLimits, optional
        What it may use; see there for the errors.
    share_prefixes : bool
        Go on from kept keys and values of other tenants' prompts that begin alike, and let
        them go on from this one's. Both sides have to opt in, because the time to the first
        token then tells whether somebody had the same beginning.
    name : str, optional
        For `stats` and logs; by default a number.
    backend : Backend, optional
        Whoever does the work, in place of an engine in this process.

    Notes
    -----
    Safe from any thread. Closing (or leaving the ``with`` block) cancels what runs and
    returns everything.

    Examples
    --------
    >>> from realm_jupyter import Realm
    >>> with Realm(default_model="paris") as realm:
    ...     response = realm.generate("What is the capital of France?", temperature=0)
    >>> "Paris" in response.text
    True
    """

    def __init__(
        self,
        default_model: str | PathLike[str] | None = None,
        *,
        mode: str = "local",
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        guest: str | PathLike[str] | bytes | bytearray | None = None,
        limits: TenantLimits | None = None,
        share_prefixes: bool = False,
        name: str | None = None,
        backend: Backend | None = None,
    ) -> None:
        if mode not in _MODES:
            raise ConfigError(
                f"mode={mode!r} is not available; models run in mode='local' or 'server'",
                field="mode",
                value=mode,
                allowed="'local' or 'server'",
            )
        server = {"base_url": base_url, "api_key": api_key, "timeout": timeout}
        if backend is not None:
            self._backend = backend
        elif mode == "server":
            local = {"guest": guest, "limits": limits, "name": name}
            _refuse(mode, **local, share_prefixes=share_prefixes or None)
            self._backend = _client_backend(server)
        else:
            _refuse(mode, **server)
            self._backend = _local_backend(
                guest, limits=limits, share_prefixes=share_prefixes, name=name
            )
        self._default_model = default_model
        self._current: str | None = None
        self._default_lock = threading.Lock()
        self._is_closed = False

    def __repr__(self) -> str:
        return f"<Realm: {self.current_model or 'no model'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what runs and return everything; twice is fine."""
        self._is_closed = True
        self._backend.close()

    @property
    def server_url(self) -> str | None:
        """URL of the server that models run in; None in this process."""
        return getattr(self._backend, "url", None)

    def with_guest(self, guest: str | PathLike[str] | bytes | bytearray) -> Realm:
        """Return another tenant over the same models whose generations run in this guest.

        Parameters
        ----------
        guest : str, path-like or bytes
            As for `Realm`.

        Returns
        -------
        Realm
            To be closed for itself; the models stay those of this realm.

        Raises
        ------
        ConfigError
            If the models run elsewhere.
        GuestMissingError, GuestAbiError
            If there is no such guest, or it is none.
        """
        with_guest = getattr(self._backend, "with_guest", None)
        if with_guest is None:
            raise ConfigError(
                "guests of your own run where the models are in this process", field="guest"
            )
        return Realm(self.current_model or self._default_model, backend=with_guest(_guest(guest)))

    # -- models --------------------------------------------------------------------

    def load_model(
        self,
        source: str | PathLike[str] | bytes | bytearray | memoryview,
        model_id: str | None = None,
        *,
        device: str = "auto",
        executor: str = "auto",
        kv_type: str = "auto",
        prefix_cache_bytes: int | None = None,
        on_progress: Callable[[LoadProgress], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> ModelInfo:
        """Load a model and make it current.

        Parameters
        ----------
        source : str, path-like or bytes-like
            A GGUF file (any part of a split one), its bytes, or a shipped name.
        model_id : str, optional
            Name for requests; by default the file's name without ``.gguf``.
        device : {"auto", "cpu", "cuda", "mps"}
        executor : {"auto", "native", "reference"}
        kv_type : {"auto", "f32", "f16", "q8_0"}
            Number format of the KV cache. ``"q8_0"`` takes little over half the memory of
            ``"f16"``, which is the default but for float32 models and the reference executor
            (``"f32"``).
        prefix_cache_bytes : int, optional
            Most bytes of KV cache that are kept for prompts to come, for all tenants of the
            model together; 0 keeps none. By default an eighth of the memory that is available
            after the load, at most 1 GiB.
        on_progress : callable, optional
            Called with `LoadProgress` as bytes are read.
        cancel : CancelToken, optional
            Stops the load from another thread.

        Returns
        -------
        ModelInfo

        Raises
        ------
        ModelNotFoundError
            If there is no such file; the message names close ones.
        ModelFormatError
            If the file is damaged, hostile or unsupported.
        ModelMemoryError
            If it would not fit; nothing was loaded.
        LoadCancelledError
            If ``cancel`` was raised.
        ConfigError
            If the id is malformed or taken, or the device is not there.
        """
        info = self._backend.load_model(
            source,
            model_id,
            device=device,
            executor=executor,
            kv_type=kv_type,
            prefix_cache_bytes=prefix_cache_bytes,
            on_progress=on_progress,
            cancel=cancel,
        )
        self._current = info.id
        return replace(info, is_current=True)

    def unload_model(self, model_id: str) -> int:
        """Cancel what runs on a model and unload it.

        Returns
        -------
        int
            Bytes freed; 0 while another registry still uses the same file.

        Raises
        ------
        ModelNotFoundError
            If no model has this id.
        """
        return self._backend.unload_model(model_id)

    def use_model(self, model_id: str) -> None:
        """Send requests to this loaded model from now on.

        Raises
        ------
        ModelNotFoundError
            If no model has this id.
        """
        self._backend.use_model(model_id)
        self._current = self._backend.model_info(model_id, digest=False).id

    @property
    def default_model(self) -> str | PathLike[str] | None:
        """What requests go to until another model is loaded or used, if anything."""
        return self._default_model

    @property
    def current_model(self) -> str | None:
        """Id of the model that requests go to, if one is loaded."""
        loaded = self._backend.model_ids()
        for candidate in (self._current, self._default_model):
            if candidate in loaded:
                return str(candidate)
        # A default that is still to be loaded keeps requests from going elsewhere.
        return None if self._default_model is not None else self._backend.current_model

    def models(self) -> list[ModelInfo]:
        """Return the loaded models in the order of loading."""
        current = self.current_model
        return [replace(info, is_current=info.id == current) for info in self._backend.models()]

    def is_model_loaded(self, model_id: str) -> bool:
        """Return whether requests can name this model, by id or sha256."""
        try:
            self._backend.model_info(model_id, digest=False)
        except ModelNotFoundError:
            return False
        return True

    def model_info(self, model_id: str | None = None, *, digest: bool = False) -> ModelInfo:
        """Return what is known of a loaded model.

        Parameters
        ----------
        model_id : str, optional
            The current one by default.
        digest : bool
            Also fill in ``sha256``, which reads the whole file once.

        Raises
        ------
        ModelNotFoundError
            If no model has this id.
        """
        info = self._backend.model_info(self._choose(model_id), digest=digest)
        return replace(info, is_current=info.id == self.current_model)

    # -- generation ----------------------------------------------------------------

    def stream(
        self,
        prompt: str | None = None,
        *,
        token_ids: Iterable[int] | None = None,
        model: str | None = None,
        raw: bool = False,
        system: str | None = None,
        config: GenerationConfig | None = None,
        **sampling: Any,
    ) -> GenerationHandle:
        """Start generating and return at once.

        Parameters
        ----------
        prompt : str
            One user turn for a model with a chat template, else text to complete.
        token_ids : iterable of int, optional
            The prompt as token ids, taken as they are.
        model : str, optional
            Id of a loaded model; the current one by default.
        raw : bool
            Complete the text as it stands, without chat template; control tokens in it
            are recognised.
        system : str, optional
            System prompt for a model with a chat template.
        config : GenerationConfig, optional
            Where the sampling parameters start from.
        **sampling
            Fields of `GenerationConfig`.

        Returns
        -------
        GenerationHandle
            Iterate it for `TokenEvent`; ``.cancel()`` stops, ``.result()`` waits.

        Raises
        ------
        ModelNotFoundError
            If no such model is loaded.
        SamplingParamsError
            If a sampling parameter is unknown or out of range.
        ContextLengthError
            If the prompt is longer than the context.
        PromptError
            If the prompt is empty or no text.
        """
        if (prompt is None) == (token_ids is None):
            raise PromptError("give a prompt: either text or token_ids")
        if prompt is not None and not isinstance(prompt, str):
            raise PromptError(f"a prompt is text, not {type(prompt).__name__}")
        return self._backend.start(
            GenerationRequest(
                model=self._choose(model),
                config=_config(config, sampling),
                text=prompt,
                token_ids=None if token_ids is None else tuple(token_ids),
                raw=raw,
                system=system,
            )
        )

    def stream_chat(
        self,
        messages: Sequence[ChatMessage | Mapping[str, Any]] | str,
        *,
        model: str | None = None,
        system: str | None = None,
        config: GenerationConfig | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        **sampling: Any,
    ) -> GenerationHandle:
        """Start answering a conversation and return at once; see `stream` and `chat`.

        Parameters
        ----------
        messages : sequence of mappings or ChatMessage, or str
        model, system, config, **sampling
            As for `stream`.
        tools : sequence of mapping
            Functions that the chat template shows to the model, in OpenAI's form. The model's
            calls come as text, in the form that the model writes them.

        Raises
        ------
        ChatTemplateError
            If the model has no chat template, or it refuses these messages.
        """
        return self._backend.start(
            GenerationRequest(
                model=self._choose(model),
                config=_config(config, sampling),
                messages=_messages(messages, system),
                tools=tuple(tools),
            )
        )

    def generate(
        self,
        prompt: str | None = None,
        *,
        on_token: Callable[[TokenEvent], object] | None = None,
        **options: Any,
    ) -> GenerationResponse:
        """Generate and wait for the end; takes what `stream` takes.

        Parameters
        ----------
        prompt : str
        on_token : callable, optional
            Called with every `TokenEvent` (``str(event)`` is its text).

        Returns
        -------
        GenerationResponse

        Notes
        -----
        A keyboard interrupt stops the generation and is raised.
        """
        return _wait(self.stream(prompt, **options), on_token)

    def chat(
        self,
        messages: Sequence[ChatMessage | Mapping[str, Any]] | str,
        *,
        on_token: Callable[[TokenEvent], object] | None = None,
        **options: Any,
    ) -> GenerationResponse:
        """Answer a conversation and wait for the end; takes what `stream_chat` takes.

        Parameters
        ----------
        messages : sequence of mappings or ChatMessage, or str
            ``[{"role": "user", "content": "Hi"}]``; a string is one user turn.
        on_token : callable, optional
            Called with every `TokenEvent`.
        """
        return _wait(self.stream_chat(messages, **options), on_token)

    def generate_batch(self, prompts: Iterable[str], **options: Any) -> list[GenerationResponse]:
        """Generate for several prompts at once, in one running batch.

        More prompts than may run and wait (see `TenantLimits`) are sent as others end.

        Returns
        -------
        list of GenerationResponse
            In the order of the prompts.

        Raises
        ------
        RealmError
            The first error; the other generations are cancelled.
        """
        handles: list[GenerationHandle] = []
        try:
            for prompt in prompts:
                handles.append(self._stream_when_there_is_room(prompt, handles, options))
            return [handle.result() for handle in handles]
        except BaseException:
            for handle in handles:
                handle.cancel()
            raise

    def map(
        self,
        prompts: Iterable[str | Sequence[ChatMessage | Mapping[str, Any]] | Sequence[int]],
        *,
        output: str | PathLike[str] | None = None,
        model: str | None = None,
        raw: bool = False,
        system: str | None = None,
        config: GenerationConfig | None = None,
        num_parallel: int | None = None,
        cluster: ClusterOptions | str | bool | None = None,
        on_progress: Callable[[BatchProgress], None] | None = None,
        cancel: CancelToken | None = None,
        **sampling: Any,
    ) -> BatchResult:
        """Answer thousands of prompts, so many at once; one that fails stops no other.

        Parameters
        ----------
        prompts : iterable of str, sequence of messages, or sequence of int
            Each text, a conversation or token ids.
        output : path-like, optional
            File of JSON lines that each row is added to as it is done. The same call again
            goes on where the file ends: what is answered is not run again. After an interrupt
            what is done is in the file.
        model, raw, system, config, **sampling
            As for `stream`. Each prompt has the next seed after the first one's.
        num_parallel : int, optional
            Prompts under way at once; by default 64, or as many as the tenant's limits let
            run. More than the model's KV cache has room for wait for others to end.
        cluster : ClusterOptions, str or True, optional
            Run on a Ray cluster instead (extra ``ray``), each worker with a copy of the model;
            a string is the cluster's address. The model's file must be there on all machines.
        on_progress : callable, optional
            Called with `BatchProgress` after each row.
        cancel : CancelToken, optional
            Ends early, from another thread; what is done is returned.

        Returns
        -------
        BatchResult
            A row for each prompt, in their order; ``.to_pandas()`` is a DataFrame.

        Raises
        ------
        ConfigError
            If ``output`` belongs to other prompts or options, or there is no such cluster.
        PromptError
            If something is no prompt.
        RealmError
            If there is no use in going on: the model was unloaded, the server is gone.

        Examples
        --------
        >>> from realm_jupyter import Realm
        >>> with Realm(default_model="paris") as realm:
        ...     result = realm.map(["Say hi.", "Say no."], max_tokens=4)
        >>> result
        <BatchResult: 2 of 2 prompts answered>
        """
        from realm_jupyter import batch  # noqa: PLC0415 - `import realm_jupyter` stays fast

        info = self._backend.model_info(self._choose(model), digest=False)
        job = batch.BatchJob(
            model=info,
            prompts=batch.checked_prompts(prompts),
            config=_config(config, sampling),
            raw=raw,
            system=system,
        )
        if cluster is not None and cluster is not False:
            if num_parallel is not None:
                raise ConfigError(
                    "on a cluster num_parallel is one of ClusterOptions", field="num_parallel"
                )
            rows_of = _rows_on_cluster(self, info, batch.ClusterOptions.of(cluster))
        else:
            rows_of = batch.rows_on_backend(self._backend, self._num_parallel(num_parallel))
        return batch.run_batch(job, rows_of, output=output, on_progress=on_progress, cancel=cancel)

    async def agenerate(self, prompt: str | None = None, **options: Any) -> GenerationResponse:
        """Generate without blocking the event loop; takes what `stream` takes."""
        return await (await _start(self.stream, prompt, **options)).aresult()

    async def achat(
        self, messages: Sequence[ChatMessage | Mapping[str, Any]] | str, **options: Any
    ) -> GenerationResponse:
        """Answer a conversation without blocking the event loop."""
        return await (await _start(self.stream_chat, messages, **options)).aresult()

    async def astream(self, prompt: str | None = None, **options: Any) -> AsyncIterator[TokenEvent]:
        """Yield `TokenEvent` without blocking the event loop; leaving the loop cancels."""
        async for event in await _start(self.stream, prompt, **options):
            yield event

    async def astream_chat(
        self, messages: Sequence[ChatMessage | Mapping[str, Any]] | str, **options: Any
    ) -> AsyncIterator[TokenEvent]:
        """Yield the events of an answer without blocking the event loop."""
        async for event in await _start(self.stream_chat, messages, **options):
            yield event

    # -- embeddings ----------------------------------------------------------------

    def embed(
        self,
        texts: str | Sequence[str | Sequence[int]],
        *,
        model: str | None = None,
        cancel: CancelToken | None = None,
    ) -> EmbeddingResponse:
        """Return embeddings: the mean of each text's hidden states, of unit length.

        The hidden states are those after the model's final norm, over all tokens of the text.
        A model that was trained to write, not to embed, gives vectors of modest quality.

        Parameters
        ----------
        texts : str or sequence of str
            Each with BOS and EOS as the vocabulary says; token ids are taken as they are.
        model : str, optional
            Id of a loaded model; the current one by default.
        cancel : CancelToken, optional
            Stops before the next text.

        Returns
        -------
        EmbeddingResponse
            Its ``vectors`` have the shape (N, E).

        Raises
        ------
        PromptError
            If there is no text, one is empty or no text, or ``cancel`` was raised.
        ContextLengthError
            If a text is longer than the context.
        ConfigError
            If the model's executor makes no embeddings.

        Examples
        --------
        >>> from realm_jupyter import Realm
        >>> with Realm(default_model="paris") as realm:
        ...     vectors = realm.embed(["France", "Italy"]).vectors
        >>> vectors.shape
        (2, 192)
        """
        items = [texts] if isinstance(texts, str) else list(texts)
        if not items:
            raise PromptError("give at least one text to embed")
        for item in items:
            if isinstance(item, (bytes, int)) or not hasattr(item, "__iter__"):
                kind = type(item).__name__
                raise PromptError(f"texts to embed are text or token ids, not {kind}")
        return self._backend.embed(self._choose(model), items, cancel)

    # -- tokens --------------------------------------------------------------------

    def tokenize(
        self,
        text: str,
        *,
        model: str | None = None,
        add_special: bool = False,
        parse_special: bool = False,
    ) -> list[int]:
        """Return the token ids of a text.

        Parameters
        ----------
        text : str
        model : str, optional
        add_special : bool
            Add BOS and EOS as the vocabulary says.
        parse_special : bool
            Recognise control tokens in the text.
        """
        return self._backend.tokenize(
            self._choose(model), text, add_special=add_special, parse_special=parse_special
        )

    def detokenize(
        self,
        token_ids: Iterable[int],
        *,
        model: str | None = None,
        render_special: bool = False,
    ) -> str:
        """Return the text of token ids; control tokens are left out unless asked for."""
        return self._backend.detokenize(
            self._choose(model), list(token_ids), render_special=render_special
        )

    def count_tokens(self, text: str, *, model: str | None = None) -> int:
        """Return how many tokens a text has."""
        return len(self.tokenize(text, model=model))

    # -- the tenant ----------------------------------------------------------------

    @property
    def limits(self) -> TenantLimits:
        """What this realm may use. New limits hold for requests and guest instances to come.

        Raises
        ------
        ConfigError
            If the realm does not run in this process.
        """
        return self._tenant_backend().limits

    @limits.setter
    def limits(self, limits: TenantLimits) -> None:
        self._tenant_backend().limits = limits

    @property
    def share_prefixes(self) -> bool:
        """Whether requests to come share prefixes with other tenants who opted in.

        Raises
        ------
        ConfigError
            If the realm does not run in this process.
        """
        return self._tenant_backend().share_prefixes

    @share_prefixes.setter
    def share_prefixes(self, share_prefixes: bool) -> None:
        self._tenant_backend().share_prefixes = share_prefixes

    def stats(self) -> TenantStats:
        """Return what this realm did and holds: tokens, speed, KV cache, memory.

        Raises
        ------
        ConfigError
            If the realm does not run in this process.
        """
        return self._tenant_backend().stats()

    # -- inside --------------------------------------------------------------------

    def _stream_when_there_is_room(
        self, prompt: str, handles: Sequence[GenerationHandle], options: dict[str, Any]
    ) -> GenerationHandle:
        while True:
            try:
                return self.stream(prompt, **options)
            except TenantBusyError:
                oldest = next((handle for handle in handles if not handle.is_done), None)
                if oldest is None:
                    raise
                oldest.result()

    def _num_parallel(self, wanted: int | None) -> int:
        if wanted is not None and (not isinstance(wanted, int) or wanted < 1):
            raise ConfigError.not_allowed("num_parallel", wanted, "a whole number of at least 1")
        limit = None
        if isinstance(self._backend, TenantBackend):
            limit = self._backend.limits.num_sequences
        return wanted or min(limit or _NUM_PARALLEL, _NUM_PARALLEL)

    def _tenant_backend(self) -> TenantBackend:
        if not isinstance(self._backend, TenantBackend):
            raise ConfigError(
                "this realm does not run in this process, so that its limits and figures are "
                "not here",
                field="backend",
            )
        return self._backend

    def _choose(self, model: str | None) -> str:
        if self._is_closed:
            raise TenantClosedError("this realm is closed; make a new one")
        found = self._find(model)
        if found is not None:
            return found
        if self._default_model is None:
            raise ModelNotFoundError(
                "no model is loaded; load one with load_model(path), or a model that ships "
                "with the package with load_model('paris')"
            )
        with self._default_lock:
            found = self._find(model)
            if found is not None:
                return found
            source = Path(self._default_model).expanduser()
            return self.load_model(source if source.exists() else self._default_model).id

    def _find(self, model: str | None) -> str | None:
        """Return the id that a request goes to; None if that is a default still to be loaded."""
        if model is None:
            return self.current_model
        is_known = model != self._default_model or self.is_model_loaded(model)
        return model if is_known else None


def _local_backend(
    guest: str | PathLike[str] | bytes | bytearray | None, **options: Any
) -> Backend:
    # Imported here: `import realm_jupyter` must not load wasmtime.
    from realm_jupyter.engine import Engine, LocalBackend  # noqa: PLC0415

    return LocalBackend(Engine(), owns_engine=True, guest=_guest(guest), **options)


def _rows_on_cluster(realm: Realm, info: ModelInfo, options: ClusterOptions) -> Any:
    """Return what runs prompts on a cluster whose workers load the model of ``info``."""
    from realm_jupyter.batch.cluster import rows_on_cluster  # noqa: PLC0415 - an extra
    from realm_jupyter.models.sources import is_shipped  # noqa: PLC0415 - numpy waits

    if realm.server_url is not None:
        raise ConfigError(
            "cluster= runs copies of a model of this process; a server decides itself where its "
            "models run (realm serve --ray)",
            field="cluster",
        )
    path = Path(info.path)
    if not path.is_file():
        raise ConfigError(
            f"the model {info.id} was loaded from bytes; load it from a file that all machines "
            "of the cluster have",
            field="cluster",
        )
    source = path.stem if is_shipped(path) else str(path.resolve())
    open_backend = partial(_worker_backend, source, info.id, info.executor)
    return rows_on_cluster(open_backend, options)


def _worker_backend(source: str, model_id: str, executor: str) -> Backend:
    """Return the backend of a worker, which has this model only."""
    backend = _local_backend(None)
    backend.load_model(
        source,
        model_id,
        device="auto",
        executor=executor,
        kv_type="auto",
        prefix_cache_bytes=None,
        on_progress=None,
        cancel=None,
    )
    return backend


def _client_backend(options: dict[str, Any]) -> Backend:
    try:
        from realm_jupyter.client import ClientBackend  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(
            f"mode='server' needs the extra 'client' ({error.name} is missing): "
            "pip install 'realm-jupyter[client]'",
            field="mode",
            value="server",
        ) from error
    return ClientBackend(**{name: value for name, value in options.items() if value is not None})


def _refuse(mode: str, **options: Any) -> None:
    for name, value in options.items():
        if value is not None:
            raise ConfigError(f"{name} has no meaning in mode={mode!r}", field=name, value=value)


def _guest(guest: str | PathLike[str] | bytes | bytearray | None) -> Any:
    if guest is None:
        return None
    from realm_jupyter.sandbox import find_guest  # noqa: PLC0415 - as above

    return find_guest(guest)


def _config(config: GenerationConfig | None, sampling: dict[str, Any]) -> GenerationConfig:
    return (config or GenerationConfig()).with_changes(**sampling)


def _messages(
    messages: Sequence[ChatMessage | Mapping[str, Any]] | str, system: str | None
) -> tuple[ChatMessage, ...]:
    if isinstance(messages, str):
        messages = [ChatMessage("user", messages)]
    turns = tuple(ChatMessage.from_any(message) for message in messages)
    if not turns:
        raise PromptError("the conversation is empty: give at least one message")
    return turns if system is None else (ChatMessage("system", system), *turns)


def _wait(
    handle: GenerationHandle, on_token: Callable[[TokenEvent], object] | None
) -> GenerationResponse:
    if on_token is not None:
        for event in handle:
            on_token(event)
    try:
        return handle.result()
    except BaseException:
        handle.cancel()
        raise


async def _start(
    start: Callable[..., GenerationHandle], *args: Any, **options: Any
) -> GenerationHandle:
    """Start a generation in a worker thread; a cancelled task cancels it too."""
    pending = asyncio.ensure_future(asyncio.to_thread(start, *args, **options))
    try:
        return await asyncio.shield(pending)
    except asyncio.CancelledError:
        pending.add_done_callback(_cancel_started)
        raise


def _cancel_started(pending: asyncio.Future[GenerationHandle]) -> None:
    if not pending.cancelled() and pending.exception() is None:
        pending.result().cancel()
