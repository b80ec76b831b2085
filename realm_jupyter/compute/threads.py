"""How many threads to compute with on this machine.

Threads that share a processor with others wait for each other inside every operation:
on a busy or throttled machine that makes a small model fifty times slower. So small
models run on one thread, and large ones on no more than the process may use, one for
each physical core: two threads on one core share its multipliers. No torch here.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
from pathlib import Path

__all__ = [
    "SINGLE_THREAD_PARAMETERS",
    "choose_num_threads",
    "num_threads_wanted",
    "physical_cores",
    "usable_cpus",
]

SINGLE_THREAD_PARAMETERS = 16_000_000
"""Below this many weights a step on one thread takes less than starting several saves."""

_CGROUP = Path("/sys/fs/cgroup")
_PROC = Path("/proc")
_CPUS = Path("/sys/devices/system/cpu")
_VARIABLES = ("REALM_NUM_THREADS", "OMP_NUM_THREADS")
_MAX_THREADS = 512


def usable_cpus() -> int:
    """Return how many processors this process may keep busy: affinity and CPU quota."""
    return max(1, math.ceil(min(len(_affinity()), _cpu_quota())))


def _affinity() -> set[int]:
    """Return the numbers of the processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def physical_cores() -> int:
    """Return how many cores the usable processors are; two threads of a core are one.

    Notes
    -----
    Of Apple's processors the fast cores only: a slow one would hold up the others in every
    step. Where the system does not tell, every processor is a core.
    """
    if sys.platform == "darwin":
        return _apple_fast_cores() or len(_affinity())
    siblings = set()
    for cpu in _affinity():
        try:
            names = (_CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text()
        except OSError:
            names = str(cpu)
        siblings.add(names.strip())
    return max(1, len(siblings))


def _apple_fast_cores() -> int:
    count, size = ctypes.c_int32(0), ctypes.c_size_t(4)
    try:
        system = ctypes.CDLL(None)
        for name in (b"hw.perflevel0.physicalcpu", b"hw.physicalcpu"):
            if system.sysctlbyname(name, ctypes.byref(count), ctypes.byref(size), None, 0) == 0:
                return int(count.value)
    except (OSError, AttributeError):
        pass
    return 0


def _cpu_quota() -> float:
    """Return the processors that the control groups above this process grant."""
    quota = math.inf
    for folder in _cpu_groups():
        quota = min(quota, _group_quota(folder))
    return quota


def _cpu_groups() -> list[Path]:
    """Return this process's control groups for processors and those above them."""
    found = [_CGROUP, _CGROUP / "cpu"]
    try:
        lines = (_PROC / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return found
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers == "":
            root = _CGROUP
        elif "cpu" in controllers.split(","):
            root = _CGROUP / "cpu"
        else:
            continue
        group = root / path.strip("/")
        while root in group.parents:
            found.append(group)
            group = group.parent
    return found


def _group_quota(folder: Path) -> float:
    try:  # version 2
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:  # version 1
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
        except OSError:
            return math.inf
    try:
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (ValueError, ZeroDivisionError):  # "max"
        return math.inf


def num_threads_wanted() -> int | None:
    """Return what ``REALM_NUM_THREADS``, or else ``OMP_NUM_THREADS``, asks for, if anything."""
    for name in _VARIABLES:
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isdecimal() and 0 < int(text) <= _MAX_THREADS:
            return int(text)
    return None


def choose_num_threads(num_parameters: int, *, single_below: int = SINGLE_THREAD_PARAMETERS) -> int:
    """Return the number of threads for a model.

    Parameters
    ----------
    num_parameters : int
        Weights of the model.
    single_below : int
        Smaller models run on one thread.

    Notes
    -----
    ``REALM_NUM_THREADS`` decides where it is set, for small models too; ``OMP_NUM_THREADS``
    is an upper bound.
    """
    own = os.environ.get("REALM_NUM_THREADS", "").strip()
    wanted = num_threads_wanted()
    if wanted is not None and own == str(wanted):
        return wanted
    if num_parameters < single_below:
        return 1
    count = min(physical_cores(), usable_cpus())
    return max(1, count if wanted is None else min(count, wanted))
