"""The KV memory of one tenant: what its sequences hold, and what is kept for its next ones."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from realm_jupyter.errors import TenantQuotaError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TenantKVBudget"]


class TenantKVBudget:
    """Accounts for the KV pages of one tenant, over all models; meets `KVBudget`.

    A page that several of its sequences share counts once for each of them, so that what
    a request needs does not depend on what else runs.

    Parameters
    ----------
    tenant : str
        Name, for errors.
    limit_bytes : int, optional
        Most bytes that sequences and kept pages may take together.

    Notes
    -----
    Safe from any thread.
    """

    def __init__(self, tenant: str, limit_bytes: int | None = None) -> None:
        self.limit_bytes = limit_bytes
        self._tenant = tenant
        self._lock = threading.Lock()
        self._sequence_bytes = 0
        self._kept_bytes = 0
        self._reclaimers: list[Callable[[], bool]] = []

    @property
    def sequence_bytes(self) -> int:
        """Bytes of the pages that sequences hold."""
        return self._sequence_bytes

    @property
    def kept_bytes(self) -> int:
        """Bytes of the pages that are kept for prompts to come."""
        return self._kept_bytes

    def on_full(self, reclaim: Callable[[], bool]) -> None:
        """Have ``reclaim`` called when the limit is met.

        Parameters
        ----------
        reclaim : callable
            Gives one kept page up; returns whether there was one.
        """
        with self._lock:
            self._reclaimers.append(reclaim)

    def take(self, num_bytes: int) -> None:
        """Account for more bytes of sequences; kept pages make room if need be.

        Raises
        ------
        TenantQuotaError
            If there is no room under the limit; nothing was accounted for.
        """
        while not self._try(num_bytes, 0):
            if not any(reclaim() for reclaim in tuple(self._reclaimers)):
                limit = self.limit_bytes or 0
                raise TenantQuotaError(
                    f"{self._tenant} may hold {limit:,} bytes of KV cache, of which "
                    f"{max(limit - self._sequence_bytes, 0):,} are left, but its request needs "
                    f"{num_bytes:,} more; end other generations, or shorten the prompt",
                    tenant=self._tenant,
                    quota="kv_bytes",
                )

    def give_back(self, num_bytes: int) -> None:
        """Account for fewer bytes of sequences."""
        with self._lock:
            self._sequence_bytes -= num_bytes

    def try_keep(self, num_bytes: int) -> bool:
        """Account for a kept page if there is room for it."""
        return self._try(0, num_bytes)

    def drop_kept(self, num_bytes: int) -> None:
        """Account for a kept page less."""
        with self._lock:
            self._kept_bytes -= num_bytes

    def _try(self, sequence_bytes: int, kept_bytes: int) -> bool:
        with self._lock:
            total = self._sequence_bytes + self._kept_bytes + sequence_bytes + kept_bytes
            if self.limit_bytes is not None and total > self.limit_bytes:
                return False
            self._sequence_bytes += sequence_bytes
            self._kept_bytes += kept_bytes
            return True
