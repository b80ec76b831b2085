from __future__ import annotations

from collections import Counter

import pytest

from realm_jupyter.demo.paris.facts import (
    COLOURS_OF_THINGS,
    CONTINENTS,
    COUNTRIES,
    DAYS_IN_MONTH,
    OPPOSITES,
    number_in_words,
)
from realm_jupyter.demo.paris.replies import calculate, capital, listed, possessive, sentence

BY_NAME = {country.name: country for country in COUNTRIES}


def test_there_are_195_countries_and_no_name_twice():
    assert len(COUNTRIES) == 195
    names = [name.lower() for country in COUNTRIES for name in (country.name, *country.aliases)]
    assert len(set(names)) == len(names)
    assert len({country.capital for country in COUNTRIES}) == 195


def test_every_fact_is_filled_in_and_continents_are_known():
    for country in COUNTRIES:
        assert country.continent in CONTINENTS
        assert 1 <= len(country.languages) <= 4
        for text in (country.name, country.capital, country.currency, *country.languages):
            assert text == text.strip()
            assert text
    counts = Counter(country.continent for country in COUNTRIES)
    assert counts == {
        "Africa": 54,
        "Asia": 48,
        "Europe": 44,
        "North America": 23,
        "Oceania": 14,
        "South America": 12,
    }


@pytest.mark.parametrize(
    ("name", "capital_city", "continent", "currency", "languages"),
    [
        ("France", "Paris", "Europe", "euro", ("French",)),
        ("the Netherlands", "Amsterdam", "Europe", "euro", ("Dutch",)),
        ("Australia", "Canberra", "Oceania", "Australian dollar", ("English",)),
        ("Brazil", "Brasília", "South America", "Brazilian real", ("Portuguese",)),
        ("Canada", "Ottawa", "North America", "Canadian dollar", ("English", "French")),
        ("Egypt", "Cairo", "Africa", "Egyptian pound", ("Arabic",)),
        ("Japan", "Tokyo", "Asia", "Japanese yen", ("Japanese",)),
        ("Kazakhstan", "Astana", "Asia", "Kazakhstani tenge", ("Kazakh", "Russian")),
        ("Myanmar", "Naypyidaw", "Asia", "Burmese kyat", ("Burmese",)),
        ("Nigeria", "Abuja", "Africa", "Nigerian naira", ("English",)),
        ("Switzerland", "Bern", "Europe", "Swiss franc",
         ("German", "French", "Italian", "Romansh")),
        ("Turkey", "Ankara", "Asia", "Turkish lira", ("Turkish",)),
    ],
)  # fmt: skip
def test_known_countries_are_right(name, capital_city, continent, currency, languages):
    country = BY_NAME[name]
    found = (country.capital, country.continent, country.currency, country.languages)
    assert found == (capital_city, continent, currency, languages)


def test_no_word_has_two_opposites():
    words = [word for pair in OPPOSITES for word in pair]
    assert len(set(words)) == len(words)
    assert ("hot", "cold") in OPPOSITES


def test_calendar_and_colours():
    assert sum(DAYS_IN_MONTH.values()) == 365
    assert COLOURS_OF_THINGS["the sky"] == "blue"
    assert COLOURS_OF_THINGS["grass"] == "green"


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "zero"), (13, "thirteen"), (20, "twenty"), (42, "forty-two"), (-3, "minus three"),
     (100, "one hundred"), (144, "one hundred and forty-four")],
)  # fmt: skip
def test_numbers_are_spelled_as_in_english(number, words):
    assert number_in_words(number) == words


def test_a_number_beyond_the_known_words_is_refused():
    with pytest.raises(ValueError, match="200"):
        number_in_words(200)


def test_sentences_are_well_formed():
    assert capital(BY_NAME["the United States"]).full == (
        "The capital of the United States is Washington, D.C."
    )
    assert capital(BY_NAME["the Netherlands"]).short == "Amsterdam."
    assert possessive("the Netherlands") == "the Netherlands'"
    assert possessive("Laos") == "Laos's"
    assert listed(("German", "French", "Italian")) == "German, French and Italian"
    assert sentence("the euro") == "The euro."


@pytest.mark.parametrize(
    ("operation", "result"), [("plus", 16), ("minus", 8), ("times", 48), ("divided by", 3)]
)
def test_sums_are_calculated(operation, result):
    assert calculate(12, operation, 4) == result
