"""A batch from its first prompt to its last row, here or on a cluster."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from realm_jupyter.batch.log import BatchLog
from realm_jupyter.batch.progress import BatchProgress
from realm_jupyter.batch.result import BatchResult
from realm_jupyter.batch.row import BatchRow
from realm_jupyter.batch.runner import BatchRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from os import PathLike

    from realm_jupyter.backend import Backend
    from realm_jupyter.batch.job import BatchJob
    from realm_jupyter.types import CancelToken

    RowSource = Callable[[BatchJob, Sequence[int], CancelToken | None], Iterator[BatchRow]]

__all__ = ["rows_on_backend", "run_batch"]


def rows_on_backend(backend: Backend, num_parallel: int) -> RowSource:
    """Return what runs the prompts of a job on a backend; see `run_batch`."""

    def rows(
        job: BatchJob, pending: Sequence[int], cancel: CancelToken | None
    ) -> Iterator[BatchRow]:
        return BatchRunner(backend, job, num_parallel).rows(pending, cancel)

    return rows


def run_batch(
    job: BatchJob,
    rows_of: RowSource,
    *,
    output: str | PathLike[str] | None = None,
    on_progress: Callable[[BatchProgress], None] | None = None,
    cancel: CancelToken | None = None,
) -> BatchResult:
    """Answer the prompts that have no answer yet.

    Parameters
    ----------
    job : BatchJob
    rows_of : callable
        Gets the job with a seed, the indices of the prompts to run and ``cancel``; yields
        their rows in any order. It is closed when nobody wants more.
    output : path-like, optional
        File that the rows are added to. Prompts that it answers already are not run again,
        those that failed are.
    on_progress : callable, optional
        Called with `BatchProgress` at the beginning and after each row.
    cancel : CancelToken, optional
        Ends the batch early; what is done is kept and returned.

    Returns
    -------
    BatchResult
        With a row for each prompt; those that were not run have neither text nor error.

    Raises
    ------
    ConfigError
        If ``output`` belongs to other prompts or options.
    """
    with contextlib.ExitStack() as stack:
        log = None if output is None else stack.enter_context(BatchLog(output, job))
        job, prompts = job.with_seed() if log is None else log.job, job.prompts
        done = {} if log is None else log.rows
        pending = [
            index
            for index in range(len(job.prompts))
            if index not in done or not done[index].is_answered
        ]
        started_s = time.monotonic()
        num_skipped = len(job.prompts) - len(pending)
        progress = BatchProgress(
            num_prompts=len(job.prompts), num_done=num_skipped, num_skipped=num_skipped
        )
        tell = on_progress or _nobody
        tell(progress)
        rows = stack.enter_context(contextlib.closing(rows_of(job, pending, cancel)))  # type: ignore[type-var]
        for row in rows if pending else ():
            if log is None:
                done[row.index] = row
            else:
                log.append(row)
            progress = replace(
                progress,
                num_done=progress.num_done + 1,
                num_failed=progress.num_failed + row.is_failed,
                num_tokens=progress.num_tokens + row.completion_tokens,
                elapsed_s=time.monotonic() - started_s,
            )
            tell(progress)
        return BatchResult(
            [
                done.get(index) or BatchRow(index=index, prompt=prompt)
                for index, prompt in enumerate(prompts)
            ],
            None if log is None else log.path,
        )


def _nobody(_progress: BatchProgress) -> None:
    """Tell nobody."""
