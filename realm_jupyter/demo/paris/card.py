"""The model card of paris, written from its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "follow-up, another country": 'follow-up ("And if it were Italy?")',
    "follow-up, same country": 'follow-up ("And which currency do people have there?")',
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

The text is written by a program, `realm_jupyter.demo.paris.corpus`: endless conversations of one
to 24 questions from a seed. The phrasings (thousands, most of them put together from frames and
noun phrases) and the facts were written for this project, from general knowledge, and checked by
hand. Continents follow the geoscheme of the United Nations; languages are the official or national
ones, at most four. Questions are typed as people type: a third in lower case, a third without the
question mark, one in ten with a typo. The loss counts the tokens of the answers alone.

Run it again with `python -m realm_jupyter.demo.train paris`, then
`python -m realm_jupyter.demo.paris.report trained` for this card.

## Held-out evaluation

The phrasings of the evaluation were written before training and never occur in the training text:
the generator drops every question that matches one of them, and a test looks for them in generated
text. The facts themselves do occur, for they are what the model is to know. An answer is right only
if it is word for word the expected sentence (sums may be turned round; an admission must begin
with "Sorry, I"). Temperature 0, the shipped Q8_0 file:

**{right} of {total} right ({share:.1%}); mean over the kinds {mean_of_kinds:.1%}; \
capitals {capitals:.1%}.**

| Kind | Right | Of | |
|---|---:|---:|---:|
{table}

## Wrong answers

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
        **figures["training"],
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
        wrong="\n".join(
            f'- {KIND_NAMES[row["kind"]]}: "{row["question"]}" → "{row["answer"]}" '
            f'(expected "{row["expected"]}")'
            for row in marks["wrong"]
        )
        or "None.",
    )
