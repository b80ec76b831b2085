"""Calls in a model's text are told from text, whatever the pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_jupyter.server.tool_calls import ToolReader, forced_form, form_of
from realm_jupyter.types import GenerationConfig

NAMES = {"get_weather", "add"}
ONE = {"city": "Zürich <b>", "days": [1, 2]}


def call(name, arguments, key="arguments"):
    return json.dumps({"name": name, key: arguments}, ensure_ascii=False)


def read(form, text, size=10_000):
    reader = ToolReader(form, NAMES)
    said = [reader.feed(text[start : start + size]) for start in range(0, len(text), size)]
    rest, calls = reader.finish()
    found = [(item.function.name, json.loads(item.function.arguments)) for item in calls]
    assert len({item.id for item in calls}) == len(calls)
    assert all(len(item.id) == 9 and item.id.isalnum() for item in calls)
    return "".join(said) + rest, found


CALLS = [
    ("hermes", f"<tool_call>\n{call('add', {})}\n</tool_call>", "", [("add", {})]),
    ("hermes", f"Let me see.<tool_call>{call('get_weather', ONE)}</tool_call>", "Let me see.",
     [("get_weather", ONE)]),
    ("hermes", f"<tool_call>{call('add', {})}</tool_call>\n<tool_call>{call('add', ONE)}", "",
     [("add", {}), ("add", ONE)]),
    ("mistral", f"[{call('add', {'a': 1})}, {call('get_weather', ONE)}]", "",
     [("add", {"a": 1}), ("get_weather", ONE)]),
    ("mistral", f"[TOOL_CALLS] [{call('add', {})}]", "", [("add", {})]),
    ("llama", call("add", {"a": 1}, "parameters"), "", [("add", {"a": 1})]),
    ("llama", f"{call('add', {}, 'parameters')}; {call('add', ONE, 'parameters')}\n", "",
     [("add", {}), ("add", ONE)]),
]  # fmt: skip
TEXTS = [
    ("hermes", "1 < 2 and <tool> is no call"),
    ("hermes", "<tool_call>nonsense</tool_call>"),
    ("hermes", f"<tool_call>{call('unknown', {})}</tool_call>"),
    ("hermes", f"<tool_call>{call('add', 'text')}</tool_call>"),
    ("hermes", "It ends with <tool_ca"),
    ("mistral", "[1, 2] is a list"),
    ("mistral", f"[{call('unknown', {})}]"),
    ("mistral", "Just text"),
    ("llama", '{"a": 1}'),
    ("llama", f"{call('add', {})} and more"),
    ("llama", "  Just text {}"),
    ("llama", "[" * 5000),
    ("llama", ""),
]


@pytest.mark.parametrize(("form", "text", "content", "calls"), CALLS)
@given(size=st.integers(1, 40))
def test_calls_are_read(form, text, content, calls, size):
    assert read(form, text, size) == (content, calls)


@pytest.mark.parametrize(("form", "text"), TEXTS)
@given(size=st.integers(1, 40))
def test_what_is_no_call_stays_text(form, text, size):
    assert read(form, text, size) == (text, [])


@given(st.sampled_from(["hermes", "mistral", "llama"]), st.text(max_size=60))
def test_no_text_raises(form, text):
    read(form, text, 7)


def test_text_before_a_call_is_not_held_back():
    reader = ToolReader("hermes", NAMES)
    assert reader.feed("Let me see.") == "Let me see."
    assert reader.feed(" <to") == " "
    assert reader.feed("ad") == "<toad"
    reader = ToolReader("llama", NAMES)
    assert reader.feed("Hel") == "Hel"
    assert reader.feed("{") == "{"


@pytest.mark.parametrize(
    ("template", "form"),
    [
        ("{{ tools }} <tool_call>", "hermes"),
        ("{{ tools }} [TOOL_CALLS]", "mistral"),
        ('{{ tools }} "parameters"', "llama"),
        ("{{ tools }}", None),
        ("<tool_call>", None),
    ],
)
def test_the_template_tells_the_form(template, form):
    assert form_of(template) == form


@pytest.mark.parametrize("form", ["hermes", "mistral", "llama"])
def test_a_forced_call_is_a_form_of_the_engine(form):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    config = GenerationConfig(**forced_form(form, {"add": schema, "get_weather": {}}))
    assert config.form_field in {"json_schema", "grammar"}
