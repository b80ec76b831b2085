"""The values that cross every boundary: requests, events, responses.

All are frozen dataclasses, checked when they are made. Nothing here imports
anything heavy, so that the HTTP client can use it with torch and wasmtime absent.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from realm_jupyter.answer_form import checked_form, checked_grammar, checked_schema
from realm_jupyter.errors import PromptError, SamplingParamsError
from realm_jupyter.markdown import markdown_to_html

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CancelToken",
    "ChatMessage",
    "EmbeddingResponse",
    "FinishReason",
    "GenerationConfig",
    "GenerationResponse",
    "LoadProgress",
    "ModelInfo",
    "Range",
    "Role",
    "Timings",
    "TokenEvent",
    "TokenLogprob",
    "Usage",
    "allowed_range",
    "allowed_values",
]

FinishReason = Literal["stop", "length", "cancelled"]
Role = Literal["system", "user", "assistant", "tool"]

MAX_SEED = 2**64 - 1
MAX_TOKENS_LIMIT = 2**31 - 1
MAX_LOGPROBS = 100
MAX_STOPS = 64
MAX_STOP_BYTES = 4096
MAX_LOGIT_BIAS = 1_000_000


class Range(NamedTuple):
    """Allowed range of a numeric field; bounds are included."""

    low: float
    high: float
    integer: bool = False

    def __str__(self) -> str:
        kind = "a whole number" if self.integer else "a number"
        if math.isinf(self.high):
            return f"{kind} of at least {self.low:g}"
        return f"{kind} from {_plain(self.low)} to {_plain(self.high)}"

    def accepts(self, value: object) -> bool:
        """Return whether a value is a number of the right kind within the bounds."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        if self.integer and not isinstance(value, int):
            return False
        return math.isfinite(value) and self.low <= value <= self.high


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


_INF = math.inf
_RANGES: dict[str, Range] = {
    "max_tokens": Range(0, MAX_TOKENS_LIMIT, integer=True),
    "min_tokens": Range(0, MAX_TOKENS_LIMIT, integer=True),
    "temperature": Range(0, 100),
    "top_k": Range(0, MAX_TOKENS_LIMIT, integer=True),
    "top_p": Range(0, 1),
    "min_p": Range(0, 1),
    "typical_p": Range(0, 1),
    "repetition_penalty": Range(0.01, 100),
    "frequency_penalty": Range(-100, 100),
    "presence_penalty": Range(-100, 100),
    "repeat_last_n": Range(-1, MAX_TOKENS_LIMIT, integer=True),
    "dry_multiplier": Range(0, 100),
    "dry_base": Range(1, 100),
    "dry_allowed_length": Range(0, MAX_TOKENS_LIMIT, integer=True),
    "dry_penalty_last_n": Range(-1, MAX_TOKENS_LIMIT, integer=True),
    "xtc_probability": Range(0, 1),
    "xtc_threshold": Range(0, 1),
    "mirostat_tau": Range(0, 1000),
    "mirostat_eta": Range(0, 1000),
    "seed": Range(0, MAX_SEED, integer=True),
    "logprobs": Range(0, MAX_LOGPROBS, integer=True),
}


def allowed_range(field_name: str) -> Range | None:
    """Return the range of a numeric field of `GenerationConfig`, None for any other.

    Examples
    --------
    >>> allowed_range("top_p")
    Range(low=0, high=1, integer=False)
    """
    return _RANGES.get(field_name)


def allowed_values(field_name: str) -> str:
    """Return in words what a numeric field of `GenerationConfig` allows, or ``""``.

    Examples
    --------
    >>> allowed_values("top_p")
    'a number from 0 to 1'
    """
    if field_name == "mirostat":
        return "0 or 2"
    allowed = _RANGES.get(field_name)
    return "" if allowed is None else str(allowed)


