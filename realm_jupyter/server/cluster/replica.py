"""The server inside a replica: the same ASGI application, fed by the door."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from realm_jupyter.protocol.models import Model
from realm_jupyter.registry import RealmRegistry
from realm_jupyter.server.app import create_app
from realm_jupyter.server.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import Message

    from realm_jupyter.server.cluster.message import ForwardedRequest
    from realm_jupyter.server.cluster.settings import ModelSource
    from realm_jupyter.server.settings import ServerSettings

__all__ = ["ReplicaEngine", "WarmModel"]

_LOG = logging.getLogger(__name__)
_NUM_THREADS = 64
# A message through Ray costs a millisecond or more of each side's processor.
_TOGETHER_S = 0.02


class WarmModel:
    """A model that is loaded; unloaded when it has to make room for another.

    Ray Serve gives a model back by calling ``__del__`` on a thread, which waits here until no
    text runs on it.
    """

    def __init__(self, engine: ReplicaEngine, model_id: str) -> None:
        self._engine: ReplicaEngine | None = engine
        self.id = model_id

    def __del__(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.unload(self.id)


class ReplicaEngine:
    """Models, their tenants and the application over them; one for each replica.

    Parameters
    ----------
    settings : ServerSettings
    models : tuple of ModelSource

    Notes
    -----
    Made and used on the event loop's thread, but for `unload`.
    """

    def __init__(self, settings: ServerSettings, models: tuple[ModelSource, ...]) -> None:
        self._models = {model.id: model for model in models}
        self._default_model = models[0].id
        self._registry = RealmRegistry()
        self._service = Service(self._registry, settings)
        self._service.state = "ok"
        self._app = create_app(self._service)
        self._num_running: Counter[str] = Counter()
        self._idle = threading.Condition()
        self._is_closed = False
        threads = ThreadPoolExecutor(_NUM_THREADS, thread_name_prefix="realm-replica")
        asyncio.get_running_loop().set_default_executor(threads)

    async def load(self, model_id: str) -> WarmModel:
        """Load a model.

        Raises
        ------
        RealmError
            Whatever loading raises.
        """
        await asyncio.to_thread(self._load, self._models[model_id])
        return WarmModel(self, model_id)

    def _load(self, model: ModelSource) -> None:
        self._registry.load_model(
            model.id,
            model.source,
            device=model.device,
            executor=model.executor,
            kv_type=model.kv_type,
        )
        # Loading made it current, but requests that name no model go to the first.
        if self._default_model in self._registry:
            self._registry.use_model(self._default_model)

    def unload(self, model_id: str) -> None:
        """Unload a model as soon as no text runs on it; blocks, and is not for the loop."""
        with self._idle:
            self._idle.wait_for(lambda: self._is_closed or not self._num_running[model_id])
        if not self._is_closed:
            self._registry.unload_model(model_id)

    def describe(self, model_id: str) -> Model:
        """Return what is known of a loaded model."""
        info = self._registry.model_info(model_id)
        # The registry knows the models of this replica only.
        info = replace(info, is_current=model_id == self._default_model)
        return Model.of(info, self._service.loaded_at(info.id))

    def figures(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return self._service.metrics.text()

    async def answer(self, request: ForwardedRequest) -> AsyncGenerator[list[Message]]:
        """Have the application answer; whoever leaves ends the text.

        Yields
        ------
        list of Message
            What the application sent within a few milliseconds.
        """
        sent: asyncio.Queue[Message | None] = asyncio.Queue()
        is_left = asyncio.Event()
        bodies = [{"type": "http.request", "body": request.body, "more_body": False}]

        async def receive() -> Message:
            if bodies:
                return bodies.pop()
            await is_left.wait()
            return {"type": "http.disconnect"}

        async def run() -> None:
            try:
                await self._app(dict(request.scope), receive, sent.put)
            except Exception:  # noqa: BLE001 - the application has answered with status 500
                _LOG.exception("a request failed")
            finally:
                sent.put_nowait(None)

        with self._idle:
            self._num_running[request.model] += 1
        running = asyncio.create_task(run())
        now_s = asyncio.get_running_loop().time
        next_s = now_s()
        try:
            is_open = True
            while is_open:
                messages = [await sent.get()]
                await asyncio.sleep(next_s - now_s())
                while not sent.empty():
                    messages.append(sent.get_nowait())
                is_open = messages[-1] is not None
                yield [message for message in messages if message is not None]
                next_s = now_s() + _TOGETHER_S
        finally:
            is_left.set()
            await asyncio.wait({running})
            with self._idle:
                self._num_running[request.model] -= 1
                self._idle.notify_all()

    def close(self) -> None:
        """End every tenant and unload every model."""
        with self._idle:
            self._is_closed = True
            self._idle.notify_all()
        self._service.close()
        self._registry.close()
