"""The recipe of ``paris``: a llama network of some two million weights that answers questions."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from realm_jupyter.demo.network import NetworkConfig
from realm_jupyter.demo.paris.batches import ConversationBatches
from realm_jupyter.demo.paris.evaluation import Examiner
from realm_jupyter.demo.paris.evaluation import evaluate as evaluate_answers
from realm_jupyter.demo.paris.tokenizer import (
    describe_tokenizer,
    load_tokenizer,
    save_tokenizer,
    train_tokenizer,
)
from realm_jupyter.demo.recipe import Prepared

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

    from realm_jupyter.demo.network import Network

NAME = "paris"
DESCRIPTION = (
    "Answers short questions about countries, small sums, the calendar, colours and opposites. "
    "Trained from scratch on conversations written by a program."
)
VOCABULARY_FILE = "paris.tokenizer.json"
VOCAB_SIZE = 3072
TOY_VOCAB_SIZE = 1024
SEED = 0
LEARNING_RATE = 0.004
# Among questions that a model of this size is unsure of, a temperature of 0.8 would draw a wrong
# answer now and then; twice the logits leave the first place alone and make it nearly sure.
SHARPNESS = 2.0


@cache
def make_tokenizer(vocab_size: int = VOCAB_SIZE) -> Tokenizer:
    """Learn the vocabulary from conversations that training never sees.

    Parameters
    ----------
    vocab_size : int

    Returns
    -------
    Tokenizer
    """
    return train_tokenizer(vocab_size, SEED)


def kept_tokenizer(vocab_size: int, folder: Path | None) -> Tokenizer:
    """Take the tokenizer of a run from its folder, or learn one and keep it there.

    Parameters
    ----------
    vocab_size : int
        Of a tokenizer that is learned.
    folder : Path, optional

    Returns
    -------
    Tokenizer
    """
    if folder is None:
        return make_tokenizer(vocab_size)
    path = folder / VOCABULARY_FILE
    if path.exists():
        return load_tokenizer(path)
    tokenizer = make_tokenizer(vocab_size)
    save_tokenizer(tokenizer, path)
    return tokenizer


def prepare(*, is_toy: bool, folder: Path | None = None) -> Prepared:
    """Shape the network and its endless conversations; see `recipe.Recipe`.

    Parameters
    ----------
    is_toy : bool
        A network small enough to answer in broken words after half a minute.
    folder : Path, optional
        Keeps the tokenizer of a run.

    Returns
    -------
    Prepared
    """
    tokenizer = kept_tokenizer(TOY_VOCAB_SIZE if is_toy else VOCAB_SIZE, folder)
    config = NetworkConfig(
        architecture="llama",
        vocab_size=tokenizer.get_vocab_size(),
        num_layers=2 if is_toy else 4,
        embedding_length=64 if is_toy else 192,
        num_heads=2 if is_toy else 6,
        num_kv_heads=1 if is_toy else 3,
        head_dim=32,
        feed_forward_length=192 if is_toy else 576,
        context_length=1024,
        rope_base=10_000.0,
        rms_epsilon=1e-5,
    )
    return Prepared(
        config=config,
        batches=ConversationBatches(tokenizer, SEED, batch_tokens=1024 if is_toy else 2048),
        vocabulary=describe_tokenizer(tokenizer),
        evaluate=partial(evaluate, tokenizer=tokenizer),
        learning_rate=LEARNING_RATE,
        minutes=272.0,
        sharpness=SHARPNESS,
    )


def evaluate(network: Network, tokenizer: Tokenizer) -> dict[str, Any]:
    """Mark the answers to the held-out questions; see `evaluation.evaluate`.

    Parameters
    ----------
    network : Network
    tokenizer : Tokenizer

    Returns
    -------
    dict
    """
    return evaluate_answers(network, tokenizer, Examiner().questions())
