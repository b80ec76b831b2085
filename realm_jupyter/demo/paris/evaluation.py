"""The held-out questions, how they are marked, and what the model answers at temperature 0."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from realm_jupyter.demo.paris import development, held_out, past_held_out, questions
from realm_jupyter.demo.paris.corpus import Turn
from realm_jupyter.demo.paris.facts import COUNTRIES
from realm_jupyter.demo.paris.noise import noisy
from realm_jupyter.demo.paris.phrasing import fill
from realm_jupyter.demo.paris.questions import DRAWS, TALK, Subject
from realm_jupyter.demo.paris.tokenizer import END_ID, encode_conversation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tokenizers import Tokenizer

    from realm_jupyter.demo.network import Network

MAX_ANSWER_TOKENS = 96
QUESTIONS_OF_KIND = 60
SEED = 20
EVERY_COUNTRY = ("capital", "country_of", "continent", "currency", "language")


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation that ends with a question, and every answer that counts as right.

    An accepted answer that ends with "..." is a beginning.
    """

    kind: str
    turns: tuple[Turn, ...]
    accepted: tuple[str, ...]

    def is_right(self, answer: str) -> bool:
        """Whether an answer, taken word for word, counts as right."""
        answer = answer.strip()
        return any(
            answer.startswith(text.removesuffix("...")) if text.endswith("...") else answer == text
            for text in self.accepted
        )


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Templates of one set, by kind; follow-ups and system prompts where it has them."""

    templates: Mapping[str, tuple[str, ...]]
    follow_ups: Mapping[str, tuple[str, ...]]
    short_prompts: tuple[str, ...] = ()
    long_prompts: tuple[str, ...] = ()


HELD_OUT = QuestionSet(
    held_out.HELD_OUT, held_out.FOLLOW_UPS, held_out.SHORT_PROMPTS, held_out.LONG_PROMPTS
)
FIRST_HELD_OUT = QuestionSet(
    past_held_out.FIRST_HELD_OUT,
    past_held_out.FIRST_FOLLOW_UPS,
    past_held_out.FIRST_SHORT_PROMPTS,
    past_held_out.FIRST_LONG_PROMPTS,
)
SECOND_HELD_OUT = QuestionSet(
    past_held_out.SECOND_HELD_OUT,
    past_held_out.SECOND_FOLLOW_UPS,
    past_held_out.SECOND_SHORT_PROMPTS,
    past_held_out.SECOND_LONG_PROMPTS,
)
THIRD_HELD_OUT = QuestionSet(
    past_held_out.THIRD_HELD_OUT,
    past_held_out.THIRD_FOLLOW_UPS,
    past_held_out.THIRD_SHORT_PROMPTS,
    past_held_out.THIRD_LONG_PROMPTS,
)
FOURTH_HELD_OUT = QuestionSet(
    past_held_out.FOURTH_HELD_OUT,
    past_held_out.FOURTH_FOLLOW_UPS,
    past_held_out.FOURTH_SHORT_PROMPTS,
    past_held_out.FOURTH_LONG_PROMPTS,
)
FIFTH_HELD_OUT = QuestionSet(
    past_held_out.FIFTH_HELD_OUT,
    past_held_out.FIFTH_FOLLOW_UPS,
    past_held_out.FIFTH_SHORT_PROMPTS,
    past_held_out.FIFTH_LONG_PROMPTS,
)
DEVELOPMENT = QuestionSet(development.DEVELOPMENT, {})


class Examiner:
    """Writes the questions of a set that is never trained on.

    Parameters
    ----------
    questions_of : QuestionSet
        ``HELD_OUT`` for the evaluation.
    seed : int
    """

    def __init__(self, questions_of: QuestionSet = HELD_OUT, seed: int = SEED) -> None:
        self.set = questions_of
        self.templates = questions_of.templates
        self.random = Random(seed)

    def questions(self) -> list[Question]:
        """Write all questions, kind after kind; the same seed gives the same ones."""
        asked: list[Question] = []
        for kind in self.templates:
            if kind in EVERY_COUNTRY:
                asked += self.of_every_country(kind, rounds=2 if kind == "capital" else 1)
            elif kind in TALK:
                asked += self.fixed(kind)
            elif kind == "unknown":
                asked += self.unknown()
            else:
                asked += [self.drawn(kind) for _ in range(QUESTIONS_OF_KIND)]
        asked += [self.typed_badly() for _ in range(2 * QUESTIONS_OF_KIND)]
        if self.set.follow_ups:
            asked += [self.and_of() for _ in range(2 * QUESTIONS_OF_KIND)]
            asked += [self.and_its() for _ in range(2 * QUESTIONS_OF_KIND)]
        for style, prompts in (("short", self.set.short_prompts), ("long", self.set.long_prompts)):
            if prompts:
                asked += [self.in_style(style, prompts) for _ in range(QUESTIONS_OF_KIND)]
        return asked

    def of_every_country(self, kind: str, rounds: int) -> list[Question]:
        """Ask one kind of every country, the phrasings taking turns."""
        asked = []
        templates = self.templates[kind]
        for place in range(rounds * len(COUNTRIES)):
            country = COUNTRIES[place % len(COUNTRIES)]
            subject = questions.about_country(kind, country, self.random)
            template = templates[(place + place // len(COUNTRIES)) % len(templates)]
            asked.append(self.question(kind, fill(template, subject.slots), subject))
        return asked

    def fixed(self, kind: str) -> list[Question]:
        """Ask the questions of a kind that has no slots."""
        accepted = tuple(reply.full for reply in TALK[kind][1])
        return [Question(kind, (Turn("user", text),), accepted) for text in self.templates[kind]]

    def unknown(self) -> list[Question]:
        """Ask what cannot be known; those about a country of three of them."""
        asked = []
        for template in self.templates["unknown"]:
            for _ in range(3 if "{" in template else 1):
                country = self.random.choice(COUNTRIES)
                text = fill(template, {"c": country.name, "k": country.capital})
                asked.append(Question("unknown", (Turn("user", text),), ("Sorry, I ...",)))
        return asked

    def drawn(self, kind: str) -> Question:
        """Draw a subject of a kind and ask for it."""
        subject = DRAWS[kind](self.random)
        return self.question(
            kind, fill(self.random.choice(self.templates[kind]), subject.slots), subject
        )

    def question(self, kind: str, text: str, subject: Subject) -> Question:
        """Ask without a system prompt: the answer is a sentence."""
        return Question(kind, (Turn("user", text),), accepted_answers(subject))

    def typed_badly(self) -> Question:
        """Ask for a capital with the slips of a careless hand."""
        subject = questions.about_country("capital", self.random.choice(COUNTRIES), self.random)
        text = fill(self.random.choice(self.templates["capital"]), subject.slots)
        return self.question("capital, typed badly", noisy(text, self.random), subject)

    def first_turns(self) -> tuple[Subject, tuple[Turn, ...]]:
        """Ask about a country and answer, as the beginning of a longer conversation."""
        kind = self.random.choice(("capital", "continent", "currency", "language"))
        subject = questions.about_country(kind, self.random.choice(COUNTRIES), self.random)
        text = fill(self.random.choice(self.templates[kind]), subject.slots)
        return subject, (Turn("user", text), Turn("assistant", subject.reply.full))

    def and_of(self) -> Question:
        """Ask the same of another country."""
        first, turns = self.first_turns()
        subject = questions.about_country(first.kind, self.random.choice(COUNTRIES), self.random)
        text = fill(self.random.choice(self.set.follow_ups["and_of"]), subject.slots)
        return Question(
            "follow-up, another country",
            (*turns, Turn("user", text)),
            accepted_answers(subject),
        )

    def and_its(self) -> Question:
        """Ask something else of the same country."""
        first, turns = self.first_turns()
        if first.country is None:
            raise ValueError("a question about a country has one")
        kind = self.random.choice(
            [
                kind
                for kind in ("capital", "continent", "currency", "language")
                if kind != first.kind
            ]
        )
        subject = questions.about_country(kind, first.country, self.random)
        text = self.random.choice(self.set.follow_ups[f"and_{kind}"])
        return Question(
            "follow-up, same country", (*turns, Turn("user", text)), accepted_answers(subject)
        )

    def in_style(self, style: str, prompts: Sequence[str]) -> Question:
        """Ask for a short or a long answer by the system prompt."""
        kind = self.random.choice(("capital", "continent", "currency", "language", "plus"))
        subject = DRAWS[kind](self.random)
        text = fill(self.random.choice(self.templates[kind]), subject.slots)
        return Question(
            f"system prompt asks for {style} answers",
            (Turn("system", self.random.choice(prompts)), Turn("user", text)),
            (subject.reply.of_style(style),),
        )


def accepted_answers(subject: Subject) -> tuple[str, ...]:
    """Return the sentence, and for sums that may be turned round also the turned one."""
    full = subject.reply.full
    if subject.kind in ("plus", "times"):
        first, second = subject.slots["a"], subject.slots["b"]
        result = full.split(" is ", 1)[1]
        turned = f"{second} {subject.kind} {first} is {result}"
        return full, turned[0].upper() + turned[1:]
    return (full,)


def answers(
    network: Network, tokenizer: Tokenizer, conversations: Iterable[Sequence[Turn]], rows: int = 48
) -> list[str]:
    """Answer conversations at temperature 0.

    Parameters
    ----------
    network : Network
    tokenizer : Tokenizer
    conversations : iterable of sequence of Turn
        Each ends with a question.
    rows : int
        How many are answered together.

    Returns
    -------
    list of str
    """
    prompts = [encode_conversation(tokenizer, turns, is_open=True)[0] for turns in conversations]
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    found = [""] * len(prompts)
    for first in range(0, len(order), rows):
        places = order[first : first + rows]
        completions = network.generate_greedy(
            [prompts[place] for place in places],
            max_tokens=MAX_ANSWER_TOKENS,
            stop_ids=(END_ID,),
        )
        for place, completion in zip(places, completions, strict=True):
            ended = completion[:-1] if completion and completion[-1] == END_ID else completion
            found[place] = tokenizer.decode(ended, skip_special_tokens=False)
    return found


def evaluate(network: Network, tokenizer: Tokenizer, asked: Sequence[Question]) -> dict[str, Any]:
    """Mark a model's answers.

    Parameters
    ----------
    network : Network
    tokenizer : Tokenizer
    asked : sequence of Question

    Returns
    -------
    dict
        ``right``, ``total``, ``kinds`` (kind to ``right`` and ``total``), ``mean_of_kinds`` and
        ``wrong`` (each with its kind, conversation, answer and what was expected).
    """
    found = answers(network, tokenizer, [question.turns for question in asked])
    kinds: dict[str, dict[str, int]] = defaultdict(lambda: {"right": 0, "total": 0})
    wrong = []
    for question, answer in zip(asked, found, strict=True):
        is_right = question.is_right(answer)
        kinds[question.kind]["total"] += 1
        kinds[question.kind]["right"] += is_right
        if not is_right:
            wrong.append(
                {
                    "kind": question.kind,
                    "question": " / ".join(turn.content for turn in question.turns),
                    "answer": answer.strip(),
                    "expected": question.accepted[0],
                }
            )
    shares = [marks["right"] / marks["total"] for marks in kinds.values()]
    return {
        "right": len(asked) - len(wrong),
        "total": len(asked),
        "mean_of_kinds": round(math.fsum(shares) / len(shares), 4),
        "kinds": dict(kinds),
        "wrong": wrong,
    }
