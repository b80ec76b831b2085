"""A generation in the shipped guest: begun once, stepped by the scheduler."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.errors import RealmError
from realm_jupyter.types import FinishReason, TokenLogprob

if TYPE_CHECKING:
    from realm_jupyter.compute.executor import SequenceCache
    from realm_jupyter.engine.constraints import Constraint
    from realm_jupyter.engine.fairness import Share
    from realm_jupyter.engine.prefix_cache import SequencePrefix
    from realm_jupyter.engine.tenant import Tenant
    from realm_jupyter.engine.token_texts import TokenTexts
    from realm_jupyter.engine.transcript import Transcript
    from realm_jupyter.sandbox import GuestEvent, GuestInstance

__all__ = ["Generation"]

_NOTHING = np.empty(0, dtype=np.int32)
_NO_SUM = bytes(4)
_FINISH_REASONS: dict[int, FinishReason] = {1: "stop", 2: "length"}


class Generation:
    """A `Lane` whose guest is stepped on the scheduler's thread.

    Parameters
    ----------
    tenant : Tenant
        Owner; told when the generation ends.
    instance : GuestInstance
        Where it runs. Its lock may be held by another thread of the tenant (a long
        `tokenize`); the scheduler never waits for that.
    guest_handle : int
        From ``instance.generate_begin``.
    share : Share
    cache : SequenceCache
        Owned; freed at the end.
    prefix : SequencePrefix
    prompt_ids : ndarray, shape (S,), int32
    transcript : Transcript
    token_texts : TokenTexts, optional
        Present when log probabilities were asked for.
    constraint : Constraint, optional
        Present when the answer must have a form.
    num_largest : int
        How many of the largest logits decide a token; 0 when all of them do.
    """

    def __init__(
        self,
        tenant: Tenant,
        instance: GuestInstance,
        *,
        guest_handle: int,
        share: Share,
        cache: SequenceCache,
        prefix: SequencePrefix,
        prompt_ids: np.ndarray,
        transcript: Transcript,
        token_texts: TokenTexts | None,
        constraint: Constraint | None = None,
        num_largest: int = 0,
    ) -> None:
        self.cache = cache
        self.share = share
        self._pending_ids = prompt_ids
        self.num_largest = num_largest
        self.is_prefill = True
        self.is_done = False
        self._tenant = tenant
        self._instance = instance
        self._guest_handle = guest_handle
        self._prefix = prefix
        self._prompt_ids = prompt_ids
        self._answer_ids: list[np.ndarray] = []
        self._transcript = transcript
        self._token_texts = token_texts
        self._constraint = constraint

    @property
    def pending_ids(self) -> np.ndarray:
        """Tokens to run next; none while the reader is too far behind."""
        return _NOTHING if self._transcript.handle.is_full else self._pending_ids

    @property
    def is_cancelled(self) -> bool:
        """Whether the reader or the tenant's end cancelled it."""
        return self._transcript.handle.is_cancelled

    def find_prefix(self) -> None:
        """Go on with kept pages of the same prompt, where there are any."""
        num_tokens = self._prefix.find(self.cache, self._prompt_ids)
        if num_tokens:
            self._pending_ids = self._pending_ids[num_tokens:]
            self._transcript.cached(num_tokens)

    def ran(self, num_tokens: int, duration_s: float) -> None:
        """Take note that the first pending tokens were run."""
        self._transcript.timeline.ran(duration_s, is_prefill=self.is_prefill)
        if self.is_prefill:
            self._prefix.keep(self.cache, self._prompt_ids)
        else:
            self._answer_ids.append(self._pending_ids[:num_tokens])
        self._pending_ids = self._pending_ids[num_tokens:]

    def advance(self, logits: np.ndarray) -> bool:
        """Let the guest sample; False when another thread uses the instance.

        Also False while the tokens that the answer's form allows are not known yet.
        """
        if self._constraint is not None and not self._constraint.is_ready:
            return False
        if not self._instance.lock.acquire(blocking=False):
            return False
        try:
            if self._constraint is not None:
                allowed = self._constraint.mask(logits)
                if allowed is None:
                    self._complete()
                    return True
                logits = allowed
            started = time.perf_counter()
            event = self._sample(logits)
        finally:
            self._instance.lock.release()
        self._tenant.meter.guest_ran(time.perf_counter() - started)
        self.is_prefill = False
        self._pending_ids = np.array(event.next_ids, dtype=np.int32)
        self._take(event)
        return True

    def _sample(self, logits: np.ndarray) -> GuestEvent:
        if not self.num_largest:
            return self._instance.generate_step(self._guest_handle, logits)
        # The sum over all of them, which comes last, is read with log probabilities only.
        largest = logits.tobytes() + _NO_SUM
        return self._instance.generate_step_sparse(self._guest_handle, largest)

    def answers_within(self, seconds: float) -> bool:  # noqa: ARG002 - of every lane
        """Return False: `advance` has the next token already."""
        return False

    def stop(self) -> None:
        """End as cancelled; what the guest held back is part of the text."""
        if self.is_done:
            return
        try:
            held = self._instance.generate_end(self._guest_handle)
        except RealmError:  # the guest broke meanwhile; the text so far is still good
            held = ""
        self._keep_answer()
        self._leave()
        self._transcript.close("cancelled", text=held, announce=True)

    def fail(self, error: BaseException) -> None:
        """End with an error."""
        if self.is_done:
            return
        with contextlib.suppress(RealmError):  # the error to report is the first one
            self._instance.generate_end(self._guest_handle)
        self._leave()
        self._transcript.handle.fail(error)

    def _complete(self) -> None:
        """End because only the end may follow, which needs no sampling."""
        held = self._instance.generate_end(self._guest_handle)
        self._keep_answer()
        self._leave()
        self._transcript.close("stop", text=held, announce=True)

    def _take(self, event: GuestEvent) -> None:
        reason = self._reason(event)
        text = event.text
        if reason is not None:
            # A guest that ended by itself has nothing left.
            text += self._instance.generate_end(self._guest_handle)
        if not event.is_eog:
            logprob, alternatives = self._logprobs(event)
            self._transcript.add(
                text,
                event.token_id,
                logprob=logprob,
                alternatives=alternatives,
                finish_reason=reason,
            )
        if reason is not None:
            self._keep_answer()
            self._leave()
            held = text if event.is_eog else ""
            self._transcript.close(reason, text=held, announce=bool(event.is_eog))

    def _reason(self, event: GuestEvent) -> FinishReason | None:
        """Return why the generation ends with this event, if it does."""
        reason = _FINISH_REASONS.get(event.finish)
        if self._constraint is None or reason == "stop":
            return reason
        return "stop" if self._constraint.accept(event.token_id) else reason

    def _logprobs(self, event: GuestEvent) -> tuple[TokenLogprob | None, tuple[TokenLogprob, ...]]:
        if self._token_texts is None:
            return None, ()
        texts = self._token_texts
        chosen = TokenLogprob(event.token_id, texts[event.token_id], event.logprob)
        alternatives = tuple(
            TokenLogprob(token_id, texts[token_id], logprob)
            for token_id, logprob in event.alternatives
        )
        return chosen, alternatives

    def _keep_answer(self) -> None:
        """Keep the pages of the answer: a chat's next prompt begins with them."""
        if self._answer_ids and self._prefix.keeps_answers:
            token_ids = np.concatenate([self._prompt_ids, *self._answer_ids])
            self._prefix.keep(self.cache, token_ids)

    def _leave(self) -> None:
        self.is_done = True
        self._pending_ids = _NOTHING
        self.cache.free()
        self._tenant.leave(self)
