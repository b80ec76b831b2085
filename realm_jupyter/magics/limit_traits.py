"""The limits of the notebook's realm as settings: one trait for each field of `TenantLimits`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from traitlets import Int, TraitError, validate
from traitlets.config import Configurable

from realm_jupyter.errors import ConfigError
from realm_jupyter.limits import TenantLimits, limit_help

__all__ = ["LimitTraits"]

_DEFAULT = TenantLimits()
_NAMES = tuple(item.name for item in fields(TenantLimits))


def _limit(name: str) -> Any:
    default = getattr(_DEFAULT, name)
    meaning = limit_help(name)
    if default is None:
        return Int(None, allow_none=True, help=meaning).tag(config=True)
    return Int(default, help=meaning).tag(config=True)


class LimitTraits(Configurable):
    """Settings that become `TenantLimits`."""

    guest_memory_bytes = _limit("guest_memory_bytes")
    guest_deadline_ms = _limit("guest_deadline_ms")
    tokens_per_minute = _limit("tokens_per_minute")
    num_sequences = _limit("num_sequences")
    queue_length = _limit("queue_length")
    kv_bytes = _limit("kv_bytes")
    priority = _limit("priority")

    @validate(*_NAMES)
    def _check_limit(self, proposal: dict[str, Any]) -> Any:
        value = proposal["value"]
        try:
            TenantLimits(**{proposal["trait"].name: value})
        except ConfigError as error:
            raise TraitError(str(error)) from error
        return value

    def tenant_limits(self) -> TenantLimits:
        """Return the limits that are set."""
        return TenantLimits(**{name: getattr(self, name) for name in _NAMES})
