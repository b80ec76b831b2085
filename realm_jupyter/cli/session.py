"""What the subcommands that generate share: load with a bar, stream, say how it went."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from realm_jupyter.errors import LoadCancelledError
from realm_jupyter.human import Meter, progress_bar, status_line, terminal_text
from realm_jupyter.options import add_generation_options, generation_fields
from realm_jupyter.types import CancelToken
from realm_jupyter.worker import Interrupts, TextStream, Worker, follow

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.options import OptionParser
    from realm_jupyter.types import GenerationResponse, LoadProgress, ModelInfo

__all__ = [
    "Printer",
    "add_model_options",
    "add_prompt_options",
    "check_sampling",
    "load",
    "open_realm",
    "response_json",
    "say_status",
    "stream_answer",
    "with_bar",
]

T = TypeVar("T")
OnProgress: TypeAlias = "Callable[[LoadProgress], None]"

_WAIT_S = 0.1
_INTERVAL_S = 1 / 30


def open_realm() -> Any:
    """Return a new realm; torch and wasmtime are loaded now, not before."""
    from realm_jupyter.realm import Realm  # noqa: PLC0415 - help must not wait for them

    return Realm()


def add_model_options(parser: OptionParser) -> None:
    """Add where and by what a model runs."""
    parser.add_argument(
        "--device", default="auto", metavar="NAME", help="where it runs, such as cpu or cuda"
    )
    parser.add_argument("--executor", default="auto", metavar="NAME", help="what runs it")
    parser.add_argument(
        "--kv-type",
        default="auto",
        metavar="NAME",
        help="number format of the KV cache: f32, f16 or q8_0",
    )


def add_prompt_options(parser: OptionParser) -> None:
    """Add what every subcommand that generates takes."""
    add_model_options(parser)
    parser.add_argument("--system", metavar="TEXT", help="system prompt")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no status line")
    add_generation_options(parser)


def check_sampling(args: argparse.Namespace) -> None:
    """Put the sampling fields that were given into ``args.fields``.

    Raises
    ------
    SamplingParamsError
        If one is out of its range.
    """
    args.fields = generation_fields(args)


def _is_terminal(stream: Any) -> bool:
    return bool(getattr(stream, "isatty", bool)())


def load(realm: Any, source: str, args: argparse.Namespace) -> ModelInfo:
    """Load a model; on a terminal with a progress bar.

    Raises
    ------
    KeyboardInterrupt
        If the load was interrupted; nothing stays loaded.
    RealmError
        Whatever loading raises.
    """

    def load_model(on_progress: OnProgress, cancel: CancelToken) -> ModelInfo:
        info: ModelInfo = realm.load_model(
            source,
            on_progress=on_progress,
            cancel=cancel,
            device=args.device,
            executor=args.executor,
            kv_type=args.kv_type,
        )
        return info

    return with_bar(load_model, f"loading {source}", is_quiet=args.quiet)


def with_bar(
    work: Callable[[OnProgress, CancelToken], T], title: str, *, is_quiet: bool = False
) -> T:
    """Do what reports `LoadProgress`; on a terminal with a progress bar.

    Parameters
    ----------
    work : callable
        Called on a thread of its own with what takes the progress and what cancels it.
    title : str
    is_quiet : bool
        Show no bar.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted.
    RealmError
        Whatever the work raises.
    """
    cancel = CancelToken()
    latest: list[LoadProgress] = []
    is_shown = _is_terminal(sys.stderr) and not is_quiet
    meter = Meter(time.monotonic())
    with Interrupts(cancel.cancel) as interrupts:
        worker = Worker(lambda: work(latest.append, cancel), "realm-work")
        while not worker.wait(_WAIT_S):
            if latest and is_shown:
                share, figures = meter.read(latest[-1], time.monotonic())
                line = terminal_text(f"{title} {progress_bar(share)} {figures}")
                print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
            del latest[:-1]
        if is_shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        try:
            result = worker.result()
        except LoadCancelledError:
            raise KeyboardInterrupt from None
    if interrupts.num_presses:
        raise KeyboardInterrupt
    return result


class Printer:
    """Writes a text as it grows; on a terminal without control characters."""

    def __init__(self) -> None:
        self._num_shown = 0
        self._is_terminal = _is_terminal(sys.stdout)

    @property
    def has_shown(self) -> bool:
        """Whether there was any text."""
        return self._num_shown > 0

    def show(self, text: str) -> None:
        """Write what is new in the whole text so far."""
        piece = text[self._num_shown :]
        self._num_shown = len(text)
        print(terminal_text(piece) if self._is_terminal else piece, end="", flush=True)


def stream_answer(
    start: Callable[[], GenerationHandle], show: Callable[[str], None]
) -> tuple[GenerationResponse, bool]:
    """Show an answer as it comes.

    Parameters
    ----------
    start : callable
        Starts the generation.
    show : callable
        Gets the whole text so far, the last time the final one.

    Returns
    -------
    GenerationResponse
        With what was generated until an interrupt, if there was one.
    bool
        Whether there was one.
    """
    stream = TextStream(start)
    with Interrupts(stream.cancel) as interrupts:
        follow(stream, show, lambda: _INTERVAL_S)
        try:
            response = stream.result()
        except Exception:
            show(stream.text)
            raise
        show(response.text)
    return response, interrupts.num_presses > 0


def say_status(response: GenerationResponse, args: argparse.Namespace) -> None:
    """Say on the terminal how it went; where nobody looks, say nothing."""
    if not args.quiet and _is_terminal(sys.stderr):
        line = terminal_text(status_line(response))
        print(f"\x1b[2m{line}\x1b[0m", file=sys.stderr, flush=True)


def response_json(response: GenerationResponse) -> dict[str, Any]:
    """Return a response as plain values."""
    return asdict(response)
