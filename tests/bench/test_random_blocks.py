"""Random blocks decode to weights of the size that was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter.bench.random_blocks import RANDOM_QUANT_TYPES, random_blocks
from realm_jupyter.gguf import dequantize


@pytest.mark.parametrize("quant_type", sorted(RANDOM_QUANT_TYPES), ids=str)
@pytest.mark.parametrize("std", [0.01, 0.06])
def test_weights_have_the_spread_and_no_lean(quant_type, std):
    num_blocks = 40_000 // quant_type.block_size
    data = random_blocks(quant_type, num_blocks, std, np.random.default_rng(1))
    assert data.shape == (num_blocks * quant_type.block_bytes,)
    weights = dequantize(data, quant_type, (num_blocks * quant_type.block_size,))
    assert np.isfinite(weights).all()
    assert 0.75 * std < weights.std() < 1.35 * std
    assert abs(weights.mean()) < 0.15 * std


def test_the_same_seed_makes_the_same_blocks():
    kind = min(RANDOM_QUANT_TYPES)
    first, second = (random_blocks(kind, 7, 0.1, np.random.default_rng(5)) for _ in range(2))
    assert first.tobytes() == second.tobytes()
