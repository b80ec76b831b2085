"""Clients that leave, stall, send nonsense or ask for too much: the server stays well."""

from __future__ import annotations

import asyncio
import json
import threading

import httpx
import openai
import pytest

from realm_jupyter.limits import TenantLimits
from realm_jupyter.protocol.sse import HEARTBEAT, ServerEventReader
from realm_jupyter.registry import RealmRegistry
from realm_jupyter.server.keys import Key
from realm_jupyter.server.run import RealmServer
from realm_jupyter.server.settings import ServerSettings
from support.live_server import GUARD_S, STUDENT, live_server
from support.raw_http import connect, head, post, read_all

LONG = {"model": "tales", "prompt": "Once", "max_tokens": 480, "ignore_eos": True, "stream": True}
BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b'{"messages": 1}',
    b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
    b'{"messages": [[[[[[[[[[]]]]]]]]]]}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1e400}',
    b'{"messages": [{"role": "user", "content": "a"}], "seed": ' + b"9" * 5000 + b"}",
    b'{"messages": [{"role": "user", "content": "a"}], "logit_bias": {"a": {}}}',
    b'{"prompt": [1, [2]]}',
    b'{"text": {}}',
    b'{"token_ids": [-1]}',
]


@pytest.fixture(scope="module")
def server():
    limits = TenantLimits(num_sequences=4, queue_length=2)
    settings = {"limits": limits, "body_timeout_s": 0.5, "send_timeout_s": 0.5, "heartbeat_s": 0.05}
    with live_server("tales", "paris", **settings) as running:
        yield running


def running_texts(http):
    for line in http.get("/metrics").text.splitlines():
        if line.startswith('realm_model_running{model="tales"}'):
            return float(line.rpartition(" ")[2])
    raise AssertionError("the model is not there")


def wait_until_idle(http):
    deadline = threading.Event()
    timer = threading.Timer(GUARD_S, deadline.set)
    timer.start()
    while running_texts(http):
        assert not deadline.is_set()
    timer.cancel()


