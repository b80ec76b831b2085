"""Questions of every kind with their answers: what the training text and the evaluation draw from.

A kind draws its slots and its answer; where the phrasing comes from is for the caller to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from realm_jupyter.demo.paris import everyday_phrasing as everyday
from realm_jupyter.demo.paris import facts, replies
from realm_jupyter.demo.paris import greeting_phrasing as greetings
from realm_jupyter.demo.paris import identity_phrasing as identity
from realm_jupyter.demo.paris import unknown_phrasing as unknowns
from realm_jupyter.demo.paris.facts import COUNTRIES
from realm_jupyter.demo.paris.frames import draw
from realm_jupyter.demo.paris.phrasing import ASKING, around, asking, chance, fill, first_upper
from realm_jupyter.demo.paris.replies import Reply, listed, sentence, simple
from realm_jupyter.demo.paris.talk_wordings import TALK_GRAMMARS, UNKNOWN_GRAMMARS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from realm_jupyter.demo.paris.facts import Country

CAPITAL_ALIASES = {
    "Washington, D.C.": ("Washington", "Washington DC"),
    "Kyiv": ("Kiev",),
    "Sri Jayawardenepura Kotte": ("Kotte",),
    "Saint John's": ("St. John's", "St John's"),
    "Saint George's": ("St. George's", "St George's"),
    "Sana'a": ("Sanaa",),
    "N'Djamena": ("Ndjamena",),
    "New Delhi": ("Delhi",),
    "Naypyidaw": ("Nay Pyi Taw",),
    "Chisinau": ("Chișinău",),
    "Tarawa": ("South Tarawa",),
    "Reykjavik": ("Reykjavík",),
    "Djibouti City": ("Djibouti city",),
}
BY_CAPITAL = {country.capital: country for country in COUNTRIES}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about: the slots of its phrasing, its answer, and its country if any."""

    kind: str
    slots: Mapping[str, str]
    reply: Reply
    country: Country | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def asked_as(country: Country, random: Random) -> str:
    """Name a country as a person may: by another name, or without its article."""
    name = country.name
    if country.aliases and chance(random, 0.3):
        name = random.choice(country.aliases)
    if chance(random, 0.12):
        name = name.removeprefix("the ")
    return name


def city_as(country: Country, random: Random) -> str:
    """Name a capital as a person may."""
    aliases = CAPITAL_ALIASES.get(country.capital)
    return random.choice((country.capital, *aliases)) if aliases else country.capital


COUNTRY_REPLIES: dict[str, Callable[[Country], Reply]] = {
    "capital": replies.capital,
    "continent": replies.continent,
    "currency": replies.currency,
    "language": replies.language,
    "about": replies.about,
    "country_of": replies.country_of,
}


def about_country(kind: str, country: Country, random: Random) -> Subject:
    """Make the subject of one of the kinds of ``COUNTRY_REPLIES``."""
    slots = {"c": asked_as(country, random), "k": city_as(country, random)}
    return Subject(kind, slots, COUNTRY_REPLIES[kind](country), country)


def draw_of_country(kind: str, random: Random) -> Subject:
    """Ask for one thing of any country."""
    return about_country(kind, random.choice(COUNTRIES), random)


def draw_capital(random: Random) -> Subject:
    """Ask for a capital, rarely of a place that is no member of the United Nations."""
    if chance(random, 0.03):
        place = random.choice(sorted(facts.OTHER_CAPITALS))
        city = facts.OTHER_CAPITALS[place]
        return Subject("capital", {"c": place}, simple(city, f"the capital of {place} is {city}"))
    return about_country("capital", random.choice(COUNTRIES), random)


