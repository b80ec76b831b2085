"""The clock that ends guest calls: exact, idle when nothing runs, safe from any thread."""

from __future__ import annotations

import math
import os
import threading
import time
import weakref

import pytest

from realm_jupyter.sandbox.watchdog import Watch, Watchdog


class Line:
    """Takes the place of an engine."""

    def __init__(self):
        self.ticks = 0
        self.ticked = threading.Event()

    def increment_epoch(self):
        self.ticks += 1
        self.ticked.set()


@pytest.fixture
def dog():
    dog = Watchdog(idle_s=0.05)
    yield dog
    thread = dog._thread
    if thread is not None:
        thread.join(10)
        assert not thread.is_alive()


def end_idle_thread(dog):
    thread = dog._thread
    dog.idle_s = 0.01
    with dog.lock:
        dog.lock.notify()
    thread.join(10)
    assert not dog.is_running


def make(dog, limit_s):
    line = Line()
    return line, Watch(line, limit_s, dog)


def test_a_call_past_its_deadline_gets_ticks_until_it_is_over(dog):
    line, watch = make(dog, 0.02)
    watch.start()
    for _ in range(3):
        assert line.ticked.wait(10)
        line.ticked.clear()
    watch.interrupt()
    assert watch.cause == "deadline"
    thread = dog._thread
    watch.stop()
    ticks = line.ticks
    thread.join(10)
    assert not dog.is_running
    assert line.ticks == ticks


def test_the_thread_keeps_no_call_that_is_over():
    dog = Watchdog(idle_s=1000)
    line, watch = make(dog, 0.02)
    watch.start()
    assert line.ticked.wait(10)  # the thread has looked at it
    watch.stop()  # waits for the lock, so the thread waits too
    kept = weakref.ref(watch)
    del watch
    assert kept() is None
    end_idle_thread(dog)


def test_a_call_that_ends_in_time_gets_no_tick(dog):
    line, watch = make(dog, 30)
    for _ in range(1000):
        watch.start()
        watch.stop()
    assert (line.ticks, watch.cause, watch.deadline) == (0, None, math.inf)


def test_an_earlier_deadline_wakes_the_thread_before_a_later_one(dog):
    late_line, late = make(dog, 60)
    late.start()
    line, watch = make(dog, 0.02)
    watch.start()
    assert line.ticked.wait(10)
    assert late_line.ticks == 0
    late.stop()
    watch.stop()


def test_a_paused_call_has_no_deadline_and_goes_on_with_what_is_left(dog):
    _, watch = make(dog, 20)
    watch.start()
    watch.deadline -= 12
    watch.pause()
    assert watch.deadline == math.inf
    watch.resume()
    left = watch.deadline - time.monotonic()
    assert 0 < left <= 8
    watch.pause()
    watch.resume(renew=True)
    assert 8 < watch.deadline - time.monotonic() <= 20
    watch.pause()
    watch.resume(is_failing=True)
    assert watch.deadline - time.monotonic() <= 1
    watch.stop()


def test_an_interrupt_ticks_at_once_even_while_a_host_function_runs(dog):
    line, watch = make(dog, 30)
    watch.start()
    watch.pause()
    watch.interrupt()
    assert line.ticks >= 1
    line.ticked.clear()
    watch.resume(renew=True)
    assert line.ticked.wait(10)
    assert watch.cause == "interrupt"
    watch.stop()


def test_an_interrupt_without_a_call_does_nothing(dog):
    line, watch = make(dog, 30)
    watch.interrupt()
    watch.start()
    watch.stop()
    watch.interrupt()
    assert line.ticks == 0
    watch.start()
    assert watch.cause is None
    watch.stop()


def test_the_thread_ends_when_nothing_runs_and_starts_again(dog):
    _, watch = make(dog, 30)
    assert not dog.is_running
    for _ in range(2):
        watch.start()
        thread = dog._thread
        assert thread.daemon
        watch.stop()
        thread.join(10)
        assert not dog.is_running


def test_an_idle_thread_sleeps_and_does_not_spin():
    dog = Watchdog(idle_s=1000)
    rounds = []
    original = dog.lock.wait
    asleep = threading.Event()

    def counting(timeout=None):
        rounds.append(timeout)
        if timeout > 900:
            asleep.set()
        return original(timeout)

    dog.lock.wait = counting
    line, watch = make(dog, 0.02)
    watch.start()
    assert line.ticked.wait(10)
    watch.stop()
    assert asleep.wait(10)
    # Until the deadline and the end of the call, and then once for good: no rhythm, whatever
    # the time that passes.
    assert [seconds > 900 for seconds in rounds].count(True) == 1
    end_idle_thread(dog)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_gets_a_clock_of_its_own(dog):
    line, watch = make(dog, 30)
    watch.start()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        status = 1
        try:
            own_line, own = make(dog, 0.02)
            own.start()
            status = 0 if own_line.ticked.wait(10) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    watch.stop()
    assert line.ticks == 0
    watch.interrupt()


def test_ticks_never_hit_the_next_call(dog):
    """Deadlines race with the ends of calls; a tick must belong to the call it ended."""
    errors = []

    def run():
        line, watch = make(dog, 0.0005)
        for _ in range(400):
            before = line.ticks
            watch.start()
            until = time.monotonic() + 0.0005
            while time.monotonic() < until:
                pass
            watch.stop()
            if (line.ticks > before) != (watch.cause is not None):
                errors.append((before, line.ticks, watch.cause))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
