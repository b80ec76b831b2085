"""The door: sizes, Host, Origin and key are checked before anything else runs."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from realm_jupyter.errors import APIStatusError, RealmError
from realm_jupyter.server.answers import error_answer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from realm_jupyter.server.keys import Key, KeyRing
    from realm_jupyter.server.settings import ServerSettings

__all__ = ["CallerSource", "Guard"]

OPEN_PATH = "/health"
"""The only path that needs no key."""

_MAX_HEADER_BYTES = 32 << 10
_MAX_HEADERS = 100
_CORS_METHODS = "GET, POST, OPTIONS"
_CORS_MAX_AGE_S = 600


class CallerSource(Protocol):
    """Tells who comes with a key."""

    def of(self, key: Key) -> object:
        """Return the caller with a key."""
        ...


class Guard:
    """Lets requests in, or answers them.

    Parameters
    ----------
    app : ASGI application
    settings : ServerSettings
    keys : KeyRing
    callers : CallerSource
        Requests get theirs as ``scope["state"]["caller"]``.
    """

    def __init__(
        self, app: ASGIApp, *, settings: ServerSettings, keys: KeyRing, callers: CallerSource
    ) -> None:
        self._app = app
        self._keys = keys
        self._callers = callers
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.allowed_origins)
        self._hosts = _own_names(settings) | {name.lower() for name in settings.allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        is_shared = bool(origin) and self._may_share(origin)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = MutableHeaders(scope=message)
                extra["x-content-type-options"] = "nosniff"
                if is_shared:
                    extra["access-control-allow-origin"] = origin
                    # When to try again, which pages could not read otherwise.
                    extra["access-control-expose-headers"] = "retry-after"
                    extra.add_vary_header("Origin")
            await send(message)

        try:
            answer = self._check(scope, headers, origin, is_shared=is_shared)
        except RealmError as error:
            answer = error_answer(error)
        await (answer or self._app)(scope, receive, send_with_headers)

    def _check(
        self, scope: Scope, headers: Headers, origin: str, *, is_shared: bool
    ) -> Response | None:
        """Return an answer for requests that go no further.

        Raises
        ------
        APIStatusError
            If the request may not pass.
        """
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        size += len(scope.get("raw_path") or b"") + len(scope["query_string"])
        if size > _MAX_HEADER_BYTES or len(scope["headers"]) > _MAX_HEADERS:
            raise APIStatusError("the headers are too large", status=431, body="headers_too_large")
        self._check_host(headers)
        if origin and not is_shared and not _is_same_origin(origin, headers.get("host", "")):
            raise APIStatusError(
                f"pages of {origin[:200]!r} may not call this server; allow them with "
                "realm serve --allow-origin",
                status=403,
                body="origin_not_allowed",
            )
        if is_shared and scope["method"] == "OPTIONS" and _is_preflight(headers):
            return _preflight_answer(headers)
        if scope["path"] != OPEN_PATH:
            self._check_key(scope, headers)
        return None

    def _check_host(self, headers: Headers) -> None:
        # A page whose name was made to point at this machine (DNS rebinding) sends that name.
        hosts = headers.getlist("host")
        name = _host_name(hosts[0]) if len(hosts) == 1 else ""
        if _is_address(name) or name in self._hosts or name.endswith(".localhost"):
            return
        raise APIStatusError(
            f"this server is not called {name[:200]!r}; allow the name with "
            "realm serve --allow-host",
            status=421,
            body="host_not_allowed",
        )

    def _check_key(self, scope: Scope, headers: Headers) -> None:
        given = headers.getlist("authorization")
        scheme, _, secret = (given[0] if len(given) == 1 else "").partition(" ")
        key = self._keys.find(secret.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            problem = "the API key is wrong" if given else "an API key is missing"
            raise APIStatusError(
                f"{problem}; send it as 'Authorization: Bearer KEY'",
                status=401,
                body="invalid_api_key",
            )
        scope.setdefault("state", {})["caller"] = self._callers.of(key)

    def _may_share(self, origin: str) -> bool:
        return "*" in self._origins or origin.lower() in self._origins


def _own_names(settings: ServerSettings) -> set[str]:
    names = {"localhost", settings.host.lower()}
    if not settings.is_local:
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return names


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _host_name(host: str) -> str:
    """Return a Host header without port and brackets, or nothing if it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_same_origin(origin: str, host: str) -> bool:
    scheme, separator, rest = origin.lower().partition("://")
    return scheme in {"http", "https"} and bool(separator) and rest == host.lower()


def _is_preflight(headers: Headers) -> bool:
    return "access-control-request-method" in headers


def _preflight_answer(headers: Headers) -> Response:
    return Response(
        status_code=204,
        headers={
            "access-control-allow-methods": _CORS_METHODS,
            "access-control-allow-headers": headers.get(
                "access-control-request-headers", "authorization, content-type"
            ),
            "access-control-max-age": str(_CORS_MAX_AGE_S),
        },
    )