def draw_yes_no(kind: str, random: Random) -> Subject:
    """Claim something of a country, true or not."""
    country = random.choice(COUNTRIES)
    other = random.choice(COUNTRIES)
    is_true = chance(random, 0.5)
    slots = {"c": asked_as(country, random)}
    if kind == "is_capital":
        reply = replies.capital(country)
        slots["x"] = country.capital if is_true else other.capital
        if not is_true and chance(random, 0.2):
            slots["x"] = random.choice(unknowns.CITIES)
        is_true = slots["x"] == country.capital
    elif kind == "is_continent":
        reply = replies.continent(country)
        slots["w"] = country.continent if is_true else random.choice(facts.CONTINENTS)
        is_true = slots["w"] == country.continent
    elif kind == "is_language":
        reply = replies.language(country)
        slots["l"] = random.choice((country if is_true else other).languages)
        is_true = slots["l"] in country.languages
    else:
        reply = replies.currency(country)
        slots["m"] = (country if is_true else other).currency
        is_true = slots["m"] == country.currency
    return Subject(kind, slots, replies.whether(reply, is_true=is_true), country)


MOST_ADDED = 20
MOST_MULTIPLIED = 12
MOST_IN_WORDS = 10
TOO_BIG = Reply(
    "Sorry, I do not know.",
    "Sorry, that sum is too hard for me. I only add and subtract up to 20 and multiply up to 12.",
    "Sorry, that sum is too hard for me. I only add and subtract up to 20 and multiply up to 12. "
    "Try a smaller one!",
)


def draw_sum(operation: str, random: Random) -> Subject:
    """Ask for a small sum in digits or, now and then, in words."""
    in_words = chance(random, 0.35)
    most = MOST_IN_WORDS if in_words else MOST_MULTIPLIED
    if operation in ("plus", "minus"):
        most = MOST_ADDED if chance(random, 0.5) else MOST_ADDED // 2
        first, second = random.randint(0, most), random.randint(0, most)
        if operation == "minus" and first < second and chance(random, 0.6):
            first, second = second, first
    elif operation == "times":
        first, second = random.randint(0, most), random.randint(0, most)
    else:
        second = random.randint(1, most)
        first = second * random.randint(0, most)
    written = facts.number_in_words if in_words else str
    slots = {"a": written(first), "b": written(second)}
    reply = replies.calculation(first, operation, second, in_words=in_words)
    return Subject(operation, slots, reply)


def draw_too_big(random: Random) -> Subject:
    """Ask for a sum beyond what is known."""
    operation = random.choice(("plus", "minus", "times", "divided by"))
    most = random.choice((99, 999, 9999))
    first = random.randint(21, most)
    second = random.choice((random.randint(21, most), random.randint(2, 20)))
    if operation == "divided by":
        first, second = random.randint(50, most) * 2 + 1, random.choice((4, 6, 8, 14, 22))
    slots = {"a": str(first), "b": str(second)}
    return Subject("too_big", slots, TOO_BIG, extra={"operation": operation})


def draw_story(kind: str, random: Random) -> Subject:
    """Tell of things gained or lost and ask how many there are."""
    first, second = random.randint(1, 10), random.randint(1, 10)
    if kind == "loss" and first < second:
        first, second = second, first
    number = first + second if kind == "gain" else first - second
    thing = random.choice(everyday.THINGS)
    in_words = chance(random, 0.4)
    written = facts.number_in_words if in_words else str
    counted = f"{written(number)} {thing}" if number != 1 else f"{written(1)} {thing[:-1]}"
    counted = counted.replace("cookie ", "cookie")
    sign = "plus" if kind == "gain" else "minus"
    check = f"{written(first)} {sign} {written(second)} is {written(number)}."
    slots = {"a": written(first), "b": written(second), "t": thing}
    return Subject(
        kind,
        slots,
        simple(written(number), f"you have {counted}", sentence(check)),
    )


SEQUENCES = {
    "day": facts.DAYS,
    "month": facts.MONTHS,
    "season": facts.SEASONS,
    "letter": tuple(facts.LETTERS),
    "number": tuple(str(number) for number in range(31)),
}
IS_CIRCLE = {"day", "month", "season"}


def draw_neighbour(kind: str, random: Random) -> Subject:
    """Ask what comes after or before a day, a month, a season, a letter or a number."""
    unit = random.choices(tuple(SEQUENCES), (4, 4, 1, 2, 2))[0]
    return neighbour(kind, unit, random)


