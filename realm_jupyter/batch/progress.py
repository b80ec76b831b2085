"""How far a batch is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BatchProgress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchProgress:
    """How far a batch is.

    Parameters
    ----------
    num_prompts : int
        All of them.
    num_done : int
        Answered or failed, those of an earlier run included.
    num_skipped : int
        Answered in an earlier run.
    num_failed : int
    num_tokens : int
        Generated in this run.
    elapsed_s : float
        Since this run began.
    """

    num_prompts: int
    num_done: int = 0
    num_skipped: int = 0
    num_failed: int = 0
    num_tokens: int = 0
    elapsed_s: float = 0.0

    @property
    def share(self) -> float:
        """Share that is done, 0 to 1."""
        return self.num_done / self.num_prompts if self.num_prompts else 1.0

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens over the time of this run; 0 at its beginning."""
        return self.num_tokens / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds still to go at the rate so far; None while there is no rate."""
        num_run = self.num_done - self.num_skipped
        if not num_run or self.elapsed_s <= 0:
            return None
        return (self.num_prompts - self.num_done) * self.elapsed_s / num_run
