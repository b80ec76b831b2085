"""Tool calls in a model's text: three forms that models write, and how they are read.

============ =====================================================================
form         a call in the text
============ =====================================================================
``hermes``   ``<tool_call>{"name": …, "arguments": {…}}</tool_call>`` (Hermes, Qwen)
``mistral``  ``[{"name": …, "arguments": {…}}, …]`` after ``[TOOL_CALLS]``
``llama``    ``{"name": …, "parameters": {…}}`` alone, or several with ``;`` between
============ =====================================================================

Control tokens such as ``[TOOL_CALLS]`` are no part of the text, so that it may lack them.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any, Literal

from realm_jupyter.protocol.tools import FunctionCall, ToolCall

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["ToolForm", "ToolReader", "forced_form", "form_of"]

ToolForm = Literal["hermes", "mistral", "llama"]

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_MARK = "[TOOL_CALLS]"
_ARGUMENTS = {"hermes": "arguments", "mistral": "arguments", "llama": "parameters"}
# Mistral's templates insist on nine letters and digits.
_ID_CHARACTERS = 9
# As for `GenerationConfig.json_schema`: no white space that a model could go on with for ever.
_COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
_DECODER = json.JSONDecoder()


def form_of(template: str) -> ToolForm | None:
    """Return in which form a model calls tools, by its chat template; None if in none.

    Examples
    --------
    >>> form_of("{% if tools %}… <tool_call> …{% endif %}")
    'hermes'
    """
    if "tools" not in template:
        return None
    if _OPEN in template:
        return "hermes"
    if _MARK in template:
        return "mistral"
    return "llama" if '"parameters"' in template or "ipython" in template else None


def forced_form(form: ToolForm, functions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of `GenerationConfig` that force one call of one of the functions.

    Parameters
    ----------
    form : {"hermes", "mistral", "llama"}
    functions : mapping of str to dict
        JSON schemas of the arguments by name.
    """
    calls = [
        {
            "type": "object",
            "properties": {"name": {"const": name}, _ARGUMENTS[form]: schema},
            "required": ["name", _ARGUMENTS[form]],
            "additionalProperties": False,
        }
        for name, schema in functions.items()
    ]
    call = calls[0] if len(calls) == 1 else {"anyOf": calls}
    if form == "llama":
        return {"json_schema": call}
    if form == "mistral":
        return {"json_schema": {"type": "array", "items": call, "minItems": 1, "maxItems": 1}}
    rules = json.dumps({**call, "x-guidance": _COMPACT})
    return {"grammar": f'start: "{_OPEN}\\n" call "\\n{_CLOSE}"\ncall: %json {rules}'}


class ToolReader:
    """Tells calls from text as it comes.

    Parameters
    ----------
    form : {"hermes", "mistral", "llama"}
    names : collection of str
        Functions that there are; a call of any other stays text.
    """

    def __init__(self, form: ToolForm, names: Collection[str]) -> None:
        self._form = form
        self._names = names
        self._held = ""
        self._is_begun = False

    def feed(self, text: str) -> str:
        """Take new text; return what is certainly no call."""
        self._held += text
        if self._form == "hermes":
            return self._release(self._until_mark())
        start = self._held.lstrip()
        if self._is_begun:
            return self._release(len(self._held))
        if not start:
            return ""
        if start[0] in "{[":
            return ""  # the whole answer may be calls
        self._is_begun = True
        return self._release(len(self._held))

    def finish(self) -> tuple[str, list[ToolCall]]:
        """Return what was held back: text that is no call, and the calls."""
        held, self._held = self._held, ""
        content, calls = _PARSERS[self._form](held, self._names)
        return (content, calls) if calls else (held, [])

    def _until_mark(self) -> int:
        """Return how much of the text comes before a mark, or what may become one."""
        found = self._held.find(_OPEN)
        if found >= 0:
            return found
        for length in range(min(len(_OPEN) - 1, len(self._held)), 0, -1):
            if self._held.endswith(_OPEN[:length]):
                return len(self._held) - length
        return len(self._held)

    def _release(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text


def _hermes(text: str, names: Collection[str]) -> tuple[str, list[ToolCall]]:
    content, calls = [], []
    end = 0
    for match in re.finditer(f"{_OPEN}(.*?)(?:{_CLOSE}|$)", text, flags=re.DOTALL):
        content.append(text[end : match.start()])
        end = match.end()
        found = [_call(value, "arguments", names) for value in _values(match[1])]
        if not found or None in found:
            content.append(match[0])
        calls += [call for call in found if call is not None]
    return "".join([*content, text[end:]]).strip("\n"), calls


def _mistral(text: str, names: Collection[str]) -> tuple[str, list[ToolCall]]:
    values = list(_values(text.lstrip().removeprefix(_MARK)))
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else []
    return _all_or_none(items, "arguments", names)


def _llama(text: str, names: Collection[str]) -> tuple[str, list[ToolCall]]:
    return _all_or_none(list(_values(text)), "parameters", names)


_PARSERS = {"hermes": _hermes, "mistral": _mistral, "llama": _llama}


def _all_or_none(values: list[Any], key: str, names: Collection[str]) -> tuple[str, list[ToolCall]]:
    calls = [_call(value, key, names) for value in values]
    return "", [call for call in calls if call is not None] if None not in calls else []


def _values(text: str) -> Iterator[Any]:
    """Yield the JSON values in a text with nothing but white space or ``;`` between them."""
    position = 0
    found: list[Any] = []
    while True:
        while position < len(text) and (text[position].isspace() or text[position] == ";"):
            position += 1
        if position == len(text):
            yield from found
            return
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return
        found.append(value)


def _call(value: Any, key: str, names: Collection[str]) -> ToolCall | None:
    if not isinstance(value, dict) or value.get("name") not in names:
        return None
    arguments = value.get(key, value.get("arguments", value.get("parameters", {})))
    if not isinstance(arguments, dict):
        return None
    return ToolCall(
        id=secrets.token_hex(_ID_CHARACTERS)[:_ID_CHARACTERS],
        function=FunctionCall(
            name=value["name"], arguments=json.dumps(arguments, ensure_ascii=False)
        ),
    )
