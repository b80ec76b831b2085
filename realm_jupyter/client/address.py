"""Where the server is and with which key: as given, or as this user's servers say."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from realm_jupyter.errors import APIConnectionError, ConfigError
from realm_jupyter.protocol import discovery

__all__ = ["Address", "Addresses"]

URL_VARIABLE = "REALM_BASE_URL"
KEY_VARIABLE = "REALM_API_KEY"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's URL, without ``/v1``, and the key to present."""

    url: str
    api_key: str | None = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, so that no proxy lies between."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


class Addresses:
    """Finds the server, again after it was restarted elsewhere.

    Parameters
    ----------
    base_url : str, optional
        Such as ``"http://127.0.0.1:8080"``, with or without ``/v1``. By default the
        environment's ``REALM_BASE_URL``, else the newest running server of this user, found
        through Jupyter's runtime folder.
    api_key : str, optional
        By default the environment's ``REALM_API_KEY``, or what the file of a server with
        this URL says.

    Raises
    ------
    ConfigError
        If the URL is none.
    """

    def __init__(self, base_url: str | None = None, api_key: str | None = None) -> None:
        url = os.environ.get(URL_VARIABLE) if base_url is None else base_url
        self._url = None if url is None else _checked_url(url)
        self._api_key = api_key

    def find(self) -> Address:
        """Return where the server is now.

        Raises
        ------
        APIConnectionError
            If no URL was given and no server of this user runs.
        """
        if self._url is not None:
            return Address(self._url, self._key_for(self._url))
        for record in discovery.running():
            return Address(record.url, self._api_key or record.token)
        raise APIConnectionError(
            "no server of yours is running on this machine; start one with `realm serve` or "
            "%realm serve, or give base_url"
        )

    def _key_for(self, url: str) -> str | None:
        given = self._api_key or os.environ.get(KEY_VARIABLE)
        if given:
            return given
        try:
            records = discovery.running()
        except ImportError:  # without Jupyter there is no folder to look into
            return None
        return next((record.token for record in records if record.url == url), None)


def _checked_url(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except (ValueError, AttributeError, TypeError):
        is_url = False
    if not is_url:
        raise ConfigError(
            f"base_url={base_url!r:.200} is not allowed: it must be a URL such as "
            "'http://127.0.0.1:8080'",
            field="base_url",
            value=base_url,
            allowed="an http or https URL",
        )
    return base_url.rstrip("/").removesuffix("/v1").rstrip("/")
