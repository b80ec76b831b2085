"""Hostile hyperparameters end in an error that names the key and its place."""

from __future__ import annotations

import math
import time

import pytest

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.gguf import GGUFFile
from realm_jupyter.models import open_model
from realm_jupyter.models.hyperparameters import Heads, HyperparameterReader
from support.tiny_gguf import BOOL, F32, I32, I64, STRING, U32, U64, array_field, field
from support.tiny_models import tiny_model

HOSTILE = [
    ("block_count", None, "is missing"),
    ("block_count", 0, "0 is not from 1 to 1024"),
    ("block_count", 2**31, "is not from 1 to 1024"),
    ("block_count", 2**32 - 1, "is not from 1 to 1024"),
    ("block_count", 1024, "'blk.1023.attn_norm.weight' is missing"),
    ("block_count", 1, "'blk.1.attn_norm.weight' has no place"),
    ("block_count", 3, "'blk.2.attn_norm.weight' is missing"),
    ("block_count", "two", "'two' is not a whole number"),
    ("block_count", 2.0, "2.0 is not a whole number"),
    ("block_count", field("llama.block_count", BOOL, 1), "True is not a whole number"),
    ("block_count", field("llama.block_count", I64, -(2**63)), "is not from 1 to 1024"),
    ("block_count", field("llama.block_count", U64, 2**64 - 1), "is not from 1 to 1024"),
    ("context_length", None, "is missing"),
    ("context_length", 0, "0 is not from 1"),
    ("context_length", 2**31, "is not from 1"),
    ("embedding_length", 0, "0 is not from 1"),
    ("embedding_length", 33, "has the shape"),
    ("embedding_length", 2**31, "is not from 1"),
    ("feed_forward_length", None, "is missing"),
    ("feed_forward_length", 0, "0 is not from 1"),
    ("feed_forward_length", 2**24, "has the shape"),
    ("attention.head_count", None, "is missing"),
    ("attention.head_count", 0, "0 is not from 1"),
    ("attention.head_count", 2**31, "is not from 1"),
    ("attention.head_count", 3, "3 heads cannot share 2 evenly"),
    ("attention.head_count", 8, "has the shape"),
    ("attention.head_count_kv", 0, "0 is not from 1"),
    ("attention.head_count_kv", 3, "4 heads cannot share 3 evenly"),
    ("attention.head_count_kv", 8, "4 heads cannot share 8 evenly"),
    ("attention.key_length", 0, "0 is not from 1"),
    ("attention.key_length", 2**24, "has the shape"),
    ("attention.value_length", 2**31, "is not from 1"),
    ("attention.layer_norm_rms_epsilon", None, "is missing"),
    ("attention.layer_norm_rms_epsilon", math.nan, "nan is not at least 0"),
    ("attention.layer_norm_rms_epsilon", math.inf, "inf is not at least 0"),
    ("attention.layer_norm_rms_epsilon", -1e-5, "is not at least 0"),
    ("attention.layer_norm_rms_epsilon", 2.0, "2.0 is not at least 0 and at most 1"),
    ("attention.layer_norm_rms_epsilon", "small", "'small' is not a number"),
    ("rope.dimension_count", 0, "0 is not from 1 to 16"),
    ("rope.dimension_count", 18, "18 is not from 1 to 16"),
    ("rope.dimension_count", 7, "7 is not even"),
    ("rope.freq_base", 0.0, "0.0 is not above 0"),
    ("rope.freq_base", -1.0, "-1.0 is not above 0"),
    ("rope.freq_base", math.nan, "nan is not above 0"),
    ("rope.freq_base", math.inf, "inf is not above 0"),
    ("rope.scaling.type", "dynamic", "'dynamic' is not one of none, linear, yarn, longrope"),
    ("rope.scaling.type", 3, "3 is not one of"),
    ("rope.scaling.factor", -2.0, "is not at least 0"),
    ("rope.scaling.factor", math.nan, "is not at least 0"),
    ("rope.scaling.attn_factor", 0.0, "is not above 0"),
    ("rope.scaling.original_context_length", 0, "0 is not from 1"),
    ("expert_count", 2**31, "is not from 0"),
    ("expert_count", 2, "expert_used_count: is missing"),
]


