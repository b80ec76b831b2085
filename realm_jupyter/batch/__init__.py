"""Offline work: thousands of prompts by continuous batching, resumable.

Knows the `Backend` only, so that it runs in process and in a server alike; `cluster.py`
spreads it over the machines of a Ray cluster.
"""

from __future__ import annotations

from realm_jupyter.batch.cluster_options import ClusterOptions
from realm_jupyter.batch.job import BatchJob
from realm_jupyter.batch.progress import BatchProgress
from realm_jupyter.batch.prompts import checked_prompts, prompts_of, read_items
from realm_jupyter.batch.result import BatchResult
from realm_jupyter.batch.row import BatchRow
from realm_jupyter.batch.run import rows_on_backend, run_batch

__all__ = [
    "BatchJob",
    "BatchProgress",
    "BatchResult",
    "BatchRow",
    "ClusterOptions",
    "checked_prompts",
    "prompts_of",
    "read_items",
    "rows_on_backend",
    "run_batch",
]
