"""What every op has in common: named values in, one named value out, checked numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from realm_jupyter.errors import ModelFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["OPS", "Op", "register"]

OPS: dict[str, type[Op]] = {}
"""Every op class by its name in the table and in JSON."""

MAX_WIDTH = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One step of a graph.

    Parameters
    ----------
    output : str
        Name of the value this op defines.

    Notes
    -----
    A subclass names its fields: those in ``INPUTS`` hold names of values, those in
    ``WEIGHTS`` names of tensors (or None where a weight is optional), the others are
    attributes.
    """

    KIND: ClassVar[str] = ""
    INPUTS: ClassVar[tuple[str, ...]] = ()
    WEIGHTS: ClassVar[tuple[str, ...]] = ()
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {}

    output: str

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the values this op reads, in the order of the table."""
        return tuple(getattr(self, name) for name in self.INPUTS)

    @property
    def weights(self) -> dict[str, str]:
        """Names of the tensors this op reads, by their role."""
        pairs = ((role, getattr(self, role)) for role in self.WEIGHTS)
        return {role: name for role, name in pairs if name is not None}

    @property
    def attributes(self) -> dict[str, Any]:
        """The numbers and choices of this op, by name."""
        taken = {"output", *self.INPUTS, *self.WEIGHTS}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in taken}

    def infer(self, widths: Sequence[int]) -> int:
        """Return the width of the output for inputs of these ``widths``.

        Raises
        ------
        ModelFormatError
            If the inputs or the attributes do not fit.
        """
        raise NotImplementedError

    def weight_shapes(self, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return the shape each weight must have, by role."""
        del widths
        return {}

    def check_attributes(self) -> None:
        """Raise `ModelFormatError` if a number or choice is out of its range."""
        for name, value in self.attributes.items():
            allowed = self.CHOICES.get(name)
            if allowed is not None:
                self._require(value in allowed, f"{name}={value!r} is not one of {allowed}")
            elif isinstance(value, float):
                self._require(math.isfinite(value), f"{name}={value} is not a finite number")
            elif isinstance(value, int):
                self._require(0 <= value <= MAX_WIDTH, f"{name}={value} is out of range")

    def _require(self, condition: bool, problem: str) -> None:  # noqa: FBT001  # an assertion
        if not condition:
            raise ModelFormatError(f"op {self.KIND} that makes {self.output!r}: {problem}")


AnyOp = TypeVar("AnyOp", bound=type[Op])


def register(kind: AnyOp) -> AnyOp:
    """Add an op class to `OPS`; a class decorator."""
    OPS[kind.KIND] = kind
    return kind
