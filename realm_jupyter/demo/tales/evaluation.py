"""Judge a story model by the stories it tells from openings that training never used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from realm_jupyter.demo.sentencepiece import EOS_ID
from realm_jupyter.demo.tales.corpus import write_story
from realm_jupyter.demo.tales.drift import count_drifting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realm_jupyter.demo.network import Network
    from realm_jupyter.demo.sentencepiece import SentencePieceVocabulary

TEMPERATURE, TOP_K, TOP_P, MIN_P = 0.8, 40, 0.95, 0.05

OPENINGS = (
    "Once upon a time, there was a fox named Rio who lived under a bridge.",
    "Once upon a time",
    "There was a little girl named Amira. Amira had a red bicycle.",
    "Deep in the forest lived a bear who could not sleep.",
    "Tim and his dog Biscuit lived in a house by the sea.",
    "One rainy night, a small owl named Nimbus heard a strange sound.",
    "The moon was round and bright when Sofia the cat opened the window.",
    "Long ago, in a village at the foot of a mountain, there lived a shoemaker named Albert.",
    "A tiny dragon named Ember could not breathe fire.",
    "In the middle of a big city lived a mouse called Pepper.",
    "Once there was a robot named Bolt who wanted to learn how to dance.",
    "Grandma gave Lukas a small wooden box.",
    "It was the first day of winter, and Hanna the rabbit was cold.",
    "Far out on the sea, on a very small island, lived a turtle named Ursula.",
    "Jonas was afraid of the dark.",
    "Every morning, a hen named Matilda looked for worms in the garden.",
    "Two friends, Pim the frog and Dora the duck, wanted to build a boat.",
    "The princess did not like her crown.",
    "On the last day of summer, a hedgehog named Igor found a blue feather.",
    "Nobody knew where the little gray cat came from.",
)
"""Twenty openings, one for each seed; none is a sentence of the training text."""


def filter_probs(logits: Tensor) -> Tensor:
    """Apply top-k, top-p, min-p and then the temperature, in the order of llama.cpp.

    Parameters
    ----------
    logits : Tensor, shape (B, V), float32

    Returns
    -------
    Tensor, shape (B, V), float32
        Weights to draw from, 0 for what was cut; not normalized.
    """
    best, ids = logits.topk(min(TOP_K, logits.shape[-1]), dim=-1)
    probs = torch.softmax(best, dim=-1)
    before = probs.cumsum(dim=-1) - probs
    probs = probs.masked_fill(before >= TOP_P, 0.0)
    probs = probs.masked_fill(probs < MIN_P * probs[:, :1], 0.0)
    return torch.zeros_like(logits).scatter(-1, ids, probs ** (1.0 / TEMPERATURE))


def sampler(seeds: Sequence[int]) -> Callable[[Tensor], Tensor]:
    """Return a chooser that draws each row from its own generator.

    Parameters
    ----------
    seeds : sequence of int
        One a row.

    Returns
    -------
    callable
        From logits (B, V) to ids (B,).
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def choose(logits: Tensor) -> Tensor:
        drawn = [
            torch.multinomial(probs, 1, generator=generator)
            for probs, generator in zip(filter_probs(logits), generators, strict=True)
        ]
        return torch.cat(drawn)

    return choose


def tell_stories(
    network: Network,
    vocabulary: SentencePieceVocabulary,
    openings: Sequence[str],
    *,
    first_seed: int = 0,
) -> list[tuple[str, bool]]:
    """Continue each opening with its own seed, all at once.

    Parameters
    ----------
    network : Network
    vocabulary : SentencePieceVocabulary
    openings : sequence of str
    first_seed : int

    Returns
    -------
    list of (str, bool)
        The whole story, and whether it ended by itself within the context.
    """
    prompts = [vocabulary.encode(opening) for opening in openings]
    completions = network.generate(
        prompts,
        sampler(range(first_seed, first_seed + len(prompts))),
        max_tokens=network.config.context_length - max(map(len, prompts)),
        stop_ids=[EOS_ID],
    )
    return [
        (vocabulary.decode([*prompt, *completion]), completion[-1] == EOS_ID)
        for prompt, completion in zip(prompts, completions, strict=True)
    ]


def split_sentences(story: str) -> list[str]:
    """Split at sentence ends and paragraphs; ``"Why?" said Tom.`` is one sentence."""
    parts = re.split(r"(?<=[.!?])\"?\s+(?![a-z])", story)
    return [part.strip(' "\n') for part in parts if part.strip(' "\n')]


def most_repeated(story: str) -> int:
    """Count how often the most frequent sentence of a story occurs."""
    sentences = split_sentences(story)
    return max((sentences.count(sentence) for sentence in set(sentences)), default=0)


def distinct_ratio(stories: Sequence[str], size: int = 4) -> float:
    """Part of all runs of ``size`` words, over all stories together, that are different.

    Parameters
    ----------
    stories : sequence of str
    size : int

    Returns
    -------
    float
        0 to 1.
    """
    runs: list[tuple[str, ...]] = []
    for story in stories:
        words = story.split()
        runs += [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    return len(set(runs)) / max(len(runs), 1)


@torch.no_grad()
def held_out_loss(
    network: Network, vocabulary: SentencePieceVocabulary, *, num_stories: int = 100
) -> float:
    """Mean negative log likelihood of a token, in nats, of stories outside the training seeds."""
    total, count = 0.0, 0
    for seed in range(500_000, 500_000 + num_stories):
        row = vocabulary.encode(write_story(seed), add_eos=True)[: network.config.context_length]
        loss = network.loss(torch.tensor([row]))
        total += float(loss) * (len(row) - 1)
        count += len(row) - 1
    return total / count


def evaluate_stories(network: Network, vocabulary: SentencePieceVocabulary) -> dict[str, Any]:
    """Tell one story for each opening and measure them beside as many of the training text.

    Parameters
    ----------
    network : Network
    vocabulary : SentencePieceVocabulary

    Returns
    -------
    dict
        Figures and the stories themselves, ready for JSON.
    """
    told = tell_stories(network, vocabulary, OPENINGS)
    stories = [story for story, _ in told]
    lengths = sorted(len(story.split()) for story in stories)
    reference = [write_story(seed) for seed in range(500_000, 500_000 + len(stories))]
    return {
        "sampling": {
            "temperature": TEMPERATURE,
            "top_k": TOP_K,
            "top_p": TOP_P,
            "min_p": MIN_P,
            "num_stories": len(stories),
        },
        "ended_by_themselves": sum(ended for _, ended in told),
        "most_repeats_of_a_sentence": max(most_repeated(story) for story in stories),
        "stories_of_150_words_or_more": sum(length >= 150 for length in lengths),  # noqa: PLR2004
        **count_drifting(stories, OPENINGS),
        "words_min": lengths[0],
        "words_median": lengths[len(lengths) // 2],
        "words_max": lengths[-1],
        "distinct_4_grams": round(distinct_ratio(stories), 4),
        "distinct_4_grams_training_text": round(distinct_ratio(reference), 4),
        "held_out_loss_nats_per_token": round(held_out_loss(network, vocabulary), 4),
        "stories": stories,
    }
