"""The messages between the widgets' front end and the kernel: one typed table.

Everything but the kind of a widget crosses as custom messages, JSON objects with a
``type``. The front end's twin of this table (``js/widget/src/shared/messages.ts``) is
held to it by ``tests/golden/widget_messages.json``.

To the kernel
    Every message has ``request``, a string that no other request of any view has. It is
    answered exactly once, by ``answer`` with the same ``request``; views drop answers to
    requests that they did not send, because every view of a widget hears everything.
    All fields are present; ``null`` stands for nothing.

From the kernel
    Events carry ``seq``, which rises by one per widget from one event to the next; they
    go to every view. A view that finds a gap sends ``sync`` and waits for the snapshot
    in its answer. The ``seq`` of a snapshot is that of the last event it includes:
    events up to it are dropped, later ones applied. ``answer`` has no ``seq``.

Traits
    ``kind`` ("chat", "models" or "tokens") says which view to show; nothing else.

Sizes are bytes, times milliseconds unless a suffix says otherwise. Seeds are strings,
because they have 64 bits. Results of answers are the objects named in `RESULTS`.
"""

from __future__ import annotations

import types
import typing
from typing import Any, Literal, TypedDict

from realm_jupyter.errors import ConfigError

__all__ = [
    "ASSETS",
    "EVENTS",
    "OBJECTS",
    "PROTOCOL",
    "REQUESTS",
    "RESULTS",
    "checked_request",
    "table",
]

PROTOCOL = 1
ASSETS = ("markdown.js", "maths.js")

Kind = Literal["chat", "models", "tokens"]
Json = Any


# -- objects ---------------------------------------------------------------------------


class ErrorInfo(TypedDict):
    """What went wrong: ``code`` of the error class, one line, and what to do about it."""

    code: str
    message: str


class Stats(TypedDict):
    """Figures of one answer; null where it ended before they were known."""

    prompt_tokens: int
    completion_tokens: int
    ttft_ms: float | None
    total_ms: float
    tokens_per_second: float | None
    context_used: int
    context_length: int
    seed: str
    finish_reason: Literal["stop", "length", "cancelled"]


class Message(TypedDict):
    """One message of the shown path; ``alternative`` of ``num_alternatives`` from 0.

    A message ``waiting`` has no text yet (the model loads or reads the prompt);
    ``generating`` grows by ``delta``; ``stopped`` was ended by the reader and keeps its
    text; ``error`` keeps its text too and has an ``error``. ``has_tokens`` says whether
    the request ``tokens`` finds something, ``can_continue`` whether the answer was cut
    short and ``continue`` goes on at its end.
    """

    id: str
    role: Literal["system", "user", "assistant"]
    text: str
    state: Literal["waiting", "generating", "done", "stopped", "error"]
    error: ErrorInfo | None
    alternative: int
    num_alternatives: int
    model: str | None
    stats: Stats | None
    has_tokens: bool
    can_continue: bool


class Conversation(TypedDict):
    """One conversation in the list, the one changed last first."""

    id: str
    title: str
    num_messages: int
    is_generating: bool


class Field(TypedDict):
    """One sampling setting: what it is, its default and its range.

    ``low`` and ``high`` are what is allowed (null: no bound), ``slider_low`` and
    ``slider_high`` what a slider spans (null: no slider, a number field). ``strings`` is
    a list of strings, ``seed`` a string of digits or null (drawn), ``choice`` one of
    ``choices``. A default null means "off".
    """

    name: str
    label: str
    help: str
    group: Literal["basic", "advanced"]
    kind: Literal["integer", "number", "boolean", "strings", "choice", "seed"]
    default: Json
    low: float | None
    high: float | None
    slider_low: float | None
    slider_high: float | None
    step: float | None
    choices: list[Json]


class Settings(TypedDict):
    """The system prompt, whether tokens are recorded, and the value of every field."""

    system: str
    record_tokens: bool
    values: dict[str, Json]


class ModelChoice(TypedDict):
    """A model in the picker: loaded, or shipped and loaded when chosen."""

    id: str
    label: str
    is_loaded: bool
    has_chat_template: bool
    context_length: int | None


