"""Whose turn it is: priorities first, then whoever was served least.

Tenants are compared by the tokens that were run for them, as in Sheng et al. 2024,
"Fairness in Serving Large Language Models" (OSDI): whoever comes, or comes back, starts
level with the one that was served least, so that nobody saves up turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realm_jupyter.engine.lane import Lane

__all__ = ["Share", "join", "leave", "urgency"]


class Share:
    """One tenant's part of one model's time.

    Parameters
    ----------
    priority : int
        Higher ones go first.

    Attributes
    ----------
    num_served : int
        Tokens run for it, counted from where it was level with the others.
    num_lanes : int
        Its lanes in the scheduler.
    """

    __slots__ = ("num_lanes", "num_served", "priority")

    def __init__(self, priority: int = 0) -> None:
        self.priority = priority
        self.num_served = 0
        self.num_lanes = 0


def join(lanes: Iterable[Lane], lane: Lane) -> None:
    """Take note of a lane that joins others; a tenant that was away starts level."""
    share = lane.share
    if share.num_lanes == 0:
        others = [other.share.num_served for other in lanes]
        share.num_served = max(share.num_served, min(others, default=0))
    share.num_lanes += 1


def leave(lane: Lane) -> None:
    """Take note of a lane that left."""
    lane.share.num_lanes -= 1


def urgency(lane: Lane) -> tuple[int, int]:
    """Return what lanes are sorted by: the most urgent ones come first."""
    share = lane.share
    return -share.priority, share.num_served
