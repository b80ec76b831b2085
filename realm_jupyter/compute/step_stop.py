"""Ending a step whose results nobody wants any more."""

from __future__ import annotations

import ctypes

__all__ = ["StepStop", "StepStoppedError"]


class StepStoppedError(Exception):
    """A step ended early because it was told to; its caches are as they were before."""


class StepStop:
    """Tells a running step to end; any thread may do so.

    For one step: it cannot be taken back.

    Examples
    --------
    >>> stop = StepStop()
    >>> stop.set()
    >>> stop.is_set
    True
    """

    __slots__ = ("_flag",)

    def __init__(self) -> None:
        self._flag = ctypes.c_int32(0)

    def set(self) -> None:
        """Have the step end."""
        self._flag.value = 1

    @property
    def is_set(self) -> bool:
        """Whether the step is to end."""
        return bool(self._flag.value)

    @property
    def address(self) -> int:
        """Of an int32 that is 0 until it is set; good as long as this object lives."""
        return ctypes.addressof(self._flag)

    def check(self) -> None:
        """Raise `StepStoppedError` if the step is to end."""
        if self.is_set:
            raise StepStoppedError
