"""What to measure and how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realm_jupyter.bench.quant_mix import find_mix
from realm_jupyter.bench.shapes import SHAPES
from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DEFAULT_CONTEXTS", "DEFAULT_PROMPTS", "PEERS", "BenchSettings"]

PEERS = ("llama-cpp",)
DEFAULT_PROMPTS, DEFAULT_CONTEXTS = (128, 512), (0, 1000)
_MAX_COUNT = 1 << 20
_MAX_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """Settings of a run.

    Parameters
    ----------
    model : str, optional
        A GGUF file or the name of a shipped model; either this or ``shape``.
    shape : str, optional
        A name of `SHAPES`: a random model of this shape is written and measured.
    quant : str, default "Q4_0"
        How the random model is quantized; a name of `MIXES`.
    keep : Path, optional
        Where the random model stays; by default it is removed afterwards.
    executor : str, default "auto"
        As for `create_executor`.
    num_threads : int, optional
        For both sides; by default what the executor chooses for a model of this size.
    prompts : tuple of int, optional
        Lengths of prompts whose prefill is measured, tokens; by default those of
        `DEFAULT_PROMPTS` that fit the model's context.
    contexts : tuple of int, optional
        Lengths of context at which decoding is measured, tokens; by default those of
        `DEFAULT_CONTEXTS` that fit.
    streams : tuple of int
        Numbers of streams that decode together.
    chunk_tokens : int, optional
        Most tokens of a prompt in one step, on both sides; by default what the engine
        uses for a model of this size.
    rounds : int, default 7
        Times that everything is measured; the sides take turns.
    seconds : float, default 0.3
        How long one measurement lasts at least, as far as its steps allow.
    time_limit_s : float, optional
        No further round begins after this time.
    compare : str, optional
        ``"llama-cpp"`` measures llama.cpp beside.

    Raises
    ------
    ConfigError
        If a value is out of its range, or not exactly one of model and shape is given.
    """

    model: str | None = None
    shape: str | None = None
    quant: str = "Q4_0"
    keep: Path | None = None
    executor: str = "auto"
    num_threads: int | None = None
    prompts: tuple[int, ...] | None = None
    contexts: tuple[int, ...] | None = None
    streams: tuple[int, ...] = (1, 16)
    chunk_tokens: int | None = None
    rounds: int = 7
    seconds: float = 0.3
    time_limit_s: float | None = None
    compare: str | None = None

    def __post_init__(self) -> None:
        self._check_source()
        self._check_counts()
        if self.compare is not None and self.compare not in PEERS:
            raise _wrong("compare", self.compare, f"one of {', '.join(PEERS)}")
        if not 0 < self.seconds <= _MAX_SECONDS:
            raise _wrong("seconds", self.seconds, f"above 0 and at most {_MAX_SECONDS}")
        if self.time_limit_s is not None and not self.time_limit_s > 0:
            raise _wrong("time_limit_s", self.time_limit_s, "above 0")

    def _check_source(self) -> None:
        if (self.model is None) == (self.shape is None):
            raise ConfigError("name either a model or a --shape", field="model", value=self.model)
        if self.shape is not None:
            if self.shape not in SHAPES:
                allowed = ", ".join(SHAPES)
                raise _wrong("shape", self.shape, f"one of {allowed}")
            find_mix(self.quant)
        elif self.keep is not None:
            raise ConfigError("keep is for random models; there is no --shape", field="keep")

    def _check_counts(self) -> None:
        for name, low in (("prompts", 1), ("contexts", 0), ("streams", 1)):
            values: tuple[int, ...] = getattr(self, name) or ()
            for value in values:
                _check_count(name, value, low)
            if len(set(values)) < len(values):
                raise _wrong(name, values, "different numbers")
        if (self.contexts is None or bool(self.contexts)) != bool(self.streams):
            raise ConfigError("contexts and streams go together: give both or none")
        for name in ("num_threads", "chunk_tokens"):
            if getattr(self, name) is not None:
                _check_count(name, getattr(self, name), 1)
        _check_count("rounds", self.rounds, 1)


def _check_count(name: str, value: int, low: int) -> None:
    if not low <= value <= _MAX_COUNT:
        raise _wrong(name, value, f"from {low} to {_MAX_COUNT}")


def _wrong(field: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(
        f"{field}={value!r} is not allowed: {field} must be {allowed}",
        field=field,
        value=value,
        allowed=allowed,
    )
