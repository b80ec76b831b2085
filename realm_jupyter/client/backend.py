"""`ClientBackend`: the `Backend` of a `Realm` whose models run in a server."""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import queue
import secrets
import time
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from realm_jupyter.client.address import Addresses
from realm_jupyter.client.connection import MAX_RETRIES, Connection
from realm_jupyter.client.embedding import embed
from realm_jupyter.client.loading import load_model
from realm_jupyter.client.loop import run, the_loop, unless_cancelled
from realm_jupyter.client.stream import TextStream
from realm_jupyter.errors import APIError, ConfigError, PromptError, TenantClosedError
from realm_jupyter.handle import GenerationHandle
from realm_jupyter.protocol.chat import ChatRequest
from realm_jupyter.protocol.completion import CompletionRequest
from realm_jupyter.protocol.models import Model, ModelList, ModelName, Unloaded
from realm_jupyter.protocol.text import (
    DetokenizeReply,
    DetokenizeRequest,
    TokenizeReply,
    TokenizeRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from os import PathLike

    import httpx
    from pydantic import BaseModel

    from realm_jupyter.backend import GenerationRequest
    from realm_jupyter.types import CancelToken, EmbeddingResponse, LoadProgress, ModelInfo

__all__ = ["ClientBackend"]

M = TypeVar("M", bound="BaseModel")

TIMEOUT_S = 60.0
_SEED_BITS = 32
_WAIT_S = 0.05
_FRESH_S = 0.05
_NOT_SEEN: tuple[float, list[ModelInfo]] = (-math.inf, [])


class ClientBackend:
    """Models of a server, for one tenant: the key that is presented.

    Parameters
    ----------
    base_url : str, optional
        The server; the newest running one of this user by default.
    api_key : str, optional
    timeout : float
        Longest silence of the server, in seconds.
    max_retries : int
        How often a request is tried again that the server cannot have begun.

    Notes
    -----
    Safe from any thread. `use_model` chooses for this client only: other users of the
    server keep their own. After the server was restarted the same object works on.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = TIMEOUT_S,
        max_retries: int = MAX_RETRIES,
    ) -> None:
        self._connection = Connection(Addresses(base_url, api_key), timeout, max_retries)
        self._chosen: str | None = None
        self._seen = _NOT_SEEN
        self._is_closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        # A realm that was forgotten instead of closed gives everything back too.
        self._finalizer = weakref.finalize(self, _abandon, self._connection, self._tasks)
        self._finalizer.atexit = False

    @property
    def url(self) -> str:
        """Where the server is, once it was reached."""
        return self._connection.url

    # -- models --------------------------------------------------------------------

    def load_model(
        self,
        source: str | PathLike[str] | bytes | bytearray | memoryview,
        model_id: str | None,
        *,
        device: str,
        executor: str,
        kv_type: str,
        prefix_cache_bytes: int | None,
        on_progress: Callable[[LoadProgress], None] | None,
        cancel: CancelToken | None,
    ) -> ModelInfo:
        """Load a model in the server and make it current; needs an administrator's key.

        A name that the server knows is loaded there; a file of this machine is sent. The
        server decides about its KV cache.
        """
        self._check_open()
        if kv_type != "auto" or prefix_cache_bytes is not None:
            raise ConfigError(
                "kv_type and prefix_cache_bytes are the server's to decide", field="kv_type"
            )
        news: queue.SimpleQueue[LoadProgress] = queue.SimpleQueue()
        work = load_model(
            self._connection,
            source,
            model_id,
            device=device,
            executor=executor,
            on_progress=news.put,
            cancel=cancel,
        )
        loading = asyncio.run_coroutine_threadsafe(work, the_loop())
        try:
            # The callback is the caller's: it runs, and may raise, on the caller's thread.
            while not concurrent.futures.wait([loading], timeout=_WAIT_S).done or not news.empty():
                while not news.empty():
                    progress = news.get()
                    if on_progress is not None:
                        on_progress(progress)
        except BaseException:
            loading.cancel()
            raise
        info = loading.result()
        self._choose(info.id)
        return info

    def unload_model(self, model_id: str) -> int:
        """Unload a model of the server and return the bytes freed; for administrators."""
        reply = self._post("/admin/models/unload", ModelName(id=model_id), Unloaded)
        self._seen = _NOT_SEEN
        return reply.freed_bytes

    def use_model(self, model_id: str) -> None:
        """Send this client's requests to a loaded model from now on."""
        self._choose(self.model_info(model_id, digest=False).id)

    def models(self) -> list[ModelInfo]:
        """Return the server's models in the order of loading."""
        models = self._get("/v1/models", ModelList).data
        infos = [_info(model) for model in models]
        if self._chosen in {info.id for info in infos}:
            infos = [replace(info, is_current=info.id == self._chosen) for info in infos]
        self._seen = (time.monotonic(), infos)
        return infos

    def model_ids(self) -> list[str]:
        """Return the ids of the server's models in the order of loading."""
        return [info.id for info in self.models()]

    def model_info(self, model_id: str, *, digest: bool) -> ModelInfo:
        """Return what is known of a loaded model; with ``digest`` its file is hashed."""
        path = f"/v1/models/{quote(model_id, safe='')}"
        model = self._get(path, Model, params={"digest": "true"} if digest else None)
        info = _info(model)
        return info if self._chosen is None else replace(info, is_current=info.id == self._chosen)

    @property
    def current_model(self) -> str | None:
        """Id of the model that requests go to by default."""
        seen_s, infos = self._seen
        # A realm asks for the models first, and then for this.
        if time.monotonic() - seen_s > _FRESH_S:
            infos = self.models()
        return next((info.id for info in infos if info.is_current), None)

    # -- text ----------------------------------------------------------------------

    def tokenize(
        self, model_id: str, text: str, *, add_special: bool, parse_special: bool
    ) -> list[int]:
        """Return the token ids of a text."""
        message = TokenizeRequest(
            model=model_id, text=text, add_special=add_special, parse_special=parse_special
        )
        return self._post("/tokenize", message, TokenizeReply).token_ids

    def detokenize(self, model_id: str, token_ids: list[int], *, render_special: bool) -> str:
        """Return the text of token ids."""
        message = DetokenizeRequest(
            model=model_id, token_ids=tuple(token_ids), render_special=render_special
        )
        return self._post("/detokenize", message, DetokenizeReply).text

    def embed(
        self, model_id: str, texts: Sequence[str | Sequence[int]], cancel: CancelToken | None
    ) -> EmbeddingResponse:
        """Return the embeddings of texts, or of token ids."""
        self._check_open()
        work = embed(self._connection, model_id, texts)
        return run(unless_cancelled(work, cancel, PromptError("the embeddings were cancelled")))

    def start(self, request: GenerationRequest) -> GenerationHandle:
        """Start a generation; errors of the request itself are raised here."""
        self._check_open()
        if request.config.seed is None:
            # Drawn here, so that a text that is cut off can be made again.
            seed = secrets.randbits(_SEED_BITS)
            request = replace(request, config=request.config.with_changes(seed=seed))
        message: ChatRequest | CompletionRequest
        if request.messages is None:
            path, message = "/v1/completions", CompletionRequest.of(request, stream=True)
        else:
            path, message = "/v1/chat/completions", ChatRequest.of(request, stream=True)
        return run(self._start(path, message, request))

    async def _start(
        self, path: str, message: BaseModel, request: GenerationRequest
    ) -> GenerationHandle:
        started_s = time.perf_counter()
        response = await self._connection.post(path, message, stream=True)
        handle = GenerationHandle()
        stream = TextStream(
            response,
            handle,
            model=request.model,
            seed=request.config.seed or 0,
            started_s=started_s,
        )
        loop = asyncio.get_running_loop()
        task = loop.create_task(stream.read())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

        def cancel() -> None:
            loop.call_soon_threadsafe(task.cancel)

        handle.on_cancel(cancel)
        try:
            await stream.begun()
        except BaseException:  # an interrupt: nobody will have the handle
            task.cancel()
            raise
        return handle

    # -- the end -------------------------------------------------------------------

    def close(self) -> None:
        """Cancel what runs and close the connections; twice is fine."""
        self._is_closed = True
        run(_finish(self._connection, self._tasks))

    # -- inside --------------------------------------------------------------------

    def _choose(self, model_id: str) -> None:
        self._chosen = model_id
        self._seen = _NOT_SEEN

    def _check_open(self) -> None:
        if self._is_closed:
            raise TenantClosedError("this client is closed; make a new one")

    def _get(self, path: str, kind: type[M], **options: Any) -> M:
        return self._exchange(self._connection.send("GET", path, **options), path, kind)

    def _post(self, path: str, message: BaseModel, kind: type[M]) -> M:
        return self._exchange(self._connection.post(path, message), path, kind)

    def _exchange(
        self, request: Coroutine[Any, Any, httpx.Response], path: str, kind: type[M]
    ) -> M:
        if self._is_closed:
            request.close()
        self._check_open()
        response = run(request)
        try:
            return kind.model_validate_json(response.content)
        except ValueError as error:
            raise APIError(
                f"{self.url}{path} is not a server of this package: its answer is not understood"
            ) from error


def _info(model: Model) -> ModelInfo:
    if model.info is None:
        raise APIError(f"the server tells nothing of its model {model.id!r}; is it another kind?")
    return model.info.to_info()


async def _finish(connection: Connection, tasks: set[asyncio.Task[None]]) -> None:
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await connection.aclose()


def _abandon(connection: Connection, tasks: set[asyncio.Task[None]]) -> None:
    asyncio.run_coroutine_threadsafe(_finish(connection, tasks), the_loop())
