"""Rotary position embedding in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from realm_jupyter.compute.rope_frequencies import angular_frequencies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from realm_jupyter.compute.reference_batch import Batch
    from realm_jupyter.graph import Rope

__all__ = ["RopeAngles", "rope"]


class RopeAngles(NamedTuple):
    """What two rope ops must have in common to share a table of angles."""

    frequencies: bytes
    magnitude: float


def rope(op: Rope, weights: Mapping[str, Tensor]) -> Callable[[Batch, Tensor], Tensor]:
    """Return a function that turns the heads of a value, shape (T, H·D)."""
    factors = None if op.freq_factors is None else weights[op.freq_factors].cpu().numpy()
    frequencies = angular_frequencies(op, factors)
    key = RopeAngles(frequencies.tobytes(), op.magnitude)
    num_heads, head_dim, dims, half = op.num_heads, op.head_dim, op.rotary_dims, op.rotary_dims // 2

    def table(batch: Batch, device: torch.device) -> Tensor:
        """Return magnitude · (cos θ + i sin θ), shape (T, 1, R/2), complex64."""
        found = batch.rope_tables.get(key)
        if found is None:
            angles = np.multiply.outer(batch.positions, frequencies)
            turns = np.empty((len(angles), 1, half), dtype=np.complex64)
            turns.real[:, 0] = np.cos(angles) * op.magnitude
            turns.imag[:, 0] = np.sin(angles) * op.magnitude
            found = batch.rope_tables[key] = torch.from_numpy(turns).to(device)
        return found

    def turn_norm(batch: Batch, x: Tensor) -> Tensor:
        pairs = x.view(-1, num_heads, head_dim // 2, 2)
        rest = None if dims == head_dim else pairs[:, :, half:]
        pairs = pairs if rest is None else pairs[:, :, :half]
        turned = torch.view_as_real(torch.view_as_complex(pairs) * table(batch, x.device))
        if rest is not None:
            turned = torch.cat((turned, rest), dim=2)
        return turned.view(x.shape)

    def turn_neox(batch: Batch, x: Tensor) -> Tensor:
        heads = x.view(-1, num_heads, head_dim)
        turned = torch.complex(heads[..., :half], heads[..., half:dims]) * table(batch, x.device)
        parts = (turned.real, turned.imag, heads[..., dims:])
        return torch.cat(parts if dims < head_dim else parts[:2], dim=-1).view(x.shape)

    return turn_norm if op.layout == "norm" else turn_neox
