"""Turn the endless corpus into rows of token ids, one story a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.demo.sentencepiece import EOS_ID
from realm_jupyter.demo.tales.corpus import make_story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realm_jupyter.demo.sentencepiece import SentencePieceVocabulary
    from realm_jupyter.demo.trainer import Batch

TRAINING_SEED = 1_000_000
"""Seeds of training stories begin here; those below are for the vocabulary and for judging."""


NEW_NAME_WEIGHT, KNOWN_NAME_WEIGHT, KNOWN_THING_WEIGHT = 0.3, 4.0, 3.0
"""What tokens count at the first and at later mentions of a name, and at later ones of a thing.

Nobody can guess a new name, but to repeat a known one is the first thing that makes a story
coherent, and the hardest for a small network to learn.
"""

Row = tuple[list[int], list[float]]


def find_runs(row: Sequence[int], pieces: Sequence[int]) -> Iterator[int]:
    """Yield every place of a row at which a run of token ids begins.

    Parameters
    ----------
    row, pieces : sequence of int
        ``pieces`` is not empty.

    Yields
    ------
    int
    """
    length = len(pieces)
    for at, token_id in enumerate(row):
        if token_id == pieces[0] and row[at : at + length] == pieces:
            yield at


class StoryBatches:
    """A batch source of stories that are never seen twice.

    Parameters
    ----------
    vocabulary : SentencePieceVocabulary
    batch_size : int
        Stories of a step.
    longest : int
        Tokens of a row at most; longer stories are cut there.
    pool_batches : int
        Stories are sorted by length within so many batches, so that rows need little padding.

    Notes
    -----
    Padding repeats the end token and counts nothing.
    """

    def __init__(
        self,
        vocabulary: SentencePieceVocabulary,
        *,
        batch_size: int,
        longest: int = 512,
        pool_batches: int = 16,
    ) -> None:
        self._vocabulary = vocabulary
        self._batch_size = batch_size
        self._longest = longest
        self._pool_batches = pool_batches
        self._pool_number = -1
        self._pool: list[list[Row]] = []

    def __call__(self, step: int) -> Batch:
        """Return token ids (B, S + 1) and what each counts, float32."""
        number, place = divmod(step, self._pool_batches)
        if number != self._pool_number:
            self._pool = self._make_pool(number)
            self._pool_number = number
        rows = self._pool[place]
        length = max(len(row) for row, _ in rows)
        token_ids = np.full((len(rows), length), EOS_ID, np.uint16)
        weights = np.zeros((len(rows), length), np.float32)
        for number, (row, counts) in enumerate(rows):
            token_ids[number, : len(row)] = row
            weights[number, : len(row)] = counts
        return token_ids, weights

    def _make_row(self, seed: int) -> Row:
        """Tokenize a story and weigh the names in it."""
        story = make_story(seed)
        row = self._vocabulary.encode(story.text, add_eos=True)[: self._longest]
        counts = [1.0] * len(row)
        for phrases, first, later in (
            (story.things, 1.0, KNOWN_THING_WEIGHT),
            (story.names, NEW_NAME_WEIGHT, KNOWN_NAME_WEIGHT),
        ):
            for phrase in phrases:
                pieces = self._vocabulary.encode(phrase, add_bos=False)
                weight = first
                for at in find_runs(row, pieces):
                    counts[at : at + len(pieces)] = [weight] * len(pieces)
                    weight = later
        return row, counts

    def _make_pool(self, number: int) -> list[list[Row]]:
        """Write the stories of a pool, group them by length and shuffle the groups."""
        size = self._batch_size * self._pool_batches
        first = TRAINING_SEED + number * size
        rows = sorted(
            (self._make_row(seed) for seed in range(first, first + size)),
            key=lambda row: len(row[0]),
        )
        groups = [rows[at : at + self._batch_size] for at in range(0, size, self._batch_size)]
        order = np.random.default_rng(first).permutation(len(groups))
        return [groups[place] for place in order]
