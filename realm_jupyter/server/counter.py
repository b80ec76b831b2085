"""Counts answers by route and status."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from realm_jupyter.server.service import Service

__all__ = ["Counter"]


class Counter:
    """Passes requests on and counts how they were answered."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        self._app = app
        self._requests = service.metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request."""

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route's pattern, not the path: strangers must not make up figures.
                route = getattr(scope.get("route"), "path", "other")
                self._requests.labels(route, str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, send_counted if scope["type"] == "http" else send)
