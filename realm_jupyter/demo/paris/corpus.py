"""The training text: endless conversations from a seed, none of them a held-out question."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from realm_jupyter.demo.paris import country_phrasing as country
from realm_jupyter.demo.paris import (
    development,
    held_out,
    past_held_out,
    questions,
    style,
    wordings,
)
from realm_jupyter.demo.paris import everyday_phrasing as everyday
from realm_jupyter.demo.paris import unknown_phrasing as unknowns
from realm_jupyter.demo.paris.facts import COUNTRIES, words
from realm_jupyter.demo.paris.filler import LEADS, SENTENCES
from realm_jupyter.demo.paris.follow_up_wordings import AND_ATTRIBUTE as AND_WORDINGS
from realm_jupyter.demo.paris.follow_up_wordings import AND_OF as AND_OF_GRAMMARS
from realm_jupyter.demo.paris.frames import AFTERWARDS, CONTEXTS, draw
from realm_jupyter.demo.paris.noise import noisy
from realm_jupyter.demo.paris.phrasing import (
    CLOSERS,
    OPENERS,
    as_pattern,
    chance,
    fill,
    first_upper,
    normalized,
)
from realm_jupyter.demo.paris.questions import DRAWS, TALK, Subject
from realm_jupyter.demo.paris.replies import Reply
from realm_jupyter.demo.paris.talk_wordings import LONG_PROMPTS, SHORT_PROMPTS
from realm_jupyter.demo.paris.word_noise import disturbed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Turn(NamedTuple):
    """One message; the role is "system", "user" or "assistant"."""

    role: str
    content: str


TRAINING: dict[str, tuple[str, ...]] = {
    "capital": country.CAPITAL,
    "country_of": country.COUNTRY_OF,
    "continent": country.CONTINENT,
    "currency": country.CURRENCY,
    "language": country.LANGUAGE,
    "about": country.ABOUT,
    "is_capital": country.IS_CAPITAL,
    "is_continent": country.IS_CONTINENT,
    "is_language": country.IS_LANGUAGE,
    "is_currency": country.IS_CURRENCY,
    "gain": everyday.GAINS,
    "loss": everyday.LOSSES,
    "next": everyday.NEXT,
    "previous": everyday.PREVIOUS,
    "today_tomorrow": everyday.TODAY_TOMORROW,
    "today_yesterday": everyday.TODAY_YESTERDAY,
    "month_days": everyday.MONTH_DAYS,
    "ordinal": everyday.ORDINAL,
    "amount": everyday.AMOUNT,
    "list": everyday.LIST,
    "colour": everyday.COLOUR,
    "mix": everyday.MIX,
    "opposite": everyday.OPPOSITE,
    "fictional": unknowns.FICTIONAL_QUESTIONS,
    "example": country.EXAMPLE,
}
SUMS = ("plus", "minus", "times", "divided by")

# How often a new question is of each kind.
WEIGHTS: dict[str, float] = {
    "capital": 22,
    "country_of": 9,
    "continent": 9,
    "currency": 11,
    "language": 10,
    "about": 4.5,
    "is_capital": 4,
    "is_continent": 1.6,
    "is_language": 1.6,
    "is_currency": 1.6,
    "plus": 7,
    "minus": 7,
    "times": 5,
    "divided by": 2,
    "too_big": 1.5,
    "gain": 1,
    "loss": 1,
    "next": 3,
    "previous": 3,
    "today_tomorrow": 0.6,
    "today_yesterday": 0.6,
    "month_days": 1.5,
    "ordinal": 1.5,
    "amount": 1.2,
    "list": 0.8,
    "colour": 3,
    "mix": 1.5,
    "opposite": 5,
    "fictional": 2.5,
    "example": 0.8,
    "city": 1.2,
    "unknown": 11,
    "my_name": 0.8,
    "ask_name": 0.4,
    **dict.fromkeys(questions.SMALL_TALK, 0.8),
    **dict.fromkeys(questions.IDENTITY_KINDS, 0.5),
    "who": 1.2,
    "hello": 1.5,
}

# The same once the capitals sit: then sums, sequences and opposites need more repetition.
LATER_WEIGHTS: dict[str, float] = {
    **WEIGHTS,
    "capital": 34,
    "country_of": 13,
    "continent": 7,
    "currency": 11,
    "language": 9,
    "about": 7,
    "is_capital": 13,
    "is_continent": 11,
    "is_language": 13,
    "is_currency": 13,
    "plus": 18,
    "minus": 19,
    "times": 15,
    "divided by": 7,
    "gain": 14,
    "loss": 13,
    "next": 9,
    "previous": 10,
    "today_tomorrow": 2,
    "today_yesterday": 2,
    "opposite": 9,
    "fictional": 6,
    "city": 1.5,
    "unknown": 17,
    "colour": 6,
    "mix": 7,
    "month_days": 2,
    "ordinal": 2,
    "amount": 4,
    "my_name": 2,
    "ask_name": 1,
    **dict.fromkeys(questions.SMALL_TALK, 2),
    **dict.fromkeys(("who", "name", "abilities", "size", "maker"), 2),
    "hello": 3,
}

# What starts a question in lower case behind "Hello, ...".
FUNCTION_WORDS = frozenset(
    words(
        "What Which Who Where When How Why Can Could Would Do Does Is Are Tell Name Please In On "
        "Of Give May Say The Let My Explain Calculate Add"
    )
)

DROPPABLE = re.compile(r"\b(?:the|a|an|of|that|me|please|do|does|there|to|it|just|is) ")
DROPPED_WORD_SHARE = 0.05
# How much of the text is drawn from grammars instead of lists.
GRAMMAR_SHARE = 0.6
PROMPT_GRAMMAR_SHARE = 0.65
# How many questions have words at random in them, and how many have talk around them.
DISTURBED_SHARE = 0.22
TALK_AROUND_SHARE = 0.25
# Questions in which every small word may matter are not disturbed; claims only get words put in.
UNDISTURBED = frozenset(("gain", "loss", "about", "example", "today_tomorrow", "today_yesterday"))


class HeldOutFilter:
    """Finds held-out phrasings in a text.

    Parameters
    ----------
    templates : iterable of str
    """

    def __init__(self, templates: Iterable[str]) -> None:
        found: list[tuple[frozenset[str], tuple[str, re.Pattern[str]]]] = []
        for template in templates:
            parts = [normalized(part) for part in template.replace("}", "{").split("{")[::2]]
            # The longest fixed part is looked for first: a search costs a hundred times more.
            found.append((whole_words(parts), (max(parts, key=len), as_pattern(template))))
        # Most texts lack the rarest word of a template, and so need not be looked through for it.
        counts = Counter(chain.from_iterable(fixed for fixed, _ in found))
        self.by_word: dict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
        for fixed, pattern in found:
            self.by_word[min(fixed, key=lambda word: (counts[word], word), default="")].append(
                pattern
            )

    def matches(self, text: str) -> bool:
        """Whether a filling of a held-out template occurs in the text, however it is spelled."""
        plain = normalized(text)
        return any(
            part in plain and pattern.search(plain)
            for word in {"", *plain.split()}
            for part, pattern in self.by_word.get(word, ())
        )


def whole_words(parts: Sequence[str]) -> frozenset[str]:
    """Collect the words of a template's fixed parts that no slot touches."""
    found: set[str] = set()
    for place, part in enumerate(parts):
        fixed = part.split()
        found.update(fixed[place > 0 : len(fixed) - (place < len(parts) - 1)])
    return frozenset(found)


