"""What differs between the stories of the vocabulary and those of the training."""

from __future__ import annotations

from dataclasses import dataclass

from realm_jupyter.demo.tales import words
from realm_jupyter.demo.tales.frame import MORE_OPENINGS, OPENINGS
from realm_jupyter.demo.tales.names import MORE_HE_NAMES, MORE_SHE_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How stories begin and what their characters are called.

    Parameters
    ----------
    openings : tuple of str
        Templates of the first sentences.
    she_names, he_names : tuple of str
        Usual names.
    invented_names : float
        Part of all names, 0 to 1, that are put together from syllables.
    name_prefix : int
        The names of hero and friend differ within so many first letters.
    """

    openings: tuple[str, ...]
    she_names: tuple[str, ...]
    he_names: tuple[str, ...]
    invented_names: float
    name_prefix: int


VOCABULARY_STYLE = Style(
    openings=OPENINGS,
    she_names=tuple(words.SHE_NAMES),
    he_names=tuple(words.HE_NAMES),
    invented_names=0.5,
    name_prefix=2,
)
"""Half of all names are invented: the vocabulary needs pieces to spell any name with."""

TRAINING_STYLE = Style(
    openings=(*OPENINGS, *MORE_OPENINGS),
    she_names=(*words.SHE_NAMES, *MORE_SHE_NAMES),
    he_names=(*words.HE_NAMES, *MORE_HE_NAMES),
    invented_names=0.1,
    name_prefix=1,
)
"""Few names are invented: each mention of one is many pieces, and each piece can go wrong."""
