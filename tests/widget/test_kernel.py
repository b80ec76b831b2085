"""In a real kernel: requests over a subshell are answered while a cell runs."""

from __future__ import annotations

import contextlib
import os
import queue
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from support.widget_wire import GUARD_S

TESTS = Path(__file__).resolve().parents[1]
CHAT = """
import time
from support.paced_realm import paced_realm
from realm_jupyter.widget import view
view.static_text = lambda name: ""
from realm_jupyter import chat_widget
chat = chat_widget(paced_realm(["a "] * 100_000, 100.0), max_tokens=100_000)
print(chat.comm.comm_id)
"""
BUSY = """
end = time.monotonic() + 600
while time.monotonic() < end:
    time.sleep(0.001)
"""


class Front:
    """Plays a front end that sends comm messages to a subshell."""

    def __init__(self, client):
        self.client = client
        client.control_channel.send(client.session.msg("create_subshell_request"))
        self.subshell = client.get_control_msg(timeout=GUARD_S)["content"]["subshell_id"]
        self.comm_id = self.run(CHAT).strip()

    def run(self, code):
        """Run a cell and return what it printed."""
        request = self.client.execute(code)
        printed = ""
        while True:
            message = self.client.get_iopub_msg(timeout=GUARD_S)
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
            assert message["msg_type"] != "error", message["content"]["traceback"]
            if message["content"].get("execution_state") == "idle":
                return printed

    def post(self, name, **fields):
        content = {"method": "custom", "content": {"type": name, "request": name, **fields}}
        message = self.client.session.msg("comm_msg", {"comm_id": self.comm_id, "data": content})
        message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)

    def replied(self):
        """Return the requests of the shell channel that have been replied to."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                reply = self.client.get_shell_msg(timeout=0.5)
                found.append(reply["parent_header"].get("msg_id"))
        return found

    def wait_for(self, matches):
        """Return the first message of the widget that matches."""
        while True:
            message = self.client.get_iopub_msg(timeout=GUARD_S)
            data = message["content"].get("data", {})
            content = data.get("content", {}) if message["msg_type"] == "comm_msg" else {}
            if content and matches(content):
                return content

    def wait_until_runs(self, request):
        """Return once the kernel has begun with a cell and the widget has spoken since."""
        while True:
            message = self.client.get_iopub_msg(timeout=GUARD_S)
            is_begun = message["msg_type"] == "execute_input"
            if is_begun and message["parent_header"].get("msg_id") == request:
                break
        self.wait_for(lambda content: content["type"] == "delta")

    def wait_for_state(self, state):
        return self.wait_for(lambda m: m["type"] == "status" and m["status"]["state"] == state)


@pytest.fixture
def front():
    paths = (str(TESTS.parent), str(TESTS))
    manager, client = start_new_kernel(
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)}, startup_timeout=GUARD_S
    )
    yield Front(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_stop_does_not_wait_for_the_cell(front):
    front.post("send", text="Hi")
    front.wait_for_state("generating")
    busy = front.client.execute(BUSY)
    front.wait_until_runs(busy)
    front.post("stop")
    answer = front.wait_for(lambda m: m["type"] == "answer" and m["request"] == "stop")
    assert answer["ok"]
    front.wait_for_state("idle")
    assert busy not in front.replied()
