"""Each op against its formula, written down once more in numpy with loops and float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.compute.reference_kv import TorchCache
from realm_jupyter.graph import (
    Add,
    Embedding,
    Geglu,
    Linear,
    MixtureOfExperts,
    RMSNorm,
    Scale,
    SelectRows,
    Slice,
    Softcap,
    Swiglu,
)
from support.ragged import batch_of_positions, make_batch, make_pool, run_op

TOLERANCE = 2e-5
SIZES = st.integers(1, 9)
SEEDS = st.integers(0, 2**32 - 1)
examples = settings(max_examples=25, deadline=None)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def assert_close(found, expected):
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE * scale)


def silu(x):
    return x / (1 + np.exp(-x))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


@examples
@given(rows=SIZES, width=SIZES, vocab_size=SIZES, seed=SEEDS)
def test_embedding(rows, width, vocab_size, seed):
    table = normal(seed, vocab_size, width)
    ids = np.random.default_rng(seed).integers(0, vocab_size, rows)
    pool = make_pool()
    batch = make_batch(pool, [(TorchCache(pool), rows)], token_ids=ids)
    op = Embedding(output="y", weight="w", vocab_size=vocab_size, width=width)
    np.testing.assert_array_equal(
        run_op(op, {"w": table}, batch=batch), table.astype(np.float32)[ids]
    )


@examples
@given(rows=SIZES, groups=st.integers(1, 4), size=SIZES, seed=SEEDS)
def test_rms_norm(rows, groups, size, seed):
    x, weight, eps = normal(seed, rows, groups * size), normal(seed + 1, size), 1e-5
    expected = np.empty_like(x)
    for row in range(rows):
        for group in range(groups):
            part = x[row, group * size : (group + 1) * size]
            norm = math.sqrt(sum(value**2 for value in part) / size + eps)
            expected[row, group * size : (group + 1) * size] = part / norm * weight
    op = RMSNorm(output="y", input="x", weight="w", num_groups=groups, eps=eps)
    assert_close(run_op(op, {"w": weight}, x), expected)


def test_rms_norm_of_zeros_is_zero():
    op = RMSNorm(output="y", input="x", weight="w", eps=1e-6)
    assert not run_op(op, {"w": np.ones(4)}, np.zeros((2, 4))).any()


@examples
@given(rows=SIZES, inputs=SIZES, outputs=SIZES, has_bias=st.booleans(), seed=SEEDS)
def test_linear(rows, inputs, outputs, has_bias, seed):
    x, weight = normal(seed, rows, inputs), normal(seed + 1, outputs, inputs)
    bias = normal(seed + 2, outputs) if has_bias else np.zeros(outputs)
    op = Linear(
        output="y",
        input="x",
        weight="w",
        bias="b" if has_bias else None,
        num_outputs=outputs,
    )
    assert_close(run_op(op, {"w": weight, "b": bias}, x), x @ weight.T + bias)


@examples
@given(rows=SIZES, before=st.integers(0, 5), width=SIZES, after=st.integers(0, 5), seed=SEEDS)
def test_slice(rows, before, width, after, seed):
    x = normal(seed, rows, before + width + after)
    op = Slice(output="y", input="x", start=before, width=width)
    assert_close(run_op(op, {}, x), x[:, before : before + width])


@examples
@given(rows=SIZES, width=SIZES, seed=SEEDS)
def test_gates_and_sums(rows, width, seed):
    a, b = 3 * normal(seed, rows, width), normal(seed + 1, rows, width)
    assert_close(run_op(Swiglu(output="y", gate="a", up="b"), {}, a, b), silu(a) * b)
    assert_close(run_op(Geglu(output="y", gate="a", up="b"), {}, a, b), gelu(a) * b)
    assert_close(run_op(Add(output="y", left="a", right="b"), {}, a, b), a + b)


@examples
@given(
    rows=SIZES, width=SIZES, number=st.floats(0.1, 100), seed=SEEDS, sign=st.sampled_from((-1, 1))
)
def test_scale_and_softcap(rows, width, number, seed, sign):
    x = 100 * normal(seed, rows, width)
    op = Scale(output="y", input="x", factor=sign * number)
    assert_close(run_op(op, {}, x), sign * number * x)
    op = Softcap(output="y", input="x", cap=number)
    assert_close(run_op(op, {}, x), number * np.tanh(x / number))


def test_select_rows_keeps_their_order():
    x = normal(0, 5, 3)
    batch = batch_of_positions(range(5))
    op = SelectRows(output="y", input="x")
    assert_close(run_op(op, {}, x, batch=batch), x)
    pool = make_pool()
    batch = make_batch(pool, [(TorchCache(pool), 5)], selected=[1, 4])
    assert_close(run_op(op, {}, x, batch=batch), x[[1, 4]])


@pytest.mark.parametrize("activation", ["silu", "gelu"])
@pytest.mark.parametrize("routing", ["softmax_topk", "topk_softmax"])
@pytest.mark.parametrize("normalize", [True, False])
@settings(max_examples=10, deadline=None)
@given(
    rows=st.integers(1, 6),
    width=SIZES,
    hidden=SIZES,
    experts=st.integers(1, 6),
    data=st.data(),
    seed=SEEDS,
)
def test_mixture_of_experts(  # noqa: PLR0917  # drawn by name
    activation, routing, normalize, rows, width, hidden, experts, data, seed
):
    num_used = data.draw(st.integers(1, experts))
    x, router = normal(seed, rows, width), normal(seed + 1, experts, width)
    gate, up = normal(seed + 2, experts, hidden, width), normal(seed + 3, experts, hidden, width)
    down = normal(seed + 4, experts, width, hidden)
    act = silu if activation == "silu" else gelu
    expected = np.zeros((rows, width))
    for row in range(rows):
        scores = router @ x[row]
        best = np.argsort(-scores)[:num_used]
        exps = np.exp(scores - scores.max())
        shares = exps[best] / (exps.sum() if routing == "softmax_topk" else exps[best].sum())
        if normalize:
            shares = shares / shares.sum()
        for share, e in zip(shares, best, strict=True):
            expected[row] += share * (down[e] @ (act(gate[e] @ x[row]) * (up[e] @ x[row])))
    op = MixtureOfExperts(
        output="y",
        input="x",
        router="r",
        gate="g",
        up="u",
        down="d",
        num_experts=experts,
        num_used=num_used,
        hidden_width=hidden,
        activation=activation,
        routing=routing,
        normalize=normalize,
    )
    weights = {"r": router, "g": gate, "u": up, "d": down}
    assert_close(run_op(op, weights, x), expected)
