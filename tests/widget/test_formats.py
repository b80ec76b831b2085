"""Conversations leave as files and come back word for word."""

from __future__ import annotations

import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_jupyter.errors import ConfigError
from realm_jupyter.types import ChatMessage
from realm_jupyter.widget.formats import from_file, to_cells, to_json, to_markdown

MESSAGES = [
    ChatMessage("system", "Be short."),
    ChatMessage("user", "What is `x`?\n\n```python\nx = 1\n```"),
    ChatMessage("assistant", "It is **1**.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"),
    ChatMessage("user", "مرحبا 👋"),
    ChatMessage("assistant", ""),
]
messages = st.lists(
    st.builds(ChatMessage, st.sampled_from(["system", "user", "assistant"]), st.text(max_size=40)),
    min_size=1,
    max_size=5,
)


def test_markdown_comes_back():
    assert from_file(to_markdown(MESSAGES, "A title"), "chat.md") == MESSAGES


def test_json_comes_back():
    assert from_file(to_json(MESSAGES), "chat.json") == MESSAGES


@given(messages)
def test_any_text_comes_back(said):
    assert from_file(to_json(said)) == said
    assert from_file(to_markdown(said, "t")) == said


def test_markdown_that_pretends_to_be_two_messages_stays_one():
    tricky = to_markdown([ChatMessage("user", "a")], "t")
    said = [ChatMessage("user", tricky), ChatMessage("assistant", "\n<!-- x user -->\n**You**\n")]
    assert from_file(to_markdown(said, "t")) == said


def test_cells_are_a_valid_notebook_that_comes_back():
    text = to_cells(MESSAGES[:3])
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == [
        "%load_ext realm_jupyter\n%config RealmMagics.system = 'Be short.'",
        f"%%realm chat\n{MESSAGES[1].content}",
    ]
    assert from_file(text, "chat.ipynb") == MESSAGES[1:3]


def test_openai_messages_with_parts_are_read():
    document = [
        {"role": "developer", "content": "Be short."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look: "},
                {"type": "image_url", "image_url": {"url": "https://x"}},
                {"type": "text", "text": "what?"},
            ],
        },
        {"role": "assistant", "content": None},
    ]
    assert [(m.role, m.content) for m in from_file(json.dumps(document))] == [
        ("system", "Be short."),
        ("user", "Look: what?"),
        ("assistant", ""),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "{",
        "3",
        "{}",
        '{"messages": 3}',
        "[3]",
        '[{"role": "user"}, 1]',
        '[{"content": "no role"}]',
        '[{"role": "king", "content": "x"}]',
        '[{"role": "user", "content": 3}]',
        '[{"role": "user", "content": [{"type": "text"}]}]',
        "[]",
        "<!-- realm chat 01234567 -->\n# nothing\n",
        '{"cells": [{"cell_type": "code", "source": "1"}]}',
        '{"cells": 3}',
    ],
)
def test_what_is_no_conversation_is_one_clear_error(text):
    with pytest.raises(ConfigError) as caught:
        from_file(text, "notes.txt")
    assert str(caught.value).startswith("notes.txt ")
    assert "\n" not in str(caught.value)
