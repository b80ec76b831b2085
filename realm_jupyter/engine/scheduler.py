"""One thread per model that runs what all its lanes ask for as one ragged batch."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from realm_jupyter.compute.executor import Chunk
from realm_jupyter.compute.step_stop import StepStop, StepStoppedError
from realm_jupyter.engine import fairness
from realm_jupyter.engine.grace import Grace
from realm_jupyter.engine.step_log import StepLog
from realm_jupyter.errors import TenantBusyError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from realm_jupyter.compute.executor import Executor
    from realm_jupyter.engine.lane import Lane

__all__ = ["Scheduler", "lanes_per_step", "prefill_chunk_tokens"]

T = TypeVar("T")

_LOG = logging.getLogger(__name__)

# While a lane's guest is busy in another thread (a long tokenize call), its logits are
# offered again this often. Nothing signals the release of an instance's lock.
_OFFER_AGAIN_S = 0.001

# Logits of one step: with many sequences and a large vocabulary they would outgrow the model.
_LOGITS_BYTES = 64 << 20
_MIN_STEP_LANES = 16
_MAX_STEP_LANES = 256
# Waiting lanes cost memory in their guests, and no one wants to wait for thousands.
_MAX_LANES = 8192

_PREFILL_WORK = 64e9
_LONE_PREFILL_WORK = 256e9
_PREFILL_MIN_TOKENS = 32
_PREFILL_MAX_TOKENS = 128


def prefill_chunk_tokens(num_parameters: int, *, is_alone: bool = False) -> int:
    """Return how many prompt tokens one step runs: a power of two from 32 to 128.

    It depends on the model alone, never on the clock, so that a prompt is cut in the
    same places every time and the same seed gives the same text. Larger models get
    smaller chunks, because a step is the time that others have to wait.

    Parameters
    ----------
    num_parameters : int
    is_alone : bool
        Whether nobody decodes beside the prompts: steps are longer then, which is a tenth
        faster. Only for executors that are batch-invariant.
    """
    work = _LONE_PREFILL_WORK if is_alone else _PREFILL_WORK
    tokens = _PREFILL_MIN_TOKENS
    while tokens * 2 * max(num_parameters, 1) <= work and tokens < _PREFILL_MAX_TOKENS:
        tokens *= 2
    return tokens


def lanes_per_step(vocab_size: int) -> int:
    """Return how many sequences decode in one step at most: 16 to 256.

    Examples
    --------
    >>> lanes_per_step(32_000), lanes_per_step(128_256)
    (256, 130)
    """
    return max(_MIN_STEP_LANES, min(_LOGITS_BYTES // (4 * vocab_size), _MAX_STEP_LANES))


class Scheduler:
    """Continuous batching over the lanes of one model.

    Each step runs the next token of every decoding lane and prompt chunks of at most
    `chunk_tokens` in total (at least one lane's chunk), so that a long prompt cannot
    starve the streams beside it. Lanes join and leave between steps; a step whose lanes
    were all cancelled is ended. Where not all fit, higher priorities go first, then the
    tenants that were served least.

    Parameters
    ----------
    executor : Executor
        Used by the scheduler's thread only.
    name : str
        For the thread's name.
    chunk_tokens : int
        Most prompt tokens of one step.
    lone_chunk_tokens : int, optional
        The same of a step in which nobody decodes; `chunk_tokens` by default.
    step_lanes : int
        Most decoding lanes of one step.
    max_lanes : int
        Most lanes that run or wait.
    grace : Grace, optional
        How long a step waits for guests that are about to ask for their next token.

    Attributes
    ----------
    steps : StepLog
    """

    def __init__(
        self,
        executor: Executor,
        name: str,
        chunk_tokens: int,
        *,
        lone_chunk_tokens: int | None = None,
        step_lanes: int = _MAX_STEP_LANES,
        max_lanes: int = _MAX_LANES,
        grace: Grace | None = None,
    ) -> None:
        self._executor = executor
        self._name = name
        self.chunk_tokens = chunk_tokens
        self.lone_chunk_tokens = lone_chunk_tokens or chunk_tokens
        self.steps = StepLog()
        self._step_lanes = step_lanes
        self._max_lanes = max_lanes
        self._grace = grace or Grace()
        self._calls: list[Callable[[], None]] = []
        self._condition = threading.Condition()
        self._incoming: list[Lane] = []
        self._lanes: list[Lane] = []
        self._offers: dict[Lane, np.ndarray] = {}
        self._running: tuple[list[Lane], StepStop] | None = None
        self._is_closing = False
        self._thread: threading.Thread | None = None

    @property
    def num_lanes(self) -> int:
        """Lanes that run or wait to join."""
        with self._condition:
            return sum(not lane.is_done for lane in (*self._lanes, *self._incoming))

    def submit(self, lane: Lane) -> None:
        """Let a lane join at the next step.

        Raises
        ------
        RuntimeError
            If the scheduler is closed.
        TenantBusyError
            If too many lanes run or wait already.
        """
        with self._condition:
            if self._is_closing:
                raise RuntimeError("the scheduler is closed")
            if len(self._lanes) + len(self._incoming) >= self._max_lanes:
                raise TenantBusyError(
                    f"{self._max_lanes} requests run or wait on this model already; "
                    "try again when some have ended"
                )
            self._incoming.append(lane)
            self._ensure_thread()
            self._condition.notify_all()

    def call_soon(self, function: Callable[[], None]) -> None:
        """Have the scheduler's thread call a function between two steps; returns at once.

        For finalizers, which run in any thread at any point and must not take locks.
        """
        with self._condition:
            if not self._is_closing:
                self._calls.append(function)
                self._ensure_thread()
                self._condition.notify_all()

    def call(self, function: Callable[[], T]) -> Future[T]:
        """Have the scheduler's thread call a function between two steps.

        Returns
        -------
        Future
            Of what the function returns or raises.

        Raises
        ------
        RuntimeError
            If the scheduler is closed.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - for whoever waits
                future.set_exception(error)

        with self._condition:
            if self._is_closing:
                raise RuntimeError("the scheduler is closed")
            self.call_soon(run)
        return future

    def wake(self) -> None:
        """Look at the lanes again: one was cancelled or has new pending tokens."""
        with self._condition:
            self._stop_unwanted_step()
            self._condition.notify_all()

    def close(self) -> None:
        """Stop every lane, end the thread and wait for it."""
        with self._condition:
            self._is_closing = True
            self._stop_unwanted_step()
            thread = self._thread
            self._condition.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _stop_unwanted_step(self) -> None:
        """End the running step if nobody wants its results; with the lock held."""
        if self._running is not None:
            lanes, stop = self._running
            if self._is_closing or all(lane.is_cancelled for lane in lanes):
                stop.set()

    # -- the thread ----------------------------------------------------------------

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name=f"realm-scheduler-{self._name}", daemon=True
            )
            self._thread.start()

    def _run(self) -> None:
        while self._wait_for_work():
            self._make_calls()
            self._make_offers()
            self._remove_ended()
            batch = self._compose()
            if batch:
                self._step(batch)
        self._make_calls()  # those that came before it was closed
        for lane in self._take_all():
            lane.stop()

    def _take_all(self) -> list[Lane]:
        with self._condition:
            lanes = [*self._lanes, *self._incoming]
            self._lanes, self._incoming = [], []
            self._offers.clear()
            return lanes

    def _wait_for_work(self) -> bool:
        with self._condition:
            while True:
                if self._is_closing:
                    return False
                for lane in self._incoming:
                    fairness.join(self._lanes, lane)
                    self._lanes.append(lane)
                self._incoming.clear()
                if self._calls:
                    return True
                if any(self._is_ready(lane) for lane in self._lanes):
                    wait_s = self._grace.remaining_s(self._lanes)
                    if not wait_s:
                        return True
                    self._condition.wait(wait_s)
                    continue
                if self._offers:
                    self._condition.wait(_OFFER_AGAIN_S)
                    return True
                self._condition.wait()

    def _is_ready(self, lane: Lane) -> bool:
        if lane.is_cancelled or lane.is_done:
            return True
        return lane not in self._offers and len(lane.pending_ids) > 0

    def _make_calls(self) -> None:
        with self._condition:
            calls, self._calls = self._calls, []
        for function in calls:
            try:
                function()
            except Exception:  # noqa: BLE001 - the thread serves others too
                _LOG.exception("a call between two steps failed")

    def _make_offers(self) -> None:
        for lane, logits in list(self._offers.items()):
            if lane.is_cancelled or self._offer(lane, logits):
                del self._offers[lane]

    def _offer(self, lane: Lane, logits: np.ndarray) -> bool:
        try:
            return lane.advance(logits)
        except BaseException as error:  # noqa: BLE001 - one lane's fault is its own
            lane.fail(error)
            return True

    def _remove_ended(self) -> None:
        for lane in self._lanes:
            if lane.is_cancelled and not lane.is_done:
                lane.stop()
                self._offers.pop(lane, None)
        ended = [lane for lane in self._lanes if lane.is_done]
        if ended:
            for lane in ended:
                fairness.leave(lane)
            with self._condition:
                self._lanes = [lane for lane in self._lanes if not lane.is_done]

    def _compose(self) -> list[tuple[Lane, int]]:
        """Return the lanes of the next step with the number of their tokens to run."""
        decoding: list[Lane] = []
        prefilling: list[Lane] = []
        for lane in self._lanes:
            if len(lane.pending_ids) and lane not in self._offers:
                (prefilling if lane.is_prefill else decoding).append(lane)
        is_crowded = len(decoding) > self._step_lanes
        if is_crowded:
            decoding = sorted(decoding, key=fairness.urgency)[: self._step_lanes]
        batch = [
            (lane, len(lane.pending_ids))
            for lane in decoding
            if self._make_room(lane, len(lane.pending_ids))
        ]
        if prefilling:
            most = self.chunk_tokens if decoding else self.lone_chunk_tokens
            batch += self._chunks(sorted(prefilling, key=fairness.urgency), most)
        # Lanes of one tenant take turns: those that had theirs go to the back.
        if prefilling or is_crowded:
            had = {lane for lane, _ in batch if is_crowded or lane.is_prefill}
            with self._condition:
                rest = [lane for lane in self._lanes if lane not in had]
                self._lanes = rest + [lane for lane in self._lanes if lane in had]
        return batch

    def _chunks(self, lanes: list[Lane], most: int) -> list[tuple[Lane, int]]:
        """Return which prompts the next step runs a chunk of, and of how many tokens."""
        chunks = []
        room = most
        for lane in lanes:
            if room < 1:
                break
            if not self._find_prefix(lane):
                continue
            num_tokens = min(len(lane.pending_ids), most)
            if num_tokens <= room and self._make_room(lane, num_tokens):
                chunks.append((lane, num_tokens))
                room -= num_tokens
        return chunks

    def _find_prefix(self, lane: Lane) -> bool:
        try:
            lane.find_prefix()
        except BaseException as error:  # noqa: BLE001 - one lane's fault is its own
            lane.fail(error)
            return False
        return True

    def _make_room(self, lane: Lane, num_tokens: int) -> bool:
        """Reserve a lane's pages before the step, so that a full one takes no other along."""
        try:
            lane.cache.reserve(num_tokens)
        except BaseException as error:  # noqa: BLE001 - as above
            lane.fail(error)
            return False
        return True

    def _step(self, batch: list[tuple[Lane, int]]) -> None:
        started = time.perf_counter()
        lengths = [lane.cache.length for lane, _ in batch]
        try:
            rows = self._forward(batch)
        except StepStoppedError:
            return
        except BaseException as error:  # noqa: BLE001 - must not end the thread
            self._undo(batch, lengths, error)
            return
        duration_s = time.perf_counter() - started
        self.steps.add(len(batch), sum(count for _, count in batch), duration_s)
        for (lane, num_tokens), logits in zip(batch, rows, strict=True):
            self._settle(lane, num_tokens, duration_s, logits)
        self._grace.begin(duration_s)

    def _forward(self, batch: list[tuple[Lane, int]]) -> list[np.ndarray]:
        stop = StepStop()
        with self._condition:
            self._running = ([lane for lane, _ in batch], stop)
            self._stop_unwanted_step()  # all of them may have been cancelled just now
        try:
            return self._executor.forward([_chunk(lane, count) for lane, count in batch], stop)
        finally:
            with self._condition:
                self._running = None

    def _settle(self, lane: Lane, num_tokens: int, duration_s: float, logits: np.ndarray) -> None:
        lane.share.num_served += num_tokens
        lane.ran(num_tokens, duration_s)
        if len(logits) and not self._offer(lane, logits[-1]):
            self._offers[lane] = logits[-1]

    def _undo(
        self, batch: list[tuple[Lane, int]], lengths: list[int], error: BaseException
    ) -> None:
        """Find out whose fault a failed step was: run the lanes one by one."""
        if len(batch) == 1:
            batch[0][0].fail(error)
            return
        _LOG.warning("a step of %d lanes failed (%s); running them singly", len(batch), error)
        for (lane, num_tokens), length in zip(batch, lengths, strict=True):
            try:
                lane.cache.truncate(length)
            except BaseException as broken:  # noqa: BLE001 - its cache cannot be trusted
                lane.fail(broken)
                continue
            self._step([(lane, num_tokens)])


def _chunk(lane: Lane, num_tokens: int) -> Chunk:
    ends = num_tokens == len(lane.pending_ids)
    return Chunk(
        cache=lane.cache,
        token_ids=lane.pending_ids[:num_tokens],
        outputs="last" if ends else "none",
        num_largest=lane.num_largest,
    )
