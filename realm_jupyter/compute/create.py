"""Making an executor for a model: choose, check the memory, load the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.compute.devices import resolve_device
from realm_jupyter.compute.memory import check_memory, release_memory
from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.compute.executor import Executor
    from realm_jupyter.models.model import Model
    from realm_jupyter.types import CancelToken

__all__ = ["EXECUTORS", "create_executor"]

EXECUTORS = ("auto", "reference")
_PLANNED = ("native", "cuda")


def create_executor(
    model: Model,
    *,
    device: str = "auto",
    executor: str = "auto",
    on_progress: Callable[[int, int], None] | None = None,
    cancel: CancelToken | None = None,
) -> Executor:
    """Load a model's weights and return what runs it.

    Parameters
    ----------
    model : Model
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"mps"``.
    executor : {"auto", "reference"}
    on_progress : callable, optional
        Called with the bytes of weights that are loaded and their total.
    cancel : CancelToken, optional

    Returns
    -------
    Executor
        Owned by the caller, who must `close` it before the model.

    Raises
    ------
    ConfigError
        If a name is unknown or not available here, or the executor lacks an op.
    ModelMemoryError
        If the weights would not fit; nothing was allocated.
    LoadCancelledError
        If ``cancel`` was cancelled; nothing stays loaded.
    """
    _check_executor(executor)
    name = resolve_device(device)
    check_memory(model, name, executor)

    import torch  # noqa: PLC0415  # heavy, and needed only now

    from realm_jupyter.compute.reference import (  # noqa: PLC0415  # imports torch
        ReferenceExecutor,
    )
    from realm_jupyter.compute.weights import load_weights  # noqa: PLC0415  # imports torch

    ReferenceExecutor.require_ops(model.graph)
    try:
        weights = load_weights(model, torch.device(name), on_progress=on_progress, cancel=cancel)
        return ReferenceExecutor(model.graph, weights, name)
    except BaseException:
        release_memory(name)
        raise


def _check_executor(executor: str) -> None:
    if executor in EXECUTORS:
        return
    allowed = ", ".join(EXECUTORS)
    problem = "is not available in this version" if executor in _PLANNED else "is unknown"
    raise ConfigError(
        f"executor={executor!r} {problem}; use {allowed}",
        field="executor",
        value=executor,
        allowed=allowed,
    )
