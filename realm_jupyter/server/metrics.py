"""Figures for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.types import GenerationResponse

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_MS_A_SECOND = 1000


class Metrics:
    """Counts of requests, tokens and times; a collector registry of its own.

    Parameters
    ----------
    registry : RealmRegistry
        Asked for its models when the figures are read.
    """

    def __init__(self, registry: RealmRegistry) -> None:
        self._models = registry
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
        self._memory = Gauge(
            "realm_model_memory_bytes", "Weights in memory", ("model",), registry=self._registry
        )

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
        self._memory.clear()
        for info in self._models.models():
            self._memory.labels(info.id).set(info.memory_bytes)
        return generate_latest(self._registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(f"realm_{name}", help_text, labels, registry=self._registry)

    def _histogram(self, name: str, help_text: str) -> Histogram:
        return Histogram(
            f"realm_{name}", help_text, ("model",), registry=self._registry, buckets=_SECONDS
        )
