"""The figures of the model card, written from the evaluation and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def figure_table(figures: Mapping[str, Any]) -> str:
    """Write the table that the card shows.

    Parameters
    ----------
    figures : mapping
        What `evaluation.evaluate_stories` measured, and ``training``, which `train` adds.

    Returns
    -------
    str
        Markdown.
    """
    count = figures["sampling"]["num_stories"]
    training = figures["training"]
    rows = (
        ("weights", f"{training['num_parameters']:,}"),
        ("training steps", f"{training['num_steps']:,}"),
        ("training tokens, padding included", f"{training['num_tokens']:,}"),
        ("minutes on one thread of a shared processor", f"{training['minutes']:.0f}"),
        ("stories told", f"{count}"),
        ("ended by themselves", f"{figures['ended_by_themselves']} of {count}"),
        ("most often one sentence occurs in a story", f"{figures['most_repeats_of_a_sentence']}"),
        (
            "stories in which a name appears that nobody introduced",
            f"{figures['stories_with_drifting_names']} of {count}",
        ),
        ("such names, all stories together", f"{figures['drifting_names']}"),
        ("stories of 150 words or more", f"{figures['stories_of_150_words_or_more']} of {count}"),
        (
            "words in a story: least, median, most",
            f"{figures['words_min']}, {figures['words_median']}, {figures['words_max']}",
        ),
        ("distinct 4-grams, model", f"{figures['distinct_4_grams']:.3f}"),
        (
            "distinct 4-grams, as many training stories",
            f"{figures['distinct_4_grams_training_text']:.3f}",
        ),
        (
            "loss on stories never trained on, nats per token",
            f"{figures['held_out_loss_nats_per_token']:.3f}",
        ),
    )
    lines = ["| figure | value |", "| --- | --- |"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(lines)
