"""A shape for random models that are written in a moment, and that every quant type fits."""

from __future__ import annotations

from realm_jupyter.bench.shapes import Shape

SMALL = Shape(
    name="small",
    architecture="llama",
    num_layers=2,
    embedding_length=256,
    feed_forward_length=512,
    vocab_size=512,
    context_length=128,
    num_heads=4,
    num_kv_heads=2,
    head_dim=64,
    rope_base=10_000.0,
    eps=1e-5,
)
