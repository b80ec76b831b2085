"""Nothing is lost, order is kept, and the number of messages is bounded."""

from __future__ import annotations

import threading

import pytest

from realm_jupyter.widget.pace import Pace

LONG_S = 3600


def test_the_first_change_is_sent_at_once_and_the_rest_together():
    flushed = threading.Event()
    pending, sent = [], []

    def flush():
        sent.append("".join(pending))
        pending.clear()
        flushed.set()

    with Pace(flush, LONG_S) as pace:
        pending.append("a")
        pace.poke()
        assert flushed.wait(20)
        for letter in "bcdefg":
            pending.append(letter)
            pace.poke()
        assert sent == ["a"]
    assert sent == ["a", "bcdefg"]


def test_nothing_to_send_is_nothing_sent():
    sent = []
    with Pace(lambda: sent.append(1), LONG_S):
        pass
    assert sent == []


def test_a_change_after_the_interval_is_sent_without_waiting_for_the_end():
    times = threading.Semaphore(0)
    with Pace(times.release, 0.0) as pace:
        for _ in range(5):
            pace.poke()
            assert times.acquire(timeout=20)


def test_flushes_never_overlap():
    inside = threading.Lock()
    overlaps = []

    def flush():
        if not inside.acquire(blocking=False):
            overlaps.append(1)
            return
        inside.release()

    with Pace(flush, 0.0) as pace:
        threads = [threading.Thread(target=lambda: [pace.poke() for _ in range(200)])] * 1
        threads += [threading.Thread(target=lambda: [pace.poke() for _ in range(200)])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert overlaps == []


def test_an_exception_in_the_block_still_flushes():
    sent = []

    def work():
        with Pace(lambda: sent.append(1), LONG_S) as pace:
            pace.poke()
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert sent == [1]
