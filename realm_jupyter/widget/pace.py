"""Not every change is a message: what changes often is sent at most so often."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pace"]


class Pace:
    """Calls ``flush`` after `poke`: at once the first time, then at most every interval.

    Nothing is lost: a poke during the wait is followed by a flush, and leaving the
    ``with`` block flushes what is left before it returns.

    Parameters
    ----------
    flush : callable
        Sends what has gathered; called from one thread at a time.
    interval_s : float
    """

    def __init__(self, flush: Callable[[], None], interval_s: float) -> None:
        self._flush = flush
        self._interval_s = interval_s
        self._condition = threading.Condition()
        self._is_due = False
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="realm-widget-pace", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
        self._thread.join()

    def poke(self) -> None:
        """Something is there to be flushed."""
        with self._condition:
            self._is_due = True
            self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._is_due or self._is_closed)
                is_due, self._is_due = self._is_due, False
                is_last = self._is_closed
            if is_due:
                self._flush()
            if is_last:
                return
            with self._condition:
                self._condition.wait_for(lambda: self._is_closed, self._interval_s)
