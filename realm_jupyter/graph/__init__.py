"""The op graph: what a model computes, independent of who computes it.

A `Graph` is a short list of typed ops. `realm_jupyter.models` makes one for each file,
`realm_jupyter.compute` runs it, and its JSON form lets other programs run it too. The op
table, which is the contract of every executor, is in `realm_jupyter.graph.ops`.
"""

from __future__ import annotations

from realm_jupyter.graph.graph import Graph, Hyperparameters, KVLayer, Weight
from realm_jupyter.graph.op import OPS, Op
from realm_jupyter.graph.ops import (
    Add,
    Attention,
    Embedding,
    Geglu,
    Linear,
    MixtureOfExperts,
    RMSNorm,
    Rope,
    Scale,
    SelectRows,
    Slice,
    Softcap,
    Swiglu,
)
from realm_jupyter.graph.serialization import from_json, to_json

__all__ = [
    "OPS",
    "Add",
    "Attention",
    "Embedding",
    "Geglu",
    "Graph",
    "Hyperparameters",
    "KVLayer",
    "Linear",
    "MixtureOfExperts",
    "Op",
    "RMSNorm",
    "Rope",
    "Scale",
    "SelectRows",
    "Slice",
    "Softcap",
    "Swiglu",
    "Weight",
    "from_json",
    "to_json",
]
