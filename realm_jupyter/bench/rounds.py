"""Measuring cases in rounds in which the sides take turns, never two at once."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from realm_jupyter.bench.spread import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realm_jupyter.bench.cases import Case, Side
    from realm_jupyter.bench.idle import IdleWaiter

__all__ = ["MAX_STEPS", "MIN_STEPS", "Rounds"]

MIN_STEPS = 8
"""Steps of decoding that every context must have room for."""
MAX_STEPS = 256
_MAX_PROMPTS = 64


class Rounds:
    """Measures every case on every side, round by round.

    Parameters
    ----------
    cases : sequence of Case
    sides : sequence of Side
        Each prepares every case; what is measured is added with `add_way`.
    idle : IdleWaiter
    seconds : float
        Aim for one measurement.
    context_length : int
    say : callable
        Gets a line of progress.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        sides: Sequence[Side],
        *,
        idle: IdleWaiter,
        seconds: float,
        context_length: int,
        say: Callable[[str], None],
    ) -> None:
        self._cases = cases
        self._sides = sides
        self._idle = idle
        self._seconds = seconds
        self._context_length = context_length
        self._say = say
        self.num_units: dict[Case, int] = {}
        self._values: dict[tuple[Case, str], list[float]] = {}
        self._ways: list[tuple[str, Callable[[Case, int], float], Callable[[Case], bool]]] = []

    def add_way(
        self,
        name: str,
        run: Callable[[Case, int], float],
        applies: Callable[[Case], bool] = lambda _case: True,
    ) -> None:
        """Measure this function too, for the cases that it applies to."""
        self._ways.append((name, run, applies))

    def prepare(self) -> None:
        """Fill caches, warm up and find out how many units a measurement takes."""
        for case in self._cases:
            self._say(f"preparing {case.name}")
            slowest = 0.0
            most = _MAX_PROMPTS
            if case.kind == "decode":
                most = min(MAX_STEPS, self._context_length - case.context)
            for side in self._sides:
                side.prepare(case, most)
            for _, run, applies in self._ways:
                if applies(case):
                    self._idle.wait()
                    warm_s = run(case, 1)
                    # A slow unit need not be run twice to be known.
                    slowest = max(slowest, warm_s if warm_s > self._seconds else run(case, 1))
            self.num_units[case] = max(1, min(most, math.ceil(self._seconds / max(slowest, 1e-9))))

    def run(self, num_rounds: int, deadline_s: float | None = None) -> int:
        """Measure; return the number of whole rounds.

        Parameters
        ----------
        num_rounds : int
        deadline_s : float, optional
            On `time.monotonic`'s clock; no round but the first begins after it.
        """
        for number in range(num_rounds):
            if number and deadline_s is not None and time.monotonic() > deadline_s:
                self._say(f"out of time after {number} rounds")
                return number
            for case in self._cases:
                self._say(f"round {number + 1} of {num_rounds}: {case.name}")
                self._measure(case, is_reversed=number % 2 == 1)
        return num_rounds

    def figure(self, case: Case, name: str) -> Figure | None:
        """Return the tokens per second of a way in a case, or None if it does not apply."""
        values = self._values.get((case, name))
        return None if values is None else Figure(tuple(values), "tok/s")

    def _measure(self, case: Case, *, is_reversed: bool) -> None:
        # Whoever runs second may find the machine warmer or busier: they swap.
        ways = self._ways[::-1] if is_reversed else self._ways
        num_units = self.num_units[case]
        for name, run, applies in ways:
            if applies(case):
                self._idle.wait()
                seconds = run(case, num_units)
                speed = num_units * case.tokens / max(seconds, 1e-9)
                self._values.setdefault((case, name), []).append(speed)
