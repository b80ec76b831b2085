"""Runs the prompts of a batch on a backend, so many at once."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from realm_jupyter.batch.row import BatchRow
from realm_jupyter.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ModelMemoryError,
    ModelNotFoundError,
    RealmError,
    TenantBusyError,
    TenantClosedError,
    TenantQuotaError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realm_jupyter.backend import Backend
    from realm_jupyter.batch.job import BatchJob
    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import CancelToken, GenerationResponse

__all__ = ["BatchRunner"]

_WAKE_S = 0.2
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_LONGEST_WAIT_S = 60.0
_NUM_TRIES = 4
# With these there is no use in trying the next prompt.
_ENDS_ALL = (ModelNotFoundError, TenantClosedError, APIConnectionError, APITimeoutError)
_REFUSED = frozenset({401, 403})
# With these there was no room beside the others.
_NO_ROOM = (ModelMemoryError, TenantQuotaError)


class _StoppedError(Exception):
    """The run was stopped while a prompt waited."""


class BatchRunner:
    """Keeps a number of a job's prompts running on a backend.

    Parameters
    ----------
    backend : Backend
    job : BatchJob
        With a seed.
    num_parallel : int
        How many prompts run or wait in the backend at once.
    """

    def __init__(self, backend: Backend, job: BatchJob, num_parallel: int) -> None:
        self._backend = backend
        self._job = job
        self._num_parallel = num_parallel
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._running: set[GenerationHandle] = set()

    def rows(self, pending: Sequence[int], cancel: CancelToken | None = None) -> Iterator[BatchRow]:
        """Run prompts and yield their rows as they end.

        Leaving the loop cancels what runs. Prompts that found no room beside the others are
        run again alone, at the end.

        Parameters
        ----------
        pending : sequence of int
            Indices of prompts.
        cancel : CancelToken, optional
            Ends the rows early; what still runs is dropped.

        Raises
        ------
        RealmError
            What makes all further prompts useless: the model is gone, the server cannot be
            reached.
        """
        crowded = []
        for row, has_no_room in self._run(pending, self._num_parallel, cancel):
            if has_no_room and self._num_parallel > 1:
                crowded.append(row.index)
            else:
                yield row
        for row, _ in self._run(crowded, 1, cancel):
            yield row

    def _run(
        self, pending: Sequence[int], num_parallel: int, cancel: CancelToken | None
    ) -> Iterator[tuple[BatchRow, bool]]:
        todo: queue.SimpleQueue[int] = queue.SimpleQueue()
        for index in pending:
            todo.put(index)
        done: queue.SimpleQueue[tuple[BatchRow, bool] | Exception] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._work, args=(todo, done), name="realm-batch", daemon=True)
            for _ in range(min(num_parallel, len(pending)))
        ]
        for thread in threads:
            thread.start()
        try:
            for _ in pending:
                item = _next(done, cancel)
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self._end()
            for thread in threads:
                thread.join()
            self._stop.clear()

    def _end(self) -> None:
        with self._lock:
            self._stop.set()
            running = list(self._running)
        for handle in running:
            handle.cancel()

    def _work(
        self,
        todo: queue.SimpleQueue[int],
        done: queue.SimpleQueue[tuple[BatchRow, bool] | Exception],
    ) -> None:
        while not self._stop.is_set():
            try:
                index = todo.get_nowait()
            except queue.Empty:
                return
            prompt = self._job.prompts[index]
            try:
                row = BatchRow.of(index, prompt, self._answer(index))
                done.put((row, False))
            except _StoppedError:
                return
            except RealmError as error:
                if isinstance(error, _ENDS_ALL) or getattr(error, "status", 0) in _REFUSED:
                    done.put(error)
                    return
                row = BatchRow.failed(index, prompt, error)
                done.put((row, isinstance(error, _NO_ROOM)))
            except Exception as error:  # noqa: BLE001 - raised where the rows are read
                done.put(error)
                return

    def _answer(self, index: int) -> GenerationResponse:
        """Return the answer to a prompt; a server that broke off is asked again.

        A request with its seed gives the same text again, so that repeating it is safe.
        """
        for num_tries in range(1, _NUM_TRIES):
            try:
                return self._try(index)
            except (APIConnectionError, APITimeoutError):
                self._pause(_LONGEST_PAUSE_S * num_tries / _NUM_TRIES)
            except APIStatusError as error:
                if error.status in _REFUSED:
                    raise
                self._pause(_LONGEST_PAUSE_S * num_tries / _NUM_TRIES)
        return self._try(index)

    def _try(self, index: int) -> GenerationResponse:
        handle = self._start(index)
        with self._lock:
            self._running.add(handle)
            is_stopped = self._stop.is_set()
        if is_stopped:
            handle.cancel()
        try:
            response = handle.result()
        finally:
            with self._lock:
                self._running.discard(handle)
        if response.finish_reason != "cancelled":
            return response
        if self._stop.is_set():
            raise _StoppedError
        raise TenantClosedError(
            "the batch was cut off: its realm was closed, or its model unloaded"
        )

    def _start(self, index: int) -> GenerationHandle:
        """Start a prompt; wait while the backend has no place for it."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return self._backend.start(self._job.request(index))
            except TenantBusyError:
                self._pause(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            except TenantQuotaError as error:
                if error.retry_after_s <= 0:
                    raise
                self._pause(min(error.retry_after_s, _LONGEST_WAIT_S))

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _StoppedError


def _next(
    done: queue.SimpleQueue[tuple[BatchRow, bool] | Exception], cancel: CancelToken | None
) -> tuple[BatchRow, bool] | Exception | None:
    """Wait for the next row; None if the batch was cancelled."""
    while cancel is None or not cancel.is_cancelled:
        try:
            # On some systems an interrupt is only seen between waits.
            return done.get(timeout=_WAKE_S)
        except queue.Empty:
            continue
    return None
