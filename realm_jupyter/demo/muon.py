"""Muon, the optimizer of the layer matrices, in float32.

Torch's own runs in bfloat16, which is many times slower on processors without that type.

References
----------
Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. The size of a step is matched to
AdamW's as in Liu et al. 2025, arXiv:2502.16982.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


def orthogonalize(matrix: Tensor) -> Tensor:
    """Move every singular value of a matrix close to 1 by a quintic Newton-Schulz iteration.

    Parameters
    ----------
    matrix : Tensor, shape (R, C), float32

    Returns
    -------
    Tensor, shape (R, C), float32
        The same singular vectors; singular values in about 0.7 to 1.2.
    """
    linear, cubic, quintic = _COEFFICIENTS
    is_tall = matrix.shape[0] > matrix.shape[1]
    turned = matrix.T if is_tall else matrix
    turned = turned / (turned.square().sum().sqrt() + 1e-7)
    for _ in range(_ITERATIONS):
        gram = turned @ turned.T
        turned = linear * turned + (cubic * gram + quintic * gram @ gram) @ turned
    return turned.T if is_tall else turned


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix is orthogonalized before it is applied.

    Parameters
    ----------
    matrices : iterable of Tensor, each of two axes
    lr, weight_decay, momentum : float
        Of the size that AdamW would be given.
    """

    def __init__(
        self,
        matrices: Iterable[Tensor],
        *,
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every matrix against its orthogonalized Nesterov momentum."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state: dict[str, Any] = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum: Tensor = state["momentum"]
                momentum.lerp_(weight.grad, 1.0 - group["momentum"])
                update = orthogonalize(weight.grad.lerp(momentum, group["momentum"]))
                rate = group["lr"]
                weight.mul_(1.0 - rate * group["weight_decay"])
                weight.add_(update, alpha=-0.2 * max(weight.shape) ** 0.5 * rate)
