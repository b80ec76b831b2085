"""The values: ranges, errors that name field, value and range, copies."""

from __future__ import annotations

import math

import pytest

from realm_jupyter.errors import PromptError, SamplingParamsError
from realm_jupyter.types import ChatMessage, GenerationConfig


def test_defaults_are_the_documented_ones():
    config = GenerationConfig()
    assert (config.max_tokens, config.temperature, config.top_k) == (1024, 0.8, 40)
    assert (config.top_p, config.min_p, config.seed) == (0.95, 0.05, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -0.1),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("temperature", "hot"),
        ("temperature", True),
        ("top_p", 1.01),
        ("top_k", 1.5),
        ("top_k", -1),
        ("max_tokens", -1),
        ("max_tokens", 2**31),
        ("min_p", -1),
        ("repetition_penalty", 0),
        ("mirostat", 1),
        ("mirostat", True),
        ("seed", -1),
        ("seed", 2**64),
        ("logprobs", 101),
        ("stop", ""),
        ("stop", ["a", ""]),
        ("stop", [1]),
        ("stop", ["a"] * 65),
        ("stop", "x" * 5000),
        ("stop", "\ud800"),
        ("logit_bias", {"1": 2.0}),
        ("logit_bias", {1: math.nan}),
        ("logit_bias", {1: math.inf}),
        ("logit_bias", {-1: 1.0}),
        ("logit_bias", [1]),
        ("ignore_eos", 1),
        ("min_tokens", 2000),
    ],
)
def test_a_value_out_of_range_is_an_error_that_names_field_and_value(field, value):
    with pytest.raises(SamplingParamsError) as caught:
        GenerationConfig(**{field: value})
    assert caught.value.field == field
    assert field in str(caught.value)
    assert caught.value.allowed


def test_an_unknown_field_is_named_with_the_known_ones():
    with pytest.raises(SamplingParamsError, match=r"temprature.*temperature"):
        GenerationConfig().with_changes(temprature=1)


def test_forbidding_a_token_is_allowed():
    assert GenerationConfig(logit_bias={3: -math.inf}).logit_bias == {3: -math.inf}


def test_one_stop_string_is_a_list_of_one():
    assert GenerationConfig(stop="END").stop == ("END",)


def test_changes_are_checked_too():
    config = GenerationConfig().with_changes(temperature=0, seed=7)
    assert (config.temperature, config.seed) == (0, 7)
    with pytest.raises(SamplingParamsError):
        config.with_changes(top_p=7)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user"},
        {"content": "x"},
        "hi",
        {"role": "boss", "content": "x"},
        ("user", "x"),
        {"role": "user", "content": 3},
    ],
)
def test_a_malformed_message_is_one_clear_error(message):
    with pytest.raises(PromptError):
        ChatMessage.from_any(message)
