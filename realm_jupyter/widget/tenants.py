"""Who uses a model."""

from __future__ import annotations

from typing import Any

__all__ = ["num_tenants"]


def num_tenants(source: Any, model_id: str) -> int:
    """Return how many tenants have an instance for a model.

    Parameters
    ----------
    source : Realm or RealmRegistry
        0 where models do not run in this process.
    model_id : str
    """
    # Only the engine in this process can tell, and it has no public way to say it.
    backend = getattr(getattr(source, "_own", source), "_backend", None)
    engine = getattr(backend, "engine", None)
    if engine is None:
        return 0
    loaded = engine.get(model_id)
    return sum(loaded in tenant._instances for tenant in list(engine._tenants))  # noqa: SLF001
