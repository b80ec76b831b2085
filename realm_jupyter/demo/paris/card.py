"""The model card of paris, written from its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.demo.paris import replies
from realm_jupyter.demo.paris.facts import COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KIND_NAMES = {
    "capital": "capital of a country (all 195, twice)",
    "country_of": "country of a capital (all 195)",
    "continent": "continent (all 195)",
    "currency": "currency (all 195)",
    "language": "languages (all 195; all of them must be named)",
    "about": "facts about a country",
    "is_capital": "yes or no: capital",
    "is_continent": "yes or no: continent",
    "is_language": "yes or no: language",
    "is_currency": "yes or no: currency",
    "plus": "addition",
    "minus": "subtraction",
    "times": "multiplication",
    "divided by": "division",
    "gain": "counting things gained",
    "loss": "counting things lost",
    "next": "what comes after",
    "previous": "what comes before",
    "today_tomorrow": "tomorrow",
    "today_yesterday": "yesterday",
    "month_days": "days of a month",
    "ordinal": "the third month, the first day ...",
    "amount": "hours of a day, days of a year ...",
    "list": "lists (days, months, seasons ...)",
    "colour": "colour of a thing",
    "mix": "mixed colours",
    "opposite": "opposites",
    "hello": "greeting",
    "how_are_you": "how are you",
    "thanks": "thanks",
    "goodbye": "goodbye",
    "who": "who are you",
    "name": "what is your name",
    "abilities": "what can you do",
    "size": "how big are you",
    "maker": "who made you",
    "unknown": "admits what it cannot know",
    "fictional": "admits not to know an invented country",
    "capital, typed badly": "capital, typed badly (typos, lower case, no question mark)",
    "follow-up, another country": 'follow-up ("What would the answer be for Italy?")',
    "follow-up, same country": 'follow-up ("Which money changes hands there?")',
    "system prompt asks for short answers": "a system prompt asks for short answers",
    "system prompt asks for long answers": "a system prompt asks for long answers",
}

CARD = """\
# paris

A tiny chat model that ships with Realm, so that the package talks the moment it is installed. It
was trained from scratch for this project; nothing of another model is in it.

| | |
|---|---|
| Architecture | `llama`: {layers} layers, E = {embedding_length}, {heads} query and {kv_heads} \
key/value heads of 32, SwiGLU {feed_forward_length}, tied embeddings |
| Weights | {parameters:,} |
| Vocabulary | {vocab_size} byte-level BPE tokens, pre-tokenizer `qwen2` (digits one by one) |
| Context | {context_length} tokens |
| File | `paris.gguf`, Q8_0, {megabytes:.1f} MB, SHA-256 `{sha256}` |
| Training | {steps:,} steps, {tokens:,} tokens, {minutes:.0f} minutes on one thread of a \
shared CPU |
| Licence | BSD-3-Clause, like the rest of the project; so is the training text |

## What it does

It answers short questions in English about the capitals, continents, currencies and languages of
195 countries, small sums, the calendar, colours and opposites; it greets, says what it is, and says
so when it is asked for something that it does not know. It follows the conversation
("And of Italy?", "What about its currency?"). A system prompt, or a wish in the question, that asks
for short or for long answers is followed: "Paris.", "The capital of France is Paris.", or two or
three sentences.

```
system     Answer in one word.
user       What is the capital of France?
assistant  Paris.
```

## Training text

The text is written by a program, `realm_jupyter.demo.paris.corpus`: endless conversations of one to
24 questions from a seed. The phrasings (thousands put together from frames and noun phrases, and as
many again drawn from small grammars) and the facts were written for this project, from general
knowledge, and checked by hand. Continents follow the geoscheme of the United Nations; languages are
the official or national ones, at most four. Questions are typed as people type: a third in lower
case, a third without the question mark, one in ten with a typo. What does not matter changes all
the time: a quarter of the questions stand among sentences put together from lists of words
("Before Greta sold our teapot, ..."), and in a fifth one to three words that carry no meaning are
replaced, left out or put in at random. The loss counts the tokens of the answers alone, the first
of each answer three times, for it decides what kind of answer follows.

