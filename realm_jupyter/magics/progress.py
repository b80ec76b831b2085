"""Work with a progress bar that the stop button ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from realm_jupyter.errors import LoadCancelledError
from realm_jupyter.types import CancelToken
from realm_jupyter.worker import Interrupts, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.magics.display import LoadBar
    from realm_jupyter.types import LoadProgress

__all__ = ["OnProgress", "with_bar"]

T = TypeVar("T")
OnProgress: TypeAlias = "Callable[[LoadProgress], None]"

_WAIT_S = 0.1


def with_bar(
    work: Callable[[OnProgress, CancelToken], T], bar: LoadBar, *, title: str, stopped: str
) -> T:
    """Do what reports `LoadProgress`, and show how far it is.

    Parameters
    ----------
    work : callable
        Called on a thread of its own with what takes the progress and what cancels it.
    bar : LoadBar
        Left for the caller to finish where all went well.
    title : str
        What is done, for the line that says that it failed.
    stopped : str
        The line that says that it was stopped.

    Raises
    ------
    LoadCancelledError
        If it was stopped; the bar says so already.
    RealmError
        Whatever else the work raises.
    """
    cancel = CancelToken()
    latest: list[LoadProgress] = []
    with Interrupts(cancel.cancel):
        worker = Worker(lambda: work(latest.append, cancel), "realm-work")
        while not worker.wait(_WAIT_S):
            if latest:
                bar.show(latest[-1])
                del latest[:-1]
        try:
            return worker.result()
        except LoadCancelledError:
            bar.finish(stopped, is_news=True)
            raise
        except Exception:
            bar.finish(f"{title} failed", is_news=False)
            raise
