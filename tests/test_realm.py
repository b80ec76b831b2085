"""The public API end to end, on a tiny model with random weights, here and in a server."""

from __future__ import annotations

import asyncio
import gc
import re
import threading

import pytest

from realm_jupyter import CancelToken, ChatMessage, GenerationConfig, Realm, RealmRegistry
from realm_jupyter.engine.engine import Engine
from realm_jupyter.errors import (
    ChatTemplateError,
    ConfigError,
    ContextLengthError,
    LoadCancelledError,
    ModelMemoryError,
    ModelNotFoundError,
    PromptError,
    SamplingParamsError,
    TenantClosedError,
)
from support.live_server import ADMIN, live_server
from support.tiny_gguf import CHATML_TEMPLATE, write_tiny_llama

GUARD_S = 60


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny.gguf", seed=1)


@pytest.fixture(scope="module")
def other_path(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "other.gguf", seed=2)


@pytest.fixture(scope="module")
def chat_path(tmp_path_factory):
    return write_tiny_llama(
        tmp_path_factory.mktemp("models") / "chat.gguf",
        tokenizer="gpt2",
        chat_template=CHATML_TEMPLATE,
    )


@pytest.fixture(scope="module")
def server():
    with live_server() as running:
        yield running


@pytest.fixture(params=["local", "server"])
def realm(request, model_path):
    """A realm with the model "tiny" alone, which runs here or in a server."""
    options = {}
    if request.param == "server":
        url = request.getfixturevalue("server").url
        options = {"mode": "server", "base_url": url, "api_key": ADMIN.secret}
    with Realm(**options) as realm:
        for info in realm.models():
            realm.unload_model(info.id)
        realm.load_model(model_path)
        yield realm


@pytest.fixture
def local_realm(model_path):
    with Realm() as realm:
        realm.load_model(model_path)
        yield realm


def tokens_of(events):
    """The events without the one that may close a text."""
    return [event for event in events if event.token_id >= 0]


# ---- Models --------------------------------------------------------------------------


def test_loading_reports_what_was_loaded_and_makes_it_current(realm, model_path):
    info = realm.model_info()
    assert (info.id, info.architecture, info.is_current) == ("tiny", "llama", True)
    assert info.path == str(model_path) or realm.server_url
    assert info.file_bytes == model_path.stat().st_size
    assert info.memory_bytes > 0
    assert realm.current_model == "tiny"
    assert realm.is_model_loaded("tiny")
    assert not realm.is_model_loaded("llama")


def test_progress_goes_from_nothing_to_everything(model_path):
    seen = []
    with Realm() as realm:
        realm.load_model(model_path, on_progress=seen.append)
    done = [progress.done_bytes for progress in seen]
    assert done == sorted(done)
    assert seen[-1].done_bytes == seen[-1].total_bytes > 0


def test_a_cancelled_load_leaves_nothing_behind(model_path):
    cancel = CancelToken()
    with Realm() as realm:
        with pytest.raises(LoadCancelledError, match="cancelled"):
            realm.load_model(model_path, cancel=cancel, on_progress=lambda _: cancel.cancel())
        assert realm.models() == []
        assert realm.load_model(model_path).id == "tiny"


def test_an_interrupted_load_leaves_nothing_behind(model_path):
    def interrupt(_progress):
        raise KeyboardInterrupt

    with Realm() as realm:
        with pytest.raises(KeyboardInterrupt):
            realm.load_model(model_path, on_progress=interrupt)
        assert realm.models() == []


def test_a_second_model_never_disturbs_the_first(realm, other_path):
    options = {"raw": True, "temperature": 5, "seed": 3, "max_tokens": 12, "ignore_eos": True}
    alone = realm.generate("the cat", model="tiny", **options).text
    realm.load_model(other_path)
    assert realm.current_model == "other"
    other = realm.generate("the cat", **options).text
    assert other != alone
    for _ in range(20):
        assert realm.generate("the cat", model="tiny", **options).text == alone
        assert realm.generate("the cat", model="other", **options).text == other


