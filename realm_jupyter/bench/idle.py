"""Waiting until the threads of whoever computed last have gone to sleep.

Thread pools keep their threads spinning for a while after the last piece of work. Two
pools that spin at once halve both: nothing is timed before this process is at rest.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IdleWaiter"]

_LOOK_S = 0.002
_IDLE_SHARE = 0.1
_PATIENCE_S = 1.0


class IdleWaiter:
    """Waits for this process to use no processor.

    Parameters
    ----------
    processor_s : callable, optional
        Seconds of processor time that all threads of this process used so far.
    clock_s, sleep : callable, optional
        For tests.

    Attributes
    ----------
    num_busy : int
        How often threads still computed after a whole second of waiting.
    longest_s : float
        The longest wait.
    """

    def __init__(
        self,
        processor_s: Callable[[], float] = time.process_time,
        clock_s: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._processor_s = processor_s
        self._clock_s = clock_s
        self._sleep = sleep
        self.num_busy = 0
        self.longest_s = 0.0

    def wait(self) -> None:
        """Return when two looks in a row saw nobody compute, or after a second."""
        started = self._clock_s()
        num_quiet = 0
        while num_quiet < 2:  # noqa: PLR2004  # a thread may sit out one look
            before, used = self._clock_s(), self._processor_s()
            self._sleep(_LOOK_S)
            elapsed = self._clock_s() - before
            is_quiet = self._processor_s() - used <= _IDLE_SHARE * elapsed
            num_quiet = num_quiet + 1 if is_quiet else 0
            if self._clock_s() - started > _PATIENCE_S:
                self.num_busy += 1
                break
        self.longest_s = max(self.longest_s, self._clock_s() - started)
