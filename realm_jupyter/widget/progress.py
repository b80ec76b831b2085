"""How far a load is: share, rate and remaining time, as the message table has them."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Literal

from realm_jupyter.types import LoadProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.widget.messages import ErrorInfo, Load

__all__ = ["LoadMeter"]

_UPDATES_INTERVAL_S = 0.1


class LoadMeter:
    """The figures of one load or upload.

    Parameters
    ----------
    label : str
        What is loaded, for people.
    stage : str
        What happens first.
    total_bytes : int
        0 while it is not known.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        label: str,
        stage: str = "",
        total_bytes: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = secrets.token_hex(6)
        self.label = label
        self.model: str | None = None
        self.state: Literal["running", "done", "error", "cancelled"] = "running"
        self.error: ErrorInfo | None = None
        self._clock = clock
        self._progress = LoadProgress(label, stage, 0, total_bytes)
        self._stage_start_s = clock()
        self._stage_start_bytes = 0
        self._shown_s = float("-inf")

    def read(self, progress: LoadProgress) -> bool:
        """Take note of progress; return whether it is time to show it."""
        now_s = self._clock()
        is_new_stage = progress.stage != self._progress.stage
        if is_new_stage:
            self._stage_start_s, self._stage_start_bytes = now_s, progress.done_bytes
        self._progress = progress
        if is_new_stage or now_s - self._shown_s >= _UPDATES_INTERVAL_S:
            self._shown_s = now_s
            return True
        return False

    def end(
        self,
        state: Literal["done", "error", "cancelled"],
        *,
        model: str | None = None,
        error: ErrorInfo | None = None,
    ) -> None:
        """Take note of the end."""
        self.state, self.model, self.error = state, model, error

    def as_load(self) -> Load:
        """Return it as the message table has it."""
        progress = self._progress
        elapsed_s = self._clock() - self._stage_start_s
        moved_bytes = progress.done_bytes - self._stage_start_bytes
        is_moving = self.state == "running" and elapsed_s > 0 and moved_bytes > 0
        rate = moved_bytes / elapsed_s if is_moving else None
        left_bytes = progress.total_bytes - progress.done_bytes
        return {
            "id": self.id,
            "label": self.label,
            "model": self.model,
            "state": self.state,
            "stage": progress.stage,
            "done_bytes": progress.done_bytes,
            "total_bytes": progress.total_bytes,
            "rate_bytes_per_s": rate,
            "remaining_s": left_bytes / rate if rate and left_bytes >= 0 else None,
            "error": self.error,
        }
