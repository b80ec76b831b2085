"""``%realm connect``, ``disconnect`` and ``serve``."""

from __future__ import annotations

import pytest

from realm_jupyter.client.launch import stop_server
from realm_jupyter.errors import MagicError
from realm_jupyter.protocol import discovery
from support.live_server import STUDENT, live_server
from support.tiny_gguf import CHATML_TEMPLATE, write_tiny_llama


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    path = folder / "tiny.gguf"
    return write_tiny_llama(path, tokenizer="gpt2", chat_template=CHATML_TEMPLATE)


@pytest.fixture(scope="module")
def server(model_path):
    with live_server(model_path) as running:
        yield running


@pytest.fixture(autouse=True)
def _runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    yield
    for record in discovery.running():
        stop_server(record)


def test_cells_are_answered_by_the_server_until_it_is_left(notebook, server):
    notebook.run("%%realm generate\nHi")
    local = len(notebook.realm.requests)
    notebook.shell.user_ns["key"] = STUDENT.secret
    cell = notebook.run(f"%realm connect {server.url}/v1 --api-key {{{{key}}}}")
    assert cell.error is None
    assert f"connected to {server.url}: tiny (current)" in cell.stdout
    cell = notebook.run("%%realm generate --max-tokens 5 -v r\nHi")
    assert cell.error is None
    assert notebook.shell.user_ns["r"].model == "tiny"
    cell = notebook.run("%%realm chat --json-schema '{\"enum\": [1, 2]}' -v r\nHi")
    assert notebook.shell.user_ns["r"].text in {"1", "2"}
    assert len(notebook.realm.requests) == local
    assert notebook.run("%realm disconnect").error is None
    notebook.run("%%realm generate\nHi")
    assert len(notebook.realm.requests) == local + 1
    assert notebook.realm.current_model == "paris"  # what was loaded here stayed loaded


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%realm connect", "no server of yours is running"),
        ("%realm connect http://127.0.0.1:9", "cannot be reached"),
        ("%realm connect nonsense", "base_url"),
        ("%realm disconnect", "there is no connection"),
        ("%realm serve --stop", "no server of yours is running"),
        ("%realm serve none.gguf", "the server did not start"),
    ],
)
def test_what_goes_wrong_is_one_red_line_and_changes_nothing(notebook, line, message):
    cell = notebook.run(line)
    assert isinstance(cell.error, MagicError)
    assert message in str(cell.error)
    assert notebook.run("%%realm generate\nHi").error is None


def test_serve_starts_a_server_connects_and_stops_it(notebook, model_path):
    cell = notebook.run(f"%realm serve {model_path}")
    assert cell.error is None
    assert "connected to http://127.0.0.1:" in cell.stdout
    notebook.run("%%realm generate --max-tokens 3 -v r\nHi")
    assert notebook.shell.user_ns["r"].model == "tiny"
    assert notebook.run("%realm disconnect").error is None
    # A notebook that is new, or was restarted, finds it.
    assert "tiny" in notebook.run("%realm connect").stdout
    assert "running already" in notebook.run("%realm serve").stdout
    assert "was stopped" in notebook.run("%realm serve --stop").stdout
    assert discovery.running() == []
