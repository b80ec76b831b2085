"""Server-sent events: in any pieces, and never without bounds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_jupyter.errors import APIError
from realm_jupyter.protocol import sse
from realm_jupyter.protocol.sse import HEARTBEAT, ServerEvent, ServerEventReader, encode_event

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=10)


@given(st.lists(st.lists(LINE, min_size=1, max_size=3).map("\n".join)), st.integers(1, 7))
def test_events_come_back_whatever_the_pieces(texts, size):
    data = HEARTBEAT + b"".join(encode_event(text, "note") for text in texts)
    reader = ServerEventReader()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    found = [event for piece in pieces for event in reader.feed(piece)]
    assert found == [ServerEvent(text, "note") for text in texts]


def test_lines_may_end_as_windows_ends_them():
    events = list(ServerEventReader().feed(b"event: a\r\ndata:x\r\ndata: y\r\nid: 7\r\n\r\n"))
    assert events == [ServerEvent("x\ny", "a")]


def test_a_stream_that_is_no_text_is_refused():
    with pytest.raises(APIError, match="UTF-8"):
        list(ServerEventReader().feed(b"data: \xff\n\n"))


def test_an_endless_event_is_refused(monkeypatch):
    monkeypatch.setattr(sse, "_MAX_EVENT_BYTES", 100)
    reader = ServerEventReader()
    with pytest.raises(APIError, match="more than"):
        list(itertools.chain.from_iterable(map(reader.feed, [b"data: 123456789\n"] * 20)))
