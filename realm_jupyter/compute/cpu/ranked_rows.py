"""The largest logits of some rows of a step: how many, and where the library lists them."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["RankedRows"]


class RankedRows:
    """Memory for lists of the largest logits.

    Parameters
    ----------
    counts : sequence of int
        How many are wanted of each selected row; 0 where the row itself is.
    """

    def __init__(self, counts: Sequence[int]) -> None:
        self._counts = array("i", counts)
        self._lists = np.empty(2 * sum(counts), np.float32)

    @property
    def addresses(self) -> tuple[int, int]:
        """Addresses of the counts and of the lists, for the library."""
        return self._counts.buffer_info()[0], self._lists.ctypes.data

    def put_into(self, rows: list[NDArray[np.float32]]) -> None:
        """Put the lists in place of the rows that they are of."""
        row = start = 0
        for index, found in enumerate(rows):
            if len(found) and self._counts[row]:
                end = start + 2 * self._counts[row]
                rows[index] = self._lists[start:end].reshape(1, -1)
                start = end
            row += len(found)
