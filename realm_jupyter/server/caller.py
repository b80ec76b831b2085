"""Who calls: a key, its tenant, and what of it is running."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from realm_jupyter.errors import TenantBusyError, TenantClosedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realm_jupyter.realm import Realm
    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.server.keys import Key

__all__ = ["Caller", "Callers"]


class Caller:
    """A key and its tenant, which is made at the first request.

    Used on the event loop's thread only.
    """

    def __init__(self, key: Key, registry: RealmRegistry, max_running: int) -> None:
        self.key = key
        self._registry = registry
        self._realm: Realm | None = None
        self._max_running = max_running
        self.num_running = 0

    @property
    def realm(self) -> Realm:
        """The tenant: a sandbox of its own over the shared models."""
        if self._realm is None:
            self._realm = self._registry.realm()
        return self._realm

    @contextmanager
    def running(self, count: int) -> Iterator[None]:
        """Count generations while they run.

        Raises
        ------
        TenantBusyError
            If that is more than the key may have.
        """
        if self.num_running + count > self._max_running:
            raise TenantBusyError(
                f"{self.num_running} of at most {self._max_running} generations of this key "
                f"run or wait, and this request needs {count}; try again in a moment",
                tenant=self.key.name,
            )
        self.num_running += count
        try:
            yield
        finally:
            self.num_running -= count

    def close(self) -> None:
        """End the tenant."""
        if self._realm is not None:
            self._realm.close()


class Callers:
    """The callers by key."""

    def __init__(self, registry: RealmRegistry, max_running: int) -> None:
        self._registry = registry
        self._max_running = max_running
        self._callers: dict[str, Caller] = {}
        self._is_closed = False

    def of(self, key: Key) -> Caller:
        """Return the caller with a key.

        Raises
        ------
        TenantClosedError
            If the server is ending.
        """
        if self._is_closed:
            raise TenantClosedError("the server is ending", tenant=key.name)
        found = self._callers.get(key.name)
        if found is None:
            found = self._callers[key.name] = Caller(key, self._registry, self._max_running)
        return found

    def close(self) -> None:
        """End every tenant."""
        self._is_closed = True
        for caller in self._callers.values():
            caller.close()
