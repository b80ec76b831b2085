"""Where answers, progress and status lines appear: a notebook, a terminal, or nowhere.

Text of a model is untrusted: it is published as ``text/plain``, and as HTML that
`markdown_to_html` made harmless; what else goes into HTML is escaped.
"""

from __future__ import annotations

import html
import sys
import time
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol

from realm_jupyter.human import Meter, progress_bar, status_line, terminal_text
from realm_jupyter.markdown import markdown_to_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.types import GenerationResponse, LoadProgress

__all__ = ["Answer", "Live", "LoadBar", "PlainScreen", "RichScreen", "Screen", "SilentScreen"]

MAX_UPDATES_A_SECOND = 15.0
STOPPED = "[stopped]"
# Jupyter's server drops messages above 1 MB a second; long texts are sent more rarely.
_BYTES_A_SECOND = 400_000
# Rendering a text again and again must not take much of the time that making it takes.
_RENDERING_SHARE = 0.1
_TERMINAL_INTERVAL_S = 1 / 30
_PATIENT_S = 0.5

_GREY = "color: var(--jp-ui-font-color2, #666); font-size: 0.85em"
_TRACK = (
    "height: 6px; border-radius: 3px; overflow: hidden; background: var(--jp-border-color2, #ddd)"
)
_FILL = "height: 100%; background: var(--jp-brand-color1, #1976d2)"


class Answer(Protocol):
    """One answer that grows."""

    def show(self, text: str) -> None:
        """Show the whole text so far."""
        ...

    def interval_s(self) -> float:
        """Return how long to wait before `show` is called again."""
        ...

    def finish(self, text: str, response: GenerationResponse | None, *, is_stopped: bool) -> None:
        """Show the final text."""
        ...


class LoadBar(Protocol):
    """The progress of one load."""

    def show(self, progress: LoadProgress) -> None:
        """Show how far it is; may be called as often as one likes."""
        ...

    def finish(self, line: str, *, is_news: bool) -> None:
        """End with a line; without news it replaces a bar that is shown, if one is."""
        ...


class Live(Protocol):
    """One output that always shows the latest of something."""

    def show(self, value: Any) -> None:
        """Show a value that has a text and an HTML form in place of the one before."""
        ...


class Screen(Protocol):
    """A place to show things."""

    def answer(self, text_format: str) -> Answer:
        """Return a new answer in ``"markdown"`` or ``"text"``."""
        ...

    def load_bar(self, name: str) -> LoadBar:
        """Return a new progress bar."""
        ...

    def live(self) -> Live:
        """Return a new output that is kept up to date."""
        ...

    def status(self, line: str) -> None:
        """Show a line that stands back."""
        ...

    def note(self, text: str) -> None:
        """Show what a command has to say."""
        ...


def response_metadata(response: GenerationResponse) -> dict[str, Any]:
    """Return what the notebook keeps about a response, as output metadata."""
    return {
        "realm": {
            "model": response.model,
            "seed": response.seed,
            "finish_reason": response.finish_reason,
            "usage": asdict(response.usage),
            "timings": asdict(response.timings),
            "status": status_line(response),
        }
    }


class _Display:
    """One output of a cell, published once and then updated in place."""

    def __init__(self, publish: Callable[..., None]) -> None:
        self._publish = publish
        self._display_id = f"realm-{uuid.uuid4().hex}"
        self.is_shown = False

    def put(self, data: dict[str, str], metadata: dict[str, Any] | None = None) -> None:
        self._publish(
            data,
            metadata or {},
            transient={"display_id": self._display_id},
            update=self.is_shown,
        )
        self.is_shown = True


