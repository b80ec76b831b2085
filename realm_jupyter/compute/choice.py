"""Which executor runs a model."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.compute.cpu.program import missing_ops
from realm_jupyter.compute.cpu.weight_plan import unsupported_weights
from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from realm_jupyter.models.model import Model

__all__ = ["EXECUTORS", "check_executor", "choose_executor", "native_problem"]

EXECUTORS = ("auto", "native", "reference")
_PLANNED = ("cuda",)
_MAX_NAMED = 3

_warned: set[str] = set()


def check_executor(executor: str) -> None:
    """Check a name.

    Raises
    ------
    ConfigError
        If there is no such executor.
    """
    if executor in EXECUTORS:
        return
    problem = "is not available in this version" if executor in _PLANNED else "is unknown"
    raise _refusal(executor, f"executor={executor!r} {problem}")


def native_problem(model: Model, device: str) -> str | None:
    """Return why the native executor cannot run a model on a device, or None if it can."""
    if device != "cpu":
        return f"it runs on the CPU, not on {device}"
    library = find_library()
    if not isinstance(library, Library):
        return library.message
    ops = missing_ops(model)
    if ops:
        return f"it does not have the op {', '.join(ops)}"
    weights = unsupported_weights(model, library)
    if weights:
        more = f" and {len(weights) - _MAX_NAMED} more" if len(weights) > _MAX_NAMED else ""
        return f"it cannot hold the tensor {', '.join(weights[:_MAX_NAMED])}{more}"
    return None


def choose_executor(
    model: Model, device: str, executor: str = "auto", *, is_quiet: bool = False
) -> str:
    """Return ``"native"`` or ``"reference"``.

    Parameters
    ----------
    model : Model
    device : str
        A resolved name: ``"cpu"``, ``"cuda:N"`` or ``"mps"``.
    executor : {"auto", "native", "reference"}
        ``"auto"`` takes the native one on the CPU and the reference where it is not
        available, with one warning for each reason.
    is_quiet : bool
        No warning.

    Raises
    ------
    ConfigError
        If the name is unknown, or the native executor is asked for and not available.
    """
    check_executor(executor)
    if executor == "reference" or (executor == "auto" and device != "cpu"):
        return "reference"
    problem = native_problem(model, device)
    if problem is None:
        return "native"
    if executor == "native":
        raise _refusal(executor, f"the native executor is not available here: {problem}")
    if problem not in _warned and not is_quiet:
        _warned.add(problem)
        warnings.warn(
            f"the native executor is not available: {problem}; the reference executor runs "
            "instead, many times slower",
            RuntimeWarning,
            stacklevel=2,
        )
    return "reference"


def _refusal(executor: str, problem: str) -> ConfigError:
    allowed = ", ".join(EXECUTORS)
    return ConfigError(
        f"{problem}; use {allowed}", field="executor", value=executor, allowed=allowed
    )
