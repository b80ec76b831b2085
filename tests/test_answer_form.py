"""The fields of a request that ask for a form: what they take and what they refuse."""

from __future__ import annotations

import pytest

from realm_jupyter import GenerationConfig
from realm_jupyter.answer_form import MAX_FORM_BYTES
from realm_jupyter.errors import GrammarError


def test_a_schema_is_kept_as_plain_values_of_its_own():
    schema = {"enum": [(1, 2)]}
    config = GenerationConfig(json_schema=schema)
    schema["enum"].append(3)
    assert config.json_schema == {"enum": [[1, 2]]}
    assert config.form_field == "json_schema"


def test_without_a_form_there_is_none():
    assert GenerationConfig().form_field is None
    assert GenerationConfig(json_object=True).form_field == "json_object"
    assert GenerationConfig(grammar="/a/").form_field == "grammar"


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return {"const": value}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"json_schema": 3}, "json_schema must be a schema"),
        ({"json_schema": []}, "json_schema must be a schema"),
        ({"json_schema": "[1]"}, "json_schema must be a schema"),
        ({"json_schema": "{"}, "json_schema is not JSON"),
        ({"json_schema": '{"minimum": NaN}'}, "NaN is not a value of JSON"),
        ({"json_schema": {"minimum": float("nan")}}, "json_schema is not JSON"),
        ({"json_schema": {"const": {1, 2}}}, "json_schema is not JSON"),
        ({"json_schema": _nested(100_000)}, "nested too deeply"),
        ({"json_schema": {"const": "x" * MAX_FORM_BYTES}}, "at most"),
        ({"json_object": 1}, "True or False"),
        ({"grammar": 3}, "grammar must be text"),
        ({"grammar": " \n"}, "grammar is empty"),
        ({"grammar": "/\ud800/"}, "lone surrogate"),
        ({"grammar": "/" + "x" * MAX_FORM_BYTES + "/"}, "at most"),
        ({"grammar": "/a/", "json_object": True}, "json_object and grammar"),
        ({"json_schema": {}, "grammar": "/a/"}, "json_schema and grammar"),
    ],
)
def test_what_is_no_form_is_refused(fields, message):
    with pytest.raises(GrammarError, match=message) as caught:
        GenerationConfig(**fields)
    assert caught.value.field in fields