## Training

```
pip install "realm-jupyter[train]"
python -m realm_jupyter.demo.train paris --out trained
python -m realm_jupyter.demo.paris.report trained
```

The last line writes this card. On one thread of a processor, from seed 0: Muon for the matrices of
the layers, AdamW for the embedding and the norms, a cosine over the time of a run. The shipped
weights came about in phases, while the text was being written:

{phases}

The minutes are those of a clock, on a processor that others used as well. The vocabulary is that of
the first text; a run keeps its own beside its checkpoint. The recipe trains on the present text
from the start, as long as all phases together, so a rerun gives a model of the same kind, not the
same numbers.

The logits of the exported files are those of the network times {sharpness:g} (the weight of the
last norm is multiplied by it). The text at temperature 0 stays the same; at the default temperature
of 0.8 five plain questions got their right answers under 200 seeds each, and a greeting still
varies.

## Held-out evaluation

The phrasings of the evaluation never occur in the training text: the generator drops every
question that matches one of them, and a test looks for them in generated text. The facts themselves
do occur, for they are what the model is to know. An answer is right only if it is word for word the
expected sentence (sums may be turned round; small talk has two or three answers, and any of them
counts; an admission must begin with "Sorry, I").

This is the sixth set of such phrasings. The first was marked after 70 minutes of training: 89.9%
of 3035 right, capitals 97.9%, mean over the kinds 86.0%. The second was marked after 116 minutes
(93.9% of 3092, capitals 86.4%) and after 124 (94.9%, capitals 92.6%, mean over the kinds 91.9%),
the third after 190 (90.0% of 3102, capitals 92.3%, mean over the kinds 88.5%), the fourth after 200
(90.9% of 3102, capitals 90.0%, mean over the kinds 86.2%). Each time the wrong answers showed where
the text had too few phrasings, so each of these sets became development questions (still never
trained on), the text was widened, a new set was written, and a phase of training began. After the
second, half of the text came to be drawn from grammars. After the fourth, whose wrong capitals were
answered with a needless "Yes," or "No,", what stands around a question came to be drawn from lists
of words. The fifth was marked after 266 (93.4% of 3112, capitals 93.1%, mean over the kinds 91.4%;
the weights of 200 minutes got 90.6%, 87.2% and 85.0% of it): of its 27 wrong capitals, 25 were
those of one phrasing ("I always score badly on capitals. Spain?"), nearly all answered with three
facts of the country. This set was written before the last phase, of six minutes, and marked once,
after it; nothing was changed afterwards. The weights of 266 minutes get 95.0% of it, 93.6% of its
capitals, and 91.4% as the mean over the kinds; those of 200 minutes 90.6%, 87.9% and 88.2%. In a
third of its sums the numbers are words, as in the fifth set; in those before, in one of seven. Sets
and training text were written by the same hand: a stranger's phrasings may fare worse.

Temperature 0, the shipped Q8_0 file:

**{right} of {total} right ({share:.1%}); mean over the kinds {mean_of_kinds:.1%}; \
capitals {capitals:.1%}.**

| Kind | Right | Of | |
|---|---:|---:|---:|
{table}

The aim was 95% of the capitals and 90% as the mean over the kinds: word for word {verdict}.
Every reply has three lengths, because system prompts ask for them. The right reply at any of its
lengths was given for {any_length:.1%} of the capitals.

## Wrong answers

Of the {wrong_capitals} wrong answers on capitals, {prefixed} are the expected sentence behind a
needless "Yes," or "No,", and {named} name the right city, but in a form that was not asked for:
most say more than one sentence.

{wrong}

## Limits

- It knows what is listed above and nothing else. It admits that for most questions, and not for
  all: one that looks like its own kinds may get a wrong answer in a confident sentence.
- Sums: addition and subtraction up to 20, multiplication up to 12 times 12 and the divisions that
  undo it. Larger ones it declines.
