"""Rounds, rests between them, figures: with sides and clocks that do as they are told."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from realm_jupyter.bench.cases import Case
from realm_jupyter.bench.idle import IdleWaiter
from realm_jupyter.bench.memory import _read_status, resident_bytes
from realm_jupyter.bench.rounds import MAX_STEPS, Rounds
from realm_jupyter.bench.spread import Figure, ratio_of
from realm_jupyter.bench.threads import num_threads_of, thread_limit
from realm_jupyter.compute.threads import choose_num_threads

PREFILL, DECODE, MANY = Case("prefill", 8), Case("decode", 1, 4), Case("decode", 3)


class FakeSide:
    def __init__(self, name, diary, unit_s=0.01):
        self.name = name
        self.diary = diary
        self.unit_s = unit_s
        self.prepared = {}

    def prepare(self, case, max_units):
        self.prepared[case] = max_units

    def run(self, case, num_units):
        self.diary.append((self.name, case, num_units))
        return self.unit_s * num_units

    def close(self):
        pass


class FakeIdle:
    def __init__(self, diary):
        self.diary = diary
        self.num_busy = 0

    def wait(self):
        self.diary.append("rest")


def make_rounds(diary, *, cases=(PREFILL, DECODE, MANY), seconds=0.1, context_length=1000):
    sides = [FakeSide("ours", diary), FakeSide("theirs", diary, unit_s=0.02)]
    rounds = Rounds(
        cases,
        sides,
        idle=FakeIdle(diary),
        seconds=seconds,
        context_length=context_length,
        say=lambda _line: None,
    )
    for side in sides:
        rounds.add_way(side.name, side.run)
    rounds.prepare()
    diary.clear()
    return rounds, sides


def test_sides_take_turns_and_rest_between():
    diary = []
    rounds, _ = make_rounds(diary, cases=(DECODE,))
    assert rounds.run(2) == 2
    units = rounds.num_units[DECODE]
    assert diary == [
        *("rest", ("ours", DECODE, units), "rest", ("theirs", DECODE, units)),
        *("rest", ("theirs", DECODE, units), "rest", ("ours", DECODE, units)),
    ]


def test_both_sides_do_the_same_work_for_the_time_that_was_asked():
    rounds, _ = make_rounds([], seconds=0.1)
    assert rounds.num_units == {PREFILL: 5, DECODE: 5, MANY: 5}  # the slower side takes 0.02 s
    assert make_rounds([], seconds=60)[0].num_units[DECODE] == MAX_STEPS
    rounds, sides = make_rounds([], seconds=60, context_length=20)
    assert rounds.num_units[DECODE] == 16
    assert sides[1].prepared[DECODE] == 16


def test_speeds_count_the_tokens_of_all_streams():
    rounds, _ = make_rounds([])
    rounds.run(3)
    assert rounds.figure(MANY, "ours").values == pytest.approx((300,) * 3)
    assert rounds.figure(PREFILL, "theirs").values == pytest.approx((400,) * 3)
    assert rounds.figure(PREFILL, "nobody") is None


def test_a_way_is_measured_only_where_it_applies():
    diary = []
    rounds, sides = make_rounds(diary)
    rounds.add_way("other", sides[1].run, lambda case: case.kind == "prefill")
    rounds.run(1)
    assert rounds.figure(PREFILL, "other") is not None
    assert rounds.figure(DECODE, "other") is None


def test_a_slow_unit_is_not_run_twice_to_warm_up():
    diary = []
    side = FakeSide("ours", diary, unit_s=5.0)
    rounds = Rounds(
        [PREFILL],
        [side],
        idle=FakeIdle(diary),
        seconds=0.1,
        context_length=100,
        say=lambda _line: None,
    )
    rounds.add_way("ours", side.run)
    rounds.prepare()
    assert [entry for entry in diary if entry != "rest"] == [("ours", PREFILL, 1)]
    assert rounds.num_units[PREFILL] == 1


def test_no_round_begins_when_time_is_up_but_one_is_always_run():
    said = []
    rounds, _ = make_rounds([])
    rounds._say = said.append
    assert rounds.run(7, deadline_s=0.0) == 1
    assert said[-1] == "out of time after 1 rounds"


class Machine:
    """A clock, and how much the process computes during each look."""

    def __init__(self, busy_looks):
        self.now = self.used = 0.0
        self.busy_looks = list(busy_looks)
        self.num_looks = 0

    def sleep(self, seconds):
        self.num_looks += 1
        self.now += seconds
        if self.busy_looks and self.busy_looks.pop(0):
            self.used += seconds

    def waiter(self):
        return IdleWaiter(lambda: self.used, lambda: self.now, self.sleep)


@pytest.mark.parametrize(("looks", "num_looks"), [((), 2), ((True, True), 4), ((False, True), 4)])
def test_two_quiet_looks_in_a_row_are_rest(looks, num_looks):
    machine = Machine(looks)
    waiter = machine.waiter()
    waiter.wait()
    assert machine.num_looks == num_looks
    assert waiter.num_busy == 0


def test_a_thread_that_never_rests_is_reported_after_a_second():
    machine = Machine([True] * 10_000)
    waiter = machine.waiter()
    waiter.wait()
    assert waiter.num_busy == 1
    assert 1 < waiter.longest_s < 1.1


def test_an_idle_process_is_at_rest():
    waiter = IdleWaiter()
    waiter.wait()
    assert waiter.longest_s < 60


def test_figures_have_a_middle_and_quartiles():
    figure = Figure((4.0, 1.0, 3.0, 2.0, 5.0), "s")
    assert figure.median == 3
    assert figure.quartiles == (2, 4)
    assert Figure((7.0,), "s").quartiles == (7, 7)
    assert figure.to_dict() == {
        "median": 3.0,
        "quartiles": [2.0, 4.0],
        "min": 1.0,
        "max": 5.0,
        "values": [4.0, 1.0, 3.0, 2.0, 5.0],
        "unit": "s",
    }


def test_a_ratio_is_taken_round_by_round():
    # In the second round something held both back.
    ratio = ratio_of(Figure((10.0, 2.0), "tok/s"), Figure((5.0, 1.0), "tok/s"))
    assert ratio.values == (2.0, 2.0)


def test_memory_is_read_from_the_system():
    assert _read_status("VmRSS:\t  12 kB\nRssAnon:\t 5 kB\nName: x\n") == (12 << 10, 5 << 10)
    found = resident_bytes()
    assert found is not None
    assert found[0] >= found[1] > 1 << 20


def test_threads_are_limited_inside_the_block_only(monkeypatch):
    monkeypatch.setenv("REALM_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with thread_limit(3):
        assert choose_num_threads(10) == 3
    assert os.environ["REALM_NUM_THREADS"] == "7"
    assert "OMP_NUM_THREADS" not in os.environ
    with thread_limit(None):
        assert choose_num_threads(10) == 7


def test_an_executor_tells_its_threads_or_they_are_chosen_by_size(monkeypatch):
    monkeypatch.delenv("REALM_NUM_THREADS", raising=False)
    assert num_threads_of(SimpleNamespace(num_threads=5), 10) == 5
    assert num_threads_of(SimpleNamespace(), 10) == 1
