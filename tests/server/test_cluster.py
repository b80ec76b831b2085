"""The door of a cluster and the engine of its replicas, without a cluster."""

from __future__ import annotations

import asyncio
import contextlib
import json

import httpx
import pytest

from realm_jupyter import Realm, TenantLimits
from realm_jupyter.cli.main import main
from realm_jupyter.errors import ConfigError, TenantBusyError
from realm_jupyter.protocol.models import ModelList
from realm_jupyter.server.cluster.door import LostError, create_door
from realm_jupyter.server.cluster.figures import merged_figures
from realm_jupyter.server.cluster.replica import ReplicaEngine
from realm_jupyter.server.cluster.settings import ClusterSettings, ModelSource, parse_replicas
from realm_jupyter.server.settings import ServerSettings
from support.live_server import ADMIN, GUARD_S, OTHER, STUDENT

MODELS = (ModelSource("paris", "paris"), ModelSource("story", "tales"))
IDS = ("paris", "story")
SETTINGS = ServerSettings(keys=(ADMIN, STUDENT, OTHER), limits=TenantLimits(num_sequences=8))
CHAT = {"messages": [{"role": "user", "content": "What is the capital of Italy?"}], "seed": 1}
STREAM = {**CHAT, "stream": True, "max_tokens": 8}


class LocalReplicas:
    """Replicas in this process; ``fates`` says when the next ones that answer die.

    A fate is how many messages a replica still sends on; None lets it live.
    """

    def __init__(self, engine):
        self.engine = engine
        self.fates = []
        self.requests = []
        self.num_open = 0
        self.can_describe = True

    async def answer(self, request):
        self.requests.append(request)
        fate = self.fates.pop(0) if self.fates else None
        if fate == "busy":
            raise TenantBusyError("all replicas of the cluster have enough to do")
        self.num_open += 1
        try:
            num_sent = 0
            async with contextlib.aclosing(self.engine.answer(request)) as answer:
                async for message in (one async for lot in answer for one in lot):
                    if num_sent == fate:
                        raise LostError
                    yield [message]
                    num_sent += 1
        finally:
            self.num_open -= 1

    async def models(self):
        if not self.can_describe:
            raise RuntimeError("a file is missing")
        return ModelList(data=[self.engine.describe(model) for model in IDS])

    async def figures(self):
        return merged_figures({"a": self.engine.figures(), "b": self.engine.figures()})


async def moments():
    """Yield again and again, leaving time for other tasks."""
    while True:
        yield
        await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def cluster():
    engine = ReplicaEngine(SETTINGS, MODELS)
    warm = [await engine.load(model) for model in IDS]
    replicas = LocalReplicas(engine)
    door = create_door(SETTINGS, replicas, IDS, pause_s=0.001)
    transport = httpx.ASGITransport(door)
    headers = {"authorization": f"Bearer {STUDENT.secret}"}
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers, timeout=GUARD_S
        ) as client:
            yield client, replicas
    finally:
        engine.close()
        del warm


@pytest.fixture(scope="module")
def loop():
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def running(loop):
    made = cluster()
    yield loop.run(made.__aenter__())
    loop.run(made.__aexit__(None, None, None))


@pytest.fixture
def replicas(running):
    _, found = running
    found.requests.clear()
    found.fates.clear()
    yield found
    assert found.num_open == 0


@pytest.fixture
def request_of(loop, running, replicas):
    client, _ = running

    def send(method, path, **options):
        return loop.run(client.request(method, path, **options))

    return send


@pytest.fixture(scope="module", autouse=True)
def _ready(loop, running):
    async def wait():
        async for _ in moments():
            if (await running[0].get("/health")).status_code == 200:
                return

    loop.run(asyncio.wait_for(wait(), GUARD_S))


def code(answer):
    return answer.json()["error"]["code"]


def pieces(answer):
    events = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    assert events.pop() == "[DONE]"
    chunks = [json.loads(event) for event in events]
    return "".join(item["choices"][0]["delta"].get("content") or "" for item in chunks)


def test_requests_are_answered_by_a_replica_with_the_model(request_of, replicas):
    answer = request_of("POST", "/v1/chat/completions", json={**CHAT, "temperature": 0})
    assert "Rome" in answer.json()["choices"][0]["message"]["content"]
    story = {"model": "story", "prompt": "Once", "max_tokens": 3}
    assert request_of("POST", "/v1/completions", json=story).json()["model"] == "story"
    assert request_of("POST", "/tokenize", json={"text": "a", "model": "story"}).status_code == 200
    assert request_of("GET", "/v1/models/story?digest=true").json()["info"]["sha256"]
    assert [request.model for request in replicas.requests] == ["paris", "story", "story", "story"]
    assert replicas.requests[0].prompt.startswith("student\n")


