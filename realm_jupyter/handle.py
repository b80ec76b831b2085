"""A generation under way: iterate it, cancel it, wait for it, from any thread.

The producer (the engine's scheduler or the HTTP client's reader) feeds a
`GenerationHandle`; any number of readers may wait on it, but each event goes to one.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from realm_jupyter.types import GenerationResponse, TokenEvent

__all__ = ["GenerationHandle"]

# A blocked wait wakes this often, because on some systems (Windows) a signal such as
# the notebook's interrupt is only seen between waits.
_WAKE_S = 0.2


class GenerationHandle:
    """One generation under way.

    Iterating yields `TokenEvent` until the generation ends; the same object iterates
    asynchronously too. Leaving a ``with`` block, or an exception while iterating
    (including a keyboard interrupt), cancels what is left.

    Parameters
    ----------
    prompt_ids : tuple of int
        The prompt as the model reads it; empty where the backend does not tell.

    Notes
    -----
    All methods are safe from any thread.
    """

    def __init__(self, prompt_ids: tuple[int, ...] = ()) -> None:
        self.prompt_ids = prompt_ids
        self._lock = threading.RLock()
        # Who waits for the end is not woken for every token.
        self._changed = threading.Condition(self._lock)
        self._ended = threading.Condition(self._lock)
        self._events: deque[TokenEvent] = deque()
        self._response: GenerationResponse | None = None
        self._error: BaseException | None = None
        self._is_cancelled = False
        self._cancel_callbacks: list[Callable[[], None]] = []
        self._listeners: list[Callable[[], None]] = []
        self._most_unread: int | None = None
        self._room_callbacks: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        state: str
        if self._response is not None:
            state = self._response.finish_reason
        elif self._error is not None:
            state = type(self._error).__name__
        else:
            state = "cancelling" if self._is_cancelled else "running"
        return f"<GenerationHandle: {state}>"

    # -- for the reader ------------------------------------------------------------

    @property
    def is_done(self) -> bool:
        """Whether the generation ended, well or not."""
        return self._response is not None or self._error is not None

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called (the generation may have ended before)."""
        return self._is_cancelled

    @property
    def response(self) -> GenerationResponse:
        """The response of an ended generation.

        Raises
        ------
        RuntimeError
            While the generation runs; use `result` to wait for it.
        RealmError
            What ended the generation, if it failed.
        """
        if not self.is_done:
            raise RuntimeError("the generation is still running; result() waits for it")
        return self._outcome()

    def limit_unread(self, num_events: int) -> None:
        """Have the generation wait while so many events are unread.

        For readers that may stop reading: without a limit, everything is generated and kept.
        """
        self._most_unread = num_events

    def cancel(self) -> None:
        """Stop within one step; what was generated is kept as the response."""
        with self._lock:
            if self._is_cancelled or self.is_done:
                return
            self._is_cancelled = True
            callbacks = list(self._cancel_callbacks)
        for callback in callbacks:
            callback()

    def result(self, timeout: float | None = None) -> GenerationResponse:
        """Wait for the end and return the response.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Raises
        ------
        TimeoutError
            If the generation still runs after ``timeout``; it goes on.
        RealmError
            What ended the generation, if it failed.
        """
        with self._lock:
            if not _wait(self._ended, lambda: self.is_done, timeout):
                raise TimeoutError(f"the generation still runs after {timeout} s")
        return self._outcome()

    def __iter__(self) -> Iterator[TokenEvent]:
        try:
            while True:
                with self._lock:
                    _wait(self._changed, lambda: bool(self._events) or self.is_done, None)
                    if not self._events:
                        break
                    event, has_room = self._pop()
                if has_room:
                    self._announce_room()
                yield event
        except BaseException:
            self.cancel()
            raise
        if self._error is not None:
            raise self._error

    async def __aiter__(self) -> AsyncIterator[TokenEvent]:
        loop = asyncio.get_running_loop()
        wake = asyncio.Event()

        def listener() -> None:
            loop.call_soon_threadsafe(wake.set)

        with self._lock:
            self._listeners.append(listener)
        try:
            while True:
                wake.clear()
                event, has_room = None, False
                with self._lock:
                    if self._events:
                        event, has_room = self._pop()
                    done = self.is_done
                if has_room:
                    self._announce_room()
                if event is not None:
                    yield event
                elif done:
                    break
                else:
                    await wake.wait()
        except BaseException:
            self.cancel()
            raise
        finally:
            with self._lock:
                self._listeners.remove(listener)
        if self._error is not None:
            raise self._error

    async def aresult(self) -> GenerationResponse:
        """Wait for the end without blocking the event loop; see `result`."""
        async for _event in self:
            pass
        return self._outcome()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.cancel()

    # -- for the producer ----------------------------------------------------------

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called from whatever thread cancels (producer's side)."""
        with self._lock:
            self._cancel_callbacks.append(callback)
            missed = self._is_cancelled
        if missed:
            callback()

    @property
    def is_full(self) -> bool:
        """Whether the reader is so far behind that the generation waits (producer's side)."""
        return self._most_unread is not None and len(self._events) >= self._most_unread

    def on_room(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called when a generation may go on that waited (producer's side)."""
        self._room_callbacks.append(callback)

    def put(self, event: TokenEvent) -> None:
        """Hand an event to the reader (producer's side)."""
        with self._lock:
            self._events.append(event)
            self._changed.notify_all()
        self._call_listeners()

    def finish(self, response: GenerationResponse) -> None:
        """End well (producer's side); later calls are ignored."""
        with self._lock:
            if not self.is_done:
                self._response = response
        self._announce_end()

    def fail(self, error: BaseException) -> None:
        """End with an error (producer's side); later calls are ignored."""
        with self._lock:
            if not self.is_done:
                self._error = error
        self._announce_end()

    def _announce_end(self) -> None:
        with self._lock:
            self._changed.notify_all()
            self._ended.notify_all()
        self._call_listeners()

    def _call_listeners(self) -> None:
        if not self._listeners:
            return
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener()
            except RuntimeError:  # the listener's event loop was closed meanwhile
                continue

    def _pop(self) -> tuple[TokenEvent, bool]:
        """Return the next event, and whether the generation waited for it to be read."""
        was_full = self.is_full
        return self._events.popleft(), was_full

    def _announce_room(self) -> None:
        for callback in self._room_callbacks:
            callback()

    def _outcome(self) -> GenerationResponse:
        if self._error is not None:
            raise self._error
        if self._response is None:
            raise RuntimeError("the generation has no outcome yet")
        return self._response


def _wait(
    condition: threading.Condition, predicate: Callable[[], bool], timeout: float | None
) -> bool:
    if timeout is not None:
        return condition.wait_for(predicate, timeout)
    while not predicate():
        condition.wait(_WAKE_S)
    return True
