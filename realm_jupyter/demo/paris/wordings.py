"""Draws templates of every kind of question from its grammars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.demo.paris import country_phrasing as country
from realm_jupyter.demo.paris import country_wordings as countries
from realm_jupyter.demo.paris import everyday_wordings as everyday
from realm_jupyter.demo.paris.frames import Wording, draw
from realm_jupyter.demo.paris.phrasing import chance, first_upper

if TYPE_CHECKING:
    from random import Random

WORDINGS: dict[str, Wording] = {
    "capital": countries.CAPITAL,
    "country_of": countries.COUNTRY_OF,
    "continent": countries.CONTINENT,
    "currency": countries.CURRENCY,
    "language": countries.LANGUAGE,
    "about": countries.ABOUT,
    **everyday.NEIGHBOURS,
    **everyday.TODAYS,
    "gain": everyday.GAIN,
    "loss": everyday.LOSS,
    "month_days": everyday.MONTH_DAYS,
    "ordinal": everyday.ORDINAL,
    "amount": everyday.AMOUNT,
    "list": everyday.LIST,
    "colour": everyday.COLOUR,
    "mix": everyday.MIX,
    "opposite": everyday.OPPOSITE,
}
# Whole claims with their questions, and what is claimed.
CLAIMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "is_capital": (countries.IS_CAPITAL, country.CAPITAL_CLAIMS),
    "is_continent": (countries.IS_CONTINENT, country.CONTINENT_CLAIMS),
    "is_language": (countries.IS_LANGUAGE, country.LANGUAGE_CLAIMS),
    "is_currency": (countries.IS_CURRENCY, country.CURRENCY_CLAIMS),
}


def claim_template(kind: str, random: Random) -> str:
    """Draw a template of a yes-or-no question.

    Parameters
    ----------
    kind : str
        A key of ``CLAIMS``.
    random : Random

    Returns
    -------
    str
    """
    questions, claims = CLAIMS[kind]
    if chance(random, 0.4):
        return draw(random.choice(questions), random)
    claim = random.choice(claims)
    frame = draw(random.choice(countries.CLAIM_FRAMES), random)
    return frame.replace("{claim}", claim).replace("{Claim}", first_upper(claim))


def sum_template(operation: str, random: Random) -> str:
    """Draw a template of a sum; ``{np}`` is its expression.

    Parameters
    ----------
    operation : str
        A key of ``SUMS``.
    random : Random

    Returns
    -------
    str
    """
    if chance(random, 0.4):
        return draw(random.choice(everyday.SUMS[operation]), random)
    return everyday.SUM.template(random)
