"""The client on its own: finding servers, retries, broken connections, cancelling."""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from realm_jupyter import CancelToken, Realm
from realm_jupyter.client import ClientBackend
from realm_jupyter.client.address import Addresses
from realm_jupyter.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigError,
    GrammarError,
    PromptError,
    RealmError,
    TenantClosedError,
)
from realm_jupyter.protocol import discovery
from support.canned_server import CannedServer, error_answer, stream_answer
from support.live_server import ADMIN, GUARD_S, STUDENT, live_server
from support.tiny_gguf import write_tiny_llama

LONG = {"raw": True, "max_tokens": 4000, "ignore_eos": True}


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return write_tiny_llama(folder / "tiny.gguf", context_length=4096)


@pytest.fixture(scope="module")
def server(model_path):
    with live_server(model_path) as running:
        yield running


@pytest.fixture
def realm(server):
    with Realm(mode="server", base_url=server.url, api_key=STUDENT.secret) as found:
        yield found


@pytest.fixture
def canned():
    with CannedServer() as found:
        yield found


# ---- Where and who -------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"])
def test_a_url_may_have_the_ending_of_openai(url):
    assert Addresses(url, "k").find().url == "http://h:1"


@pytest.mark.parametrize("url", ["", "h:1", "ftp://h", "http://", "http://h:99999", 3])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ConfigError, match="base_url"):
        Realm(mode="server", base_url=url)


def test_options_of_one_mode_are_refused_in_the_other(server):
    with pytest.raises(ConfigError, match="base_url has no meaning"):
        Realm(base_url=server.url)
    with pytest.raises(ConfigError, match="guest has no meaning"):
        Realm(mode="server", base_url=server.url, guest=b"")


def test_a_server_of_this_user_is_found(server, tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "runtime_folder", lambda: tmp_path)
    with (
        Realm(mode="server") as nobody,
        pytest.raises(APIConnectionError, match="no server of yours"),
    ):
        nobody.models()
    server.publish(ADMIN.secret, tmp_path)
    with Realm(mode="server") as found:
        assert [info.id for info in found.models()] == ["tiny"]
    monkeypatch.delenv("REALM_API_KEY", raising=False)
    with Realm(mode="server", base_url=server.url) as by_url:
        assert by_url.server_url is not None
        assert by_url.current_model == "tiny"


def test_without_a_key_nothing_works(server, tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "runtime_folder", lambda: tmp_path)
    for key in (None, "wrong-key-altogether"):
        with (
            Realm(mode="server", base_url=server.url, api_key=key) as realm,
            pytest.raises(APIStatusError, match="API key") as caught,
        ):
            realm.models()
        assert caught.value.status == 401
    monkeypatch.setenv("REALM_API_KEY", STUDENT.secret)
    with Realm(mode="server", base_url=server.url) as realm:
        assert realm.models()


def test_students_cannot_change_what_others_use(realm, server, model_path):
    for forbidden in (
        lambda: realm.load_model(model_path, "mine"),
        lambda: realm.load_model("paris"),
        lambda: realm.unload_model("tiny"),
    ):
        with pytest.raises(APIStatusError, match="administrator") as caught:
            forbidden()
        assert caught.value.status == 403
    realm.use_model("tiny")  # chooses for this client only
    assert realm.current_model == "tiny"


# ---- Texts ---------------------------------------------------------------------------


def test_forms_are_kept_over_the_wire(realm):
    assert realm.generate("x", grammar='start: "yes"').text == "yes"
    response = realm.generate("x", raw=True, json_schema={"enum": [1, "two"]}, temperature=3)
    assert response.text in {"1", '"two"'}
    with pytest.raises(GrammarError, match="unclosed") as caught:
        realm.stream("x", grammar="/(/")
    assert caught.value.field == "grammar"


