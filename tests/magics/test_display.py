"""Fences, names, bars and workers on their own."""

from __future__ import annotations

import doctest
import importlib
import re
import signal
import threading
from pathlib import Path

import pytest

from realm_jupyter.errors import MagicError
from realm_jupyter.magics import display
from realm_jupyter.magics.interpolation import interpolate
from realm_jupyter.magics.table import Table
from realm_jupyter.types import LoadProgress
from realm_jupyter.worker import Interrupts, TextStream, Worker, follow
from support.fake_realm import FakeRealm, interrupt_main_thread


@pytest.mark.parametrize("name", ["x", "if", "x.y.z", "größe", "_a1"])
def test_only_names_that_exist_are_put_in(name):
    text = "{{" + name + "}}"
    assert interpolate(text, {}) == text
    if name.isidentifier() and name != "if":
        assert interpolate(text, {name: "{{y}}", "y": 1}) == "{{y}}"


@pytest.mark.parametrize("text", ["{{x()}}", "{{x[0]}}", "{{ x }}", "{{x }}", "{{1}}", "{{x.}}"])
def test_expressions_stay_text(text):
    assert interpolate(text, {"x": [1]}) == text


def test_a_failing_property_is_no_attribute():
    class Thing:
        @property
        def bad(self):
            raise ValueError

    assert interpolate("{{x.bad}}", {"x": Thing()}) == "{{x.bad}}"


def test_a_failing_text_is_a_magic_error():
    class Thing:
        def __str__(self):
            raise ValueError

    with pytest.raises(MagicError, match="no-interpolate"):
        interpolate("{{x}}", {"x": Thing()})


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now_s = 100.0

    monkeypatch.setattr(display.time, "monotonic", lambda: Clock.now_s)
    return Clock


def test_a_slow_load_shows_bytes_rate_and_remaining_time(clock):
    sent = []
    bar = display.RichScreen(lambda data, metadata, **kwargs: sent.append((data, kwargs))).load_bar(
        "<big>"
    )
    for step in range(11):
        clock.now_s = 100 + step / 5
        bar.show(LoadProgress("x", "read <all>", step * 100_000_000, 1_000_000_000))
    bar.finish("done", is_news=True)
    assert len(sent) < 12
    assert sent[0][1]["update"] is False
    assert all(kwargs["update"] for _data, kwargs in sent[1:])
    assert len({kwargs["transient"]["display_id"] for _data, kwargs in sent}) == 1
    data = sent[-2][0]
    assert data["text/plain"].startswith("loading <big>: read <all> [")
    assert "1.0 GB of 1.0 GB · 500 MB/s · 0 ms left" in data["text/plain"]
    assert 'aria-valuenow="100"' in data["text/html"]
    assert "<big>" not in data["text/html"]
    assert "<all>" not in data["text/html"]
    assert sent[-1][0]["text/plain"] == "done"


def test_a_fast_load_shows_no_bar(clock):
    sent = []
    bar = display.RichScreen(lambda *args, **kwargs: sent.append(args)).load_bar("x")
    bar.show(LoadProgress("x", "read", 1, 2))
    bar.finish("done", is_news=False)
    assert sent == []


def test_a_load_of_unknown_size_has_no_share(clock):
    sent = []
    bar = display.RichScreen(lambda data, *_args, **_kwargs: sent.append(data)).load_bar("x")
    clock.now_s = 101
    bar.show(LoadProgress("x", "read", 5_000_000, 0))
    assert "5.0 MB" in sent[0]["text/plain"]


def test_long_texts_are_sent_more_rarely(clock):
    answer = display.RichScreen(lambda *_args, **_kwargs: None).answer("markdown")
    answer.show("x")
    assert answer.interval_s() == pytest.approx(1 / 15)
    answer.show("x" * 1_000_000)
    assert answer.interval_s() > 2


def test_a_table_escapes_and_stays_on_its_lines():
    table = Table(("a", "b"), [("<i>", "x\ny"), ("\x1b[1m", "z")], None, "note")
    assert "<i>" not in table._repr_html_()
    assert len(repr(table).splitlines()) == 4
    assert "\x1b" not in repr(table)


# -- workers and interrupts --------------------------------------------------------


def test_a_worker_hands_on_values_and_errors():
    assert Worker(lambda: 3, "x").result() == 3

    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        Worker(fail, "x").result()


def test_interrupts_ask_once_and_give_up_on_the_fourth():
    asked = []
    before = signal.getsignal(signal.SIGINT)
    with Interrupts(lambda: asked.append(1)) as interrupts:
        for _press in range(3):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert asked == [1]
    assert interrupts.num_presses == 4
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupts_do_nothing_on_other_threads():
    def work():
        with Interrupts(lambda: None):
            return signal.getsignal(signal.SIGINT)

    assert Worker(work, "x").result() is signal.getsignal(signal.SIGINT)


def test_a_stream_that_is_cancelled_before_it_starts_stops():
    realm = FakeRealm()
    realm.hold_at = 0
    realm.load_model("paris")
    gate = threading.Event()

    def start():
        assert gate.wait(20)
        return realm.stream("Hi")

    stream = TextStream(start)
    stream.begin()
    stream.cancel()
    gate.set()
    assert stream.result().finish_reason == "cancelled"


def test_a_failing_display_stops_the_generation():
    realm = FakeRealm()
    realm.hold_at = 0
    realm.load_model("paris")
    gate = threading.Event()

    def start():
        assert gate.wait(20)
        return realm.stream("Hi")

    def show(_text):
        raise OSError("the display is gone")

    stream = TextStream(start)
    stream._news.set()
    with pytest.raises(OSError, match="gone"):
        follow(stream, show, lambda: 0.0)
    gate.set()
    assert stream.result().finish_reason == "cancelled"


def test_an_interrupt_during_the_start_is_not_lost():
    realm = FakeRealm(["x"] * 5)
    realm.load_model("paris")

    def start():
        interrupt_main_thread()
        return realm.stream("Hi")

    stream = TextStream(start)
    with Interrupts(stream.cancel) as interrupts:
        follow(stream, lambda _text: None, lambda: 0.0)
    assert interrupts.num_presses == 1
    assert stream.result().finish_reason in {"cancelled", "stop"}


@pytest.mark.parametrize(
    "name",
    [
        "realm_jupyter.human",
        "realm_jupyter.options",
        "realm_jupyter.magics.interpolation",
        "realm_jupyter.markdown",
    ],
)
def test_the_examples_in_docstrings_hold(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed


def test_the_styles_of_the_widgets_leave_cells_alone():
    # Once a widget is shown its style sheet applies to the whole page.
    sheets = (Path(__file__).resolve().parents[2] / "js" / "widget" / "src").rglob("*.css")
    styles = "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    assert ".realm-chat" in styles
    source = "".join(path.read_text() for path in Path(display.__file__).parent.glob("*.py"))
    classes = set(re.findall(r'class="([\w-]+)"', source))
    assert "realm-cell-status" in classes
    assert [name for name in classes if f".{name}" in styles] == []
