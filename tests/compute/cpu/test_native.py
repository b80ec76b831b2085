"""The native executor: the oracle's logits, and the same bits however a step is put together."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import numpy as np
import pytest

from realm_jupyter import Realm
from realm_jupyter.compute import create_executor
from realm_jupyter.compute.cpu.native import KV_TYPES, NativeModel
from realm_jupyter.compute.step_stop import StepStop, StepStoppedError
from realm_jupyter.errors import ConfigError, KVCacheError, ModelMemoryError, RealmError
from realm_jupyter.models import open_model
from support.native import chunk, logits_of, make_native, needs_library, relative_error
from support.tiny_models import ARCHITECTURES, tiny_model

pytestmark = needs_library

PROMPT = np.random.default_rng(0).integers(0, 320, 150).astype(np.int32)
OTHER = np.random.default_rng(1).integers(0, 320, 90).astype(np.int32)
EXACT = ("f32", "f16", "bf16")
NAMES = (
    *("gemma2-f32", "gemma3-f32", "llama-bf16", "llama-f16", "llama-f32", "llama-iq4_nl"),
    *("llama-iq4_xs", "llama-q2_k", "llama-q3_k_m", "llama-q4_0", "llama-q4_1"),
    *("llama-q4_k_m", "llama-q5_0", "llama-q5_1", "llama-q5_k_m", "llama-q6_k", "llama-q8_0"),
    *("llama-yarn-f32", "llama3-rope-f32", "mixtral-f32", "phi3-f32", "qwen2-f32"),
    *("qwen3-f32", "qwen3moe-f32"),
)
# Of the largest logit. Activations are rounded to 8 bits in front of quantized matrices;
# llama.cpp, which does the same, is 3 to 4 percent off the exact logits of such files.
TOLERANCE_EXACT, TOLERANCE_QUANTIZED = 1e-3, 0.04


@pytest.fixture(params=ARCHITECTURES)
def data(request):
    return tiny_model(request.param)


@pytest.fixture
def executor():
    executor = make_native(tiny_model())
    yield executor
    executor.close()


# ---- the oracle ----


@pytest.mark.conformance
@pytest.mark.parametrize("name", NAMES)
def test_logits_are_those_of_the_oracle(name, conformance_dir):
    folder = conformance_dir / "models"
    executor = make_native(folder / f"{name}.gguf")
    with np.load(folder / f"{name}.npz") as data:
        tokens, expected = data["tokens"], data["logits"]
    error = relative_error(logits_of(executor, tokens), expected)
    is_exact = name.endswith(EXACT)
    assert error <= (TOLERANCE_EXACT if is_exact else TOLERANCE_QUANTIZED)
    executor.close()


@pytest.mark.conformance
def test_the_greedy_text_of_a_real_model_is_exact(conformance_dir):
    folder = conformance_dir / "models"
    case = json.loads((folder / "stories260K-greedy.json").read_text())
    with Realm() as realm:
        model = realm.load_model(folder / "stories260K-f32.gguf", device="cpu", executor="native")
        response = realm.generate(case["prompt"], raw=True, temperature=0, max_tokens=196)
    assert model.executor == "native"
    assert (case["prompt"] + response.text)[: len(case["text"])] == case["text"]
    assert response.usage.completion_tokens == 196


def test_every_architecture_agrees_with_the_reference(data):
    native = logits_of(make_native(data), PROMPT)
    reference = create_executor(open_model(data), device="cpu", executor="reference")
    assert relative_error(native, logits_of(reference, PROMPT)) <= 1e-4


# ---- bits ----


def stepwise(executor, ids):
    cache = executor.new_cache()
    return np.concatenate([executor.forward([chunk(cache, [token])])[0] for token in ids])


def test_a_prompt_has_the_same_bits_whole_and_in_chunks_of_any_size(data):
    executor = make_native(data)
    whole = logits_of(executor, PROMPT)
    np.testing.assert_array_equal(stepwise(executor, PROMPT), whole)
    for size in (2, 7, 31, 64, 100):
        cache = executor.new_cache()
        parts = [
            executor.forward([chunk(cache, PROMPT[start : start + size], "all")])[0]
            for start in range(0, len(PROMPT), size)
        ]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_sequence_has_the_same_bits_alone_and_beside_others(data):
    executor = make_native(data)
    alone = logits_of(executor, PROMPT)
    others = [executor.new_cache() for _ in range(5)]
    own = executor.new_cache()
    for number, cache in enumerate(others):
        executor.forward([chunk(cache, OTHER[: 10 * number + 1], "none")])
    found = []
    for start in range(0, len(PROMPT), 10):
        batch = [chunk(cache, OTHER[start // 10 : start // 10 + 1]) for cache in others]
        batch.insert(2, chunk(own, PROMPT[start : start + 10], "all"))
        found.append(executor.forward(batch)[2])
    np.testing.assert_array_equal(np.concatenate(found), alone)


def test_many_streams_have_the_bits_of_one():
    executor = make_native(tiny_model())
    alone = stepwise(executor, PROMPT[:20])
    caches = [executor.new_cache() for _ in range(33)]
    for position in range(20):
        rows = executor.forward([chunk(cache, PROMPT[position : position + 1]) for cache in caches])
        for row in rows:
            np.testing.assert_array_equal(row[0], alone[position])


def test_forks_and_truncations_have_the_same_bits(data):
    executor = make_native(data)
    whole = logits_of(executor, PROMPT)
    cache = executor.new_cache()
    executor.forward([chunk(cache, PROMPT[:70], "none")])
    fork = cache.fork()
    executor.forward([chunk(cache, OTHER, "none")])
    cache.truncate(70)
    left, right = executor.forward(
        [chunk(cache, PROMPT[70:], "all"), chunk(fork, PROMPT[70:], "all")]
    )
    np.testing.assert_array_equal(left, whole[70:])
    np.testing.assert_array_equal(right, whole[70:])


def test_threads_do_not_change_bits(data):
    one, two = (make_native(data, num_threads=count) for count in (1, 2))
    assert (one.num_threads, two.num_threads) == (1, 2)
    np.testing.assert_array_equal(logits_of(one, PROMPT), logits_of(two, PROMPT))
    np.testing.assert_array_equal(stepwise(one, PROMPT[:20]), stepwise(two, PROMPT[:20]))


@pytest.mark.conformance
@pytest.mark.parametrize(
    "name", ["llama-q8_0", "llama-q4_0", "llama-q4_k_m", "llama-q5_k_m", "llama-q6_k", "llama-f16"]
)
def test_quantized_models_have_the_same_bits_in_every_way(name, conformance_dir):
    path = conformance_dir / "models" / f"{name}.gguf"
    one, two = (make_native(path, num_threads=count) for count in (1, 2))
    tokens = np.random.default_rng(2).integers(0, one.vocab_size, 40).astype(np.int32)
    whole = logits_of(two, tokens)
    np.testing.assert_array_equal(logits_of(one, tokens), whole)
    np.testing.assert_array_equal(stepwise(two, tokens), whole)
    caches = [two.new_cache() for _ in range(5)]
    batch = [chunk(cache, tokens, "all") for cache in caches]
    for rows in two.forward(batch):
        np.testing.assert_array_equal(rows, whole)


@pytest.mark.parametrize("kv_type", KV_TYPES)
def test_kv_types_agree_and_have_sizes(kv_type):
    executor = make_native(tiny_model(), kv_type=kv_type)
    exact = make_native(tiny_model())
    assert exact.kv_type == "f32"
    limit = {"auto": 0, "f32": 0, "f16": 2e-3, "q8_0": 5e-2}[kv_type]
    assert relative_error(logits_of(executor, PROMPT), logits_of(exact, PROMPT)) <= limit
    cache, other = executor.new_cache(), exact.new_cache()
    executor.forward([chunk(cache, PROMPT, "none")])
    exact.forward([chunk(other, PROMPT, "none")])
    share = {"auto": 1, "f32": 1, "f16": 0.5, "q8_0": 0.32}[kv_type]
    assert cache.memory_bytes <= share * other.memory_bytes
    np.testing.assert_array_equal(stepwise(executor, PROMPT[:80]), logits_of(executor, PROMPT[:80]))


def test_an_unknown_kv_type_is_refused():
    with pytest.raises(ConfigError, match="kv_type='int3' is unknown; use auto, f32, f16, q8_0"):
        make_native(tiny_model(), kv_type="int3")


# ---- errors and lifetimes ----


def test_a_failure_in_the_middle_leaves_every_cache_as_it_was(executor, monkeypatch):
    whole = logits_of(executor, PROMPT)
    cache, other = executor.new_cache(), executor.new_cache()
    executor.forward([chunk(cache, PROMPT[:10], "none")])

    def interrupted(*_, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(NativeModel, "forward", interrupted)
        with pytest.raises(KeyboardInterrupt):
            executor.forward([chunk(cache, OTHER), chunk(other, OTHER)])
    assert (cache.length, other.length) == (10, 0)
    assert (cache.num_pages, other.num_pages) == (1, 0)
    (rest,) = executor.forward([chunk(cache, PROMPT[10:], "all")])
    np.testing.assert_array_equal(rest, whole[10:])


def test_no_memory_for_pages_is_an_error_that_changes_nothing(executor, monkeypatch):
    cache = executor.new_cache()
    executor.forward([chunk(cache, PROMPT[:10], "none")])
    real = NativeModel.resize

    def resize(self, num_pages):
        if num_pages:
            raise MemoryError
        real(self, num_pages)

    monkeypatch.setattr(NativeModel, "resize", resize)
    wide = executor.new_cache()
    for _ in range(2):
        executor.forward([chunk(wide, OTHER, "none")])
        wide.truncate(0)
    with pytest.raises(ModelMemoryError, match="the KV cache needs"):
        executor.forward([chunk(executor.new_cache(), PROMPT) for _ in range(3)])
    assert cache.length == 10


def test_a_graph_that_the_library_refuses_is_an_error_that_leaves_nothing(monkeypatch):
    model = open_model(tiny_model())
    from realm_jupyter.compute.cpu import native  # noqa: PLC0415

    real = native.Program

    class Broken(real):
        def __init__(self, *args):
            super().__init__(*args)
            self.ops[3].inputs[0] = 1000

    monkeypatch.setattr(native, "Program", Broken)
    with pytest.raises(RealmError, match="does not take this model: op 3"):
        create_executor(model, device="cpu", executor="native")


def test_a_cache_may_be_freed_by_another_thread_while_a_step_runs(executor):
    """Freeing waits for the step or touches nothing of it; no bits change."""
    whole = logits_of(executor, PROMPT)
    stop = threading.Event()
    failures = []

    def make_and_free():
        while not stop.is_set():
            cache = executor.new_cache()
            try:
                cache.fork().free()
                cache.free()
            except KVCacheError as error:
                failures.append(error)

    worker = threading.Thread(target=make_and_free)
    worker.start()
    try:
        for _ in range(10):
            np.testing.assert_array_equal(logits_of(executor, PROMPT), whole)
    finally:
        stop.set()
        worker.join()
    assert failures == []


def test_closing_waits_for_the_step_and_ends_the_rest():
    executor = make_native(tiny_model())
    outcomes = []

    def run():
        try:
            for _ in range(10_000):
                logits_of(executor, PROMPT)
        except (RealmError, KVCacheError) as error:
            outcomes.append(str(error))

    worker = threading.Thread(target=run)
    worker.start()
    executor.close()
    worker.join()
    assert "closed" in outcomes[0]


def test_memory_is_counted_and_given_back(executor):
    assert executor.memory_bytes > 0
    assert executor.cache_bytes == 0
    cache = executor.new_cache()
    executor.forward([chunk(cache, PROMPT)])
    assert cache.num_pages == 3
    assert executor.cache_bytes >= cache.memory_bytes > 0
    cache.free()
    assert executor.cache_bytes == 0


def test_loading_and_generating_do_without_torch(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_model())
    code = f"""
