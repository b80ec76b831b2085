"""``realm serve`` as a process: says where it listens, is found, ends cleanly."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading

import httpx
import openai
import pytest

from realm_jupyter.cli.main import main
from realm_jupyter.protocol import discovery
from realm_jupyter.server.keys import read_key_file

COMMAND = [sys.executable, "-m", "realm_jupyter", "serve"]
GUARD_S = 180


def start(tmp_path, *args):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REALM_A")}
    environment = {**kept, "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    return subprocess.Popen([*COMMAND, *args], stderr=subprocess.PIPE, text=True, env=environment)


def read_until(process, pattern):
    timer = threading.Timer(GUARD_S, process.kill)
    timer.start()
    lines = []
    for line in process.stderr:
        lines.append(line)
        if re.search(pattern, line):
            break
    timer.cancel()
    return "".join(lines)


@pytest.mark.skipif(sys.platform == "win32", reason="processes are interrupted otherwise")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_is_found_and_ends(tmp_path, number):
    with start(tmp_path, "paris", "story=tales", "--port", "0") as process:
        try:
            said = read_until(process, "ready")
            assert "paris" in said
            assert "story" in said
            url = re.search(r"listening at (\S+)", said)[1]
            key = re.search(r"API key: (\S+)", said)[1]
            (record,) = discovery.running(tmp_path)
            assert (f"{record.url}/v1", record.token, record.pid) == (url, key, process.pid)
            with openai.OpenAI(base_url=url, api_key=key, max_retries=0) as client:
                assert [model.id for model in client.models.list()] == ["paris", "story"]
            assert httpx.get(f"{record.url}/health").json() == {"status": "ok"}
            process.send_signal(number)
            _, err = process.communicate(timeout=GUARD_S)
        finally:
            process.kill()
    assert err == "realm: stopped\n"
    assert process.returncode == 0
    assert discovery.running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_loaded_ends_it(tmp_path):
    with start(tmp_path, "pari", "--port", "0", "--api-key", "a-key-of-mine") as process:
        _, err = process.communicate(timeout=GUARD_S)
    assert process.returncode == 1
    assert "did you mean 'paris'?" in err
    assert "API key" not in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_one_line(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port), "--no-discovery"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in err
    assert "--port" in err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--port", "70000"], "0 to 65535"),
        (["--port", "x"], "--port"),
        (["--api-key", "short"], "at least 8"),
        (["--api-key", "with a space"], "no spaces"),
        (["--api-key", "twice-the-same", "--api-key", "twice-the-same"], "twice"),
        (["--models-dir", "/does/not/exist"], "no folder"),
        (["--key-file", "/does/not/exist"], "cannot be read"),
        (["--num-sequences", "0"], "whole number from 1"),
        (["--prot", "1"], "did you mean --port?"),
    ],
)
def test_a_mistake_is_one_line(capsys, args, words):
    assert main(["serve", *args]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert words in err


def test_help_tells_all_of_it(capsys):
    assert main(["serve", "--help"]) == 0
    out = capsys.readouterr().out
    for word in (
        "--host",
        "--port",
        "--api-key",
        "--models-dir",
        "--allow-origin",
        "REALM_API_KEY",
    ):
        assert word in out


def test_a_key_file_names_its_keys(tmp_path, capsys):
    file = tmp_path / "keys"
    file.write_text("# the class\nsecret-of-ann ann\nsecret-of-bob\nsecret-of-eva eva admin\n")
    keys = read_key_file(file)
    assert [(key.name, key.is_admin) for key in keys] == [
        ("ann", False),
        ("key-3", False),
        ("eva", True),
    ]
    assert "secret" not in repr(keys)
    file.write_text("secret-of-ann ann too much\n")
    assert main(["serve", "--key-file", str(file)]) == 2
    err = capsys.readouterr().err
    assert "line 1" in err
    assert "secret-of-ann" not in err
