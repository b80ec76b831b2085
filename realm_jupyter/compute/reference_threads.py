"""torch's number of threads, for the reference executor."""

from __future__ import annotations

import threading

import torch

from realm_jupyter.compute.threads import choose_num_threads

__all__ = ["choose_torch_threads", "set_thread_count"]


def choose_torch_threads(num_parameters: int) -> int:
    """Return the number of threads for a model of this many weights.

    Notes
    -----
    Never more than torch is set to, so that ``torch.set_num_threads`` keeps its say.
    """
    return max(1, min(torch.get_num_threads(), choose_num_threads(num_parameters)))


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
