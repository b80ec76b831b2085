"""Figures for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.types import GenerationResponse

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_MS_A_SECOND = 1000


# Name of the figure, what it says, field of the statistics.
_OF_TENANTS = (
    ("running", "Texts that run", "num_running"),
    ("queued", "Requests that wait for others of the key", "num_queued"),
    ("kv_bytes", "KV cache of running texts", "kv_bytes"),
    ("kept_kv_bytes", "KV cache that is kept for prompts to come", "kept_kv_bytes"),
    ("guest_memory_bytes", "Memory of the sandboxes", "guest_memory_bytes"),
)
_OF_MODELS = (
    ("memory_bytes", "Weights in memory", "memory_bytes"),
    ("running", "Texts that run or wait to", "num_sequences"),
    ("steps", "Forward passes since it was loaded", "num_steps"),
    ("kv_bytes", "Memory of KV pages, free ones included", "kv_bytes"),
)


class _Stats(Collector):
    """What the engine itself counts, asked for when the figures are read."""

    def __init__(self, registry: RealmRegistry) -> None:
        self._models = registry

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield a figure for each tenant and each model."""
        stats = self._models.stats()
        for name, help_text, field in _OF_TENANTS:
            family = GaugeMetricFamily(f"realm_key_{name}", help_text, labels=["key"])
            for tenant in stats.tenants:
                family.add_metric([tenant.name], getattr(tenant, field))
            yield family
        for name, help_text, field in _OF_MODELS:
            family = GaugeMetricFamily(f"realm_model_{name}", help_text, labels=["model"])
            for model in stats.models:
                family.add_metric([model.id], getattr(model, field))
            yield family


class Metrics:
    """Counts of requests, tokens and times; a collector registry of its own.

    Parameters
    ----------
    registry : RealmRegistry
        Asked for its models when the figures are read.
    """

    def __init__(self, registry: RealmRegistry) -> None:
        # Else each series has a second one that only says since when it is counted.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.requests = self._counter("requests", "HTTP requests", "route", "status")
        self.tokens = self._counter("tokens", "Tokens by kind", "model", "key", "kind")
        self.finished = self._counter("generations", "Texts that ended", "model", "finish_reason")
        self.running = Gauge(
            "realm_running_requests", "Requests for text that run or wait", registry=self._registry
        )
        self._first = self._histogram("first_token_seconds", "From request to first token")
        self._queue = self._histogram("queue_seconds", "From request to first forward pass")
        self._total = self._histogram("generation_seconds", "From request to end")
        self._speed = Histogram(
            "realm_tokens_per_second",
            "Decode speed of one text",
            ("model",),
            registry=self._registry,
            buckets=_SPEEDS,
        )
        self._registry.register(_Stats(registry))

    def ended(self, response: GenerationResponse, key: str) -> None:
        """Count a text that ended."""
        model, usage, timings = response.model, response.usage, response.timings
        computed = usage.prompt_tokens - usage.cached_tokens
        self.tokens.labels(model, key, "prompt").inc(computed)
        self.tokens.labels(model, key, "cached").inc(usage.cached_tokens)
        self.tokens.labels(model, key, "completion").inc(usage.completion_tokens)
        self.finished.labels(model, response.finish_reason).inc()
        self._first.labels(model).observe(timings.ttft_ms / _MS_A_SECOND)
        self._queue.labels(model).observe(timings.queue_ms / _MS_A_SECOND)
        self._total.labels(model).observe(timings.total_ms / _MS_A_SECOND)
        if timings.tokens_per_second:
            self._speed.labels(model).observe(timings.tokens_per_second)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"realm_{name}", help_text, labels, registry=self._registry)

    def _histogram(self, name: str, help_text: str) -> Histogram:
        return Histogram(
            f"realm_{name}", help_text, ("model",), registry=self._registry, buckets=_SECONDS
        )
