"""A figure measured several times: its median and how far the others are from it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Figure", "ratio_of"]


@dataclass(frozen=True, slots=True)
class Figure:
    """Values of one figure, one for each round.

    Parameters
    ----------
    values : tuple of float
        In the order in which they were measured; at least one.
    unit : str
    """

    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Between which half of the values lie."""
        if len(self.values) == 1:
            return self.values[0], self.values[0]
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain values."""
        low, high = self.quartiles
        return {
            "median": self.median,
            "quartiles": [low, high],
            "min": min(self.values),
            "max": max(self.values),
            "values": list(self.values),
            "unit": self.unit,
        }


def ratio_of(ours: Figure, theirs: Figure) -> Figure:
    """Return ours over theirs, round by round: what disturbs a round disturbs both sides."""
    return Figure(_divide(ours.values, theirs.values), "times")


def _divide(above: Iterable[float], below: Iterable[float]) -> tuple[float, ...]:
    return tuple(a / b for a, b in zip(above, below, strict=True))
