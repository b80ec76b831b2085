"""A ragged batch as the reference executor's ops see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from realm_jupyter.compute.reference_kv import TorchCache, TorchPages
    from realm_jupyter.compute.reference_rope import RopeAngles

__all__ = ["Batch", "Span"]


class Span(NamedTuple):
    """The rows ``start`` to ``end`` of a batch: one sequence, from ``position`` on."""

    start: int
    end: int
    position: int
    cache: TorchCache


@dataclass(slots=True)
class Batch:
    """Tokens of several sequences, one after another.

    Parameters
    ----------
    token_ids : Tensor, shape (T,), int64
    positions : ndarray, shape (T,), int64
        Of each token in its own sequence.
    pages : TorchPages
    slots : Tensor, shape (T,), int64
        Row of the pages' tensors where each token's keys and values go.
    spans : list of Span
    num_selected : int
        R, the rows whose logits are wanted.
    selected : Tensor, shape (R,), int64, optional
        These rows; None is all of them.
    rope_tables : dict
        Filled by the first rope op with these angles, read by the others.
    """

    token_ids: Tensor
    positions: NDArray[np.int64]
    pages: TorchPages
    slots: Tensor
    spans: list[Span]
    num_selected: int
    selected: Tensor | None
    rope_tables: dict[RopeAngles, Tensor] = field(default_factory=dict)
