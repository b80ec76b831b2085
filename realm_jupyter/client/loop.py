"""The event loop on which all clients of a process talk to their servers."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from realm_jupyter.errors import RealmError
    from realm_jupyter.types import CancelToken

__all__ = ["run", "the_loop", "unless_cancelled"]

T = TypeVar("T")

# A blocked wait wakes this often, because on some systems a signal such as the notebook's
# interrupt is only seen between waits.
_WAKE_S = 0.2
_POLL_S = 0.05

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_process_id = 0


def the_loop() -> asyncio.AbstractEventLoop:
    """Return the loop, which runs on a daemon thread of its own; a fork gets a new one."""
    global _loop, _process_id
    with _lock:
        if _loop is None or _process_id != os.getpid():
            _loop, _process_id = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="realm-client", daemon=True).start()
        return _loop


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the loop and wait for it; an interrupt cancels it.

    Raises
    ------
    RuntimeError
        If called on the loop itself.
    """
    future = asyncio.run_coroutine_threadsafe(work, the_loop())
    try:
        while True:
            done, _ = concurrent.futures.wait([future], timeout=_WAKE_S)
            if done:
                return future.result()
    except BaseException:
        future.cancel()
        raise


async def unless_cancelled(
    work: Coroutine[Any, Any, T], cancel: CancelToken | None, error: RealmError
) -> T:
    """Do work on the loop, or raise ``error`` as soon as ``cancel`` is raised."""
    working = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({working}, timeout=_POLL_S))[0]:
            if cancel is not None and cancel.is_cancelled:
                raise error
        return working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