def test_a_cancelled_text_ends_on_the_server_too(realm, server):
    handle = realm.stream("the", seed=5, **LONG)
    seen = []
    for event in handle:
        seen.append(event)
        if len(seen) == 3:
            handle.cancel()
    response = handle.response
    assert response.finish_reason == "cancelled"
    assert response.seed == 5
    assert "".join(map(str, seen)) == response.text
    assert response.usage.completion_tokens == len(response.token_ids)
    assert response.prompt_ids == tuple(realm.tokenize("the", add_special=True))
    assert response.usage.prompt_tokens == len(response.prompt_ids)
    # The same text again: what came before the cut is its beginning.
    again = realm.generate("the", seed=5, **{**LONG, "max_tokens": 40})
    assert again.token_ids[: len(response.token_ids)] == response.token_ids[:40]
    deadline = time.monotonic() + GUARD_S
    while server_load(server) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server_load(server) == 0


def server_load(server):
    registry = server._registry
    return registry._engine.get("tiny").scheduler.num_lanes


def test_closing_ends_what_runs(server):
    realm = Realm(mode="server", base_url=server.url, api_key=STUDENT.secret)
    handle = realm.stream("the", **LONG)
    realm.close()
    realm.close()
    assert handle.result(GUARD_S).finish_reason in {"cancelled", "length"}
    with pytest.raises(TenantClosedError):
        realm.generate("the")


def test_a_handle_tells_its_prompt_at_once(realm):
    for handle in (realm.stream("the", **LONG), realm.stream(token_ids=[5, 6, 7], max_tokens=3)):
        assert len(handle.prompt_ids) > 0
        handle.cancel()
        assert handle.result(GUARD_S).prompt_ids == handle.prompt_ids
    assert handle.prompt_ids == (5, 6, 7)


def test_a_forgotten_realm_ends_what_runs(server):
    realm = Realm(mode="server", base_url=server.url, api_key=STUDENT.secret)
    handle = realm.stream("the", **LONG)
    del realm
    gc.collect()
    assert handle.result(GUARD_S).finish_reason in {"cancelled", "length"}


def test_many_streams_at_once_are_not_mixed(realm):
    options = {"raw": True, "max_tokens": 24, "temperature": 2, "ignore_eos": True}
    alone = [realm.generate("the", seed=seed, **options).text for seed in range(6)]

    async def all_of_them():
        asked = (realm.agenerate("the", seed=seed, **options) for seed in range(6))
        return [response.text for response in await asyncio.gather(*asked)]

    assert asyncio.run(all_of_them()) == alone


def test_embeddings_are_those_of_a_realm_in_this_process(realm, server):
    texts = ["the cat", "a dog ran", realm.tokenize("rain")]
    with server._registry.realm("tiny") as local:
        expected = local.embed(texts)
    found = realm.embed(texts)
    assert np.array_equal(found.vectors, expected.vectors)
    assert (found.usage, found.model) == (expected.usage, "tiny")
    assert np.array_equal(realm.embed("the cat").vectors, expected.vectors[:1])
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(PromptError, match="cancelled"):
        realm.embed(["the cat"] * 5000, cancel=cancel)


# ---- When things break ---------------------------------------------------------------


def test_a_server_that_cannot_be_reached_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    backend = ClientBackend(url, "key", max_retries=1)
    with Realm(backend=backend) as realm, pytest.raises(APIConnectionError, match="is the server"):
        realm.models()


def test_a_stream_that_breaks_off_keeps_its_text(canned):
    canned.answers = [stream_answer(["Once ", "upon"], is_cut=True)]
    with Realm(mode="server", base_url=canned.url, api_key="k") as realm:
        handle = realm.stream("x", model="m", raw=True)
        with pytest.raises(APIConnectionError) as caught:
            list(handle)
        assert caught.value.partial_text == "Once upon"
        assert len(canned.requests) == 1  # it had begun: no second try
        canned.answers = [stream_answer(["a ", "tale"])]
        assert realm.generate("x", model="m", raw=True).text == "a tale"


def test_an_error_inside_a_stream_is_raised(canned):
    canned.answers = [stream_answer(["Once"], error="guest_trap")]
    with Realm(mode="server", base_url=canned.url, api_key="k") as realm:
        handle = realm.stream("x", model="m", raw=True)
        with pytest.raises(Exception, match="it broke") as caught:
            handle.result(GUARD_S)
        assert caught.value.code == "guest_trap"


