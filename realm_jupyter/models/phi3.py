"""Phi-3, 3.5 and 4: as Llama, with fused projections, rope by halves and LongRoPE.

Files say how wide the attention's window is (2047 in Phi-3 mini 4k; 0 is none), and the
model as published has it in every layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.models.builder import GraphBuilder
from realm_jupyter.models.hyperparameters import MAX_CONTEXT_LENGTH
from realm_jupyter.models.rope import read_rope

if TYPE_CHECKING:
    from realm_jupyter.gguf import GGUFFile
    from realm_jupyter.graph import Graph

__all__ = ["build"]


def build(file: GGUFFile) -> Graph:
    """Return the graph of a ``phi3`` file."""
    model = GraphBuilder(file, "phi3")
    heads = model.read.heads()
    rope = read_rope(model.read, heads, "neox", file.tensors)
    window = model.read.count("attention.sliding_window", 0, low=0, high=MAX_CONTEXT_LENGTH)
    if window >= model.context_length:
        window = 0
    x = model.embedding()
    for layer in range(model.num_layers):
        prefix = f"blk.{layer}"
        normed = model.norm(x, f"{prefix}.attn_norm")
        attended = model.attention(normed, layer, heads, rope, window=window)
        x, attended = model.select_rows(layer, x, attended)
        x = model.add(x, attended, f"{prefix}.attn_residual")
        fed = model.feed_forward(model.norm(x, f"{prefix}.ffn_norm"), layer, "swiglu")
        x = model.add(x, fed, f"{prefix}.ffn_residual")
    return model.finish(x)
