"""Llama 1 to 3, Mistral, TinyLlama and their kin; Mixtral where the file has experts.

Rope turns neighbouring columns: GGUF files of this architecture hold query and key
weights permuted for it. Llama 3 brings ``rope_freqs``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.models.builder import GraphBuilder
from realm_jupyter.models.rope import read_rope

if TYPE_CHECKING:
    from realm_jupyter.gguf import GGUFFile
    from realm_jupyter.graph import Graph

__all__ = ["build"]


def build(file: GGUFFile) -> Graph:
    """Return the graph of a ``llama`` file."""
    model = GraphBuilder(file, "llama")
    heads = model.read.heads()
    rope = read_rope(model.read, heads, "norm", file.tensors)
    has_experts = model.read.count("expert_count", 0, low=0) > 0
    x = model.embedding()
    for layer in range(model.num_layers):
        prefix = f"blk.{layer}"
        attended = model.attention(model.norm(x, f"{prefix}.attn_norm"), layer, heads, rope)
        x, attended = model.select_rows(layer, x, attended)
        x = model.add(x, attended, f"{prefix}.attn_residual")
        normed = model.norm(x, f"{prefix}.ffn_norm")
        if has_experts:
            fed = model.experts(normed, layer)
        else:
            fed = model.feed_forward(normed, layer, "swiglu")
        x = model.add(x, fed, f"{prefix}.ffn_residual")
    return model.finish(x)
