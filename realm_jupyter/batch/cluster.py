"""A batch on the machines of a Ray cluster: Ray Data hands blocks of prompts to workers.

Ray is imported here only, and when a batch runs.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from realm_jupyter.batch.row import BatchRow
from realm_jupyter.batch.runner import BatchRunner
from realm_jupyter.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from realm_jupyter.backend import Backend
    from realm_jupyter.batch.cluster_options import ClusterOptions
    from realm_jupyter.batch.job import BatchJob
    from realm_jupyter.batch.run import RowSource
    from realm_jupyter.types import CancelToken

__all__ = ["connect", "rows_on_cluster"]

_BLOCKS_AT_ONCE = 2
_WAKE_S = 0.2


def connect(address: str | None) -> Any:
    """Return the module ``ray``, connected to a cluster.

    Parameters
    ----------
    address : str, optional
        As for `ClusterOptions`.

    Raises
    ------
    ConfigError
        If Ray is not installed, or there is no cluster at this address.
    """
    # Ray tells its makers about each cluster unless it is told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        raise ConfigError(
            f"a cluster needs the extra 'ray' ({error.name} is missing): "
            "pip install 'realm-jupyter[ray]'",
            field="cluster",
        ) from error
    if ray.is_initialized():
        return ray
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.WARNING}
    try:
        if address not in {None, "local"}:
            ray.init(address=address, **quiet)
        elif address == "local" or not _joined(ray, quiet):
            ray.init(address="local", include_dashboard=False, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = f"at {address}" if address else "here"
        raise ConfigError(
            f"there is no Ray cluster {where}: {' '.join(str(error).split())}; if it asks for a "
            "token, set RAY_AUTH_MODE=token",
            field="cluster",
            value=address,
        ) from error
    return ray


def _joined(ray: Any, quiet: Mapping[str, Any]) -> bool:
    """Join the cluster of ``RAY_ADDRESS`` or of this machine; return whether there is one."""
    try:
        ray.init(address="auto", **quiet)
    except ConnectionError:
        if os.environ.get("RAY_ADDRESS"):
            raise
        return False
    return True


class _Worker:
    """One copy of the model; Ray makes it an actor.

    Parameters
    ----------
    open_backend : callable
        Loads the model in this process.
    job : BatchJob
        Without prompts.
    num_parallel : int
        Prompts that run at once for one block.
    """

    def __init__(
        self, open_backend: Callable[[], Backend], job: BatchJob, num_parallel: int
    ) -> None:
        self._backend = open_backend()
        self._job = job
        self._num_parallel = num_parallel

    def __call__(self, block: Mapping[str, Any]) -> dict[str, list[str]]:
        """Answer a block of prompts."""
        prompts = {
            int(index): json.loads(prompt)
            for index, prompt in zip(block["index"], block["prompt"], strict=True)
        }
        job = replace(self._job, prompts=prompts)
        runner = BatchRunner(self._backend, job, self._num_parallel)
        return {"row": [json.dumps(row.to_dict()) for row in runner.rows(list(prompts))]}


def rows_on_cluster(open_backend: Callable[[], Backend], options: ClusterOptions) -> RowSource:
    """Return what runs the prompts of a job on a cluster; see `run_batch`.

    Parameters
    ----------
    open_backend : callable
        Loads the model in a worker's process; can be pickled.
    options : ClusterOptions

    Raises
    ------
    ConfigError
        If there is no cluster.
    """
    ray = connect(options.address)

    def rows(
        job: BatchJob, pending: Sequence[int], cancel: CancelToken | None
    ) -> Iterator[BatchRow]:
        dataset = _dataset(ray, open_backend, options, job, pending)
        blocks: queue.SimpleQueue[list[str] | Exception | None] = queue.SimpleQueue()
        is_left = threading.Event()
        thread = threading.Thread(
            target=_read, args=(dataset, blocks, is_left), name="realm-batch-cluster", daemon=True
        )
        thread.start()
        try:
            while cancel is None or not cancel.is_cancelled:
                with contextlib.suppress(queue.Empty):
                    block = blocks.get(timeout=_WAKE_S)
                    if block is None:
                        return
                    if isinstance(block, Exception):
                        raise block
                    for row in block:
                        yield BatchRow.from_dict(json.loads(row))
        finally:
            is_left.set()  # the workers end with the blocks that they have

    return rows


def _dataset(
    ray: Any,
    open_backend: Callable[[], Backend],
    options: ClusterOptions,
    job: BatchJob,
    pending: Sequence[int],
) -> Any:
    num_workers = options.workers_for(len(pending), ray.cluster_resources())
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    items = [
        {"index": index, "prompt": json.dumps(job.prompts[index], ensure_ascii=False)}
        for index in pending
    ]
    num_blocks = max(1, -(-len(items) // options.block_size))
    return ray.data.from_items(items, override_num_blocks=num_blocks).map_batches(
        _Worker,
        fn_constructor_args=(
            open_backend,
            replace(job, prompts=[]),
            max(1, options.num_parallel // _BLOCKS_AT_ONCE),
        ),
        batch_size=options.block_size,
        compute=ray.data.ActorPoolStrategy(
            size=num_workers,
            max_tasks_in_flight_per_actor=_BLOCKS_AT_ONCE,
            max_concurrent_calls_per_actor=_BLOCKS_AT_ONCE,
            enable_true_multi_threading=True,
        ),
        **options.actor_resources(),
    )


def _read(
    dataset: Any,
    blocks: queue.SimpleQueue[list[str] | Exception | None],
    is_left: threading.Event,
) -> None:
    try:
        for block in dataset.iter_batches(batch_size=None, prefetch_batches=0):
            blocks.put([str(row) for row in block["row"]])
            if is_left.is_set():
                return
        blocks.put(None)
    except Exception as error:  # noqa: BLE001 - raised by whoever reads the rows
        blocks.put(_unwrapped(error))


def _unwrapped(error: Exception) -> Exception:
    """Return the error of a worker instead of Ray's report of it."""
    cause: BaseException | None = error
    while cause is not None:
        inner = getattr(cause, "cause", None) or cause.__cause__
        if isinstance(cause, ModelError):
            return cause
        cause = inner if isinstance(inner, BaseException) else None
    return error
