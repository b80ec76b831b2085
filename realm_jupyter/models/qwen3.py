"""Qwen 3: as Llama, with every query and key head normalised, and rope by halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.models.builder import GraphBuilder
from realm_jupyter.models.rope import read_rope

if TYPE_CHECKING:
    from realm_jupyter.gguf import GGUFFile
    from realm_jupyter.graph import Graph

__all__ = ["build"]


def build(file: GGUFFile) -> Graph:
    """Return the graph of a ``qwen3`` file."""
    model = GraphBuilder(file, "qwen3")
    heads = model.read.heads()
    rope = read_rope(model.read, heads, "neox", file.tensors)
    x = model.embedding()
    for layer in range(model.num_layers):
        prefix = f"blk.{layer}"
        attended = model.attention(model.norm(x, f"{prefix}.attn_norm"), layer, heads, rope)
        x, attended = model.select_rows(layer, x, attended)
        x = model.add(x, attended, f"{prefix}.attn_residual")
        fed = model.feed_forward(model.norm(x, f"{prefix}.ffn_norm"), layer, "swiglu")
        x = model.add(x, fed, f"{prefix}.ffn_residual")
    return model.finish(x)
