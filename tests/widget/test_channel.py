"""Requests are answered once, events are numbered, nothing that arrives can break it."""

from __future__ import annotations

import logging
import threading

import pytest

from realm_jupyter.widget.channel import Channel
from realm_jupyter.widget.conversation import Conversation
from realm_jupyter.widget.messages import REQUESTS
from realm_jupyter.widget.models_session import ModelsSession
from support.widget_wire import Chat, RefusedError, Wire


@pytest.fixture
def wire():
    wire = Wire()
    state = {"message": Conversation().root.as_message(), "tokens": []}
    wire.channel = Channel("tokens", wire.send, lambda: state, threading.RLock())
    return wire


def test_every_request_of_the_table_is_taken_by_some_widget(realm):
    chat = Chat(realm)
    models = ModelsSession(realm, chat.send)
    assert chat.channel.names | models.channel.names | {"asset"} == REQUESTS.keys()


def test_events_are_numbered_without_gaps_from_any_thread(wire):
    def work():
        for _ in range(50):
            wire.channel.event("load_gone", load="x")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [message["seq"] for message in wire.messages] == list(range(1, 201))


def test_an_event_has_the_fields_of_the_table(wire):
    with pytest.raises(ValueError, match="load_gone has the fields load"):
        wire.channel.event("load_gone", model="x")


def test_a_snapshot_is_as_of_the_last_event(wire):
    wire.channel.event("load_gone", load="x")
    assert wire.request("sync")["seq"] == 1
    assert wire.request("ping") == {"seq": 1}


def test_an_unknown_or_malformed_request_is_answered(wire):
    for content in (
        {"type": "fly", "request": "a1"},
        {"type": "send", "request": "a2", "text": "Hi"},
        {"type": "asset", "request": "a3"},
    ):
        wire.channel.receive(content)
    answers = wire.of("answer")
    assert [answer["request"] for answer in answers] == ["a1", "a2", "a3"]
    assert {answer["error"]["code"] for answer in answers} == {"config_error"}


@pytest.mark.parametrize("content", [None, 3, "x", [], {}, {"type": "sync"}, {"request": 5}])
def test_what_cannot_be_answered_is_dropped(wire, content, caplog):
    with caplog.at_level(logging.WARNING):
        wire.channel.receive(content)
    assert wire.messages == []
    assert "dropped" in caplog.text


def test_an_unexpected_error_is_answered_and_logged(wire, caplog):
    def broken(name):
        raise ZeroDivisionError("oh")

    wire.channel.handle({"asset": broken})
    with pytest.raises(RefusedError, match="ZeroDivisionError: oh") as caught:
        wire.request("asset", name="maths.js")
    assert caught.value.code == "unexpected"
    assert "ZeroDivisionError" in caplog.text


def test_slow_requests_do_not_hold_up_quick_ones(wire):
    go_on = threading.Event()

    def slow(name):
        assert go_on.wait(20)
        return {"text": name, "filename": None, "mime": "text/plain"}

    wire.channel.handle({"asset": slow}, slow=True)
    pending = wire.post("asset", name="x")
    wire.request("ping")
    assert len(wire.messages) == 1
    go_on.set()
    assert wire.answer(pending)["text"] == "x"


def test_a_wire_that_is_down_harms_nobody(caplog):
    def send(_message):
        raise RuntimeError("closed")

    channel = Channel("tokens", send, dict, threading.RLock())
    channel.event("load_gone", load="x")
    channel.receive({"type": "ping", "request": "a"})
    assert channel.seq == 1
    assert caplog.text.count("could not be sent") == 2
