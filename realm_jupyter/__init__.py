"""Local, private language models inside a notebook: sandboxed, shared, streaming.

>>> import realm_jupyter
>>> "Realm" in dir(realm_jupyter)
True

In a notebook: ``%load_ext realm_jupyter``, then ``%%realm generate``.
Nothing heavy is imported until a model is loaded.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realm_jupyter.batch import BatchProgress, BatchResult, BatchRow, ClusterOptions
    from realm_jupyter.errors import RealmError
    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.limits import TenantLimits
    from realm_jupyter.realm import Realm
    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.stats import ModelStats, RegistryStats, TenantStats
    from realm_jupyter.types import (
        CancelToken,
        ChatMessage,
        EmbeddingResponse,
        GenerationConfig,
        GenerationResponse,
        LoadProgress,
        ModelInfo,
        Timings,
        TokenEvent,
        TokenLogprob,
        Usage,
    )
    from realm_jupyter.widget import chat_widget, inspect, models_widget

__version__ = "0.1.0"

__all__ = [
    "BatchProgress",
    "BatchResult",
    "BatchRow",
    "CancelToken",
    "ChatMessage",
    "ClusterOptions",
    "EmbeddingResponse",
    "GenerationConfig",
    "GenerationHandle",
    "GenerationResponse",
    "LoadProgress",
    "ModelInfo",
    "ModelStats",
    "Realm",
    "RealmError",
    "RealmRegistry",
    "RegistryStats",
    "TenantLimits",
    "TenantStats",
    "Timings",
    "TokenEvent",
    "TokenLogprob",
    "Usage",
    "__version__",
    "chat_widget",
    "inspect",
    "load_ipython_extension",
    "models_widget",
    "unload_ipython_extension",
]

_HOMES = {
    "BatchProgress": "batch",
    "BatchResult": "batch",
    "BatchRow": "batch",
    "ClusterOptions": "batch",
    "GenerationHandle": "handle",
    "ModelStats": "stats",
    "Realm": "realm",
    "RealmError": "errors",
    "RealmRegistry": "registry",
    "RegistryStats": "stats",
    "TenantLimits": "limits",
    "TenantStats": "stats",
    "chat_widget": "widget",
    "inspect": "widget",
    "models_widget": "widget",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_HOMES.get(name, 'types')}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """Register ``%realm`` and ``%%realm`` (called by ``%load_ext realm_jupyter``)."""
    importlib.import_module(f"{__name__}.magics").load_ipython_extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Remove the magics and close their models (called by ``%unload_ext``)."""
    importlib.import_module(f"{__name__}.magics").unload_ipython_extension(ipython)
