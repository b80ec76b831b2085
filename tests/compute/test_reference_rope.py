"""Rope against its formula in plain loops, and YaRN against ggml's, line by line."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.gguf import GGUFFile
from realm_jupyter.graph import Rope
from realm_jupyter.models.hyperparameters import HyperparameterReader
from realm_jupyter.models.rope import read_rope
from support.ragged import batch_of_positions, run_op
from support.tiny_models import HEAD_DIM, tiny_model


def turn(x, positions, op, angle, magnitude=1.0):
    """Rotate with loops; ``angle(position, pair)`` in radians."""
    result = np.array(x, dtype=np.float64).reshape(len(x), op.num_heads, op.head_dim)
    half = op.rotary_dims // 2
    for row, position in enumerate(positions):
        for head in range(op.num_heads):
            for pair in range(half):
                first, second = (
                    (2 * pair, 2 * pair + 1) if op.layout == "norm" else (pair, pair + half)
                )
                theta = angle(position, pair)
                a, b = result[row, head, first], result[row, head, second]
                result[row, head, first] = magnitude * (a * math.cos(theta) - b * math.sin(theta))
                result[row, head, second] = magnitude * (a * math.sin(theta) + b * math.cos(theta))
    return result.reshape(len(x), -1)


@settings(max_examples=30, deadline=None)
@given(
    layout=st.sampled_from(("norm", "neox")),
    num_heads=st.integers(1, 4),
    half=st.integers(1, 4),
    rest=st.integers(0, 3),
    positions=st.lists(st.integers(0, 5000), min_size=1, max_size=5),
    has_factors=st.booleans(),
    freq_scale=st.sampled_from((1.0, 0.25)),
    magnitude=st.sampled_from((1.0, 1.19)),
    seed=st.integers(0, 2**32 - 1),
)
def test_plain_scaled_and_partial_rope(  # noqa: PLR0917  # drawn by name
    layout, num_heads, half, rest, positions, has_factors, freq_scale, magnitude, seed
):
    rng = np.random.default_rng(seed)
    head_dim = 2 * half + 2 * rest
    op = Rope(
        output="y",
        input="x",
        freq_factors="f" if has_factors else None,
        layout=layout,
        num_heads=num_heads,
        head_dim=head_dim,
        rotary_dims=2 * half,
        base=10000.0,
        freq_scale=freq_scale,
        magnitude=magnitude,
    )
    factors = rng.uniform(0.5, 8, half).astype(np.float32)
    x = rng.normal(size=(len(positions), num_heads * head_dim))

    def angle(position, pair):
        theta = position * 10000.0 ** (-2 * pair / (2 * half)) * freq_scale
        return theta / float(factors[pair]) if has_factors else theta

    found = run_op(op, {"f": factors}, x, batch=batch_of_positions(positions))
    np.testing.assert_allclose(found, turn(x, positions, op, angle, magnitude), atol=1e-4)


def ggml_rope_yarn(position, pair, *, dims, base, freq_scale, ext_factor, attn_factor, original):
    """``rope_yarn`` of ggml-cpu, with the beta defaults: angle and magnitude."""

    def corr_dim(rotations):
        return dims * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(base))

    low = max(0.0, math.floor(corr_dim(32.0)))
    high = min(dims - 1.0, math.ceil(corr_dim(1.0)))
    theta_extrap = position * base ** (-2 * pair / dims)
    theta_interp = freq_scale * theta_extrap
    theta = theta_interp
    if ext_factor != 0:
        ramp = (pair - low) / max(0.001, high - low)
        mix = (1 - min(1.0, max(0.0, ramp))) * ext_factor
        theta = theta_interp * (1 - mix) + theta_extrap * mix
        attn_factor *= 1 + 0.1 * math.log(1 / freq_scale)
    return theta, attn_factor


def read(changes, architecture="llama", layout="norm", tensors=()):
    with GGUFFile.open(tiny_model(architecture, changes)) as file:
        reader = HyperparameterReader(file, architecture)
        return read_rope(reader, reader.heads(), layout, tensors)


@pytest.mark.parametrize("original", [64, 512, 4096])
@pytest.mark.parametrize("factor", [2.0, 4.0, 32.0])
@pytest.mark.parametrize("base", [10_000.0, 1_000_000.0])
def test_yarn_is_that_of_ggml(original, factor, base):
    settings = read(
        {
            "rope.scaling.type": "yarn",
            "rope.scaling.factor": factor,
            "rope.scaling.original_context_length": original,
            "rope.freq_base": base,
            "rope.scaling.attn_factor": 0.75,
        }
    )
    op = Rope(
        output="y",
        input="x",
        num_heads=1,
        **{name: getattr(settings, name) for name in settings.__slots__},
    )
    positions = [0, 1, 17, 200]
    expected = [
        ggml_rope_yarn(
            17,
            pair,
            dims=HEAD_DIM,
            base=base,
            freq_scale=1 / factor,
            ext_factor=1.0,
            attn_factor=0.75,
            original=original,
        )
        for pair in range(HEAD_DIM // 2)
    ]
    x = np.random.default_rng(0).normal(size=(len(positions), HEAD_DIM))
    wanted = turn(x, positions, op, lambda p, i: p / 17 * expected[i][0], expected[0][1])
    found = run_op(op, {}, x, batch=batch_of_positions(positions))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_linear_scaling_divides_positions():
    assert read({"rope.scaling.type": "linear", "rope.scaling.factor": 8.0}).freq_scale == 1 / 8
    assert read({"rope.scaling.factor": 8.0}).freq_scale == 1 / 8
    assert read({"rope.scale_linear": 4.0}).freq_scale == 1 / 4
    assert read({"rope.scaling.factor": 0.0}).freq_scale == 1
    assert read({"rope.scaling.type": "none", "rope.scaling.factor": 8.0}).freq_scale == 1


def test_longrope_takes_the_factors_of_the_declared_context():
    tensors = {"rope_factors_long.weight", "rope_factors_short.weight"}
    longer = {"rope.scaling.original_context_length": 128, "rope.scaling.attn_factor": 1.25}
    settings = read(longer, "phi3", "neox", tensors)
    assert settings.freq_factors == "rope_factors_long.weight"
    assert settings.magnitude == 1.25
    settings = read({"rope.scaling.original_context_length": 256}, "phi3", "neox", tensors)
    assert settings.freq_factors == "rope_factors_short.weight"
    assert read({}, tensors={"rope_freqs.weight"}).freq_factors == "rope_freqs.weight"


@pytest.mark.parametrize("factor", [0.0, -1.0, math.nan, math.inf])
def test_frequency_factors_that_are_not_positive_are_refused(factor):
    op = Rope(
        output="y",
        input="x",
        freq_factors="f",
        layout="norm",
        num_heads=1,
        head_dim=4,
        rotary_dims=4,
        base=10000.0,
    )
    with pytest.raises(ModelFormatError, match="'f' holds a factor that is not positive"):
        run_op(op, {"f": np.array([1.0, factor])}, np.zeros((1, 4)))
