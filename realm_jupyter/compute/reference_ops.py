"""The ops in plain torch: slow next to kernels, and meant to be obviously right.

Each entry of `REFERENCE_OPS` takes an op and the weights by name and returns a function
of the running batch and the op's input values. The formulas are in the table of
`realm_jupyter.graph.ops`; T is the number of rows of a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from realm_jupyter.compute.reference_attention import attention
from realm_jupyter.compute.reference_rope import rope
from realm_jupyter.graph import (
    Add,
    Attention,
    Embedding,
    Geglu,
    Linear,
    MixtureOfExperts,
    Op,
    RMSNorm,
    Rope,
    Scale,
    SelectRows,
    Slice,
    Softcap,
    Swiglu,
)

if TYPE_CHECKING:
    from realm_jupyter.compute.reference_batch import Batch

__all__ = ["REFERENCE_OPS", "Step"]

Weights: TypeAlias = Mapping[str, Tensor]
Step: TypeAlias = Callable[..., Tensor]
"""``step(batch, *inputs)`` returns the op's output; it may not write to its inputs."""


def _embedding(op: Embedding, weights: Weights) -> Step:
    table = weights[op.weight]

    def run(batch: Batch) -> Tensor:
        return functional.embedding(batch.token_ids, table)

    return run


def _rms_norm(op: RMSNorm, weights: Weights) -> Step:
    weight, num_groups = weights[op.weight], op.num_groups
    # The mean of the squares as a product with 1/n: the cheapest of torch's reductions.
    mean = torch.full((1, len(weight)), 1 / len(weight), device=weight.device)
    eps = torch.full((1,), op.eps, device=weight.device)

    def whole(_batch: Batch, x: Tensor) -> Tensor:
        return (x * weight).mul_(functional.linear(x * x, mean, eps).rsqrt_())

    def grouped(batch: Batch, x: Tensor) -> Tensor:
        return whole(batch, x.view(-1, num_groups, len(weight))).view(x.shape)

    return whole if num_groups == 1 else grouped


def _linear(op: Linear, weights: Weights) -> Step:
    weight = weights[op.weight]
    bias = None if op.bias is None else weights[op.bias]

    def run(_batch: Batch, x: Tensor) -> Tensor:
        return functional.linear(x, weight, bias)

    return run


def _slice(op: Slice, _weights: Weights) -> Step:
    def run(_batch: Batch, x: Tensor) -> Tensor:
        return x[:, op.start : op.start + op.width].contiguous()

    return run


def _attention(op: Attention, _weights: Weights) -> Step:
    return attention(op)


def _swiglu(_op: Swiglu, _weights: Weights) -> Step:
    def run(_batch: Batch, gate: Tensor, up: Tensor) -> Tensor:
        return functional.silu(gate).mul_(up)

    return run


def _geglu(_op: Geglu, _weights: Weights) -> Step:
    def run(_batch: Batch, gate: Tensor, up: Tensor) -> Tensor:
        return functional.gelu(gate, approximate="tanh").mul_(up)

    return run


def _moe(op: MixtureOfExperts, weights: Weights) -> Step:
    router, gate = weights[op.router], weights[op.gate]
    up, down = weights[op.up], weights[op.down]
    activation: Callable[[Tensor], Tensor] = (
        functional.silu
        if op.activation == "silu"
        else lambda x: functional.gelu(x, approximate="tanh")
    )

    def route(x: Tensor) -> tuple[Tensor, Tensor]:
        """Return weights and numbers of each row's experts, both of shape (T, num_used)."""
        scores = functional.linear(x, router)
        if op.routing == "softmax_topk":
            shares, chosen = torch.topk(torch.softmax(scores, dim=-1), op.num_used)
        else:
            scores, chosen = torch.topk(scores, op.num_used)
            shares = torch.softmax(scores, dim=-1)
        if op.normalize:
            shares /= shares.sum(dim=-1, keepdim=True)
        return shares, chosen

    def run(_batch: Batch, x: Tensor) -> Tensor:
        shares, chosen = route(x)
        result = torch.zeros_like(x)
        for expert in sorted(set(chosen.flatten().tolist())):
            rows, rank = torch.nonzero(chosen == expert, as_tuple=True)
            visitors = x[rows]
            hidden = activation(functional.linear(visitors, gate[expert]))
            hidden *= functional.linear(visitors, up[expert])
            answer = functional.linear(hidden, down[expert]) * shares[rows, rank, None]
            result.index_add_(0, rows, answer)
        return result

    return run


def _add(_op: Add, _weights: Weights) -> Step:
    def run(_batch: Batch, left: Tensor, right: Tensor) -> Tensor:
        return left + right

    return run


def _scale(op: Scale, _weights: Weights) -> Step:
    def run(_batch: Batch, x: Tensor) -> Tensor:
        return x * op.factor

    return run


def _softcap(op: Softcap, _weights: Weights) -> Step:
    def run(_batch: Batch, x: Tensor) -> Tensor:
        return (x / op.cap).tanh_().mul_(op.cap)

    return run


def _select_rows(_op: SelectRows, _weights: Weights) -> Step:
    def run(batch: Batch, x: Tensor) -> Tensor:
        return x if batch.selected is None else x.index_select(0, batch.selected)

    return run


REFERENCE_OPS: dict[type[Op], Callable[[Any, Weights], Step]] = {
    Embedding: _embedding,
    RMSNorm: _rms_norm,
    Linear: _linear,
    Slice: _slice,
    Rope: rope,
    Attention: _attention,
    Swiglu: _swiglu,
    Geglu: _geglu,
    MixtureOfExperts: _moe,
    Add: _add,
    Scale: _scale,
    Softcap: _softcap,
    SelectRows: _select_rows,
}
"""Every op this executor has."""