@pytest.mark.parametrize(("key", "value", "problem"), HOSTILE)
def test_hostile_values_are_refused_by_key(key, value, problem, tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_model(changes={key: value}))
    started = time.perf_counter()
    with pytest.raises(ModelFormatError, match=problem) as caught:
        open_model(path)
    assert time.perf_counter() - started < 5
    message = str(caught.value)
    assert str(path) in message
    assert "llama." in message or "tensor" in message
    if value is not None and "is not" in problem and "tensor" not in message:
        assert f"llama.{key}:" in message
        assert caught.value.offset_bytes > 0


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"yarn_beta_fast": 0.0}, "yarn_beta_fast: 0.0 is not above 0"),
        ({"yarn_beta_slow": math.nan}, "yarn_beta_slow: nan is not above 0"),
        ({"yarn_ext_factor": 2.0}, "yarn_ext_factor: 2.0 is not at least -1 and at most 1"),
    ],
)
def test_hostile_yarn_is_refused(changes, problem):
    changes = {f"rope.scaling.{key}": value for key, value in changes.items()}
    changes |= {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0}
    with pytest.raises(ModelFormatError, match=problem):
        open_model(tiny_model(changes=changes))


def test_yarn_with_a_base_of_one_is_no_division_by_zero():
    changes = {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.freq_base": 1.0}
    open_model(tiny_model(changes=changes))


@pytest.mark.parametrize(
    ("architecture", "key", "value", "problem"),
    [
        ("gemma2", "attn_logit_softcapping", -1.0, "is not at least 0"),
        ("gemma2", "final_logit_softcapping", math.nan, "is not at least 0"),
        ("gemma3", "rope.freq_base_swa", 0.0, "is not above 0"),
        ("gemma3", "attention.sliding_window_pattern", 0, "0 is not from 1"),
        ("gemma3", "attention.sliding_window", 2**32 - 1, "is not from 0"),
        ("phi3", "attention.sliding_window", 2**31, "is not from 0"),
        ("qwen3moe", "expert_count", 0, "0 is not from 1"),
        ("qwen3moe", "expert_used_count", 5, "5 is not from 1 to 4"),
        ("qwen3moe", "expert_used_count", 0, "0 is not from 1 to 4"),
        ("qwen3moe", "expert_feed_forward_length", 2**31, "is not from 1"),
    ],
)
def test_hostile_values_of_single_architectures(architecture, key, value, problem):
    with pytest.raises(ModelFormatError, match=f"{architecture}.{key}: .*{problem}"):
        open_model(tiny_model(architecture, {key: value}))


def read(*fields, **changes):
    data = tiny_model(changes={**{f"x{i}": f for i, f in enumerate(fields)}, **changes})
    return HyperparameterReader(GGUFFile.open(data), "llama")


def test_lists_with_the_same_number_for_each_layer_are_that_number():
    reader = read(array_field("llama.some", U32, [7, 7]))
    assert reader.count("some") == 7
    reader = read(array_field("llama.some", I32, [7, 8]))
    with pytest.raises(ModelFormatError, match="layers that differ from each other"):
        reader.count("some")
    for items, kind in (([], U32), ([1] * 2000, U32), (["a"], STRING), ([1.0], F32)):
        reader = read(array_field("llama.some", kind, items))
        with pytest.raises(ModelFormatError, match=r"llama\.some"):
            reader.count("some")


def test_heads_have_defaults():
    changes = {
        "attention.head_count_kv": None,
        "attention.key_length": None,
        "attention.value_length": None,
        "rope.dimension_count": None,
    }
    assert read(**changes).heads() == Heads(4, 4, 8, 8, 8)
    with pytest.raises(ModelFormatError, match="a width of 33 has no 4 equal parts"):
        read(**changes, embedding_length=33).heads()


def test_whole_numbers_serve_as_numbers():
    reader = read(field("llama.some", U32, 3))
    assert reader.number("some") == 3.0
    assert isinstance(reader.number("some"), float)
    assert reader.number("none", 0.5) == 0.5
    assert reader.choice("none", "a", ("a", "b")) == "a"
