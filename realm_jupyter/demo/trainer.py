"""The training loop of the shipped models: one seed, one file to resume from, no surprises.

Batches depend on the seed and the step alone, so a run that was stopped and resumed sees exactly
the data, and in a run counted in steps takes exactly the losses, of one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from realm_jupyter.demo.muon import Muon
from realm_jupyter.demo.network import Network, NetworkConfig
from realm_jupyter.demo.whole_file import whole_file

if TYPE_CHECKING:
    from pathlib import Path

Batch = tuple[np.ndarray, np.ndarray | None]
"""Token ids (B, S + 1) of an integer dtype, and what predicting each counts, or None for 1."""

BatchSource = Callable[[int], Batch]
"""From a step, 0 and up, to its batch; the same step always gets the same batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How to train: exactly one of ``steps`` and ``minutes`` is set.

    Parameters
    ----------
    batch_size, sequence_length : int
        Rows of a step and predicted tokens of a row, where the data is one stream; a batch source
        chooses its own.
    steps : int, optional
        Length of the run; the rate of learning follows the step.
    minutes : float, optional
        Length of the run in time spent training, resumed parts included; the rate follows it, so
        that the run ends annealed on any machine.
    learning_rate, final_rate_ratio : float
        The highest rate, and what part of it the cosine ends with.
    warmup : float
        Part of the run, 0 to 1, over which the rate rises.
    optimizer : {"muon", "adamw"}
        ``muon`` turns the matrices of the layers by orthogonalized momentum (the rest by AdamW):
        about a fifth more time for a step, far fewer steps.
    weight_decay, gradient_norm : float
        Decay of matrices, and the norm that gradients are clipped to.
    seed : int
        Of the first weights and of the choice of rows.
    threads : int
        CPU threads of torch.
    checkpoint_path : Path, optional
        Written every ``checkpoint_every_s`` seconds and at the end; resumed from when it exists.
    report_every_s : float
        Seconds between printed lines; 0 prints every step, ``math.inf`` none.
    """

    batch_size: int = 16
    sequence_length: int = 256
    steps: int | None = None
    minutes: float | None = None
    learning_rate: float = 2e-3
    final_rate_ratio: float = 0.02
    warmup: float = 0.02
    optimizer: Literal["muon", "adamw"] = "adamw"
    weight_decay: float = 0.05
    gradient_norm: float = 1.0
    seed: int = 0
    threads: int = 1
    checkpoint_path: Path | None = None
    checkpoint_every_s: float = 120.0
    report_every_s: float = 15.0

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise ValueError("set exactly one of steps and minutes")

    def rate(self, progress: float) -> float:
        """Return the rate of learning at a part of the run, 0 to 1."""
        if progress < self.warmup:
            return self.learning_rate * max(progress / self.warmup, 0.01)
        cosine = 0.5 * (1.0 + math.cos(math.pi * min(progress, 1.0)))
        return self.learning_rate * (self.final_rate_ratio + (1.0 - self.final_rate_ratio) * cosine)


def stream_batches(tokens: np.ndarray, mask: np.ndarray | None, plan: TrainingPlan) -> BatchSource:
    """Draw random windows of one long stream.

    Parameters
    ----------
    tokens : ndarray, shape (N,), uint16
    mask : ndarray, shape (N,), float32, optional
        What predicting each token counts.
    plan : TrainingPlan
        Gives the shape and the seed.

    Returns
    -------
    BatchSource

    Raises
    ------
    ValueError
        If the stream is shorter than one row.
    """
    length = plan.sequence_length + 1
    if len(tokens) < length:
        raise ValueError(f"the stream holds {len(tokens)} tokens; a row needs {length}")

    def batch(step: int) -> Batch:
        random = np.random.default_rng((plan.seed, step))
        starts = random.integers(0, len(tokens) - length + 1, size=plan.batch_size)
        places = starts[:, None] + np.arange(length)
        return tokens[places], None if mask is None else mask[places]

    return batch


def make_optimizers(network: Network, plan: TrainingPlan) -> list[torch.optim.Optimizer]:
    """Group the weights: layer matrices, embedding, and norms (which never decay)."""
    matrices = [weight for weight in network.blocks.parameters() if weight.ndim > 1]
    norms = [weight for weight in network.parameters() if weight.ndim == 1]
    embedding = [network.embedding.weight]
    decayed = embedding if plan.optimizer == "muon" else [*matrices, *embedding]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": plan.weight_decay},
                {"params": norms, "weight_decay": 0.0},
            ],
            betas=(0.9, 0.98),
            fused=True,
        )
    ]
    if plan.optimizer == "muon":
        optimizers.append(Muon(matrices, weight_decay=plan.weight_decay))
    return optimizers


def save_checkpoint(
    path: Path,
    network: Network,
    optimizers: list[torch.optim.Optimizer],
    state: dict[str, Any],
) -> None:
    """Write weights, optimizers and progress; a stop midway leaves the file before whole."""
    held = {
        "config": asdict(network.config),
        "weights": network.state_dict(),
        "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        "state": state,
    }
    with whole_file(path) as partial:
        torch.save(held, partial)


def load_checkpoint(path: Path) -> tuple[Network, dict[str, Any]]:
    """Read a network back, to export or evaluate a run at any point of it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    network : Network
    saved : dict
        ``state`` (``step``, ``elapsed_s``, ``num_tokens``, ``losses``) and ``optimizers``.
    """
    saved = torch.load(path, map_location="cpu", weights_only=True)
    network = Network(NetworkConfig(**saved["config"]))
    network.load_state_dict(saved["weights"])
    return network, saved


def train(
    config: NetworkConfig,
    plan: TrainingPlan,
    tokens: np.ndarray | BatchSource,
    mask: np.ndarray | None = None,
    *,
    on_step: Callable[[int, float], None] | None = None,
) -> Network:
    """Train a network, from its checkpoint where there is one.

    Parameters
    ----------
    config : NetworkConfig
    plan : TrainingPlan
    tokens : ndarray, shape (N,), uint16, or BatchSource
        A stream of which random windows are drawn, or a source of fresh batches.
    mask : ndarray, shape (N,), float32, optional
        What predicting each token of the stream counts.
    on_step : callable, optional
        Gets the step and its loss; what it raises ends the run.

    Returns
    -------
    Network

    Raises
    ------
    ValueError
        If the checkpoint belongs to another config, or the stream is too short.
    """
    torch.set_num_threads(plan.threads)
    batches = tokens if callable(tokens) else stream_batches(tokens, mask, plan)
    network = Network(config, seed=plan.seed)
    optimizers = make_optimizers(network, plan)
    state: dict[str, Any] = {"step": 0, "elapsed_s": 0.0, "num_tokens": 0, "losses": []}
    if plan.checkpoint_path is not None and plan.checkpoint_path.exists():
        saved = torch.load(plan.checkpoint_path, map_location="cpu", weights_only=True)
        if saved["config"] != asdict(config):
            raise ValueError(f"{plan.checkpoint_path} holds a network of another shape")
        network.load_state_dict(saved["weights"])
        for optimizer, held in zip(optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(held)
        state = saved["state"]
        print(f"resumed at step {state['step']}", flush=True)
    _run(network, optimizers, plan, batches, state, on_step=on_step)
    if plan.checkpoint_path is not None:
        save_checkpoint(plan.checkpoint_path, network, optimizers, state)
    return network


def _run(
    network: Network,
    optimizers: list[torch.optim.Optimizer],
    plan: TrainingPlan,
    batches: BatchSource,
    state: dict[str, Any],
    *,
    on_step: Callable[[int, float], None] | None,
) -> None:
    """Take steps until the plan is fulfilled, keeping ``state`` current."""
    began = time.monotonic() - state["elapsed_s"]
    reported = saved = time.monotonic()
    recent: list[float] = []
    while True:
        state["elapsed_s"] = time.monotonic() - began
        progress = (
            state["step"] / plan.steps
            if plan.steps is not None
            else state["elapsed_s"] / (60.0 * (plan.minutes or 1.0))
        )
        if progress >= 1.0:
            break
        loss, num_tokens = _step(network, optimizers, plan, batches(state["step"]), progress)
        recent.append(loss)
        state["num_tokens"] += num_tokens
        if on_step is not None:
            on_step(state["step"], loss)
        state["step"] += 1
        now = time.monotonic()
        if now - reported >= plan.report_every_s:
            mean = sum(recent) / len(recent)
            state["losses"].append((state["step"], round(mean, 4)))
            rate = state["num_tokens"] / (now - began)
            print(
                f"{progress:6.1%}  step {state['step']}  loss {mean:.4f}  {rate:.0f} tokens/s",
                flush=True,
            )
            reported, recent = now, []
        if plan.checkpoint_path is not None and now - saved >= plan.checkpoint_every_s:
            save_checkpoint(plan.checkpoint_path, network, optimizers, state)
            saved = now


def _step(
    network: Network,
    optimizers: list[torch.optim.Optimizer],
    plan: TrainingPlan,
    batch: Batch,
    progress: float,
) -> tuple[float, int]:
    """Learn from one batch; return its loss and how many tokens were read."""
    rows, weights = batch
    token_ids = torch.from_numpy(rows.astype(np.int64))
    counts: Tensor | None = (
        None if weights is None else torch.from_numpy(weights.astype(np.float32))
    )
    rate = plan.rate(progress)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
    loss = network.loss(token_ids, counts)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), plan.gradient_norm)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return float(loss.detach()), int(token_ids.numel())