class RichScreen:
    """A notebook's outputs.

    Parameters
    ----------
    publish : callable
        ``shell.display_pub.publish``.
    updates_per_second : float
        Most updates of an answer a second.
    """

    def __init__(
        self, publish: Callable[..., None], updates_per_second: float = MAX_UPDATES_A_SECOND
    ) -> None:
        self._publish = publish
        self._updates_per_second = min(updates_per_second, MAX_UPDATES_A_SECOND)

    def answer(self, text_format: str) -> Answer:
        """Return an answer in one output that is updated in place."""
        return _RichAnswer(_Display(self._publish), text_format, self._updates_per_second)

    def load_bar(self, name: str) -> LoadBar:
        """Return a bar in one output that is updated in place."""
        return _RichBar(_Display(self._publish), name)

    def live(self) -> Live:
        """Return one output that is updated in place."""
        return _RichLive(_Display(self._publish))

    def status(self, line: str) -> None:
        """Show a small grey line."""
        self._publish({"text/html": _grey(line), "text/plain": line}, {})

    def note(self, text: str) -> None:
        """Print a text."""
        _print(f"{terminal_text(text)}\n")


def _grey(line: str) -> str:
    return f'<div class="realm-cell-status" style="{_GREY}">{html.escape(line)}</div>'


class _RichAnswer:
    def __init__(self, display: _Display, text_format: str, updates_per_second: float) -> None:
        self._display = display
        self._is_markdown = text_format == "markdown"
        self._pause_s = 1 / updates_per_second
        self._num_bytes = 0
        self._rendering_s = 0.0

    def show(self, text: str) -> None:
        self._put(text)

    def interval_s(self) -> float:
        busy_s = self._rendering_s / _RENDERING_SHARE
        return max(self._pause_s, self._num_bytes / _BYTES_A_SECOND, busy_s)

    def finish(self, text: str, response: GenerationResponse | None, *, is_stopped: bool) -> None:
        if not text and not is_stopped and not self._display.is_shown:
            return
        metadata = {} if response is None else response_metadata(response)
        self._put(text, STOPPED if is_stopped else "", metadata)

    def _put(self, text: str, mark: str = "", metadata: dict[str, Any] | None = None) -> None:
        plain = f"{text}\n{mark}".lstrip("\n") if mark else text
        data = {"text/plain": plain}
        if self._is_markdown:
            started_s = time.monotonic()
            shown = markdown_to_html(text)
            self._rendering_s = time.monotonic() - started_s
            stopped = f"<p><em>{html.escape(mark)}</em></p>\n" if mark else ""
            data["text/html"] = f'<div class="realm-cell-answer">{shown}{stopped}</div>'
        self._num_bytes = sum(len(value.encode(errors="replace")) for value in data.values())
        self._display.put(data, metadata)


class _RichBar:
    def __init__(self, display: _Display, name: str) -> None:
        self._display = display
        self._name = name
        self._start_s = self._last_s = time.monotonic()
        self._meter = Meter(self._start_s)

    def show(self, progress: LoadProgress) -> None:
        now_s = time.monotonic()
        # What loads at once needs no bar, and no bar needs more than a few updates.
        pause_s = 1 / MAX_UPDATES_A_SECOND if self._display.is_shown else _PATIENT_S
        if now_s - self._last_s < pause_s:
            return
        self._last_s = now_s
        share, figures = self._meter.read(progress, now_s)
        title = f"loading {self._name}: {progress.stage}"
        percent = round(share * 100)
        bar = (
            f'<div class="realm-cell-progress" style="max-width: 40em">{html.escape(title)}'
            f'<div role="progressbar" aria-label="{html.escape(title)}" aria-valuemin="0" '
            f'aria-valuemax="100" aria-valuenow="{percent}" style="{_TRACK}">'
            f'<div style="width: {percent}%; {_FILL}"></div></div>'
            f'<div style="{_GREY}">{percent} % · {html.escape(figures)}</div></div>'
        )
        plain = f"{title} {progress_bar(share)} {percent} % · {figures}"
        self._display.put({"text/html": bar, "text/plain": plain})

    def finish(self, line: str, *, is_news: bool) -> None:
        if is_news or self._display.is_shown:
            text = f'<div class="realm-cell-progress">{html.escape(line)}</div>'
            shown = text if is_news else _grey(line)
            self._display.put({"text/html": shown, "text/plain": line})


