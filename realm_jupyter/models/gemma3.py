"""Gemma 3: as Gemma 2 without soft caps, five local layers for each global one.

Local layers see a window and turn by a base of their own, without scaling. Query and key
heads are normalised. The files hold norm weights with the 1 of the published formula
added already.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from realm_jupyter.models.builder import GraphBuilder
from realm_jupyter.models.hyperparameters import MAX_CONTEXT_LENGTH
from realm_jupyter.models.rope import MAX_BASE, read_rope

if TYPE_CHECKING:
    from realm_jupyter.gguf import GGUFFile
    from realm_jupyter.graph import Graph

__all__ = ["build"]

_LOCAL_BASE = 10000.0
_PERIOD = 6
_LAYERS_OF_27B = 62


def build(file: GGUFFile) -> Graph:
    """Return the graph of a ``gemma3`` file."""
    model = GraphBuilder(file, "gemma3")
    heads = model.read.heads()
    rope = read_rope(model.read, heads, "neox", file.tensors)
    window = model.read.count("attention.sliding_window", 0, low=0, high=MAX_CONTEXT_LENGTH)
    period = model.read.count("attention.sliding_window_pattern", _PERIOD)
    local_rope = rope.unscaled(
        model.read.number("rope.freq_base_swa", _LOCAL_BASE, above=True, high=MAX_BASE)
    )
    final_softcap = model.read.number("final_logit_softcapping", 0.0)
    # The largest model scales queries by its width over its heads, not by their dimension.
    is_27b = model.num_layers == _LAYERS_OF_27B
    dim = model.embedding_length / heads.num_heads if is_27b else heads.key_dim
    x = model.scale(model.embedding(), "scaled_embedding", math.sqrt(model.embedding_length))
    for layer in range(model.num_layers):
        prefix = f"blk.{layer}"
        is_local = window > 0 and layer % period < period - 1
        attended = model.attention(
            model.norm(x, f"{prefix}.attn_norm"),
            layer,
            heads,
            local_rope if is_local else rope,
            scale=1 / math.sqrt(dim),
            window=window if is_local else 0,
        )
        attended = model.norm(attended, f"{prefix}.post_attention_norm")
        x, attended = model.select_rows(layer, x, attended)
        x = model.add(x, attended, f"{prefix}.attn_residual")
        fed = model.feed_forward(model.norm(x, f"{prefix}.ffn_norm"), layer, "geglu")
        fed = model.norm(fed, f"{prefix}.post_ffw_norm")
        x = model.add(x, fed, f"{prefix}.ffn_residual")
    return model.finish(x, softcap=final_softcap)