def neighbour(kind: str, unit: str, random: Random) -> Subject:
    """Make the subject of a neighbour in one sequence."""
    items = SEQUENCES[unit]
    step = 1 if kind == "next" else -1
    place = random.randrange(len(items))
    if unit not in IS_CIRCLE:
        place = min(max(place, 1), len(items) - 2)
    other = items[(place + step) % len(items)]
    relation = "after" if kind == "next" else "before"
    slots = {"u": unit, "n": items[place]}
    reply = simple(other, f"{other} comes {relation} {items[place]}")
    return Subject(kind, slots, reply, extra={"unit": unit})


def draw_today(kind: str, random: Random) -> Subject:
    """Ask for tomorrow or yesterday from today."""
    place = random.randrange(7)
    if kind == "today_tomorrow":
        day = facts.DAYS[(place + 1) % 7]
        reply = simple(day, f"tomorrow is {day}", f"{day} comes after {facts.DAYS[place]}.")
    else:
        day = facts.DAYS[place - 1]
        reply = simple(day, f"yesterday was {day}", f"{day} comes before {facts.DAYS[place]}.")
    return Subject(kind, {"n": facts.DAYS[place]}, reply)


def draw_month_days(random: Random) -> Subject:
    """Ask how long a month is."""
    month = random.choice(facts.MONTHS)
    number = facts.DAYS_IN_MONTH[month]
    full = f"{month} has {number} days"
    if month == "February":
        full += ", and 29 in a leap year"
    return Subject("month_days", {"n": month}, simple(str(number), full))


ORDERS = {
    "month": ("year", facts.MONTHS),
    "day": ("week", facts.DAYS),
    "letter": ("alphabet", tuple(facts.LETTERS[:12])),
}


def draw_ordinal(random: Random) -> Subject:
    """Ask which month, day or letter has a place in its order."""
    unit = random.choices(tuple(ORDERS), (3, 2, 1))[0]
    whole, items = ORDERS[unit]
    place = random.randrange(len(items))
    order = facts.ORDINALS[place]
    slots = {"u": unit, "p": whole, "o": order}
    reply = simple(items[place], f"the {order} {unit} of the {whole} is {items[place]}")
    return Subject("ordinal", slots, reply)


def draw_amount(random: Random) -> Subject:
    """Ask how many of one measure make another."""
    unit, whole, number = random.choice(facts.AMOUNTS)
    return Subject(
        "amount", {"u": unit, "p": whole}, simple(number, f"{whole} has {number} {unit}")
    )


LISTS = {
    "days of the week": facts.DAYS,
    "months of the year": facts.MONTHS,
    "seasons": facts.SEASONS,
    "seasons of the year": facts.SEASONS,
    "colours of the rainbow": ("red", "orange", "yellow", "green", "blue", "indigo", "violet"),
    "continents": (*facts.CONTINENTS, "Antarctica"),
    "letters of the alphabet": tuple(facts.LETTERS),
}


def draw_list(random: Random) -> Subject:
    """Ask for all days, months, seasons, colours of the rainbow, continents or letters."""
    name = random.choice(sorted(LISTS))
    items = listed(LISTS[name])
    return Subject("list", {"p": name}, simple(items, f"the {name} are {items}"))


def draw_colour(random: Random) -> Subject:
    """Ask for the colour of a thing."""
    thing = random.choice(tuple(facts.COLOURS_OF_THINGS))
    colour = facts.COLOURS_OF_THINGS[thing]
    return Subject("colour", {"n": thing}, simple(colour, f"{thing} is {colour}"))


def draw_mix(random: Random) -> Subject:
    """Ask for the mix of two colours."""
    pair = random.choice(tuple(facts.COLOUR_MIXES))
    first, second = pair if chance(random, 0.5) else pair[::-1]
    mixed = facts.COLOUR_MIXES[pair]
    slots = {"a": first, "b": second}
    return Subject("mix", slots, simple(mixed, f"{first} and {second} make {mixed}"))


