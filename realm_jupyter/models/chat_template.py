"""Chat templates: messages to the bytes of a prompt.

Templates come inside model files, so they are programs of strangers. Those of shipped
models run in this process; all others in a helper process with limits, which is killed
after a second (`template_process`). What people say is kept apart from what the template
says: control tokens inside content are broken by the byte 0xFF, see `control_text`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ChatTemplateError, PromptError, RealmError
from realm_jupyter.models import chat_template_worker as worker
from realm_jupyter.models.control_text import ControlText, choose_marker
from realm_jupyter.models.template_process import render_limited
from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["closing_token", "render_chat", "render_template"]

_MAX_DEPTH = 64
_MAX_INTEGER = 2**63
_DROPPED = b"\xff"


def render_template(
    template: str,
    inputs: Mapping[str, Any],
    *,
    now: datetime | None = None,
    trusted: bool = False,
    marker: str = "",
) -> str:
    """Render a template to plain text.

    Parameters
    ----------
    template : str
        Jinja source, as in ``tokenizer.chat_template``.
    inputs : mapping
        The template's variables: strings, numbers, booleans, None, lists, mappings.
    now : datetime, optional
        What ``strftime_now`` formats; the present by default.
    trusted : bool
        Render in this process. For templates of our own only.
    marker : str
        A character that ``tojson`` must not escape.

    Raises
    ------
    ChatTemplateError
        If the template refuses its inputs (the message is its own), is wrong, or breaks
        a limit: one second, 16 MiB of text, the helper's memory.
    PromptError
        If the inputs hold something that is no plain value or no Unicode text.
    """
    now = now or datetime.now()  # noqa: DTZ005 - templates say the local date
    values = _plain(dict(inputs), _unchanged)
    if trusted:
        request = {"template": template, "inputs": values, "now": now.isoformat()}
        result = worker.answer({**request, "marker": marker})
    else:
        result = render_limited(template, values, now=now, marker=marker)
    if "error" in result:
        if result.get("is_refusal"):
            raise ChatTemplateError(result["error"])
        raise ChatTemplateError(f"the chat template failed: {result['error']}")
    return str(result["text"])


def render_chat(
    template: str,
    messages: Sequence[ChatMessage | Mapping[str, Any]],
    *,
    bos_token: str = "",
    eos_token: str = "",
    add_generation_prompt: bool = True,
    control_tokens: Iterable[str] = (),
    trusted: bool = False,
    now: datetime | None = None,
    **variables: Any,
) -> bytes:
    r"""Render a conversation to the bytes that ``realm_tokenize`` reads.

    Parameters
    ----------
    template : str
    messages : sequence of ChatMessage or mapping
        Mappings may have more than role and content, such as ``tool_calls``.
    bos_token, eos_token : str
        Texts of the special tokens.
    add_generation_prompt : bool
        Open the assistant's turn.
    control_tokens : iterable of str
        Texts of the vocabulary's control tokens; broken wherever they occur in
        messages and variables.
    trusted : bool
        Render in this process. For templates of our own only.
    now : datetime, optional
        What ``strftime_now`` formats; the present by default.
    **variables
        More of the template's variables, such as ``tools`` or ``enable_thinking``.

    Returns
    -------
    bytes
        UTF-8, with bytes 0xFF inside control tokens of the content.

    Raises
    ------
    ChatTemplateError
        As `render_template`.
    PromptError
        If a message is malformed or holds a lone surrogate.

    Examples
    --------
    >>> template = "{% for m in messages %}<s>{{ m.content }}{% endfor %}"
    >>> render_chat(template, [ChatMessage("user", "a <s>")], control_tokens=["<s>"], trusted=True)
    b'<s>a <\xffs>'
    """
    content = {**variables, "messages": [_message(message) for message in messages]}
    own = {
        "bos_token": bos_token,
        "eos_token": eos_token,
        "add_generation_prompt": add_generation_prompt,
    }
    control = ControlText.of(control_tokens)
    marker = choose_marker((template, bos_token, eos_token, *_strings(content)))

    def broken(text: str, kind: str) -> str:
        return control.broken(text, marker, with_edges=kind == "text")

    inputs = {**_plain(content, broken), **own}
    text = render_template(template, inputs, now=now, trusted=trusted, marker=marker)
    return text.encode().replace(marker.encode(), _DROPPED)


def closing_token(
    template: str,
    control_tokens: Iterable[str],
    *,
    bos_token: str = "",
    eos_token: str = "",
    trusted: bool = False,
) -> str | None:
    """Return the control token with which a template closes the assistant's turns.

    Parameters
    ----------
    template : str
    control_tokens : iterable of str
    bos_token, eos_token : str
    trusted : bool
        As in `render_chat`.

    Returns
    -------
    str or None
        None where a turn has no closing token, or the template cannot be rendered.
    """
    said = f"realm{secrets.token_hex(8)}"
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": said}]
    inputs = {
        "messages": messages,
        "bos_token": bos_token,
        "eos_token": eos_token,
        "add_generation_prompt": False,
    }
    try:
        text = render_template(template, inputs, trusted=trusted)
    except RealmError:
        return None
    _, found, after = text.rpartition(said)
    return ControlText.of(control_tokens).first(after) if found else None


def _message(message: ChatMessage | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(message, ChatMessage):
        # Templates ask whether a message has a field, so that empty ones must not be there.
        more = {key: value for key, value in asdict(message).items() if value}
        return {**more, "role": message.role, "content": message.content}
    if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
        # The same words as for a message that lacks its role.
        return _message(ChatMessage.from_any(message))
    return message


def _unchanged(text: str, _kind: str) -> str:
    return text


def _plain(value: Any, change: Callable[[str, str], str], depth: int = 0) -> Any:
    """Copy a value as JSON would, with every string changed and checked.

    ``change`` gets the kind too: ``"text"``, or ``"name"`` for keys and roles, which
    templates look up and compare.
    """
    if isinstance(value, str):
        return change(_checked(value), "text")
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise PromptError("the messages hold a whole number of more than 64 bits")
        return value
    if depth >= _MAX_DEPTH:
        raise PromptError(f"the messages are nested more than {_MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        result = {}
        for key, item in value.items():
            name = change(_checked(str(key)), "name")
            is_role = key == "role" and isinstance(item, str)
            if is_role:
                result[name] = change(_checked(item), "name")
            else:
                result[name] = _plain(item, change, depth + 1)
        return result
    if isinstance(value, (Sequence, Iterator)) and not isinstance(value, (bytes, bytearray)):
        return [_plain(item, change, depth + 1) for item in value]
    raise PromptError(
        f"the messages hold a {type(value).__name__}; "
        "text, numbers, booleans, None, lists and mappings are allowed"
    )


def _checked(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PromptError(
            f"a message holds a lone surrogate (U+{ord(text[error.start]):04X}), which is no text"
        ) from error
    return text


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    """Yield every string in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif depth < _MAX_DEPTH:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield str(key)
                yield from _strings(item, depth + 1)
        elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
            for item in value:
                yield from _strings(item, depth + 1)
