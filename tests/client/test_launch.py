"""Servers as processes: they outlive who started them, and may be killed at any moment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from realm_jupyter import CancelToken, Realm
from realm_jupyter.client.launch import start_server, stop_server
from realm_jupyter.errors import APIConnectionError, ConfigError, LoadCancelledError
from realm_jupyter.protocol import discovery
from realm_jupyter.server.jupyter_proxy import setup
from support.live_server import GUARD_S
from support.tiny_gguf import write_tiny_llama

LONG = {"raw": True, "max_tokens": 8000, "ignore_eos": True}


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return str(write_tiny_llama(folder / "tiny.gguf", context_length=8192))


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    yield tmp_path
    for record in discovery.running():
        stop_server(record)


def test_a_killed_server_leaves_the_text_so_far_and_the_next_one_goes_on(model_path, runtime):
    first = start_server([model_path]).wait(GUARD_S)
    with Realm(mode="server") as realm:
        expected = realm.generate("the", raw=True, seed=3, max_tokens=20).text
        handle = realm.stream("the", seed=3, **LONG)
        seen = []
        with pytest.raises(APIConnectionError) as caught:  # noqa: PT012 - killed while reading
            for event in handle:
                seen.append(event.text)
                if len(seen) == 5:
                    os.kill(first.pid, signal.SIGKILL)
        assert caught.value.partial_text == "".join(seen)
        assert caught.value.partial_text
        second = start_server([model_path]).wait(GUARD_S)
        assert second.pid != first.pid
        assert realm.generate("the", raw=True, seed=3, max_tokens=20).text == expected
        assert [record.pid for record in discovery.running()] == [second.pid]
        assert len(list(runtime.glob("realm-server-*.json"))) == 1  # the dead one's is gone


def test_a_server_outlives_who_started_it(model_path, runtime):
    code = (
        "import sys; from realm_jupyter.client.launch import start_server; "
        f"print(start_server([{model_path!r}]).wait().pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=GUARD_S, check=True
    )
    (record,) = discovery.running()
    assert record.pid == int(done.stdout)
    with Realm(mode="server") as realm:
        assert realm.current_model == "tiny"
    assert all(not path.stat().st_mode & 0o077 for path in runtime.iterdir())
    stop_server(record)
    assert discovery.running() == []


def test_a_kernel_that_was_restarted_finds_the_model_warm(model_path, runtime):
    record = start_server([model_path]).wait(GUARD_S)
    code = (
        "from realm_jupyter import Realm\n"
        "with Realm(mode='server') as realm:\n"
        "    print(realm.generate('the', raw=True, seed=3, max_tokens=20).token_ids)"
    )

    def kernel():
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=GUARD_S,
            check=True,
        )
        headers = {"authorization": f"Bearer {record.token}"}
        figures = httpx.get(f"{record.url}/metrics", headers=headers, timeout=GUARD_S).text
        (steps,) = re.findall(r'realm_model_steps\{model="tiny"\} ([0-9.]+)', figures)
        return done.stdout, float(steps)

    (first, num_steps), (second, num_steps_since) = kernel(), kernel()
    assert first == second
    assert num_steps_since > num_steps  # counted since it was loaded, which was once
    stop_server(record)


def test_a_server_that_cannot_start_says_why(tmp_path):
    with pytest.raises(ConfigError, match=r"the server did not start: .*none"):
        start_server([str(tmp_path / "none.gguf")]).wait(GUARD_S)
    assert discovery.running() == []


def test_starting_can_be_cancelled(model_path):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(LoadCancelledError):
        start_server([model_path]).wait(GUARD_S, cancel)


def test_the_jupyter_proxy_starts_the_same_command():
    said = setup()
    assert said["command"][1:4] == ["-m", "realm_jupyter", "serve"]
    assert said["request_headers_override"]["Authorization"].endswith(
        said["environment"]["REALM_API_KEY"]
    )
    assert setup()["environment"] != said["environment"]