def draw_opposite(random: Random) -> Subject:
    """Ask for the opposite of a word."""
    pair = random.choice(facts.OPPOSITES)
    word, other = pair if chance(random, 0.5) else pair[::-1]
    quoted = f'"{word}"' if chance(random, 0.1) else word
    return Subject("opposite", {"n": quoted}, simple(other, f"the opposite of {word} is {other}"))


# Small talk has several answers, so that a sampled one varies; the first is drawn most often.
SMALL_TALK: dict[str, tuple[tuple[str, ...], tuple[Reply, ...]]] = {
    "hello": (
        6 * everyday.HELLO + greetings.HELLO,
        (
            simple(
                "Hello!",
                "Hello! I am Paris. How can I help you?",
                "Ask me for the capital of a country, for example.",
            ),
            simple(
                "Hi!",
                "Hi! I am Paris. What would you like to know?",
                "I know countries, small sums and opposites.",
            ),
            simple(
                "Welcome!",
                "Welcome! I am Paris. Ask me about a country.",
                "I know the capitals of all of them.",
            ),
        ),
    ),
    "how_are_you": (
        6 * everyday.HOW_ARE_YOU + greetings.HOW_ARE_YOU,
        (
            simple("Fine, thank you!", "I am fine, thank you! How can I help you?"),
            simple("Very well!", "Very well, thank you! What would you like to know?"),
            simple("Good!", "Good, thank you for asking! Do you have a question?"),
        ),
    ),
    "thanks": (
        6 * everyday.THANKS + greetings.THANKS,
        (
            simple("You are welcome!", "You are welcome!", "Ask me more!"),
            simple("Gladly!", "My pleasure!", "Ask me more!"),
            simple("With pleasure!", "I am glad that I could help!", "Ask me more!"),
        ),
    ),
    "praise": (
        everyday.PRAISE,
        (
            simple("Good!", "Good! Do you have another question?", "I like questions."),
            simple("Nice!", "Nice! What else would you like to know?", "I like questions."),
        ),
    ),
    "goodbye": (
        6 * everyday.GOODBYE + greetings.GOODBYE,
        (
            simple("Goodbye!", "Goodbye! Come back soon."),
            simple("Bye!", "Bye! It was nice to talk to you."),
            simple("See you!", "See you soon! Take care."),
        ),
    ),
    "blame": (
        everyday.SORRY_USER,
        (simple("I am sorry.", "I am sorry. I am tiny and I make mistakes."),),
    ),
}
IDENTITY_KINDS = (
    "who",
    "name",
    "abilities",
    "size",
    "maker",
    "realm",
    "human",
    "other_models",
    "place",
    "tongues",
    "limits",
)
TALK: dict[str, tuple[tuple[str, ...], tuple[Reply, ...]]] = SMALL_TALK | {
    kind: (
        6 * phrasings
        + asking(identity.EMBEDDED_IDENTITY[kind])
        + around(identity.NAMED_IDENTITY.get(kind, ())),
        (reply,),
    )
    for kind, (phrasings, reply) in zip(IDENTITY_KINDS, identity.IDENTITY, strict=True)
}


def draw_talk(kind: str, random: Random) -> tuple[str, Subject]:
    """Draw a phrasing of small talk and one of its answers."""
    phrasings, talk = TALK[kind]
    reply = talk[0] if chance(random, 0.5) else random.choice(talk[-2:])
    phrasing = random.choice(phrasings)
    if kind in TALK_GRAMMARS and chance(random, 0.5):
        phrasing = draw(random.choice(TALK_GRAMMARS[kind]), random)
    return phrasing, Subject(kind, {}, reply)


def draw_name(random: Random) -> str:
    """Draw a person's name, half of the time one that was made up."""
    if chance(random, 0.5):
        return random.choice(everyday.NAMES)
    return first_upper("".join(random.choices(unknowns.SYLLABLES, k=random.randint(2, 3))))


