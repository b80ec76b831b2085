"""Who calls: a key and its tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.errors import TenantClosedError

if TYPE_CHECKING:
    from realm_jupyter.limits import TenantLimits
    from realm_jupyter.realm import Realm
    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.server.keys import Key

__all__ = ["Caller", "Callers"]


class Caller:
    """A key and its tenant: a sandbox of its own over the shared models.

    Parameters
    ----------
    key : Key
    realm : Realm
    """

    def __init__(self, key: Key, realm: Realm) -> None:
        self.key = key
        self.realm = realm


class Callers:
    """The callers by key; each is made at its first request.

    Parameters
    ----------
    registry : RealmRegistry
    limits : TenantLimits
        Of each.
    """

    def __init__(self, registry: RealmRegistry, limits: TenantLimits) -> None:
        self._registry = registry
        self._limits = limits
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
            realm = self._registry.realm(limits=self._limits, name=key.name)
            found = self._callers[key.name] = Caller(key, realm)
        return found

    def close(self) -> None:
        """End every tenant."""
        self._is_closed = True
        for caller in self._callers.values():
            caller.realm.close()
