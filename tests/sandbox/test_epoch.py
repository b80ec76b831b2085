"""One engine for all: a tick ends the call that it is meant for, and no other."""

from __future__ import annotations

import gc
import threading

import pytest

from realm_jupyter.errors import GuestLimitError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule, epoch, settings
from realm_jupyter.sandbox.watchdog import Watch
from support.guest_wat import blocking_guest

GUARD_S = 60
LOOP = "(call $log (i32.const 1) (i32.const 0) (i32.const 0)) (loop $again br $again) i32.const 1"


class Looper:
    """An instance that loops in a thread of its own."""

    def __init__(self, module, make_host, deadline_ms=10**7):
        host = make_host()
        self.is_looping = threading.Event()
        host.on_call = lambda *_call: self.is_looping.set()
        self.instance = GuestInstance(module, host, GuestLimits(deadline_ms=deadline_ms))
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.is_looping.wait(GUARD_S)

    def _run(self):
        try:
            self.instance.generate(b"")
        except GuestLimitError as error:
            self.error = error


@pytest.fixture
def module():
    return GuestModule.from_bytes(blocking_guest(LOOP), "looper")


def test_guests_that_run_at_once_are_ended_one_by_one(module, make_host):
    loopers = [Looper(module, make_host) for _ in range(4)]
    for number, looper in enumerate(loopers):
        looper.instance.interrupt()
        looper.thread.join(GUARD_S)
        assert looper.error.limit == "interrupt"
        assert all(other.thread.is_alive() for other in loopers[number + 1 :])


def test_a_tick_is_not_lost_on_a_guest_that_is_asked_about_another(module, make_host, monkeypatch):
    looper = Looper(module, make_host)
    asked = []

    def is_ending(watch):
        if not asked:
            asked.append(watch)
            watch.interrupt()  # after the answer was found, and before the guest has it
            return False
        return watch.cause is not None

    monkeypatch.setattr(Watch, "is_ending", property(is_ending))
    looper.instance._watch._engine.increment_epoch()  # meant for somebody else
    looper.thread.join(GUARD_S)
    assert asked == [looper.instance._watch]
    assert looper.error.limit == "interrupt"


def test_the_deadline_of_one_is_not_the_deadline_of_another(module, make_host):
    patient = Looper(module, make_host)
    hasty = Looper(module, make_host, deadline_ms=50)
    hasty.thread.join(GUARD_S)
    assert hasty.error.limit == "deadline"
    assert "50 ms at function" in str(hasty.error)
    assert patient.thread.is_alive()
    patient.instance.close()
    patient.thread.join(GUARD_S)
    assert "was closed" in str(patient.error)


def test_nothing_is_kept_of_an_instance_that_is_gone(module):
    before = set(epoch._endings)
    instances = [GuestInstance(module) for _ in range(5)]
    added = set(epoch._endings) - before
    assert len(added) == 5
    for instance in instances:
        instance.close()
    del instance, instances
    gc.collect()
    assert not added & set(epoch._endings)


def test_threads_that_come_at_once_get_one_engine(monkeypatch):
    monkeypatch.setattr(settings, "_engines", {})
    barrier = threading.Barrier(8)
    found = []

    def run():
        barrier.wait(GUARD_S)
        found.append(settings.shared_engine(1 << 20))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD_S)
    assert len(found) == 8
    assert len(set(map(id, found))) == 1
