"""The plots that a story is drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.demo.tales.plots import growth, kindness, trouble

if TYPE_CHECKING:
    from realm_jupyter.demo.tales.plot import Plot

PLOTS: tuple[Plot, ...] = (
    trouble.LOST,
    trouble.FEAR,
    kindness.SHARE,
    trouble.RESCUE,
    growth.BUILD,
    kindness.NEWCOMER,
    kindness.RACE,
    growth.TRUTH,
    growth.SEED,
    trouble.HOME,
    growth.WISH,
    kindness.SURPRISE,
    kindness.SOUP,
    growth.SKILL,
    trouble.STORM,
)
"""Their order is part of the recipe: a story's seed chooses by it."""
