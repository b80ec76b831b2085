"""Models that run in a server: the `Backend` over HTTP.

Needs the extra ``client`` (httpx, pydantic), but neither torch nor wasmtime.
"""

from __future__ import annotations

from realm_jupyter.client.backend import ClientBackend

__all__ = ["ClientBackend"]