import sys
import realm_jupyter
with realm_jupyter.Realm() as realm:
    info = realm.load_model({str(path)!r}, device="cpu")
    response = realm.generate("the cat", raw=True, max_tokens=5, temperature=0)
print(info.executor, response.usage.completion_tokens > 0, "torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split() == ["native", "True", "False"]


# ---- steps that nobody wants any more ----


@pytest.mark.parametrize("num_threads", [1, 2])
def test_a_step_that_is_stopped_leaves_its_caches_as_they_were(data, num_threads):
    executor = make_native(data, num_threads=num_threads)
    cache = executor.new_cache()
    executor.forward([chunk(cache, PROMPT[:70], "none")])
    stop = StepStop()
    stop.set()
    with pytest.raises(StepStoppedError):
        executor.forward([chunk(cache, OTHER, "all")], stop)
    assert cache.length == 70
    (found,) = executor.forward([chunk(cache, PROMPT[70:], "all")], StepStop())
    np.testing.assert_array_equal(found, logits_of(executor, PROMPT)[70:])


def test_a_short_step_runs_to_its_end(executor):
    stop = StepStop()
    stop.set()
    expected = logits_of(executor, PROMPT[:15])
    (found,) = executor.forward([chunk(executor.new_cache(), PROMPT[:15], "all")], stop)
    np.testing.assert_array_equal(found, expected)


def test_a_step_is_stopped_at_any_time(executor):
    expected = logits_of(executor, PROMPT)
    rng = np.random.default_rng(3)
    outcomes = set()
    for _ in range(200):
        cache, stop = executor.new_cache(), StepStop()
        timer = threading.Timer(rng.uniform(0, 0.004), stop.set)
        timer.start()
        try:
            (found,) = executor.forward([chunk(cache, PROMPT, "all")], stop)
        except StepStoppedError:
            assert cache.length == 0
            outcomes.add("stopped")
        else:
            np.testing.assert_array_equal(found, expected)
            outcomes.add("done")
        timer.join()
        cache.free()
    assert outcomes  # which of them depends on the machine
    np.testing.assert_array_equal(logits_of(executor, PROMPT), expected)
