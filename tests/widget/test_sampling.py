"""The settings are those of `GenerationConfig`: same names, defaults and ranges."""

from __future__ import annotations

from dataclasses import fields

import pytest

from realm_jupyter.errors import SamplingParamsError
from realm_jupyter.types import GenerationConfig
from realm_jupyter.widget.sampling import FIELDS, Sampling

BY_NAME = {field["name"]: field for field in FIELDS}


def test_every_field_can_be_set_but_those_that_are_no_sliders():
    names = {item.name for item in fields(GenerationConfig)}
    forms = {"json_schema", "json_object", "grammar"}
    assert names - BY_NAME.keys() == {"logit_bias", "logprobs"} | forms
    assert BY_NAME.keys() <= names


def test_the_defaults_are_those_of_the_config():
    assert Sampling().values() == {name: field["default"] for name, field in BY_NAME.items()}
    assert BY_NAME["temperature"]["default"] == GenerationConfig().temperature
    assert BY_NAME["dry_sequence_breakers"]["default"] == ["\n", ":", '"', "*"]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field["name"])
def test_the_bounds_and_the_slider_are_allowed_values(field):
    for bound in ("low", "high", "slider_low", "slider_high"):
        if field[bound] is not None:
            GenerationConfig(**{"max_tokens": 2**31 - 1, field["name"]: field[bound]})
    for choice in field["choices"]:
        GenerationConfig(**{field["name"]: choice})
    assert (field["slider_low"] is None) == (field["slider_high"] is None)


@pytest.mark.parametrize("name", ["temperature", "top_p", "repetition_penalty", "min_p"])
def test_what_lies_beyond_the_bounds_is_refused(name):
    for value in (BY_NAME[name]["low"] - 0.01, BY_NAME[name]["high"] + 0.01):
        with pytest.raises(SamplingParamsError, match=name):
            Sampling().change({name: value})


def test_values_survive_json_both_ways():
    sampling = Sampling()
    sampling.change({"seed": str(2**64 - 1), "stop": ["a", "b"], "top_k": 7.0, "mirostat": 2})
    assert sampling.config.seed == 2**64 - 1
    assert sampling.config.stop == ("a", "b")
    assert isinstance(sampling.config.top_k, int)
    assert sampling.values()["seed"] == str(2**64 - 1)
    sampling.change(sampling.values())
    assert sampling.config.mirostat == 2
    sampling.change({"seed": " "})
    assert sampling.config.seed is None


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"temprature": 1}, "temprature"),
        ({"logit_bias": {}}, "logit_bias"),
        ({"seed": "one"}, "seed"),
        ({"seed": "-1"}, "seed"),
        ({"top_k": 1.5}, "top_k"),
        ({"stop": 3}, "stop"),
        ({"top_p": None}, "top_p"),
    ],
)
def test_a_wrong_value_changes_nothing(values, what):
    sampling = Sampling()
    with pytest.raises(SamplingParamsError, match=what):
        sampling.change({"temperature": 0.1, **values})
    assert sampling.config == GenerationConfig()


def test_reset_keeps_what_a_chat_cannot_set():
    sampling = Sampling(GenerationConfig(temperature=0, logit_bias={3: 1}))
    sampling.change({"top_k": 3})
    assert sampling.changed() == {"temperature": 0, "top_k": 3, "logit_bias": {3: 1.0}}
    sampling.reset()
    assert sampling.changed() == {"logit_bias": {3: 1.0}}
