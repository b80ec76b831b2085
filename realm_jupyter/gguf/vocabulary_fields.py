"""Reads the fields of a vocabulary and checks their types, lengths and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import numpy as np

from realm_jupyter.gguf import limits
from realm_jupyter.gguf.array import GGUFArray, ValueType

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from realm_jupyter.gguf.file import GGUFFile

__all__ = [
    "TokenType",
    "check_tokens",
    "drops_space_after_special",
    "read_flag",
    "read_scores",
    "read_strings",
    "read_tokenizer",
    "read_types",
]

SUPPORTED_TOKENIZERS = ("llama", "gpt2")

NAME_KEY = "general.name"
MODEL_KEY = "tokenizer.ggml.model"
PRE_KEY = "tokenizer.ggml.pre"
TOKENS_KEY = "tokenizer.ggml.tokens"
SCORES_KEY = "tokenizer.ggml.scores"
TYPES_KEY = "tokenizer.ggml.token_type"
MERGES_KEY = "tokenizer.ggml.merges"
ADD_BOS_KEY = "tokenizer.ggml.add_bos_token"
ADD_EOS_KEY = "tokenizer.ggml.add_eos_token"
ADD_SPACE_KEY = "tokenizer.ggml.add_space_prefix"


class TokenType:
    """Values of ``tokenizer.ggml.token_type``."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


def read_tokenizer(file: GGUFFile) -> Literal["llama", "gpt2"]:
    """Return the kind of tokenizer; one that is not supported is an error."""
    model = file.metadata.get(MODEL_KEY)
    if model is None:
        raise file.error(f"the file has no vocabulary: {MODEL_KEY} is missing")
    if model == "llama":
        return "llama"
    if model == "gpt2":
        return "gpt2"
    names = ", ".join(SUPPORTED_TOKENIZERS)
    shown = repr(model)[:80]
    raise file.error(
        f"the tokenizer {shown} is not supported; supported are {names}", key=MODEL_KEY
    )


def read_strings(file: GGUFFile, key: str) -> GGUFArray:
    """Return an array of strings, whose size is bounded because the guest gets a copy."""
    strings = file.metadata.get(key)
    if strings is None:
        raise file.error(f"the vocabulary is incomplete: {key} is missing")
    if not isinstance(strings, GGUFArray) or strings.element_type is not ValueType.STRING:
        raise file.error(f"{key} must be an array of strings", key=key)
    if len(strings.raw) > limits.MAX_VOCABULARY_STRINGS_BYTES:
        raise file.error(
            f"{key} has {len(strings.raw)} bytes; "
            f"at most {limits.MAX_VOCABULARY_STRINGS_BYTES} are allowed",
            key=key,
        )
    return strings


def check_tokens(file: GGUFFile, tokens: GGUFArray) -> None:
    """Check how many tokens there are and how long they are."""
    if not 0 < len(tokens) <= limits.MAX_TOKENS:
        raise file.error(
            f"the vocabulary has {len(tokens)} tokens; from 1 to {limits.MAX_TOKENS} is allowed",
            key=TOKENS_KEY,
        )
    longest = int(np.diff(tokens.starts()).max()) - 8
    if longest > limits.MAX_TOKEN_BYTES:
        raise file.error(
            f"the longest token has {longest} bytes; at most {limits.MAX_TOKEN_BYTES} are allowed",
            key=TOKENS_KEY,
        )


def _numbers(
    file: GGUFFile, key: str, allowed: tuple[ValueType, ...], num_tokens: int
) -> NDArray[np.generic] | None:
    numbers = file.metadata.get(key)
    if numbers is None:
        return None
    names = " or ".join(str(value_type) for value_type in allowed)
    if not isinstance(numbers, GGUFArray) or numbers.element_type not in allowed:
        raise file.error(f"{key} must be an array of {names}", key=key)
    if len(numbers) < num_tokens:
        raise file.error(f"{key} has {len(numbers)} elements for {num_tokens} tokens", key=key)
    return numbers.to_numpy()[:num_tokens]


def read_scores(file: GGUFFile, num_tokens: int) -> NDArray[np.float32] | None:
    """Return the scores, shape (num_tokens,), or None if the file has none."""
    numbers = _numbers(file, SCORES_KEY, (ValueType.FLOAT32, ValueType.INT32), num_tokens)
    if numbers is None:
        return None
    scores = numbers.astype(np.float32)
    if np.isnan(scores).any():
        raise file.error(f"{SCORES_KEY} holds numbers that are none (NaN)", key=SCORES_KEY)
    return scores


def read_types(file: GGUFFile, num_tokens: int) -> NDArray[np.int32] | None:
    """Return a `TokenType` for each token, shape (num_tokens,), or None if the file has none."""
    numbers = _numbers(file, TYPES_KEY, (ValueType.INT32,), num_tokens)
    if numbers is None:
        return None
    types = numbers.astype(np.int32)
    # What has no meaning has no text either, as in llama.cpp.
    types[(types < TokenType.NORMAL) | (types > TokenType.BYTE)] = TokenType.UNUSED
    return types


def drops_space_after_special(file: GGUFFile) -> bool:
    """Return whether special tokens take the whitespace after them, as those of Phi 3 do.

    GGUF files do not say it (``rstrip`` in Hugging Face's ``tokenizer_config.json``), so it is
    told by the model's name, as in llama.cpp.
    """
    name = file.metadata.get(NAME_KEY)
    return isinstance(name, str) and "phi3" in re.sub(r"[ _-]", "", name.lower())


def read_flag(file: GGUFFile, key: str, *, default: bool) -> bool:
    """Return a bool of the metadata."""
    value = file.metadata.get(key, default)
    if not isinstance(value, bool):
        raise file.error(f"{key} must be a bool", key=key)
    return value
