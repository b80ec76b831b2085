"""Flags generated from the fields of `GenerationConfig`."""

from __future__ import annotations

from dataclasses import fields

import pytest

from realm_jupyter import options
from realm_jupyter.errors import ConfigError, SamplingParamsError
from realm_jupyter.options import (
    HelpRequestedError,
    OptionParser,
    add_generation_options,
    closest,
    flag_name,
    generation_fields,
    parse_field,
)
from realm_jupyter.types import GenerationConfig


@pytest.fixture
def parser():
    made = OptionParser("tool", "Does it.")
    add_generation_options(made)
    return made


def test_every_field_has_a_flag_and_a_help_text(parser):
    names = [item.name for item in fields(GenerationConfig)]
    assert list(options._HELP) == names
    assert {flag_name(name) for name in names} <= set(parser.flags)


def test_the_help_names_ranges_and_defaults(parser):
    text = " ".join(parser.format_help().split())
    assert "(a number from 0 to 1; default 0.95)" in text
    assert "default 1024" in text
    assert "%" not in text


@pytest.mark.parametrize("item", fields(GenerationConfig), ids=lambda item: item.name)
def test_a_flag_sets_its_field(parser, item):
    texts = {"logit_bias": "3=-1.5", "mirostat": "2", "json_schema": "{}", "grammar": "/a/"}
    is_switch = item.name in {"ignore_eos", "json_object"}
    text = "true" if is_switch else texts.get(item.name, "1")
    words = [flag_name(item.name)] + ([] if is_switch else [text])
    if item.name == "min_tokens":
        words += ["--max-tokens", "5"]
    given = generation_fields(parser.parse(words))
    value = getattr(GenerationConfig(**given), item.name)
    parsed = parse_field(item.name, text)
    assert value == getattr(GenerationConfig(**{"max_tokens": 5, item.name: parsed}), item.name)
    default = getattr(GenerationConfig(), item.name)
    assert value != default or item.name in {"repetition_penalty", "typical_p"}


def test_flags_that_are_absent_leave_no_trace(parser):
    assert generation_fields(parser.parse([])) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seed", "1.5"], "--seed: needs a whole number, not '1.5'"),
        (["--top-p", "x"], "--top-p: needs a number"),
        (["--logit-bias", "5"], "ID=BIAS"),
        (["--logit-bias", "x=1"], "ID=BIAS"),
        (["--top-p"], "--top-p: expected one argument"),
        (["--topp", "1"], "did you mean --top-p?"),
        (["--qqq"], "tool --help"),
        (["-seed", "3"], "did you mean --seed?"),
        (["stray"], "unexpected 'stray'"),
    ],
)
def test_mistakes_are_config_errors(parser, words, message):
    with pytest.raises(ConfigError) as error:
        parser.parse(words)
    assert message in str(error.value)


def test_ranges_are_those_of_the_config(parser):
    with pytest.raises(SamplingParamsError, match="temperature"):
        generation_fields(parser.parse(["--temperature", "-1"]))


def test_help_raises_what_to_show(parser):
    with pytest.raises(HelpRequestedError) as request:
        parser.parse(["--help", "--nonsense"])
    assert request.value.text.startswith("usage: tool")


def test_escapes_make_a_newline_writable(parser):
    given = generation_fields(parser.parse(["--stop", r"a\n\t\\n", "--stop", r"\d"]))
    assert given["stop"] == ("a\n\t\\n", r"\d")


@pytest.mark.parametrize(
    ("word", "expected"),
    [("--temp", "--temperature"), ("--top_k", "--top-k"), ("--Seed", "--seed"), ("--zzzz", "")],
)
def test_the_closest_flag_is_found(parser, word, expected):
    assert closest(word, [item for item in parser.flags if item.startswith("--")]) == expected


@pytest.mark.parametrize("name", ["json_schema", "grammar"])
def test_a_form_comes_from_a_file_a_variable_or_the_text(parser, tmp_path, name):
    text = '{"type": "integer"}' if name == "json_schema" else 'start: "a"'
    path = tmp_path / "form.txt"
    path.write_text(text, encoding="utf-8")
    for word in (str(path), text, "form"):
        args = parser.parse([flag_name(name), word])
        assert generation_fields(args, {"form": text})[name] == text


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("missing.json", "no such file$"),
        ("/none/x.json", "no such file$"),
        ("x" * 9000, "name too long|no such file"),
    ],
)
@pytest.mark.parametrize("name", ["json_schema", "grammar"])
def test_a_form_that_is_not_there_is_an_error(parser, name, word, message):
    args = parser.parse([flag_name(name), word])
    with pytest.raises(ConfigError, match=message):
        generation_fields(args)
    with pytest.raises(ConfigError):
        generation_fields(args, {"a": 1})


def test_a_form_file_must_be_text(parser, tmp_path):
    path = tmp_path / "form.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="decode"):
        generation_fields(parser.parse(["--json-schema", str(path)]))