def test_a_model_that_is_not_there_reaches_no_replica(request_of, replicas):
    answer = request_of("POST", "/v1/chat/completions", json={**CHAT, "model": "llama"})
    assert (answer.status_code, code(answer)) == (404, "model_not_found")
    assert "paris, story" in answer.json()["error"]["message"]
    assert not replicas.requests


def test_what_is_malformed_is_refused_as_by_one_server(request_of):
    for body in (b"{", b"[]", b'{"model": 3}', b"\xff", b""):
        answer = request_of("POST", "/v1/chat/completions", content=body)
        assert (answer.status_code, code(answer)) == (400, "invalid_request")
    assert request_of("GET", "/nowhere").status_code == 404
    assert request_of("GET", "/openapi.json").status_code == 200


def test_nobody_without_a_key_reaches_a_replica(request_of, replicas):
    for authorization in ("", "Bearer wrong-wrong"):
        headers = {"authorization": authorization}
        for path in ("/v1/models", "/v1/chat/completions", "/metrics", "/admin/models", "/x"):
            answer = request_of("POST", path, headers=headers)
            assert (answer.status_code, code(answer)) == (401, "invalid_api_key")
        assert request_of("GET", "/health", headers=headers).json() == {"status": "ok"}
    answer = request_of("GET", "/v1/models", headers={"host": "evil.example"})
    assert answer.status_code == 421
    assert not replicas.requests


def test_models_cannot_be_changed_on_a_cluster(request_of):
    headers = {"authorization": f"Bearer {ADMIN.secret}"}
    answer = request_of("POST", "/admin/models/load", headers=headers, json={"name": "tales"})
    assert (answer.status_code, code(answer)) == (501, "not_on_a_cluster")


def test_it_is_ready_when_each_model_was_loaded(loop):
    async def ask():
        async with cluster() as (client, replicas):
            replicas.can_describe = False
            states = [(await client.get("/health")).status_code]
            for _ in range(5):
                await asyncio.sleep(0)
            answer = await client.get("/v1/models")
            states.append(answer.status_code)
            assert code(answer) == "not_ready"
            replicas.can_describe = True
            async for _ in moments():
                if (await client.get("/health")).status_code == 200:
                    break
            listed = (await client.get("/v1/models")).json()["data"]
            return states, [model["id"] for model in listed]

    assert loop.run(ask()) == ([503, 503], ["paris", "story"])


def test_a_replica_that_dies_before_it_sent_anything_costs_nothing(request_of, replicas):
    for message in (STREAM, CHAT):
        replicas.fates[:] = [0, 1]  # the second after its headers
        answer = request_of("POST", "/v1/chat/completions", json=message)
        assert answer.status_code == 200
    assert len(replicas.requests) == 6


def test_a_stream_whose_replica_dies_ends_with_an_error(request_of, replicas):
    whole = pieces(request_of("POST", "/v1/chat/completions", json=STREAM))
    replicas.requests.clear()
    replicas.fates[:] = [2]
    answer = request_of("POST", "/v1/chat/completions", json=STREAM)
    last = [line for line in answer.text.splitlines() if line][-1]
    problem = json.loads(last.removeprefix("data: "))["error"]
    assert problem["code"] == "api_connection"
    assert "[DONE]" not in answer.text
    assert len(replicas.requests) == 1
    assert pieces(request_of("POST", "/v1/chat/completions", json=STREAM)) == whole


def test_a_cluster_without_replicas_says_so(request_of, replicas):
    replicas.fates[:] = [0] * 4
    answer = request_of("POST", "/v1/chat/completions", json=STREAM)
    assert (answer.status_code, code(answer)) == (503, "api_connection")
    assert answer.headers["retry-after"] == "2"
    replicas.fates[:] = ["busy"]
    answer = request_of("POST", "/v1/chat/completions", json=STREAM)
    assert (answer.status_code, code(answer)) == (429, "tenant_busy")
    assert answer.headers["retry-after"] == "1"


def test_a_client_that_leaves_ends_its_text(loop, running, replicas):
    client, _ = running
    message = {"prompt": "Once", "model": "story", "max_tokens": 900, "stream": True}
    message["ignore_eos"] = True

    async def leave():
        sent = asyncio.Event()
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/completions",
            "raw_path": b"/v1/completions", "query_string": b"", "root_path": "", "scheme": "http",
            "headers": [
                (b"host", b"localhost"), (b"authorization", f"Bearer {STUDENT.secret}".encode()),
            ],
        }  # fmt: skip

        async def receive():
            return {"type": "http.request", "body": json.dumps(message).encode()}

        async def send(item):
            if item["type"] == "http.response.body":
                sent.set()

        door = client._transport.app
        task = asyncio.create_task(door(scope, receive, send))
        await sent.wait()
        task.cancel()  # as Ray Serve does when a client leaves
        with contextlib.suppress(asyncio.CancelledError):
            await task
        async for _ in moments():
            if b'realm_model_running{model="story"} 0.0' in replicas.engine.figures():
                break

    loop.run(asyncio.wait_for(leave(), GUARD_S))


