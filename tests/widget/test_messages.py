"""The message table: pinned for the front end, obeyed by the kernel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realm_jupyter.errors import ConfigError
from realm_jupyter.widget.messages import REQUESTS, RESULTS, checked_request, table

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "widget_messages.json"


def test_the_table_is_the_one_that_the_front_end_reads(update_golden):
    text = json.dumps(table(), indent=2, ensure_ascii=False) + "\n"
    if update_golden:
        GOLDEN.write_text(text, encoding="utf-8")
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == table()


def test_every_request_has_a_result():
    assert REQUESTS.keys() == RESULTS.keys()


def test_every_object_that_is_named_is_described():
    described = table()
    words = json.dumps(described)
    for name in ("Message", "Status", "Load", "Token", "Verdict", "ErrorInfo"):
        assert name in described["objects"]
        assert f'"{name}' in words
    assert set(described["results"].values()) <= described["objects"].keys()


def test_a_request_keeps_the_fields_of_the_table_only():
    request = checked_request({"type": "send", "request": "a", "text": "Hi", "extra": 1})
    assert request == {"type": "send", "request": "a", "text": "Hi"}


def test_half_a_character_is_replaced():
    request = checked_request({"type": "send", "request": "a", "text": "a\ud83db \U0001f600"})
    assert request["text"] == "a\N{REPLACEMENT CHARACTER}b \U0001f600"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("send", "object with a type"),
        (None, "object with a type"),
        ({}, "no request None"),
        ({"type": "nonsense", "request": "a"}, "no request 'nonsense'"),
        ({"type": "send", "text": "Hi"}, "lacks its field request"),
        ({"type": "send", "request": 1, "text": "Hi"}, "request=1 of the request send"),
        ({"type": "send", "request": "a"}, "lacks its field text"),
        ({"type": "send", "request": "a", "text": None}, "must be string"),
        ({"type": "use", "request": "a", "model": 3}, "must be string"),
        (
            {"type": "show_alternative", "request": "a", "message": "b", "alternative": True},
            "must be integer",
        ),
        (
            {"type": "continue", "request": "a", "message": "b", "index": 0, "token_id": "1"},
            "must be integer | null",
        ),
        (
            {"type": "export", "request": "a", "conversation": "b", "format": "pdf"},
            'must be "markdown" | "json" | "cells"',
        ),
        (
            {
                "type": "change_settings",
                "request": "a",
                "system": None,
                "record_tokens": 1,
                "values": {},
            },
            "must be boolean | null",
        ),
        (
            {
                "type": "change_settings",
                "request": "a",
                "system": None,
                "record_tokens": None,
                "values": [],
            },
            "must be Record<string, json>",
        ),
    ],
)
def test_a_malformed_request_says_what_is_wrong(content, what):
    with pytest.raises(ConfigError) as caught:
        checked_request(content)
    assert what in str(caught.value)
