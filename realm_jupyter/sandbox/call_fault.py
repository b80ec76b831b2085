"""What it means that a guest call was broken off: wasmtime's errors to this package's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import wasmtime

from realm_jupyter.errors import GuestAbiError, GuestError, GuestLimitError, GuestTrapError
from realm_jupyter.sandbox.function import take_stray_exception

if TYPE_CHECKING:
    from realm_jupyter.sandbox.limits import GuestLimits
    from realm_jupyter.sandbox.watchdog import Cause

__all__ = ["CallFault"]

_MAX_FRAMES = 32
# The first line of wasmtime's backtrace: "0:     0x1f - guest.wasm!step".
_FIRST_FRAME = re.compile(r"\b0: +(?P<offset>0x[0-9a-f]+) - (?:[^!\n]*!)?(?P<name>[^\n]+)")
_NO_OFFSET = 2**63  # what wasmtime reports for a frame without a place


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault:
    """The circumstances in which a call was broken off.

    Parameters
    ----------
    where : str
        The call, for the message.
    is_start : bool
        Whether the instance was being made.
    limits : GuestLimits
    cause : {"deadline", "interrupt"} or None
        Why the watchdog ended the call, if it did.
    is_closed : bool
        Whether the instance was closed meanwhile.
    memory_bytes : int
        Size of the guest's memory.
    """

    where: str
    is_start: bool
    limits: GuestLimits
    cause: Cause | None
    is_closed: bool
    memory_bytes: int

    def error(self, caught: wasmtime.Trap | wasmtime.WasmtimeError) -> BaseException:
        """Return the error to raise in place of wasmtime's."""
        code = _trap_code(caught) if isinstance(caught, wasmtime.Trap) else ""
        stray = None if code else take_stray_exception()
        if stray is not None:
            return stray
        if not isinstance(caught, wasmtime.Trap):
            if self.cause is not None:
                return self._ended(str(caught))
            return self._refusal(" ".join(str(caught).split()))
        frames = tuple(_frame(frame) for frame in caught.frames[:_MAX_FRAMES])
        place = f" at {frames[0]}" if frames else ""
        limit, why = self._limit(code)
        if limit:
            return GuestLimitError(f"{self.where} {why}{place}", limit=limit)
        why = f"trapped: {code or caught.message}"
        return GuestTrapError(f"{self.where} {why}{place}", trap_code=code, frames=frames)

    def _refusal(self, message: str) -> GuestError:
        """Return what it means that wasmtime refused or broke off without a trap."""
        if not self.is_start:
            return GuestTrapError(f"{self.where} failed: {message}")
        # wasmtime's wording for a memory or table above the store's limits, and for
        # addresses that the system does not give.
        if "limit" in message or "mmap" in message:
            return GuestLimitError(f"{self.where} ran into a limit: {message}", limit="memory")
        return GuestAbiError(f"{self.where} failed: {message}")

    def _ended(self, message: str) -> GuestLimitError:
        """Return what it means that the watchdog ended the call."""
        if self.cause == "deadline":
            why = f"ran past its deadline of {self.limits.deadline_ms} ms"
        else:
            why = "was closed" if self.is_closed else "was interrupted"
        found = _FIRST_FRAME.search(message)
        name = found["name"].strip("<>").removeprefix("wasm ") if found else ""
        place = f" at {name} ({found['offset']})" if found else ""
        return GuestLimitError(f"{self.where} {why}{place}", limit=self.cause or "")

    def _limit(self, code: str) -> tuple[str, str]:
        """Return the limit that a trap is due to, if any, and how to say so."""
        limits = self.limits
        if code == "stack_overflow":
            return "stack", f"ran out of its stack of {limits.stack_bytes} bytes"
        # wasmtime does not tell of a refused memory.grow; a trap with the memory within a
        # sixteenth of its limit is put down to one.
        if self.memory_bytes >= limits.memory_bytes // 16 * 15:
            size = limits.memory_bytes
            return "memory", f"trapped ({code}) with its memory at the limit of {size} bytes"
        return "", ""


def _trap_code(trap: wasmtime.Trap) -> str:
    try:
        code = trap.trap_code
    except ValueError:
        return "unknown"  # a code that this wasmtime has and its binding does not
    return code.name.lower() if code is not None else ""


def _frame(frame: wasmtime.Frame) -> str:
    name = frame.func_name or f"function {frame.func_index}"
    offset = frame.module_offset
    return f"{name} (0x{offset:x})" if offset < _NO_OFFSET else name
