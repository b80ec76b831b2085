"""Attention over the paged KV cache in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from realm_jupyter.compute.reference_batch import Batch, Span
    from realm_jupyter.graph import Attention

__all__ = ["attention"]

_MAX_SCORES = 16 << 20  # elements; 64 MiB, the most that one block of queries may take


def attention(op: Attention) -> Callable[[Batch, Tensor, Tensor, Tensor], Tensor]:
    """Return a function of queries (T, H·D), keys (T, K·D) and values (T, K·F) to (T, H·F).

    Notes
    -----
    It writes keys and values to the batch's slots first, so that a token sees itself and
    the tokens before it in the same batch. A sequence's past is read as one piece per
    layer; its cost is linear in the positions seen.
    """
    num_kv_heads, key_dim, value_dim = op.num_kv_heads, op.key_dim, op.value_dim
    num_heads, layer = op.num_heads, op.layer

    def run(batch: Batch, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        keys, values = batch.pages.keys[layer], batch.pages.values[layer]
        keys.index_copy_(0, batch.slots, key.view(-1, num_kv_heads, key_dim))
        values.index_copy_(0, batch.slots, value.view(-1, num_kv_heads, value_dim))
        query = query.view(-1, num_heads, key_dim)
        if len(batch.spans) == 1:
            return _attend_span(op, batch.spans[0], query, keys, values)
        parts = [
            _attend_span(op, span, query[span.start : span.end], keys, values)
            for span in batch.spans
        ]
        return torch.cat(parts)

    return run


def _attend_span(op: Attention, span: Span, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Return one sequence's rows, shape (S, H·F), from its queries, shape (S, H, D)."""
    num_rows = span.end - span.start
    end = span.position + num_rows
    first = max(0, span.position - op.window + 1) if op.window else 0
    past_keys = span.cache.read(keys, first, end)
    past_values = span.cache.read(values, first, end)
    block = max(1, _MAX_SCORES // (op.num_heads * (end - first)))
    if num_rows <= block:
        return _attend(op, query, past_keys, past_values, span.position - first)
    parts = []
    for start in range(0, num_rows, block):
        stop = min(start + block, num_rows)
        seen = span.position - first + stop
        offset = span.position - first + start
        parts.append(_attend(op, query[start:stop], past_keys[:seen], past_values[:seen], offset))
    return torch.cat(parts)


def _attend(op: Attention, query: Tensor, keys: Tensor, values: Tensor, offset: int) -> Tensor:
    """Return softmax(q·kᵀ)·v.

    Parameters
    ----------
    query : Tensor, shape (S, H, D)
    keys, values : Tensor, shapes (L, K, D) and (L, K, F)
        Of consecutive positions, the last query's own as the last.
    offset : int
        Where among them the first query's own is.
    """
    num_rows, num_heads, key_dim = query.shape
    num_seen, num_kv_heads, _ = keys.shape
    group = num_heads // num_kv_heads
    if num_rows == 1 and not (op.window and num_seen > op.window):
        return _attend_one(op, query, keys, values)
    # Queries that share a key/value head become rows of one matrix: (K, G·S, D).
    grouped = (query * op.scale).view(num_rows, num_kv_heads, group, key_dim)
    grouped = grouped.permute(1, 2, 0, 3).reshape(num_kv_heads, group * num_rows, key_dim)
    scores = torch.bmm(grouped, keys.permute(1, 2, 0))
    if op.softcap:
        scores = scores.div_(op.softcap).tanh_().mul_(op.softcap)
    own = torch.arange(offset, offset + num_rows, device=query.device)[:, None]
    seen = torch.arange(num_seen, device=query.device)
    hidden = seen > own
    if op.window:
        hidden |= seen <= own - op.window
    scores.view(num_kv_heads, group, num_rows, num_seen).masked_fill_(hidden, -torch.inf)
    mixed = torch.bmm(torch.softmax(scores, dim=-1), values.permute(1, 0, 2))
    mixed = mixed.view(num_kv_heads, group, num_rows, -1).permute(2, 0, 1, 3)
    return mixed.reshape(num_rows, -1)


def _attend_one(op: Attention, query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Do the same for a single query that sees all the keys: decoding, with fewer steps."""
    grouped = (query * op.scale).view(op.num_kv_heads, -1, op.key_dim)
    scores = torch.bmm(grouped, keys.permute(1, 2, 0))
    if op.softcap:
        scores = scores.div_(op.softcap).tanh_().mul_(op.softcap)
    return torch.bmm(torch.softmax(scores, dim=-1), values.permute(1, 0, 2)).view(1, -1)
