"""Gemma 2: norms around both layers, soft caps, and a window in every second layer.

The files hold norm weights with the 1 of the published formula added already.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from realm_jupyter.models.builder import GraphBuilder
from realm_jupyter.models.hyperparameters import MAX_CONTEXT_LENGTH
from realm_jupyter.models.rope import read_rope

if TYPE_CHECKING:
    from realm_jupyter.gguf import GGUFFile
    from realm_jupyter.graph import Graph

__all__ = ["build"]

_WINDOW = 4096
_ATTENTION_SOFTCAP = 50.0
_FINAL_SOFTCAP = 30.0
_LAYERS_OF_27B = 46


def build(file: GGUFFile) -> Graph:
    """Return the graph of a ``gemma2`` file."""
    model = GraphBuilder(file, "gemma2")
    heads = model.read.heads()
    rope = read_rope(model.read, heads, "neox", file.tensors)
    window = model.read.count("attention.sliding_window", _WINDOW, low=0, high=MAX_CONTEXT_LENGTH)
    softcap = model.read.number("attn_logit_softcapping", _ATTENTION_SOFTCAP)
    final_softcap = model.read.number("final_logit_softcapping", _FINAL_SOFTCAP)
    # The largest model scales queries by its width over its heads, not by their dimension.
    is_27b = model.num_layers == _LAYERS_OF_27B
    dim = model.embedding_length / heads.num_heads if is_27b else heads.key_dim
    x = model.scale(model.embedding(), "scaled_embedding", math.sqrt(model.embedding_length))
    for layer in range(model.num_layers):
        prefix = f"blk.{layer}"
        attended = model.attention(
            model.norm(x, f"{prefix}.attn_norm"),
            layer,
            heads,
            rope,
            scale=1 / math.sqrt(dim),
            window=window if layer % 2 == 0 else 0,
            softcap=softcap,
        )
        attended = model.norm(attended, f"{prefix}.post_attention_norm")
        x, attended = model.select_rows(layer, x, attended)
        x = model.add(x, attended, f"{prefix}.attn_residual")
        fed = model.feed_forward(model.norm(x, f"{prefix}.ffn_norm"), layer, "geglu")
        fed = model.norm(fed, f"{prefix}.post_ffw_norm")
        x = model.add(x, fed, f"{prefix}.ffn_residual")
    return model.finish(x, softcap=final_softcap)