class Status(TypedDict):
    """What the widget does now; figures are of the answer under way or the last one.

    ``prompt`` is the time from the request to the first token: ``prompt_tokens`` are
    being read for ``elapsed_ms``; ``prompt_done_tokens`` of them are through, where the
    engine tells. ``load`` is the model that is being loaded for the answer.
    """

    state: Literal["idle", "loading", "prompt", "generating", "stopping"]
    conversation: str | None
    message: str | None
    elapsed_ms: float
    prompt_tokens: int | None
    prompt_done_tokens: int | None
    completion_tokens: int
    tokens_per_second: float | None
    ttft_ms: float | None
    context_used: int | None
    context_length: int | None
    seed: str | None
    load: Load | None


class Alternative(TypedDict):
    """A token that could have stood there, with its natural log probability."""

    text: str
    token_id: int
    logprob: float


class Token(TypedDict):
    """One token of an answer with the most likely ones at its place, best first."""

    text: str
    token_id: int
    logprob: float | None
    top: list[Alternative]


class ModelRow(TypedDict):
    """A loaded model."""

    id: str
    name: str
    path: str
    architecture: str
    quant_type: str
    num_parameters: int
    num_layers: int
    vocab_size: int
    context_length: int
    file_bytes: int
    memory_bytes: int
    device: str
    executor: str
    num_tenants: int
    has_chat_template: bool
    is_current: bool


class Shipped(TypedDict):
    """A model that ships with the package."""

    name: str
    file_bytes: int
    is_loaded: bool


class File(TypedDict):
    """A GGUF file that a scan found; ``num_parts`` files together."""

    path: str
    name: str
    file_bytes: int
    num_parts: int


class Verdict(TypedDict):
    """What loading a file would take, and whether it fits in memory."""

    source: str
    name: str
    architecture: str
    quant_type: str
    num_parameters: int
    context_length: int
    file_bytes: int
    required_bytes: int
    available_bytes: int
    fits: bool


class Load(TypedDict):
    """A load or an upload: under way, ended badly, or just done.

    ``label`` names it for people, ``stage`` is "upload" or a stage of loading.
    ``rate_bytes_per_s`` and ``remaining_s`` are null until they can be told.
    """

    id: str
    label: str
    model: str | None
    state: Literal["running", "done", "error", "cancelled"]
    stage: str
    done_bytes: int
    total_bytes: int
    rate_bytes_per_s: float | None
    remaining_s: float | None
    error: ErrorInfo | None


# -- states, as a snapshot holds them --------------------------------------------------


class ChatState(TypedDict):
    """All that a chat view shows."""

    conversation: str
    conversations: list[Conversation]
    messages: list[Message]
    settings: Settings
    fields: list[Field]
    models: list[ModelChoice]
    model: str | None
    status: Status


class ModelsState(TypedDict):
    """All that the models panel shows."""

    models: list[ModelRow]
    shipped: list[Shipped]
    loads: list[Load]
    folder: str
    devices: list[str]
    executors: list[str]
    available_bytes: int
    chunk_bytes: int


class TokensState(TypedDict):
    """All that the token view shows: one answer, as a message, and its tokens."""

    message: Message
    tokens: list[Token]


# -- results of answers ----------------------------------------------------------------


class SnapshotResult(TypedDict):
    """The whole state as of ``seq``; the one that is not null belongs to ``kind``."""

    protocol: int
    seq: int
    kind: Kind
    chat: ChatState | None
    models: ModelsState | None
    tokens: TokensState | None


class PongResult(TypedDict):
    """The kernel is there; ``seq`` of the last event sent."""

    seq: int


class TextResult(TypedDict):
    """A text to copy or to save under ``filename`` (null: only to copy)."""

    text: str
    filename: str | None
    mime: str


class MessageResult(TypedDict):
    """The message that a request made or changed."""

    message: str


class ConversationResult(TypedDict):
    """The conversation that a request made or opened."""

    conversation: str


class TokensResult(TypedDict):
    """The tokens of an answer."""

    tokens: list[Token]


class FilesResult(TypedDict):
    """What a scan found; ``is_complete`` is false where it stopped at its limit."""

    folder: str
    files: list[File]
    is_complete: bool


class VerdictResult(TypedDict):
    """Whether a file fits."""

    verdict: Verdict


class LoadResult(TypedDict):
    """The load or upload that was started; ``load`` events tell how far it is."""

    load: str


class ReceivedResult(TypedDict):
    """Bytes of an upload that have arrived; the next chunk goes there."""

    received_bytes: int


class UnloadResult(TypedDict):
    """Bytes that unloading freed (0 while others still use the file)."""

    freed_bytes: int


