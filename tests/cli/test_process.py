"""The command as a process: signals, pipes, ``python -m realm_jupyter``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "realm_jupyter"]
GUARD_S = 180


def start(*args, **kwargs):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, *map(str, args)], **{**pipes, **kwargs})


def test_the_module_is_the_command():
    found = subprocess.run(
        [*COMMAND, "version", "--json"], capture_output=True, check=True, timeout=GUARD_S
    )
    assert "realm_jupyter" in json.loads(found.stdout)


@pytest.mark.conformance
def test_an_interrupt_in_a_long_answer_is_one_line(conformance_dir):
    model = conformance_dir / "models" / "stories260K-long-f32.gguf"
    args = ["run", model, "Once upon a time", "--raw", "--max-tokens", 100_000, "--ignore-eos"]
    with start(*args) as process:
        try:
            first = process.stdout.read(20)  # it is streaming now
            process.send_signal(signal.SIGINT)
            rest, err = process.communicate(timeout=GUARD_S)
        finally:
            process.kill()
    assert len(first) == 20
    assert rest.endswith(b"\n")
    assert err == b"realm: interrupted\n"
    assert process.returncode == 130


@pytest.mark.conformance
def test_an_interrupt_while_reading_lines_is_one_line(conformance_dir):
    with start("tokenize", conformance_dir / "tokenizers" / "gpt-2.gguf", "--jsonl") as process:
        try:
            process.stdin.write(b'{"text": "Hello"}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"ids": [15496]}
            process.send_signal(signal.SIGINT)
            _rest, err = process.communicate(timeout=GUARD_S)
        finally:
            process.kill()
    assert err == b"realm: interrupted\n"
    assert process.returncode == 130


@pytest.mark.conformance
def test_a_closed_pipe_is_silent(conformance_dir):
    with start("tokenize", conformance_dir / "tokenizers" / "gpt-2.gguf", "--jsonl") as process:
        try:
            process.stdout.close()
            process.stdin.write(b'{"text": "Hello"}\n' * 3)
            process.stdin.close()
            err = process.stderr.read()
            assert process.wait(GUARD_S) == 141
        finally:
            process.kill()
    assert err == b""