def _as_strings(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = (value,)
    allowed = f"a string or at most {MAX_STOPS} of them, none empty or over {MAX_STOP_BYTES} bytes"
    if not isinstance(value, Sequence) or len(value) > MAX_STOPS:
        raise SamplingParamsError(name, value, allowed)
    for item in value:
        if not isinstance(item, str) or not item:
            raise SamplingParamsError(name, value, allowed)
        try:
            size = len(item.encode())
        except UnicodeEncodeError as error:
            raise SamplingParamsError(name, value, "valid Unicode text") from error
        if size > MAX_STOP_BYTES:
            raise SamplingParamsError(name, value, allowed)
    return tuple(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationConfig:
    """How to generate: limits, sampling, stopping.

    The sampler runs in this fixed order: logit_bias, repetition, frequency and
    presence penalties, DRY, top_k, typical_p, top_p, min_p, XTC, temperature, draw.
    Mirostat 2, when on, replaces everything from top_k on but temperature.

    Parameters
    ----------
    max_tokens : int, default 1024
        Most tokens to generate; clipped to the room left in the context.
    min_tokens : int, default 0
        No end-of-generation token is sampled before this many tokens.
    temperature : float, 0 to 100, default 0.8
        0 picks the most likely token always.
    top_k : int, default 40
        Keep the k most likely tokens; 0 keeps all.
    top_p : float, 0 to 1, default 0.95
        Keep the smallest set of tokens whose probabilities sum to this; 1 keeps all.
    min_p : float, 0 to 1, default 0.05
        Drop tokens less likely than this share of the most likely one.
    typical_p : float, 0 to 1, default 1
        Locally typical sampling; 1 is off.
    repetition_penalty : float, default 1
        Divides positive and multiplies negative logits of recent tokens; 1 is off.
    frequency_penalty, presence_penalty : float, default 0
        Subtracted from logits of recent tokens, per occurrence and once.
    repeat_last_n : int, default 64
        Tokens the three penalties look back on; -1 is the whole context, 0 none.
    dry_multiplier, dry_base, dry_allowed_length, dry_penalty_last_n, dry_sequence_breakers
        The DRY penalty on repeated sequences; multiplier 0 is off.
    xtc_probability, xtc_threshold : float
        Exclude top choices; probability 0 is off, and so is a threshold above 0.5.
    mirostat : {0, 2}, default 0
        2 samples by Mirostat 2 with ``mirostat_tau`` and ``mirostat_eta``.
    logit_bias : mapping of int to float
        Added to the logits of these token ids; ``-inf`` forbids a token.
    seed : int, optional
        Seed of the draws; drawn, and reported in the response, when absent.
    stop : str or sequence of str
        Generation ends before any of these would appear in the text.
    ignore_eos : bool, default False
        Never sample an end-of-generation token.
    logprobs : int, optional
        Report the log probability of each token and of this many alternatives.
    json_schema : mapping, str or class with ``model_json_schema()``, optional
        The answer is compact JSON that satisfies this schema; kept as a mapping.
    json_object : bool, default False
        The answer is a compact JSON object.
    grammar : str, optional
        The answer follows this grammar: Lark rules as llguidance reads them, or a
        regular expression between slashes (``"/[0-9]{4}/"``).

    Raises
    ------
    SamplingParamsError
        If a field is out of its range; the message names field, value and range.
    GrammarError
        If a schema or a grammar is malformed or too large, or two forms are asked for.

    Notes
    -----
    With ``json_schema``, ``json_object`` or ``grammar`` (at most one of them) only tokens
    that keep to the form can be sampled, and everything about them, log probabilities
    included, is of the model's distribution over those tokens; there may be fewer
    alternatives than asked for. The answer ends when its form is complete, also before
    ``min_tokens``. One that ends with the finish reason ``"length"``, or at a stop string,
    is cut off and need not keep to the form.

    Examples
    --------
    >>> GenerationConfig(temperature=0).temperature
    0
    >>> GenerationConfig(top_p=2)  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
        ...
    SamplingParamsError: top_p=2 is not allowed: top_p must be a number from 0 to 1
    """

    max_tokens: int = 1024
    min_tokens: int = 0
    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    typical_p: float = 1.0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    repeat_last_n: int = 64
    dry_multiplier: float = 0.0
    dry_base: float = 1.75
    dry_allowed_length: int = 2
    dry_penalty_last_n: int = -1
    dry_sequence_breakers: tuple[str, ...] = ("\n", ":", '"', "*")
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    mirostat: int = 0
    mirostat_tau: float = 5.0
    mirostat_eta: float = 0.1
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    seed: int | None = None
    stop: tuple[str, ...] = ()
    ignore_eos: bool = False
    logprobs: int | None = None
    json_schema: Any = None
    json_object: bool = False
    grammar: str | None = None

    def __post_init__(self) -> None:
        for name, allowed in _RANGES.items():
            value = getattr(self, name)
            if value is None and name in {"seed", "logprobs"}:
                continue
            if not allowed.accepts(value):
                raise SamplingParamsError(name, value, str(allowed))
        if isinstance(self.mirostat, bool) or self.mirostat not in {0, 2}:
            raise SamplingParamsError("mirostat", self.mirostat, "0 or 2")
        if not isinstance(self.ignore_eos, bool):
            raise SamplingParamsError("ignore_eos", self.ignore_eos, "True or False")
        if self.min_tokens > self.max_tokens:
            raise SamplingParamsError(
                "min_tokens", self.min_tokens, f"at most max_tokens ({self.max_tokens})"
            )
        object.__setattr__(self, "stop", _as_strings("stop", self.stop))
        breakers = _as_strings("dry_sequence_breakers", self.dry_sequence_breakers)
        object.__setattr__(self, "dry_sequence_breakers", breakers)
        object.__setattr__(self, "logit_bias", self._checked_logit_bias())
        checked_form(self.json_schema, self.json_object, self.grammar)
        if self.json_schema is not None:
            object.__setattr__(self, "json_schema", checked_schema(self.json_schema))
        if self.grammar is not None:
            checked_grammar(self.grammar)

    def _checked_logit_bias(self) -> dict[int, float]:
        allowed = "a mapping of token ids to numbers (-inf forbids a token)"
        if not isinstance(self.logit_bias, Mapping) or len(self.logit_bias) > MAX_LOGIT_BIAS:
            raise SamplingParamsError("logit_bias", self.logit_bias, allowed)
        for key, value in self.logit_bias.items():
            is_id = isinstance(key, int) and not isinstance(key, bool) and key >= 0
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not is_id or not is_number or math.isnan(value) or value == math.inf:
                raise SamplingParamsError("logit_bias", {key: value}, allowed)
        return {int(key): float(value) for key, value in self.logit_bias.items()}

    @property
    def form_field(self) -> str | None:
        """The field that asks for a form of the answer, if one does."""
        if self.json_schema is not None:
            return "json_schema"
        if self.json_object:
            return "json_object"
        return None if self.grammar is None else "grammar"

    def with_changes(self, **changes: Any) -> GenerationConfig:
        """Return a copy with some fields changed.

        Raises
        ------
        SamplingParamsError
            If a field is unknown or out of its range.
        """
        known = {item.name for item in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise SamplingParamsError(name, value, f"one of {', '.join(sorted(known))}")
        return replace(self, **changes)


_TOOL_FIELDS = ("tool_calls", "tool_call_id", "name")


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation.

    Parameters
    ----------
    role : {"system", "user", "assistant", "tool"}
    content : str
    tool_calls : tuple of mapping
        What an assistant called, as chat templates expect it: ``{"id": …, "type":
        "function", "function": {"name": …, "arguments": {…}}}``.
    tool_call_id, name : str
        Which call and which function a tool's message answers.
    """

    role: Role
    content: str
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    tool_call_id: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        if self.role not in get_args(Role):
            raise PromptError(
                f"the role {self.role!r} is unknown; roles are {', '.join(get_args(Role))}"
            )
        content: object = self.content
        if not isinstance(content, str):
            kind = type(content).__name__
            raise PromptError(f"the content of a {self.role} message must be text, not {kind}")

    @classmethod
    def from_any(cls, message: ChatMessage | Mapping[str, Any]) -> ChatMessage:
        """Return ``message`` as a `ChatMessage`; mappings need role and content."""
        if isinstance(message, ChatMessage):
            return message
        if not isinstance(message, Mapping) or not {"role", "content"} <= set(message):
            raise PromptError(
                "a chat message is a mapping with 'role' and 'content', "
                f"such as {{'role': 'user', 'content': 'Hi'}}; got {message!r:.80}"
            )
        more = {key: message[key] for key in _TOOL_FIELDS if message.get(key)}
        if "tool_calls" in more:
            more["tool_calls"] = tuple(more["tool_calls"])
        return cls(message["role"], message["content"], **more)


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """A token that could have been chosen, with its natural log probability."""

    token_id: int
    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """One step of a generation.

    Parameters
    ----------
    text : str
        New text; whole characters only. Empty while a character or a possible stop
        string is incomplete.
    token_id : int
        The sampled token; -1 for the closing event that only releases held text.
    index : int
        Position among the generated tokens, from 0.
    logprob : float, optional
        Natural log probability under the model's own distribution (before penalties
        and temperature); present when ``logprobs`` was asked for.
    alternatives : tuple of TokenLogprob
        The most likely tokens, best first.
    finish_reason : {"stop", "length", "cancelled"}, optional
        Present on the last event.
    token_text : str
        Text of the sampled token alone; present when ``logprobs`` was asked for.
    """

    text: str
    token_id: int
    index: int
    logprob: float | None = None
    alternatives: tuple[TokenLogprob, ...] = ()
    finish_reason: FinishReason | None = None
    token_text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one request; ``cached_tokens`` of the prompt were not run again."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time of one request went, in milliseconds.

    Parameters
    ----------
    queue_ms : float
        From the request to the first forward that ran part of it.
    ttft_ms : float
        From the request to the first token.
    prefill_ms : float
        The prompt's forward passes only.
    decode_ms : float
        From the first token to the last.
    total_ms : float
        From the request to the end.
    tokens_per_second : float
        Decode speed: tokens after the first over ``decode_ms``; 0 with fewer than two.
    """

    queue_ms: float
    ttft_ms: float
    prefill_ms: float
    decode_ms: float
    total_ms: float
    tokens_per_second: float


@dataclass(frozen=True, slots=True)
class GenerationResponse:
    """What one request produced.

    Displays as Markdown in a notebook. ``str(response)`` is the text. ``prompt_ids`` is
    the prompt as the model read it; empty where the backend does not tell.
    """

    text: str
    token_ids: tuple[int, ...]
    finish_reason: FinishReason
    usage: Usage
    timings: Timings
    seed: int
    model: str
    logprobs: tuple[TokenLogprob, ...] = ()
    alternatives: tuple[tuple[TokenLogprob, ...], ...] = ()
    prompt_ids: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return markdown_to_html(self.text)


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingResponse:
    """Embeddings of texts; a sequence of vectors, and an array for NumPy.

    Parameters
    ----------
    vectors : ndarray, shape (N, E), float32
        Of unit length, in the order of the texts.
    usage : Usage
    model : str
        Id of the model.
    """

    vectors: NDArray[np.float32]
    usage: Usage
    model: str

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, index: Any) -> Any:
        return self.vectors[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # noqa: FBT001
        return self.vectors.__array__(dtype, copy=copy)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a loaded model.

    Parameters
    ----------
    id : str
        Its name in this registry.
    path : str
        The file, or ``"<bytes>"``.
    name : str
        ``general.name`` of the file, or empty.
    architecture, quant_type : str
        As the file says; the quant type is the one of most weight bytes.
    num_parameters, num_layers, embedding_length, vocab_size, context_length : int
    file_bytes, memory_bytes : int
        Size on disk; bytes held in memory for the weights, shared by all tenants.
    device, executor : str
    sha256 : str
        Digest of the file; empty until it was asked for (it costs a read of the file).
    has_chat_template : bool
    is_current : bool
        Whether requests without a model go to this one.
    num_tenants : int
        Tenants that have used it and are still there; 0 where nobody can tell.
    metadata : mapping
        Scalars of the file's metadata, by key.
    """

    id: str
    path: str
    name: str
    architecture: str
    quant_type: str
    num_parameters: int
    num_layers: int
    embedding_length: int
    vocab_size: int
    context_length: int
    file_bytes: int
    memory_bytes: int
    device: str
    executor: str
    sha256: str = ""
    has_chat_template: bool = False
    is_current: bool = False
    num_tenants: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a load is; ``done_bytes`` of ``total_bytes`` in the stage ``stage``."""

    model: str
    stage: str
    done_bytes: int
    total_bytes: int


class CancelToken:
    """A flag that one thread raises and another obeys.

    Examples
    --------
    >>> token = CancelToken()
    >>> token.is_cancelled
    False
    >>> token.cancel()
    >>> token.is_cancelled
    True
    """

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Raise the flag; safe from any thread and from a signal handler."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the flag was raised."""
        return self._event.is_set()
