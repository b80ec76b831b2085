"""What a server is told when it starts."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError
from realm_jupyter.limits import TenantLimits

if TYPE_CHECKING:
    from pathlib import Path

    from realm_jupyter.server.keys import Key

__all__ = ["DEFAULT_LIMITS", "ServerSettings", "local_url"]

_MAX_PORT = 65535

DEFAULT_LIMITS = TenantLimits(num_sequences=64, queue_length=256)
"""Of each key, unless a server is told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How a server listens, whom it lets in, and how much it takes.

    Parameters
    ----------
    keys : tuple of Key
        Who may; at least one.
    host : str
        Address to listen on.
    port : int, 0 to 65535
        0 takes a free one.
    models_folder : Path, optional
        Administrators may load what lies below it; shipped models in any case.
    allowed_hosts : tuple of str
        Names in the Host header beyond this machine's own.
    allowed_origins : tuple of str
        Web pages that may call from a browser, such as ``"https://example.org"``;
        ``"*"`` is all of them.
    limits : TenantLimits
        Of each key.
    max_body_bytes, max_upload_bytes : int
        Of a request, and of a model file that an administrator sends.
    body_timeout_s : float
        Longest pause while a body comes.
    send_timeout_s : float
        Longest time that a client may take nothing of a stream.
    heartbeat_s : float
        A stream says something at least this often.
    grace_s : float
        Running streams may go on for this long when the server ends.

    Raises
    ------
    ConfigError
        If a value is out of its range.
    """

    keys: tuple[Key, ...] = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    models_folder: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    limits: TenantLimits = DEFAULT_LIMITS
    max_body_bytes: int = 16 << 20
    max_upload_bytes: int = 64 << 30
    body_timeout_s: float = 30.0
    send_timeout_s: float = 60.0
    heartbeat_s: float = 15.0
    grace_s: float = 10.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _MAX_PORT:
            raise ConfigError(
                f"the port {self.port} is not allowed: it must be from 0 to {_MAX_PORT}",
                field="port",
                value=self.port,
                allowed=f"0 to {_MAX_PORT}",
            )
        if not self.keys:
            raise ConfigError("a server needs at least one key", field="keys")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


def local_url(host: str, port: int) -> str:
    """Return where clients on this machine find what listens on an address.

    Examples
    --------
    >>> local_url("0.0.0.0", 8080), local_url("::1", 80)
    ('http://127.0.0.1:8080', 'http://[::1]:80')
    """
    if host in {"0.0.0.0", ""}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    elif host == "::":
        host = "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
