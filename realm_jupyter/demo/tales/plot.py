"""A plot: paragraphs of beats, each beat one of several templates."""

from __future__ import annotations

from dataclasses import dataclass, field

Beat = tuple[str, ...]
"""Templates of which a story takes one; an empty one leaves the beat out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One family of stories.

    Parameters
    ----------
    name : str
    moral : str
        A key of `frame.MORALS`.
    pools : dict of str to tuple
        Slots drawn once a story: names joined by spaces to tuples of values, where a value of
        several names is split at ``/``.
    paragraphs : tuple of tuples of Beat
    is_friend_new : bool
        The hero meets the friend in the plot, so the opening must not know them.
    """

    name: str
    moral: str
    paragraphs: tuple[tuple[Beat, ...], ...]
    pools: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_friend_new: bool = True
