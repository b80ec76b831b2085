"""Messages, their alternatives, and what a model is asked to go on from."""

from __future__ import annotations

import pytest

from realm_jupyter.errors import ConfigError
from realm_jupyter.types import ChatMessage
from realm_jupyter.widget.conversation import Conversation, Node
from realm_jupyter.widget.shelf import Shelf


def said(conversation):
    return [node.text for node in conversation.path]


@pytest.fixture
def conversation():
    return Conversation.from_messages(
        [ChatMessage("user", "a"), ChatMessage("assistant", "b"), ChatMessage("user", "c")]
    )


def test_messages_follow_one_another(conversation):
    assert said(conversation) == ["a", "b", "c"]
    assert conversation.tail.text == "c"
    assert Conversation().tail.role == "assistant"


def test_an_alternative_takes_what_follows_it_along(conversation):
    first = conversation.path[0]
    other = first.parent.add(Node("user", "A"))
    other.add(Node("assistant", "B"))
    assert said(conversation) == ["A", "B"]
    conversation.show(first)
    assert said(conversation) == ["a", "b", "c"]
    assert [first.as_message()[key] for key in ("alternative", "num_alternatives")] == [0, 2]


def test_showing_a_message_shows_the_way_to_it(conversation):
    answer = conversation.path[1]
    conversation.path[0].parent.add(Node("user", "A"))
    answer.parent.add(Node("assistant", "B"))
    conversation.show(conversation.find(answer.children[0].id))
    assert said(conversation) == ["a", "b", "c"]


def test_a_message_that_is_gone_is_an_error(conversation):
    with pytest.raises(ConfigError, match="not there any more"):
        conversation.find("nonsense")


def test_a_title_is_the_first_message_until_one_is_given():
    assert Conversation().title == "New chat"
    long = Conversation.from_messages([ChatMessage("user", "word " * 40)])
    assert long.title.startswith("word word")
    assert long.title.endswith("…")
    assert len(long.title) <= 48
    assert Conversation.from_messages([ChatMessage("user", "a\n\n b")]).title == "a b"
    assert Conversation("Mine").title == "Mine"


def test_a_model_is_asked_with_what_came_before_its_answer(conversation):
    waiting = conversation.tail.add(Node("assistant"))
    turns = conversation.turns(until=waiting)
    assert [(turn.role, turn.content) for turn in turns] == [
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


def test_an_answer_without_text_is_left_out_and_its_neighbours_are_one():
    conversation = Conversation.from_messages([ChatMessage("user", "a")])
    failed = conversation.tail.add(Node("assistant", "", state="error"))
    waiting = failed.add(Node("user", "b")).add(Node("assistant"))
    turns = conversation.turns(until=waiting)
    assert [(turn.role, turn.content) for turn in turns] == [("user", "a\n\nb")]


def test_messages_of_the_system_are_no_messages_of_the_tree():
    conversation = Conversation.from_messages(
        [ChatMessage("system", "s"), ChatMessage("user", "a")]
    )
    assert said(conversation) == ["a"]


def test_deleting_the_last_conversation_leaves_an_empty_one(conversation):
    shelf = Shelf(conversation)
    shelf.remove(conversation)
    assert said(shelf.open) == []
    assert [item["title"] for item in shelf.summaries()] == ["New chat"]


def test_deleting_the_open_one_opens_the_one_changed_last(conversation):
    shelf = Shelf(conversation)
    other, third = Conversation("other"), Conversation("third")
    shelf.show(other)
    shelf.show(third)
    other.touch()
    shelf.remove(third)
    assert shelf.open is other
    shelf.remove(conversation)
    assert shelf.open is other


def test_an_empty_conversation_is_used_again(conversation):
    shelf = Shelf(conversation)
    fresh = shelf.begin()
    shelf.show(conversation)
    assert shelf.begin() is fresh
    shelf.rename(fresh, "  kept  for\nlater ")
    assert fresh.title == "kept for later"
    assert shelf.begin() is not fresh
