"""Which requests of a tenant run, and which wait for others of it to end."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realm_jupyter.errors import TenantBusyError, TenantClosedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.engine.loaded_model import LoadedModel

__all__ = ["Admission", "Request"]


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A generation that is to run.

    Parameters
    ----------
    loaded : LoadedModel
    start : callable
        Has it run; called once, by any thread, now or when there is room. Must not raise.
    cancel : callable
        Ends it, whether it runs or waits.
    """

    loaded: LoadedModel
    start: Callable[[], None]
    cancel: Callable[[], None]


class Admission:
    """The generations of one tenant that run, and its queue.

    Parameters
    ----------
    tenant : str
        Name, for errors.
    num_sequences : int, optional
        How many may run at once.
    queue_length : int
        How many may wait.

    Notes
    -----
    Safe from any thread. Nothing is called while the lock is held.
    """

    def __init__(self, tenant: str, num_sequences: int | None, queue_length: int) -> None:
        self.num_sequences = num_sequences
        self.queue_length = queue_length
        self._tenant = tenant
        self._ended = threading.Condition(threading.RLock())
        self._running: dict[object, Request] = {}
        self._waiting: dict[object, Request] = {}
        self._is_closed = False
        self._is_starting = False

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    @property
    def num_running(self) -> int:
        """Generations that run."""
        return len(self._running)

    @property
    def num_waiting(self) -> int:
        """Generations that wait for others to end."""
        return len(self._waiting)

    def enter(self, generation: object, request: Request) -> None:
        """Start a generation, or let it wait.

        Raises
        ------
        TenantBusyError
            If too many wait already.
        TenantClosedError
            If the tenant was closed.
        """
        with self._ended:
            self.check()
            self._waiting[generation] = request
        self.start_waiting()

    def check(self) -> None:
        """Raise what `enter` would raise now."""
        with self._ended:
            if self._is_closed:
                raise TenantClosedError(f"{self._tenant} is closed", tenant=self._tenant)
            if not self._has_room and len(self._waiting) >= self.queue_length:
                raise TenantBusyError(
                    f"{self._tenant} runs {len(self._running)} generations and "
                    f"{len(self._waiting)} more wait, which are as many as may; try again when "
                    "some have ended",
                    tenant=self._tenant,
                )

    def leave(self, generation: object) -> None:
        """Take note that a generation ended, and start the next one."""
        with self._ended:
            self._running.pop(generation, None)
            self._ended.notify_all()
        self.start_waiting()

    def withdraw(self, generation: object) -> None:
        """Start a generation that was cancelled while it waited, so that it ends at once."""
        with self._ended:
            request = self._waiting.pop(generation, None)
            if request is not None:
                self._running[generation] = request
        if request is not None:
            request.start()

    def start_waiting(self) -> None:
        """Start what there is room for, in the order of arrival."""
        while True:
            with self._ended:
                # One thread starts them all: what it starts may end at once and come back here.
                if self._is_starting or not self._waiting or not self._has_room:
                    return
                generation = next(iter(self._waiting))
                request = self._running[generation] = self._waiting.pop(generation)
                self._is_starting = True
            try:
                request.start()
            finally:
                with self._ended:
                    self._is_starting = False

    def cancel(self, loaded: LoadedModel | None = None) -> list[object]:
        """Cancel everything, or what uses one model; return what it was."""
        with self._ended:
            found = [
                (generation, request)
                for requests in (self._running, self._waiting)
                for generation, request in requests.items()
                if loaded is None or request.loaded is loaded
            ]
        for _, request in found:
            request.cancel()
        return [generation for generation, _ in found]

    def close(self) -> None:
        """Admit nothing more."""
        with self._ended:
            self._is_closed = True

    def wait_for(self, generations: list[object], timeout_s: float) -> None:
        """Wait until these have ended, but not for ever."""
        ended = set(generations)
        with self._ended:
            self._ended.wait_for(
                lambda: not ended & (self._running.keys() | self._waiting.keys()), timeout_s
            )

    @property
    def _has_room(self) -> bool:
        return self.num_sequences is None or len(self._running) < self.num_sequences
