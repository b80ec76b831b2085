"""What one guest instance may use."""

from __future__ import annotations

from dataclasses import dataclass, fields

from realm_jupyter.errors import ConfigError

__all__ = ["GuestLimits"]

_RANGES = {
    "memory_bytes": (64 << 10, 4 << 30),
    "deadline_ms": (1, 24 * 3600 * 1000),
    "table_elements": (0, 10_000_000),
    "stack_bytes": (64 << 10, 4 << 20),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestLimits:
    """Limits of one guest instance.

    Parameters
    ----------
    memory_bytes : int, 65536 to 2**32, default 1 GiB
        Size that the guest's linear memory may reach, the vocabulary included.
    deadline_ms : int, 1 to 86400000, default 10000
        Time that the guest itself may compute in one call. A host function counts for
        0.1 ms, however long the guest waits in it, and each forward pass that ran starts
        the time anew, so that it bounds a step of a blocking guest and not its whole
        generation.
    table_elements : int, default 10000
        Entries that the guest's function table may have.
    stack_bytes : int, 65536 to 4194304, default 512 KiB
        Native stack that the guest may use; stays below any thread's stack.

    Raises
    ------
    ConfigError
        If a value is out of its range.

    Examples
    --------
    >>> GuestLimits(deadline_ms=100).deadline_ms
    100
    """

    memory_bytes: int = 1 << 30
    deadline_ms: int = 10_000
    table_elements: int = 10_000
    stack_bytes: int = 512 << 10

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            low, high = _RANGES[item.name]
            is_whole = isinstance(value, int) and not isinstance(value, bool)
            if not is_whole or not low <= value <= high:
                raise ConfigError.not_allowed(
                    item.name, value, f"a whole number from {low} to {high}"
                )
