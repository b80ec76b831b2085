"""The static export: a page with a model that answers in the reader's browser.

`export_web` writes a folder that any static host serves. The page itself is `js/web`, built
into ``static/``. Importing this package reads nothing; its functions do.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realm_jupyter.web.export import ExportedPage, export_web
    from realm_jupyter.web.settings import PageSettings

__all__ = ["ExportedPage", "PageSettings", "export_web"]

_HOMES = {"ExportedPage": "export", "PageSettings": "settings", "export_web": "export"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
