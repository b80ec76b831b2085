"""Work on a thread of its own, and interrupts that ask instead of tearing.

A keyboard interrupt is raised in the main thread wherever that happens to be. Here the
main thread only waits and shows: loading and generating run on worker threads, and while
they do, `Interrupts` turns the interrupt into a request to stop. Nothing is torn apart,
and what was generated is kept.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import GenerationResponse

__all__ = ["Interrupts", "TextStream", "Worker", "follow"]

T = TypeVar("T")

# On some systems a signal is only seen between waits, so no wait is longer than this.
_WAKE_S = 0.1
# Presses that are taken as "stop, keep what there is"; one more means "let go at once".
_PATIENCE = 3


class Interrupts:
    """While entered, the first keyboard interrupt calls ``stop`` instead of being raised.

    Parameters
    ----------
    stop : callable
        Asks the work to stop; must be safe in a signal handler, and is called once.

    Notes
    -----
    Does nothing outside the main thread, where Python raises no interrupts. If the work
    does not stop, the fourth press raises `KeyboardInterrupt` after all.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._previous: Any = None
        self._is_installed = False
        self.num_presses = 0

    def __enter__(self) -> Self:
        is_main = threading.current_thread() is threading.main_thread()
        self._previous = signal.getsignal(signal.SIGINT) if is_main else None
        # None is a handler that is not Python's, which could not be put back.
        if self._previous is not None:
            self._is_installed = True
            signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._is_installed:
            signal.signal(signal.SIGINT, self._previous)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.num_presses += 1
        if self.num_presses == 1:
            self._stop()
        elif self.num_presses > _PATIENCE:
            raise KeyboardInterrupt


class Worker(Generic[T]):
    """Runs ``function`` on a thread of its own, at once.

    Parameters
    ----------
    function : callable
        Called without arguments.
    name : str
        Name of the thread.
    """

    def __init__(self, function: Callable[[], T], name: str) -> None:
        self._function = function
        self._done = threading.Event()
        self._value: T | None = None
        self._error: BaseException | None = None
        # A daemon, so that leaving Python never waits for a model.
        threading.Thread(target=self._run, name=name, daemon=True).start()

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
        self._worker: Worker[GenerationResponse] | None = None

    def begin(self) -> None:
        """Start the generation."""
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
        return self._worker is not None and self._worker.is_done

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
        return self._worker is not None and self._worker.wait(seconds)

    def result(self) -> GenerationResponse:
        """Wait for the end; return the response or raise what ended the generation."""
        if self._worker is None:
            raise RuntimeError("the generation was not begun")
        return self._worker.result()


def follow(
    stream: TextStream, show: Callable[[str], None], interval_s: Callable[[], float]
) -> None:
    """Begin a stream and show its text as it comes, until it ends.

    Parameters
    ----------
    stream : TextStream
    show : callable
        Gets the whole text so far; called at once for the first text. The end of the
        text may not have been shown when this returns.
    interval_s : callable
        Seconds until ``show`` may be called again.
    """
    stream.begin()
    try:
        while not stream.is_done:
            if not stream.wait_for_news() or stream.is_done:
                continue
            show(stream.text)
            rest_s = interval_s()
            while rest_s > 0 and not stream.wait_for_end(rest_s):
                rest_s -= _WAKE_S
    except BaseException:
        stream.cancel()  # nobody looks any more
        raise