def test_a_model_that_goes_while_models_are_listed_is_left_out(other_path, monkeypatch):
    with RealmRegistry() as registry:
        registry.load_model("stays", other_path)
        registry.load_model("goes", other_path)
        ids = Engine.ids

        def ids_then_unload(engine):
            found = ids(engine)
            if "goes" in found:
                registry.unload_model("goes")
            return found

        monkeypatch.setattr(Engine, "ids", ids_then_unload)
        assert [info.id for info in registry.models()] == ["stays"]


def test_switching_and_unloading(realm, other_path):
    realm.load_model(other_path)
    realm.use_model("tiny")
    assert realm.current_model == "tiny"
    assert [info.is_current for info in realm.models()] == [True, False]
    assert realm.unload_model("tiny") > 0
    assert realm.current_model == "other"
    with pytest.raises(ModelNotFoundError, match="'tiny'"):
        realm.generate("x", model="tiny")
    with pytest.raises(ModelNotFoundError):
        realm.unload_model("tiny")


def test_the_same_file_is_in_memory_once(model_path):
    with Realm() as first, Realm() as second:
        first.load_model(model_path, "a")
        second.load_model(model_path, "b")
        engines = [realm._backend.engine for realm in (first, second)]
        assert engines[0].get("a") is engines[1].get("b")
        assert first.unload_model("a") == 0
        assert second.generate("the", raw=True, max_tokens=2).usage.completion_tokens == 2
        assert second.unload_model("b") > 0


def test_loading_the_same_file_under_its_id_again_is_no_work(realm, model_path):
    assert realm.load_model(model_path).id == "tiny"
    assert len(realm.models()) == 1


def test_another_file_under_a_taken_id_is_an_error(realm, other_path):
    with pytest.raises(ConfigError, match="taken"):
        realm.load_model(other_path, "tiny")
    assert realm.generate("the", raw=True, max_tokens=1).model == "tiny"


def test_swapped_arguments_are_named(model_path):
    with RealmRegistry() as registry, pytest.raises(ConfigError, match="swap"):
        registry.load_model(str(model_path), "tiny")
    with Realm() as realm, pytest.raises(ConfigError, match="swap"):
        realm.load_model("tiny", str(model_path))


@pytest.mark.parametrize("model_id", ["", " ", "a/b", "x" * 200, None, 3])
def test_ids_that_are_no_names_are_errors(model_path, model_id):
    with RealmRegistry() as registry, pytest.raises(ConfigError):
        registry.load_model(model_id, model_path)


def test_a_missing_file_names_close_ones(model_path):
    with Realm() as realm, pytest.raises(ModelNotFoundError, match="tiny"):
        realm.load_model(model_path.with_name("tinny.gguf"))


def test_a_model_can_be_loaded_from_bytes(model_path):
    with Realm() as realm:
        realm.load_model(model_path.read_bytes(), "memory")
        assert realm.generate("the cat", raw=True, max_tokens=3).usage.completion_tokens == 3


def test_a_models_digest_is_accepted_as_its_id(realm):
    digest = realm.model_info(digest=True).sha256
    assert len(digest) == 64
    assert realm.model_info(digest).id == "tiny"
    assert realm.generate("the", model=digest, raw=True, max_tokens=1).model == "tiny"


def test_a_model_that_does_not_fit_is_refused_before_loading(model_path, monkeypatch):
    monkeypatch.setattr("realm_jupyter.compute.memory.memory_available", lambda _device: 1000)
    with Realm() as realm:
        with pytest.raises(ModelMemoryError) as caught:
            realm.load_model(model_path)
        assert caught.value.available_bytes == 1000
        assert caught.value.required_bytes > 1000
        assert realm.models() == []


def test_a_default_model_may_also_be_named(model_path):
    with Realm("paris") as realm:
        assert realm.generate("Hi", model="paris", max_tokens=1).model == "paris"
        realm.load_model(model_path, "tiny")
        assert realm.generate("Hi", model="paris", max_tokens=1).model == "paris"
        assert realm.current_model == "tiny"


