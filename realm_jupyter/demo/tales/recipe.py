"""The recipe of ``tales``: a qwen3 network of some three million weights that tells stories."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from realm_jupyter.demo.export import describe_sentencepiece
from realm_jupyter.demo.network import NetworkConfig
from realm_jupyter.demo.recipe import Prepared
from realm_jupyter.demo.sentencepiece import (
    SentencePieceVocabulary,
    load_vocabulary,
    save_vocabulary,
    train_vocabulary,
)
from realm_jupyter.demo.tales.batches import StoryBatches
from realm_jupyter.demo.tales.corpus import write_story
from realm_jupyter.demo.tales.evaluation import evaluate_stories
from realm_jupyter.demo.tales.style import VOCABULARY_STYLE

if TYPE_CHECKING:
    from pathlib import Path

    from realm_jupyter.demo.network import Network

NAME = "tales"
DESCRIPTION = "Continues the opening of a children's story. Trained on texts written by a program."
VOCABULARY_FILE = "tales.vocabulary.json"

_VOCABULARY_STORIES = 4000
_VOCABULARY_STORIES_TOY = 400
_TOY_VOCAB_SIZE = 512


@cache
def make_vocabulary(vocab_size: int = 2048) -> SentencePieceVocabulary:
    """Learn the vocabulary from stories full of invented names, so that it can spell any name.

    Parameters
    ----------
    vocab_size : int

    Returns
    -------
    SentencePieceVocabulary
    """
    is_toy = vocab_size <= _TOY_VOCAB_SIZE
    num_stories = _VOCABULARY_STORIES_TOY if is_toy else _VOCABULARY_STORIES
    stories = [write_story(seed, VOCABULARY_STYLE) for seed in range(num_stories)]
    return train_vocabulary(stories, vocab_size)


def kept_vocabulary(vocab_size: int, folder: Path | None) -> SentencePieceVocabulary:
    """Take the vocabulary of a run from its folder, or learn one and keep it there.

    Parameters
    ----------
    vocab_size : int
        Of a vocabulary that is learned.
    folder : Path, optional

    Returns
    -------
    SentencePieceVocabulary
    """
    if folder is None:
        return make_vocabulary(vocab_size)
    path = folder / VOCABULARY_FILE
    if path.exists():
        return load_vocabulary(path)
    vocabulary = make_vocabulary(vocab_size)
    save_vocabulary(vocabulary, path)
    return vocabulary


def prepare(*, is_toy: bool, folder: Path | None = None) -> Prepared:
    """Shape the network and its endless stories; see `recipe.Recipe`.

    Parameters
    ----------
    is_toy : bool
        A network small enough to babble after half a minute.
    folder : Path, optional
        Keeps the vocabulary of a run.

    Returns
    -------
    Prepared
    """
    vocabulary = kept_vocabulary(_TOY_VOCAB_SIZE if is_toy else 2048, folder)
    config = NetworkConfig(
        architecture="qwen3",
        vocab_size=len(vocabulary),
        num_layers=2 if is_toy else 6,
        embedding_length=64 if is_toy else 192,
        num_heads=2 if is_toy else 6,
        num_kv_heads=1 if is_toy else 2,
        head_dim=32,
        feed_forward_length=192 if is_toy else 576,
        context_length=512,
        rope_base=10_000.0,
        rms_epsilon=1e-6,
    )
    return Prepared(
        config=config,
        batches=StoryBatches(vocabulary, batch_size=8),
        vocabulary=describe_sentencepiece(vocabulary),
        evaluate=partial(evaluate, vocabulary=vocabulary),
        # Templates are learned at any rate; repeating names needs a low one.
        learning_rate=0.01 if is_toy else 0.003,
        minutes=190.0,
    )


def evaluate(network: Network, vocabulary: SentencePieceVocabulary) -> dict[str, Any]:
    """Let the network tell stories and measure them; see `evaluation.evaluate_stories`.

    Parameters
    ----------
    network : Network
    vocabulary : SentencePieceVocabulary

    Returns
    -------
    dict
    """
    return evaluate_stories(network, vocabulary)
