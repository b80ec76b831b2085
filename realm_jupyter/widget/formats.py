"""Conversations as files: Markdown, OpenAI messages, a notebook; and back."""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ConfigError, RealmError
from realm_jupyter.markdown import markdown_to_html
from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ROLE_NAMES",
    "from_file",
    "to_cells",
    "to_json",
    "to_markdown",
    "to_openai",
]

ROLE_NAMES = {"system": "System", "user": "You", "assistant": "Model", "tool": "Tool"}

_HEAD = re.compile(r"<!-- realm chat ([0-9a-f]{8}) -->")
_CHAT_CELL = "%%realm chat"


def to_openai(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    """Return messages as the OpenAI API takes them."""
    return [{"role": message.role, "content": message.content} for message in messages]


def to_json(messages: Sequence[ChatMessage]) -> str:
    """Return a JSON document with OpenAI messages."""
    return json.dumps({"messages": to_openai(messages)}, indent=2, ensure_ascii=False) + "\n"


def to_markdown(messages: Sequence[ChatMessage], title: str) -> str:
    """Return a Markdown document that `from_file` reads back word for word.

    Comments that no renderer shows mark where messages begin. They carry a number that
    occurs in no message, so that no message can pretend to be two.
    """
    everything = "".join(message.content for message in messages)
    mark = secrets.token_hex(4)
    while mark in everything:
        mark = secrets.token_hex(4)
    parts = [f"<!-- realm chat {mark} -->\n# {' '.join(title.split())}\n"]
    parts += [
        f"\n<!-- {mark} {message.role} -->\n**{ROLE_NAMES[message.role]}**\n\n{message.content}\n"
        for message in messages
    ]
    return "".join(parts)


def to_cells(messages: Sequence[ChatMessage]) -> str:
    """Return a notebook: each user's message is a ``%%realm chat`` cell with its answer."""
    system = next((item.content for item in messages if item.role == "system"), None)
    cells = [_code_cell("%load_ext realm_jupyter")]
    for message in messages:
        if message.role == "user":
            cells.append(_code_cell(f"{_CHAT_CELL}\n{message.content}"))
        elif message.role == "assistant":
            if len(cells) == 1:  # an answer to nothing
                cells.append(_markdown_cell(message.content))
                continue
            cells[-1]["outputs"] = [
                {
                    "output_type": "display_data",
                    "data": {
                        "text/html": markdown_to_html(message.content),
                        "text/plain": message.content,
                    },
                    "metadata": {},
                }
            ]
    if system is not None:
        cells[0]["source"] += f"\n%config RealmMagics.system = {system!r}"
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
                "name": "python3",
            }
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _code_cell(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": secrets.token_hex(4),
        "execution_count": None,
        "metadata": {},
        "source": source,
        "outputs": [],
    }


def _markdown_cell(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": secrets.token_hex(4), "metadata": {}, "source": source}


# -- reading ---------------------------------------------------------------------------


def from_file(text: str, filename: str = "") -> list[ChatMessage]:
    """Return the messages of a file that a chat exported, or of any OpenAI messages.

    Parameters
    ----------
    text : str
        JSON with a list of messages or with ``messages``, a notebook of
        ``%%realm chat`` cells, or the Markdown of `to_markdown`.
    filename : str
        For messages about what is wrong with it.

    Raises
    ------
    ConfigError
        If it is none of these, or holds no messages.
    """
    name = filename or "the file"
    head = _HEAD.match(text.lstrip("\ufeff"))
    try:
        if head is not None:
            messages = _from_markdown(text, head[1])
        else:
            messages = _from_json(json.loads(text))
    except (ValueError, TypeError, KeyError, RealmError) as error:
        raise ConfigError(
            f"{name} is no conversation: it must be a Markdown file or a notebook that a chat "
            f"exported, or JSON with OpenAI messages ({_reason(error)})",
            field="text",
        ) from error
    if not messages:
        raise ConfigError(f"{name} holds no messages", field="text")
    return messages


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{text[:120]}" if text else type(error).__name__


def _from_markdown(text: str, mark: str) -> list[ChatMessage]:
    pieces = re.split(rf"\n<!-- {mark} (\w+) -->\n\*\*\w+\*\*\n\n", text)
    pairs = zip(pieces[1::2], pieces[2::2], strict=True)
    return [ChatMessage(_role(role), content.removesuffix("\n")) for role, content in pairs]


def _from_json(document: Any) -> list[ChatMessage]:
    if isinstance(document, dict) and "cells" in document:
        return _from_cells(document["cells"])
    items = document["messages"] if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise TypeError("there is no list of messages")
    return [_from_openai(item) for item in items]


def _from_openai(item: Any) -> ChatMessage:
    if not isinstance(item, dict):
        raise TypeError("a message is an object with role and content")
    content = item.get("content")
    if isinstance(content, list):  # parts; those that are no text have no place here
        content = "".join(part["text"] for part in content if part.get("type") == "text")
    return ChatMessage(_role(item["role"]), content or "")


def _role(name: Any) -> Any:
    return "system" if name == "developer" else name


def _from_cells(cells: list[Any]) -> list[ChatMessage]:
    messages: list[ChatMessage] = []
    for cell in cells:
        source = "".join(cell.get("source", ""))
        first, _, rest = source.partition("\n")
        if cell.get("cell_type") != "code" or not first.startswith(_CHAT_CELL):
            continue
        messages.append(ChatMessage("user", rest))
        answers = [output.get("data", {}).get("text/plain") for output in cell["outputs"]]
        messages += [ChatMessage("assistant", "".join(item)) for item in answers[:1] if item]
    return messages