class _RichLive:
    def __init__(self, display: _Display) -> None:
        self._display = display

    def show(self, value: Any) -> None:
        self._display.put(value._repr_mimebundle_())


class PlainScreen:
    """A terminal: tokens are printed as they come, control characters are not."""

    def answer(self, _text_format: str) -> Answer:
        """Return an answer that is printed as it grows."""
        return _PlainAnswer()

    def load_bar(self, name: str) -> LoadBar:
        """Return a bar that overwrites itself on a terminal and is absent elsewhere."""
        return _PlainBar(name)

    def live(self) -> Live:
        """Return text that is overwritten on a terminal, and printed once elsewhere."""
        return _PlainLive()

    def status(self, line: str) -> None:
        """Print a line, grey on a terminal."""
        safe = terminal_text(line)
        _print(f"\x1b[2m{safe}\x1b[0m\n" if _is_terminal() else f"{safe}\n")

    def note(self, text: str) -> None:
        """Print a text."""
        _print(f"{terminal_text(text)}\n")


def _is_terminal() -> bool:
    return bool(getattr(sys.stdout, "isatty", bool)())


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class _PlainAnswer:
    def __init__(self) -> None:
        self._num_shown = 0

    def show(self, text: str) -> None:
        piece = text[self._num_shown :]
        self._num_shown = len(text)
        _print(terminal_text(piece))

    def interval_s(self) -> float:
        return _TERMINAL_INTERVAL_S

    def finish(self, text: str, _response: GenerationResponse | None, *, is_stopped: bool) -> None:
        self.show(text)
        ending = "" if not text or text.endswith("\n") else "\n"
        _print(ending + (f"{STOPPED}\n" if is_stopped else ""))


class _PlainBar:
    def __init__(self, name: str) -> None:
        self._name = name
        self._meter = Meter(time.monotonic())
        self._last_s = 0.0
        self._is_shown = False

    def show(self, progress: LoadProgress) -> None:
        now_s = time.monotonic()
        if not _is_terminal() or now_s - self._last_s < 1 / MAX_UPDATES_A_SECOND:
            return
        self._last_s = now_s
        share, figures = self._meter.read(progress, now_s)
        text = f"loading {self._name}: {progress.stage} {progress_bar(share)} {figures}"
        _print(f"\r\x1b[K{terminal_text(text)}")
        self._is_shown = True

    def finish(self, line: str, *, is_news: bool) -> None:
        if self._is_shown:
            _print("\r\x1b[K")
            self._is_shown = False
        if is_news:
            _print(f"{terminal_text(line)}\n")


class _PlainLive:
    def __init__(self) -> None:
        self._num_lines = 0

    def show(self, value: Any) -> None:
        if self._num_lines and not _is_terminal():
            return
        text = terminal_text(str(value))
        back = f"\x1b[{self._num_lines}F\x1b[J" if self._num_lines else ""
        self._num_lines = text.count("\n") + 1
        _print(f"{back}{text}\n")


class SilentScreen:
    """Nowhere: what a trailing ``;`` asks for."""

    def answer(self, _text_format: str) -> Answer:
        """Return an answer that is not shown."""
        return _NoAnswer()

    def load_bar(self, _name: str) -> LoadBar:
        """Return a bar that is not shown."""
        return _NoBar()

    def live(self) -> Live:
        """Return an output that is not shown."""
        return _NoLive()

    def status(self, line: str) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""


class _NoAnswer:
    def show(self, text: str) -> None:
        pass

    def interval_s(self) -> float:
        return _PATIENT_S

    def finish(self, text: str, response: GenerationResponse | None, *, is_stopped: bool) -> None:
        pass


class _NoBar:
    def show(self, progress: LoadProgress) -> None:
        pass

    def finish(self, line: str, *, is_news: bool) -> None:
        pass


class _NoLive:
    def show(self, value: Any) -> None:
        pass
