"""Attention over paged caches against a loop over every query, head and position."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.compute import reference_attention
from realm_jupyter.compute.reference_kv import TorchCache
from realm_jupyter.graph import Attention, KVLayer
from support.ragged import make_batch, make_pool, run_op


def attend(op, query, keys, values, position):
    """One query, shape (H, D), over all keys of its sequence, shape (L, K, D)."""
    group = op.num_heads // op.num_kv_heads
    result = np.zeros((op.num_heads, op.value_dim))
    for head in range(op.num_heads):
        scores = []
        seen = [p for p in range(position + 1) if not op.window or position - p < op.window]
        for p in seen:
            score = op.scale * float(query[head] @ keys[p, head // group])
            scores.append(op.softcap * math.tanh(score / op.softcap) if op.softcap else score)
        probs = np.exp(np.array(scores) - max(scores))
        probs /= probs.sum()
        for prob, p in zip(probs, seen, strict=True):
            result[head] += prob * values[p, head // group]
    return result.ravel()


class Sequences:
    """Several sequences in one pool, with their keys and values kept aside."""

    def __init__(self, op, count, seed, page_tokens=4):
        self.op = op
        self.rng = np.random.default_rng(seed)
        self.pool = make_pool([KVLayer(op.num_kv_heads, op.key_dim, op.value_dim)], page_tokens)
        self.caches = [TorchCache(self.pool) for _ in range(count)]
        self.keys = [np.zeros((0, op.num_kv_heads, op.key_dim)) for _ in range(count)]
        self.values = [np.zeros((0, op.num_kv_heads, op.value_dim)) for _ in range(count)]

    def step(self, counts):
        """Run ``counts`` new tokens of each sequence (0 leaves it out); compare."""
        op, total = self.op, sum(counts)
        query = self.rng.normal(size=(total, op.num_heads, op.key_dim))
        key = self.rng.normal(size=(total, op.num_kv_heads, op.key_dim))
        value = self.rng.normal(size=(total, op.num_kv_heads, op.value_dim))
        parts = [(c, n) for c, n in zip(self.caches, counts, strict=True) if n]
        batch = make_batch(self.pool, parts)
        flat = [array.reshape(total, -1) for array in (query, key, value)]
        found = run_op(op, {}, *flat, batch=batch)
        expected, row = [], 0
        for index, count in enumerate(counts):
            new = slice(row, row + count)
            self.keys[index] = np.concatenate((self.keys[index], key[new]))
            self.values[index] = np.concatenate((self.values[index], value[new]))
            start = self.caches[index].length
            expected += [
                attend(op, query[row + i], self.keys[index], self.values[index], start + i)
                for i in range(count)
            ]
            row += count
            if count:
                self.caches[index].commit(count)
        np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    kv_heads=st.integers(1, 3),
    group=st.integers(1, 3),
    key_dim=st.integers(1, 5),
    value_dim=st.integers(1, 5),
    window=st.sampled_from((0, 1, 2, 5)),
    softcap=st.sampled_from((0.0, 2.0)),
    steps=st.lists(
        st.lists(st.integers(0, 6), min_size=3, max_size=3).filter(any), min_size=1, max_size=4
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_ragged_batches(  # noqa: PLR0917  # drawn by name
    kv_heads, group, key_dim, value_dim, window, softcap, steps, seed
):
    op = Attention(
        output="y",
        query="q",
        key="k",
        value="v",
        layer=0,
        num_heads=kv_heads * group,
        num_kv_heads=kv_heads,
        key_dim=key_dim,
        value_dim=value_dim,
        scale=1 / math.sqrt(key_dim),
        window=window,
        softcap=softcap,
    )
    sequences = Sequences(op, 3, seed)
    for counts in steps:
        sequences.step(counts)


@pytest.mark.parametrize("window", [0, 3])
def test_long_prompts_run_in_blocks_of_queries(window, monkeypatch):
    op = Attention(
        output="y",
        query="q",
        key="k",
        value="v",
        layer=0,
        num_heads=2,
        num_kv_heads=1,
        key_dim=4,
        value_dim=4,
        scale=0.5,
        window=window,
    )
    monkeypatch.setattr(reference_attention, "_MAX_SCORES", 64)
    sequences = Sequences(op, 2, 7)
    for counts in ([9, 0], [11, 5], [1, 1], [30, 0]):
        sequences.step(counts)


def test_the_softmax_survives_large_scores():
    op = Attention(
        output="y",
        query="q",
        key="k",
        value="v",
        layer=0,
        num_heads=1,
        num_kv_heads=1,
        key_dim=1,
        value_dim=1,
        scale=1e4,
    )
    pool = make_pool([KVLayer(1, 1, 1)])
    batch = make_batch(pool, [(TorchCache(pool), 3)])
    ones, values = np.ones((3, 1)), np.array([[1.0], [2.0], [6.0]])
    found = run_op(op, {}, ones, 100 * ones, values, batch=batch)
    np.testing.assert_allclose(found, [[1], [1.5], [3]], atol=1e-6)
    assert torch.isfinite(torch.from_numpy(found)).all()