class DetailsResult(TypedDict):
    """Scalars of a model file's metadata by key."""

    metadata: dict[str, Json]


class NoResult(TypedDict):
    """Nothing but that it was done."""


# -- requests --------------------------------------------------------------------------

NO_FIELDS: dict[str, Any] = {}
"""Requests: name → fields beside ``type`` and ``request``."""
REQUESTS: dict[str, dict[str, Any]] = {
    # every widget
    "sync": NO_FIELDS,
    "ping": NO_FIELDS,
    "asset": {"name": str},
    # chat: messages. What starts an answer is answered at once with the new message;
    # a second answer while one is under way is refused (code "config_error").
    "send": {"text": str},
    "stop": NO_FIELDS,  # ends the answer under way and its loading; fine when idle
    # A user's message: an alternative with what follows it anew, and an answer to it.
    # An assistant's: an alternative with this text; nothing is generated.
    "edit": {"message": str, "text": str},
    "regenerate": {"message": str},  # one more alternative of an assistant's message
    "retry": {"message": str},  # the same in place of a message that ended in an error
    "show_alternative": {"message": str, "alternative": int},
    # These three and ``stop`` are of the token view too, which has one message.
    # One more alternative: the tokens before ``index``, then ``token_id``, then what the
    # model makes of it. With ``index`` = -1 and ``token_id`` null: go on at the end.
    "continue": {"message": str, "index": int, "token_id": int | None},
    "tokens": {"message": str},
    # chat: conversations. Deleting the last one leaves a new, empty one.
    "new_conversation": NO_FIELDS,
    "open_conversation": {"conversation": str},
    "rename_conversation": {"conversation": str, "title": str},
    "delete_conversation": {"conversation": str},
    "export": {"conversation": str, "format": Literal["markdown", "json", "cells"]},
    # The text of a file in one of the formats of ``export`` (OpenAI messages, Markdown).
    "import": {"filename": str, "text": str},
    # chat: settings. Null leaves as it is; ``values`` holds the fields that change.
    "change_settings": {
        "system": str | None,
        "record_tokens": bool | None,
        "values": dict[str, Json],
    },
    "reset_settings": NO_FIELDS,
    "copy_python": NO_FIELDS,
    # A loaded model, or a shipped one, which is loaded first (``status.load`` tells).
    "choose_model": {"model": str},
    # models panel. An empty folder is the one that was scanned last.
    "scan": {"folder": str},
    # ``source`` is a path or a shipped name; ``model`` null: named after the file.
    "check": {"source": str, "device": str, "executor": str},
    "load": {"source": str, "model": str | None, "device": str, "executor": str},
    "cancel_load": {"load": str},  # an upload too
    "dismiss_load": {"load": str},  # takes an ended one off the list
    "use": {"model": str},
    "unload": {"model": str},
    "details": {"model": str},
    # Then chunks of at most ``chunk_bytes``, each the first buffer of its message, one
    # after the answer to the other. The last one starts the load of the file.
    "upload": {"filename": str, "total_bytes": int, "device": str, "executor": str},
    "upload_chunk": {"load": str, "offset_bytes": int},
}

"""Results: name of a request → object in its answer's ``result``."""
RESULTS: dict[str, Any] = {
    "sync": SnapshotResult,
    "ping": PongResult,
    "asset": TextResult,
    "send": MessageResult,
    "stop": NoResult,
    "edit": MessageResult,
    "regenerate": MessageResult,
    "retry": MessageResult,
    "show_alternative": MessageResult,
    "continue": MessageResult,
    "tokens": TokensResult,
    "new_conversation": ConversationResult,
    "open_conversation": ConversationResult,
    "rename_conversation": ConversationResult,
    "delete_conversation": ConversationResult,
    "export": TextResult,
    "import": ConversationResult,
    "change_settings": NoResult,
    "reset_settings": NoResult,
    "copy_python": TextResult,
    "choose_model": NoResult,
    "scan": FilesResult,
    "check": VerdictResult,
    "load": LoadResult,
    "cancel_load": NoResult,
    "dismiss_load": NoResult,
    "use": NoResult,
    "unload": UnloadResult,
    "details": DetailsResult,
    "upload": LoadResult,
    "upload_chunk": ReceivedResult,
}