UNKNOWN_NAME = simple(
    "Sorry, I do not know.", "Sorry, I do not know your name. You have not told me."
)


def greeting_of(name: str) -> Reply:
    """Answer a person who says their name."""
    return simple(f"Hello, {name}!", f"Nice to meet you, {name}!", "How can I help you?")


def name_of(name: str) -> Reply:
    """Answer a person who asks for their own name."""
    return simple(name, f"your name is {name}", "You told me so.")


EXAMPLES = {
    "Africa": "Kenya",
    "Asia": "Japan",
    "Europe": "France",
    "North America": "Canada",
    "South America": "Brazil",
    "Oceania": "Australia",
}


def draw_example(random: Random) -> Subject:
    """Ask for any country of a continent."""
    continent = random.choice(facts.CONTINENTS)
    name = EXAMPLES[continent]
    country = next(country for country in COUNTRIES if country.name == name)
    reply = simple(
        name, f"{name} is a country in {continent}", f"Its capital is {country.capital}."
    )
    return Subject("example", {"w": continent}, reply, country)


def draw_fictional(random: Random) -> Subject:
    """Ask of a country that is not there, mostly one that nobody has heard of."""
    if chance(random, 0.4):
        name = random.choice(unknowns.FICTIONAL)
    else:
        name = "".join(random.choices(unknowns.SYLLABLES, k=random.randint(1, 2)))
        name = first_upper(name + random.choice(unknowns.ENDINGS))
    return Subject("fictional", {"c": name}, unknowns.UNKNOWN_COUNTRY)


def draw_unknown(random: Random) -> tuple[str, Subject]:
    """Ask what cannot be known; the phrasing is part of the draw."""
    kind = random.random()
    country = random.choice(COUNTRIES)
    slots = {
        "c": asked_as(country, random),
        "k": city_as(country, random),
        "person": random.choice(unknowns.PEOPLE),
        "subject": random.choice(unknowns.SUBJECTS),
        "dish": random.choice(unknowns.DISHES),
        "deed": random.choice(unknowns.DEEDS),
    }
    reply = replies.unknown()
    if chance(random, 0.4):
        template = draw(random.choice(UNKNOWN_GRAMMARS), random)
    elif kind < 0.25:  # noqa: PLR2004
        template = random.choice(unknowns.COUNTRY_UNKNOWNS)
    elif kind < 0.5:  # noqa: PLR2004
        template = random.choice(unknowns.OPEN_UNKNOWNS)
    elif kind < 0.68:  # noqa: PLR2004
        frame = random.choice(ASKING)
        template = frame.replace("{q}", random.choice(unknowns.EMBEDDED_UNKNOWNS))
    else:
        questions, reply = random.choices(
            unknowns.TOPICS, [len(topic[0]) for topic in unknowns.TOPICS]
        )[0]
        return random.choice(questions), Subject("unknown", {}, reply)
    return fill(template, slots), Subject("unknown", slots, reply)


DRAWS: dict[str, Callable[[Random], Subject]] = {
    "capital": draw_capital,
    **{
        kind: partial(draw_of_country, kind)
        for kind in ("country_of", "continent", "currency", "language", "about")
    },
    **{
        kind: partial(draw_yes_no, kind)
        for kind in ("is_capital", "is_continent", "is_language", "is_currency")
    },
    **{kind: partial(draw_sum, kind) for kind in ("plus", "minus", "times", "divided by")},
    "too_big": draw_too_big,
    **{kind: partial(draw_story, kind) for kind in ("gain", "loss")},
    **{kind: partial(draw_neighbour, kind) for kind in ("next", "previous")},
    **{kind: partial(draw_today, kind) for kind in ("today_tomorrow", "today_yesterday")},
    "month_days": draw_month_days,
    "ordinal": draw_ordinal,
    "amount": draw_amount,
    "list": draw_list,
    "colour": draw_colour,
    "mix": draw_mix,
    "opposite": draw_opposite,
    "fictional": draw_fictional,
    "example": draw_example,
}
