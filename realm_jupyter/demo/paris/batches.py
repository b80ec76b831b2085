"""Batches of fresh conversations: rows of about one length, a new text for every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.demo.paris.corpus import LATER_WEIGHTS, WEIGHTS, Writer
from realm_jupyter.demo.paris.tokenizer import END_OF_TEXT_ID, encode_conversation

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class ConversationBatches:
    """A batch source: conversations are written in pools, sorted by length and cut into batches.

    Parameters
    ----------
    tokenizer : Tokenizer
    seed : int
    batch_tokens : int
        Tokens of a batch, about; conversations are never split.
    context_length : int
        Longer conversations are cut there.
    batches_per_pool : int
        How many batches share a sorted pool.
    first_pools : int
        How many pools are written with ``WEIGHTS``; the rest have ``LATER_WEIGHTS``.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        seed: int,
        *,
        batch_tokens: int = 2048,
        context_length: int = 1024,
        batches_per_pool: int = 48,
        first_pools: int = 34,
    ) -> None:
        self.first_pools = first_pools
        self.tokenizer = tokenizer
        self.seed = seed
        self.pool_tokens = batch_tokens * batches_per_pool
        self.context_length = context_length
        self.batches_per_pool = batches_per_pool
        self._pool_index = -1
        self._pool: list[tuple[np.ndarray, np.ndarray]] = []

    def __call__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the batch of a step.

        Parameters
        ----------
        step : int

        Returns
        -------
        token_ids : ndarray, shape (B, S + 1), uint16
        weights : ndarray, shape (B, S + 1), float32
            What predicting each token counts; 0 for questions and padding.
        """
        index, place = divmod(step, self.batches_per_pool)
        if index != self._pool_index:
            self._pool = self.make_pool(index)
            self._pool_index = index
        return self._pool[place]

    def make_pool(self, index: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Write the conversations of one pool and cut them into its batches."""
        weights = WEIGHTS if index < self.first_pools else LATER_WEIGHTS
        writer = Writer(f"training {self.seed} {index}", weights)
        rows: list[tuple[list[int], list[int]]] = []
        num_tokens = 0
        while num_tokens < self.pool_tokens or len(rows) < self.batches_per_pool:
            row = encode_conversation(self.tokenizer, writer.conversation())
            rows.append((row[0][: self.context_length], row[1][: self.context_length]))
            num_tokens += len(rows[-1][0])
        rows.sort(key=lambda row: len(row[0]))
        ends = np.cumsum([len(row[0]) for row in rows])
        places = np.arange(1, self.batches_per_pool)
        cuts = np.searchsorted(ends, places * num_tokens / self.batches_per_pool)
        # No batch is empty, not even where one conversation is longer than a batch.
        cuts = np.maximum.accumulate(cuts - places).clip(min=0) + places
        cuts = np.minimum(cuts, len(rows) - places[::-1])
        batches = [
            pad(rows[first:last])
            for first, last in zip((0, *cuts), (*cuts, len(rows)), strict=True)
        ]
        order = np.random.default_rng((self.seed, index)).permutation(len(batches))
        return [batches[place] for place in order]


def pad(rows: list[tuple[list[int], list[int]]]) -> tuple[np.ndarray, np.ndarray]:
    """Fill rows up to the longest of them with tokens that count nothing."""
    longest = max(len(row[0]) for row in rows)
    token_ids = np.full((len(rows), longest), END_OF_TEXT_ID, dtype=np.uint16)
    weights = np.zeros((len(rows), longest), dtype=np.float32)
    for place, (row_ids, row_weights) in enumerate(rows):
        token_ids[place, : len(row_ids)] = row_ids
        weights[place, : len(row_weights)] = row_weights
    return token_ids, weights
