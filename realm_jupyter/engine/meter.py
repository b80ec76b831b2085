"""What one tenant used: counts, speeds, and the tokens of the current minute."""

from __future__ import annotations

import math
import statistics
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from realm_jupyter.errors import TenantQuotaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.types import Timings

__all__ = ["Meter"]

_MINUTE_S = 60.0
_WINDOW_S = 10
_NUM_KEPT = 128


class Meter:
    """Counts of one tenant, and its allowance of tokens.

    The allowance is a bucket that fills at the permitted rate up to one minute's worth. A
    running generation may empty it beyond zero; then nothing is admitted until it is
    positive again.

    Parameters
    ----------
    tenant : str
        Name, for errors.
    tokens_per_minute : int, optional
    clock : callable
        Seconds that only grow.

    Notes
    -----
    Safe from any thread.
    """

    def __init__(
        self,
        tenant: str,
        tokens_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.num_requests = 0
        self.num_finished = 0
        self.num_refused = 0
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.completion_tokens = 0
        self.guest_s = 0.0
        self._tenant = tenant
        self._tokens_per_minute = tokens_per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._allowance = float(tokens_per_minute or 0)
        self._filled_at = clock()
        self._seconds: deque[list[int]] = deque(maxlen=_WINDOW_S + 1)
        self._ttft_ms: deque[float] = deque(maxlen=_NUM_KEPT)
        self._queue_ms: deque[float] = deque(maxlen=_NUM_KEPT)

    def set_rate(self, tokens_per_minute: int | None) -> None:
        """Permit another number of tokens a minute; what was used stays used."""
        with self._lock:
            self._fill()
            before = self._tokens_per_minute
            if tokens_per_minute is not None:
                used = 0.0 if before is None else before - self._allowance
                self._allowance = tokens_per_minute - used
            self._tokens_per_minute = tokens_per_minute

    def admit(self, num_prompt_tokens: int) -> None:
        """Account for a request with its prompt.

        Raises
        ------
        TenantQuotaError
            If the tokens of this minute do not suffice; says when they will.
        """
        with self._lock:
            rate = self._tokens_per_minute
            if rate is not None:
                self._fill()
                missing = num_prompt_tokens - self._allowance
                if missing > 0:
                    self.num_refused += 1
                    raise self._used_up(num_prompt_tokens, missing, rate)
                self._allowance -= num_prompt_tokens
            self.num_requests += 1
            self.prompt_tokens += num_prompt_tokens

    def refused(self) -> None:
        """Account for a request that another limit turned away."""
        with self._lock:
            self.num_refused += 1

    def withdraw(self, num_prompt_tokens: int) -> None:
        """Take back what `admit` accounted for: another limit turned the request away."""
        with self._lock:
            self.num_refused += 1
            self.num_requests -= 1
            self.prompt_tokens -= num_prompt_tokens
            self._allowance += num_prompt_tokens

    def cached(self, num_tokens: int) -> None:
        """Account for tokens of a prompt that need not be run."""
        with self._lock:
            self.cached_tokens += num_tokens

    def sampled(self) -> None:
        """Account for a token."""
        second = int(self._clock())
        with self._lock:
            self.completion_tokens += 1
            self._allowance -= 1
            seconds = self._seconds
            if seconds and seconds[-1][0] == second:
                seconds[-1][1] += 1
            else:
                seconds.append([second, 1])

    def guest_ran(self, duration_s: float) -> None:
        """Account for a step of the sandbox."""
        with self._lock:
            self.guest_s += duration_s

    def finished(self, timings: Timings) -> None:
        """Account for a request that ended well."""
        with self._lock:
            self.num_finished += 1
            self._ttft_ms.append(timings.ttft_ms)
            self._queue_ms.append(timings.queue_ms)

    def embedded(self) -> None:
        """Account for texts whose embeddings were made."""
        with self._lock:
            self.num_finished += 1

    @property
    def tokens_left(self) -> int | None:
        """Tokens of this minute that are left, or None without a limit."""
        with self._lock:
            self._fill()
            return None if self._tokens_per_minute is None else math.floor(self._allowance)

    @property
    def ttft_ms(self) -> float:
        """Median time to the first token of the last requests; 0 before the first."""
        return self._median(self._ttft_ms)

    @property
    def queue_ms(self) -> float:
        """Median time to the first forward pass of the last requests; 0 before the first."""
        return self._median(self._queue_ms)

    @property
    def tokens_per_second(self) -> float:
        """Completion tokens a second, over the last ten seconds or since tokens began in them."""
        now = self._clock()
        with self._lock:
            recent = [(second, n) for second, n in self._seconds if second > now - _WINDOW_S]
        if not recent:
            return 0.0
        return sum(n for _, n in recent) / max(now - recent[0][0], 1.0)

    def _median(self, values: deque[float]) -> float:
        with self._lock:
            return statistics.median(values) if values else 0.0

    def _fill(self) -> None:
        now = self._clock()
        rate = self._tokens_per_minute
        if rate is not None:
            grown = self._allowance + (now - self._filled_at) * rate / _MINUTE_S
            self._allowance = min(float(rate), grown)
        self._filled_at = now

    def _used_up(self, num_tokens: int, missing: float, rate: int) -> TenantQuotaError:
        if num_tokens > rate:
            wait_s = 0.0
            advice = f"a prompt of {num_tokens} tokens never fits; shorten it"
        else:
            wait_s = missing * _MINUTE_S / rate
            advice = f"try again in {wait_s:.1f} s"
        return TenantQuotaError(
            f"{self._tenant} may use {rate} tokens a minute and has "
            f"{max(0, int(self._allowance))} left: {advice}",
            tenant=self._tenant,
            quota="tokens_per_minute",
            retry_after_s=wait_s,
        )
