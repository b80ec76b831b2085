"""Small vocabularies for the guest's tokenizers, and those tokenizers told plainly.

Laid out by hand as ``realm_vocab`` of ``guest/realm.h``, independent of the package.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)
TAKES_SPACE = 16
SPM, BPE = 1, 2
PRE_NONE, PRE_GPT2, PRE_LLAMA_BPE, PRE_QWEN2 = range(4)
ADD_BOS, ADD_EOS, ADD_SPACE_PREFIX, IGNORE_MERGES, HAS_SCORES, HAS_TYPES = (
    1 << i for i in range(6)
)
SPACE_MARK = "\u2581"

PRINTABLE = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
OTHERS = [byte for byte in range(256) if byte not in PRINTABLE]
# The character that stands for each byte in byte-level BPE.
BYTE_LEVEL = [
    chr(byte) if byte in PRINTABLE else chr(256 + OTHERS.index(byte)) for byte in range(256)
]


def strings(texts: Iterable[bytes]) -> bytes:
    return b"".join(struct.pack("<Q", len(text)) + text for text in texts)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


@dataclass
class TokenizerVocabulary:
    """The fields of a ``realm_vocab``; ids follow from the order of the tokens."""

    tokenizer: int
    tokens: Sequence[str | bytes]
    pre: int = PRE_NONE
    flags: int = 0
    bos: int = -1
    eos: int = -1
    unk: int = -1
    scores: Sequence[float] | None = None
    types: Sequence[int] | None = None
    merges: Sequence[str] = ()
    eog: Sequence[int] = ()
    ids: dict[bytes, int] = field(init=False)

    def __post_init__(self) -> None:
        self.texts = [t.encode() if isinstance(t, str) else t for t in self.tokens]
        self.ids = {text: i for i, text in enumerate(self.texts)}

    def __getitem__(self, text: str) -> int:
        return self.ids[text.encode()]

    def to_blob(self) -> bytes:
        tokens = strings(self.texts)
        merges = strings(merge.encode() for merge in self.merges)
        flags = self.flags
        flags |= HAS_SCORES * (self.scores is not None) | HAS_TYPES * (self.types is not None)
        header = struct.pack(
            "<5I3i5I",
            *(0x434F5652, 13 * 4, self.tokenizer, self.pre, flags),
            *(self.bos, self.eos, self.unk),
            *(len(self.texts), len(tokens), len(self.merges), len(merges), len(self.eog)),
        )
        scores = self.scores or ()
        types = self.types or ()
        return b"".join((
            header,
            padded(tokens),
            struct.pack(f"<{len(scores)}f", *scores),
            struct.pack(f"<{len(types)}i", *types),
            padded(merges),
            struct.pack(f"<{len(self.eog)}i", *self.eog),
        ))  # fmt: skip


def spm_vocabulary(
    pieces: dict[str, float],
    *,
    control: Sequence[str] = (),
    user_defined: Sequence[str] = (),
    flags: int = ADD_BOS | ADD_SPACE_PREFIX,
) -> TokenizerVocabulary:
    """``<unk> <s> </s>``, the 256 bytes, control and user-defined tokens, pieces by score."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256]
    tokens += [*control, *user_defined, *pieces]
    types += [CONTROL] * len(control) + [USER_DEFINED] * len(user_defined)
    scores = [0.0] * len(types) + list(pieces.values())
    types += [NORMAL] * len(pieces)
    return TokenizerVocabulary(
        SPM, tokens, flags=flags, bos=1, eos=2, unk=0, scores=scores, types=types, eog=[2]
    )


def bpe_vocabulary(
    merges: Sequence[str] = (),
    *,
    control: Sequence[str] = ("<bos>", "<eos>"),
    user_defined: Sequence[str] = (),
    pre: int = PRE_GPT2,
    flags: int = 0,
) -> TokenizerVocabulary:
    """The 256 bytes, what the merges make, control and user-defined tokens."""
    plain = list(dict.fromkeys([*BYTE_LEVEL, *(merge.replace(" ", "", 1) for merge in merges)]))
    types = [NORMAL] * len(plain) + [CONTROL] * len(control) + [USER_DEFINED] * len(user_defined)
    bos = len(plain) if control else -1
    eos = len(plain) + 1 if len(control) > 1 else -1
    return TokenizerVocabulary(
        BPE,
        [*plain, *control, *user_defined],
        pre=pre,
        flags=flags,
        bos=bos,
        eos=eos,
        types=types,
        merges=merges,
        eog=[eos] if eos >= 0 else [],
    )


def merge_slowly(symbols: list[str], priority) -> list[str]:
    """Join the pair that goes first, the leftmost of equals, until there is none.

    ``priority(left, right)`` is None for pairs that do not join; the lowest goes first.
    """
    symbols = list(symbols)
    while True:
        pairs = [
            (rank, i)
            for i in range(len(symbols) - 1)
            if (rank := priority(symbols[i], symbols[i + 1])) is not None
        ]
        if not pairs:
            return symbols
        _, i = min(pairs)
        symbols[i : i + 2] = [symbols[i] + symbols[i + 1]]
