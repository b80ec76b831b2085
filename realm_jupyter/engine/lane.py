"""What the scheduler knows of a running generation: tokens to run, logits to take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from realm_jupyter.compute.executor import SequenceCache
    from realm_jupyter.engine.fairness import Share

__all__ = ["Lane"]


class Lane(Protocol):
    """One sequence in the running batch.

    All members are used by the scheduler's thread only, except `is_cancelled`, which
    any thread may make true.
    """

    cache: SequenceCache
    share: Share
    """The tenant's part of the model's time."""

    is_prefill: bool
    """Whether the pending tokens are a prompt, which may be cut into chunks."""

    num_largest: int
    """How many of the largest logits `advance` is to have, instead of all; 0 for all."""

    @property
    def pending_ids(self) -> np.ndarray:
        """Tokens to run next, int32 of shape (S,).

        Empty while the guest thinks, and while the reader is too far behind: then the
        scheduler is woken when that ends.
        """
        ...

    @property
    def is_cancelled(self) -> bool:
        """Whether the lane is to end at once."""
        ...

    def find_prefix(self) -> None:
        """Leave out pending tokens of a prompt whose keys and values are there already."""
        ...

    def ran(self, num_tokens: int, duration_s: float) -> None:
        """Take note that the first ``num_tokens`` pending tokens were run."""
        ...

    def advance(self, logits: np.ndarray) -> bool:
        """Take the logits after the last pending token, float32 of shape (V,).

        With `num_largest`, what `Executor.forward` gives of them, shape (2 `num_largest`,).

        Returns
        -------
        bool
            False when the lane cannot take them now because another thread uses its
            guest; the scheduler offers them again.
        """
        ...

    def answers_within(self, seconds: float) -> bool:
        """Return whether its guest has logits and will ask for more so soon after it got them."""
        ...

    @property
    def is_done(self) -> bool:
        """Whether the lane ended and leaves the batch."""
        ...

    def stop(self) -> None:
        """End because it was cancelled; keep what was generated."""
        ...

    def fail(self, error: BaseException) -> None:
        """End with an error."""
        ...
