"""A real trained model, through the guest, against llama2.c's own text."""

from __future__ import annotations

import json
import threading

import pytest

from realm_jupyter import CancelToken, Realm
from realm_jupyter.errors import LoadCancelledError

pytestmark = pytest.mark.conformance
GUARD_S = 120


@pytest.fixture(scope="module")
def stories(conformance_dir):
    with Realm() as realm:
        realm.load_model(conformance_dir / "models" / "stories260K-f32.gguf", "stories")
        yield realm


@pytest.fixture(scope="module")
def long_stories(conformance_dir):
    with Realm() as realm:
        realm.load_model(conformance_dir / "models" / "stories260K-long-f32.gguf", "long")
        yield realm


def test_greedy_text_is_the_oracles_character_for_character(stories, conformance_dir):
    case = json.loads((conformance_dir / "models" / "stories260K-greedy.json").read_text())
    response = stories.generate(case["prompt"], raw=True, temperature=0, max_tokens=196)
    text = case["prompt"] + response.text
    assert text[: len(case["text"])] == case["text"]
    assert response.usage.completion_tokens == 196


def test_two_models_interleaved_give_what_each_gives_alone(stories, conformance_dir):
    stories.load_model(conformance_dir / "models" / "llama-q4_k_m.gguf", "quantized")
    options = {"temperature": 0, "max_tokens": 16}

    def run(model):
        if model == "stories":
            return stories.generate("Once upon a time", model=model, raw=True, **options).text
        return stories.generate(token_ids=[1, 5, 9], model=model, **options).token_ids

    alone = {model: run(model) for model in ("stories", "quantized")}
    for _ in range(20):
        for model, expected in alone.items():
            assert run(model) == expected
    stories.unload_model("quantized")
    stories.use_model("stories")


def test_a_long_generation_is_cancelled_in_decode(long_stories):
    handle = long_stories.stream("Once upon a time", raw=True, max_tokens=100_000, ignore_eos=True)
    seen = []
    for event in handle:
        seen.append(event)
        if len(seen) == 20:
            threading.Thread(target=handle.cancel).start()
    response = handle.response
    assert response.finish_reason == "cancelled"
    assert len(response.token_ids) < 100_000
    assert response.text == "".join(map(str, seen))
    assert long_stories.generate("Once", raw=True, max_tokens=3).usage.completion_tokens == 3


def test_a_long_prompt_is_cancelled_in_prefill(long_stories):
    # 100,000 tokens of prompt take minutes; the first chunk is over long before.
    handle = long_stories.stream(token_ids=[1] + [400] * 100_000, max_tokens=5)
    loaded = long_stories._backend.engine.get("long")
    while loaded.executor.cache_bytes == 0:
        assert not handle.is_done
    handle.cancel()
    response = handle.result(timeout=GUARD_S)
    assert (response.finish_reason, response.text) == ("cancelled", "")
    assert long_stories.generate("Once", raw=True, max_tokens=3).usage.completion_tokens == 3
    # Pages of the chunks that ran are kept for the next prompt; no other is in use.
    pool = loaded.executor.pool
    assert pool.capacity - pool.num_free == loaded.prefixes.num_pages


def test_a_load_is_cancelled_from_another_thread(conformance_dir):
    cancel = CancelToken()
    reached = threading.Event()

    def wait_for_the_cancel(_progress):
        reached.set()
        while not cancel.is_cancelled:
            pass

    def cancel_when_reached():
        reached.wait(GUARD_S)
        cancel.cancel()

    canceller = threading.Thread(target=cancel_when_reached)
    canceller.start()
    with Realm() as realm:
        with pytest.raises(LoadCancelledError):
            realm.load_model(
                conformance_dir / "models" / "llama-q8_0.gguf",
                cancel=cancel,
                on_progress=wait_for_the_cancel,
            )
        assert realm.models() == []
    canceller.join(GUARD_S)


def test_streams_beside_a_long_prompt_go_on(long_stories):
    long_prompt = long_stories.stream(token_ids=[1] + [400] * 20_000, max_tokens=1)
    short = long_stories.generate("Once upon a time", raw=True, temperature=0, max_tokens=8)
    assert short.usage.completion_tokens == 8
    long_prompt.cancel()
    assert long_prompt.result(timeout=GUARD_S).finish_reason in {"cancelled", "length"}
