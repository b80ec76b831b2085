"""The ops: everything a model can be made of.

A graph is a list of these. Every value is a matrix with one row per token of the
batch and a fixed number of columns, its *width*, in float32; T is the number of rows.
Each value is written once, by the op whose ``output`` it is. The table is the whole
contract of an executor:

============= ==================== ============ ===========================================
op            inputs (widths)      output width formula, for each row
============= ==================== ============ ===========================================
embedding     (token ids)          E            weight[id]
rms_norm      x (G·n)              G·n          x_g / sqrt(mean(x_g²) + eps) · weight (n),
                                                each of the G groups on its own
linear        x (I)                O            weight (O, I) · x + bias (O)
slice         x (W)                width        x[start : start + width]
rope          x (H·D)              H·D          pairs of each head's first R columns turned
                                                by θ_i(position), times magnitude
attention     q (H·D) k (K·D)      H·F          appends k and v to the cache of ``layer``;
              v (K·F)                           softmax(cap(scale · q·kᵀ)) · v over cached
                                                positions p with 0 <= position - p < window
swiglu        gate (W) up (W)      W            silu(gate) · up
geglu         gate (W) up (W)      W            gelu_tanh(gate) · up
moe           x (E)                E            Σ over the num_used best experts:
                                                weight_e · down_e·(act(gate_e·x) · up_e·x)
add           a (W) b (W)          W            a + b
scale         x (W)                W            factor · x
softcap       x (W)                W            cap · tanh(x / cap)
select_rows   x (W)                W            only the rows whose logits were asked for
============= ==================== ============ ===========================================

Query head h reads key/value head ``h // (H / K)``. Rope pairs are ``(2i, 2i + 1)`` in
layout ``"norm"`` and ``(i, i + R/2)`` in layout ``"neox"``; with
``e_i = position · base^(-2i/R) / freq_factors_i`` and
``r_i = extrapolation · (1 - clamp((i - ramp_low) / max(0.001, ramp_high - ramp_low), 0, 1))``
the angle is ``θ_i = freq_scale · e_i · (1 - r_i) + e_i · r_i``, which covers plain, linear,
Llama 3, LongRoPE and YaRN scaling.

References
----------
RoPE: Su et al. 2021, arXiv:2104.09864. YaRN: Peng et al. 2023, arXiv:2309.00071.
RMSNorm: Zhang and Sennrich 2019, arXiv:1910.07467. GLU variants: Shazeer 2020,
arXiv:2002.05202. Grouped queries: Ainslie et al. 2023, arXiv:2305.13245.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from realm_jupyter.graph.attention import Attention, Rope
from realm_jupyter.graph.moe import MixtureOfExperts
from realm_jupyter.graph.op import Op, register

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "Add",
    "Attention",
    "Embedding",
    "Geglu",
    "Linear",
    "MixtureOfExperts",
    "RMSNorm",
    "Rope",
    "Scale",
    "SelectRows",
    "Slice",
    "Softcap",
    "Swiglu",
]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding(Op):
    """Rows of a table, by token id.

    Parameters
    ----------
    weight : str
        Tensor of shape (V, E).
    vocab_size, width : int
        V and E.
    """

    KIND: ClassVar[str] = "embedding"
    WEIGHTS: ClassVar[tuple[str, ...]] = ("weight",)

    weight: str
    vocab_size: int
    width: int

    def infer(self, widths: Sequence[int]) -> int:
        """Return E."""
        del widths
        self._require(self.vocab_size > 0, "the vocabulary is empty")
        self._require(self.width > 0, "the embedding is empty")
        return self.width

    def weight_shapes(self, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return the table's shape."""
        del widths
        return {"weight": (self.vocab_size, self.width)}


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class RMSNorm(Op):
    """Root mean square normalisation, of whole rows or of each head.

    Parameters
    ----------
    input, weight : str
    num_groups : int
        Equal parts of the row that are normalised on their own and share the weight.
    eps : float
        Added to the mean square; at least 0.
    """

    KIND: ClassVar[str] = "rms_norm"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)
    WEIGHTS: ClassVar[tuple[str, ...]] = ("weight",)

    input: str
    weight: str
    num_groups: int = 1
    eps: float

    def infer(self, widths: Sequence[int]) -> int:
        """Return the width of the input."""
        self._require(self.eps >= 0, f"eps={self.eps} is negative")
        self._require(
            self.num_groups > 0 and widths[0] % self.num_groups == 0,
            f"a width of {widths[0]} does not divide into {self.num_groups} groups",
        )
        return widths[0]

    def weight_shapes(self, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return the shape of one group."""
        return {"weight": (widths[0] // self.num_groups,)}


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Op):
    """Matrix times row, with an optional bias.

    Parameters
    ----------
    input, weight : str
    bias : str, optional
    num_outputs : int
        O, the rows of the weight.
    """

    KIND: ClassVar[str] = "linear"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)
    WEIGHTS: ClassVar[tuple[str, ...]] = ("weight", "bias")

    input: str
    weight: str
    bias: str | None = None
    num_outputs: int

    def infer(self, widths: Sequence[int]) -> int:
        """Return O."""
        del widths
        self._require(self.num_outputs > 0, "it has no outputs")
        return self.num_outputs

    def weight_shapes(self, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return (O, I) and (O,)."""
        return {"weight": (self.num_outputs, widths[0]), "bias": (self.num_outputs,)}


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Op):
    """Some neighbouring columns, for tensors that fuse several layers into one."""

    KIND: ClassVar[str] = "slice"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)

    input: str
    start: int
    width: int

    def infer(self, widths: Sequence[int]) -> int:
        """Return the number of columns taken."""
        self._require(
            0 < self.width <= widths[0] and 0 <= self.start <= widths[0] - self.width,
            f"columns {self.start} to {self.start + self.width} are not within {widths[0]}",
        )
        return self.width


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Swiglu(Op):
    """Gated unit with SiLU: ``gate · sigmoid(gate) · up``."""

    KIND: ClassVar[str] = "swiglu"
    INPUTS: ClassVar[tuple[str, ...]] = ("gate", "up")

    gate: str
    up: str

    def infer(self, widths: Sequence[int]) -> int:
        """Return the common width."""
        self._require(widths[0] == widths[1], f"widths {widths[0]} and {widths[1]} differ")
        return widths[0]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Geglu(Op):
    """Gated unit with GELU in its tanh form."""

    KIND: ClassVar[str] = "geglu"
    INPUTS: ClassVar[tuple[str, ...]] = ("gate", "up")

    gate: str
    up: str

    def infer(self, widths: Sequence[int]) -> int:
        """Return the common width."""
        self._require(widths[0] == widths[1], f"widths {widths[0]} and {widths[1]} differ")
        return widths[0]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Add(Op):
    """Sum of two values; the residual connections."""

    KIND: ClassVar[str] = "add"
    INPUTS: ClassVar[tuple[str, ...]] = ("left", "right")

    left: str
    right: str

    def infer(self, widths: Sequence[int]) -> int:
        """Return the common width."""
        self._require(widths[0] == widths[1], f"widths {widths[0]} and {widths[1]} differ")
        return widths[0]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Op):
    """Product with a number."""

    KIND: ClassVar[str] = "scale"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)

    input: str
    factor: float

    def infer(self, widths: Sequence[int]) -> int:
        """Return the width of the input."""
        return widths[0]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Softcap(Op):
    """Smooth limit: ``cap · tanh(x / cap)``."""

    KIND: ClassVar[str] = "softcap"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)

    input: str
    cap: float

    def infer(self, widths: Sequence[int]) -> int:
        """Return the width of the input."""
        self._require(self.cap > 0, f"cap={self.cap} is not positive")
        return widths[0]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SelectRows(Op):
    """Only the rows whose logits were asked for; what follows is not computed for others."""

    KIND: ClassVar[str] = "select_rows"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)

    input: str

    def infer(self, widths: Sequence[int]) -> int:
        """Return the width of the input."""
        return widths[0]