def assert_is_well(client):
    completion = client.completions.create(model="tales", prompt="Once", max_tokens=2)
    assert completion.usage.completion_tokens == 2


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
def test_nonsense_is_answered(http, client, body):
    for path in ("/v1/chat/completions", "/v1/completions", "/tokenize", "/detokenize"):
        answer = http.post(path, content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"]


@pytest.mark.parametrize("num_choices", [1, 3])
def test_a_client_that_leaves_a_stream_stops_its_texts(http, client, num_choices):
    before = num_ended(http)
    with http.stream("POST", "/v1/completions", json={**LONG, "n": num_choices}) as answer:
        next(answer.iter_raw())
    wait_until_idle(http)
    assert num_ended(http) == before  # no text came to its end
    assert_is_well(client)


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_at_once_stops_its_texts(server, http, client, stream):
    before = num_ended(http)
    for _ in range(4):
        with connect(server) as connection:
            connection.sendall(post("/v1/completions", STUDENT.secret, {**LONG, "stream": stream}))
    wait_until_idle(http)
    assert num_ended(http) == before
    assert_is_well(client)


def num_ended(http):
    lines = [
        line
        for line in http.get("/metrics").text.splitlines()
        if line.startswith("realm_generations_total")
    ]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def test_a_client_that_stops_reading_is_let_go(server, http, client):
    # With many log probabilities, so that buffers of the system are full soon.
    message = {**LONG, "logprobs": 100, "return_token_ids": True, "n": 3}
    with connect(server) as connection:
        connection.setsockopt(*_SMALL_BUFFER)
        connection.sendall(post("/v1/completions", STUDENT.secret, message))
        connection.recv(10)
        wait_until_idle(http)
    assert_is_well(client)


_SMALL_BUFFER = (1, 8, 4096)  # SOL_SOCKET, SO_RCVBUF


def test_a_body_that_does_not_come_is_not_waited_for(server, client):
    with connect(server) as connection:
        extra = "Connection: close\r\n"
        request = head("/v1/completions", STUDENT.secret, length=1000, extra=extra)
        connection.sendall(request + b'{"prompt"')
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"body_too_slow" in answer
    assert_is_well(client)


def test_a_silent_stream_gives_signs_of_life(server):
    # More texts than may run: the last one waits, and says so.
    headers = {"authorization": f"Bearer {STUDENT.secret}"}
    with httpx.stream(
        "POST",
        f"{server.url}/v1/completions",
        headers=headers,
        json={**LONG, "max_tokens": 60, "n": 6},
        timeout=GUARD_S,
    ) as answer:
        data = answer.read()
    events = [event.data for event in ServerEventReader().feed(data)]
    assert events[-1] == "[DONE]"
    ended = [json.loads(data)["choices"][0] for data in events[:-1]]
    assert sorted(item["index"] for item in ended if item["finish_reason"]) == list(range(6))
    assert HEARTBEAT.startswith(b":")


def test_a_full_queue_says_when_to_come_again(client):
    with pytest.raises(openai.RateLimitError) as caught:
        client.completions.create(model="tales", prompt="Once", n=20, max_tokens=200)
    assert caught.value.code == "tenant_busy"
    assert caught.value.response.headers["retry-after"] == "1"
    assert_is_well(client)


def test_the_official_client_tries_again_where_the_queue_was_full(server):
    async def all_at_once():
        async with openai.AsyncOpenAI(
            base_url=f"{server.url}/v1", api_key=STUDENT.secret, max_retries=20, timeout=GUARD_S
        ) as client:
            calls = [
                client.completions.create(model="tales", prompt="Once", max_tokens=8, seed=seed)
                for seed in range(20)
            ]
            return await asyncio.gather(*calls)

    assert len(asyncio.run(all_at_once())) == 20


def test_a_used_up_quota_says_when_it_is_full_again():
    limits = TenantLimits(tokens_per_minute=10)
    with (
        live_server("tales", limits=limits) as running,
        openai.OpenAI(
            base_url=f"{running.url}/v1", api_key=STUDENT.secret, max_retries=0
        ) as client,
    ):
        client.completions.create(model="tales", prompt="Once upon a time", max_tokens=30)
        with pytest.raises(openai.RateLimitError) as caught:
            client.completions.create(model="tales", prompt="Once", max_tokens=1)
        assert caught.value.code == "tenant_quota"
        assert int(caught.value.response.headers["retry-after"]) >= 1


def test_connections_that_say_nothing_are_closed(server, client, monkeypatch):
    monkeypatch.setattr("realm_jupyter.server.http_protocol._HEAD_TIMEOUT_S", 0.1)
    with connect(server) as connection:
        connection.sendall(b"GET /health HT")
        assert read_all(connection) == b""
    assert_is_well(client)


def test_the_end_of_the_server_is_told_to_its_streams():
    with live_server("tales") as running:
        headers = {"authorization": f"Bearer {STUDENT.secret}"}
        with httpx.stream(
            "POST",
            f"{running.url}/v1/completions",
            headers=headers,
            json={**LONG, "n": 40},
            timeout=GUARD_S,
        ) as answer:
            pieces = answer.iter_raw()
            data = next(pieces)
            running.stop()
            data += b"".join(pieces)
    events = [event.data for event in ServerEventReader().feed(data)]
    if events[-1] != "[DONE]":  # unless everything was said in the time of grace
        assert json.loads(events[-1])["error"]["code"] == "tenant_closed"


def test_until_it_is_ready_health_says_so():
    # A load that waits for this test.
    go_on = threading.Event()
    with RealmRegistry() as registry:
        settings = ServerSettings(keys=(Key("a", STUDENT.secret),), port=0)
        server = RealmServer(registry, settings, [lambda: go_on.wait(GUARD_S)])
        ready = threading.Event()
        thread = threading.Thread(target=server.run, args=(ready.set,))
        thread.start()
        try:
            answer = httpx.get(f"{server.url}/health", timeout=GUARD_S)
            assert (answer.status_code, answer.json()) == (503, {"status": "loading"})
            headers = {"authorization": f"Bearer {STUDENT.secret}"}
            answer = httpx.post(f"{server.url}/v1/completions", headers=headers, json=LONG)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
            go_on.set()
            assert ready.wait(GUARD_S)
            assert httpx.get(f"{server.url}/health").json() == {"status": "ok"}
        finally:
            go_on.set()
            server.stop()
            thread.join(GUARD_S)