def test_a_name_that_is_loaded_and_ships_is_suggested_once():
    with Realm("paris") as realm, pytest.raises(ModelNotFoundError) as caught:
        realm.generate("Hi", model="parsi")
    assert caught.value.suggestions == ("paris",)


def test_an_unknown_device_or_executor_is_an_error(model_path):
    with Realm() as realm:
        with pytest.raises(ConfigError, match="abacus"):
            realm.load_model(model_path, device="abacus")
        with pytest.raises(ConfigError, match="quantum"):
            realm.load_model(model_path, executor="quantum")


def test_without_a_model_the_error_says_what_to_do():
    with Realm() as realm, pytest.raises(ModelNotFoundError, match="load_model"):
        realm.generate("Hi")


def test_a_default_model_is_loaded_at_the_first_request(model_path):
    with Realm(default_model=model_path) as realm:
        assert realm.models() == []
        assert realm.generate("the", raw=True, max_tokens=1).model == "tiny"


# ---- Generating ----------------------------------------------------------------------


def test_a_response_has_text_tokens_usage_and_timings(realm):
    response = realm.generate("the cat sat", raw=True, max_tokens=8, seed=7, ignore_eos=True)
    assert response.finish_reason == "length"
    assert response.seed == 7
    assert len(response.token_ids) == response.usage.completion_tokens == 8
    assert response.usage.prompt_tokens == len(realm.tokenize("the cat sat", add_special=True))
    assert response.usage.cached_tokens == 0
    timings = response.timings
    assert 0 <= timings.queue_ms <= timings.ttft_ms <= timings.total_ms
    assert timings.tokens_per_second > 0
    assert str(response) == response.text


def test_events_add_up_to_the_response(realm):
    handle = realm.stream("the cat", raw=True, max_tokens=10, seed=3, ignore_eos=True)
    events = list(handle)
    assert "".join(map(str, events)) == handle.response.text
    assert [event.index for event in tokens_of(events)] == list(range(10))
    assert events[-1].finish_reason == "length"
    assert all(event.finish_reason is None for event in events[:-1])


def test_a_seed_decides_the_text(realm):
    options = {"raw": True, "max_tokens": 16, "temperature": 1.5}
    texts = {realm.generate("the", seed=seed, **options).text for seed in (1, 1, 1)}
    assert len(texts) == 1
    drawn = realm.generate("the", **options)
    assert realm.generate("the", seed=drawn.seed, **options).text == drawn.text


def test_token_ids_can_be_the_prompt(realm):
    ids = realm.tokenize("the cat", add_special=True)
    options = {"temperature": 0, "max_tokens": 6}
    by_text = realm.generate("the cat", raw=True, **options)
    assert realm.generate(token_ids=ids, **options).token_ids == by_text.token_ids


def test_every_token_is_reported_once(realm):
    seen = []
    response = realm.generate("the", raw=True, max_tokens=5, on_token=seen.append, ignore_eos=True)
    assert [event.token_id for event in tokens_of(seen)] == list(response.token_ids)


def test_logprobs_are_of_the_models_own_distribution(realm):
    response = realm.generate("the", raw=True, temperature=0, max_tokens=4, logprobs=3)
    assert len(response.logprobs) == len(response.alternatives) == len(response.token_ids)
    for chosen, alternatives in zip(response.logprobs, response.alternatives, strict=True):
        assert chosen == alternatives[0]
        assert [each.logprob for each in alternatives] == sorted(
            (each.logprob for each in alternatives), reverse=True
        )
        assert all(each.logprob <= 0 for each in alternatives)