HELD_OUT_FILTER = HeldOutFilter(
    {
        *chain.from_iterable(held_out.HELD_OUT.values()),
        *chain.from_iterable(held_out.FOLLOW_UPS.values()),
        *held_out.SHORT_PROMPTS,
        *held_out.LONG_PROMPTS,
        *chain.from_iterable(development.DEVELOPMENT.values()),
        *chain.from_iterable(past_held_out.FIRST_HELD_OUT.values()),
        *chain.from_iterable(past_held_out.FIRST_FOLLOW_UPS.values()),
        *past_held_out.FIRST_SHORT_PROMPTS,
        *past_held_out.FIRST_LONG_PROMPTS,
        *chain.from_iterable(past_held_out.SECOND_HELD_OUT.values()),
        *chain.from_iterable(past_held_out.SECOND_FOLLOW_UPS.values()),
        *past_held_out.SECOND_SHORT_PROMPTS,
        *past_held_out.SECOND_LONG_PROMPTS,
        *chain.from_iterable(past_held_out.THIRD_HELD_OUT.values()),
        *chain.from_iterable(past_held_out.THIRD_FOLLOW_UPS.values()),
        *past_held_out.THIRD_SHORT_PROMPTS,
        *past_held_out.THIRD_LONG_PROMPTS,
        *chain.from_iterable(past_held_out.FOURTH_HELD_OUT.values()),
        *chain.from_iterable(past_held_out.FOURTH_FOLLOW_UPS.values()),
        *past_held_out.FOURTH_SHORT_PROMPTS,
        *past_held_out.FOURTH_LONG_PROMPTS,
        *chain.from_iterable(past_held_out.FIFTH_HELD_OUT.values()),
        *chain.from_iterable(past_held_out.FIFTH_FOLLOW_UPS.values()),
        *past_held_out.FIFTH_SHORT_PROMPTS,
        *past_held_out.FIFTH_LONG_PROMPTS,
    }
)


