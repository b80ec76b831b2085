"""The magics in a real kernel, driven as a notebook drives it."""

from __future__ import annotations

import os
import queue
import time
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

GUARD_S = 180
ROOT = Path(__file__).resolve().parents[2]


class Cell:
    """The messages of one execution, as they came."""

    def __init__(self, client: Any, code: str) -> None:
        self._client = client
        self._id = client.execute(code)
        self.messages: list[dict[str, Any]] = []

    def read(self) -> dict[str, Any]:
        """Return the next message of this cell."""
        deadline = time.monotonic() + GUARD_S
        while time.monotonic() < deadline:
            try:
                message = self._client.get_iopub_msg(timeout=GUARD_S)
            except queue.Empty:
                break
            if message["parent_header"].get("msg_id") == self._id:
                self.messages.append(message)
                return message
        pytest.fail(f"the kernel said nothing more after {self.types}")

    def finish(self) -> Cell:
        """Read until the kernel is idle again."""
        while True:
            message = self.read()
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return self

    @property
    def types(self) -> list[str]:
        return [message["msg_type"] for message in self.messages]

    @property
    def reply(self) -> dict[str, Any]:
        while True:
            reply = self._client.get_shell_msg(timeout=GUARD_S)
            if reply["parent_header"].get("msg_id") == self._id:
                return reply["content"]

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [
            message["content"]
            for message in self.messages
            if message["msg_type"] in {"display_data", "update_display_data"}
            and "realm-cell-answer" in message["content"]["data"].get("text/html", "")
        ]

    @property
    def stdout(self) -> str:
        return "".join(
            message["content"]["text"]
            for message in self.messages
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout"
        )


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    # A kernel is another program: its warnings are not those of the tests.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONWARNINGS"}
    env |= {"IPYTHONDIR": str(folder), "PYTHONPATH": str(ROOT), "JUPYTER_RUNTIME_DIR": str(folder)}
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=env, cwd=str(folder))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=GUARD_S)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
        manager.context.destroy()


@pytest.fixture
def run(kernel, conformance_dir):
    _manager, client = kernel

    def run_cell(code):
        cell = Cell(client, code).finish()
        assert "error" not in cell.types, cell.messages
        return cell

    model = conformance_dir / "models" / "stories260K-long-f32.gguf"
    run_cell("%load_ext realm_jupyter")
    run_cell(f"%realm load '{model}' --id stories")
    return run_cell


@pytest.mark.conformance
@pytest.mark.slow
def test_an_interrupt_stops_a_long_answer_and_keeps_its_text(kernel, run):
    manager, client = kernel
    cell = Cell(
        client,
        "%%realm generate --raw --ignore-eos --max-tokens 100000 -v answer\nOnce upon a time",
    )
    # It is streaming when the text has grown.
    while len(cell.answers) < 3:
        cell.read()
    manager.interrupt_kernel()
    pressed_s = time.monotonic()
    cell.finish()
    stopped_s = time.monotonic() - pressed_s
    assert "error" not in cell.types
    assert cell.reply["status"] == "ok"
    assert stopped_s < 30  # a guard; the figure on a quiet machine is in the benchmarks

    ids = {content["transient"]["display_id"] for content in cell.answers}
    assert len(ids) == 1
    final = cell.answers[-1]
    assert final["data"]["text/plain"].endswith("\n[stopped]")
    assert "<em>[stopped]</em>" in final["data"]["text/html"]
    assert final["metadata"]["realm"]["finish_reason"] == "cancelled"

    after = run("print(repr(answer.text)); print(answer.finish_reason)")
    text, reason = after.stdout.splitlines()
    assert reason == "cancelled"
    assert eval(text) + "\n[stopped]" == final["data"]["text/plain"]  # noqa: S307 - our repr
    again = run("%%realm generate --raw --max-tokens 8 --temperature 0\nOnce upon a time")
    assert again.answers[-1]["data"]["text/plain"].startswith(", there was a")


@pytest.mark.conformance
@pytest.mark.slow
def test_an_answer_reads_without_a_kernel(run):
    cell = run("%%realm generate --raw --max-tokens 60 --temperature 0\nOnce upon a time")
    shown = [m for m in cell.messages if m["msg_type"] == "display_data"]
    assert len(shown) == 2  # the answer, the status line
    final = cell.answers[-1]["data"]
    assert set(final) == {"text/html", "text/plain"}
    assert final["text/plain"].startswith(", there was a little girl named Lily.")
    assert "60 tokens" in shown[-1]["content"]["data"]["text/plain"]
    assert cell.stdout == ""


@pytest.mark.conformance
@pytest.mark.slow
def test_a_mistake_is_one_line(kernel, run):
    _manager, client = kernel
    cell = Cell(client, "%%realm generate --temprature 1\nHi").finish()
    (error,) = [m["content"] for m in cell.messages if m["msg_type"] == "error"]
    assert error["ename"] == "MagicError"
    assert len(error["traceback"]) == 1
    assert "--temperature" in error["traceback"][0]
    assert run("1 + 1")
