"""Requests say what the Python interface says, and malformed ones are explained."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_jupyter.backend import GenerationRequest
from realm_jupyter.errors import RequestError, SamplingParamsError
from realm_jupyter.protocol.base import read
from realm_jupyter.protocol.chat import ChatRequest
from realm_jupyter.protocol.completion import CompletionRequest
from realm_jupyter.protocol.logprobs import ChatLogprobs, CompletionLogprobs
from realm_jupyter.protocol.usage import Usage
from realm_jupyter.types import ChatMessage, GenerationConfig, TokenLogprob
from realm_jupyter.types import Usage as PlainUsage

CONFIG = GenerationConfig(
    max_tokens=7,
    temperature=0,
    top_k=3,
    logit_bias={3: -math.inf, 4: 2},
    seed=2**64 - 1,
    stop=("a", "b"),
    logprobs=3,
    dry_sequence_breakers=("x",),
    ignore_eos=True,
)


def test_a_chat_request_says_all_of_a_config():
    request = GenerationRequest(
        model="m", config=CONFIG, messages=(ChatMessage("system", "s"), ChatMessage("user", "u"))
    )
    message = read(ChatRequest, ChatRequest.of(request, stream=True).model_dump_json())
    assert message.config() == CONFIG
    assert tuple(item.to_message() for item in message.messages) == request.messages
    assert message.stream
    assert message.include_usage


@pytest.mark.parametrize(
    "prompt", [{"text": "Hi"}, {"text": "Hi", "raw": True}, {"token_ids": (1, 2)}]
)
def test_a_completion_request_says_all_of_a_config(prompt):
    request = GenerationRequest(model="m", config=CONFIG, **prompt)
    message = read(CompletionRequest, CompletionRequest.of(request, stream=False).model_dump_json())
    assert message.config() == CONFIG
    assert message.prompts() == [prompt.get("text") or prompt["token_ids"]]
    assert message.raw == prompt.get("raw", False)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ('"a"', ["a"]),
        ('["a", "b"]', ["a", "b"]),
        ("[1, 2]", [(1, 2)]),
        ("[[1, 2], [3]]", [(1, 2), (3,)]),
    ],
)
def test_a_prompt_has_four_forms(prompt, expected):
    assert read(CompletionRequest, f'{{"prompt": {prompt}}}').prompts() == expected


def test_null_is_the_default():
    body = (
        '{"messages": [{"role": "user", "content": "a"}], "top_p": null, "seed": null, "n": null}'
    )
    message = read(ChatRequest, body)
    assert message.config() == GenerationConfig()
    assert message.num_choices == 1


def test_a_negative_seed_is_taken():
    message = read(CompletionRequest, '{"prompt": "a", "seed": -1}')
    assert message.config().seed == 2**64 - 1


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ("{", "", "not valid JSON"),
        ("[]", "", "object"),
        ("{}", "messages", "missing"),
        ('{"messages": []}', "messages", "[] is not allowed: it should have at least 1 item"),
        (
            '{"messages": [{"role": "user", "content": "a"}], "temprature": 1}',
            "temprature",
            "temperature",
        ),
        ('{"messages": [{"role": "king", "content": "a"}]}', "messages[0].role", "'king'"),
        ('{"messages": [{"role": "user", "content": 5}]}', "messages[0].content", "string"),
        ('{"messages": [{"role": "user", "content": "a"}], "top_p": "x"}', "top_p", "number"),
        ('{"messages": [{"role": "user", "content": "a"}], "top_p": NaN}', "top_p", "finite"),
        ('{"messages": [{"role": "user", "content": "a"}], "n": 0}', "n", "1"),
        ('{"messages": [{"role": "user", "content": "\\ud800"}]}', "", "not valid JSON"),
    ],
)
def test_a_malformed_request_is_explained(body, field, words):
    with pytest.raises(RequestError) as caught:
        read(ChatRequest, body)
    assert caught.value.field == field
    assert words in str(caught.value)


def test_a_value_out_of_range_is_the_error_of_the_python_interface():
    message = read(CompletionRequest, '{"prompt": "a", "top_p": 2}')
    with pytest.raises(SamplingParamsError, match="top_p must be a number from 0 to 1"):
        message.config()


def test_fields_that_contradict_each_other_are_refused():
    turn = '"messages": [{"role": "user", "content": "a"}]'
    both = read(ChatRequest, f'{{{turn}, "max_tokens": 1, "max_completion_tokens": 2}}')
    with pytest.raises(RequestError, match="differ"):
        both.config()
    with pytest.raises(RequestError, match="needs logprobs"):
        read(ChatRequest, f'{{{turn}, "top_logprobs": 2}}').config()


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_body_raises_anything_else(data):
    with contextlib.suppress(RequestError):
        read(ChatRequest, data)


def test_log_probabilities_come_back():
    token = TokenLogprob(5, "a", -0.5)
    others = (TokenLogprob(5, "a", -0.5), TokenLogprob(6, "\ufffd", -math.inf))
    entry = ChatLogprobs.of([token], [others]).content[0]
    assert entry.to_logprob() == token
    assert entry.to_alternatives() == others
    assert entry.bytes == [97]
    assert entry.top_logprobs[1].bytes is None


def test_the_older_form_counts_offsets():
    tokens = [TokenLogprob(1, "ab", -1.0), TokenLogprob(2, "c", -2.0)]
    logprobs = CompletionLogprobs.of(tokens, [(), ()], offset=3)
    assert logprobs.text_offset == [3, 5]
    assert logprobs.top_logprobs is None
    assert "content" not in logprobs.model_dump()


def test_usage_counts_a_prompt_once_for_all_its_choices():
    usage = Usage.of([PlainUsage(5, 2, 1), PlainUsage(5, 3, 1)])
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 5, 10)
    assert Usage.sum([usage, usage]).total_tokens == 20
    assert usage.to_usage() == PlainUsage(5, 5, 1)


def test_the_protocol_loads_nothing_heavy():
    modules = "base chat completion discovery error_table logprobs models sse text tools usage"
    imports = "; ".join(f"import realm_jupyter.protocol.{name}" for name in modules.split())
    heavy = "('torch', 'wasmtime', 'numpy', 'starlette', 'uvicorn', 'httpx')"
    code = f"{imports}; import sys; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
