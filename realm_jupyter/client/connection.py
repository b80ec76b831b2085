"""Requests to a server: errors become our own, and what is safe is tried again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
from pydantic_core import PydanticSerializationError

from realm_jupyter.errors import APIConnectionError, APITimeoutError, ConfigError, PromptError
from realm_jupyter.protocol.error_table import error_from

if TYPE_CHECKING:
    from pydantic import BaseModel

    from realm_jupyter.client.address import Address, Addresses

__all__ = ["Connection", "connection_error"]

CONNECT_S = 5.0
MAX_RETRIES = 3
_FIRST_PAUSE_S = 0.2
# The longest pause that a server can ask for; beyond it the caller should decide.
_LONGEST_PAUSE_S = 5.0
_REFUSED_FOR_NOW = (429, 503)
_UNAUTHORIZED = 401
_FIRST_ERROR = 400


class Connection:
    """A pool of connections to one server. All coroutines run on the clients' loop.

    Parameters
    ----------
    addresses : Addresses
    timeout_s : float
        Longest silence of the server; it says something at least every 15 s while it
        streams.
    max_retries : int
        How often a request is tried again that the server cannot have begun: it was not
        reached, or refused for now. Reading requests are tried again in any case.

    Raises
    ------
    ConfigError
        If ``timeout_s`` or ``max_retries`` is out of range.
    """

    def __init__(self, addresses: Addresses, timeout_s: float, max_retries: int) -> None:
        if not timeout_s > 0:
            raise ConfigError(
                f"timeout={timeout_s!r} is not allowed: it must be above 0",
                field="timeout",
                value=timeout_s,
                allowed="seconds above 0",
            )
        if max_retries < 0:
            raise ConfigError("max_retries must be at least 0", field="max_retries")
        self._addresses = addresses
        self._timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s), pool=None)
        self._max_retries = max_retries
        self._address: Address | None = None
        self._client: httpx.AsyncClient | None = None

    @property
    def url(self) -> str:
        """Where the server is, or was when it was last looked for."""
        return "" if self._address is None else self._address.url

    async def send(
        self,
        method: str,
        path: str,
        *,
        stream: bool = False,
        can_repeat: bool = True,
        **options: Any,
    ) -> httpx.Response:
        """Send a request and return its answer, which is no error.

        Parameters
        ----------
        method, path : str
        stream : bool
            Whether the body is read later, by whoever closes the response.
        can_repeat : bool
            False where what is sent can be read only once.
        **options
            Of ``httpx.AsyncClient.build_request``.

        Raises
        ------
        APIConnectionError
            If the server could not be reached or went away.
        APITimeoutError
            If it said nothing for too long.
        RealmError
            What the server raised.
        """
        num_tries = 0
        while True:
            before = self._address
            client = self._open()
            request = client.build_request(method, f"{self.url}{path}", **options)
            try:
                response = await client.send(request, stream=True)
            except httpx.TransportError as error:
                is_safe = method == "GET" or isinstance(
                    error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
                )
                self._address = None  # it may have moved
                if not is_safe or num_tries >= self._max_retries:
                    raise connection_error(error, self._where(before)) from error
                pause_s = _FIRST_PAUSE_S * 2**num_tries
            else:
                if response.status_code < _FIRST_ERROR:
                    if not stream:
                        await _read(response, self.url)
                    return response
                await _read(response, self.url)
                pause = self._pause_after(response, num_tries) if can_repeat else None
                if pause is None:
                    raise error_from(response.status_code, response.content)
                pause_s = pause
            num_tries += 1
            await asyncio.sleep(pause_s)

    async def post(self, path: str, message: BaseModel, *, stream: bool = False) -> httpx.Response:
        """Send a message; see `send`.

        Raises
        ------
        PromptError
            If its text is no Unicode.
        """
        try:
            data = message.model_dump_json(exclude_none=True)
        except PydanticSerializationError as error:
            raise PromptError(
                "the text holds a lone surrogate, which is no character; encode it properly first"
            ) from error
        headers = {"content-type": "application/json"}
        return await self.send("POST", path, stream=stream, content=data, headers=headers)

    async def aclose(self) -> None:
        """Close all connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open(self) -> httpx.AsyncClient:
        if self._address is None:
            self._address = self._addresses.find()
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=self._timeout,
                # Reading all certificates takes as long as several answers.
                verify=self._address.url.startswith("https:"),
                # Proxies of the environment are for other machines.
                trust_env=not self._address.is_local,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            )
        key = self._address.api_key
        self._client.headers.pop("authorization", None)
        if key is not None:
            self._client.headers["authorization"] = f"Bearer {key}"
        return self._client

    def _pause_after(self, response: httpx.Response, num_tries: int) -> float | None:
        """Return how long to wait before trying again; None where that is of no use."""
        if num_tries >= self._max_retries:
            return None
        status = response.status_code
        if status == _UNAUTHORIZED:
            # A server that was started anew has another key in its file.
            before, self._address = self._address, None
            return 0.0 if self._addresses.find() != before else None
        asked = response.headers.get("retry-after", "")
        if status not in _REFUSED_FOR_NOW or not asked.isdecimal():
            return None
        return float(asked) if float(asked) <= _LONGEST_PAUSE_S else None

    def _where(self, before: Address | None) -> str:
        return "the server" if before is None else before.url


async def _read(response: httpx.Response, where: str) -> None:
    try:
        await response.aread()
    except httpx.TransportError as error:
        raise connection_error(error, where) from error
    finally:
        await response.aclose()


def connection_error(
    error: httpx.TransportError, where: str, *, partial_text: str = ""
) -> APIConnectionError | APITimeoutError:
    """Return our error for one of httpx."""
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return APITimeoutError(f"{where} said nothing for too long", partial_text=partial_text)
    detail = str(error) or type(error).__name__
    if partial_text or not isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        message = f"the connection to {where} broke: {detail}"
    else:
        message = f"{where} cannot be reached: {detail}; is the server running?"
    return APIConnectionError(message, partial_text=partial_text)
