"""Executors as their users see them: ragged batches in, logits out."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from realm_jupyter.compute import Chunk, SequenceCache, create_executor, reference
from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.compute.reference import ReferenceExecutor
from realm_jupyter.compute.reference_ops import REFERENCE_OPS
from realm_jupyter.compute.step_stop import StepStop, StepStoppedError
from realm_jupyter.errors import (
    ConfigError,
    ContextLengthError,
    KVCacheError,
    ModelMemoryError,
    PromptError,
    RealmError,
)
from realm_jupyter.graph import Rope
from realm_jupyter.models import open_model
from support.tiny_models import ARCHITECTURES, tiny_model

PROMPT = np.random.default_rng(0).integers(0, 320, 30).astype(np.int32)
OTHER = np.random.default_rng(1).integers(0, 320, 100).astype(np.int32)


needs_library = pytest.mark.skipif(
    not isinstance(find_library(), Library), reason="there is no native library here"
)
EXECUTORS = ("reference", pytest.param("native", marks=needs_library))


@pytest.fixture(params=EXECUTORS)
def name(request):
    return request.param


def make(name, data=None):
    model = open_model(tiny_model() if data is None else data)
    return create_executor(model, device="cpu", executor=name)


@pytest.fixture(params=ARCHITECTURES)
def any_executor(request, name):
    executor = make(name, tiny_model(request.param))
    yield executor
    executor.close()


@pytest.fixture
def executor(name):
    executor = make(name)
    yield executor
    executor.close()


@pytest.fixture
def reference_executor():
    executor = make("reference")
    yield executor
    executor.close()


def chunk(cache, ids, outputs="last"):
    return Chunk(cache, np.asarray(ids, np.int32), outputs)


def logits_of(executor, ids):
    (logits,) = executor.forward([chunk(executor.new_cache(), ids, "all")])
    return logits


def assert_close(found, expected):
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_whole_token_by_token_and_ragged_agree(any_executor):
    executor = any_executor
    whole = logits_of(executor, PROMPT)
    assert np.isfinite(whole).all()
    cache = executor.new_cache()
    steps = [executor.forward([chunk(cache, [token])])[0] for token in PROMPT]
    assert_close(np.concatenate(steps), whole)

    caches = [executor.new_cache() for _ in range(3)]
    executor.forward([chunk(caches[0], OTHER[:70], "none")])
    found = []
    for start, stop in ((0, 7), (7, 8), (8, 30)):
        batch = [
            chunk(caches[0], OTHER[70 + start : 71 + start]),
            chunk(caches[1], PROMPT[start:stop], "all"),
            chunk(caches[2], OTHER[start:stop], "none"),
        ]
        first, own, none = executor.forward(batch)
        assert first.shape == (1, executor.vocab_size)
        assert none.shape == (0, executor.vocab_size)
        found.append(own)
    assert_close(np.concatenate(found), whole)


def test_outputs_choose_rows(executor):
    whole = logits_of(executor, PROMPT)
    (last,) = executor.forward([chunk(executor.new_cache(), PROMPT)])
    assert_close(last, whole[-1:])
    cache = executor.new_cache()
    (none,) = executor.forward([chunk(cache, PROMPT[:10], "none")])
    assert none.shape == (0, executor.vocab_size)
    assert cache.length == 10
    (rest,) = executor.forward([chunk(cache, PROMPT[10:], "all")])
    assert_close(rest, whole[10:])


def test_empty_chunks_and_batches_are_allowed(executor):
    assert executor.forward([]) == []
    cache, other = executor.new_cache(), executor.new_cache()
    empty, one = executor.forward([chunk(cache, []), chunk(other, PROMPT)])
    assert empty.shape == (0, executor.vocab_size)
    assert one.shape == (1, executor.vocab_size)
    assert executor.forward([chunk(cache, [], "all")])[0].shape == (0, executor.vocab_size)
    assert cache.length == 0


def test_forks_and_truncations_see_their_own_past(executor):
    whole = logits_of(executor, PROMPT)
    cache = executor.new_cache()
    executor.forward([chunk(cache, PROMPT[:20], "none")])
    fork = cache.fork()
    executor.forward([chunk(cache, OTHER[:80], "none")])
    cache.truncate(20)
    left, right = executor.forward(
        [chunk(cache, PROMPT[20:], "all"), chunk(fork, PROMPT[20:], "all")]
    )
    assert_close(left, whole[20:])
    assert_close(right, whole[20:])


def test_caches_meet_their_protocol(executor):
    cache = executor.new_cache()
    assert isinstance(cache, SequenceCache)
    executor.forward([chunk(cache, PROMPT, "none")])
    assert cache.memory_bytes == cache.num_pages * 64 * 2 * (2 * 2 * 16) * 4
    assert executor.cache_bytes >= cache.memory_bytes
    cache.free()
    assert executor.cache_bytes == 0


def test_two_models_do_not_disturb_each_other(name):
    executors = [make(name, tiny_model(seed=seed)) for seed in (1, 2)]
    alone = [logits_of(executor, PROMPT) for executor in executors]
    caches = [executor.new_cache() for executor in executors]
    for position, token in enumerate(PROMPT):
        for executor, cache, expected in zip(executors, caches, alone, strict=True):
            (logits,) = executor.forward([chunk(cache, [token])])
            assert_close(logits, expected[position : position + 1])


def test_the_result_does_not_change_under_later_work(executor):
    cache = executor.new_cache()
    (first,) = executor.forward([chunk(cache, PROMPT)])
    kept = first.copy()
    executor.forward([chunk(cache, OTHER)])
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize("token", [320, -1, 2**31 - 1])
def test_ids_beyond_the_vocabulary_are_errors_that_change_nothing(executor, token):
    cache, other = executor.new_cache(), executor.new_cache()
    with pytest.raises(PromptError, match=f"{token} is not in the vocabulary of 320"):
        executor.forward([chunk(other, PROMPT), chunk(cache, [1, token])])
    assert cache.length == other.length == 0
    assert executor.cache_bytes == 0


def test_token_ids_come_in_one_row(executor):
    with pytest.raises(PromptError, match=r"\(1, 2\)"):
        executor.forward([chunk(executor.new_cache(), [[1, 2]])])


def test_the_context_length_is_a_limit_that_can_be_reached(executor):
    cache = executor.new_cache()
    executor.forward([chunk(cache, np.zeros(255), "none")])
    with pytest.raises(ContextLengthError) as caught:
        executor.forward([chunk(cache, [1, 2])])
    assert (caught.value.num_tokens, caught.value.context_length) == (257, 256)
    executor.forward([chunk(cache, [1])])
    assert cache.length == executor.context_length == 256


def test_caches_that_do_not_belong_are_refused(executor, name):
    cache = executor.new_cache()
    with pytest.raises(KVCacheError, match="twice"):
        executor.forward([chunk(cache, [1]), chunk(cache, [2])])
    other = make(name)
    for stranger in (other.new_cache(), object()):
        with pytest.raises(KVCacheError, match="another executor"):
            executor.forward([Chunk(stranger, np.array([1], np.int32))])
    cache.free()
    with pytest.raises(KVCacheError, match="freed"):
        executor.forward([chunk(cache, [1])])


def test_a_failure_in_the_middle_leaves_every_cache_as_it_was(reference_executor, monkeypatch):
    executor = reference_executor
    whole = logits_of(executor, PROMPT)
    cache, other = executor.new_cache(), executor.new_cache()
    executor.forward([chunk(cache, PROMPT[:10], "none")])

    def interrupted(*_):
        raise KeyboardInterrupt

    program = executor._program
    monkeypatch.setattr(
        executor, "_program", [*program[:-3], program[-3]._replace(step=interrupted)]
    )
    with pytest.raises(KeyboardInterrupt):
        executor.forward([chunk(cache, OTHER), chunk(other, OTHER)])
    monkeypatch.undo()
    assert (cache.length, other.length) == (10, 0)
    assert (cache.num_pages, other.num_pages) == (1, 0)
    (rest,) = executor.forward([chunk(cache, PROMPT[10:], "all")])
    assert_close(rest, whole[10:])


def test_a_step_that_is_stopped_leaves_every_cache_as_it_was(any_executor):
    cache, other = any_executor.new_cache(), any_executor.new_cache()
    any_executor.forward([chunk(cache, PROMPT[:10], "none")])
    stop = StepStop()
    stop.set()
    with pytest.raises(StepStoppedError):
        any_executor.forward([chunk(cache, PROMPT[10:]), chunk(other, OTHER)], stop)
    assert (cache.length, other.length) == (10, 0)
    (found,) = any_executor.forward([chunk(cache, PROMPT[10:], "all")], StepStop())
    assert_close(found, logits_of(any_executor, PROMPT)[10:])


def test_no_memory_for_the_second_sequence_leaves_the_first_as_it_was(executor, monkeypatch):
    first, second = executor.new_cache(), executor.new_cache()
    real = type(second).reserve

    def reserve(cache, num_tokens):
        if cache is second:
            raise ModelMemoryError("no memory left")
        return real(cache, num_tokens)

    monkeypatch.setattr(type(second), "reserve", reserve)
    with pytest.raises(ModelMemoryError):
        executor.forward([chunk(first, PROMPT), chunk(second, PROMPT)])
    assert (first.length, first.num_pages, executor.cache_bytes) == (0, 0, 0)


def test_an_op_that_the_executor_lacks_is_an_error_at_load(monkeypatch):
    monkeypatch.setattr(
        reference,
        "REFERENCE_OPS",
        {kind: make for kind, make in REFERENCE_OPS.items() if kind is not Rope},
    )
    with pytest.raises(ConfigError, match="does not have the op rope that 'llama' models need"):
        make("reference")


def test_a_closed_executor_holds_nothing(name):
    executor = make(name)
    cache = executor.new_cache()
    executor.forward([chunk(cache, PROMPT)])
    executor.close()
    executor.close()
    assert executor.memory_bytes == executor.cache_bytes == 0
    cache.free()
    for use in (executor.new_cache, lambda: executor.forward([])):
        with pytest.raises(RealmError, match="closed"):
            use()


def in_new_thread(function):
    found = []
    worker = threading.Thread(target=lambda: found.append(function()))
    worker.start()
    worker.join()
    return found[0]


def test_other_threads_keep_their_number_of_torch_threads(reference_executor):
    executor = reference_executor
    default = in_new_thread(torch.get_num_threads)
    here = torch.get_num_threads()

    def work():
        executor.forward([chunk(executor.new_cache(), PROMPT)])
        return torch.get_num_threads()

    assert in_new_thread(work) == 1
    assert in_new_thread(torch.get_num_threads) == default
    assert torch.get_num_threads() == here


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_op_has_a_reference(architecture):
    executor = make("reference", tiny_model(architecture))
    assert isinstance(executor, ReferenceExecutor)
    assert executor.name == "reference"
    assert executor.device == "cpu"
