"""What all requests of a server share."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Literal

from realm_jupyter.errors import APIStatusError, TenantClosedError
from realm_jupyter.server.caller import Callers
from realm_jupyter.server.keys import KeyRing
from realm_jupyter.server.metrics import Metrics
from realm_jupyter.server.model_folder import ModelFolder
from realm_jupyter.server.uploads import Uploads

if TYPE_CHECKING:
    from starlette.requests import Request

    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.server.caller import Caller
    from realm_jupyter.server.generations import Generations
    from realm_jupyter.server.settings import ServerSettings

__all__ = ["Service", "caller_of", "service_of"]

_EMBEDDINGS_AT_ONCE = 8

State = Literal["loading", "ok", "ending"]


class Service:
    """Models, callers and what is running; one for each server.

    Parameters
    ----------
    registry : RealmRegistry
        Whoever made it closes it.
    settings : ServerSettings

    Notes
    -----
    Used on the event loop's thread only.
    """

    def __init__(self, registry: RealmRegistry, settings: ServerSettings) -> None:
        self.registry = registry
        self.settings = settings
        self.keys = KeyRing(settings.keys)
        self.callers = Callers(registry, settings.limits)
        self.metrics = Metrics(registry)
        self.folder = ModelFolder(settings.models_folder)
        self.uploads = Uploads()
        # Texts are embedded one after another; whoever waits for that must not take all threads.
        self.embedding_turns = asyncio.Semaphore(_EMBEDDINGS_AT_ONCE)
        self.state: State = "loading"
        self._loaded: dict[str, int] = {}
        self._running: set[Generations] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    # -- models --------------------------------------------------------------------

    def loaded_at(self, model_id: str) -> int:
        """Return when a model was first seen loaded (Unix time)."""
        return self._loaded.setdefault(model_id, int(time.time()))

    def forget(self, model_id: str) -> None:
        """Take note that a model was unloaded."""
        self._loaded.pop(model_id, None)

    # -- what is running -----------------------------------------------------------

    def enter(self, generations: Generations) -> None:
        """Take note of generations that begin."""
        self._running.add(generations)
        self.metrics.running.set(len(self._running))
        self._idle.clear()

    def leave(self, generations: Generations) -> None:
        """Take note that they ended."""
        self._running.discard(generations)
        self.metrics.running.set(len(self._running))
        if not self._running:
            self._idle.set()

    async def wait_idle(self, timeout_s: float) -> bool:
        """Wait until nothing runs, for this long at most; return whether nothing does."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    def end_running(self) -> None:
        """End everything that runs; its clients are told why."""
        for generations in list(self._running):
            generations.abort(TenantClosedError("the server is ending; the text is incomplete"))

    def close(self) -> None:
        """End every tenant, and remove what was uploaded."""
        self.callers.close()
        self.uploads.close()

    def check_ready(self) -> None:
        """Refuse work while the server is loading its models, or ending.

        Raises
        ------
        APIStatusError
        """
        if self.state == "loading":
            raise APIStatusError(
                "the server is still loading its models; /health says when it is ready",
                status=503,
                body="not_ready",
            )
        if self.state == "ending":
            raise TenantClosedError("the server is ending")


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Caller:
    """Return who sent a request."""
    caller: Caller = request.state.caller
    return caller
