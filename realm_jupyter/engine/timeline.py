"""When things happened in one request."""

from __future__ import annotations

import time

from realm_jupyter.types import Timings

__all__ = ["Timeline"]


class Timeline:
    """Moments of one request, turned into `Timings` at its end."""

    def __init__(self) -> None:
        self._requested = time.perf_counter()
        self._first_run: float | None = None
        self._first_token: float | None = None
        self._last_token: float | None = None
        self._num_tokens = 0
        self._prefill_s = 0.0

    def ran(self, duration_s: float, *, is_prefill: bool) -> None:
        """Note a forward pass that took part in this request and just ended."""
        if self._first_run is None:
            self._first_run = time.perf_counter() - duration_s
        if is_prefill:
            self._prefill_s += duration_s

    def sampled(self) -> None:
        """Note a token."""
        self._last_token = time.perf_counter()
        if self._first_token is None:
            self._first_token = self._last_token
        self._num_tokens += 1

    def timings(self) -> Timings:
        """Return what is known up to now."""
        now = time.perf_counter()
        first_run = self._first_run if self._first_run is not None else now
        first_token = self._first_token if self._first_token is not None else now
        last_token = self._last_token if self._last_token is not None else first_token
        decode_s = last_token - first_token
        speed = (self._num_tokens - 1) / decode_s if decode_s > 0 else 0.0
        return Timings(
            queue_ms=1000 * (first_run - self._requested),
            ttft_ms=1000 * (first_token - self._requested),
            prefill_ms=1000 * self._prefill_s,
            decode_ms=1000 * decode_s,
            total_ms=1000 * (now - self._requested),
            tokens_per_second=speed,
        )
