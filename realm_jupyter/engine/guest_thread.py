"""A generation in a guest of the user's own, which blocks in a thread of its own.

Such a guest calls `forward` and waits; its host functions post tokens to the
scheduler, which runs them in the common batch. A guest that loops or blocks holds up
nobody but itself.
"""

from __future__ import annotations

import codecs
import functools
import itertools
import logging
import threading
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.engine.guest_weights import GuestWeights
from realm_jupyter.errors import (
    ContextLengthError,
    GuestAbiError,
    TenantBusyError,
    TenantClosedError,
    TenantNotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from realm_jupyter.compute.executor import SequenceCache
    from realm_jupyter.engine.loaded_model import LoadedModel
    from realm_jupyter.engine.prefix_cache import SequencePrefix
    from realm_jupyter.engine.tenant import Tenant
    from realm_jupyter.engine.transcript import Transcript
    from realm_jupyter.sandbox import GuestInstance
    from realm_jupyter.types import FinishReason

__all__ = ["GuestHost", "run_in_thread"]

_LOG = logging.getLogger(__name__)
_NOTHING = np.empty(0, dtype=np.int32)
_FORBIDDEN = np.float32(-np.inf)
_LOG_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
_FINISH_REASONS: dict[int, FinishReason] = {1: "stop", 2: "length"}
_MAX_SEQUENCES = 64
_INTERRUPT_AGAIN_S = 0.05


class _CancelledError(Exception):
    """Unwinds a guest whose generation was cancelled; never leaves this module."""


class _GuestLane:
    """A `Lane` that belongs to one sequence of a blocking guest."""

    def __init__(self, host: GuestHost, cache: SequenceCache, prefix: SequencePrefix) -> None:
        self.cache = cache
        self.share = host.share
        self.pending_ids = _NOTHING
        self.is_prefill = False
        self.is_done = False
        self.num_largest = 0
        self.allowed: NDArray[np.bool_] | None = None
        self._host = host
        self._prefix = prefix
        self._prompt_ids = _NOTHING
        self._answer = threading.Event()
        self._answered_at: float | None = None
        self._thought_s = 0.0
        self._logits: np.ndarray | None = None
        self._error: BaseException | None = None
        self._is_back = threading.Event()

    @property
    def is_cancelled(self) -> bool:
        return self._host.is_ended

    def post(self, token_ids: np.ndarray) -> None:
        """Ask for tokens to be run; the scheduler is to be woken (guest's thread)."""
        self._answer.clear()
        if self.is_done:  # stopped before the flag was cleared: nobody would answer
            raise _CancelledError
        self.is_prefill = len(token_ids) > 1
        # What an empty sequence begins with is a prompt: others may begin alike.
        is_prompt = self.is_prefill and self.cache.length == 0
        if self._answered_at is not None:
            self._thought_s, self._answered_at = monotonic() - self._answered_at, None
        self._prompt_ids = token_ids if is_prompt else _NOTHING
        self.pending_ids = token_ids

    def wait_until_back(self) -> None:
        """Wait until the scheduler has stopped the lane and its pages are free."""
        self._is_back.wait()

    def wait(self) -> np.ndarray:
        """Wait for the logits after the last token (guest's thread)."""
        self._answer.wait()
        if self._error is not None:
            raise self._error
        if self._logits is None:
            raise _CancelledError
        logits, self._logits = self._logits, None
        return logits if self.allowed is None else np.where(self.allowed, logits, _FORBIDDEN)

    def find_prefix(self) -> None:
        if not len(self._prompt_ids):
            return
        num_tokens = self._prefix.find(self.cache, self._prompt_ids)
        if num_tokens:
            self.pending_ids = self.pending_ids[num_tokens:]
            self._host.transcript.cached(num_tokens)

    def ran(self, num_tokens: int, duration_s: float) -> None:
        self._host.transcript.timeline.ran(duration_s, is_prefill=self.is_prefill)
        if len(self._prompt_ids):
            self._prefix.keep(self.cache, self._prompt_ids)
        self.pending_ids = self.pending_ids[num_tokens:]

    def advance(self, logits: np.ndarray) -> bool:
        self._logits = logits
        self._answered_at = monotonic()
        self._answer.set()
        return True

    def answers_within(self, seconds: float) -> bool:
        answered_at = self._answered_at
        if answered_at is None or self.is_done:
            return False
        return max(self._thought_s, monotonic() - answered_at) <= seconds

    def stop(self) -> None:
        self.is_done = True
        self.pending_ids = _NOTHING
        try:
            self.cache.free()
        finally:
            self._answer.set()
            self._is_back.set()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self.stop()


class GuestHost:
    """The host functions of one blocking generation.

    Sequences are named by handles that mean nothing outside this generation.

    Parameters
    ----------
    tenant : Tenant
    loaded : LoadedModel
    transcript : Transcript
    """

    def __init__(self, tenant: Tenant, loaded: LoadedModel, transcript: Transcript) -> None:
        self.scheduler = loaded.scheduler
        self.share = tenant.share_of(loaded)
        self.transcript = transcript
        self._tenant = tenant
        self._executor = loaded.executor
        self._kv_budget = tenant.kv_budget
        self._context_length = loaded.model.context_length
        self._end_ids = {*loaded.model.vocabulary.eog_ids, *loaded.turn_end_ids}
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._loaded_guest = functools.partial(tenant.instance, loaded)
        self._new_prefix = functools.partial(tenant.prefix, loaded)
        self._weights = GuestWeights(loaded.model.file, self._check_running)
        self._lanes: dict[int, _GuestLane] = {}
        self._handles = itertools.count()
        self._is_finished = False

    @property
    def is_ended(self) -> bool:
        """Whether the guest is to come back: cancelled, closed or over."""
        return self._is_finished or self.transcript.handle.is_cancelled

    def interrupt(self, instance: GuestInstance) -> None:
        """End the guest, now or as soon as its call has begun; returns at once."""
        if self._is_finished:
            return
        instance.interrupt()
        # An interrupt just before the guest's call begins finds nothing to end.
        again = threading.Timer(_INTERRUPT_AGAIN_S, self.interrupt, (instance,))
        again.daemon = True
        again.start()

    def finish(self) -> None:
        """Return every sequence to the executor, which has them back when this returns."""
        self._is_finished = True
        self.scheduler.wake()
        for lane in self._lanes.values():
            lane.wait_until_back()

    # -- host functions, on the guest's thread ---------------------------------------

    def log(self, level: int, text: bytes) -> None:
        """Pass a guest's diagnostics to `logging`."""
        severity = _LOG_LEVELS[min(max(level, 0), len(_LOG_LEVELS) - 1)]
        _LOG.log(severity, "%s: %s", self._tenant.name, text.decode("utf-8", "replace"))

    def forward(self, seq: int, token_ids: np.ndarray) -> np.ndarray:
        """Run tokens on a sequence; float32 logits of shape (V,) after the last."""
        logits: np.ndarray = self.forward_batch((seq,), (token_ids,))[0]
        return logits

    def forward_batch(self, seqs: Sequence[int], token_ids: Sequence[np.ndarray]) -> np.ndarray:
        """Run tokens on several sequences; float32 logits of shape (N, V)."""
        lanes = [self._lane(seq) for seq in seqs]
        for lane, ids in zip(lanes, token_ids, strict=True):
            self._check(lane, ids)
        for lane, ids in zip(lanes, token_ids, strict=True):
            lane.post(np.ascontiguousarray(ids, dtype=np.int32))
        self.scheduler.wake()
        return np.stack([lane.wait() for lane in lanes])

    def _check(self, lane: _GuestLane, token_ids: np.ndarray) -> None:
        room = self._context_length - lane.cache.length
        if len(token_ids) > room:
            raise ContextLengthError(
                f"the guest wants to run {len(token_ids)} tokens, but its sequence has "
                f"room for {room} in a context of {self._context_length}",
                num_tokens=len(token_ids),
                context_length=self._context_length,
            )
        vocab_size = self._executor.vocab_size
        if len(token_ids) == 0 or token_ids.min() < 0 or token_ids.max() >= vocab_size:
            raise GuestAbiError(
                f"the guest passed token ids outside 0 to {vocab_size - 1}, or none at all",
                expected=f"1 or more ids below {vocab_size}",
                found=f"{len(token_ids)} ids",
            )

    def seq_new(self) -> int:
        """Return the handle of a new, empty sequence."""
        return self._add(self._executor.new_cache(self._kv_budget))

    def seq_fork(self, seq: int) -> int:
        """Return the handle of a copy that shares what it can."""
        lane = self._lane(seq)
        return self._add(lane.cache.fork(), lane.allowed)

    def seq_truncate(self, seq: int, num_tokens: int) -> None:
        """Forget all but the first tokens of a sequence."""
        self._lane(seq).cache.truncate(num_tokens)

    def seq_free(self, seq: int) -> None:
        """Give a sequence back."""
        lane = self._lane(seq)
        del self._lanes[seq]
        lane.is_done = True
        lane.cache.free()
        self.scheduler.wake()

    def mask(self, seq: int, allowed: NDArray[np.bool_] | None) -> None:
        """Have the logits of a sequence be -inf where not ``allowed``, shape (V,)."""
        self._lane(seq).allowed = allowed

    def emit(self, seq: int, text: bytes, token_id: int, logprob: float) -> None:
        """Stream a piece of text out."""
        del seq, logprob  # one stream per generation; log probabilities are not kept
        self._check_running()
        self.transcript.add(text.decode("utf-8", "replace"), token_id)

    def emit_token(self, seq: int, token_id: int, logprob: float) -> bool:
        """Stream a token out, or return True if it ends a generation."""
        del seq, logprob  # as above
        self._check_running()
        if self.is_end(token_id):
            return True
        piece = self._loaded_guest().detokenize([token_id])
        self.transcript.add(self._decoder.decode(piece), token_id)
        return False

    def is_end(self, token_id: int) -> bool:
        """Return whether a token ends a generation."""
        return token_id in self._end_ids

    def held_text(self) -> str:
        """Return what `emit_token` still holds back: a broken character becomes U+FFFD."""
        return self._decoder.decode(b"", final=True)

    def vocab_size(self) -> int:
        """Return the number of tokens of the vocabulary."""
        return self._executor.vocab_size

    def weight_find(self, name: str) -> int:
        """Return the handle of a weight."""
        return self._weights.find(name)

    def weight_shape(self, weight: int) -> tuple[int, ...]:
        """Return the lengths of a weight's axes."""
        return self._weights.shape(weight)

    def weight_read(self, weight: int, first_row: int, num_rows: int) -> np.ndarray:
        """Return rows of a weight as float32."""
        return self._weights.read(weight, first_row, num_rows)

    def matmul(self, weight: int, x: np.ndarray) -> np.ndarray:
        """Return ``x @ weight.T``."""
        return self._weights.matmul(weight, x)

    def _add(self, cache: SequenceCache, allowed: NDArray[np.bool_] | None = None) -> int:
        self._check_running()
        if len(self._lanes) >= _MAX_SEQUENCES:
            cache.free()
            raise GuestAbiError(
                f"the guest holds {_MAX_SEQUENCES} sequences already; it must free some",
                expected=f"at most {_MAX_SEQUENCES} sequences",
            )
        try:
            prefix = self._new_prefix()
        except TenantClosedError:
            cache.free()
            raise
        lane = _GuestLane(self, cache, prefix)
        lane.allowed = allowed
        try:
            self.scheduler.submit(lane)
        except (RuntimeError, TenantBusyError):
            cache.free()
            raise
        handle = next(self._handles)
        self._lanes[handle] = lane
        return handle

    def _lane(self, seq: int) -> _GuestLane:
        self._check_running()
        lane = self._lanes.get(seq)
        if lane is None:
            raise TenantNotFoundError(
                f"{self._tenant.name} has no sequence with the handle {seq}",
                tenant=self._tenant.name,
            )
        return lane

    def _check_running(self) -> None:
        self._tenant.check_open()
        if self.is_ended:
            raise _CancelledError


def _generate(
    instance: GuestInstance, host: GuestHost, config: bytes, prompt_ids: np.ndarray
) -> int:
    """Run a whole generation of either kind of guest; return its finish."""
    if host.is_ended:
        raise _CancelledError
    if instance.module.kind == "blocking":
        return instance.generate(config)
    seq = host.seq_new()
    guest_handle = instance.generate_begin(config)
    next_ids = prompt_ids
    while True:
        event = instance.generate_step(guest_handle, host.forward(seq, next_ids))
        if not event.is_eog:
            host.transcript.add(event.text, event.token_id)
        if event.finish:
            return event.finish
        next_ids = np.array(event.next_ids, dtype=np.int32)


def run_in_thread(
    tenant: Tenant,
    instance: GuestInstance,
    host: GuestHost,
    config: bytes,
    prompt_ids: np.ndarray,
) -> threading.Thread:
    """Run a generation in a thread of its own, which is returned.

    The thread ends the transcript, returns the sequences and closes the instance.
    """
    handle = host.transcript.handle

    def run() -> None:
        finish = 0
        error: BaseException | None = None
        try:
            finish = _generate(instance, host, config, prompt_ids)
        except BaseException as caught:  # noqa: BLE001 - whatever it is, the reader gets it
            error = caught
        host.finish()
        instance.close()
        tenant.leave(host)
        if tenant.is_closed:
            handle.fail(TenantClosedError(f"{tenant.name} was closed", tenant=tenant.name))
        elif handle.is_cancelled:
            host.transcript.close("cancelled", text=host.held_text(), announce=True)
        elif error is not None:
            handle.fail(error)
        else:
            reason = _FINISH_REASONS.get(finish, "stop")
            host.transcript.close(reason, text=host.held_text(), announce=True)

    thread = threading.Thread(target=run, name=f"realm-guest-{tenant.name}", daemon=True)
    thread.start()
    return thread
