"""How long a step waits for guests that are about to ask for their next token.

A guest that blocks in `forward` gets its logits, thinks in a thread of its own and asks
again. If the next step began at once it would always come too late, and take part in every other
step only. So the step waits a little, for those that were quick the last time.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realm_jupyter.engine.lane import Lane

__all__ = ["Grace"]

_SHARE = 0.05
_MOST_S = 0.002


class Grace:
    """The wait between two steps.

    Parameters
    ----------
    share : float
        Of the duration of the step before.
    most_s : float
        Longest wait in seconds.
    """

    def __init__(self, share: float = _SHARE, most_s: float = _MOST_S) -> None:
        self._share = share
        self._most_s = most_s
        self._length_s = 0.0
        self._ends_at = 0.0

    def begin(self, duration_s: float) -> None:
        """Wait from now on, after a step that took so long."""
        self._length_s = min(self._share * duration_s, self._most_s)
        self._ends_at = monotonic() + self._length_s

    def remaining_s(self, lanes: Iterable[Lane]) -> float:
        """Return how long to wait still for any of these lanes; 0 when the step may begin."""
        if not self._ends_at:
            return 0.0
        left_s = self._ends_at - monotonic()
        if left_s > 0 and any(lane.answers_within(self._length_s) for lane in lanes):
            return left_s
        self._ends_at = 0.0
        return 0.0
