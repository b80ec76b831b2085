"""Vocabularies for a guest, laid out by hand as ``realm_vocab`` of ``guest/realm.h``.

Independent of the package's reader and writer. The tokens are SentencePiece ones, so
that texts and single bytes can be had without merges.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
SPACE = "\u2581".encode()


def byte_token(value: int) -> bytes:
    """The text of the token that stands for one byte."""
    return f"<0x{value:02X}>".encode()


def vocabulary_blob(
    tokens: Sequence[bytes],
    *,
    types: Sequence[int] | None = None,
    eog: Iterable[int] = (),
) -> bytes:
    """Lay out a vocabulary; types are by default those of byte tokens and normal ones."""
    if types is None:
        names = {byte_token(value) for value in range(256)}
        types = [BYTE if token in names else NORMAL for token in tokens]
    eog = list(eog)
    texts = b"".join(struct.pack("<Q", len(token)) + token for token in tokens)
    header = struct.pack(
        "<IIIIIiiiIIIII",
        0x434F5652,
        13 * 4,
        1,  # SPM
        0,  # no pre-tokenizer
        16 | 32,  # scores, types
        -1,
        -1,
        -1,
        len(tokens),
        len(texts),
        0,
        0,
        len(eog),
    )
    return b"".join(
        (
            header,
            texts,
            bytes(-len(texts) % 4),
            bytes(4 * len(tokens)),
            struct.pack(f"<{len(types)}i", *types),
            struct.pack(f"<{len(eog)}i", *eog),
        )
    )


def plain_tokens(count: int) -> list[bytes]:
    """Different texts: ``t0``, ``t1``, ..."""
    return [b"t%d" % i for i in range(count)]
