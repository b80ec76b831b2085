"""Train a toy in less than a minute: the whole recipe, small enough for a notebook cell."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from realm_jupyter.demo.export import export_gguf
from realm_jupyter.demo.tales import recipe
from realm_jupyter.demo.trainer import TrainingPlan, train

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyModel:
    """What `train_toy` made.

    Parameters
    ----------
    path : Path
        The GGUF file, F32.
    num_parameters : int
    losses : tuple of float
        One a step, nats per token.
    """

    path: Path
    num_parameters: int
    losses: tuple[float, ...]


def train_toy(
    path: str | PathLike[str],
    *,
    seconds: float = 30.0,
    steps: int | None = None,
    seed: int = 0,
    threads: int = 1,
    architecture: Literal["llama", "qwen3"] = "qwen3",
    on_step: Callable[[int, float], None] | None = None,
) -> ToyModel:
    """Write stories, learn a vocabulary, train a tiny network and export it.

    Parameters
    ----------
    path : path
        The GGUF file to write; its folder is made.
    seconds : float
        Time to train, without the seconds that the vocabulary takes.
    steps : int, optional
        Train so many steps instead.
    seed, threads : int
    architecture : {"llama", "qwen3"}
    on_step : callable, optional
        Gets the step and its loss, for a live curve.

    Returns
    -------
    ToyModel

    Examples
    --------
    >>> toy = train_toy("toy.gguf", seconds=20)  # doctest: +SKIP
    """
    prepared = recipe.prepare(is_toy=True)
    config = replace(prepared.config, architecture=architecture)
    losses: list[float] = []

    def record(step: int, loss: float) -> None:
        losses.append(loss)
        if on_step is not None:
            on_step(step, loss)

    plan = TrainingPlan(
        steps=steps,
        minutes=None if steps is not None else seconds / 60.0,
        learning_rate=prepared.learning_rate,
        optimizer="muon",
        seed=seed,
        threads=threads,
        report_every_s=math.inf,
    )
    network = train(config, plan, prepared.batches, on_step=record)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    export_gguf(
        network,
        prepared.vocabulary,
        target,
        name="toy",
        description="A toy that learned to babble stories in less than a minute.",
    )
    return ToyModel(path=target, num_parameters=network.num_parameters, losses=tuple(losses))
