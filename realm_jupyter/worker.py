"""Work on a thread of its own, waited for so that an interrupt always finds the waiter.

A keyboard interrupt is raised in the main thread wherever that happens to be. Here it
only ever waits: loading and generating run on worker threads, so that an interrupt can
neither tear them apart nor lose what they have made.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import GenerationResponse

__all__ = ["TextStream", "Worker", "follow"]

T = TypeVar("T")

# On some systems a signal is only seen between waits, so no wait is longer than this.
_WAKE_S = 0.1
# Presses of the stop button that are taken as "stop, keep the text"; one more means
# "let go at once".
_PATIENCE = 3


class Worker(Generic[T]):
    """Runs ``function`` on a thread of its own.

    Parameters
    ----------
    function : callable
        Called once, without arguments, at once.
    name : str
        Name of the thread.
    """

    def __init__(self, function: Callable[[], T], name: str) -> None:
        self._function = function
        self._done = threading.Event()
        self._value: T | None = None
        self._error: BaseException | None = None
        # A daemon, so that leaving Python never waits for a model.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            self._error = error
        finally:
            self._done.set()

    @property
    def is_done(self) -> bool:
        """Whether the function returned or raised."""
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most this long (and never longer than a tenth of a second)."""
        return self._done.wait(min(seconds, _WAKE_S))

    def result(self) -> T:
        """Wait for the end; return what the function returned or raise what it raised."""
        while not self.wait(_WAKE_S):
            pass
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]


class TextStream:
    """Reads a generation on a thread; whoever shows it looks at ``text`` when it likes.

    Parameters
    ----------
    start : callable
        Starts the generation and returns its handle; called on the reading thread,
        because tokenizing a long prompt takes time too.
    """

    def __init__(self, start: Callable[[], GenerationHandle]) -> None:
        self._start = start
        self._pieces: list[str] = []
        self._news = threading.Event()
        self._is_cancelled = False
        self._handle: GenerationHandle | None = None
        self._worker = Worker(self._read, "realm-text-stream")

    def _read(self) -> GenerationResponse:
        try:
            handle = self._handle = self._start()
            if self._is_cancelled:  # before there was a handle to cancel
                handle.cancel()
            for event in handle:
                if event.text:
                    self._pieces.append(event.text)
                    self._news.set()
            return handle.response
        finally:
            self._news.set()

    @property
    def text(self) -> str:
        """What was generated so far."""
        return "".join(self._pieces)

    @property
    def is_done(self) -> bool:
        """Whether the generation ended, well or not."""
        return self._worker.is_done

    def cancel(self) -> None:
        """Stop within one step, also while the generation is being started."""
        self._is_cancelled = True
        if self._handle is not None:
            self._handle.cancel()

    def wait_for_news(self) -> bool:
        """Wait a moment for new text or the end; return whether there is any."""
        if not self._news.wait(_WAKE_S):
            return False
        self._news.clear()
        return True

    def wait_for_end(self, seconds: float) -> bool:
        """Wait a moment for the end; return whether it came."""
        return self._worker.wait(seconds)

    def result(self) -> GenerationResponse:
        """Wait for the end; return the response or raise what ended the generation."""
        return self._worker.result()


def follow(
    stream: TextStream, show: Callable[[str], None], interval_s: Callable[[], float]
) -> bool:
    """Show the text of ``stream`` as it comes, until it ends.

    Parameters
    ----------
    stream : TextStream
    show : callable
        Gets the whole text so far; called at once for the first text.
    interval_s : callable
        Seconds until ``show`` may be called again.

    Returns
    -------
    bool
        Whether a keyboard interrupt ended the stream early.

    Raises
    ------
    KeyboardInterrupt
        Only when pressed again and again while the generation does not end.
    """
    num_interrupts = 0
    while True:
        try:
            if num_interrupts:
                stream.cancel()
            while not stream.is_done:
                if not stream.wait_for_news() or stream.is_done or num_interrupts:
                    continue
                show(stream.text)
                rest_s = interval_s()
                while rest_s > 0 and not stream.wait_for_end(rest_s):
                    rest_s -= _WAKE_S
        except KeyboardInterrupt:
            num_interrupts += 1
            if num_interrupts > _PATIENCE:
                raise
        else:
            return num_interrupts > 0
