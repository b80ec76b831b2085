"""SentencePiece vocabularies for a guest, in which texts and single bytes need no merges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.tokenizer_vocabulary import (
    BYTE,
    CONTROL,
    NORMAL,
    SPM,
    UNKNOWN,
    USER_DEFINED,
    TokenizerVocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "BYTE",
    "BYTE_TOKENS",
    "CONTROL",
    "NORMAL",
    "SPACE",
    "UNKNOWN",
    "USER_DEFINED",
    "byte_token",
    "plain_tokens",
    "vocabulary_blob",
]

SPACE = "\u2581".encode()


def byte_token(value: int) -> bytes:
    """The text of the token that stands for one byte."""
    return f"<0x{value:02X}>".encode()


BYTE_TOKENS = [byte_token(value) for value in range(256)]


def plain_tokens(count: int) -> list[bytes]:
    """Different texts: ``t0``, ``t1``, ..."""
    return [b"t%d" % i for i in range(count)]


def vocabulary_blob(
    tokens: Sequence[bytes], *, types: Sequence[int] | None = None, eog: Iterable[int] = ()
) -> bytes:
    """Lay out a vocabulary; types are by default those of byte tokens and normal ones."""
    if types is None:
        names = set(BYTE_TOKENS)
        types = [BYTE if token in names else NORMAL for token in tokens]
    scores = [0.0] * len(tokens)
    vocabulary = TokenizerVocabulary(SPM, list(tokens), scores=scores, types=types, eog=list(eog))
    return vocabulary.to_blob()
