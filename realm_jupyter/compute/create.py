"""Making an executor for a model: choose, check the memory, load the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.compute.choice import EXECUTORS, check_executor, choose_executor
from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.compute.cpu.native import NativeExecutor, check_kv_type
from realm_jupyter.compute.devices import resolve_device
from realm_jupyter.compute.memory import check_memory, release_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.compute.executor import Executor
    from realm_jupyter.models.model import Model
    from realm_jupyter.types import CancelToken

__all__ = ["EXECUTORS", "create_executor"]

_REFERENCE_KV_TYPES = ("auto", "f32")


def create_executor(
    model: Model,
    *,
    device: str = "auto",
    executor: str = "auto",
    kv_type: str = "auto",
    on_progress: Callable[[int, int], None] | None = None,
    cancel: CancelToken | None = None,
) -> Executor:
    """Load a model's weights and return what runs it.

    Parameters
    ----------
    model : Model
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:N"`` or ``"mps"``.
    executor : {"auto", "native", "reference"}
        ``"auto"`` is the native executor on the CPU, and the reference on other devices and,
        with a warning, where there is no native library for the machine or the model.
    kv_type : {"auto", "f32", "f16", "q8_0"}
        Number format of the KV cache; ``"auto"`` is float16, and float32 for models whose
        weights are float32 and for the reference executor, which has no other.
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
    check_executor(executor)
    check_kv_type(kv_type)
    name = resolve_device(device)
    choice = choose_executor(model, name, executor)
    if choice == "reference":
        check_kv_type(kv_type, _REFERENCE_KV_TYPES)
    check_memory(model, name, choice)
    library = find_library()
    try:
        if choice == "native" and isinstance(library, Library):
            return NativeExecutor(
                model, library, kv_type=kv_type, on_progress=on_progress, cancel=cancel
            )
        return _reference(model, name, on_progress, cancel)
    except BaseException:
        release_memory(name)
        raise


def _reference(
    model: Model,
    device: str,
    on_progress: Callable[[int, int], None] | None,
    cancel: CancelToken | None,
) -> Executor:
    import torch  # noqa: PLC0415  # heavy, and needed only now

    from realm_jupyter.compute.reference import (  # noqa: PLC0415  # imports torch
        ReferenceExecutor,
    )
    from realm_jupyter.compute.weights import load_weights  # noqa: PLC0415  # imports torch

    ReferenceExecutor.require_ops(model.graph)
    weights = load_weights(model, torch.device(device), on_progress=on_progress, cancel=cancel)
    return ReferenceExecutor(model.graph, weights, device)
