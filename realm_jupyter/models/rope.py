"""How a model's positions become angles: plain, linear, Llama 3, LongRoPE or YaRN."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from realm_jupyter.models.hyperparameters import MAX_CONTEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Container

    from realm_jupyter.models.hyperparameters import Heads, HyperparameterReader

__all__ = ["MAX_BASE", "RopeSettings", "read_rope"]

_SCALINGS = ("none", "linear", "yarn", "longrope")
MAX_BASE = 1e15
_MAX_FACTOR = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeSettings:
    """Attributes of a rope op, but for the number of heads (see `graph.Rope`)."""

    layout: Literal["norm", "neox"]
    head_dim: int
    rotary_dims: int
    base: float
    freq_scale: float = 1.0
    magnitude: float = 1.0
    extrapolation: float = 0.0
    ramp_low: float = 0.0
    ramp_high: float = 0.0
    freq_factors: str | None = None

    def unscaled(self, base: float) -> RopeSettings:
        """Return settings of the same heads with another base and no scaling at all."""
        return RopeSettings(
            layout=self.layout, head_dim=self.head_dim, rotary_dims=self.rotary_dims, base=base
        )


def read_rope(
    read: HyperparameterReader,
    heads: Heads,
    layout: Literal["norm", "neox"],
    tensors: Container[str],
) -> RopeSettings:
    """Read a file's rope settings.

    Parameters
    ----------
    read : HyperparameterReader
    heads : Heads
    layout : {"norm", "neox"}
        What the architecture uses.
    tensors : container of str
        Names of the file's tensors; those with frequency factors are found by name.

    Raises
    ------
    ModelFormatError
        If a key is out of its range.

    Notes
    -----
    Where a file has factors for short and for long contexts (LongRoPE), those for the
    context length that it declares are used for texts of any length, so that what is in
    the KV cache stays valid.

    References
    ----------
    ``ggml_rope_yarn`` of ggml; Peng et al. 2023, arXiv:2309.00071, sections 3.2 and 3.4.
    """
    settings = RopeSettings(
        layout=layout,
        head_dim=heads.key_dim,
        rotary_dims=heads.rotary_dims,
        base=read.number("rope.freq_base", 10000.0, above=True, high=MAX_BASE),
    )
    context_length = read.count("context_length", high=MAX_CONTEXT_LENGTH)
    original = read.count(
        "rope.scaling.original_context_length", context_length, high=MAX_CONTEXT_LENGTH
    )
    if "rope_freqs.weight" in tensors:
        settings = replace(settings, freq_factors="rope_freqs.weight")
    else:
        name = f"rope_factors_{'long' if context_length > original else 'short'}.weight"
        if name in tensors:
            settings = replace(settings, freq_factors=name)
    magnitude = read.number("rope.scaling.attn_factor", 1.0, above=True, high=_MAX_FACTOR)
    scaling = read.choice("rope.scaling.type", "linear", _SCALINGS)
    if scaling == "none":
        return replace(settings, magnitude=magnitude)
    # Files write a factor of 0 for none; the older key is the same for linear scaling.
    factor = read.number("rope.scaling.factor", 0.0, high=_MAX_FACTOR)
    factor = factor or read.number("rope.scale_linear", 0.0, high=_MAX_FACTOR) or 1.0
    settings = replace(settings, freq_scale=1 / factor, magnitude=magnitude)
    return _yarn(read, settings, factor, original) if scaling == "yarn" else settings


def _yarn(
    read: HyperparameterReader, settings: RopeSettings, factor: float, original: int
) -> RopeSettings:
    """Return settings that leave fast pairs alone, slow down slow ones and mix between."""
    extrapolation = read.number("rope.scaling.yarn_ext_factor", 1.0, low=-1.0, high=1.0)
    if extrapolation < 0:  # the files' way to say: the default
        extrapolation = 1.0
    if extrapolation == 0 or settings.base == 1:
        return settings
    dims, log_base = settings.rotary_dims, math.log(settings.base)

    def pair_with(turns: float) -> float:
        """Return the pair that turns this often within the original context."""
        return dims * math.log(original / (turns * 2 * math.pi)) / (2 * log_base)

    fast = read.number("rope.scaling.yarn_beta_fast", 32.0, above=True, high=_MAX_FACTOR)
    slow = read.number("rope.scaling.yarn_beta_slow", 1.0, above=True, high=_MAX_FACTOR)
    return replace(
        settings,
        extrapolation=extrapolation,
        ramp_low=float(max(0, math.floor(pair_with(fast)))),
        ramp_high=float(min(dims - 1, math.ceil(pair_with(slow)))),
        magnitude=settings.magnitude * (1 + 0.1 * math.log(max(1.0, factor))),
    )
