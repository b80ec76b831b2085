"""What paris answers: every fact once in a word, once in a sentence, once at length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.facts import number_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.demo.paris.facts import Country


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer in the three lengths that a system prompt may ask for."""

    short: str
    full: str
    long: str

    def of_style(self, style: str) -> str:
        """Return the answer for ``"short"``, ``"full"`` or ``"long"``."""
        text: str = getattr(self, style)
        return text


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def possessive(name: str) -> str:
    """Append what English marks an owner by: "Chad's", "the Netherlands'"."""
    return name + ("'" if name.startswith("the ") and name.endswith("s") else "'s")


def listed(words: Sequence[str]) -> str:
    """Join with commas and a last "and"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def capital_sentence(country: Country) -> str:
    """Say which city is the capital."""
    return sentence(f"the capital of {country.name} is {country.capital}")


def continent_sentence(country: Country) -> str:
    """Say on which continent the country lies."""
    return sentence(f"{country.name} is in {country.continent}")


def currency_sentence(country: Country) -> str:
    """Say what the money is called."""
    return sentence(f"the currency of {country.name} is the {country.currency}")


def language_sentence(country: Country) -> str:
    """Say which languages are the main ones."""
    languages = listed(country.languages)
    if len(country.languages) == 1:
        return sentence(f"the main language of {country.name} is {languages}")
    return sentence(f"the main languages of {country.name} are {languages}")


def capital(country: Country) -> Reply:
    """Answer with the capital."""
    full = capital_sentence(country)
    more = sentence(f"{country.name} is in {country.continent}")
    people = f"People there speak {listed(country.languages)}."
    return Reply(sentence(country.capital), full, f"{full} {more} {people}")


def country_of(country: Country) -> Reply:
    """Answer with the country of a capital."""
    full = sentence(f"{country.capital} is the capital of {country.name}")
    more = sentence(f"{country.name} is in {country.continent}")
    money = f"Its currency is the {country.currency}."
    return Reply(sentence(country.name), full, f"{full} {more} {money}")


def continent(country: Country) -> Reply:
    """Answer with the continent."""
    full = continent_sentence(country)
    more = sentence(f"its capital is {country.capital}")
    people = f"People there speak {listed(country.languages)}."
    return Reply(sentence(country.continent), full, f"{full} {more} {people}")


def currency(country: Country) -> Reply:
    """Answer with the currency."""
    full = currency_sentence(country)
    more = sentence(f"{country.name} is in {country.continent}")
    return Reply(
        sentence(country.currency),
        full,
        f"{full} {more} Its capital is {country.capital.rstrip('.')}.",
    )


def language(country: Country) -> Reply:
    """Answer with the main languages."""
    full = language_sentence(country)
    more = sentence(f"{country.name} is in {country.continent}")
    return Reply(
        sentence(listed(country.languages)),
        full,
        f"{full} {more} Its capital is {country.capital.rstrip('.')}.",
    )


def about(country: Country) -> Reply:
    """Answer with all that is known of a country."""
    languages = listed(country.languages)
    full = (
        f"{country.name} is a country in {country.continent}. "
        f"{sentence(f'its capital is {country.capital}')} Its currency is the {country.currency}."
    )
    return Reply(
        sentence(f"a country in {country.continent}"),
        sentence(full),
        sentence(f"{full} People there speak {languages}."),
    )


def whether(reply: Reply, *, is_true: bool) -> Reply:
    """Turn the answer of a fact into one of a yes-or-no question about it."""
    word = "Yes" if is_true else "No"
    keep = ("The capital", "The currency", "The main", "The ")
    tail = reply.full
    if tail.startswith(keep):
        tail = tail[0].lower() + tail[1:]
    return Reply(f"{word}.", f"{word}, {tail}", f"{word}, {tail}{reply.long[len(reply.full) :]}")


SIGNS = {"plus": "plus", "minus": "minus", "times": "times", "divided by": "divided by"}


def calculation(first: int, operation: str, second: int, *, in_words: bool) -> Reply:
    """Answer a sum.

    Parameters
    ----------
    first, second : int
    operation : {"plus", "minus", "times", "divided by"}
    in_words : bool
        Whether numbers are spelled out, as they were in the question.
    """
    result = calculate(first, operation, second)

    def written(number: int) -> str:
        return number_in_words(number) if in_words else str(number)

    full = sentence(f"{written(first)} {operation} {written(second)} is {written(result)}")
    check = {
        "plus": f"{written(result)} minus {written(second)} is {written(first)}",
        "minus": f"{written(result)} plus {written(second)} is {written(first)}",
        "times": f"{written(second)} times {written(first)} is {written(result)}, too",
        "divided by": f"{written(result)} times {written(second)} is {written(first)}",
    }[operation]
    return Reply(sentence(written(result)), full, f"{full} You can check it: {check}.")


def calculate(first: int, operation: str, second: int) -> int:
    """Return the exact result; a division has no rest."""
    if operation == "plus":
        return first + second
    if operation == "minus":
        return first - second
    if operation == "times":
        return first * second
    return first // second


def simple(short: str, full: str, more: str = "") -> Reply:
    """Make a reply whose long form adds one sentence."""
    return Reply(sentence(short), sentence(full), sentence(full) + (f" {more}" if more else ""))


TINY = "I am a tiny model and only know simple things, like capitals and small sums."


def unknown(what: str = "that") -> Reply:
    """Admit that something is not known."""
    return Reply(
        "Sorry, I do not know.",
        f"Sorry, I do not know {what}. {TINY}",
        f"Sorry, I do not know {what}. {TINY} "
        "Ask me about a country, a colour, an opposite or a day of the week!",
    )


def unable(what: str) -> Reply:
    """Admit that something cannot be done."""
    return Reply(
        "Sorry, I cannot do that.",
        f"Sorry, I cannot {what}. {TINY}",
        f"Sorry, I cannot {what}. {TINY} "
        "Ask me about a country, a colour, an opposite or a day of the week!",
    )
