"""Answers in a given form: which tokens a JSON schema or a grammar allows next.

The only place that knows llguidance. A `Constraint` follows one generation: the engine
takes the tokens that would break the form out of the logits before the guest samples.
"""

from __future__ import annotations

import json
import re
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from realm_jupyter.engine import grammar_check
from realm_jupyter.errors import GrammarError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from realm_jupyter.engine.loaded_model import LoadedModel
    from realm_jupyter.types import GenerationConfig

__all__ = ["Constraint", "create_constraint"]

_SPECIAL = b"\xff"  # llguidance's mark of tokens that no text can spell
# JSON without white space between tokens: a model could spend its answer on that.
_COMPACT = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
# Any token may spell the next bytes, not only the one that a tokenizer would have chosen.
_OPTIONS = '%llguidance {"no_forcing": true}'
_MAX_ERROR = 400
_RULE_EXCERPT = re.compile(r"^ *\d+ \| ", flags=re.MULTILINE)

# For each byte of a mask what is added to its eight logits: nothing, or -inf.
_ADDENDS = np.where(
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little"),
    np.float32(0),
    np.float32(-np.inf),
)

_lock = threading.Lock()
_tokenizers: weakref.WeakKeyDictionary[LoadedModel, Any] = weakref.WeakKeyDictionary()
# A mask that took longer than this is computed beside the model's step the next time, so
# that a slow grammar delays nobody else; handing a cheap one to a thread costs more than it.
_CHEAP_S = 1e-3
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="realm-grammar")


class Constraint:
    """The state of one answer's form.

    Parameters
    ----------
    matcher : LLMatcher
        Freshly made.
    field : str
        Which field of the request asked for it, for errors.
    vocab_size : int
        V, the number of logits.
    eog_ids : sequence of int
        Tokens that end a generation.
    forbidden_ids : sequence of int
        Tokens that the request itself forbids.

    Raises
    ------
    GrammarError
        If the grammar is too complex for its first step.

    Notes
    -----
    Used by one thread at a time.
    """

    def __init__(
        self,
        matcher: Any,
        field: str,
        *,
        vocab_size: int,
        eog_ids: Sequence[int],
        forbidden_ids: Sequence[int],
    ) -> None:
        self._matcher = matcher
        self._field = field
        self._ends = _pack(vocab_size, eog_ids) & ~_pack(vocab_size, forbidden_ids)
        self._others = ~(_pack(vocab_size, eog_ids) | _pack(vocab_size, forbidden_ids))
        self._masked = np.empty((len(self._ends), 8), dtype=np.float32)
        self._last_s = 0.0
        # The first mask is the dearest: it is computed here, on the caller's thread.
        self._next: bytes | Future[bytes] = self._compute()

    @property
    def is_ready(self) -> bool:
        """Whether `mask` answers at once."""
        return isinstance(self._next, bytes) or self._next.done()

    def mask(self, logits: np.ndarray) -> np.ndarray | None:
        """Return the logits with -inf for every token that the form does not allow.

        Parameters
        ----------
        logits : ndarray, shape (V,), float32
            Left as they are.

        Returns
        -------
        ndarray or None
            Valid until the next call; None when the answer is complete: nothing but its end
            may follow.

        Raises
        ------
        GrammarError
            If the grammar became too complex, or ``logit_bias`` forbids all it allows.
        """
        bits = self._next if isinstance(self._next, bytes) else self._next.result()
        allowed = np.frombuffer(bits, dtype=np.uint8, count=len(self._ends))
        others, ends = allowed & self._others, allowed & self._ends
        if not others.any():
            if ends.any():
                return None
            raise GrammarError(
                f"no token is left to go on with: {self._field} allows none that logit_bias "
                "does not forbid",
                field=self._field,
            )
        # Two passes without a branch: masks may be as random as they like.
        np.take(_ADDENDS, others | ends, axis=0, out=self._masked, mode="clip")
        masked: np.ndarray = self._masked.reshape(-1)[: logits.size]
        masked += logits
        return masked

    def accept(self, token_id: int) -> bool:
        """Follow the token that was sampled; return whether the answer is complete.

        Raises
        ------
        GrammarError
            If the form does not allow the token.
        """
        if not self._matcher.consume_token(token_id):
            raise self._error()
        if self._matcher.is_stopped():
            return True
        is_cheap = self._last_s < _CHEAP_S
        self._next = self._compute() if is_cheap else _pool.submit(self._compute)
        return False

    def _compute(self) -> bytes:
        started_s = time.perf_counter()
        bits: bytes = self._matcher.compute_bitmask()
        self._last_s = time.perf_counter() - started_s
        if self._matcher.is_error():
            raise self._error()
        return bits

    def _error(self) -> GrammarError:
        return _grammar_error(self._matcher.get_error(), self._field)


