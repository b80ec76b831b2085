"""Questions with a word too many, too few or another one, so that the words that matter count.

Whoever asks puts in words that no text has foreseen. What a question is about does not hang on
them: here words that carry no meaning are replaced, left out and put in at random.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.facts import COLOURS_OF_THINGS, OPPOSITES, words
from realm_jupyter.demo.paris.filler import (
    ADJECTIVES,
    ADVERBS,
    DID,
    NOUNS,
    PEOPLE,
    SYLLABLES,
)
from realm_jupyter.demo.paris.phrasing import chance

if TYPE_CHECKING:
    from random import Random

# Words that tell one kind of question from another: noise leaves them alone.
MEANING = frozenset(
    words("""
    capital capitals city cities town towns seat government parliament president country country's
    countries nation nation's state land whose continent continents part region corner world globe
    earth map maps where located lie lies situated found find currency currencies money cash pay
    pays paid spend coin coins bills prices wallet purse salaries wages taxes language languages
    speak speaks speaking spoken talk talks tongue hear
    plus minus times add adding added sum total subtract subtracting take away deduct remove less
    reduced without difference multiply multiplying multiplied product divide dividing divided split
    shared over quotient by to and from with into of
    after before follow follows following precede precedes preceding next previous behind front
    ahead succeeds tomorrow yesterday day days month months letter letters number year week season
    seasons alphabet heels first second third last how many much long length
    colour color colours paint painted draw mix mixed mixes mixing blend combine make makes give
    gives opposite opposed contrary antonym reverse meaning not never no nor whether or if
    it its that there this same true right correct false wrong yes is are was does do did
    list name all member
    """)
)
FUNCTION = words("""
the a an my your our some any every each such so too very just only also even about around near
please now then here once again up down out off well really actually exactly simply maybe perhaps
could would should might must may will shall have has had be been being get got gets go goes going
want wants need needs like likes think thinks say says said tell tells told ask asks asked see saw
know knows knew show shows showed hope guess wonder bet swear claim mean means
""")
_PLAIN = re.compile(r"[A-Za-z']+")
MOST_CHANGES = 3
_KEPT = frozenset(
    word.lower()
    for text in (*COLOURS_OF_THINGS, *(w for pair in OPPOSITES for w in pair))
    for word in text.split()
)
RANDOM_WORDS = tuple(
    word
    for word in (*NOUNS, *ADJECTIVES, *PEOPLE, *DID, *ADVERBS, *FUNCTION, *FUNCTION)
    if word.lower() not in MEANING | _KEPT
)


def any_word(random: Random) -> str:
    """Draw a word, one in five of them made up."""
    if chance(random, 0.2):
        return "".join(random.choices(SYLLABLES, k=random.randint(1, 3)))
    return random.choice(RANDOM_WORDS)


def disturbed(template: str, random: Random, *, is_gentle: bool = False) -> str:
    """Replace, leave out or put in one to three words that carry no meaning.

    Parameters
    ----------
    template : str
        Its slots stay as they are.
    random : Random
    is_gentle : bool
        Only put words in, for questions where the small words matter.

    Returns
    -------
    str
    """
    parts = template.split(" ")
    for _ in range(random.randint(1, MOST_CHANGES)):
        deed = "in" if is_gentle else random.choice(("in", "out", "other", "other"))
        if deed == "in":
            parts.insert(random.randint(0, len(parts) - 1), any_word(random))
            continue
        places = [
            place
            for place, part in enumerate(parts)
            if "{" not in part
            and (found := _PLAIN.search(part))
            and found[0].lower().removesuffix("'s") not in MEANING
        ]
        if not places:
            continue
        place = random.choice(places)
        if deed == "other":
            parts[place] = _PLAIN.sub(any_word(random), parts[place], count=1)
        else:
            parts[place] = _PLAIN.sub("", parts[place], count=1)
    if len("".join(parts)) < len(template) // 2:
        return template
    text = re.sub(r"^[\s,.:;?!-]+", "", " ".join(" ".join(parts).split()))
    return re.sub(r"\s+([,.?!:;])", r"\1", text) or template
