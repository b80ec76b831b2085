"""The ops that know positions; their formulas are in the table of `graph.ops`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from realm_jupyter.graph.op import Op, register

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Attention", "Rope"]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Rope(Op):
    """Rotary position embedding of every head; `graph.ops` has the angles.

    Parameters
    ----------
    input : str
    freq_factors : str, optional
        Tensor of shape (R/2,) that divides the angles (Llama 3, LongRoPE).
    layout : {"norm", "neox"}
        Which columns form a pair.
    num_heads, head_dim, rotary_dims : int
        H, D and R; the columns of a head from R on pass unchanged.
    base, freq_scale, magnitude : float
    extrapolation, ramp_low, ramp_high : float
        YaRN's mix of extrapolated and interpolated angles; extrapolation 0 is off.
    """

    KIND: ClassVar[str] = "rope"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)
    WEIGHTS: ClassVar[tuple[str, ...]] = ("freq_factors",)
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {"layout": ("norm", "neox")}

    input: str
    freq_factors: str | None = None
    layout: Literal["norm", "neox"]
    num_heads: int
    head_dim: int
    rotary_dims: int
    base: float
    freq_scale: float = 1.0
    magnitude: float = 1.0
    extrapolation: float = 0.0
    ramp_low: float = 0.0
    ramp_high: float = 0.0

    def infer(self, widths: Sequence[int]) -> int:
        """Return the width of the input."""
        self._require(
            self.num_heads > 0 and self.num_heads * self.head_dim == widths[0],
            f"{self.num_heads} heads of {self.head_dim} do not fill a width of {widths[0]}",
        )
        self._require(
            0 < self.rotary_dims <= self.head_dim and self.rotary_dims % 2 == 0,
            f"rotary_dims={self.rotary_dims} is not even or not within the head",
        )
        self._require(self.base > 0, f"base={self.base} is not positive")
        return widths[0]

    def weight_shapes(self, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return one factor for each pair."""
        del widths
        return {"freq_factors": (self.rotary_dims // 2,)}


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Attention(Op):
    """Causal attention over the KV cache, which it extends by the rows it is given.

    Parameters
    ----------
    query, key, value : str
    layer : int
        Which of the cache's layers is read and written.
    num_heads, num_kv_heads, key_dim, value_dim : int
        H, K, D and F.
    scale : float
        Times the dot products.
    window : int
        Positions a query sees, its own included; 0 sees all before it.
    softcap : float
        Scores become ``softcap · tanh(score / softcap)``; 0 is off.
    """

    KIND: ClassVar[str] = "attention"
    INPUTS: ClassVar[tuple[str, ...]] = ("query", "key", "value")

    query: str
    key: str
    value: str
    layer: int
    num_heads: int
    num_kv_heads: int
    key_dim: int
    value_dim: int
    scale: float
    window: int = 0
    softcap: float = 0.0

    def infer(self, widths: Sequence[int]) -> int:
        """Return H·F."""
        self._require(
            0 < self.num_kv_heads <= self.num_heads and self.num_heads % self.num_kv_heads == 0,
            f"{self.num_heads} heads cannot share {self.num_kv_heads} key/value heads evenly",
        )
        expected = (
            self.num_heads * self.key_dim,
            self.num_kv_heads * self.key_dim,
            self.num_kv_heads * self.value_dim,
        )
        for name, found, width in zip(self.INPUTS, widths, expected, strict=True):
            self._require(
                found == width > 0, f"the {name} is {found} wide, but its heads need {width}"
            )
        self._require(self.softcap >= 0, f"softcap={self.softcap} is negative")
        return self.num_heads * self.value_dim