"""Events: name → fields beside ``type`` and ``seq`` (``answer``: ``type`` only)."""
EVENTS: dict[str, dict[str, Any]] = {
    # ``ok`` decides between ``result`` (an object of `RESULTS`) and ``error``.
    "answer": {"request": str, "ok": bool, "result": dict[str, Json] | None,
               "error": ErrorInfo | None},
    # chat; text appended to the message
    "delta": {"conversation": str, "message": str, "text": str},
    # one message changed (or is new at the end): it replaces the one with its id
    "message": {"conversation": str, "message": Message},
    # the whole shown path, and with it what is open
    "messages": {"conversation": str, "messages": list[Message]},
    "conversations": {"conversation": str, "conversations": list[Conversation]},
    "settings": {"settings": Settings},
    "choices": {"models": list[ModelChoice], "model": str | None},
    "status": {"status": Status},
    # models panel
    "models": {"models": list[ModelRow], "shipped": list[Shipped], "available_bytes": int},
    # one load changed: it replaces the one with its id
    "load": {"load": Load},
    # a load left the list
    "load_gone": {"load": str},
}  # fmt: skip

OBJECTS: tuple[Any, ...] = (
    ErrorInfo, Stats, Message, Conversation, Field, Settings, ModelChoice, Status, Alternative,
    Token, ModelRow, Shipped, File, Verdict, Load, ChatState, ModelsState, TokensState,
    SnapshotResult, PongResult, TextResult, MessageResult, ConversationResult, TokensResult,
    FilesResult, VerdictResult, LoadResult, ReceivedResult, UnloadResult, DetailsResult, NoResult,
)  # fmt: skip


def checked_request(content: object) -> dict[str, Any]:
    """Return a message of the front end once it is what the table says.

    Parameters
    ----------
    content : object
        What arrived.

    Returns
    -------
    dict
        With ``type``, ``request`` and exactly the fields of the table.

    Raises
    ------
    ConfigError
        If the type is unknown, or a field is missing or of another kind.
    """
    if not isinstance(content, dict):
        raise ConfigError("a message to the kernel is an object with a type", field="type")
    name = content.get("type")
    if name not in REQUESTS:
        raise ConfigError(f"the widget has no request {name!r:.100}", field="type")
    fields = {"request": str, **REQUESTS[name]}
    for field, hint in fields.items():
        if field not in content:
            raise ConfigError(f"the request {name} lacks its field {field}", field=field)
        if not _accepts(hint, content[field]):
            value = content[field]
            raise ConfigError(
                f"{field}={value!r:.100} of the request {name} must be {_notation(hint)}",
                field=field,
            )
    return {"type": name, **{field: _whole(content[field]) for field in fields}}


def _whole(value: Any) -> Any:
    """Return text with halves of surrogate pairs, which JavaScript can hold, replaced."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def table() -> dict[str, Any]:
    """Return the table as plain data, in the notation of the golden file.

    Types are written as TypeScript writes them, with ``integer`` for whole numbers and
    ``json`` for any JSON value.
    """
    return {
        "protocol": PROTOCOL,
        "assets": list(ASSETS),
        "requests": {name: _fields(fields) for name, fields in REQUESTS.items()},
        "results": {name: result.__name__ for name, result in RESULTS.items()},
        "events": {name: _fields(fields) for name, fields in EVENTS.items()},
        "objects": {item.__name__: _fields(typing.get_type_hints(item)) for item in OBJECTS},
    }


def _fields(hints: dict[str, Any]) -> dict[str, str]:
    return {name: _notation(hint) for name, hint in hints.items()}


_SCALARS: dict[Any, str] = {
    Any: "json", str: "string", int: "integer", float: "number", bool: "boolean",
    type(None): "null",
}  # fmt: skip


def _notation(hint: Any) -> str:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return " | ".join(f'"{item}"' for item in args)
    if origin is types.UnionType or origin is typing.Union:
        return " | ".join(_notation(item) for item in args)
    if origin is list:
        return f"{_notation(args[0])}[]"
    return f"Record<string, {_notation(args[1])}>"


def _accepts(hint: Any, value: object) -> bool:
    if hint is bool:
        return isinstance(value, bool)
    if hint in {int, float}:
        is_number = isinstance(value, (int, float) if hint is float else int)
        return is_number and not isinstance(value, bool)
    if hint in {str, type(None)}:
        return isinstance(value, hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return value in args
    if origin is types.UnionType:
        return any(_accepts(item, value) for item in args)
    # Requests hold no other containers than objects with free values.
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)
