"""The mixture of experts; its formula is in the table of `graph.ops`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from realm_jupyter.graph.op import Op, register

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MixtureOfExperts"]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureOfExperts(Op):
    """A gated feed-forward layer of which each token visits a few experts.

    Parameters
    ----------
    input : str
    router : str
        Tensor of shape (N, E); its products with the row are the experts' scores.
    gate, up, down : str
        Tensors of shape (N, F, E), (N, F, E) and (N, E, F).
    num_experts, num_used, hidden_width : int
        N, the experts a token visits, and F.
    activation : {"silu", "gelu"}
    routing : {"softmax_topk", "topk_softmax"}
        Whether the softmax is over all experts or over the chosen ones only.
    normalize : bool
        Whether the chosen experts' weights are divided by their sum.
    """

    KIND: ClassVar[str] = "moe"
    INPUTS: ClassVar[tuple[str, ...]] = ("input",)
    WEIGHTS: ClassVar[tuple[str, ...]] = ("router", "gate", "up", "down")
    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {
        "activation": ("silu", "gelu"),
        "routing": ("softmax_topk", "topk_softmax"),
    }

    input: str
    router: str
    gate: str
    up: str
    down: str
    num_experts: int
    num_used: int
    hidden_width: int
    activation: Literal["silu", "gelu"] = "silu"
    routing: Literal["softmax_topk", "topk_softmax"] = "softmax_topk"
    normalize: bool = True

    def infer(self, widths: Sequence[int]) -> int:
        """Return the width of the input."""
        self._require(
            0 < self.num_used <= self.num_experts,
            f"{self.num_used} experts of {self.num_experts} cannot be chosen",
        )
        self._require(self.hidden_width > 0, "its experts are empty")
        return widths[0]

    def weight_shapes(self, widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the router and of the stacked experts."""
        inward = (self.num_experts, self.hidden_width, widths[0])
        return {
            "router": (self.num_experts, widths[0]),
            "gate": inward,
            "up": inward,
            "down": (self.num_experts, widths[0], self.hidden_width),
        }
