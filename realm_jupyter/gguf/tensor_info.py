"""What a file says about one tensor."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from realm_jupyter.gguf.quant_type import QuantType

__all__ = ["TensorInfo"]


class TensorInfo(NamedTuple):
    """Name, shape, format and place of a tensor.

    Attributes
    ----------
    name : str
    shape : tuple of int
        In numpy's order: the last axis is contiguous (GGUF writes it first).
    quant_type : QuantType
    offset_bytes : int
        From the beginning of the file that holds the tensor.
    size_bytes : int
    part : int
        Which file of a split holds it, from 0.
    """

    name: str
    shape: tuple[int, ...]
    quant_type: QuantType
    offset_bytes: int
    size_bytes: int
    part: int = 0

    @property
    def num_elements(self) -> int:
        """Product of the shape."""
        return prod(self.shape)