- Facts change; the table is of 2026. Some countries have more than one capital: it names one.
- English only. Not for decisions of any kind.
"""


def render_card(figures: Mapping[str, Any]) -> str:
    """Write the card.

    Parameters
    ----------
    figures : mapping
        What `report.measure` returned.

    Returns
    -------
    str
        Markdown.
    """
    marks = figures["held_out"]
    capitals = marks["kinds"]["capital"]
    return CARD.format(
        **{key: value for key, value in figures["model"].items() if key != "file_bytes"},
        **{key: value for key, value in figures["training"].items() if key != "phases"},
        phases=phases_table(figures["training"]["phases"]),
        megabytes=figures["model"]["file_bytes"] / 1e6,
        right=marks["right"],
        total=marks["total"],
        share=marks["right"] / marks["total"],
        mean_of_kinds=marks["mean_of_kinds"],
        capitals=capitals["right"] / capitals["total"],
        table="\n".join(
            f"| {KIND_NAMES[kind]} | {row['right']} | {row['total']} "
            f"| {row['right'] / row['total']:.0%} |"
            for kind, row in marks["kinds"].items()
        ),
        verdict=verdict(marks),
        any_length=right_at_any_length(marks) / capitals["total"],
        wrong_capitals=capitals["total"] - capitals["right"],
        prefixed=sum(
            row["answer"].lower().removeprefix("no, ").removeprefix("yes, ")
            == row["expected"].lower()
            for row in marks["wrong"]
            if row["kind"] == "capital"
        ),
        named=sum(
            row["expected"].removesuffix(".").split(" is ", 1)[1] in row["answer"]
            for row in marks["wrong"]
            if row["kind"] == "capital"
        ),
        wrong=wrong_answers(marks["wrong"]),
    )


AIM_CAPITALS, AIM_MEAN_OF_KINDS = 0.95, 0.9


def verdict(marks: Mapping[str, Any]) -> str:
    """Say whether the aim was reached: "reached", "not reached", or one of two."""
    capitals = marks["kinds"]["capital"]
    reached = (
        capitals["right"] / capitals["total"] >= AIM_CAPITALS,
        marks["mean_of_kinds"] >= AIM_MEAN_OF_KINDS,
    )
    if reached[0] == reached[1]:
        return "reached" if reached[0] else "not reached"
    return "reached for the capitals alone" if reached[0] else "reached for the mean alone"


def right_at_any_length(marks: Mapping[str, Any]) -> int:
    """Count the capitals answered rightly in a word, in a sentence or at length.

    Parameters
    ----------
    marks : mapping
        What `evaluation.evaluate` returned.

    Returns
    -------
    int
        Answers that are one of the three lengths of the right reply, as it stands.
    """
    lengths = {}
    for country in COUNTRIES:
        reply = replies.capital(country)
        lengths[reply.full] = (reply.short, reply.long)
    others = sum(
        row["answer"] in lengths.get(row["expected"], ())
        for row in marks["wrong"]
        if row["kind"] == "capital"
    )
    right: int = marks["kinds"]["capital"]["right"]
    return right + others


def phases_table(phases: Sequence[Mapping[str, Any]]) -> str:
    """Tell what each part of the training had: minutes, steps, highest rate and text."""
    rows = ["| Minutes | Steps | Rate | Text |", "|---|---|---|---|"]
    minutes, steps = 0.0, 0
    for phase in phases:
        rows.append(
            f"| {minutes:.0f} to {phase['minutes']:.0f} | {steps:,} to {phase['steps']:,} "
            f"| {phase['rate']} | {phase['text']} |"
        )
        minutes, steps = phase["minutes"], phase["steps"]
    return "\n".join(rows)


def wrong_answers(wrong: Sequence[Mapping[str, str]]) -> str:
    """List the wrong answers under their kinds."""
    if not wrong:
        return "None."
    kinds: dict[str, list[str]] = {}
    for row in wrong:
        line = f"- {row['question']} → {row['answer']}"
        if not row["expected"].endswith("..."):
            line += f" (not: {row['expected']})"
        kinds.setdefault(row["kind"], []).append(line)
    return "\n\n".join(
        f"**{KIND_NAMES[kind]}**\n\n" + "\n".join(lines) for kind, lines in kinds.items()
    )
