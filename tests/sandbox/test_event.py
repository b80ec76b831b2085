"""Events are read with nothing of them trusted."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_jupyter.errors import GuestAbiError
from realm_jupyter.sandbox import abi
from realm_jupyter.sandbox.event import GuestEvent, parse_event


def encode(*, finish=0, token_id=3, is_eog=0, logprob=-0.5, next_ids=(), alternatives=(), text=b""):
    return b"".join(
        (
            abi.EVENT.pack(
                finish, token_id, is_eog, logprob, len(next_ids), len(alternatives), len(text)
            ),
            struct.pack(f"<{len(next_ids)}i", *next_ids),
            *(struct.pack("<if", *item) for item in alternatives),
            text,
        )
    )


def test_every_part_is_read():
    data = encode(
        token_id=9,
        logprob=-1.5,
        next_ids=(9, 4),
        alternatives=((9, -1.5), (2, -2.25)),
        text="né".encode(),
    )
    assert parse_event(data) == GuestEvent(
        finish=0,
        token_id=9,
        is_eog=False,
        logprob=-1.5,
        next_ids=(9, 4),
        alternatives=((9, -1.5), (2, -2.25)),
        text="né",
    )
    end = parse_event(encode(finish=1, is_eog=1) + b"pad")
    assert (end.finish, end.is_eog, end.text) == (1, True, "")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        encode()[:-1],
        encode(next_ids=(1, 2))[:-1],
        abi.EVENT.pack(0, 1, 0, 0.0, 0xFFFFFFFF, 0, 0),
        abi.EVENT.pack(0, 1, 0, 0.0, 0, 0xFFFFFFFF, 0),
        abi.EVENT.pack(0, 1, 0, 0.0, 0, 0, 0xFFFFFFFF),
        encode(finish=3),
        encode(finish=-1),
        encode(token_id=-1),
        encode(next_ids=(5, -5)),
        encode(text=b"\xff"),
        encode(text=b"\xe2\x82"),
    ],
)
def test_what_does_not_fit_is_an_abi_error(data):
    with pytest.raises(GuestAbiError):
        parse_event(data)


@given(st.binary(max_size=96))
def test_random_bytes_are_an_event_or_an_abi_error(data):
    with contextlib.suppress(GuestAbiError):
        assert parse_event(data).token_id >= 0
