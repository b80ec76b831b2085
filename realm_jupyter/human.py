"""Numbers and text for people: sizes, durations, one-line messages, status lines.

Speaks strings only; the magics and the command line share the words.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from realm_jupyter.batch import BatchProgress
    from realm_jupyter.types import GenerationResponse, LoadProgress, ModelInfo

__all__ = [
    "Meter",
    "batch_line",
    "cut_note",
    "format_bytes",
    "format_count",
    "format_duration",
    "model_line",
    "one_line",
    "progress_bar",
    "sparkline",
    "status_line",
    "terminal_text",
    "versions",
]

_SECONDS_A_MINUTE = 60
_KILO = 1000
_TEN = 10
_BARS = "▁▂▃▄▅▆▇█"
# Everything that moves a cursor, changes colours or hides text in a terminal: C0 but tab
# and newline, DEL, C1, and the bidirectional overrides.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def format_bytes(num_bytes: float) -> str:
    """Return a size in decimal units.

    Examples
    --------
    >>> format_bytes(5_600_000)
    '5.6 MB'
    """
    size, unit = _scaled(num_bytes, ("B", "kB", "MB", "GB", "TB"))
    has_digit = unit != "B" and abs(size) < _TEN * _TEN
    return f"{size:.1f} {unit}" if has_digit else f"{size:.0f} {unit}"


def _scaled(number: float, units: tuple[str, ...]) -> tuple[float, str]:
    size = float(number)
    for unit in units[:-1]:
        if abs(size) < _KILO:
            return size, unit
        size /= _KILO
    return size, units[-1]


def format_count(count: int) -> str:
    """Return a count with a letter for thousands, millions, milliards.

    Examples
    --------
    >>> format_count(5_200_000)
    '5.2M'
    """
    size, unit = _scaled(count, ("", "k", "M", "B", "T"))
    return f"{size:.1f}{unit}" if unit and size < _TEN * _TEN else f"{size:.0f}{unit}"


def format_duration(seconds: float) -> str:
    """Return a duration to two digits or so.

    Examples
    --------
    >>> format_duration(0.0351), format_duration(2.31), format_duration(75)
    ('35 ms', '2.3 s', '1 min 15 s')
    """
    if seconds < 1:
        return f"{seconds * _KILO:.0f} ms"
    if seconds < _SECONDS_A_MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _SECONDS_A_MINUTE)
    return f"{minutes} min {rest} s"


def one_line(message: object) -> str:
    r"""Return the text of an error or message on a single line.

    Examples
    --------
    >>> one_line(ValueError("two\n  lines"))
    'two lines'
    >>> one_line(FileNotFoundError(2, "No such file or directory", "answers.jsonl"))
    'answers.jsonl: No such file or directory'
    """
    if isinstance(message, OSError) and message.strerror:
        named = message.filename is not None
        text = f"{message.filename}: {message.strerror}" if named else message.strerror
    else:
        text = str(message)
    text = " ".join(text.split())
    if not text and isinstance(message, BaseException):
        text = type(message).__name__
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def terminal_text(text: str) -> str:
    r"""Return text of a model made safe for a terminal: control characters are replaced.

    A model (or whoever wrote its file) must not be able to move the cursor, rename the
    window or hide what it wrote.

    Examples
    --------
    >>> terminal_text("\x1b[2Jgone")
    '\ufffd[2Jgone'
    """
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def status_line(response: GenerationResponse, *, notes: tuple[str, ...] = ()) -> str:
    """Return model, tokens, speed, time to first token, seed and finish reason in a line."""
    num_tokens = response.usage.completion_tokens
    parts = [response.model, f"{num_tokens} token{'' if num_tokens == 1 else 's'}"]
    if response.timings.tokens_per_second > 0:
        parts.append(f"{response.timings.tokens_per_second:.1f} tok/s")
    if num_tokens:
        parts.append(f"first token after {format_duration(response.timings.ttft_ms / _KILO)}")
    parts += [f"seed {response.seed}", str(response.finish_reason), *notes]
    return " · ".join(parts)


def cut_note(response: GenerationResponse, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a note where ``max_tokens`` ended an answer before its form was complete.

    Parameters
    ----------
    response : GenerationResponse
    fields : mapping of str to object
        The fields of `GenerationConfig` that were asked for.
    """
    forms = ("json_schema", "json_object", "grammar")
    if response.finish_reason != "length" or not any(fields.get(name) for name in forms):
        return ()
    return ("cut off before its form was complete: raise max_tokens",)


