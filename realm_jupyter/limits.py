"""What one tenant may use."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from realm_jupyter.errors import ConfigError

__all__ = ["TenantLimits", "limit_help"]


class _Limit(NamedTuple):
    """Range and meaning of a field; None is no limit where that is allowed."""

    low: int
    high: int
    help: str
    may_be_none: bool = True

    def __str__(self) -> str:
        none = ", or None for no limit" if self.may_be_none else ""
        return f"a whole number from {self.low} to {self.high}{none}"

    def accepts(self, value: object) -> bool:
        if value is None:
            return self.may_be_none
        if isinstance(value, bool) or not isinstance(value, int):
            return False
        return self.low <= value <= self.high


_MOST = 2**62
_LIMITS = {
    "guest_memory_bytes": _Limit(
        64 << 10, 4 << 30, "memory of its sandbox, the vocabulary included", may_be_none=False
    ),
    "guest_deadline_ms": _Limit(
        1, 24 * 3600 * 1000, "time that its sandbox may compute in one call", may_be_none=False
    ),
    "tokens_per_minute": _Limit(1, _MOST, "prompt and completion tokens a minute"),
    "num_sequences": _Limit(1, 1 << 20, "generations that run at once; more of them wait"),
    "queue_length": _Limit(
        0, 1 << 20, "requests that wait for others of the tenant", may_be_none=False
    ),
    "kv_bytes": _Limit(0, _MOST, "KV cache of its sequences and kept prefixes"),
    "priority": _Limit(
        -100, 100, "tenants of a higher priority go first where not all fit", may_be_none=False
    ),
}


def limit_help(field_name: str) -> str:
    """Return what a field of `TenantLimits` means and allows, in a line.

    Examples
    --------
    >>> limit_help("priority")
    'tenants of a higher priority go first where not all fit (a whole number from -100 to 100)'
    """
    limit = _LIMITS[field_name]
    return f"{limit.help} ({limit})"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantLimits:
    """Limits of one tenant.

    Parameters
    ----------
    guest_memory_bytes : int, 65536 to 2**32, default 1 GiB
        Size that the linear memory of each of its guest instances may reach, the vocabulary
        included. Beyond it: `GuestLimitError`, ``limit="memory"``.
    guest_deadline_ms : int, 1 to 86400000, default 10000
        Time that its guest may compute in one call, such as sampling one token. Beyond it:
        `GuestLimitError`, ``limit="deadline"``.
    tokens_per_minute : int, optional
        Prompt and completion tokens a minute, saved up for at most a minute. A request that
        comes when they are used up is refused with `TenantQuotaError`; one that runs goes on
        to its end, and what it uses beyond has to be waited for before the next.
    num_sequences : int, optional
        Generations that run at once. More of them wait in the tenant's queue.
    queue_length : int, default 256
        Requests that may wait there. Beyond it: `TenantBusyError`.
    kv_bytes : int, optional
        Bytes of KV cache that its sequences may hold, over all models; a page that several of
        them share counts for each. Prefixes kept for this tenant alone take what is left. A
        sequence that would grow beyond ends with `TenantQuotaError`.
    priority : int, -100 to 100, default 0
        Where not all fit into a step, tenants of a higher priority go first, and those of the
        same share evenly.

    Raises
    ------
    ConfigError
        If a value is out of its range.

    Examples
    --------
    >>> TenantLimits(num_sequences=4).queue_length
    256
    """

    guest_memory_bytes: int = 1 << 30
    guest_deadline_ms: int = 10_000
    tokens_per_minute: int | None = None
    num_sequences: int | None = None
    queue_length: int = 256
    kv_bytes: int | None = None
    priority: int = 0

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            value = getattr(self, name)
            if not limit.accepts(value):
                raise ConfigError.not_allowed(name, value, str(limit))

    def with_changes(self, **changes: Any) -> TenantLimits:
        """Return a copy with some fields changed.

        Raises
        ------
        ConfigError
            If a field is unknown or out of its range.
        """
        known = [item.name for item in fields(self)]
        for name, value in changes.items():
            if name not in known:
                raise ConfigError(
                    f"a tenant has no limit {name!r}; there are {', '.join(known)}",
                    field=name,
                    value=value,
                    allowed=", ".join(known),
                )
        return replace(self, **changes)
