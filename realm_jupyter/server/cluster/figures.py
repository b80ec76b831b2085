"""The figures of several replicas as those of one server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["merged_figures"]


class _Merged(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def merged_figures(texts: Mapping[str, bytes]) -> bytes:
    """Return figures with a label that says whose they are.

    Parameters
    ----------
    texts : mapping of str to bytes
        Figures in Prometheus' text format, by replica.
    """
    families: dict[str, Metric] = {}
    for replica, text in texts.items():
        for found in text_string_to_metric_families(text.decode()):
            family = families.setdefault(
                found.name, Metric(found.name, found.documentation, found.type)
            )
            for sample in found.samples:
                labels = {**sample.labels, "replica": replica}
                family.add_sample(sample.name, labels, sample.value)
    registry = CollectorRegistry()
    registry.register(_Merged(families.values()))
    return generate_latest(registry)
