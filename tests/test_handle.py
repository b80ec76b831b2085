"""The handle of a generation: order, cancelling, waiting, asynchronous reading."""

from __future__ import annotations

import asyncio
import threading

import pytest

from realm_jupyter.errors import GuestTrapError
from realm_jupyter.handle import GenerationHandle
from realm_jupyter.types import GenerationResponse, Timings, TokenEvent, Usage

RESPONSE = GenerationResponse(
    text="ab",
    token_ids=(1, 2),
    finish_reason="stop",
    usage=Usage(1, 2),
    timings=Timings(0, 0, 0, 0, 0, 0),
    seed=1,
    model="m",
)


def event(text, index=0):
    return TokenEvent(text=text, token_id=index, index=index)


def test_events_come_in_order_and_the_response_after_them():
    handle = GenerationHandle()
    handle.put(event("a", 0))
    handle.put(event("b", 1))
    handle.finish(RESPONSE)
    assert [str(each) for each in handle] == ["a", "b"]
    assert handle.response is RESPONSE
    assert handle.result() is RESPONSE


def test_the_response_of_a_running_generation_is_an_error_that_says_how_to_wait():
    with pytest.raises(RuntimeError, match=r"result\(\) waits"):
        _ = GenerationHandle().response


def test_an_error_comes_after_the_events_before_it():
    handle = GenerationHandle()
    handle.put(event("a"))
    handle.fail(GuestTrapError("unreachable"))
    seen = []
    with pytest.raises(GuestTrapError, match="unreachable"):
        seen.extend(str(each) for each in handle)
    assert seen == ["a"]
    with pytest.raises(GuestTrapError):
        handle.result()


def test_cancelling_twice_calls_back_once():
    calls = []
    handle = GenerationHandle()
    handle.on_cancel(lambda: calls.append(1))
    handle.cancel()
    handle.cancel()
    assert calls == [1]
    assert handle.is_cancelled


def test_a_callback_that_comes_after_the_cancel_is_called_at_once():
    calls = []
    handle = GenerationHandle()
    handle.cancel()
    handle.on_cancel(lambda: calls.append(1))
    assert calls == [1]


def test_cancelling_an_ended_generation_changes_nothing():
    handle = GenerationHandle()
    handle.finish(RESPONSE)
    handle.cancel()
    assert not handle.is_cancelled


def test_leaving_the_loop_early_cancels():
    handle = GenerationHandle()
    handle.put(event("a"))
    iterator = iter(handle)
    next(iterator)
    iterator.close()
    assert handle.is_cancelled


def test_leaving_a_with_block_cancels():
    with GenerationHandle() as handle:
        pass
    assert handle.is_cancelled


def test_waiting_with_a_timeout_leaves_the_generation_running():
    handle = GenerationHandle()
    with pytest.raises(TimeoutError, match="still runs"):
        handle.result(timeout=0.01)
    assert not handle.is_cancelled


def test_a_reader_in_another_thread_is_woken():
    handle = GenerationHandle()
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(str(each) for each in handle))
    reader.start()
    handle.put(event("a"))
    handle.finish(RESPONSE)
    reader.join(30)
    assert seen == ["a"]


def test_asynchronous_reading_is_woken_from_another_thread():
    handle = GenerationHandle()

    async def read():
        return [str(each) async for each in handle]

    async def both():
        reading = asyncio.ensure_future(read())
        await asyncio.sleep(0)
        writer = threading.Thread(target=lambda: (handle.put(event("a")), handle.finish(RESPONSE)))
        writer.start()
        texts = await reading
        writer.join()
        return texts

    assert asyncio.run(both()) == ["a"]
    assert asyncio.run(handle.aresult()) is RESPONSE


def test_a_cancelled_task_cancels_the_generation():
    handle = GenerationHandle()

    async def read():
        async for _ in handle:
            pass

    async def cancel():
        task = asyncio.ensure_future(read())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert handle.is_cancelled


def test_a_producer_can_wait_for_a_slow_reader():
    handle = GenerationHandle()
    room = []
    handle.on_room(lambda: room.append(1))
    handle.limit_unread(2)
    assert not handle.is_full
    handle.put(event("a", 0))
    handle.put(event("b", 1))
    assert handle.is_full
    events = iter(handle)
    assert next(events).text == "a"
    assert not handle.is_full
    assert room == [1]
    next(events)
    assert room == [1]  # it was not full any more


def test_an_asynchronous_reader_makes_room_too():
    handle = GenerationHandle()
    room = []
    handle.on_room(lambda: room.append(1))
    handle.limit_unread(1)
    handle.put(event("a", 0))
    handle.finish(RESPONSE)

    async def read():
        return [item.text async for item in handle]

    assert asyncio.run(read()) == ["a"]
    assert room == [1]
