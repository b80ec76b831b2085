"""Logits and greedy text of real architectures and quant types against llama.cpp's."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from realm_jupyter.compute import Chunk, create_executor
from realm_jupyter.models import open_model

pytestmark = pytest.mark.conformance

NAMES = (
    *("gemma2-f32", "gemma3-f32", "llama-bf16", "llama-f16", "llama-f32", "llama-iq4_nl"),
    *("llama-iq4_xs", "llama-q2_k", "llama-q3_k_m", "llama-q4_0", "llama-q4_1"),
    *("llama-q4_k_m", "llama-q5_0", "llama-q5_1", "llama-q5_k_m", "llama-q6_k", "llama-q8_0"),
    *("llama-yarn-f32", "llama3-rope-f32", "mixtral-f32", "phi3-f32", "qwen2-f32"),
    *("qwen3-f32", "qwen3moe-f32"),
)
AGREEMENT = 1e-5


def tolerance(name):
    """Share of the largest logit; gemma's oracle looks GELU up in a table."""
    return 1e-4 if name.endswith("f32") and not name.startswith("gemma") else 1e-3


def chunk(cache, ids, outputs="last"):
    return Chunk(cache, np.asarray(ids, np.int32), outputs)


@pytest.fixture(params=NAMES)
def case(request, conformance_dir):
    folder = conformance_dir / "models"
    model = open_model(folder / f"{request.param}.gguf")
    device = os.environ.get("REALM_TEST_DEVICE", "cpu")
    executor = create_executor(model, device=device, executor="reference")
    with np.load(folder / f"{request.param}.npz") as data:
        yield request.param, executor, dict(data)
    executor.close()
    model.close()


def test_every_file_of_reference_logits_is_tested(conformance_dir):
    assert {path.stem for path in Path(conformance_dir, "models").glob("*.npz")} == set(NAMES)


def test_logits_and_greedy_continuation_are_those_of_the_oracle(case):
    name, executor, data = case
    cache = executor.new_cache()
    (logits,) = executor.forward([chunk(cache, data["tokens"], "all")])
    error = np.abs(logits - data["logits"]).max() / np.abs(data["logits"]).max()
    assert error <= tolerance(name)
    greedy = []
    row = logits[-1:]
    for _ in data["greedy"]:
        greedy.append(int(row.argmax()))
        (row,) = executor.forward([chunk(cache, greedy[-1:])])
    assert greedy == data["greedy"].tolist()


def test_whole_stepwise_and_ragged_agree(case):
    _, executor, data = case
    tokens = data["tokens"]
    (whole,) = executor.forward([chunk(executor.new_cache(), tokens, "all")])
    limit = AGREEMENT * np.abs(whole).max()
    cache = executor.new_cache()
    steps = np.concatenate([executor.forward([chunk(cache, [token])])[0] for token in tokens])
    assert np.abs(steps - whole).max() <= limit
    mine, prefilled, decoding = (executor.new_cache() for _ in range(3))
    executor.forward([chunk(decoding, tokens[::-1], "none")])
    found = []
    for start in range(0, len(tokens), 16):
        batch = [
            chunk(decoding, tokens[start : start + 1]),
            chunk(mine, tokens[start : start + 16], "all"),
            chunk(prefilled, tokens[start // 2 : start // 2 + 9], "none"),
        ]
        found.append(executor.forward(batch)[1])
    assert np.abs(np.concatenate(found) - whole).max() <= limit
