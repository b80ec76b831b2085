"""Same seed, same text: the native executor gives a tenant the same bits in any company."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter import RealmRegistry
from support.logits_log import logits_log, logits_of
from support.native import needs_library
from support.tiny_gguf import write_tiny_llama

GUARD_S = 120


def some_ids(seed, count):
    return np.random.default_rng(seed).integers(0, 3000, count).tolist()


SYSTEM = some_ids(1, 200)
QUESTION = some_ids(2, 30)
OPTIONS = {"seed": 5, "max_tokens": 12, "ignore_eos": True}


def load(**options):
    registry = RealmRegistry()
    registry.load_model("paris", "paris", executor="native", **options)
    return registry


@pytest.fixture(scope="module", params=["f16", "q8_0"])
def kv_type(request):
    return request.param


@pytest.fixture(scope="module")
def cold(kv_type):
    """The response and the logits of a tenant that is alone and finds nothing kept."""
    with load(kv_type=kv_type, prefix_cache_bytes=0) as registry:
        assert registry.stats().models[0].kv_type == kv_type
        return logits_of(registry.realm("paris"), SYSTEM + QUESTION, **OPTIONS)


@pytest.fixture
def registry(kv_type):
    with load(kv_type=kv_type) as registry:
        yield registry


@needs_library
def test_with_its_own_kept_prefix(registry, cold):
    realm = registry.realm("paris")
    realm.generate(token_ids=[*SYSTEM, 7, 8, 9], max_tokens=1)
    warm, logits = logits_of(realm, SYSTEM + QUESTION, **OPTIONS)
    assert warm.usage.cached_tokens == 192
    assert (warm.token_ids, warm.text) == (cold[0].token_ids, cold[0].text)
    assert logits == cold[1]


@needs_library
def test_with_a_kept_answer(registry, cold):
    realm = registry.realm("paris")
    first = realm.generate(token_ids=SYSTEM, max_tokens=80, ignore_eos=True, seed=1)
    follow_up = [*SYSTEM, *first.token_ids, *QUESTION]
    warm, logits = logits_of(realm, follow_up, **OPTIONS)
    assert warm.usage.cached_tokens == 256
    with load(kv_type=registry.stats().models[0].kv_type, prefix_cache_bytes=0) as other:
        # Weights and kept pages belong to the process: from here on nothing is kept.
        alone, expected = logits_of(other.realm("paris"), follow_up, **OPTIONS)
    assert alone.usage.cached_tokens == 0
    assert (warm.text, logits) == (alone.text, expected)


@needs_library
def test_a_chat_goes_on_from_its_last_turn(registry):
    realm = registry.realm("paris")
    turns = [
        {"role": "system", "content": "Answer in one short sentence. " * 12},
        {"role": "user", "content": "What is the capital of France?"},
    ]
    first = realm.chat(turns, temperature=0)
    turns += [
        {"role": "assistant", "content": first.text},
        {"role": "user", "content": "And of Italy?"},
    ]
    second = realm.chat(turns, temperature=0)
    cached = second.usage.cached_tokens
    assert cached == first.usage.prompt_tokens // 64 * 64 >= 64
    assert realm.stats().cached_tokens == cached
    assert second.text == registry.realm("paris").chat(turns, temperature=0).text


@needs_library
def test_with_the_prefix_of_another_tenant_who_shares(registry, cold):
    first = registry.realm("paris", share_prefixes=True)
    first.generate(token_ids=[*SYSTEM, 1, 2], max_tokens=1)
    second = registry.realm("paris", share_prefixes=True)
    warm, logits = logits_of(second, SYSTEM + QUESTION, **OPTIONS)
    assert warm.usage.cached_tokens == 192
    assert logits == cold[1]


@needs_library
def test_among_many_others_that_come_and_go(registry, cold):
    crowd = [registry.realm("paris", share_prefixes=bool(i % 2)) for i in range(9)]
    with logits_log() as log:
        handles = [
            realm.stream(
                token_ids=some_ids(i, 1 + 37 * i), seed=i, max_tokens=5 + 4 * i, ignore_eos=True
            )
            for i, realm in enumerate(crowd)
        ]
        own = registry.realm("paris")
        handle = own.stream(token_ids=SYSTEM + QUESTION, **OPTIONS)
        others = [
            realm.stream(token_ids=SYSTEM[: 64 * (i + 1)], max_tokens=3, seed=i)
            for i, realm in enumerate(crowd[:3])
        ]
        response = handle.result(GUARD_S)
        for other in [*handles, *others]:
            other.result(GUARD_S)
    instance = own._backend.tenant.instance(registry._engine.get("paris"))
    (logits,) = [rows for (used, _), rows in log.items() if used is instance]
    assert response.text == cold[0].text
    assert logits == cold[1]


@needs_library
def test_two_equal_prompts_at_once_share_their_work(registry, cold):
    realm = registry.realm("paris")
    scheduler = registry._engine.get("paris").scheduler
    with scheduler._condition:  # both join at the same step
        handles = [realm.stream(token_ids=SYSTEM + QUESTION, **OPTIONS) for _ in range(2)]
    responses = [handle.result(GUARD_S) for handle in handles]
    assert [response.text for response in responses] == [cold[0].text] * 2
    assert sum(response.usage.cached_tokens for response in responses) >= 192


@needs_library
@pytest.mark.parametrize("chunk_tokens", [1, 33, 64, 1000])
def test_however_the_prompt_is_cut(kv_type, cold, chunk_tokens):
    with load(kv_type=kv_type, prefix_cache_bytes=0) as registry:
        registry._engine.get("paris").scheduler.chunk_tokens = chunk_tokens
        response, logits = logits_of(registry.realm("paris"), SYSTEM + QUESTION, **OPTIONS)
    assert (response.text, logits) == (cold[0].text, cold[1])


def test_the_reference_executor_agrees_closely(tmp_path):
    path = write_tiny_llama(tmp_path / "tiny.gguf", seed=1)
    prompt = [number % 300 + 3 for number in SYSTEM]
    with RealmRegistry() as registry:
        registry.load_model("tiny", path, executor="reference")
        realm = registry.realm("tiny")
        options = {"max_tokens": 4, "ignore_eos": True, "seed": 1}
        first, cold = logits_of(realm, prompt, **options)
        second, warm = logits_of(realm, prompt, **options)
        # Chunks are 128 tokens here: the prompt is cut in the same places both times.
        assert (first.usage.cached_tokens, second.usage.cached_tokens) == (0, 128)
        assert first.text == second.text
        for left, right in zip(cold, warm, strict=True):
            a, b = (np.frombuffer(row, np.float32) for row in (left, right))
            assert np.abs(a - b).max() <= 1e-5 * np.abs(a).max()
