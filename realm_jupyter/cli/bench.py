"""``realm bench MODEL``: how fast a model is here, and how fast it could be."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.human import terminal_text

if TYPE_CHECKING:
    from realm_jupyter.bench import BenchSettings
    from realm_jupyter.options import OptionParser

EPILOG = (
    "Examples: realm bench paris; realm bench model.gguf --compare llama-cpp; "
    "realm bench --shape tinyllama-1.1b --quant Q4_0 --threads 2 --json > figures.json. "
    "--shape measures random weights of a well-known shape, so that nothing has to be "
    "downloaded: speed does not depend on what a model says. Every figure is the median of "
    "the rounds, with the range of the middle half of them. Shares are of what this machine "
    "was measured to read (decoding) or to multiply (prompts) at most; a model that fits the "
    "processor's caches can be above what memory gives. Progress goes to "
    "standard error, the figures to standard output; the keys of --json are explained by "
    "help(realm_jupyter.bench.BenchReport)."
)
_NONE = "none"


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("model", metavar="MODEL", nargs="?", help="a GGUF file, or paris or tales")
    add("--shape", metavar="NAME", help=f"a random model instead: {_shape_names()}")
    add("--quant", metavar="TYPE", default=None, help="of the random model; default Q4_0")
    add("--keep", metavar="FILE", help="keep the random model, or use the one kept here")
    add("--executor", metavar="NAME", default="auto", help="what runs it; default auto")
    add("--threads", metavar="N", type=int, help="threads of both sides")
    add(
        "--prompt",
        metavar="128,512",
        type=_counts,
        help="lengths of prompts to prefill, tokens; by default these if they fit the "
        "model's context; none leaves them out",
    )
    add(
        "--context",
        metavar="0,1000",
        type=_counts,
        help="lengths of context to decode at, tokens; likewise; none leaves decoding out",
    )
    add(
        "--streams",
        metavar="1,16",
        type=_counts,
        default=(1, 16),
        help="streams that decode together; several do at the shortest context; none leaves "
        "decoding out",
    )
    add("--chunk", metavar="N", type=int, help="tokens of a prompt in one step, on both sides")
    add("--rounds", metavar="N", type=int, default=7, help="default 7")
    add(
        "--seconds",
        metavar="S",
        type=float,
        default=0.3,
        help="how long a measurement lasts at least; default 0.3",
    )
    add("--time-limit", metavar="S", type=float, help="no round begins after this many seconds")
    add("--compare", metavar="NAME", help="measure llama-cpp beside, round by round")
    add("--json", action="store_true", help="write JSON")
    add("-q", "--quiet", action="store_true", help="no progress")


def _shape_names() -> str:
    # The names alone, so that help does not import numpy and what stands on it.
    return "tinyllama-1.1b, qwen2.5-0.5b, llama-3.2-1b or llama-3.1-8b"


def _counts(text: str) -> tuple[int, ...]:
    if text == _NONE:
        return ()
    try:
        return tuple(int(item) for item in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"needs whole numbers with commas between, or none, not {text!r}"
        ) from None


def check(args: argparse.Namespace) -> None:
    """Check the flags.

    Raises
    ------
    ConfigError
        If one is out of its range or does not go with another.
    """
    args.settings = _settings(args)


def _settings(args: argparse.Namespace) -> BenchSettings:
    from realm_jupyter.bench.settings import BenchSettings  # noqa: PLC0415 - help need not wait
    from realm_jupyter.errors import ConfigError  # noqa: PLC0415

    if args.quant is not None and args.shape is None:
        raise ConfigError("--quant is for random models; give a --shape too", field="quant")
    if args.context and not args.streams:
        raise ConfigError(
            "--context asks for decoding and --streams none leaves it out; for one stream "
            "alone, --streams 1",
            field="streams",
        )
    has_decode = args.context != () and args.streams != ()
    return BenchSettings(
        model=args.model,
        shape=args.shape,
        quant=args.quant or "Q4_0",
        keep=Path(args.keep) if args.keep else None,
        executor=args.executor,
        num_threads=args.threads,
        prompts=args.prompt,
        contexts=args.context if has_decode else (),
        streams=args.streams if has_decode else (),
        chunk_tokens=args.chunk,
        rounds=args.rounds,
        seconds=args.seconds,
        time_limit_s=args.time_limit,
        compare=args.compare,
    )


def run(args: argparse.Namespace) -> int:
    """Measure and show; return the exit code."""
    from realm_jupyter.bench import render_report, run_bench  # noqa: PLC0415

    progress = _Progress(is_shown=not args.quiet)
    try:
        report = run_bench(args.settings, progress.say)
    finally:
        progress.clear()
    if args.json:
        print(json.dumps(report.to_dict(), allow_nan=False))
    else:
        print(terminal_text(render_report(report)))
    return 0


class _Progress:
    """Says what is going on: in one line that changes on a terminal, line by line elsewhere."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._is_terminal = sys.stderr.isatty()

    def say(self, line: str) -> None:
        """Show a line."""
        if not self._is_shown:
            return
        text = terminal_text(line)
        if self._is_terminal:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave an empty line to whoever writes next."""
        if self._is_shown and self._is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
