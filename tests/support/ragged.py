"""Batches for testing the reference executor's ops one by one."""

from __future__ import annotations

import numpy as np
import torch

from realm_jupyter.compute.kv_cache import KVPool
from realm_jupyter.compute.reference_batch import Batch, Span
from realm_jupyter.compute.reference_kv import TorchCache, TorchPages
from realm_jupyter.compute.reference_ops import REFERENCE_OPS


def make_pool(layers=(), page_tokens=4):
    return KVPool(TorchPages(layers, torch.device("cpu"), page_tokens), page_tokens)


def make_batch(pool, parts, *, token_ids=None, selected=None):
    """A batch of ``(cache, number of new tokens)``; rows are reserved, not committed."""
    spans, slots, positions, end = [], [], [], 0
    for cache, count in parts:
        start, end = end, end + count
        spans.append(Span(start, end, cache.length, cache))
        cache.reserve(count)
        slots.append(cache.next_rows(count))
        positions.append(np.arange(cache.length, cache.length + count))
    ids = np.zeros(end, np.int64) if token_ids is None else np.asarray(token_ids, np.int64)
    return Batch(
        token_ids=torch.from_numpy(ids),
        positions=np.concatenate(positions),
        pages=pool.storage,
        slots=torch.from_numpy(np.concatenate(slots)),
        spans=spans,
        num_selected=end if selected is None else len(selected),
        selected=None if selected is None else torch.tensor(selected),
    )


def batch_of_positions(positions):
    """A batch for ops that look at positions only."""
    pool = make_pool()
    batch = make_batch(pool, [(TorchCache(pool), len(positions))])
    batch.positions = np.asarray(positions)
    return batch


def run_op(op, weights, *values, batch=None):
    """The op's output for numpy arrays, as a numpy array."""
    tensors = {name: torch.tensor(array, dtype=torch.float32) for name, array in weights.items()}
    inputs = [torch.tensor(value, dtype=torch.float32) for value in values]
    before = [tensor.clone() for tensor in inputs]
    with torch.inference_mode():
        step = REFERENCE_OPS[type(op)](op, tensors)
        result = step(batch_of_positions([0]) if batch is None else batch, *inputs)
    for tensor, old in zip(inputs, before, strict=True):
        assert torch.equal(tensor, old), "an op wrote to its input"
    return result.numpy()