def _pack(vocab_size: int, token_ids: Sequence[int]) -> np.ndarray:
    """Return token ids as a mask, shape (ceil(V / 8),), uint8."""
    flags = np.zeros(vocab_size, dtype=np.uint8)
    flags[list(token_ids)] = 1
    return np.packbits(flags, bitorder="little")


def create_constraint(loaded: LoadedModel, config: GenerationConfig) -> Constraint | None:
    """Return the constraint that a request asks for, if it asks for one.

    Raises
    ------
    GrammarError
        If the schema or the grammar is wrong, unsupported or too complex, or llguidance is
        not installed.
    """
    field = config.form_field
    if field is None:
        return None
    grammar = _grammar_text(config)
    try:
        from llguidance import LLMatcher, LLParserLimits  # noqa: PLC0415 - for those who need it
    except ImportError as error:
        raise GrammarError(
            f"{field} needs the package llguidance: pip install llguidance", field=field
        ) from error
    if field == "grammar" or grammar_check.needs_check(grammar):
        try:
            problem = grammar_check.check_grammar(grammar)
        except OSError as error:
            raise GrammarError(f"{field} cannot be checked: {error}", field=field) from error
        if problem:
            raise _grammar_error(problem, field)
    limits = LLParserLimits(**grammar_check.LIMITS)
    matcher = LLMatcher(_tokenizer(loaded), grammar, log_level=0, limits=limits)
    if matcher.is_error():
        raise _grammar_error(matcher.get_error(), field)
    forbidden = [token_id for token_id, bias in config.logit_bias.items() if bias == -np.inf]
    return Constraint(
        matcher,
        field,
        vocab_size=loaded.model.vocab_size,
        eog_ids=sorted(loaded.eog_ids),
        forbidden_ids=forbidden,
    )


def _grammar_text(config: GenerationConfig) -> str:
    """Return what a request asks for as Lark rules."""
    if config.grammar is not None:
        text = config.grammar.strip()
        is_regex = len(text) > 1 and text.startswith("/") and text.endswith("/")
        # After the rules: it wins over what they say, and lines keep their numbers.
        return f"{f'start: {text}' if is_regex else config.grammar}\n{_OPTIONS}"
    schema = {"type": "object"} if config.json_schema is None else config.json_schema
    wishes = schema.get("x-guidance")
    wishes = {**wishes, **_COMPACT} if isinstance(wishes, dict) else _COMPACT
    return f"start: %json {json.dumps({**schema, 'x-guidance': wishes})}\n{_OPTIONS}"


def _grammar_error(text: str, field: str) -> GrammarError:
    """Return llguidance's words as an error of ours."""
    message, _, _ = text.partition("<non-verbose/>")
    if field != "grammar":  # the rule around a schema is none of the user's business
        message = _RULE_EXCERPT.split(message, maxsplit=1)[0]
    message = message.strip()
    _, _, reason = message.rpartition("failed to compile JSON schema: ")
    reason = reason.replace("Unimplemented keys:", "unsupported keywords:")
    if len(reason) > _MAX_ERROR:
        reason = f"{reason[:_MAX_ERROR]} ..."
    return GrammarError(f"{field} cannot be followed: {reason or 'internal error'}", field=field)


class _Wrapped:
    """A vocabulary as `LLTokenizer` takes it."""

    is_tokenizer_wrapper = True
    bos_token_id = None

    def __init__(self, tokens: list[bytes], eos_token_id: int, special_ids: list[int]) -> None:
        self.tokens = tokens
        self.eos_token_id = eos_token_id
        self.special_token_ids = special_ids

    def __call__(self, text: str) -> list[int]:
        raise RuntimeError(f"grammars here force no tokens, and so none are asked for {text!r}")


def _tokenizer(loaded: LoadedModel) -> Any:
    """Return the vocabulary of a model for llguidance; made once (a second for 150k tokens)."""
    from llguidance import LLTokenizer  # noqa: PLC0415 - `create_constraint` checked for it

    with _lock:
        found = _tokenizers.get(loaded)
        if found is None:
            tokens = loaded.model.vocabulary.pieces()[: loaded.model.vocab_size]
            control = loaded.model.vocabulary.control_tokens()
            special = {token_id: text.encode() for text, token_id in control.items()}
            for token_id in loaded.eog_ids:
                special.setdefault(token_id, loaded.model.vocabulary.token_bytes(token_id))
            for token_id, text in special.items():
                tokens[token_id] = _SPECIAL + text
            eog_ids = sorted(loaded.eog_ids)
            if not eog_ids:  # llguidance must have one; the logits end before it
                eog_ids = [len(tokens)]
                tokens.append(_SPECIAL + b"<end>")
            wrapped: Any = _Wrapped(tokens, eog_ids[0], sorted({*special, *eog_ids}))
            found = _tokenizers[loaded] = LLTokenizer(wrapped, eos_token=eog_ids)
        return found
