"""A tenant: owner of guest instances and of the generations that run in them."""

from __future__ import annotations

import functools
import itertools
import threading
from functools import partial
from typing import TYPE_CHECKING

from realm_jupyter.engine.admission import Admission, Request
from realm_jupyter.engine.fairness import Share
from realm_jupyter.engine.kv_budget import TenantKVBudget
from realm_jupyter.engine.meter import Meter
from realm_jupyter.engine.prefix_cache import SequencePrefix
from realm_jupyter.errors import TenantBusyError, TenantClosedError
from realm_jupyter.limits import TenantLimits
from realm_jupyter.sandbox import GuestLimits, GuestModule
from realm_jupyter.stats import TenantStats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realm_jupyter.engine.loaded_model import LoadedModel
    from realm_jupyter.sandbox import GuestInstance

__all__ = ["Tenant"]

_numbers = itertools.count(1)

# `close` waits for the step in progress. A step of a huge model on a slow machine can
# take long; after this the instances are left to the thread that still uses them.
_CLOSE_WAIT_S = 30.0

# What most tenants have, checked once.
_NO_LIMITS = TenantLimits()


class Tenant:
    """Owner of one guest instance per model and of everything that runs in them.

    Parameters
    ----------
    guest : GuestModule, optional
        A guest of the user's own for generations; the shipped one by default. Text is
        tokenized by the shipped guest in any case.
    limits : TenantLimits, optional
    name : str, optional
        For people; by default a number.
    shares_prefixes : bool
        Whether it finds the kept prefixes of others who opted in, and they its own.

    Attributes
    ----------
    meter : Meter
    kv_budget : TenantKVBudget

    Notes
    -----
    Safe from any thread. A trapped instance is replaced at the next use.
    """

    def __init__(
        self,
        guest: GuestModule | None = None,
        limits: TenantLimits | None = None,
        *,
        name: str | None = None,
        shares_prefixes: bool = False,
    ) -> None:
        self.number = next(_numbers)
        self.name = name or f"tenant-{self.number}"
        self.guest = guest
        self.shares_prefixes = shares_prefixes
        self._limits = limits = limits or _NO_LIMITS
        self.meter = Meter(self.name, limits.tokens_per_minute)
        self.kv_budget = TenantKVBudget(self.name, limits.kv_bytes)
        self._admission = Admission(self.name, limits.num_sequences, limits.queue_length)
        self._lock = threading.RLock()
        self._instances: dict[LoadedModel, GuestInstance] = {}
        self._shares: dict[LoadedModel, Share] = {}
        self._prefixes: set[LoadedModel] = set()

    @property
    def limits(self) -> TenantLimits:
        """What it may use; new limits hold for what comes, guests' for new instances."""
        return self._limits

    @limits.setter
    def limits(self, limits: TenantLimits) -> None:
        with self._lock:
            self._limits = limits
            for share in self._shares.values():
                share.priority = limits.priority
        self.meter.set_rate(limits.tokens_per_minute)
        self.kv_budget.limit_bytes = limits.kv_bytes
        self._admission.num_sequences = limits.num_sequences
        self._admission.queue_length = limits.queue_length
        self._admission.start_waiting()

    @property
    def guest_limits(self) -> GuestLimits:
        """What each of its guest instances may use."""
        return _guest_limits(self._limits.guest_memory_bytes, self._limits.guest_deadline_ms)

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._admission.is_closed

    @property
    def num_generations(self) -> int:
        """Generations that run."""
        return self._admission.num_running

    @property
    def guest_memory_bytes(self) -> int:
        """Linear memory of all its instances."""
        with self._lock:
            return sum(instance.memory_bytes for instance in self._instances.values())

    def check_open(self) -> None:
        """Raise `TenantClosedError` if the tenant was closed."""
        if self.is_closed:
            raise TenantClosedError(f"{self.name} is closed", tenant=self.name)

    def instance(self, loaded: LoadedModel) -> GuestInstance:
        """Return the instance for a model, made at first use and after a trap."""
        self.check_open()
        with self._lock:
            found = self._instances.get(loaded)
            if found is not None and not found.is_broken:
                return found
        # Made outside the lock: loading a vocabulary takes a while.
        fresh = loaded.guests.instance(GuestModule.shipped(), limits=self.guest_limits)
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
        # Without the lock: asked of every tenant for every request.
        return loaded in self._instances

    def leave_model(self, loaded: LoadedModel) -> None:
        """End what runs on a model that is being unloaded and drop what it has of it."""
        self._admission.wait_for(self._admission.cancel(loaded), _CLOSE_WAIT_S)
        with self._lock:
            self._prefixes.discard(loaded)
            self._shares.pop(loaded, None)
            found = self._instances.pop(loaded, None)
        loaded.prefixes.leave(self)
        if found is not None:
            found.close()

    # -- what a generation needs ---------------------------------------------------

    def share_of(self, loaded: LoadedModel) -> Share:
        """Return its part of a model's time."""
        with self._lock:
            return self._shares.setdefault(loaded, Share(self._limits.priority))

    def prefix(self, loaded: LoadedModel) -> SequencePrefix:
        """Return where a new sequence looks for kept pages."""
        with self._lock:
            self.check_open()
            self._prefixes.add(loaded)
            space = loaded.prefixes.enter(self, self.kv_budget, is_shared=self.shares_prefixes)
        return SequencePrefix(loaded.prefixes, space)

    # -- generations ---------------------------------------------------------------

    def check_room(self) -> None:
        """Raise `TenantBusyError` if a request could not even wait, before work is done for it."""
        try:
            self._admission.check()
        except TenantBusyError:
            self.meter.refused()
            raise

    def enter(self, generation: object, request: Request, num_prompt_tokens: int) -> None:
        """Start a generation now, or when others of this tenant have ended.

        Raises
        ------
        TenantQuotaError
            If the tokens of this minute are used up.
        TenantBusyError
            If too many wait already.
        TenantClosedError
            If the tenant was closed.
        """
        self.meter.admit(num_prompt_tokens)
        try:
            self._admission.enter(generation, request)
        except (TenantBusyError, TenantClosedError):
            self.meter.withdraw(num_prompt_tokens)
            raise

    def leave(self, generation: object) -> None:
        """Take note that a generation ended."""
        self._admission.leave(generation)

    def withdraw(self, generation: object) -> None:
        """End a generation that was cancelled while it waited."""
        self._admission.withdraw(generation)

    def close(self, *, wait: bool = True) -> None:
        """End every generation and give everything back; twice is fine.

        Parameters
        ----------
        wait : bool
            Wait for the step in progress, so that all memory is free on return. A
            finalizer, which may run in any thread, must not wait.
        """
        self._admission.close()
        cancelled = self._admission.cancel()
        if wait:
            self._admission.wait_for(cancelled, _CLOSE_WAIT_S)
        with self._lock:
            instances = list(self._instances.values())
            self._instances.clear()
            prefixes = list(self._prefixes)
            self._prefixes.clear()
            self._shares.clear()
        for loaded in prefixes:
            if wait:
                loaded.prefixes.leave(self)
            else:
                loaded.scheduler.call_soon(partial(loaded.prefixes.leave, self))
        if wait:
            for instance in instances:
                instance.close()

    def stats(self, ids: Mapping[LoadedModel, str]) -> TenantStats:
        """Return what it did and holds.

        Parameters
        ----------
        ids : mapping of LoadedModel to str
            How the models are called.
        """
        meter = self.meter
        with self._lock:
            instances = dict(self._instances)
        num_running, num_queued = self._admission.num_running, self._admission.num_waiting
        num_open = num_running + num_queued
        return TenantStats(
            name=self.name,
            models=tuple(ids[loaded] for loaded in instances if loaded in ids),
            num_running=num_running,
            num_queued=num_queued,
            num_requests=meter.num_requests,
            num_finished=meter.num_finished,
            num_failed=max(0, meter.num_requests - meter.num_finished - num_open),
            num_refused=meter.num_refused,
            prompt_tokens=meter.prompt_tokens,
            cached_tokens=meter.cached_tokens,
            completion_tokens=meter.completion_tokens,
            tokens_left=meter.tokens_left,
            tokens_per_second=meter.tokens_per_second,
            ttft_ms=meter.ttft_ms,
            queue_ms=meter.queue_ms,
            kv_bytes=self.kv_budget.sequence_bytes,
            kept_kv_bytes=self.kv_budget.kept_bytes,
            guest_memory_bytes=sum(instance.memory_bytes for instance in instances.values()),
            guest_ms=1000 * meter.guest_s,
            shares_prefixes=self.shares_prefixes,
            limits=self._limits,
        )


@functools.lru_cache(maxsize=64)
def _guest_limits(memory_bytes: int, deadline_ms: int) -> GuestLimits:
    return GuestLimits(memory_bytes=memory_bytes, deadline_ms=deadline_ms)
