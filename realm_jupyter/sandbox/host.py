"""What a guest may ask of its host."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from realm_jupyter.errors import GuestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["HostFunctions", "NoHost"]

_LOGGER = logging.getLogger("realm_jupyter.guest")
_LOG_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)


class HostFunctions(Protocol):
    """What the engine does for a guest.

    Any exception ends the guest's call: the guest gets a status, and the exception comes
    out of the instance's method as it is. `TenantNotFoundError` (a handle that is not the
    tenant's) is the exception: the guest gets ``REALM_ERROR_HANDLE`` and may go on.
    """

    def log(self, level: int, text: bytes) -> None:
        """Take a diagnostic line; level 0 debug to 3 error."""
        ...

    def forward(self, seq: int, token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Append token ids, shape (S,), to a sequence; return the logits after them, shape (V,)."""
        ...

    def seq_new(self) -> int:
        """Return the handle of a new, empty sequence."""
        ...

    def seq_fork(self, seq: int) -> int:
        """Return the handle of a copy of a sequence."""
        ...

    def seq_truncate(self, seq: int, num_tokens: int) -> None:
        """Keep a sequence's first tokens only."""
        ...

    def seq_free(self, seq: int) -> None:
        """Give a sequence back."""
        ...

    def mask(self, seq: int, allowed: NDArray[np.bool_] | None) -> None:
        """Give a sequence's logits to come -inf where not ``allowed``, shape (V,); None: never."""
        ...

    def emit(self, seq: int, text: bytes, token_id: int, logprob: float) -> None:
        """Stream a piece of text, and the token it belongs to, out."""
        ...

    def forward_batch(
        self, seqs: Sequence[int], token_ids: Sequence[NDArray[np.int32]]
    ) -> NDArray[np.float32]:
        """Append token ids to different sequences; return logits of shape (len(seqs), V)."""
        ...

    def emit_token(self, seq: int, token_id: int, logprob: float) -> bool:
        """Stream a token out, or return True if it ends a generation."""
        ...

    def is_end(self, token_id: int) -> bool:
        """Return whether a token ends a generation."""
        ...

    def vocab_size(self) -> int:
        """Return V."""
        ...

    def weight_find(self, name: str) -> int:
        """Return the handle of a weight, 0 to 2**63 - 1."""
        ...

    def weight_shape(self, weight: int) -> tuple[int, ...]:
        """Return the lengths of a weight's axes, columns last."""
        ...

    def weight_read(self, weight: int, first_row: int, num_rows: int) -> NDArray[np.float32]:
        """Return rows that the weight has, shape (num_rows, columns)."""
        ...

    def matmul(self, weight: int, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``x @ weight.T`` for x of shape (n, columns)."""
        ...


class NoHost:
    """The host of guests that only tokenize and sample: it logs and has no sequences."""

    def log(self, level: int, text: bytes) -> None:
        """Hand the line to Python's logging."""
        _LOGGER.log(_LOG_LEVELS[level], "%s", text.decode(errors="replace"))

    def forward(self, seq: int, token_ids: NDArray[np.int32]) -> NDArray[np.float32]:
        """Refuse."""
        raise self._refusal("forward", seq, token_ids)

    def seq_new(self) -> int:
        """Refuse."""
        raise self._refusal("seq_new")

    def seq_fork(self, seq: int) -> int:
        """Refuse."""
        raise self._refusal("seq_fork", seq)

    def seq_truncate(self, seq: int, num_tokens: int) -> None:
        """Refuse."""
        raise self._refusal("seq_truncate", seq, num_tokens)

    def seq_free(self, seq: int) -> None:
        """Refuse."""
        raise self._refusal("seq_free", seq)

    def mask(self, seq: int, allowed: NDArray[np.bool_] | None) -> None:
        """Refuse."""
        raise self._refusal("mask", seq, allowed)

    def emit(self, seq: int, text: bytes, token_id: int, logprob: float) -> None:
        """Refuse."""
        raise self._refusal("emit", seq, text, token_id, logprob)

    def forward_batch(
        self, seqs: Sequence[int], token_ids: Sequence[NDArray[np.int32]]
    ) -> NDArray[np.float32]:
        """Refuse."""
        raise self._refusal("forward_batch", seqs, token_ids)

    def emit_token(self, seq: int, token_id: int, logprob: float) -> bool:
        """Refuse."""
        raise self._refusal("emit_token", seq, token_id, logprob)

    def is_end(self, token_id: int) -> bool:
        """Refuse."""
        raise self._refusal("is_end", token_id)

    def vocab_size(self) -> int:
        """Refuse."""
        raise self._refusal("vocab_size")

    def weight_find(self, name: str) -> int:
        """Refuse."""
        raise self._refusal("weight_find", name)

    def weight_shape(self, weight: int) -> tuple[int, ...]:
        """Refuse."""
        raise self._refusal("weight_shape", weight)

    def weight_read(self, weight: int, first_row: int, num_rows: int) -> NDArray[np.float32]:
        """Refuse."""
        raise self._refusal("weight_read", weight, first_row, num_rows)

    def matmul(self, weight: int, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Refuse."""
        raise self._refusal("matmul", weight, x)

    def _refusal(self, function: str, *_arguments: object) -> GuestError:
        return GuestError(f"the guest called {function}, but this instance has no host for it")
