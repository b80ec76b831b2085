"""Vocabularies of the right size for random models: made up, but they tokenize any text.

Pieces are the bytes, then letters, pairs and triples of letters, so that their number can
be whatever a shape needs and every piece decodes to readable text.
"""

from __future__ import annotations

import itertools
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realm_jupyter.gguf.vocabulary import TokenType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realm_jupyter.bench.shapes import Shape

__all__ = ["RandomVocabulary", "random_vocabulary"]

_LETTERS = string.ascii_lowercase + string.ascii_uppercase + string.digits
_SPM_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
_BPE_SPACE = "Ġ"
# The control tokens that close a vocabulary, and the name of the first that says "end".
_CONTROL = {
    "llama-bpe": ("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"),
    "qwen2": ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
}


@dataclass(frozen=True, slots=True)
class RandomVocabulary:
    """Tokens as a file lists them.

    Parameters
    ----------
    model : {"llama", "gpt2"}
    pre : str
        Name of the pre-tokenizer.
    tokens : list of str
    types : list of int
        A `TokenType` for each token.
    scores : list of float
        SentencePiece only.
    merges : list of str
        Byte-level only.
    bos_id, eos_id : int
    add_bos : bool
    """

    model: str
    pre: str
    tokens: list[str]
    types: list[int]
    bos_id: int
    eos_id: int
    add_bos: bool
    scores: list[float] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)


def random_vocabulary(shape: Shape) -> RandomVocabulary:
    """Return a vocabulary of ``shape.vocab_size`` tokens.

    Raises
    ------
    ValueError
        If the size leaves no room for the 256 bytes, or is beyond all triples.
    """
    made = _sentencepiece(shape) if shape.vocabulary == "llama" else _byte_level(shape)
    if len(made.tokens) != shape.vocab_size:
        raise ValueError(f"there is no made-up vocabulary of {shape.vocab_size} tokens")
    return made


def _pieces(letters: str) -> Iterator[tuple[str, str]]:
    """Yield pairs and then triples of letters, each as the two pieces that it merges from."""
    yield from itertools.product(letters, letters)
    for first, second, third in itertools.product(letters, letters, letters):
        yield first + second, third


def _sentencepiece(shape: Shape) -> RandomVocabulary:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    types = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL, *[TokenType.BYTE] * 256]
    num_special = len(tokens)
    letters = _SPM_SPACE + _LETTERS
    room = max(0, shape.vocab_size - num_special)
    tokens += list(letters[:room])
    room = max(0, shape.vocab_size - len(tokens))
    tokens += [left + right for left, right in itertools.islice(_pieces(letters), room)]
    num_pieces = len(tokens) - num_special
    return RandomVocabulary(
        model="llama",
        pre="default",
        tokens=tokens,
        types=types + [TokenType.NORMAL] * num_pieces,
        scores=[0.0] * num_special + [float(-rank) for rank in range(num_pieces)],
        bos_id=1,
        eos_id=2,
        add_bos=True,
    )


def _byte_level(shape: Shape) -> RandomVocabulary:
    control = list(_CONTROL[shape.vocabulary])
    tokens = _byte_letters()
    room = max(0, shape.vocab_size - len(tokens) - len(control))
    merges = list(itertools.islice(_pieces(_BPE_SPACE + _LETTERS), room))
    tokens += [left + right for left, right in merges]
    num_normal = len(tokens)
    is_llama = shape.vocabulary == "llama-bpe"
    return RandomVocabulary(
        model="gpt2",
        pre=shape.vocabulary,
        tokens=tokens + control,
        types=[TokenType.NORMAL] * num_normal + [TokenType.CONTROL] * len(control),
        merges=[f"{left} {right}" for left, right in merges],
        bos_id=num_normal,
        eos_id=num_normal + (2 if is_llama else 0),
        add_bos=is_llama,
    )


def _byte_letters() -> list[str]:
    """Return how byte-level vocabularies write the 256 bytes as visible letters."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte) for byte in visible] + [chr(256 + place) for place in range(len(hidden))]
