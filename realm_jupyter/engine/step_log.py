"""What the last steps of a scheduler were: how many sequences and tokens, and how long."""

from __future__ import annotations

import time
from collections import deque

from realm_jupyter.stats import BatchSample

__all__ = ["StepLog"]

_NUM_KEPT = 1024


class StepLog:
    """The latest steps, oldest first.

    Notes
    -----
    Written by one thread; read by any.
    """

    def __init__(self) -> None:
        self._steps: deque[tuple[float, int, int, float]] = deque(maxlen=_NUM_KEPT)
        self.num_steps = 0

    def add(self, num_sequences: int, num_tokens: int, duration_s: float) -> None:
        """Take note of a step that just ended."""
        self._steps.append((time.monotonic(), num_sequences, num_tokens, duration_s))
        self.num_steps += 1

    def samples(self) -> tuple[BatchSample, ...]:
        """Return the latest steps."""
        now = time.monotonic()
        return tuple(
            BatchSample(
                age_s=now - ended,
                num_sequences=num_sequences,
                num_tokens=num_tokens,
                duration_ms=1000 * duration_s,
            )
            for ended, num_sequences, num_tokens, duration_s in self._steps.copy()
        )
