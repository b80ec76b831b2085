"""Stop strings: the text ends before the first one, and none of it is ever shown."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.guest_vocabulary import BYTE, BYTE_TOKENS, CONTROL, NORMAL
from support.sampling_guest import SamplingGuest

# Every byte, then longer texts of the letters that the stops are made of, with pieces of
# characters among them, then a control token and the end of generation.
ALPHABET = "ab\u00e9\u65e5\U0001f600"
PIECES = sorted(
    {
        (first + second).encode()[start:end]
        for first in ALPHABET
        for second in ALPHABET
        for start in range(3)
        for end in range(2, 9)
    }
    - {b""}
)
# SentencePiece texts in a GGUF file are valid UTF-8; only byte tokens are pieces of it.
WORDS = [
    piece for piece in PIECES if len(piece) > 1 and piece.decode(errors="ignore").encode() == piece
]
TOKENS = [*BYTE_TOKENS, *WORDS, b"<c>", b"</s>"]
TYPES = [BYTE] * 256 + [NORMAL] * len(WORDS) + [CONTROL, CONTROL]
CONTROL_ID = len(TOKENS) - 2
EOG_ID = len(TOKENS) - 1


@pytest.fixture(scope="module")
def guest():
    with SamplingGuest(TOKENS, types=TYPES, eog=[EOG_ID]) as guest:
        yield guest


def bytes_of(token_id: int) -> bytes:
    if token_id < 256:
        return bytes([token_id])
    return WORDS[token_id - 256] if token_id < CONTROL_ID else b""


def ids_of(text: str) -> list[int]:
    return list(text.encode())


def cut(text: str, stops: list[str]) -> tuple[str, bool]:
    """The text before the stop that is complete first; of several, the longest."""
    for end in range(len(text) + 1):
        lengths = [len(stop) for stop in stops if text[:end].endswith(stop)]
        if lengths:
            return text[: end - max(lengths)], True
    return text, False


def run(guest, token_ids, stops, **changes):
    """All text pieces, with the one of the end, and whether a stop ended it."""
    handle = guest.begin(stop=tuple(stops), **({"max_tokens": 1000} | changes))
    events = guest.say(handle, token_ids)
    pieces = [event.text for event in events]
    pieces.append(guest.end(handle))
    return pieces, events


# ---- By hand ----


@pytest.mark.parametrize(
    ("text", "stops", "expected"),
    [
        ("hello world", ["wor"], "hello "),
        ("hello world", ["xyz"], "hello world"),
        ("abab", ["abab"], ""),
        ("aabab", ["abab"], "a"),
        ("abaabab", ["abab"], "aba"),
        # The stop that is complete first wins, wherever it starts.
        ("abcd", ["abcd", "bc"], "a"),
        # Of two that end at the same byte the longer one, which starts first.
        ("xabc", ["bc", "abc"], "x"),
        ("xabc", ["abc", "bc"], "x"),
        ("aaaa", ["aa"], ""),
        ("\u65e5\u672c\u8a9e", ["\u672c"], "\u65e5"),
        # The first two bytes of the stop are not the character that begins alike.
        ("\u65e6\u65e5x", ["\u65e5"], "\u65e6"),
        ("no stop at all \U0001f600", ["\U0001f601"], "no stop at all \U0001f600"),
        ("a\nb\n\nc", ["\n\n"], "a\nb"),
    ],
)
def test_the_text_ends_before_the_first_stop(guest, text, stops, expected):
    pieces, events = run(guest, ids_of(text), stops)
    assert "".join(pieces) == expected
    assert (events[-1].finish == 1) == (expected != text)


def test_nothing_follows_a_stop(guest):
    word = 256 + WORDS.index(b"ab")
    pieces, events = run(guest, [word, word, word], ["ba"])
    assert pieces == ["a", "", ""]
    assert [event.finish for event in events] == [0, 1]
    assert events[-1].next_ids == ()
    assert events[-1].token_id == word
    assert not events[-1].is_eog


def test_a_possible_stop_is_held_until_it_is_none(guest):
    pieces, _ = run(guest, ids_of("xabaabay"), ["abab"])
    assert pieces == ["x", "", "", "", "aba", "", "", "abay", ""]


def test_held_text_is_released_at_the_end_by_length(guest):
    pieces, events = run(guest, ids_of("xab"), ["abc"], max_tokens=3)
    assert pieces == ["x", "", "ab", ""]
    assert events[-1].finish == 2


def test_held_text_is_released_at_the_end_by_eog(guest):
    pieces, events = run(guest, [*ids_of("xab"), EOG_ID], ["abc"])
    assert pieces == ["x", "", "", "ab", ""]
    assert events[-1].finish == 1
    assert events[-1].is_eog


def test_held_text_is_released_when_the_host_ends_it(guest):
    pieces, events = run(guest, ids_of("xab"), ["abc"])
    assert pieces == ["x", "", "", "ab"]
    assert events[-1].finish == 0


def test_a_stop_completed_by_the_last_token_is_a_stop_and_no_length(guest):
    _, events = run(guest, ids_of("xab"), ["ab"], max_tokens=3)
    assert events[-1].finish == 1


def test_min_tokens_delays_no_stop_string(guest):
    _, events = run(guest, ids_of("ab"), ["ab"], min_tokens=10)
    assert [event.finish for event in events] == [0, 1]


def test_a_stop_may_hold_the_replacement_character(guest):
    pieces, events = run(guest, [ord("a"), 0xFF, ord("b")], ["\ufffd"])
    assert "".join(pieces) == "a"
    assert events[-1].finish == 1
    # An incomplete character becomes one at the very end.
    pieces, events = run(guest, [ord("a"), 0xE6], ["\ufffd"], max_tokens=2)
    assert "".join(pieces) == "a"
    assert events[-1].finish == 1
    pieces, events = run(guest, [ord("a"), 0xE6], ["\ufffd"])
    assert "".join(pieces) == "a"


def test_many_and_long_stops(guest):
    stops = [f"{i:02d}" + "ab" * 2000 for i in range(63)] + ["needle"]
    pieces, events = run(guest, ids_of("07" + "ab" * 40 + "needle"), stops)
    assert "".join(pieces) == "07" + "ab" * 40
    assert events[-1].finish == 1


# ---- In general ----

STOPS = st.lists(st.text(ALPHABET, min_size=1, max_size=4), max_size=4)
STREAMS = st.lists(
    st.one_of(
        st.integers(256, CONTROL_ID), st.sampled_from("ab\u00e9\u65e5".encode()), st.just(0xFF)
    ),
    max_size=30,
)


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(token_ids=STREAMS, stops=STOPS)
def test_any_tokens_give_the_text_cut_at_the_first_stop(guest, token_ids, stops):
    whole = b"".join(map(bytes_of, token_ids)).decode(errors="replace")
    expected, is_stopped = cut(whole, stops)
    pieces, events = run(guest, token_ids, stops)
    assert "".join(pieces) == expected
    ended = bool(events) and events[-1].finish == 1
    # Only an incomplete character at the very end can complete a stop without a step.
    assert ended == is_stopped or whole.endswith("\ufffd")


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(token_ids=STREAMS, stops=STOPS.filter(bool))
def test_what_was_shown_never_ends_in_a_beginning_of_a_stop(guest, token_ids, stops):
    beginnings = tuple(stop[:size] for stop in stops for size in range(1, len(stop) + 1))
    handle = guest.begin(stop=tuple(stops), max_tokens=1000)
    shown, fed = "", b""
    for token_id in token_ids:
        (event,) = guest.say(handle, [token_id])
        shown += event.text
        fed += bytes_of(token_id)
        if event.finish:
            break
        # All is shown but an incomplete character and what may begin a stop.
        whole = decoded(fed)
        held = max((len(b) for b in beginnings if whole.endswith(b)), default=0)
        assert shown == whole[: len(whole) - held]
    guest.end(handle)


def decoded(data: bytes) -> str:
    """The text so far, without a character that more bytes could complete."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(data)
