"""The realm of widgets that were given none."""

from __future__ import annotations

import threading
from typing import Any

from realm_jupyter.errors import ConfigError

__all__ = ["checked_source", "realm_of", "shared_realm"]

_lock = threading.Lock()
_shared: Any = None


def shared_realm() -> Any:
    """Return one `Realm` for all of them, so that a model loaded in one is in all."""
    global _shared  # noqa: PLW0603 - made once, when it is first needed
    with _lock:
        if _shared is None:
            from realm_jupyter.realm import Realm  # noqa: PLC0415 - nothing loads without need

            _shared = Realm()
        return _shared


def checked_source(source: Any) -> Any:
    """Return a realm or registry as it is, and the shared realm for None.

    Raises
    ------
    ConfigError
        If it is neither a `Realm` nor a `RealmRegistry`.
    """
    if source is None:
        return shared_realm()
    if hasattr(source, "stream_chat") and hasattr(source, "use_model"):
        return source
    raise ConfigError(
        f"a widget needs a Realm or a RealmRegistry, not {type(source).__name__}",
        field="realm",
        value=source,
        allowed="Realm or RealmRegistry",
    )


def realm_of(source: Any) -> Any:
    """Return who answers: a realm itself, a new tenant of a registry, or the shared realm.

    Raises
    ------
    ConfigError
        As `checked_source`.
    """
    found = checked_source(source)
    return found.realm() if hasattr(found, "realm") else found
