"""A running server is found by its own user only."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest

from realm_jupyter.protocol import discovery
from realm_jupyter.protocol.discovery import ServerRecord


def record(pid=None, started=1.0):
    return ServerRecord("http://127.0.0.1:1", "secret", pid or os.getpid(), started, "1")


def test_a_record_is_found_until_it_is_forgotten(tmp_path):
    folder = tmp_path / "runtime"
    path = discovery.write(record(), folder)
    assert discovery.running(folder) == [record()]
    assert [entry.name for entry in folder.iterdir()] == [path.name]
    discovery.forget(path)
    discovery.forget(path)
    assert discovery.running(folder) == []


def test_a_missing_folder_has_no_servers(tmp_path):
    assert discovery.running(tmp_path / "none") == []


@pytest.mark.skipif(sys.platform == "win32", reason="files have no modes")
def test_nobody_else_may_read_it_or_have_written_it(tmp_path):
    path = discovery.write(record(), tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert discovery.running(tmp_path) == []


def test_the_key_is_in_no_repr():
    assert "secret" not in repr(record())


@pytest.mark.skipif(sys.platform == "win32", reason="asking would end the process")
def test_a_server_that_ended_is_passed_over(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait(timeout=60)
    discovery.write(record(pid=child.pid), tmp_path)
    assert discovery.running(tmp_path) == []


def test_the_newest_comes_first(tmp_path):
    discovery.write(record(started=1.0), tmp_path)
    (tmp_path / "realm-server-0.json").write_text(
        json.dumps({"url": "u", "token": "t", "pid": os.getpid(), "started": 2})
    )
    (tmp_path / "realm-server-0.json").chmod(0o600)
    assert [item.started for item in discovery.running(tmp_path)] == [2.0, 1.0]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"url": 1}', '{"url": "u", "token": "t", "pid": -1}']
)
def test_a_broken_file_is_passed_over(tmp_path, text):
    path = tmp_path / "realm-server-1.json"
    path.write_text(text)
    path.chmod(0o600)
    assert discovery.running(tmp_path) == []
