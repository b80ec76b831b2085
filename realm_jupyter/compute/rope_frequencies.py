"""The angles of rotary position embedding, for all executors alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.errors import ModelFormatError

if TYPE_CHECKING:
    from realm_jupyter.graph import Rope

__all__ = ["angular_frequencies"]


def angular_frequencies(op: Rope, freq_factors: np.ndarray | None) -> np.ndarray:
    """Return θ_i per position: the angle of pair i at position p is ``p · θ_i``.

    Parameters
    ----------
    op : Rope
    freq_factors : ndarray, shape (R/2,), optional

    Returns
    -------
    ndarray, shape (R/2,), float64

    Raises
    ------
    ModelFormatError
        If a factor is not a positive finite number.
    """
    pair = np.arange(op.rotary_dims // 2, dtype=np.float64)
    extrapolated = op.base ** (-2 * pair / op.rotary_dims)
    if freq_factors is not None:
        if not (np.isfinite(freq_factors).all() and (freq_factors > 0).all()):
            raise ModelFormatError(
                f"the tensor {op.freq_factors!r} holds a factor that is not positive"
            )
        extrapolated /= freq_factors.astype(np.float64)
    ramp = (pair - op.ramp_low) / max(0.001, op.ramp_high - op.ramp_low)
    mix = op.extrapolation * (1 - np.clip(ramp, 0, 1))
    return op.freq_scale * extrapolated * (1 - mix) + extrapolated * mix
