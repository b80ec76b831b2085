"""A tenant: owner of guest instances and of the generations that run in them."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from realm_jupyter.errors import TenantClosedError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.engine.loaded_model import LoadedModel

__all__ = ["Tenant"]

_numbers = itertools.count(1)

# `close` waits for the step in progress. A step of a huge model on a slow machine can
# take long; after this the instances are left to the thread that still uses them.
_CLOSE_WAIT_S = 30.0


class Tenant:
    """Owner of one guest instance per model and of everything that runs in them.

    Parameters
    ----------
    guest : GuestModule, optional
        A guest of the user's own for generations; the shipped one by default. Text is
        tokenized by the shipped guest in any case.
    limits : GuestLimits, optional

    Notes
    -----
    Safe from any thread. A trapped instance is replaced at the next use.
    """

    def __init__(self, guest: GuestModule | None = None, limits: GuestLimits | None = None) -> None:
        self.name = f"tenant-{next(_numbers)}"
        self.limits = limits or GuestLimits()
        self.guest = guest
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._instances: dict[LoadedModel, GuestInstance] = {}
        self._running: dict[object, tuple[LoadedModel, Callable[[], None]]] = {}
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    @property
    def num_generations(self) -> int:
        """Generations that run."""
        with self._lock:
            return len(self._running)

    @property
    def guest_memory_bytes(self) -> int:
        """Linear memory of all its instances."""
        with self._lock:
            return sum(instance.memory_bytes for instance in self._instances.values())

    def check_open(self) -> None:
        """Raise `TenantClosedError` if the tenant was closed."""
        if self._is_closed:
            raise TenantClosedError(f"{self.name} is closed", tenant=self.name)

    def instance(self, loaded: LoadedModel) -> GuestInstance:
        """Return the instance for a model, made at first use and after a trap."""
        self.check_open()
        with self._lock:
            found = self._instances.get(loaded)
            if found is not None and not found.is_broken:
                return found
        # Made outside the lock: loading a vocabulary takes a while.
        fresh = GuestInstance(GuestModule.shipped(), limits=self.limits)
        fresh.load_vocabulary(loaded.vocabulary_blob())
        with self._lock:
            found = self._instances.get(loaded)
            if found is not None and not found.is_broken:
                fresh.close()
                return found
            self._instances[loaded] = fresh
        if found is not None:
            found.close()
        return fresh

    def has_used(self, loaded: LoadedModel) -> bool:
        """Return whether it has an instance for a model."""
        with self._lock:
            return loaded in self._instances

    def leave_model(self, loaded: LoadedModel) -> None:
        """End what runs on a model that is being unloaded and drop its instance."""
        with self._idle:
            running = [entry for entry in self._running.items() if entry[1][0] is loaded]
        for _generation, (_, cancel) in running:
            cancel()
        with self._idle:
            ended = [generation for generation, _ in running]
            self._idle.wait_for(lambda: not self._running.keys() & set(ended), _CLOSE_WAIT_S)
            found = self._instances.pop(loaded, None)
        if found is not None:
            found.close()

    # -- generations ---------------------------------------------------------------

    def enter(self, generation: object, loaded: LoadedModel, cancel: Callable[[], None]) -> None:
        """Register a generation; ``cancel`` ends it when tenant or model go."""
        with self._lock:
            if not self._is_closed:
                self._running[generation] = (loaded, cancel)
                return
        self.check_open()

    def leave(self, generation: object) -> None:
        """Take note that a generation ended."""
        with self._idle:
            self._running.pop(generation, None)
            self._idle.notify_all()

    def close(self, *, wait: bool = True) -> None:
        """End every generation and give everything back; twice is fine.

        Parameters
        ----------
        wait : bool
            Wait for the step in progress, so that all memory is free on return. A
            finalizer, which may run in any thread, must not wait.
        """
        with self._lock:
            self._is_closed = True
            running = list(self._running.values())
        for _, cancel in running:
            cancel()
        with self._idle:
            if wait:
                self._idle.wait_for(lambda: not self._running, _CLOSE_WAIT_S)
            instances = list(self._instances.values())
            self._instances.clear()
        if wait:
            for instance in instances:
                instance.close()
