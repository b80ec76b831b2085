"""What may be a prompt of a batch, and where prompts come from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ConfigError, PromptError
from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["checked_prompts", "messages_of", "prompts_of", "read_items", "token_ids_of"]

_KEYS = ("prompt", "messages")
_LINES_OF_JSON = (".jsonl", ".ndjson")


def checked_prompts(prompts: Iterable[Any]) -> list[Any]:
    """Return prompts as JSON can say them: text, messages as mappings, or token ids.

    Parameters
    ----------
    prompts : iterable of str, sequence of messages, or sequence of int

    Raises
    ------
    PromptError
        If something else is among them; the message says where.
    """
    if isinstance(prompts, (str, bytes, Mapping)) or hasattr(prompts, "columns"):
        kind = type(prompts).__name__
        raise PromptError(
            f"give a sequence of prompts, not one {kind}; of a table take a column, such as "
            "frame['question']"
        )
    return [_checked(index, prompt) for index, prompt in enumerate(prompts)]


def _checked(index: int, prompt: Any) -> Any:
    try:
        if isinstance(prompt, str):
            prompt.encode()
            return prompt
        if isinstance(prompt, Sequence) and prompt and not isinstance(prompt, (bytes, bytearray)):
            if all(isinstance(item, int) and not isinstance(item, bool) for item in prompt):
                return [int(item) for item in prompt]
            return [_message(item) for item in prompt]
    except (PromptError, UnicodeEncodeError) as error:
        raise PromptError(f"prompt {index}: {error}") from error
    raise PromptError(
        f"prompt {index} is of the type {type(prompt).__name__}; a prompt is text, a list of "
        "chat messages or a list of token ids"
    )


def _message(item: Any) -> dict[str, Any]:
    message = asdict(ChatMessage.from_any(item))
    json.dumps(message).encode()
    message["tool_calls"] = list(message["tool_calls"])
    return {name: value for name, value in message.items() if value or name == "content"}


def messages_of(prompt: Any) -> tuple[ChatMessage, ...] | None:
    """Return the messages of a checked prompt; None if it is none of messages."""
    if isinstance(prompt, str) or isinstance(prompt[0], int):
        return None
    return tuple(ChatMessage.from_any(item) for item in prompt)


def token_ids_of(prompt: Any) -> tuple[int, ...] | None:
    """Return the token ids of a checked prompt; None if it is none of token ids."""
    return tuple(prompt) if not isinstance(prompt, str) and isinstance(prompt[0], int) else None


def read_items(path: str | PathLike[str]) -> list[Any]:
    """Return the items of a file.

    Parameters
    ----------
    path : path-like
        Lines of JSON (``.jsonl``, ``.ndjson``), or a text file: each line is an item. Empty
        lines are passed over.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a line is not JSON; the message names the line.
    """
    path = Path(path).expanduser()
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the prompts in {path} cannot be read: {error}") from error
    is_json = path.suffix.lower() in _LINES_OF_JSON
    items = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            items.append(json.loads(line) if is_json else line.rstrip("\r"))
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"line {number} of {path} is not JSON: {error}") from error
    if not items:
        raise ConfigError(f"there is no prompt in {path}")
    return items


def prompts_of(items: Iterable[Any]) -> list[Any]:
    """Return the prompts of items: a mapping's ``prompt`` or ``messages``, else the item itself.

    Raises
    ------
    PromptError
        If an item is no prompt; the message says which.
    """
    return checked_prompts([_prompt_of(index, item) for index, item in enumerate(items)])


def _prompt_of(index: int, item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    given = [item[key] for key in _KEYS if item.get(key) is not None]
    if len(given) != 1:
        raise PromptError(f'prompt {index} needs either "prompt" or "messages"')
    return given[0]
