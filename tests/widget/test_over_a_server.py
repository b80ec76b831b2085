"""The chat and the panel of models with a realm whose models run in a server."""

from __future__ import annotations

import pytest

from realm_jupyter import Realm
from realm_jupyter.widget.models_session import ModelsSession
from support.live_server import ADMIN, STUDENT, live_server
from support.tiny_gguf import CHATML_TEMPLATE, write_tiny_llama
from support.widget_wire import GUARD_S, Chat, Wire


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    write_tiny_llama(path, tokenizer="gpt2", chat_template=CHATML_TEMPLATE, context_length=8192)
    with live_server(path) as running:
        yield running


@pytest.fixture
def realm(server):
    with Realm(mode="server", base_url=server.url, api_key=STUDENT.secret) as found:
        yield found


def test_a_chat_streams_and_stops(realm):
    chat = Chat(realm)
    chat.request(
        "change_settings", system="", record_tokens=True, values={"max_tokens": 12, "seed": "3"}
    )
    message = chat.ask()
    assert (message["state"], message["model"]) == ("done", "tiny")
    assert message["stats"]["completion_tokens"] == 12
    assert "".join(item["text"] for item in chat.of("delta")) == message["text"]
    settings = {"max_tokens": 4000, "ignore_eos": True}
    chat.request("change_settings", system="", record_tokens=False, values=settings)
    chat.clear()
    chat.request("send", text="Go on")
    chat.wait_for(lambda message: message["type"] == "delta")
    chat.request("stop")
    assert chat.session.wait(GUARD_S)
    assert chat.snapshot()["messages"][-1]["stats"]["completion_tokens"] < 4000


def test_the_panel_loads_and_unloads_in_the_server(server):
    with Realm(mode="server", base_url=server.url, api_key=ADMIN.secret) as realm:
        panel = Wire()
        panel.channel = ModelsSession(realm, panel.send).channel
        assert [row["id"] for row in panel.snapshot()["models"]] == ["tiny"]
        panel.request("load", source="paris", model=None, device="auto", executor="auto")
        panel.wait_for(lambda m: m["type"] == "load" and m["load"]["state"] == "done")
        assert [info.id for info in realm.models()] == ["tiny", "paris"]
        panel.request("unload", model="paris")
        assert [info.id for info in realm.models()] == ["tiny"]
