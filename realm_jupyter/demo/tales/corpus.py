"""Write the stories that the model learns from: endless, seeded, each one consistent in itself."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from realm_jupyter.demo.tales import words
from realm_jupyter.demo.tales.frame import (
    CHARACTER,
    ENDINGS,
    INTERLUDES,
    MORALS,
    POOLS,
    SETTING,
)
from realm_jupyter.demo.tales.grammar import expand, polish
from realm_jupyter.demo.tales.plots import PLOTS
from realm_jupyter.demo.tales.style import TRAINING_STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.demo.tales.plot import Plot
    from realm_jupyter.demo.tales.style import Style

Slots = dict[str, str]

_THINGS = tuple(
    "k fk tk E obj o food1 food2 home s1 s2 s3 plc he him his".split()  # noqa: SIM905
)

_PRONOUNS = {
    "she": ("she", "her", "her", "herself"),
    "he": ("he", "him", "his", "himself"),
}


def make_name(pronoun: str, random_source: random.Random, style: Style = TRAINING_STYLE) -> str:
    """Return a usual name or, as often as the style says, one that nobody ever had.

    Parameters
    ----------
    pronoun : {"she", "he"}
    random_source : random.Random
    style : Style

    Returns
    -------
    str

    Notes
    -----
    Invented names teach the model to repeat whatever name an opening uses.
    """
    if random_source.random() < 1.0 - style.invented_names:
        return random_source.choice(style.she_names if pronoun == "she" else style.he_names)
    name = random_source.choice(words.NAME_BEGINNINGS)
    middle = random_source.choice(words.NAME_MIDDLES)
    if name[-1] in "AEIOUaeiou":
        middle = random_source.choice(words.NAME_JOINTS) + middle
    name += middle
    ends = words.SHE_ENDINGS if pronoun == "she" else words.HE_ENDINGS
    if random_source.random() < 0.8:  # noqa: PLR2004
        end = random_source.choice(ends)
        vowels = "aeiouy"
        if name[-1] in vowels and end[0] in vowels:
            name += random_source.choice(words.NAME_JOINTS)
        name += end
    elif name[-1] in "aeiou":
        name += random_source.choice("bdkmnprstx")
    return name


def _pronoun_slots(prefix: str, pronoun: str) -> Slots:
    forms = ("he", "him", "his", "himself")
    return {prefix + form: word for form, word in zip(forms, _PRONOUNS[pronoun], strict=True)}


def make_cast(random_source: random.Random, style: Style = TRAINING_STYLE) -> Slots:
    """Draw everything that stays the same through a story: who, where and with what.

    Parameters
    ----------
    random_source : random.Random
    style : Style

    Returns
    -------
    dict of str to str
        Slots of the templates.
    """
    pick = random_source.choice
    slots: Slots = {name: "[" + "|".join(pool) + "]" for name, pool in POOLS.items()}
    pronoun = pick(("she", "he"))
    if random_source.random() < 0.7:  # noqa: PLR2004
        kind = pick(list(words.ANIMALS))
        home = words.ANIMALS[kind]
    else:
        kind = pick((*words.PEOPLE, "girl", "boy", "girl", "boy", "girl", "boy"))
        home = pick(words.PERSON_HOMES)
        pronoun = words.PEOPLE[kind] or pronoun
    trait = pick(words.TRAITS)
    is_coated = kind in words.ANIMALS and random_source.random() < 0.3  # noqa: PLR2004
    coat = " " + pick(words.COATS) if is_coated else ""
    slots |= _pronoun_slots("", pronoun)
    slots |= {
        "N": make_name(pronoun, random_source, style),
        "k": kind,
        "lk": f"{trait}{coat} {kind}",
        "home": home,
        "trait": pick(words.TRAITS),
    }
    friend_pronoun = pick(("she", "he"))
    friend_kind = pick([animal for animal in words.ANIMALS if animal != kind])
    if kind in words.PEOPLE and random_source.random() < 0.4:  # noqa: PLR2004
        friend_kind = "girl" if friend_pronoun == "she" else "boy"
    friend = make_name(friend_pronoun, random_source, style)
    while friend[: style.name_prefix] == slots["N"][: style.name_prefix]:
        friend = make_name(friend_pronoun, random_source, style)
    slots |= _pronoun_slots("f", friend_pronoun)
    slots |= {
        "F": friend,
        "fk": friend_kind,
        "tk": pick([animal for animal in words.ANIMALS if animal not in (kind, friend_kind)]),
    }
    elder = pick([elder for elder in words.ELDERS if elder not in (kind, friend_kind, slots["tk"])])
    elder_pronoun = pick(("she", "he"))
    if elder in words.SHE_ELDERS:
        elder_pronoun = "she"
    if elder in words.HE_ELDERS:
        elder_pronoun = "he"
    slots |= _pronoun_slots("e", elder_pronoun)
    slots["E"] = f"the {pick(words.ELDER_TRAITS)} {elder}"
    slots |= _place_slots(random_source)
    color = pick(words.COLORS)
    thing, other = random_source.sample(words.THINGS, 2)
    foods = random_source.sample(words.FOODS, 4)
    hobbies = random_source.sample(POOLS["hobby"], 2)
    slots |= {
        "obj": f"{color} {thing}",
        "o": thing,
        "c1": color,
        "color": pick([other_color for other_color in words.COLORS if other_color != color]),
        "o2": other,
        "food": foods[0],
        "food1": foods[1],
        "food2": foods[2],
        "food3": foods[3],
        "sound": pick(words.SOUNDS),
        "hobby": hobbies[0],
        "hobby2": hobbies[1],
    }
    return slots


def _place_slots(random_source: random.Random) -> Slots:
    """Draw a place and the three landmarks that the story visits, always the same three."""
    place = random_source.choice(list(words.PLACES))
    preposition, landmarks = words.PLACES[place]
    first, second, third, fourth, fifth = random_source.sample(landmarks.split("|"), 5)
    trait = random_source.choice(words.PLACE_TRAITS)
    described = f"a~ {trait} {place}" if random_source.random() < 0.6 else f"the {place}"  # noqa: PLR2004
    return {
        "at": f"{preposition} the {place}",
        "at_first": f"{preposition} {described}",
        "plc": f"the {place}",
        "pt": trait,
        "s1": first,
        "s2": second,
        "s3": third,
        "near": f"[near|by|close to] {fourth}",
        "near2": f"[near|by] {fifth}",
    }


def _draw_pools(plot: Plot, random_source: random.Random) -> Slots:
    """Draw the slots of one plot; ``{sound}`` and others inside them are filled later."""
    slots: Slots = {}
    for names, pool in plot.pools.items():
        keys = names.split()
        drawn = random_source.choice(pool)
        parts = drawn.split("/") if len(keys) > 1 else [drawn]
        slots |= dict(zip(keys, parts, strict=True))
    return slots


class Story(NamedTuple):
    """A story and who is in it.

    Parameters
    ----------
    text : str
        Paragraphs separated by an empty line.
    names : tuple of str
        Of the hero and of the friend.
    things : tuple of str
        What else stays the same through the story: kinds, the elder, places, objects, food and
        the pronouns of the hero.
    """

    text: str
    names: tuple[str, str]
    things: tuple[str, ...]


def write_story(seed: int, style: Style = TRAINING_STYLE) -> str:
    """Write the text of one story; see `make_story`."""
    return make_story(seed, style).text


def make_story(seed: int, style: Style = TRAINING_STYLE) -> Story:
    """Make one story.

    Parameters
    ----------
    seed : int
        The same seed always gives the same story of a style.
    style : Style

    Returns
    -------
    Story
    """
    random_source = random.Random(seed)
    slots = make_cast(random_source, style)
    plot = random_source.choice(PLOTS)
    slots |= _draw_pools(plot, random_source)

    def tell(template: str) -> str:
        return expand(template, slots, random_source)

    def pick(pool: Sequence[str]) -> str:
        """Choose among the templates that do not know a friend too early."""
        return random_source.choice(
            [item for item in pool if not (plot.is_friend_new and "{F}" in item)]
        )

    opening = pick(style.openings)
    first_place = dict(slots, at=slots["at_first"])
    beats = [expand(opening, first_place, random_source)]
    chosen = random_source.sample((CHARACTER, SETTING, CHARACTER), 2)
    beats += [tell(pick(pool)) for pool in chosen]
    beats = [beat for beat in dict.fromkeys(beats) if beat]
    paragraphs = [" ".join(beats)]
    interludes = list(INTERLUDES)
    for number, paragraph in enumerate(plot.paragraphs):
        told = [tell(random_source.choice(beat)) for beat in paragraph]
        if number > 0 and random_source.random() < 0.35:  # noqa: PLR2004
            interlude = interludes.pop(random_source.randrange(len(interludes)))
            told.insert(random_source.choice((0, len(told))), tell(interlude))
        paragraphs.append(" ".join(sentence for sentence in told if sentence))
    endings = []
    if random_source.random() < 0.7:  # noqa: PLR2004
        endings.append(tell(random_source.choice(MORALS[plot.moral])))
    if not endings or random_source.random() < 0.8:  # noqa: PLR2004
        endings.append(tell(random_source.choice(ENDINGS)))
    if random_source.random() < 0.5:  # noqa: PLR2004
        paragraphs[-1] += " " + " ".join(endings)
    else:
        paragraphs.append(" ".join(endings))
    if random_source.random() < 0.3:  # noqa: PLR2004 - short openings are usual in prompts
        paragraphs[:2] = [" ".join(paragraphs[:2])]
    text = "\n\n".join(polish(paragraph) for paragraph in paragraphs)
    things = [slots[name].removeprefix("the ") for name in _THINGS]
    # A pronoun opens sentences too.
    things += [form.capitalize() for form in (slots["he"], slots["his"])]
    return Story(text, (slots["N"], slots["F"]), tuple(dict.fromkeys(things)))
