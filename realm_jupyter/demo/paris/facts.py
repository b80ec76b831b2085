"""What paris knows of the world: 195 countries, colours, opposites, the calendar and numbers.

The countries are the 193 members of the United Nations and its two observers. Continents follow
the geoscheme of the United Nations (so Cyprus, Turkey and the Caucasus count as Asia, Egypt as
Africa, Russia as Europe). Languages are the ones in official or national use, the main ones first
and at most four of them. The table comes from general knowledge, checked by hand.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


def words(text: str) -> tuple[str, ...]:
    """Split a text at its spaces."""
    return tuple(text.split())


CONTINENTS = ("Africa", "Asia", "Europe", "North America", "South America", "Oceania")


@dataclass(frozen=True, slots=True)
class Country:
    """A country as it is named inside a sentence ("the Netherlands"), with what is known of it."""

    name: str
    capital: str
    continent: str
    currency: str
    languages: tuple[str, ...]
    aliases: tuple[str, ...] = ()

    @property
    def is_city_state(self) -> bool:
        """Whether the country and its capital carry one name."""
        return self.name == self.capital


def read_countries(path: Path) -> tuple[Country, ...]:
    """Read the table of countries.

    Parameters
    ----------
    path : Path
        Tab-separated with a header; languages parted by commas, other names by semicolons.

    Returns
    -------
    tuple of Country
        In alphabetical order.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(
            Country(
                row["country"],
                row["capital"],
                row["continent"],
                row["currency"],
                tuple(row["languages"].split(",")),
                tuple(row["aliases"].split(";")) if row["aliases"] else (),
            )
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        )


COUNTRIES = read_countries(Path(__file__).with_name("countries.tsv"))

# Asked for like countries; only their capitals are known.
OTHER_CAPITALS = {
    "England": "London",
    "Scotland": "Edinburgh",
    "Wales": "Cardiff",
    "Northern Ireland": "Belfast",
    "Taiwan": "Taipei",
    "Kosovo": "Pristina",
    "Greenland": "Nuuk",
}

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DAYS_IN_MONTH = dict(zip(MONTHS, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))
SEASONS = ("spring", "summer", "autumn", "winter")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORDINALS = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)

# How many of the first there are in the second: (plural, container, sentence's end).
AMOUNTS = (
    ("days", "a week", "7"),
    ("days", "a year", "365"),
    ("days", "a leap year", "366"),
    ("months", "a year", "12"),
    ("weeks", "a year", "52"),
    ("hours", "a day", "24"),
    ("minutes", "an hour", "60"),
    ("seconds", "a minute", "60"),
    ("seasons", "a year", "4"),
    ("years", "a decade", "10"),
    ("years", "a century", "100"),
    ("letters", "the alphabet", "26"),
)

COLOURS_OF_THINGS = {
    "the sky": "blue",
    "the sea": "blue",
    "a sapphire": "blue",
    "a blueberry": "blue",
    "grass": "green",
    "a leaf": "green",
    "a frog": "green",
    "a cucumber": "green",
    "an emerald": "green",
    "a pea": "green",
    "spinach": "green",
    "broccoli": "green",
    "snow": "white",
    "milk": "white",
    "a polar bear": "white",
    "a swan": "white",
    "salt": "white",
    "sugar": "white",
    "rice": "white",
    "coal": "black",
    "a raven": "black",
    "a crow": "black",
    "the night sky": "black",
    "a panther": "black",
    "a banana": "yellow",
    "a lemon": "yellow",
    "the sun": "yellow",
    "corn": "yellow",
    "a canary": "yellow",
    "mustard": "yellow",
    "a tomato": "red",
    "blood": "red",
    "a strawberry": "red",
    "a ruby": "red",
    "a cherry": "red",
    "ketchup": "red",
    "a fire engine": "red",
    "a stop sign": "red",
    "an orange": "orange",
    "a carrot": "orange",
    "a pumpkin": "orange",
    "an apricot": "orange",
    "chocolate": "brown",
    "coffee": "brown",
    "wood": "brown",
    "soil": "brown",
    "a chestnut": "brown",
    "an elephant": "grey",
    "ash": "grey",
    "a rain cloud": "grey",
    "a dolphin": "grey",
    "a flamingo": "pink",
    "a pig": "pink",
    "bubble gum": "pink",
    "a plum": "purple",
    "lavender": "purple",
    "an aubergine": "purple",
    "an amethyst": "purple",
}
COLOUR_MIXES = {
    ("blue", "yellow"): "green",
    ("red", "yellow"): "orange",
    ("red", "blue"): "purple",
    ("red", "white"): "pink",
    ("black", "white"): "grey",
    ("red", "green"): "brown",
}

# Each way round; no word has two opposites.
OPPOSITES = tuple(
    (pair.partition("/")[0], pair.partition("/")[2])
    for pair in words(
        """
    hot/cold big/small up/down left/right fast/slow good/bad happy/sad old/young day/night
    light/dark black/white yes/no open/closed early/late easy/difficult rich/poor strong/weak
    long/short high/low hard/soft wet/dry full/empty clean/dirty loud/quiet near/far first/last
    in/out on/off over/under above/below before/after inside/outside front/back top/bottom
    north/south east/west love/hate start/stop win/lose buy/sell give/take push/pull laugh/cry
    sit/stand come/go always/never everything/nothing everybody/nobody more/less many/few
    thick/thin wide/narrow deep/shallow sweet/sour sharp/blunt smooth/rough safe/dangerous
    true/false alive/dead brave/afraid kind/cruel polite/rude beautiful/ugly cheap/expensive
    simple/complicated same/different possible/impossible visible/invisible friend/enemy
    king/queen boy/girl man/woman father/mother brother/sister uncle/aunt son/daughter
    husband/wife summer/winter sunrise/sunset question/answer peace/war beginning/end
    success/failure truth/lie heaven/hell adult/child teacher/student arrive/leave
    remember/forget accept/refuse allow/forbid build/destroy lead/follow increase/decrease
    float/sink tight/loose ancient/modern public/private male/female guilty/innocent
    healthy/sick lucky/unlucky calm/nervous proud/ashamed generous/greedy lazy/busy
    wise/foolish awake/asleep maximum/minimum plus/minus add/subtract multiply/divide
    positive/negative entrance/exit artificial/natural permanent/temporary urban/rural
    victory/defeat attack/defend borrow/lend lock/unlock appear/disappear
    """
    )
)

SMALL_NUMBERS = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
TENS = words("twenty thirty forty fifty sixty seventy eighty ninety")
LARGEST_IN_WORDS = 199


def number_in_words(number: int) -> str:
    """Spell a number, -199 to 199, the way English does: "minus three", "forty-two".

    Parameters
    ----------
    number : int

    Returns
    -------
    str
    """
    if number < 0:
        return "minus " + number_in_words(-number)
    if number > LARGEST_IN_WORDS:
        raise ValueError(f"{number} is beyond the words that are known")
    hundred = 100
    if number >= hundred:
        rest = number - hundred
        return "one hundred" + (f" and {number_in_words(rest)}" if rest else "")
    if number < len(SMALL_NUMBERS):
        return SMALL_NUMBERS[number]
    tens, units = divmod(number, 10)
    return TENS[tens - 2] + (f"-{SMALL_NUMBERS[units]}" if units else "")
