"""Ends guest calls: at their deadline, or when another thread says so.

A store's deadline is the next tick of its engine's epoch, and a tick comes only when some
call has to end; each store then asks its own watch whether the tick was meant for it
(`realm_jupyter.sandbox.epoch`), and if not, its deadline is the tick after. So ending one
guest costs the others that run at that moment a few microseconds, and nothing when none has
to end. One daemon thread watches the clock for all of them; it sleeps until the next deadline,
not in a fixed rhythm, and ends when nothing ran for a while.
"""

from __future__ import annotations

import math
import os
import threading
from time import monotonic
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import wasmtime

__all__ = ["Watch", "Watchdog"]

Cause = Literal["deadline", "interrupt"]

# How long the guest may still run once a host function has failed under it.
GRACE_S = 0.1
# What a host call counts for: a guest that does nothing but log or emit ends as well.
HOST_CALL_S = 1e-4
# A tick is lost on a guest that is just being asked about an earlier one, because its answer
# counts from the clock as it is by then. So the tick is repeated until the call is over.
TICK_AGAIN_S = 0.01


class Watchdog:
    """The clock of all running guest calls.

    Parameters
    ----------
    idle_s : float
        The thread ends when no call ran for this long; the next call starts another.

    Notes
    -----
    One lock guards the watches too: it is held for a few hundred nanoseconds, and it is
    what makes a tick hit the call it was meant for and never the one after it. Whoever only
    holds it takes `mutex`; `lock` is the same one, to wait on.
    """

    def __init__(self, idle_s: float = 5.0) -> None:
        self.idle_s = idle_s
        self._reset()
        if hasattr(os, "register_at_fork"):
            # The thread does not survive a fork, and the lock may be held for ever.
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        # Reentrant: a signal handler or a finalizer may interrupt a call from in here.
        self.mutex = threading.RLock()
        self.lock = threading.Condition(self.mutex)
        self._watches: set[Watch] = set()
        self._thread: threading.Thread | None = None
        self._wake_at = math.inf

    @property
    def is_running(self) -> bool:
        """Whether the thread exists at this moment."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def discard(self, watch: Watch) -> None:
        """Stop watching a call; the caller holds the lock."""
        self._watches.discard(watch)

    def add(self, watch: Watch) -> None:
        """Watch a call's new deadline from now on; the caller holds the lock."""
        self._watches.add(watch)
        if watch.deadline < self._wake_at:
            self._wake_at = watch.deadline
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="realm-watchdog", daemon=True)
                self._thread = thread
                try:
                    thread.start()
                except BaseException:
                    self._thread = None
                    self._wake_at = math.inf
                    raise
            else:
                self.lock.notify()

    def _end_late_calls(self, now: float) -> None:
        # Apart, because the thread's own frame would keep the last watch alive while it waits.
        for watch in self._watches:
            if watch.deadline <= now:
                watch.end("deadline")

    def _run(self) -> None:
        with self.lock:
            while True:
                now = monotonic()
                self._end_late_calls(now)
                # Also when the deadline is far: the calls may be over long before it.
                deadline = min((watch.deadline for watch in self._watches), default=math.inf)
                is_idle = deadline >= now + self.idle_s
                self._wake_at = min(deadline, now + self.idle_s)
                is_notified = self.lock.wait(self._wake_at - now)
                if is_idle and not is_notified and not self._watches:
                    self._thread = None
                    self._wake_at = math.inf
                    return


_WATCHDOG = Watchdog()


class Watch:
    """The deadline of one instance's calls.

    Parameters
    ----------
    engine : wasmtime.Engine
        The instance's engine, shared with others.
    limit_s : float
        Time that the guest may compute in one call.
    watchdog : Watchdog
        Whose thread watches the clock.

    Attributes
    ----------
    cause : {"deadline", "interrupt"} or None
        Why the running or last call was ended.
    deadline : float
        When the call has to end, or is told so again, in seconds of the monotonic clock;
        infinite while nothing runs or while a host function does.
    """

    __slots__ = (
        "__weakref__",
        "_dog",
        "_engine",
        "_is_running",
        "_limit_s",
        "_remaining_s",
        "cause",
        "deadline",
    )

    def __init__(
        self, engine: wasmtime.Engine, limit_s: float, watchdog: Watchdog = _WATCHDOG
    ) -> None:
        self._engine = engine
        self._limit_s = limit_s
        self._dog = watchdog
        self._remaining_s = limit_s
        self._is_running = False
        self.cause: Cause | None = None
        self.deadline = math.inf

    @property
    def is_ending(self) -> bool:
        """Whether the next tick is meant for this instance's call."""
        return self.cause is not None

    def start(self) -> None:
        """Begin a call into the instance: from now on the guest computes."""
        with self._dog.mutex:
            self.cause = None
            self._is_running = True
            self.deadline = monotonic() + self._limit_s
            self._dog.add(self)

    def stop(self) -> None:
        """End a call, however it ended; harmless when none runs."""
        with self._dog.mutex:
            self._is_running = False
            self.deadline = math.inf
            self._dog.discard(self)

    def pause(self) -> None:
        """Stop the clock: a host function runs."""
        with self._dog.lock:
            if self._is_running and self.cause is None:
                self._remaining_s = self.deadline - monotonic() - HOST_CALL_S
                self.deadline = math.inf

    def resume(self, *, renew: bool = False, is_failing: bool = False) -> None:
        """Go on with what is left of the time.

        Parameters
        ----------
        renew : bool
            Start the time anew: the call made progress.
        is_failing : bool
            Leave only a short grace: the guest has nothing to do but to return.
        """
        with self._dog.lock:
            if not self._is_running or self.cause is not None:
                return  # the tick has come already: the guest traps at its next check
            seconds = self._limit_s if renew else self._remaining_s
            if is_failing:
                seconds = min(seconds, GRACE_S)
            if seconds <= 0:
                self.end("deadline")  # without waiting for the thread to notice
                return
            self.deadline = monotonic() + seconds
            self._dog.add(self)

    def interrupt(self) -> None:
        """End the running call, if there is one; from any thread."""
        with self._dog.lock:
            if self._is_running:
                self.end("interrupt")

    def end(self, cause: Cause) -> None:
        """Make the running call trap, for the first cause; the caller holds the lock."""
        self.cause = self.cause or cause
        self.deadline = monotonic() + TICK_AGAIN_S
        self._engine.increment_epoch()
        self._dog.add(self)