def test_a_stop_string_ends_the_text_before_it(realm):
    options = {"raw": True, "temperature": 0, "max_tokens": 24, "ignore_eos": True}
    whole = realm.generate("the cat", **options).text
    stop = whole[len(whole) // 2 : len(whole) // 2 + 2]
    stopped = realm.generate("the cat", stop=stop, **options)
    assert stopped.text == whole[: whole.index(stop)]
    assert stopped.finish_reason == "stop"


def test_a_batch_gives_what_each_prompt_gives_alone(realm):
    prompts = ["the cat", "a dog ran", "rain", "the other hand he had a hat"]
    options = {"raw": True, "temperature": 0, "max_tokens": 10}
    alone = [realm.generate(prompt, **options).text for prompt in prompts]
    assert [response.text for response in realm.generate_batch(prompts, **options)] == alone


def test_a_batch_with_one_bad_prompt_is_an_error_and_leaves_nothing_running(realm):
    with pytest.raises(ContextLengthError):
        realm.generate_batch(["the cat", "x " * 5000], raw=True)
    realm.generate("the", raw=True, max_tokens=1)


def test_a_prompt_longer_than_the_context_is_an_error_with_both_numbers(realm):
    with pytest.raises(ContextLengthError) as caught:
        realm.generate("the cat " * 1000, raw=True)
    assert caught.value.num_tokens > caught.value.context_length
    assert str(caught.value.context_length) in str(caught.value)


def test_max_tokens_is_clipped_to_the_room_left(realm):
    context_length = realm.model_info().context_length
    prompt = [realm.tokenize("the")[0]] * (context_length - 3)
    response = realm.generate(token_ids=prompt, max_tokens=100, ignore_eos=True)
    assert (len(response.token_ids), response.finish_reason) == (3, "length")
    full = realm.generate(token_ids=[prompt[0]] * context_length)
    assert (full.text, full.finish_reason) == ("", "length")


@pytest.mark.parametrize("prompt", [None, b"bytes", 3, ["a"]])
def test_what_is_no_prompt_is_an_error(realm, prompt):
    with pytest.raises(PromptError):
        realm.generate(prompt)


def test_wrong_options_are_errors_before_anything_runs(realm):
    with pytest.raises(SamplingParamsError, match="temprature"):
        realm.generate("x", temprature=1)
    with pytest.raises(SamplingParamsError, match="logit_bias"):
        realm.generate("x", logit_bias={10**6: 1.0})
    with pytest.raises(PromptError, match="token id"):
        realm.generate(token_ids=[10**6])
    with pytest.raises(PromptError, match="surrogate"):
        realm.generate("\ud800", raw=True)


def test_a_config_is_the_start_and_keywords_change_it(realm):
    config = GenerationConfig(max_tokens=3, ignore_eos=True)
    assert len(realm.generate("the", raw=True, config=config).token_ids) == 3
    assert len(realm.generate("the", raw=True, config=config, max_tokens=2).token_ids) == 2


# ---- Chat ----------------------------------------------------------------------------


def test_a_prompt_is_one_user_turn_of_a_model_with_a_template(chat_path):
    with Realm() as realm:
        realm.load_model(chat_path)
        options = {"temperature": 0, "max_tokens": 6}
        by_prompt = realm.generate("hello", **options)
        by_chat = realm.chat([{"role": "user", "content": "hello"}], **options)
        by_text = realm.chat("hello", **options)
        by_message = realm.chat([ChatMessage("user", "hello")], **options)
        ids = {r.token_ids for r in (by_prompt, by_chat, by_text, by_message)}
        assert len(ids) == 1
        assert realm.generate("hello", raw=True, **options).usage != by_prompt.usage


def test_a_system_prompt_is_a_turn_of_its_own(chat_path):
    with Realm() as realm:
        realm.load_model(chat_path)
        with_system = realm.generate("hello", system="Be brief.", max_tokens=1)
        without = realm.generate("hello", max_tokens=1)
        assert with_system.usage.prompt_tokens > without.usage.prompt_tokens
        with pytest.raises(PromptError, match="system"):
            realm.generate("hello", system="Be brief.", raw=True)


def test_control_tokens_in_what_a_user_says_are_plain_text(chat_path):
    with Realm() as realm:
        realm.load_model(chat_path)
        engine = realm._backend.engine
        vocabulary = engine.get("chat").model.vocabulary
        control = set(vocabulary.control_tokens().values())
        honest = realm.generate("hello", max_tokens=0).usage.prompt_tokens
        for text in vocabulary.control_tokens():
            forged = f"hello{text}"
            prompt = realm._backend._prompt_ids(
                engine.get("chat"),
                realm._backend.tenant.instance(engine.get("chat")),
                _request(forged),
            )
            plain = realm._backend._prompt_ids(
                engine.get("chat"),
                realm._backend.tenant.instance(engine.get("chat")),
                _request("hello"),
            )
            count = sum(int(token_id) in control for token_id in prompt)
            assert count == sum(int(token_id) in control for token_id in plain)
            assert len(prompt) > honest


def _request(text):
    from realm_jupyter.backend import GenerationRequest  # noqa: PLC0415

    return GenerationRequest(model="chat", config=GenerationConfig(), text=text)


def test_a_model_without_a_template_cannot_chat(realm):
    with pytest.raises(ChatTemplateError, match="raw=True"):
        realm.chat("hello")


@pytest.mark.parametrize("messages", [[], [{"role": "boss", "content": "x"}], ["x"]])
def test_conversations_that_are_none_are_errors(realm, messages):
    with pytest.raises(PromptError):
        realm.chat(messages)


# ---- Cancelling and closing ----------------------------------------------------------


def test_cancelling_keeps_the_text_and_is_no_error(realm):
    handle = realm.stream("the", raw=True, max_tokens=400, ignore_eos=True)
    seen = []
    for event in handle:
        seen.append(event)
        if len(seen) == 3:
            handle.cancel()
    assert handle.response.finish_reason == "cancelled"
    assert seen[-1].finish_reason == "cancelled"
    assert "".join(map(str, seen)) == handle.response.text
    assert len(handle.response.token_ids) < 400
    assert realm.generate("the", raw=True, max_tokens=2).usage.completion_tokens == 2


def test_cancelling_from_another_thread(realm):
    handle = realm.stream("the", raw=True, max_tokens=400, ignore_eos=True)
    next(iter_events := iter(handle))
    canceller = threading.Thread(target=handle.cancel)
    canceller.start()
    canceller.join(GUARD_S)
    assert handle.result(timeout=GUARD_S).finish_reason in {"cancelled", "length"}
    del iter_events


def test_unloading_cancels_what_runs(realm):
    handle = realm.stream("the", raw=True, max_tokens=400, ignore_eos=True)
    realm.unload_model("tiny")
    assert handle.result(timeout=GUARD_S).finish_reason in {"cancelled", "length"}


def test_closing_ends_what_runs_and_refuses_the_rest(model_path):
    realm = Realm()
    realm.load_model(model_path)
    handle = realm.stream("the", raw=True, max_tokens=400, ignore_eos=True)
    realm.close()
    realm.close()
    assert handle.result(timeout=GUARD_S).finish_reason in {"cancelled", "length"}
    with pytest.raises(TenantClosedError, match="closed"):
        realm.generate("the")


def test_everything_a_generation_took_is_returned(local_realm):
    executor = local_realm._backend.engine.get("tiny").executor
    for _ in range(3):
        local_realm.generate("the cat", raw=True, max_tokens=20)
        local_realm.stream("the cat", raw=True, max_tokens=300).cancel()
    local_realm.generate("the", raw=True, max_tokens=1)
    assert local_realm._backend.tenant.num_generations == 0
    assert executor.cache_bytes == 0


def test_no_thread_outlives_its_realm(model_path):
    before = set(threading.enumerate())
    with Realm() as realm:
        realm.load_model(model_path)
        realm.generate("the", raw=True, max_tokens=2)
    left = [thread.name for thread in set(threading.enumerate()) - before]
    assert not [name for name in left if name.startswith("realm-scheduler")]


def test_a_forgotten_realm_gives_its_generations_back(model_path):
    with RealmRegistry() as registry:
        registry.load_model("tiny", model_path)
        student = registry.realm("tiny")
        handle = student.stream("the", raw=True, max_tokens=400, ignore_eos=True)
        del student
        gc.collect()
        assert handle.result(timeout=GUARD_S).finish_reason in {"cancelled", "length"}


# ---- Registry ------------------------------------------------------------------------


def test_a_registry_holds_models_side_by_side(model_path, other_path):
    with RealmRegistry() as registry:
        registry.load_model("a", model_path)
        registry.load_model("b", other_path)
        assert list(registry) == ["a", "b"]
        assert "a" in registry
        assert "c" not in registry
        assert len(registry) == 2
        assert registry.current_model == "b"
        options = {"raw": True, "temperature": 0, "max_tokens": 8}
        assert registry.generate("a", "the", **options).model == "a"
        assert registry.generate("b", "the", **options).model == "b"
        registry.use_model("a")
        assert registry.current_model == "a"
        assert registry.unload_model("b") > 0
        with pytest.raises(ModelNotFoundError):
            registry.generate("b", "the")


def test_tenants_of_a_registry_share_weights_and_nothing_else(model_path):
    with RealmRegistry() as registry:
        registry.load_model("a", model_path)
        one, two = registry.realm("a"), registry.realm("a")
        options = {"raw": True, "temperature": 0, "max_tokens": 8}
        assert one.generate("the", **options).text == two.generate("the", **options).text
        loaded = registry._engine.get("a")
        assert one._backend.tenant.instance(loaded) is not two._backend.tenant.instance(loaded)
        one.close()
        assert two.generate("the", **options).usage.completion_tokens > 0
        with pytest.raises(TenantClosedError):
            one.generate("the")


def test_a_tenant_needs_a_model_that_is_there():
    with RealmRegistry() as registry, pytest.raises(ModelNotFoundError, match="'nope'"):
        registry.realm("nope")


# ---- Asynchronous --------------------------------------------------------------------


def test_asynchronous_twins_give_the_same(realm):
    options = {"raw": True, "temperature": 0, "max_tokens": 8}
    expected = realm.generate("the cat", **options).text

    async def collect():
        whole = await realm.agenerate("the cat", **options)
        pieces = [str(event) async for event in realm.astream("the cat", **options)]
        return whole.text, "".join(pieces)

    assert asyncio.run(collect()) == (expected, expected)


def test_leaving_an_asynchronous_loop_cancels(local_realm):
    async def take_two():
        stream = local_realm.astream("the", raw=True, max_tokens=400, ignore_eos=True)
        count = 0
        async for _ in stream:
            count += 1
            if count == 2:
                break
        await stream.aclose()

    asyncio.run(take_two())
    local_realm.generate("the", raw=True, max_tokens=1)
    assert local_realm._backend.tenant.num_generations == 0


# ---- The KV cache --------------------------------------------------------------------


def test_the_kv_type_is_what_was_asked_for(model_path):
    with RealmRegistry() as registry:
        sizes = {}
        for kv_type in ("f32", "f16", "q8_0"):
            registry.load_model(kv_type, model_path, kv_type=kv_type, executor="native")
            registry.generate(kv_type, "the cat", raw=True, max_tokens=80, ignore_eos=True)
        for model in registry.stats().models:
            assert model.kv_type == model.id
            sizes[model.id] = model.kept_kv_bytes
        assert sizes["f16"] == sizes["f32"] / 2
        assert sizes["q8_0"] < sizes["f16"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kv_type": "int3"}, "kv_type='int3' is unknown; use auto, f32, f16, q8_0"),
        (
            {"kv_type": "q8_0", "executor": "reference"},
            "kv_type='q8_0' is not available on this executor; use auto, f32",
        ),
        ({"prefix_cache_bytes": -1}, "prefix_cache_bytes=-1 is not allowed"),
        ({"prefix_cache_bytes": 1.5}, "prefix_cache_bytes=1.5 is not allowed"),
    ],
)
def test_wrong_settings_of_the_kv_cache_are_named(model_path, options, message):
    with Realm() as realm:
        with pytest.raises(ConfigError, match=re.escape(message)):
            realm.load_model(model_path, **options)
        assert realm.models() == []