def test_a_model_is_given_back_when_nothing_runs_on_it(loop):
    async def evict():
        engine = ReplicaEngine(SETTINGS, MODELS)
        warm = await engine.load("story")
        replicas = LocalReplicas(engine)
        door = create_door(SETTINGS, replicas, IDS)
        headers = {"authorization": f"Bearer {STUDENT.secret}"}
        message = {"model": "story", "prompt": "Once", "max_tokens": 60, "ignore_eos": True}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(door), base_url="http://localhost", headers=headers
        ) as client:
            text = asyncio.create_task(client.post("/v1/completions", json=message))
            async for _ in moments():
                if replicas.num_open:
                    break
            await asyncio.to_thread(warm.__del__)
            answer = await text
            assert answer.json()["usage"]["completion_tokens"] == 60
            assert b'model="story"' not in engine.figures().partition(b"realm_model_memory")[2]
        engine.close()

    loop.run(asyncio.wait_for(evict(), GUARD_S))


def test_figures_say_which_replica_they_are_of(request_of):
    text = request_of("GET", "/metrics").text
    assert text.count("# HELP realm_requests_total") == 1
    assert 'realm_key_running{key="student",replica="a"} 0.0' in text
    assert 'realm_key_running{key="student",replica="b"} 0.0' in text


def test_the_text_is_the_one_that_it_is_in_process(request_of):
    message = {"model": "story", "prompt": "Once upon a time", "seed": 3, "max_tokens": 12}
    text = request_of("POST", "/v1/completions", json=message).json()["choices"][0]["text"]
    with Realm(default_model="tales") as realm:
        assert realm.generate("Once upon a time", raw=True, seed=3, max_tokens=12).text == text


# ---- Settings: what Ray is told, without Ray -------------------------------------------


def test_a_fixed_number_of_replicas_or_a_range():
    fixed = ClusterSettings(models=MODELS, min_replicas=2, max_replicas=2, num_gpus=1)
    options = fixed.replica_options(grace_s=9)
    assert options["num_replicas"] == 2
    assert options["ray_actor_options"] == {"num_cpus": 1, "num_gpus": 1}
    assert options["graceful_shutdown_timeout_s"] == 9
    assert "autoscaling_config" not in options
    grows = ClusterSettings(models=MODELS, max_replicas=4, target_ongoing=8).replica_options()
    assert grows["autoscaling_config"] == {
        "min_replicas": 1,
        "max_replicas": 4,
        "target_ongoing_requests": 8,
        "upscale_delay_s": 10,
        "downscale_delay_s": 300,
    }
    assert "num_replicas" not in grows
    # One replica is replaced by one that is ready; of several, each makes room for the next.
    assert grows["max_surge_percent"] == 100
    assert options["max_surge_percent"] == 0


def test_a_replica_keeps_no_more_models_warm_than_there_are():
    assert ClusterSettings(models=MODELS).num_warm == 2
    assert ClusterSettings(models=MODELS, models_per_replica=1).num_warm == 1
    assert ClusterSettings(models=MODELS, models_per_replica=9).num_warm == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"models": ()},
        {"models": (MODELS[0], MODELS[0])},
        {"min_replicas": 0},
        {"min_replicas": 2},
        {"num_cpus": 0},
        {"num_gpus": -1},
        {"models_per_replica": 0},
        {"target_ongoing": 0},
        {"upscale_delay_s": -1},
        {"downscale_delay_s": float("nan")},
    ],
)
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(ConfigError):
        ClusterSettings(**{"models": MODELS, **changes})


@pytest.mark.parametrize("text", ["", "x", "1:", ":2", "1:2:3", "-1"])
def test_what_is_no_number_of_replicas_is_refused(text):
    with pytest.raises(ConfigError, match="a range such as 1:4"):
        parse_replicas(text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--replicas", "2"), "--replicas is for a cluster: add --ray"),
        (("--stop",), "--stop is for a cluster"),
        (("--ray", "--replicas", "4:2"), "max_replicas=2"),
        (("--ray", "--models-dir", "."), "--models-dir has no meaning on a cluster"),
        (("--ray", "a=paris", "a=tales"), "two models of the cluster have the same id"),
    ],
)
def test_wrong_flags_are_refused_before_ray_is_asked_for(capsys, arguments, message):
    assert main(["serve", *arguments]) == 2
    assert message in capsys.readouterr().err
