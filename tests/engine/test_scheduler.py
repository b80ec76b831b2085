"""The scheduler against an executor and lanes that only keep records."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from realm_jupyter.engine import guest_thread
from realm_jupyter.engine.fairness import Share
from realm_jupyter.engine.grace import Grace
from realm_jupyter.engine.scheduler import Scheduler, prefill_chunk_tokens
from realm_jupyter.errors import TenantBusyError, TenantQuotaError

GUARD_S = 30
VOCAB = 4


class RecordingCache:
    def __init__(self):
        self.length = 0

    def truncate(self, length):
        self.length = length

    def reserve(self, num_tokens):
        pass


class RecordingExecutor:
    """Remembers each step as [(lane's name, number of tokens)]; logits are all zero."""

    def __init__(self):
        self.steps = []
        self.names = {}
        self.broken = set()

    def forward(self, batch, stop):
        step = [(self.names[chunk.cache], len(chunk.token_ids)) for chunk in batch]
        self.steps.append(step)
        for chunk in batch:
            chunk.cache.length += len(chunk.token_ids)
            if self.names[chunk.cache] in self.broken:
                raise MemoryError("no room for this lane")
        rows = {"none": 0, "last": 1}
        return [np.zeros((rows[chunk.outputs], VOCAB), np.float32) for chunk in batch]


class RecordingLane:
    def __init__(self, executor, name, prompt_tokens, max_tokens, share=None):
        self.cache = RecordingCache()
        self.share = share or Share()
        executor.names[self.cache] = name
        self.pending_ids = np.zeros(prompt_tokens, np.int32)
        self.is_prefill = True
        self.is_cancelled = False
        self.is_done = False
        self.error = None
        self.was_stopped = False
        self.num_largest = 0
        self.num_advanced = 0
        self.refusals = 0
        self.max_tokens = max_tokens
        self.ended = threading.Event()

    def find_prefix(self):
        pass

    def ran(self, num_tokens, duration_s):
        assert duration_s >= 0
        self.pending_ids = self.pending_ids[num_tokens:]

    def advance(self, logits):
        assert logits.shape == (VOCAB,)
        if self.refusals > 0:
            self.refusals -= 1
            return False
        self.is_prefill = False
        self.num_advanced += 1
        if self.num_advanced == self.max_tokens:
            self._end()
        else:
            self.pending_ids = np.zeros(1, np.int32)
        return True

    def answers_within(self, seconds):
        return False

    def stop(self):
        self.was_stopped = True
        self._end()

    def fail(self, error):
        self.error = error
        self._end()

    def _end(self):
        self.is_done = True
        self.pending_ids = np.zeros(0, np.int32)
        self.ended.set()


class BlockingLane(RecordingLane):
    """Its tokens come from another thread."""

    def __init__(self, *args, is_quick=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.has_logits = threading.Event()
        self.is_quick = is_quick

    def advance(self, logits):
        self.is_prefill = False
        self.num_advanced += 1
        self.has_logits.set()
        return True

    def answers_within(self, seconds):
        return self.is_quick and self.has_logits.is_set() and not self.is_cancelled

    def think(self, scheduler):
        """Ask for a token each time that there are logits, then end."""
        for _ in range(self.max_tokens - 1):
            assert self.has_logits.wait(GUARD_S)
            self.pending_ids = np.zeros(1, np.int32)
            self.has_logits.clear()
            scheduler.wake()
        assert self.has_logits.wait(GUARD_S)
        self.is_cancelled = True
        scheduler.wake()


@pytest.fixture
def executor():
    return RecordingExecutor()


@pytest.fixture
def scheduler(executor):
    scheduler = Scheduler(executor, "test", chunk_tokens=32)
    yield scheduler
    scheduler.close()


def submit_together(scheduler, lanes):
    """Have all lanes join at the same step."""
    with scheduler._condition:
        for lane in lanes:
            scheduler.submit(lane)


def test_a_lane_is_prefilled_once_and_decoded_to_its_end(executor, scheduler):
    lane = RecordingLane(executor, "a", prompt_tokens=5, max_tokens=3)
    scheduler.submit(lane)
    assert lane.ended.wait(GUARD_S)
    assert executor.steps == [[("a", 5)], [("a", 1)], [("a", 1)]]


def test_a_long_prompt_is_cut_in_fixed_places_and_lets_others_decode(executor, scheduler):
    short = RecordingLane(executor, "short", prompt_tokens=2, max_tokens=5)
    long = RecordingLane(executor, "long", prompt_tokens=100, max_tokens=1)
    submit_together(scheduler, [short, long])
    assert short.ended.wait(GUARD_S)
    assert long.ended.wait(GUARD_S)
    pieces = [count for step in executor.steps for name, count in step if name == "long"]
    assert pieces == [32, 32, 32, 4]
    with_long = [step for step in executor.steps[1:4] if any(name == "long" for name, _ in step)]
    assert all(("short", 1) in step for step in with_long)


def test_prompts_take_turns(executor, scheduler):
    lanes = [RecordingLane(executor, name, prompt_tokens=64, max_tokens=1) for name in "ab"]
    submit_together(scheduler, lanes)
    assert all(lane.ended.wait(GUARD_S) for lane in lanes)
    assert executor.steps == [[("a", 32)], [("b", 32)], [("a", 32)], [("b", 32)]]


def test_short_prompts_share_a_step(executor, scheduler):
    lanes = [RecordingLane(executor, name, prompt_tokens=8, max_tokens=1) for name in "abcd"]
    submit_together(scheduler, lanes)
    assert all(lane.ended.wait(GUARD_S) for lane in lanes)
    assert executor.steps == [[("a", 8), ("b", 8), ("c", 8), ("d", 8)]]


def test_a_cancelled_lane_leaves_before_the_next_step(executor, scheduler):
    lane = RecordingLane(executor, "a", prompt_tokens=1, max_tokens=-1)
    scheduler.submit(lane)
    while lane.num_advanced < 3:
        assert not lane.ended.wait(0.001)
    lane.is_cancelled = True
    steps_when_cancelled = len(executor.steps)
    scheduler.wake()
    assert lane.ended.wait(GUARD_S)
    assert lane.was_stopped
    # The step that ran while the flag was raised may finish, and no other begins.
    assert len(executor.steps) <= steps_when_cancelled + 2


def test_a_lane_whose_memory_fails_takes_no_other_with_it(executor, scheduler):
    executor.broken.add("bad")
    good = RecordingLane(executor, "good", prompt_tokens=3, max_tokens=4)
    bad = RecordingLane(executor, "bad", prompt_tokens=3, max_tokens=4)
    submit_together(scheduler, [good, bad])
    assert good.ended.wait(GUARD_S)
    assert bad.ended.wait(GUARD_S)
    assert isinstance(bad.error, MemoryError)
    assert good.error is None
    assert good.num_advanced == 4
    assert good.cache.length == 3 + 3


def test_a_busy_guest_is_offered_the_same_logits_again(executor, scheduler):
    busy = RecordingLane(executor, "busy", prompt_tokens=1, max_tokens=2)
    busy.refusals = 5
    other = RecordingLane(executor, "other", prompt_tokens=1, max_tokens=2)
    submit_together(scheduler, [busy, other])
    assert busy.ended.wait(GUARD_S)
    assert other.ended.wait(GUARD_S)
    assert sum(count for step in executor.steps for name, count in step if name == "busy") == 2


def test_closing_stops_every_lane_and_ends_the_thread(executor):
    scheduler = Scheduler(executor, "closing", chunk_tokens=32)
    lanes = [RecordingLane(executor, name, prompt_tokens=1, max_tokens=-1) for name in "abc"]
    for lane in lanes:
        scheduler.submit(lane)
    scheduler.close()
    assert all(lane.is_done for lane in lanes)
    assert not any(thread.name == "realm-scheduler-closing" for thread in threading.enumerate())
    with pytest.raises(RuntimeError, match="closed"):
        scheduler.submit(lanes[0])


@pytest.mark.parametrize(
    ("num_parameters", "expected"),
    [(1, 128), (3_000_000, 128), (900_000_000, 64), (1_100_000_000, 32), (70_000_000_000, 32)],
)
def test_chunks_shrink_with_the_model(num_parameters, expected):
    assert prefill_chunk_tokens(num_parameters) == expected


@pytest.mark.parametrize(
    ("num_parameters", "expected"),
    [(1, 128), (1_100_000_000, 128), (3_000_000_000, 64), (8_000_000_000, 32)],
)
def test_chunks_are_longer_where_nobody_decodes(num_parameters, expected):
    assert prefill_chunk_tokens(num_parameters, is_alone=True) == expected


def test_a_prompt_takes_longer_steps_while_nobody_decodes(executor):
    scheduler = Scheduler(executor, "alone", chunk_tokens=32, lone_chunk_tokens=64)
    short = RecordingLane(executor, "short", prompt_tokens=2, max_tokens=2)
    long = RecordingLane(executor, "long", prompt_tokens=200, max_tokens=1)
    submit_together(scheduler, [short, long])
    assert short.ended.wait(GUARD_S)
    assert long.ended.wait(GUARD_S)
    scheduler.close()
    assert executor.steps == [
        [("short", 2)],
        [("short", 1), ("long", 32)],
        [("long", 64)],
        [("long", 64)],
        [("long", 40)],
    ]


class WaitingExecutor(RecordingExecutor):
    """Each step goes on until it is stopped."""

    def __init__(self):
        super().__init__()
        self.has_begun = threading.Event()
        self.stops = []

    def forward(self, batch, stop):
        super().forward(batch, stop)
        for chunk in batch:
            chunk.cache.length = 0
        self.stops.append(stop)
        self.has_begun.set()
        until = time.monotonic() + GUARD_S
        while time.monotonic() < until:
            stop.check()
            time.sleep(0.001)
        return pytest.fail("nobody stopped the step")


def test_a_step_whose_lanes_are_all_cancelled_is_stopped():
    executor = WaitingExecutor()
    scheduler = Scheduler(executor, "waiting", chunk_tokens=32)
    lanes = [RecordingLane(executor, name, prompt_tokens=8, max_tokens=1) for name in "ab"]
    submit_together(scheduler, lanes)
    assert executor.has_begun.wait(GUARD_S)
    lanes[0].is_cancelled = True
    scheduler.wake()
    assert not executor.stops[0].is_set  # the other one wants it
    lanes[1].is_cancelled = True
    scheduler.wake()
    assert all(lane.ended.wait(GUARD_S) for lane in lanes)
    assert all(lane.was_stopped and lane.error is None for lane in lanes)
    assert executor.steps == [[("a", 8), ("b", 8)]]
    assert scheduler._running is None
    scheduler.close()


def test_closing_stops_the_running_step():
    executor = WaitingExecutor()
    scheduler = Scheduler(executor, "waiting", chunk_tokens=32)
    lane = RecordingLane(executor, "a", prompt_tokens=8, max_tokens=1)
    scheduler.submit(lane)
    assert executor.has_begun.wait(GUARD_S)
    scheduler.close()
    assert lane.was_stopped
    assert lane.error is None


def test_a_lane_that_is_cancelled_while_its_step_is_composed_ends_it():
    executor = WaitingExecutor()
    scheduler = Scheduler(executor, "waiting", chunk_tokens=32)
    lane = RecordingLane(executor, "a", prompt_tokens=8, max_tokens=1)

    def cancel(_num_tokens):
        lane.is_cancelled = True
        scheduler.wake()

    lane.cache.reserve = cancel
    scheduler.submit(lane)
    assert lane.ended.wait(GUARD_S)
    assert lane.was_stopped
    scheduler.close()


def test_a_tenant_with_many_prompts_takes_turns_with_one_that_has_one(executor, scheduler):
    many, one = Share(), Share()
    lanes = [
        RecordingLane(executor, name, prompt_tokens=32, max_tokens=1, share=many) for name in "abcd"
    ]
    lanes.append(RecordingLane(executor, "z", prompt_tokens=64, max_tokens=1, share=one))
    submit_together(scheduler, lanes)
    assert all(lane.ended.wait(GUARD_S) for lane in lanes)
    assert [step[0][0] for step in executor.steps] == ["a", "z", "b", "z", "c", "d"]


def test_a_higher_priority_goes_first(executor, scheduler):
    low, high = Share(priority=-1), Share(priority=1)
    lanes = [
        RecordingLane(executor, "low", prompt_tokens=64, max_tokens=1, share=low),
        RecordingLane(executor, "high", prompt_tokens=64, max_tokens=1, share=high),
    ]
    submit_together(scheduler, lanes)
    assert all(lane.ended.wait(GUARD_S) for lane in lanes)
    assert [name for step in executor.steps for name, _ in step] == ["high", "high", "low", "low"]


def test_who_comes_late_starts_level_and_saved_up_nothing(executor, scheduler):
    busy, late = Share(), Share()
    first = RecordingLane(executor, "busy", prompt_tokens=1, max_tokens=200, share=busy)
    scheduler.submit(first)
    assert first.ended.wait(GUARD_S)
    busy_again = RecordingLane(executor, "busy", prompt_tokens=96, max_tokens=1, share=busy)
    newcomer = RecordingLane(executor, "late", prompt_tokens=96, max_tokens=1, share=late)
    submit_together(scheduler, [busy_again, newcomer])
    assert busy_again.ended.wait(GUARD_S)
    assert newcomer.ended.wait(GUARD_S)
    names = [step[0][0] for step in executor.steps[200:]]
    assert names == ["busy", "late", "busy", "late", "busy", "late"]


def test_running_streams_advance_in_every_step_beside_long_prompts(executor, scheduler):
    stream = RecordingLane(executor, "stream", prompt_tokens=1, max_tokens=20)
    prompts = [RecordingLane(executor, f"p{i}", prompt_tokens=500, max_tokens=1) for i in range(5)]
    submit_together(scheduler, [stream, *prompts])
    assert stream.ended.wait(GUARD_S)
    steps = executor.steps[1:20]
    assert all(("stream", 1) in step for step in steps)
    # What else runs in a step is bounded, so that a step cannot become long.
    assert all(sum(count for _, count in step) <= 1 + 32 for step in steps)
    scheduler.close()


def test_more_lanes_than_a_step_holds_take_turns(executor):
    scheduler = Scheduler(executor, "crowded", chunk_tokens=32, step_lanes=2)
    mine, yours = Share(), Share()
    lanes = [
        RecordingLane(executor, name, prompt_tokens=1, max_tokens=9, share=mine) for name in "abc"
    ]
    lanes.append(RecordingLane(executor, "z", prompt_tokens=1, max_tokens=9, share=yours))
    submit_together(scheduler, lanes)
    assert all(lane.ended.wait(GUARD_S) for lane in lanes)
    scheduler.close()
    crowded = executor.steps[1:9]
    assert all(len(step) == 2 for step in crowded)
    # The tenant with one lane gets as much as the tenant with three.
    turns = [name for step in crowded for name, _ in step]
    assert turns.count("z") == 8
    assert {turns.count(name) for name in "abc"} <= {2, 3}


def test_a_queue_that_is_full_says_so(executor):
    scheduler = Scheduler(executor, "full", chunk_tokens=32, max_lanes=2)
    lanes = [RecordingLane(executor, name, prompt_tokens=1, max_tokens=-1) for name in "abc"]
    scheduler.submit(lanes[0])
    scheduler.submit(lanes[1])
    with pytest.raises(TenantBusyError, match="2 requests run or wait"):
        scheduler.submit(lanes[2])
    scheduler.close()


def test_a_lane_without_room_fails_alone_and_before_the_step(executor, scheduler):
    good = RecordingLane(executor, "good", prompt_tokens=3, max_tokens=4)
    full = RecordingLane(executor, "full", prompt_tokens=3, max_tokens=4)

    def refuse(num_tokens):
        raise TenantQuotaError("no room", tenant="full", quota="kv_bytes")

    full.cache.reserve = refuse
    submit_together(scheduler, [good, full])
    assert good.ended.wait(GUARD_S)
    assert full.ended.wait(GUARD_S)
    assert isinstance(full.error, TenantQuotaError)
    assert executor.steps == [[("good", 3)], *[[("good", 1)]] * 3]


def test_steps_are_logged(executor, scheduler):
    lane = RecordingLane(executor, "a", prompt_tokens=5, max_tokens=3)
    scheduler.submit(lane)
    assert lane.ended.wait(GUARD_S)
    samples = scheduler.steps.samples()
    assert [(s.num_sequences, s.num_tokens) for s in samples] == [(1, 5), (1, 1), (1, 1)]
    assert scheduler.steps.num_steps == 3
    ages = [sample.age_s for sample in samples]
    assert ages == sorted(ages, reverse=True)


def test_calls_between_steps_are_made_without_lanes_too(executor, scheduler):
    called = threading.Event()
    scheduler.call_soon(lambda: 1 / 0)
    scheduler.call_soon(called.set)
    assert called.wait(GUARD_S)


def test_a_step_waits_for_a_guest_that_is_about_to_ask(executor):
    scheduler = Scheduler(executor, "test", 32, grace=Grace(share=1e9, most_s=GUARD_S))
    try:
        lane = RecordingLane(executor, "a", prompt_tokens=1, max_tokens=5)
        guest = BlockingLane(executor, "b", prompt_tokens=1, max_tokens=5)
        thread = threading.Thread(target=guest.think, args=(scheduler,))
        thread.start()
        submit_together(scheduler, [lane, guest])
        assert lane.ended.wait(GUARD_S)
        assert guest.ended.wait(GUARD_S)
        thread.join(GUARD_S)
    finally:
        scheduler.close()
    assert [sorted(name for name, _ in step) for step in executor.steps] == [["a", "b"]] * 5


def test_a_step_does_not_wait_for_a_slow_guest(executor):
    scheduler = Scheduler(executor, "test", 32, grace=Grace(share=1e9, most_s=1e9))
    try:
        guest = BlockingLane(executor, "b", prompt_tokens=1, max_tokens=5, is_quick=False)
        lane = RecordingLane(executor, "a", prompt_tokens=1, max_tokens=5)
        submit_together(scheduler, [lane, guest])
        assert lane.ended.wait(GUARD_S)
    finally:
        scheduler.close()
    assert guest.num_advanced == 1
    assert guest.was_stopped


def test_a_guests_speed_is_that_of_its_last_answer(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(guest_thread, "monotonic", lambda: now[0])
    host = SimpleNamespace(share=Share(), is_ended=False)
    lane = guest_thread._GuestLane(host, RecordingCache(), None)
    token = np.zeros(1, np.int32)
    assert not lane.answers_within(1)  # it has no logits
    lane.advance(np.zeros(VOCAB, np.float32))
    assert lane.answers_within(1)
    now[0] += 0.5
    assert lane.answers_within(1)
    now[0] += 1
    assert not lane.answers_within(1)  # too late this time
    lane.post(token)
    lane.advance(np.zeros(VOCAB, np.float32))
    assert not lane.answers_within(1)  # too late the last time
    assert lane.answers_within(2)
    lane.post(token)
    lane.advance(np.zeros(VOCAB, np.float32))
    assert lane.answers_within(1)
    lane.is_done = True
    assert not lane.answers_within(1)
