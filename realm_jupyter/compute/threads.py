"""How many threads torch should use for a model on this machine.

Threads that share a processor with others wait for each other inside every operation:
on a busy or throttled machine that makes a small model fifty times slower. So small
models run on one thread, and large ones on no more than the process may use.
"""

from __future__ import annotations

import math
import os
import threading
from pathlib import Path

import torch

__all__ = ["SINGLE_THREAD_PARAMETERS", "choose_num_threads", "set_thread_count", "usable_cpus"]

SINGLE_THREAD_PARAMETERS = 16_000_000
"""Below this many weights a step on one thread takes less than starting several saves."""

_CGROUP = Path("/sys/fs/cgroup")


def usable_cpus() -> int:
    """Return how many processors this process may keep busy: affinity and CPU quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, math.ceil(min(count, _cpu_quota())))


def _cpu_quota() -> float:
    """Return the processors that the container's control group grants; infinite if all."""
    try:  # version 2
        quota, period = (_CGROUP / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:  # version 1
            quota = (_CGROUP / "cpu" / "cpu.cfs_quota_us").read_text()
            period = (_CGROUP / "cpu" / "cpu.cfs_period_us").read_text()
        except OSError:
            return math.inf
    try:
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (ValueError, ZeroDivisionError):  # "max"
        return math.inf


def choose_num_threads(num_parameters: int) -> int:
    """Return the number of threads for a model of this many weights.

    Notes
    -----
    Never more than torch is set to, so that ``OMP_NUM_THREADS`` and
    ``torch.set_num_threads`` keep their say.
    """
    if num_parameters < SINGLE_THREAD_PARAMETERS:
        return 1
    return max(1, min(torch.get_num_threads(), usable_cpus()))


def set_thread_count(num_threads: int) -> None:
    """Set torch's number of threads for work that the calling thread does.

    Notes
    -----
    ``torch.set_num_threads`` counts for the calling thread at once and for every thread
    that uses torch for the first time later. The second effect would slow the user's own
    code down, so it is undone, from a thread that then ends.
    """
    before = torch.get_num_threads()
    if before == num_threads:
        return
    torch.set_num_threads(num_threads)
    other = threading.Thread(target=torch.set_num_threads, args=(before,))
    other.start()
    other.join()
