"""Each op of the native library against the reference op, on random graphs and odd sizes."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.compute.cpu.library import find_library
from realm_jupyter.compute.cpu.native import NativeExecutor
from realm_jupyter.compute.cpu.program import NATIVE_OPS
from realm_jupyter.compute.cpu.structures import OpKind
from realm_jupyter.compute.reference import ReferenceExecutor
from realm_jupyter.gguf import GGUFFile
from realm_jupyter.graph import (
    OPS,
    Add,
    Attention,
    Embedding,
    Geglu,
    Graph,
    Hyperparameters,
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
from support.native import chunk, logits_of, needs_library, relative_error
from support.tiny_gguf import f32_tensor, gguf_bytes

pytestmark = needs_library

VOCAB_SIZE = 37
IDS = np.random.default_rng(0).integers(0, VOCAB_SIZE, 70).astype(np.int32)


class Builder:
    """Puts ops and random float32 weights together."""

    def __init__(self, seed, width):
        self.rng = np.random.default_rng(seed)
        self.tensors, self.ops = [], []
        self.names = itertools.count()
        table = self.weight(VOCAB_SIZE, width, scale=1.0)
        self.x = self.add(Embedding, weight=table, vocab_size=VOCAB_SIZE, width=width)
        self.width = width

    def weight(self, *shape, scale=None, around=0.0):
        scale = shape[-1] ** -0.5 if scale is None else scale
        name = f"w{next(self.names)}"
        self.tensors.append(f32_tensor(name, around + self.rng.normal(0, scale, shape)))
        return name

    def add(self, kind, **fields):
        name = f"v{next(self.names)}"
        self.ops.append(kind(output=name, **fields))
        return name

    def linear(self, value, num_cols, num_rows, *, has_bias=False):
        bias = self.weight(num_rows, scale=0.3) if has_bias else None
        matrix = self.weight(num_rows, num_cols)
        fields = {"weight": matrix, "bias": bias, "num_outputs": num_rows}
        return self.add(Linear, input=value, **fields)

    def model(self, value, width):
        """The model whose logits are a product with this value."""
        chosen = self.add(SelectRows, input=value)
        self.linear(chosen, width, VOCAB_SIZE)
        graph = Graph(
            Hyperparameters(
                architecture="test",
                vocab_size=VOCAB_SIZE,
                context_length=512,
                embedding_length=self.width,
                num_layers=1,
            ),
            tuple(self.ops),
        )
        file = GGUFFile.open(gguf_bytes([], self.tensors))
        graph.validate(file.tensors)
        return SimpleNamespace(graph=graph, file=file, num_parameters=1000)


def compare(model, limit=1e-5, ids=IDS):
    """Both executors, whole and token by token."""
    weights = {name: torch.tensor(model.file.tensor(name)) for name in model.file.tensors}
    expected = logits_of(ReferenceExecutor(model.graph, weights), ids)
    native = NativeExecutor(model, find_library(), num_threads=2)
    found = logits_of(native, ids)
    assert np.isfinite(found).all()
    assert relative_error(found, expected) <= limit
    cache = native.new_cache()
    rows = [native.forward([chunk(cache, [token])])[0] for token in ids]
    np.testing.assert_array_equal(np.concatenate(rows), found)
    native.close()


def test_every_op_of_the_graph_is_there():
    assert set(NATIVE_OPS) == set(OPS.values())
    assert sorted(kind for kind, _ in NATIVE_OPS.values()) == list(OpKind)


@pytest.mark.parametrize("width", [1, 3, 16, 33, 250, 1027])
@pytest.mark.parametrize("has_bias", [False, True])
def test_linear_and_embedding(width, has_bias):
    build = Builder(width, width)
    value = build.linear(build.x, width, 45, has_bias=has_bias)
    compare(build.model(value, 45))


@pytest.mark.parametrize(("num_groups", "group"), [(1, 1), (1, 30), (3, 17), (8, 64), (1, 1000)])
def test_rms_norm(num_groups, group):
    build = Builder(1, num_groups * group)
    weight = build.weight(group, around=1.0, scale=0.1)
    value = build.add(RMSNorm, input=build.x, weight=weight, num_groups=num_groups, eps=1e-5)
    compare(build.model(value, num_groups * group))


@pytest.mark.parametrize(("start", "width"), [(0, 5), (7, 30), (36, 1), (0, 37)])
def test_slice(start, width):
    build = Builder(2, 37)
    compare(build.model(build.add(Slice, input=build.x, start=start, width=width), width))


@pytest.mark.parametrize("kind", [Swiglu, Geglu])
@pytest.mark.parametrize("width", [1, 19, 64, 100])
def test_gates(kind, width):
    build = Builder(3, 30)
    gate, up = (build.linear(build.x, 30, width) for _ in range(2))
    gate = build.add(Scale, input=gate, factor=6.0)
    compare(build.model(build.add(kind, gate=gate, up=up), width))


@pytest.mark.parametrize("width", [1, 15, 48])
def test_add_scale_and_softcap(width):
    build = Builder(4, width)
    other = build.linear(build.x, width, width)
    value = build.add(Add, left=build.x, right=other)
    value = build.add(Scale, input=value, factor=-2.5)
    compare(build.model(build.add(Softcap, input=value, cap=3.0), width))


@pytest.mark.parametrize("layout", ["norm", "neox"])
@pytest.mark.parametrize(("head_dim", "rotary_dims"), [(2, 2), (16, 16), (24, 10), (80, 64)])
def test_rope(layout, head_dim, rotary_dims):
    build = Builder(5, 3 * head_dim)
    factors = build.weight(rotary_dims // 2, around=2.0, scale=0.2)
    value = build.add(
        Rope,
        input=build.x,
        freq_factors=factors,
        layout=layout,
        num_heads=3,
        head_dim=head_dim,
        rotary_dims=rotary_dims,
        base=500.0,
        freq_scale=0.5,
        magnitude=1.3,
        extrapolation=1.0,
        ramp_low=0.5,
        ramp_high=3.0,
    )
    compare(build.model(value, 3 * head_dim))


def attention_model(seed, heads, dims, **fields):
    num_heads, num_kv_heads = heads
    key_dim, value_dim = dims
    build = Builder(seed, 24)
    query = build.linear(build.x, 24, num_heads * key_dim)
    query = build.add(Scale, input=query, factor=3.0)
    key = build.linear(build.x, 24, num_kv_heads * key_dim)
    value = build.linear(build.x, 24, num_kv_heads * value_dim)
    turned = [
        build.add(
            Rope,
            input=name,
            layout="neox",
            num_heads=count,
            head_dim=key_dim,
            rotary_dims=key_dim // 2 * 2,
            base=100.0,
        )
        for name, count in ((query, num_heads), (key, num_kv_heads))
    ]
    mixed = build.add(
        Attention,
        query=turned[0],
        key=turned[1],
        value=value,
        layer=0,
        num_heads=num_heads,
        num_kv_heads=num_kv_heads,
        key_dim=key_dim,
        value_dim=value_dim,
        scale=key_dim**-0.5,
        **fields,
    )
    return build.model(mixed, num_heads * value_dim)


@pytest.mark.parametrize(
    ("heads", "dims"),
    [
        ((1, 1), (2, 1)),
        ((4, 4), (16, 16)),
        ((6, 2), (20, 12)),
        ((8, 1), (64, 64)),
        ((9, 3), (33, 7)),
    ],
)
@pytest.mark.parametrize("fields", [{}, {"window": 5}, {"window": 64}, {"softcap": 2.0}])
def test_attention(heads, dims, fields):
    long = np.random.default_rng(1).integers(0, VOCAB_SIZE, 150).astype(np.int32)
    compare(attention_model(6, heads, dims, **fields), ids=long)


@pytest.mark.parametrize("routing", ["softmax_topk", "topk_softmax"])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    ("num_experts", "num_used", "activation"), [(1, 1, "silu"), (5, 2, "silu"), (8, 8, "gelu")]
)
def test_mixture_of_experts(routing, normalize, num_experts, num_used, activation):
    width, hidden = 20, 35
    build = Builder(7, width)
    value = build.add(
        MixtureOfExperts,
        input=build.x,
        router=build.weight(num_experts, width, scale=1.0),
        gate=build.weight(num_experts, hidden, width),
        up=build.weight(num_experts, hidden, width),
        down=build.weight(num_experts, width, hidden),
        num_experts=num_experts,
        num_used=num_used,
        hidden_width=hidden,
        activation=activation,
        routing=routing,
        normalize=normalize,
    )
    compare(build.model(value, width))


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_random_graphs(data):
    """Chains and forks of ops in any order; values live as long as something reads them."""
    width = data.draw(st.sampled_from([8, 24, 40]), "width")
    build = Builder(data.draw(st.integers(0, 1000), "seed"), width)
    values = [build.x]
    for _ in range(data.draw(st.integers(1, 12), "length")):
        kind = data.draw(st.sampled_from(["norm", "linear", "add", "gate", "scale", "rope", "cap"]))
        x, y = (data.draw(st.sampled_from(values)) for _ in range(2))
        if kind == "norm":
            weight = build.weight(width, around=1.0, scale=0.1)
            values.append(build.add(RMSNorm, input=x, weight=weight, num_groups=1, eps=1e-5))
        elif kind == "linear":
            values.append(build.linear(x, width, width))
        elif kind == "add":
            values.append(build.add(Add, left=x, right=y))
        elif kind == "gate":
            values.append(build.add(Swiglu, gate=x, up=y))
        elif kind == "scale":
            values.append(build.add(Scale, input=x, factor=0.5))
        elif kind == "cap":
            values.append(build.add(Softcap, input=x, cap=2.0))
        else:
            head = {"num_heads": 2, "head_dim": width // 2, "rotary_dims": width // 2}
            values.append(build.add(Rope, input=x, layout="norm", base=50.0, **head))
    weight = build.weight(width, around=1.0, scale=0.1)
    last = build.add(RMSNorm, input=values[-1], weight=weight, num_groups=1, eps=1e-5)
    compare(build.model(last, width), limit=2e-5, ids=IDS[:20])
