"""A server in this process: listens, loads its models, and ends without breaking texts."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import uvicorn

from realm_jupyter.errors import ConfigError
from realm_jupyter.human import versions
from realm_jupyter.protocol import discovery
from realm_jupyter.protocol.discovery import ServerRecord
from realm_jupyter.server.app import create_app
from realm_jupyter.server.http_protocol import LimitedProtocol
from realm_jupyter.server.service import Service
from realm_jupyter.server.settings import local_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.server.settings import ServerSettings

__all__ = ["RealmServer", "publish"]

_BACKLOG = 512
# Longer than clients keep idle connections (httpx: 5 s), so that it is they who close them: a
# request must not meet a connection that the server is just closing.
_KEEP_ALIVE_S = 75
# They mostly wait: for a sandbox, a file, a template.
_NUM_THREADS = 64
_WAIT_S = 0.05
_IPV6 = ":"


class RealmServer:
    """The HTTP server over a registry.

    Parameters
    ----------
    registry : RealmRegistry
        Whoever made it closes it, after the server ended.
    settings : ServerSettings
    loads : sequence of callable
        Load the models to begin with, one after another; each is called on a worker
        thread. Until the last returned, `/health` answers 503.

    Raises
    ------
    ConfigError
        If the address cannot be used; the message says why.
    """

    def __init__(
        self,
        registry: RealmRegistry,
        settings: ServerSettings,
        loads: Sequence[Callable[[], object]] = (),
    ) -> None:
        self.settings = settings
        self._registry = registry
        self._loads = loads
        self._socket = _listen(settings.host, settings.port)
        self.port: int = self._socket.getsockname()[1]
        self._server: _Uvicorn | None = None
        self._is_stopped = False

    @property
    def url(self) -> str:
        """Where clients on this machine find it."""
        return local_url(self.settings.host, self.port)

    def run(self, on_ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop` is called or a signal comes (in the main thread).

        Parameters
        ----------
        on_ready : callable, optional
            Called when all models are loaded.

        Raises
        ------
        RealmError
            What loading a model raised; the server ended then.
        """
        asyncio.run(self._serve(on_ready))

    def stop(self) -> None:
        """End; texts that run may go on for ``grace_s``. Safe from any thread."""
        self._is_stopped = True
        if self._server is not None:
            self._server.should_exit = True

    def publish(self, secret: str, folder: Path | None = None) -> Path:
        """Let kernels of this user find the server; see `discovery.write`."""
        return publish(self.url, secret, folder)

    async def _serve(self, on_ready: Callable[[], None] | None) -> None:
        service = Service(self._registry, self.settings)
        threads = ThreadPoolExecutor(_NUM_THREADS, thread_name_prefix="realm-server")
        asyncio.get_running_loop().set_default_executor(threads)
        config = uvicorn.Config(
            create_app(service),
            http=LimitedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=5,
        )
        self._server = _Uvicorn(config, service)
        self._server.should_exit = self._is_stopped
        loading = asyncio.create_task(self._load(service, self._server, on_ready))
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            service.close()
            self._socket.close()
        if loading.done():
            loading.result()

    async def _load(
        self, service: Service, server: _Uvicorn, on_ready: Callable[[], None] | None
    ) -> None:
        try:
            for load in self._loads:
                await asyncio.to_thread(load)
        except BaseException:
            server.should_exit = True
            raise
        if service.state == "loading":
            service.state = "ok"
        if on_ready is not None and not server.should_exit:
            on_ready()


def publish(url: str, secret: str, folder: Path | None = None) -> Path:
    """Let kernels of this user find a server of this process; see `discovery.write`."""
    version = dict(versions())["realm_jupyter"]
    record = ServerRecord(url, secret, os.getpid(), time.time(), version)
    return discovery.write(record, folder)


class _Uvicorn(uvicorn.Server):
    """Ends texts with a reason before it closes connections."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new, wait for what runs, end the rest, close."""
        self._service.state = "ending"
        deadline = time.monotonic() + self._service.settings.grace_s
        while time.monotonic() < deadline and not self.force_exit:
            if await self._service.wait_idle(_WAIT_S):
                break
        self._service.end_running()
        await super().shutdown(sockets)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if _IPV6 in host else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's algorithm off, which would hold tokens back.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; choose another "
            "with --port (0 takes a free one) or --host",
            field="port",
            value=port,
        ) from error
    listener.setblocking(False)  # noqa: FBT003 - the socket's own interface
    return listener
