"""The current settings of a chat as Python code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["as_python"]

_QUESTION = ChatMessage("user", "Hello!")


def as_python(
    model: str, messages: Sequence[ChatMessage], sampling: Mapping[str, Any], *, is_chat: bool
) -> str:
    """Return a program that asks the last question again with the same settings.

    Parameters
    ----------
    model : str
        A shipped name or the path of a file.
    messages : sequence of ChatMessage
        What has been said; a greeting stands in where nobody asked anything yet.
    sampling : mapping
        Fields of `GenerationConfig` that are not at their defaults.
    is_chat : bool
        Whether the model has a chat template; else the plain text is completed.
    """
    turns = list(messages)
    while turns and turns[-1].role == "assistant":
        turns.pop()
    if not any(turn.role == "user" for turn in turns):
        turns.append(_QUESTION)
    if is_chat:
        prompt = ["messages = ["]
        prompt += [f'    {{"role": "{turn.role}", "content": {turn.content!r}}},' for turn in turns]
        prompt += ["]", "response = realm.chat("]
        arguments = ["messages"]
    else:
        text = "\n".join(turn.content for turn in turns if turn.role != "system")
        prompt = [f"text = {text!r}", "response = realm.generate("]
        arguments = ["text", "raw=True"]
    arguments += [f"{name}={value!r}" for name, value in sampling.items()]
    lines = [
        "from realm_jupyter import Realm",
        "",
        f"realm = Realm(default_model={model!r})",
        *prompt,
        *(f"    {argument}," for argument in arguments),
        ")",
        "print(response.text)",
    ]
    return "\n".join(lines) + "\n"
