"""``%realm chat`` and ``%realm models --widget``: where there is a notebook, they open."""

from __future__ import annotations

import pytest

from realm_jupyter.widget import view
from realm_jupyter.widget.chat import ChatWidget
from realm_jupyter.widget.models import ModelsWidget
from support.widget_wire import GUARD_S


@pytest.fixture
def front_end(notebook, monkeypatch):
    monkeypatch.setattr(view, "static_text", lambda name: f"/* {name} */")
    monkeypatch.setattr(ChatWidget, "_ipython_display_", lambda _chat: None)
    vars(notebook.shell)["kernel"] = object()
    return notebook


def answered(chat, text):
    chat.send(text)
    assert chat.wait(GUARD_S)
    chat._changed()


def test_chat_opens_a_widget_that_knows_the_settings(front_end):
    front_end.magics.system = "Short."
    front_end.magics.generation = {"temperature": 0}
    front_end.magics.default_model = "tales"
    chat = front_end.run("%realm chat").result
    assert isinstance(chat, ChatWidget)
    answered(chat, "Hi")
    request = front_end.realm.requests[-1]
    assert request["model"] == "tales"
    assert request["config"].temperature == 0
    assert request["messages"][0].content == "Short."


def test_cells_and_the_widget_go_on_with_one_conversation(front_end):
    front_end.run("%%realm chat\nOne")
    chat = front_end.run("%realm chat").result
    assert [message.content for message in chat.messages] == ["One", "Hello, world!"]
    answered(chat, "Two")
    front_end.run("%%realm chat\nThree")
    asked = [turn.content for turn in front_end.realm.requests[-1]["messages"]]
    assert asked == ["One", "Hello, world!", "Two", "Hello, world!", "Three"]
    assert len(chat.messages) == 6
    assert len(chat.session.shelf.summaries()) == 1
    assert front_end.run("%realm chat").result is chat


def test_forgetting_empties_the_widget_too(front_end):
    chat = front_end.run("%realm chat").result
    answered(chat, "One")
    front_end.run("%realm chat --reset")
    assert chat.messages == []
    front_end.run("%%realm chat --reset\nTwo")
    assert [message.content for message in chat.messages] == ["Two", "Hello, world!"]


def test_conversations_have_widgets_of_their_own(front_end):
    main = front_end.run("%realm chat").result
    other = front_end.run("%realm chat --conversation other").result
    assert main is not other


def test_text_and_plain_show_no_widget(front_end):
    front_end.run("%%realm chat\nHi")
    assert (
        "<strong>You</strong>" in front_end.run("%realm chat --text").representations["text/html"]
    )
    front_end.magics.display = "plain"
    assert "<strong>You</strong>" in front_end.run("%realm chat").representations["text/html"]


def test_models_open_as_a_panel(front_end):
    front_end.run("%realm load paris")
    panel = front_end.run("%realm models --widget").result
    assert isinstance(panel, ModelsWidget)
    assert [info.id for info in panel.models] == ["paris"]


def test_without_a_notebook_a_panel_is_one_clear_error(notebook):
    (line,) = notebook.run("%realm models --widget").shown_error
    assert "a panel needs a notebook" in line