@dataclass(slots=True)
class State:
    """What a conversation has come to: the last subject asked for, and the name of the person."""

    style: str = "full"
    last: Subject | None = None
    last_reply: Reply | None = None
    name: str | None = None


COUNTRY_KINDS = ("capital", "continent", "currency", "language", "about")
AND_ATTRIBUTE = {
    "capital": country.AND_CAPITAL,
    "continent": country.AND_CONTINENT,
    "currency": country.AND_CURRENCY,
    "language": country.AND_LANGUAGE,
    "about": country.AND_ABOUT,
}
SURE = (
    "Are you sure?",
    "Are you sure about that?",
    "Really?",
    "Is that right?",
    "Is that true?",
    "Is this correct?",
    "Sure?",
    "Do you really know that?",
)
AGAIN = (
    "Can you repeat that?",
    "Please repeat that.",
    "What did you say?",
    "Say that again.",
    "Once more, please.",
    "Again, please.",
    "Pardon?",
    "Sorry, what?",
)


class Writer:
    """Writes conversations from one stream of random numbers.

    Parameters
    ----------
    seed : int or str
        The same seed gives the same conversations.
    weights : mapping of str to float, optional
        How often a new question is of each kind.
    """

    def __init__(self, seed: int | str, weights: Mapping[str, float] = WEIGHTS) -> None:
        self.random = Random(seed)
        self.kinds = tuple(weights)
        self.kind_weights = tuple(weights.values())

    def conversations(self, count: int) -> Iterator[list[Turn]]:
        """Write ``count`` conversations."""
        for _ in range(count):
            yield self.conversation()

    def conversation(self) -> list[Turn]:
        """Write one conversation: perhaps a system prompt, then questions with their answers."""
        random = self.random
        state = State()
        turns: list[Turn] = []
        system = self.system_prompt(state)
        if system:
            turns.append(Turn("system", system))
        for place in range(self.length()):
            question, reply = self.exchange(state, is_first=place == 0)
            asked = state.style
            if asked == "full" and chance(random, 0.06):
                question, asked = self.with_request(question)
            if chance(random, DROPPED_WORD_SHARE):
                question = self.without_a_word(question)
            typed = noisy(question, random)
            turns += (Turn("user", typed), Turn("assistant", reply.of_style(asked)))
            state.last_reply = reply
        return turns

    def length(self) -> int:
        """Draw the number of questions: mostly few."""
        kind = self.random.random()
        if kind < 0.5:  # noqa: PLR2004
            return 1
        if kind < 0.86:  # noqa: PLR2004
            return self.random.randint(2, 4)
        if kind < 0.97:  # noqa: PLR2004
            return self.random.randint(5, 10)
        return self.random.randint(11, 24)

    def system_prompt(self, state: State) -> str:
        """Draw a system prompt, or none, and set the length of answers by it."""
        random = self.random
        kind = random.random()
        if kind < 0.54:  # noqa: PLR2004
            return ""
        neutral = random.choice(style.NEUTRAL)
        if kind < 0.62:  # noqa: PLR2004
            prompt = neutral
        else:
            state.style, prompts, grammars = (
                ("short", style.SHORT, SHORT_PROMPTS)
                if kind < 0.82  # noqa: PLR2004
                else ("long", style.LONG, LONG_PROMPTS)
            )
            prompt = random.choice(prompts)
            if chance(random, PROMPT_GRAMMAR_SHARE):
                prompt = draw(random.choice(grammars), random)
            if chance(random, 0.3) and "sentence" not in neutral:
                prompt = f"{neutral} {prompt}"
            elif chance(random, 0.15):
                prompt = f"{first_upper(draw(random.choice(SENTENCES), random))} {prompt}"
            elif chance(random, 0.1):
                prompt = f"{prompt} {random.choice(prompts)}"
        if HELD_OUT_FILTER.matches(prompt):
            return self.system_prompt(state)
        return noisy(prompt, random) if chance(random, 0.5) else prompt

    def with_request(self, question: str) -> tuple[str, str]:
        """Add a wish for a length to a question; return both."""
        random = self.random
        asked, requests = random.choices(
            (
                ("short", style.SHORT_REQUESTS),
                ("long", style.LONG_REQUESTS),
                ("full", style.FULL_REQUESTS),
            ),
            (5, 3, 1),
        )[0]
        request = random.choice(requests)
        if chance(random, 0.2):
            wished = f"{request} {first_upper(question)}"
        else:
            wished = (
                f"{question if question.endswith(('.', '?', '!')) else question + '.'} {request}"
            )
        return (question, "full") if HELD_OUT_FILTER.matches(wished) else (wished, asked)

    def without_a_word(self, question: str) -> str:
        """Leave out a word that carries no meaning, as people do in haste."""
        places = [match.span() for match in DROPPABLE.finditer(question)]
        if not places:
            return question
        first, last = self.random.choice(places)
        shorter = question[:first] + question[last:]
        return question if HELD_OUT_FILTER.matches(shorter) else shorter

    def exchange(self, state: State, *, is_first: bool) -> tuple[str, Reply]:
        """Write a question that is not held out, and its answer."""
        while True:
            drawn = None if is_first else self.follow_up(state)
            subject: Subject | None
            if drawn is not None:
                question, reply, subject = drawn
            else:
                question, reply, subject = self.new_question(state)
                if subject.kind not in TALK and subject.kind not in ("my_name", "ask_name"):
                    question = self.decorated(question)
            if not HELD_OUT_FILTER.matches(question):
                if subject is not None:
                    state.last = subject
                return question, reply

    def new_question(self, state: State) -> tuple[str, Reply, Subject]:
        """Draw a question that stands by itself."""
        random = self.random
        kind = random.choices(self.kinds, self.kind_weights)[0]
        if kind in TALK:
            question, subject = questions.draw_talk(kind, random)
            return question, subject.reply, subject
        if kind == "unknown":
            question, subject = questions.draw_unknown(random)
            if chance(random, DISTURBED_SHARE):
                question = disturbed(question, random)
            return question, subject.reply, subject
        if kind == "city":
            slots = {"k": random.choice(unknowns.CITIES)}
            phrasings = unknowns.CITY_QUESTIONS if chance(random, 0.5) else TRAINING["country_of"]
            question = fill(random.choice(phrasings), slots)
            subject = Subject(kind, slots, unknowns.UNKNOWN_CITY)
            return question, subject.reply, subject
        if kind == "my_name":
            state.name = questions.draw_name(random)
            reply = questions.greeting_of(state.name)
            subject = Subject(kind, {}, reply)
            return fill(random.choice(everyday.MY_NAME), {"p": state.name}), reply, subject
        if kind == "ask_name":
            reply = questions.name_of(state.name) if state.name else questions.UNKNOWN_NAME
            return random.choice(everyday.ASK_NAME), reply, Subject(kind, {}, reply)
        subject = DRAWS[kind](random)
        return self.phrased(subject), subject.reply, subject

    def filled(self, kind: str, template: str, slots: Mapping[str, str]) -> str:
        """Fill a template in which some words may have been changed."""
        if kind not in UNDISTURBED and chance(self.random, DISTURBED_SHARE):
            template = disturbed(template, self.random, is_gentle=kind in wordings.CLAIMS)
        return fill(template, slots)

    def phrased(self, subject: Subject) -> str:
        """Ask for a subject in one of the training phrasings."""
        random = self.random
        operation = subject.extra.get("operation", subject.kind)
        if operation in SUMS:
            return self.phrased_sum(subject, operation)
        kind = subject.kind
        if kind == "fictional" and chance(random, 0.7):
            # Only the name tells that the country is not there.
            kind = random.choice(COUNTRY_KINDS)
        if chance(random, GRAMMAR_SHARE):
            if kind in wordings.CLAIMS:
                return self.filled(kind, wordings.claim_template(kind, random), subject.slots)
            if kind in wordings.WORDINGS:
                template = wordings.WORDINGS[kind].template(random)
                return self.filled(kind, template, subject.slots)
        templates = TRAINING[kind]
        template = random.choice(templates)
        if subject.kind == "country_of" and subject.country and subject.country.is_city_state:
            # "Where is Singapore?" asks for the country, not for its capital.
            while "capital" not in template:
                template = random.choice(templates)
        return self.filled(kind, template, subject.slots)

    def phrased_sum(self, subject: Subject, operation: str) -> str:
        """Ask for a sum."""
        random = self.random
        expression = fill(random.choice(everyday.EXPRESSIONS[operation]), subject.slots)
        slots = {**subject.slots, "np": expression}
        if chance(random, GRAMMAR_SHARE):
            return self.filled(operation, wordings.sum_template(operation, random), slots)
        sentences = everyday.SUM_SENTENCES[operation]
        return self.filled(operation, random.choice((*everyday.SUM_FRAMES, *sentences)), slots)

    def decorated(self, question: str) -> str:
        """Put a greeting before a question, or a reason behind it, now and then."""
        random = self.random
        if chance(random, TALK_AROUND_SHARE):
            return self.with_talk_around(question)
        if chance(random, 0.2):
            opener = random.choice(OPENERS)
            if chance(random, GRAMMAR_SHARE):
                opener = draw(random.choice(CONTEXTS), random)
            first = question.split(" ", 1)[0]
            if opener[-1] not in ".!" and first in FUNCTION_WORDS:
                question = question[0].lower() + question[1:]
            question = f"{opener} {question}"
        if chance(random, 0.08):
            if question[-1] not in ".?!":
                question += random.choice((".", "?"))
            closer = random.choice(CLOSERS)
            if chance(random, GRAMMAR_SHARE):
                closer = draw(random.choice(AFTERWARDS), random)
            question = f"{question} {closer}"
        elif chance(random, 0.05) and question[-1] in ".?":
            question = f"{question[:-1]}, please{question[-1]}"
        return question

    def with_talk_around(self, question: str) -> str:
        """Put everyday talk before a question, now and then behind it; see `filler`."""
        random = self.random
        behind = chance(random, 0.15)
        talk = first_upper(draw(random.choice(SENTENCES), random))
        if behind:
            end = "" if question[-1] in ".?!" else random.choice(".?")
            return f"{question}{end} {talk}"
        if chance(random, 0.6):
            talk = first_upper(draw(random.choice(LEADS), random))
            first = question.split(" ", 1)[0]
            if first in FUNCTION_WORDS or (chance(random, 0.3) and first.islower()):
                question = question[0].lower() + question[1:]
        return f"{talk} {question}"

    def follow_up(self, state: State) -> tuple[str, Reply, Subject | None] | None:
        """Draw a question that leans on the one before, or None for a new one."""
        random = self.random
        last = state.last
        if last is None or chance(random, 0.35):
            return None
        if chance(random, 0.06):
            return self.second_thought(state)
        if state.name and chance(random, 0.1):
            return random.choice(everyday.ASK_NAME), questions.name_of(state.name), None
        if last.country is not None:
            return self.country_follow_up(last)
        return self.everyday_follow_up(last)

    def second_thought(self, state: State) -> tuple[str, Reply, Subject | None] | None:
        """Doubt the last answer, or ask for it again."""
        random = self.random
        reply = state.last_reply
        if reply is None:
            return None
        if chance(random, 0.5):
            return random.choice(AGAIN), reply, None
        if reply.full.startswith(("Sorry", "Yes", "No")):
            return None
        if state.last is None or state.last.kind not in (*COUNTRY_KINDS, "country_of"):
            return None
        full = f"Yes, I am sure. {reply.full}"
        return random.choice(SURE), Reply("Yes.", full, full), None

    def country_follow_up(self, last: Subject) -> tuple[str, Reply, Subject | None] | None:
        """Ask the same of another country, or something else of the same."""
        random = self.random
        if last.country is None:
            return None
        if last.kind == "country_of" and chance(random, 0.6):
            other = random.choice(COUNTRIES)
            if other.is_city_state:
                return None
            subject = questions.about_country("country_of", other, random)
            return fill(random.choice(country.AND_CITY), subject.slots), subject.reply, subject
        kind = last.kind if last.kind in COUNTRY_KINDS else ""
        if kind and chance(random, 0.5):
            subject = questions.about_country(kind, random.choice(COUNTRIES), random)
            template = random.choice(country.AND_OF)
            if chance(random, GRAMMAR_SHARE):
                template = draw(random.choice(AND_OF_GRAMMARS), random)
            return self.filled(kind, template, subject.slots), subject.reply, subject
        kind = random.choice([other for other in COUNTRY_KINDS if other != kind])
        subject = questions.about_country(kind, last.country, random)
        question = random.choice(AND_ATTRIBUTE[kind])
        if kind in AND_WORDINGS and chance(random, GRAMMAR_SHARE):
            question = AND_WORDINGS[kind].template(random)
        return self.filled(kind, question, {}), subject.reply, subject

    def everyday_follow_up(self, last: Subject) -> tuple[str, Reply, Subject | None] | None:
        """Ask for another sum, day, colour or opposite in few words."""
        random = self.random
        if last.kind in SUMS:
            subject = DRAWS[random.choice(SUMS)](random)
            expression = fill(random.choice(everyday.EXPRESSIONS[subject.kind]), subject.slots)
            question = fill(random.choice(everyday.AND_SUM), {"np": expression})
            return question, subject.reply, subject
        if last.kind in ("next", "previous"):
            subject = questions.neighbour(last.kind, last.extra["unit"], random)
            phrasings = everyday.AND_NEXT if last.kind == "next" else everyday.AND_PREVIOUS
            template = random.choice(phrasings)
            if "{" not in template:
                return None
            return fill(template, subject.slots), subject.reply, subject
        if last.kind in ("colour", "opposite", "month_days"):
            subject = DRAWS[last.kind](random)
            return fill(random.choice(everyday.AND_THING), subject.slots), subject.reply, subject
        return None
