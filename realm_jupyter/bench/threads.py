"""How many threads both sides use."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Any

from realm_jupyter.compute.threads import choose_num_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["num_threads_of", "thread_limit"]

# The second is what torch looks at when it is imported.
_VARIABLES = ("REALM_NUM_THREADS", "OMP_NUM_THREADS")


@contextlib.contextmanager
def thread_limit(num_threads: int | None) -> Iterator[None]:
    """Have executors made inside the block use this many threads.

    Parameters
    ----------
    num_threads : int, optional
        By default they choose for themselves.
    """
    changes = {} if num_threads is None else dict.fromkeys(_VARIABLES, str(num_threads))
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def num_threads_of(executor: Any, num_parameters: int) -> int:
    """Return how many threads an executor runs on.

    Parameters
    ----------
    executor : Executor
        Asked for its ``num_threads``; one that does not tell chose by the model's size.
    num_parameters : int
    """
    found = getattr(executor, "num_threads", None)
    return found if isinstance(found, int) else choose_num_threads(num_parameters)
