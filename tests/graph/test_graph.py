"""Graphs that are not sound are refused when they are made, with the op and the reason."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.graph import (
    OPS,
    Add,
    Attention,
    Embedding,
    Geglu,
    Graph,
    Hyperparameters,
    KVLayer,
    Linear,
    MixtureOfExperts,
    RMSNorm,
    Rope,
    Scale,
    SelectRows,
    Slice,
    Softcap,
    Swiglu,
)
from realm_jupyter.graph import ops as ops_module

HYPERPARAMETERS = Hyperparameters(
    architecture="test", vocab_size=10, context_length=64, embedding_length=8, num_layers=1
)
EMBEDDING = Embedding(output="x", weight="table", vocab_size=10, width=8)
SELECT = SelectRows(output="rows", input="x")
LOGITS = Linear(output="logits", input="rows", weight="out", num_outputs=10)
QUERY = Linear(output="q", input="x", weight="wq", num_outputs=8)
KEY = Linear(output="k", input="x", weight="wk", num_outputs=4)
VALUE = Linear(output="v", input="x", weight="wv", num_outputs=6)
ATTENTION = Attention(
    output="a",
    query="q",
    key="k",
    value="v",
    layer=0,
    num_heads=4,
    num_kv_heads=2,
    key_dim=2,
    value_dim=3,
    scale=0.5,
)
ROPE = Rope(
    output="qr", input="q", layout="norm", num_heads=4, head_dim=2, rotary_dims=2, base=100.0
)
MOE = MixtureOfExperts(
    output="m",
    input="x",
    router="r",
    gate="g",
    up="u",
    down="d",
    num_experts=4,
    num_used=2,
    hidden_width=5,
)


def graph(*ops):
    return Graph(HYPERPARAMETERS, ops)


def with_op(*ops):
    return graph(EMBEDDING, *ops, SELECT, LOGITS)


def weights(**shapes):
    return {name: SimpleNamespace(shape=shape) for name, shape in shapes.items()}


def test_a_sound_graph_knows_its_weights_and_its_cache():
    sound = with_op(QUERY, KEY, VALUE, ATTENTION)
    assert sound.weight_names == ("table", "wq", "wk", "wv", "out")
    assert sound.kv_layers == (KVLayer(num_kv_heads=2, key_dim=2, value_dim=3),)
    sound.validate(
        weights(table=(10, 8), wq=(8, 8), wk=(4, 8), wv=(6, 8), out=(10, 8), unused=(1,))
    )


@pytest.mark.parametrize(
    ("shapes", "problem"),
    [
        ({"table": (10, 8)}, "'out' is missing"),
        ({"table": (8, 10), "out": (10, 8)}, r"'table' has the shape \(8, 10\)"),
        ({"table": (10, 8), "out": (10, 8, 1)}, r"'out' has the shape \(10, 8, 1\)"),
        ({"table": (10, 8), "out": (10,)}, r"needs \(10, 8\)"),
    ],
)
def test_weights_that_are_missing_or_misshapen_are_named(shapes, problem):
    with pytest.raises(ModelFormatError, match=problem):
        with_op().validate(weights(**shapes))


def test_an_optional_weight_is_checked_when_it_is_there():
    biased = graph(EMBEDDING, SELECT, replace(LOGITS, bias="b"))
    biased.validate(weights(table=(10, 8), out=(10, 8), b=(10,)))
    with pytest.raises(ModelFormatError, match=r"'b' has the shape \(8,\)"):
        biased.validate(weights(table=(10, 8), out=(10, 8), b=(8,)))


@pytest.mark.parametrize(
    ("ops", "problem"),
    [
        ((), "does not end in logits"),
        ((EMBEDDING,), "does not end in logits"),
        ((EMBEDDING, replace(LOGITS, input="x")), "does not end in logits"),
        ((EMBEDDING, SELECT), "8 wide, not 10"),
        ((EMBEDDING, LOGITS), "reads 'rows', which nothing made"),
        ((SELECT, EMBEDDING), "reads 'x', which nothing made"),
        ((EMBEDDING, EMBEDDING), "makes 'x' a second time"),
        ((EMBEDDING, SELECT, replace(SELECT, output="z", input="rows")), "selects rows twice"),
        ((EMBEDDING, SELECT, Add(output="y", left="x", right="rows")), "mixes all rows"),
    ],
)
def test_unsound_orders_of_ops_are_refused(ops, problem):
    with pytest.raises(ModelFormatError, match=problem):
        graph(*ops)


def test_attention_after_the_selection_of_rows_is_refused():
    ops = [replace(op, input="rows") for op in (QUERY, KEY, VALUE)]
    with pytest.raises(ModelFormatError, match="mixes all rows with selected rows"):
        graph(EMBEDDING, SELECT, *ops, ATTENTION)


def test_layers_of_the_cache_are_numbered_in_order():
    with pytest.raises(ModelFormatError, match="layer 1 of the KV cache where 0 is next"):
        with_op(QUERY, KEY, VALUE, replace(ATTENTION, layer=1))
    second = replace(ATTENTION, output="b", layer=1)
    assert len(with_op(QUERY, KEY, VALUE, ATTENTION, second).kv_layers) == 2


@pytest.mark.parametrize(
    ("op", "problem"),
    [
        (replace(EMBEDDING, output="e", width=0), "the embedding is empty"),
        (replace(EMBEDDING, output="e", vocab_size=0), "the vocabulary is empty"),
        (RMSNorm(output="n", input="x", weight="w", eps=-1.0), "negative"),
        (RMSNorm(output="n", input="x", weight="w", eps=math.nan), "not a finite number"),
        (RMSNorm(output="n", input="x", weight="w", eps=1e-5, num_groups=3), "does not divide"),
        (RMSNorm(output="n", input="x", weight="w", eps=1e-5, num_groups=0), "does not divide"),
        (replace(QUERY, num_outputs=0), "no outputs"),
        (replace(QUERY, num_outputs=-1), "out of range"),
        (replace(QUERY, num_outputs=2**40), "out of range"),
        (Slice(output="s", input="x", start=4, width=5), "not within 8"),
        (Slice(output="s", input="x", start=0, width=0), "not within 8"),
        (Scale(output="s", input="x", factor=math.inf), "not a finite number"),
        (Softcap(output="s", input="x", cap=0.0), "not positive"),
        (Swiglu(output="s", gate="x", up="q"), "nothing made"),
        (replace(ROPE, input="x", num_heads=3), "do not fill a width of 8"),
        (replace(ROPE, input="x", rotary_dims=1), "rotary_dims=1"),
        (replace(ROPE, input="x", rotary_dims=4), "rotary_dims=4"),
        (replace(ROPE, input="x", rotary_dims=0), "rotary_dims=0"),
        (replace(ROPE, input="x", base=0.0), "not positive"),
        (replace(ROPE, input="x", layout="zigzag"), "not one of"),
        (replace(MOE, num_used=5), "5 experts of 4"),
        (replace(MOE, num_used=0), "0 experts of 4"),
        (replace(MOE, hidden_width=0), "empty"),
        (replace(MOE, routing="random"), "not one of"),
        (replace(MOE, activation="relu"), "not one of"),
    ],
)
def test_attributes_and_widths_that_do_not_fit_are_refused(op, problem):
    with pytest.raises(ModelFormatError, match=problem):
        with_op(op)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"num_heads": 3}, "cannot share 2"),
        ({"num_kv_heads": 0}, "cannot share 0"),
        ({"num_heads": 2, "num_kv_heads": 4}, "cannot share 4"),
        ({"key_dim": 3}, "the query is 8 wide, but its heads need 12"),
        ({"value_dim": 2}, "the value is 6 wide, but its heads need 4"),
        ({"key": "v"}, "the key is 6 wide, but its heads need 4"),
        ({"softcap": -1.0}, "negative"),
        ({"window": -1}, "out of range"),
    ],
)
def test_attention_whose_heads_do_not_fit_is_refused(changes, problem):
    with pytest.raises(ModelFormatError, match=problem):
        with_op(QUERY, KEY, VALUE, replace(ATTENTION, **changes))


@pytest.mark.parametrize("kind", [Swiglu, Geglu])
def test_gates_need_equal_widths(kind):
    assert with_op(kind(output="g", gate="x", up="x"))
    with pytest.raises(ModelFormatError, match="widths 8 and 4 differ"):
        with_op(KEY, kind(output="g", gate="x", up="k"))
    with pytest.raises(ModelFormatError, match="widths 8 and 4 differ"):
        with_op(KEY, Add(output="g", left="x", right="k"))


def test_the_op_table_has_a_row_for_every_op():
    table = ops_module.__doc__.split("\n=============")[2]
    rows = {line.split()[0] for line in table.splitlines() if line[:1].isalpha()}
    assert rows == set(OPS)
    assert {kind.KIND: kind for kind in OPS.values()} == OPS
