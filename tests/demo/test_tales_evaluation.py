from __future__ import annotations

import pytest
import torch

from realm_jupyter.demo.network import Network
from realm_jupyter.demo.tales import evaluation, recipe
from realm_jupyter.demo.tales.card import figure_table
from realm_jupyter.demo.tales.evaluation import (
    distinct_ratio,
    evaluate_stories,
    filter_probs,
    most_repeated,
    sampler,
    split_sentences,
    tell_stories,
)


@pytest.fixture(scope="module")
def untrained():
    prepared = recipe.prepare(is_toy=True)
    return Network(prepared.config), recipe.make_vocabulary(prepared.config.vocab_size)


def test_sentences_end_at_marks_and_paragraphs():
    story = 'He ran. "Stop!" said she.\n\nHe ran. "Why?" He ran.'
    assert split_sentences(story) == ["He ran.", 'Stop!" said she.', "He ran.", "Why?", "He ran."]
    assert most_repeated(story) == 3


def test_distinct_ratio_counts_runs_of_words_over_all_stories():
    assert distinct_ratio(["a b c d e"]) == 1.0
    assert distinct_ratio(["a b c d", "a b c d"]) == 0.5
    assert distinct_ratio(["a b"]) == 0.0


def test_cut_tokens_are_never_drawn():
    probs = torch.tensor([[0.6, 0.3, 0.06, 0.03, 0.01]])
    kept = filter_probs(probs.log())
    assert (kept > 0).tolist() == [[True, True, True, False, False]]
    assert float(kept[0, 0] / kept[0, 1]) == pytest.approx(2 ** (1 / 0.8), rel=1e-4)


def test_rows_draw_from_their_own_seeds():
    logits = torch.randn(3, 100, generator=torch.Generator().manual_seed(1))
    together = [sampler([4, 5, 6])(logits) for _ in range(2)]
    assert together[0].tolist() == together[1].tolist()
    alone = [int(sampler([seed])(logits[row : row + 1])) for row, seed in enumerate([4, 5, 6])]
    assert together[0].tolist() == alone


def test_told_stories_begin_with_their_openings(untrained):
    openings = ["Once upon a time", "A tiny dragon named Ember could not breathe fire."]
    told = tell_stories(*untrained, openings)
    for opening, (story, _) in zip(openings, told, strict=True):
        assert story.startswith(opening)
        assert len(story) > len(opening)


def test_the_card_shows_every_figure(untrained, monkeypatch):
    monkeypatch.setattr(evaluation, "OPENINGS", evaluation.OPENINGS[:2])
    training = {"num_parameters": 1234, "num_steps": 5, "num_tokens": 6789, "minutes": 1.2}
    figures = {"training": training, **evaluate_stories(*untrained)}
    table = figure_table(figures)
    assert "| weights | 1,234 |" in table
    assert "| stories told | 2 |" in table
    assert f"{figures['distinct_4_grams']:.3f}" in table
    assert len(figures["stories"]) == 2
