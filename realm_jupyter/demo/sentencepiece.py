"""A SentencePiece-style vocabulary and its tokenization, as GGUF files of the llama kind hold it.

Ids: 0 unknown, 1 begin, 2 end, 3 to 258 the bytes, then single characters and merged pieces. The
score of a merged piece is minus the rank of its merge, so that merging the best scored
neighbours first, which is what readers of such files do, repeats the merges of the training.

References
----------
Sennrich et al. 2016, arXiv:1508.07909; Kudo and Richardson 2018, arXiv:1808.06226.
"""

from __future__ import annotations

import heapq
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import tokenizers

from realm_jupyter.demo.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

SPACE = "\u2581"
UNKNOWN_ID, BOS_ID, EOS_ID, FIRST_BYTE_ID = 0, 1, 2, 3
NUM_SPECIAL = FIRST_BYTE_ID + 256

# Words with the space before them, endings after an apostrophe, and runs of other marks: no piece
# crosses these borders, so each part of a text can be merged by itself.
_PARTS = re.compile(rf"\n|{SPACE}?[A-Za-z]+|'[a-z]+|{SPACE}?[^A-Za-z{SPACE}\n]+|{SPACE}")


@dataclass(frozen=True, slots=True)
class SentencePieceVocabulary:
    """Pieces and scores; encodes and decodes.

    Parameters
    ----------
    pieces : list of str
        Text of every id; spaces are U+2581.
    scores : list of float
        Higher is merged earlier; 0 for special ids.
    """

    pieces: list[str]
    scores: list[float]
    _ids: dict[str, int] = field(default_factory=dict, repr=False)
    _known: dict[str, list[int]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._ids.update(
            (piece, token_id)
            for token_id, piece in enumerate(self.pieces)
            if token_id >= NUM_SPECIAL
        )

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str, *, add_bos: bool = True, add_eos: bool = False) -> list[int]:
        """Tokenize a text, with a space put before it.

        Parameters
        ----------
        text : str
        add_bos, add_eos : bool

        Returns
        -------
        list of int
        """
        token_ids = [BOS_ID] if add_bos else []
        if text:
            for part in _PARTS.findall(SPACE + text.replace(" ", SPACE)):
                known = self._known.get(part)
                if known is None:
                    known = self._known[part] = self.merge(part)
                token_ids += known
        return [*token_ids, EOS_ID] if add_eos else token_ids

    def merge(self, text: str) -> list[int]:
        """Merge neighbours, best score first and leftmost of equals, until none is a piece.

        Parameters
        ----------
        text : str
            With U+2581 for spaces.

        Returns
        -------
        list of int
            Characters that are no piece become the bytes of their UTF-8.
        """
        symbols: list[str | None] = list(text)
        before = list(range(-1, len(symbols) - 1))
        after = [*range(1, len(symbols)), -1]
        queue: list[tuple[float, int, int, str]] = []

        def offer(left: int, right: int) -> None:
            if left < 0 or right < 0:
                return
            joined = f"{symbols[left]}{symbols[right]}"
            token_id = self._ids.get(joined)
            if token_id is not None:
                heapq.heappush(queue, (-self.scores[token_id], left, right, joined))

        for left in range(len(symbols) - 1):
            offer(left, left + 1)
        while queue:
            _, left, right, joined = heapq.heappop(queue)
            pair = (symbols[left], symbols[right])
            if None in pair or after[left] != right or "".join(map(str, pair)) != joined:
                continue
            symbols[left], symbols[right] = joined, None
            after[left] = after[right]
            if after[right] >= 0:
                before[after[right]] = left
            offer(before[left], left)
            offer(left, after[left])
        return [
            token_id
            for symbol in symbols
            if symbol is not None
            for token_id in self._piece_or_bytes(symbol)
        ]

    def _piece_or_bytes(self, symbol: str) -> list[int]:
        token_id = self._ids.get(symbol)
        if token_id is None:
            return [FIRST_BYTE_ID + byte for byte in symbol.encode()]
        return [token_id]

    def decode(self, token_ids: Iterable[int]) -> str:
        """Join the text of ids; special ids write nothing, and the first space is dropped."""
        joined = bytearray()
        for token_id in token_ids:
            if FIRST_BYTE_ID <= token_id < NUM_SPECIAL:
                joined.append(token_id - FIRST_BYTE_ID)
            elif token_id >= NUM_SPECIAL:
                joined += self.pieces[token_id].encode()
        text = joined.decode(errors="replace").replace(SPACE, " ")
        return text.removeprefix(" ")


def train_vocabulary(texts: Sequence[str], vocab_size: int) -> SentencePieceVocabulary:
    """Learn pieces by byte-pair merges over the parts of texts.

    Parameters
    ----------
    texts : sequence of str
    vocab_size : int
        Special ids, printable ASCII and merged pieces together.

    Returns
    -------
    SentencePieceVocabulary
        Shorter than asked for if the texts run out of pairs; then it is filled with unused pieces.
    """
    parts: dict[str, int] = {}
    for text in texts:
        for part in _PARTS.findall(SPACE + text.replace(" ", SPACE)):
            parts[part] = parts.get(part, 0) + 1
    characters = [SPACE, *(chr(code) for code in range(33, 127))]
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    # Parts are separated by a mark that no part holds; merges stay inside them.
    model.pre_tokenizer = tokenizers.pre_tokenizers.Split("\x00", behavior="removed")
    model.train_from_iterator(
        ("\x00".join([part] * count) for part, count in parts.items() if part != "\n"),
        tokenizers.trainers.BpeTrainer(
            vocab_size=vocab_size - NUM_SPECIAL, initial_alphabet=characters, show_progress=False
        ),
    )
    learned = sorted(model.get_vocab().items(), key=lambda item: item[1])
    singles = [piece for piece, _ in learned if len(piece) == 1]
    merged = [piece for piece, _ in learned if len(piece) > 1]
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    scores = [0.0] * len(pieces)
    pieces += merged + singles
    scores += [-float(rank) for rank in range(len(merged) + len(singles))]
    for number in range(vocab_size - len(pieces)):
        pieces.append(f"<unused{number}>")
        scores.append(-1e6)
    return SentencePieceVocabulary(pieces, scores)


def save_vocabulary(vocabulary: SentencePieceVocabulary, path: Path) -> None:
    """Write pieces and scores as JSON; a stop midway leaves no broken file.

    Parameters
    ----------
    vocabulary : SentencePieceVocabulary
    path : Path
        Its folder is made.
    """
    held = {"pieces": vocabulary.pieces, "scores": vocabulary.scores}
    with whole_file(path) as partial:
        partial.write_text(json.dumps(held), encoding="utf-8")


def load_vocabulary(path: Path) -> SentencePieceVocabulary:
    """Read what `save_vocabulary` wrote."""
    held = json.loads(path.read_text(encoding="utf-8"))
    return SentencePieceVocabulary(held["pieces"], held["scores"])
