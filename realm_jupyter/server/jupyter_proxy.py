"""A server that jupyter-server-proxy starts and stands before: ``/realm/`` of a Jupyter server."""

from __future__ import annotations

import secrets
import sys
from typing import Any

__all__ = ["setup"]

_START_S = 300


def setup() -> dict[str, Any]:
    """Return what jupyter-server-proxy has to know (its entry point calls this).

    Whoever may use the Jupyter server may use the models: the proxy presents a key that
    nobody else knows. Notebooks of the same user find the server too.
    """
    key = secrets.token_urlsafe(24)
    return {
        "command": [sys.executable, "-m", "realm_jupyter", "serve", "--port", "{port}"],
        "environment": {"REALM_API_KEY": key},
        "request_headers_override": {"Host": "127.0.0.1", "Authorization": f"Bearer {key}"},
        "timeout": _START_S,
        "new_browser_tab": False,
        "launcher_entry": {"enabled": False},
    }