def batch_line(progress: BatchProgress) -> str:
    """Return how far a batch is, in a line."""
    parts = [f"{progress.num_done} of {progress.num_prompts} prompts"]
    if progress.num_skipped:
        parts.append(f"{progress.num_skipped} of them answered before")
    if progress.num_failed:
        parts.append(f"{progress.num_failed} failed")
    if progress.num_tokens:
        parts.append(f"{progress.tokens_per_second:.0f} tok/s")
    if progress.num_done < progress.num_prompts:
        if progress.remaining_s is not None:
            parts.append(f"{format_duration(progress.remaining_s)} left")
    elif progress.elapsed_s:
        parts.append(f"took {format_duration(progress.elapsed_s)}")
    return " · ".join(parts)


def model_line(info: ModelInfo) -> str:
    """Return what a loaded model is, in a line."""
    parts = [
        info.architecture,
        info.quant_type,
        f"{format_count(info.num_parameters)} parameters",
        f"context {info.context_length}",
        f"{format_bytes(info.memory_bytes)} on {info.device} ({info.executor})",
    ]
    return " · ".join(part for part in parts if part)


class Meter:
    """Turns a series of `LoadProgress` into share, rate and remaining time.

    Parameters
    ----------
    start_s : float
        When the load began, on the caller's clock.
    """

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._stage = ""
        self._stage_start_s = start_s
        self._stage_start_bytes = 0

    def read(self, progress: LoadProgress, now_s: float) -> tuple[float, str]:
        """Return the share done, 0 to 1, and a text with bytes, rate and remaining time."""
        if progress.stage != self._stage:
            self._stage, self._stage_start_s = progress.stage, now_s
            self._stage_start_bytes = progress.done_bytes
        total = max(progress.total_bytes, 0)
        done = min(max(progress.done_bytes, 0), total) if total else max(progress.done_bytes, 0)
        share = done / total if total else 0.0
        parts = [f"{format_bytes(done)} of {format_bytes(total)}" if total else format_bytes(done)]
        elapsed_s = now_s - self._stage_start_s
        moved = done - self._stage_start_bytes
        if elapsed_s > 0 and moved > 0:
            rate = moved / elapsed_s
            parts.append(f"{format_bytes(rate)}/s")
            if total:
                parts.append(f"{format_duration((total - done) / rate)} left")
        return share, " · ".join(parts)


def progress_bar(share: float, width: int = 24) -> str:
    """Return a bar in plain characters.

    Examples
    --------
    >>> progress_bar(0.5, 8)
    '[####----]'
    """
    filled = round(min(max(share, 0.0), 1.0) * width)
    return f"[{'#' * filled}{'-' * (width - filled)}]"


def sparkline(values: Sequence[float]) -> str:
    """Return a row of bars; the highest is the largest value, and nothing is a space.

    Examples
    --------
    >>> sparkline([0, 1, 2, 4])
    ' ▂▄█'
    """
    most = max(values, default=0.0)
    if most <= 0:
        return " " * len(values)
    return "".join(
        " " if value <= 0 else _BARS[min(len(_BARS) - 1, ceil(value / most * len(_BARS)) - 1)]
        for value in values
    )


def versions() -> list[tuple[str, str]]:
    """Return names and versions of this package and of what it stands on.

    Nothing heavy is imported for it.
    """
    # A submodule reads its own package's version without importing the package again.
    package = sys.modules[__name__.partition(".")[0]]
    found = [("realm_jupyter", str(package.__version__)), ("Python", platform.python_version())]
    for name in ("IPython", "wasmtime", "torch", "numpy", "minijinja"):
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            found.append((name, "not installed"))
    found.append(("system", f"{platform.system()} {platform.machine()}"))
    return found
