"""The sampler once more, written down straight: float64, full sorts, no shortcuts.

It follows the table in ``guest/src/sampler.h`` and shares no code with the guest. Where a
decision hangs on less than rounding can move, it says so through ``margin``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from support import philox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from realm_jupyter.types import GenerationConfig

F32 = np.float32


class Sample(NamedTuple):
    """What the oracle would choose, and the distance of the closest decision."""

    token_id: int
    margin: float
    probs: dict[int, float]  # what the draw was made from


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Natural log probabilities, NaN taken for impossible."""
    x = np.where(np.isnan(logits), -np.inf, logits.astype(np.float64))
    x = x - x.max()
    return x - math.log(np.exp(x).sum())


class SamplerOracle:
    """One generation's sampler.

    Parameters
    ----------
    config : GenerationConfig
    prompt_ids : sequence of int
    seed : int
    tokens : sequence of bytes
        The text of each token, for DRY's sequence breakers.
    eog : sequence of int
    """

    def __init__(
        self,
        config: GenerationConfig,
        prompt_ids: Sequence[int],
        *,
        seed: int,
        tokens: Sequence[bytes],
        eog: Sequence[int] = (),
    ) -> None:
        self.config = config
        self.history = list(prompt_ids)
        self.num_prompt = len(self.history)
        self.seed = seed
        self.tokens = tokens
        self.eog = list(eog)
        self.mu = 2 * float(F32(config.mirostat_tau))
        self.margin = math.inf

    # ---- Logits ----

    def edited(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bias, penalties, DRY and forbidden tokens; float32 as in the guest."""
        config = self.config
        x = np.where(np.isnan(logits), F32(-np.inf), logits).astype(F32)
        for token_id, bias in config.logit_bias.items():
            x[token_id] += F32(bias)
        last_n = config.repeat_last_n
        recent = self.history if last_n < 0 else self.history[max(0, len(self.history) - last_n) :]
        if last_n == 0:
            recent = []
        repetition = F32(config.repetition_penalty)
        for token_id in set(recent):
            logit = x[token_id]
            logit = logit / repetition if logit > 0 else logit * repetition
            count = F32(recent.count(token_id))
            x[token_id] = logit - (
                count * F32(config.frequency_penalty) + F32(config.presence_penalty)
            )
        for token_id, penalty in self.dry_penalties().items():
            x[token_id] -= F32(penalty)
        generated = len(self.history) - self.num_prompt
        if config.ignore_eos or generated < config.min_tokens:
            x[self.eog] = -np.inf
        return x

    def dry_penalties(self) -> dict[int, float]:
        config = self.config
        last_n = config.dry_penalty_last_n
        if config.dry_multiplier == 0 or last_n == 0:
            return {}
        window = self.history if last_n < 0 else self.history[-last_n:]
        limit = min(len(window), self._num_unbroken())
        allowed = config.dry_allowed_length
        if len(window) <= allowed or limit < allowed:
            return {}
        longest: dict[int, int] = {}
        for end in range(1, len(window)):  # a repetition ends before window[end]
            length = 0
            while length < end and window[end - 1 - length] == window[-1 - length]:
                length += 1
            length = min(length, limit)
            if length >= allowed:
                longest[window[end]] = max(longest.get(window[end], 0), length)
        base = float(F32(config.dry_base))
        multiplier = float(F32(config.dry_multiplier))
        breakers = [text.encode() for text in config.dry_sequence_breakers]
        return {
            token_id: min(multiplier * base ** (length - allowed), 1e30)
            for token_id, length in longest.items()
            if not any(breaker in self.tokens[token_id] for breaker in breakers)
        }

    def _num_unbroken(self) -> int:
        """Tokens after the one in which the last sequence breaker ends."""
        text = b""
        ends = []
        for token_id in self.history:
            text += self.tokens[token_id]
            ends.append(len(text))
        last = max(
            (
                start + len(breaker)
                for breaker in (text.encode() for text in self.config.dry_sequence_breakers)
                if (start := text.rfind(breaker)) >= 0
            ),
            default=0,
        )
        if last == 0:
            return len(self.history)
        holder = next(i for i, end in enumerate(ends) if end >= last)
        return len(self.history) - 1 - holder

    # ---- Choice ----

    def sample(self, logits: NDArray[np.float32]) -> Sample:
        """Choose from a row of logits; ValueError if nothing is possible."""
        self.margin = math.inf
        x = self.edited(logits)
        if not np.isfinite(x).any():
            raise ValueError("no token is possible")
        if self.config.temperature == 0:
            best = int(np.argmax(x))
            return Sample(best, math.inf, {best: 1.0})
        kept = np.flatnonzero(x > -np.inf)
        wide = x.astype(np.float64)
        if self.config.mirostat == 2:
            kept, temperature = self._mirostat(wide, kept), float(F32(self.config.temperature))
        else:
            kept, temperature = self._thin(wide, kept), float(F32(self.config.temperature))
        probs = self._probs(wide / temperature, kept)
        running = np.cumsum(probs)
        u = self._random(philox.TOKEN)
        self._note(np.abs(running - u).min())
        i = min(int(np.searchsorted(running, u, side="right")), len(kept) - 1)
        table = {int(t): float(p) for t, p in zip(kept, probs, strict=True)}
        return Sample(int(kept[i]), self.margin, table)

    def accept(self, token_id: int, probs: dict[int, float]) -> None:
        """Take a token as chosen from ``probs``."""
        self.history.append(token_id)
        if self.config.mirostat == 2 and self.config.temperature > 0:
            surprise = -math.log2(probs[token_id])
            eta, tau = float(F32(self.config.mirostat_eta)), float(F32(self.config.mirostat_tau))
            self.mu -= eta * (surprise - tau)

    def _mirostat(self, x: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.intp]:
        surprise = self._surprise(x / float(F32(self.config.temperature)), kept) / math.log(2)
        self._note(np.abs(surprise - self.mu).min())
        allowed = kept[surprise <= self.mu]
        return allowed if len(allowed) else kept[[int(np.argmax(x[kept]))]]

    def _thin(self, x: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.intp]:
        config = self.config
        if 0 < config.top_k < len(x):
            kept = np.sort(self._by_logit(x, kept)[: config.top_k])
        if config.typical_p < 1:
            kept = self._typical(x, kept)
        if config.top_p < 1:
            ranked = self._by_logit(x, kept)
            kept = np.sort(self._fewest(ranked, self._probs(x, ranked), F32(config.top_p)))
        if config.min_p > 0:
            distance = x[kept] - x[kept].max() - math.log(F32(config.min_p))
            self._note(np.abs(distance).min())
            kept = kept[distance >= 0]
        if config.xtc_probability > 0:
            chance = self._random(philox.XTC)
            if chance < float(F32(config.xtc_probability)):
                kept = self._exclude_top(x, kept)
        return kept

    def _typical(self, x: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.intp]:
        probs = self._probs(x, kept)
        surprise = self._surprise(x, kept)
        distance = np.abs(surprise - (probs * surprise).sum())
        order = np.lexsort((kept, distance))
        # Not the same logit, but nearly the same distance: rounding decides.
        gaps = np.diff(distance[order])
        equal = np.diff(x[kept][order]) == 0
        if (~equal).any():
            self._note(gaps[~equal].min())
        return np.sort(self._fewest(kept[order], probs[order], F32(self.config.typical_p)))

    def _exclude_top(self, x: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.intp]:
        ranked = self._by_logit(x, kept)
        probs = self._probs(x, ranked)
        threshold = float(F32(self.config.xtc_threshold))
        self._note(np.abs(probs - threshold).min())
        num_top = int((probs >= threshold).sum())
        return np.sort(ranked[max(0, num_top - 1) :])

    def _fewest(
        self, ranked: NDArray[np.intp], probs: NDArray[np.float64], mass: np.float32
    ) -> NDArray[np.intp]:
        running = np.cumsum(probs)
        self._note(np.abs(running[:-1] - float(mass)).min() if len(running) > 1 else math.inf)
        count = int(np.searchsorted(running, float(mass), side="left")) + 1
        return ranked[: min(count, len(ranked))]

    @staticmethod
    def _by_logit(x: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.intp]:
        return kept[np.lexsort((kept, -x[kept]))]

    @staticmethod
    def _probs(x: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.float64]:
        weights = np.exp(x[kept] - x[kept].max())
        return weights / weights.sum()

    @staticmethod
    def _surprise(x: NDArray[np.float64], kept: NDArray[np.intp]) -> NDArray[np.float64]:
        """Negative log probabilities in nats."""
        distance = x[kept].max() - x[kept]
        return distance + math.log(np.exp(-distance).sum())

    def _random(self, draw: int) -> float:
        return philox.uniform(self.seed, len(self.history), draw)

    def _note(self, distance: float) -> None:
        self.margin = min(self.margin, float(distance))
