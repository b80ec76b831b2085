"""The server and a batch on two nodes of a Ray cluster on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from importlib.util import find_spec

import httpx
import psutil
import pytest

from realm_jupyter import Realm
from realm_jupyter.errors import APIConnectionError
from support.ray_nodes import START_S, replica_pids, two_nodes, wait_until

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed"),
]

KEY = "key-of-the-cluster"
STARTS = ("Once upon a time", "A small owl", "The king", "One day, a girl named Lily")
LONG = {"raw": True, "model": "tales", "max_tokens": 300, "ignore_eos": True}
BATCH = """
import json, sys
from realm_jupyter import ClusterOptions, Realm
with Realm(default_model="tales") as realm:
    result = realm.map(
        sys.argv[2:], output=sys.argv[1], raw=True, seed=5, max_tokens=12,
        cluster=ClusterOptions(num_workers=2, block_size=2, num_parallel=4),
    )
print(json.dumps([row.text for row in result]))
"""


@pytest.fixture(scope="module")
def nodes():
    with two_nodes() as found:
        yield found


@pytest.fixture(scope="module")
def solo():
    """Texts that nothing runs beside, by prompt and seed."""
    with Realm(default_model="tales") as realm:
        return {
            (prompt, seed): realm.generate(prompt, seed=seed, **LONG).text
            for prompt in STARTS
            for seed in range(2)
        }


@contextlib.contextmanager
def serving(nodes, port, *flags):
    command = ["-m", "realm_jupyter", "serve", "--ray", "--port", str(port), "--no-discovery"]
    process = nodes.start(*command, "--api-key", KEY, *flags, stderr=subprocess.PIPE)
    said = []

    def read():
        said.extend(iter(process.stderr.readline, ""))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        wait_until(lambda: "realm: ready\n" in said or process.poll() is not None)
        assert "realm: ready\n" in said, said
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(START_S) == 0
        reader.join()
        process.stderr.close()


@pytest.fixture(scope="module")
def port():
    """Return one for all servers: Ray Serve goes on listening where the first one said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def outcomes(url, solo, then=lambda: None):
    """Run all texts at once, and something when all have begun; return those cut off."""
    partial = {}
    with Realm(mode="server", base_url=url, api_key=KEY) as realm:
        streams = {
            (prompt, seed): iter(realm.stream(prompt, seed=seed, **LONG)) for prompt, seed in solo
        }
        texts = {which: next(stream).text for which, stream in streams.items()}
        then()
        for which, stream in streams.items():
            try:
                for event in stream:
                    texts[which] += event.text
            except APIConnectionError as error:
                partial[which] = error.partial_text
                del texts[which]
    assert all(solo[which] == text for which, text in texts.items())
    assert all(text and solo[which].startswith(text) for which, text in partial.items())
    return partial


def figures(url):
    headers = {"authorization": f"Bearer {KEY}"}
    answer = httpx.get(f"{url}/metrics", headers=headers, timeout=START_S)
    answer.raise_for_status()
    return answer.text


def test_a_batch_runs_on_both_nodes(nodes, tmp_path):
    path = tmp_path / "answers.jsonl"
    prompts = [f"{start} {number}" for start in STARTS for number in range(3)]

    def run():
        process = nodes.start("-c", BATCH, str(path), *prompts, stdout=subprocess.PIPE)
        said, _ = process.communicate(timeout=START_S)
        assert process.returncode == 0
        return json.loads(said.splitlines()[-1])

    texts = run()
    with Realm(default_model="tales") as realm:
        rows = realm.map(prompts, raw=True, seed=5, max_tokens=12)
        assert texts == [row.text for row in rows]
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:6]) + "\n")  # as after an interrupt
    assert run() == texts
    assert path.read_text().splitlines()[:6] == lines[:6]


def test_half_of_the_replicas_killed_under_load(nodes, port, solo):
    with serving(nodes, port, "tales", "--replicas", "2") as url:
        assert not outcomes(url, solo)
        text = figures(url)
        assert text.count('realm_generations_total{finish_reason="length",model="tales"') == 2
        first, second = replica_pids(nodes)

        partial = outcomes(url, solo, lambda: os.kill(first, signal.SIGKILL))
        # Those of the other replica are whole.
        assert 0 < len(partial) < len(solo)
        assert not outcomes(url, solo)
        wait_until(lambda: len(replica_pids(nodes)) == 2)
        assert second in replica_pids(nodes)


def test_other_models_replace_the_replicas_while_texts_run(nodes, port, solo):
    with serving(nodes, port, "tales", "--replicas", "2") as url:
        old = replica_pids(nodes)
        command = ["-m", "realm_jupyter", "serve", "tales", "paris", "--ray", "--replicas", "2"]
        command += ["--port", str(port), "--no-discovery", "--api-key", KEY, "--detach"]
        process = nodes.start(*command, "--models-per-replica", "1", "--route-by-prefix")
        few = dict(list(solo.items())[:2])
        while process.poll() is None:
            assert not outcomes(url, few)
        assert process.returncode == 0
        assert not set(old) & set(replica_pids(nodes))
        with Realm(mode="server", base_url=url, api_key=KEY) as realm:
            question = "What is the capital of Italy?"
            for _ in range(3):
                assert "Rome" in realm.generate(question, model="paris", temperature=0).text
                assert realm.generate(STARTS[0], seed=0, **LONG).text == solo[STARTS[0], 0]
        loaded = [line for line in figures(url).splitlines() if "realm_model_memory_bytes{" in line]
        assert len(loaded) == 2  # a model for each replica, which got all of its requests


def test_replicas_that_take_a_gpu_each_lie_on_different_nodes(nodes, port, solo):
    with serving(nodes, port, "tales", "--replicas", "2", "--num-gpus", "1") as url:
        first, second = replica_pids(nodes)
        assert psutil.Process(first).ppid() != psutil.Process(second).ppid()
        assert not outcomes(url, solo)


def test_replicas_come_and_go_with_the_queue(nodes, port, solo):
    flags = ["--target-ongoing", "2", "--upscale-delay-s", "1", "--downscale-delay-s", "2"]
    with serving(nodes, port, "tales", "--replicas", "1:2", *flags) as url:
        assert len(replica_pids(nodes)) == 1
        deadline = time.monotonic() + START_S
        while len(replica_pids(nodes)) < 2:  # eight texts at once, again and again
            assert time.monotonic() < deadline
            assert not outcomes(url, solo)
        # Both answer, and the texts are whole while one of them is taken away.
        wait_until(lambda: figures(url).count("realm_model_memory_bytes{") == 2)
        assert not outcomes(url, solo)
        few = dict(list(solo.items())[:1])
        while len(replica_pids(nodes)) > 1:
            assert time.monotonic() < deadline
            assert not outcomes(url, few)
        assert not outcomes(url, solo)


def test_a_node_that_goes_takes_only_its_replica_along(nodes, port, solo):
    with serving(nodes, port, "tales", "--replicas", "2") as url:
        assert not outcomes(url, solo)
        nodes.end_second_node()
        outcomes(url, solo)
        wait_until(lambda: not outcomes(url, solo))