def test_a_full_server_is_asked_again_as_it_says(canned):
    canned.answers = [error_answer(429, "tenant_busy", 0), stream_answer(["ok"])]
    with Realm(mode="server", base_url=canned.url, api_key="k") as realm:
        assert realm.generate("x", model="m", raw=True).text == "ok"
    assert len(canned.requests) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (error_answer(429, "tenant_quota"), "tenant_quota"),
        (error_answer(429, "tenant_busy", 3600), "tenant_busy"),
        (error_answer(500, "guest_trap"), "guest_trap"),
        (b"HTTP/1.1 502 Bad\r\ncontent-length: 2\r\n\r\nhm", "api_status"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhm", "api_connection"),
    ],
)
def test_what_is_no_use_trying_again_is_tried_once(canned, answer, code):
    canned.answers = [answer] * 3
    with Realm(mode="server", base_url=canned.url, api_key="k") as realm:
        with pytest.raises(RealmError) as caught:
            realm.generate("x", model="m", raw=True)
        assert caught.value.code == code
    assert len(canned.requests) == 1


def test_reading_is_tried_again_when_the_connection_broke(canned):
    models = b'{"object": "list", "data": []}'
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(models)}\r\n\r\n".encode()
    canned.answers = [b"", head + models]
    backend = ClientBackend(canned.url, "k", max_retries=1)
    with Realm(backend=backend) as realm:
        assert realm._backend.models() == []
    assert len(canned.requests) == 2


def test_a_silent_server_is_given_up(canned):
    canned.answers = [None]
    with (
        Realm(mode="server", base_url=canned.url, api_key="k", timeout=0.5) as realm,
        pytest.raises(APITimeoutError, match="said nothing"),
    ):
        realm.generate("x", model="m", raw=True)


def test_a_stream_whose_replica_is_gone_keeps_its_text(canned):
    canned.answers = [stream_answer(["Once", " upon"], error="api_connection")]
    with (
        Realm(mode="server", base_url=canned.url, api_key="k") as realm,
        pytest.raises(APIConnectionError, match="it broke") as caught,
    ):
        realm.generate("x", model="m", raw=True)
    assert caught.value.partial_text == "Once upon"


def test_a_stream_that_falls_silent_keeps_its_text(canned):
    canned.answers = [(stream_answer(["Once", " upon"], is_cut=True),)]
    with (
        Realm(mode="server", base_url=canned.url, api_key="k", timeout=0.5) as realm,
        pytest.raises(APITimeoutError, match="said nothing") as caught,
    ):
        realm.generate("x", model="m", raw=True)
    assert caught.value.partial_text == "Once upon"


def test_the_same_client_works_with_the_next_server(model_path, tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "runtime_folder", lambda: tmp_path)
    with Realm(mode="server") as realm:
        texts = []
        for key in (ADMIN, STUDENT):  # each with a port and a key of its own
            with live_server(model_path, keys=(key,)) as running:
                record = running.publish(key.secret, tmp_path)
                texts.append(realm.generate("the", raw=True, max_tokens=5, seed=1).text)
                discovery.forget(record)
        assert texts[0] == texts[1]


def test_an_interrupt_ends_the_wait(canned):
    import _thread  # noqa: PLC0415

    canned.answers = [None]
    canned.on_request = lambda: threading.Timer(0.05, _thread.interrupt_main).start()
    with Realm(mode="server", base_url=canned.url, api_key="k") as realm:
        with pytest.raises(KeyboardInterrupt):
            realm.generate("x", model="m", raw=True)
        canned.on_request = lambda: None
        canned.answers = [stream_answer(["ok"])]
        assert realm.generate("x", model="m", raw=True).text == "ok"


def test_neither_torch_nor_wasmtime_is_needed(server):
    code = f"""
    import sys

    class Missing:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in {{"torch", "wasmtime", "llguidance", "minijinja"}}:
                raise ImportError(f"{{name}} is not installed")

    sys.meta_path.insert(0, Missing())
    from realm_jupyter import Realm

    with Realm(mode="server", base_url={server.url!r}, api_key={STUDENT.secret!r}) as realm:
        print(realm.generate("the", raw=True, max_tokens=3, ignore_eos=True).usage)
        print(realm.count_tokens("the cat") > 0)
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "completion_tokens=3" in done.stdout
    assert "True" in done.stdout
