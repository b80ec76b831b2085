"""Tools over HTTP: shown to the model, called, forced, and answered."""

from __future__ import annotations

import json

import openai
import pytest

from support.live_server import live_server
from support.tool_models import MARKS, write_tool_models

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_capital",
            "description": "The capital of a country",
            "parameters": {
                "type": "object",
                "properties": {"country": {"enum": ["France", "Italy"]}},
                "required": ["country"],
                "additionalProperties": False,
            },
        },
    },
    {"type": "function", "function": {"name": "now"}},
]
QUESTION = [{"role": "user", "content": "What is the capital of France?"}]
ANSWER = "The capital of France is Paris."
WRITTEN = {
    "hermes": '<tool_call>{"name": "get_capital", "arguments": {"country": "Italy"}}</tool_call>',
    "mistral": '[{"name": "get_capital", "arguments": {"country": "Italy"}}]',
    "llama": '{"name": "get_capital", "parameters": {"country": "Italy"}}',
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    with live_server("paris", *write_tool_models(folder)) as running:
        yield running


def ask(client, form, **options):
    request = {"messages": QUESTION, "tools": TOOLS, "temperature": 0, "max_tokens": 80}
    return client.chat.completions.create(model=form, **{**request, **options})


def whole(stream):
    """Return text, calls and finish reason of a stream."""
    text, calls, reason = "", [], None
    for chunk in stream:
        choice = chunk.choices[0]
        text += choice.delta.content or ""
        calls += choice.delta.tool_calls or []
        reason = choice.finish_reason or reason
    return text, calls, reason


@pytest.mark.parametrize("form", MARKS)
def test_a_required_call_is_made(client, form):
    choice = ask(client, form, tool_choice="required").choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert call.function.name in {"get_capital", "now"}
    json.loads(call.function.arguments)


@pytest.mark.parametrize("form", MARKS)
def test_a_named_function_is_called(client, form):
    choice = {"type": "function", "function": {"name": "get_capital"}}
    text, calls, reason = whole(ask(client, form, tool_choice=choice, stream=True))
    assert (text, reason) == ("", "tool_calls")
    assert calls[0].index == 0
    assert calls[0].function.name == "get_capital"
    assert json.loads(calls[0].function.arguments)["country"] in {"France", "Italy"}


@pytest.mark.parametrize("form", MARKS)
def test_the_model_may_call_or_answer(client, form):
    assert ask(client, form).choices[0].message.content == ANSWER
    assert whole(ask(client, form, stream=True)) == (ANSWER, [], "stop")
    # What a model that knows tools would write of itself.
    written = "/" + "".join(f"\\x{ord(letter):02x}" for letter in WRITTEN[form]) + "/"
    body = {"grammar": written}
    message = ask(client, form, extra_body=body).choices[0].message
    assert message.tool_calls[0].function.name == "get_capital"
    assert json.loads(message.tool_calls[0].function.arguments) == {"country": "Italy"}
    _, calls, reason = whole(ask(client, form, extra_body=body, stream=True))
    assert reason == "tool_calls"
    assert json.loads(calls[0].function.arguments) == {"country": "Italy"}
    raw = ask(client, form, extra_body={**body, "parse_tool_calls": False}).choices[0]
    assert raw.message.content == WRITTEN[form]
    assert raw.finish_reason == "stop"


def test_no_call_is_looked_for_when_none_is_wanted(client):
    choice = ask(
        client, "hermes", tool_choice="none", extra_body={"grammar": "/<tool_call>\\{\\}/"}
    )
    assert choice.choices[0].message.content == "<tool_call>{}"


def test_a_conversation_with_calls_goes_on(client):
    called = ask(client, "hermes", tool_choice="required").choices[0].message
    answer = {"role": "tool", "tool_call_id": called.tool_calls[0].id, "content": "Paris"}
    messages = [*QUESTION, called.model_dump(exclude_none=True), answer]
    assert ask(client, "hermes", messages=messages).choices[0].message.content


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"model": "paris"}, "tools"),
        ({"tool_choice": {"type": "function", "function": {"name": "x"}}}, "tool_choice"),
        ({"tools": [], "tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOLS[1], TOOLS[1]]}, "tools"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        ({"tool_choice": "required", "response_format": {"type": "json_object"}}, "tool_choice"),
    ],
)
def test_a_mistake_is_named(client, options, param):
    model = options.get("model", "hermes")
    rest = {name: value for name, value in options.items() if name != "model"}
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, model, **rest)
    assert (caught.value.code, caught.value.param) == ("invalid_request", param)
