"""``%realm tenants``: who uses the models of this process, once or kept up to date."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from realm_jupyter.human import format_bytes, format_count, format_duration, sparkline
from realm_jupyter.magics.table import Table
from realm_jupyter.worker import Interrupts

if TYPE_CHECKING:
    from realm_jupyter.magics.display import Screen
    from realm_jupyter.stats import ModelStats, RegistryStats, TenantStats

__all__ = ["tenants_table", "watch_tenants"]

_COLUMNS = (
    "tenant",
    "models",
    "running",
    "waiting",
    "requests",
    "tokens",
    "cached",
    "tok/s",
    "first token",
    "queue",
    "KV cache",
    "kept",
    "sandbox",
)
_INTERVAL_S = 0.5
_WAKE_S = 0.05
_MOST_ROWS = 50
_HISTORY_S = 10.0
_NUM_BINS = 30


def _read() -> RegistryStats:
    from realm_jupyter.engine import process_stats  # noqa: PLC0415 - %load_ext stays fast

    return process_stats()


def tenants_table() -> Table:
    """Return the tenants of this process, the busiest first, and the models below."""
    stats = _read()
    # The realm behind a registry, or one that was only made, says nothing to anybody.
    used = [tenant for tenant in stats.tenants if tenant.models or tenant.num_requests]
    busiest = sorted(used, key=lambda one: (-one.num_running, -one.completion_tokens))
    rows = [_row(tenant) for tenant in busiest[:_MOST_ROWS]]
    lines = [_model_line(model) for model in stats.models]
    if len(used) > _MOST_ROWS:
        lines.insert(0, f"{len(used)} tenants, of which {len(used) - _MOST_ROWS} are not shown")
    if not used:
        lines.insert(0, "nobody has used a model yet")
    return Table(_COLUMNS, rows, stats, "\n".join(lines))


def _row(tenant: TenantStats) -> tuple[str, ...]:
    refused = f" ({tenant.num_refused} refused)" if tenant.num_refused else ""
    failed = f" ({tenant.num_failed} failed)" if tenant.num_failed else ""
    return (
        tenant.name,
        ", ".join(tenant.models),
        str(tenant.num_running),
        str(tenant.num_queued),
        f"{tenant.num_requests}{failed}{refused}",
        format_count(tenant.completion_tokens),
        format_count(tenant.cached_tokens),
        f"{tenant.tokens_per_second:.1f}",
        format_duration(tenant.ttft_ms / 1000) if tenant.num_finished else "",
        format_duration(tenant.queue_ms / 1000) if tenant.num_finished else "",
        format_bytes(tenant.kv_bytes),
        format_bytes(tenant.kept_kv_bytes),
        format_bytes(tenant.guest_memory_bytes),
    )


def _model_line(model: ModelStats) -> str:
    sizes = _batch_sizes(model)
    cache, kept = format_bytes(model.kv_bytes), format_bytes(model.kept_kv_bytes)
    parts = [
        f"{model.id}: {format_bytes(model.memory_bytes)} of weights",
        f"KV cache {cache} ({model.kv_type}), {kept} kept for prompts to come",
    ]
    if any(sizes):
        parts.append(
            f"sequences in a batch, last {_HISTORY_S:.0f} s: {sparkline(sizes)} "
            f"(up to {max(sizes):.0f})"
        )
    return " · ".join(parts)


def _batch_sizes(model: ModelStats) -> list[float]:
    """Return the largest batch of each slice of the last seconds, oldest first."""
    sizes = [0.0] * _NUM_BINS
    for sample in model.batches:
        index = int(sample.age_s / _HISTORY_S * _NUM_BINS)
        if 0 <= index < _NUM_BINS:
            place = _NUM_BINS - 1 - index
            sizes[place] = max(sizes[place], float(sample.num_sequences))
    return sizes


def watch_tenants(screen: Screen, duration_s: float) -> None:
    """Keep the table up to date in one output.

    Parameters
    ----------
    screen : Screen
    duration_s : float
        How long; an interrupt ends it too, and is no error.
    """
    live = screen.live()
    end_s = time.monotonic() + duration_s
    stopped: list[bool] = []
    with Interrupts(lambda: stopped.append(True)):
        while True:
            live.show(tenants_table())
            next_s = min(time.monotonic() + _INTERVAL_S, end_s)
            while not stopped and (rest_s := next_s - time.monotonic()) > 0:
                time.sleep(min(rest_s, _WAKE_S))
            if stopped or time.monotonic() >= end_s:
                break
    live.show(tenants_table())
