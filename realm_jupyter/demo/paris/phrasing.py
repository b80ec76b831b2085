"""Ways to ask, as the training text has them; the ones kept apart are in held_out.

A template is a string with slots such as ``{c}``. A slot whose name begins with a capital letter
takes its value with a capital first letter, and a slot that ends in ``s_`` takes it as an owner
("France's").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.replies import possessive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

SLOT = re.compile(r"\{(\w+)\}")

# Around a thing that has one answer: "the capital of France", "3 plus 4".
AROUND = """
What is {np}?
What's {np}?
What is {np}?
What's {np}?
What is {np}
Tell me {np}.
Please tell me {np}.
Tell me what {np} is.
Please tell me what {np} is.
Tell me, what is {np}?
Can you tell me {np}?
Can you tell me what {np} is?
Could you tell me {np}?
Could you tell me what {np} is?
Could you please tell me what {np} is?
Would you tell me what {np} is?
Do you know {np}?
Do you know what {np} is?
Do you happen to know {np}?
Do you happen to know what {np} is?
Name {np}.
Please name {np}.
Can you name {np}?
Can you give me {np}?
Could you give me {np}?
Give me {np}.
Please give me {np}.
I want to know {np}.
I want to know what {np} is.
I would like to know {np}.
I'd like to know what {np} is.
I need to know {np}.
I need to know what {np} is.
I wonder what {np} is.
I am looking for {np}.
I forgot {np}.
I forgot what {np} is.
I have forgotten {np}.
I never remember {np}.
I can never remember {np}.
I always forget {np}.
I always mix up {np}.
I should know {np}.
I have no idea of {np}.
I am asked for {np}.
I was asked about {np}.
My teacher wants to know {np}.
My brother asks about {np}.
They asked me for {np}.
We are looking for {np}.
Please find {np}.
Please give an answer: {np}?
Please state {np}.
State {np}.
Show me {np}.
Look up {np}.
Would you kindly give me {np}?
I hope you know {np}.
Surely you know {np}.
You know {np}, right?
Let me hear {np}.
I want to learn {np}.
I want you to name {np}.
It is about {np}.
This is about {np}.
Here is my question: {np}?
What do you say is {np}?
What might {np} be?
What will {np} be?
What do you think {np} is?
What do you believe {np} is?
What is, in fact, {np}?
{NP}, what is it?
{NP}, do you know it?
{NP}: what is it?
I do not know {np}. Do you?
I don't know what {np} is.
I am curious about {np}.
I need {np}.
I have to know {np}.
I am not sure what {np} is.
Can you remind me what {np} is?
Can you help me with {np}?
Can you find {np}?
Remind me what {np} is.
Let me know {np}.
Let me know what {np} is, please.
Say what {np} is.
Explain what {np} is.
Write down {np}.
Any idea what {np} is?
Have you any idea what {np} is?
Who can tell me what {np} is?
May I ask what {np} is?
Can I ask you what {np} is?
My question is: what is {np}?
What exactly is {np}?
What would {np} be?
What could {np} be?
And what is {np}?
So what is {np}?
Help me: what is {np}?
Fill in the blank: {np} is ...
{NP} is ...
{NP} is
{NP} is what?
{NP}?
{NP}
{NP}, please.
{NP} =
My friend asked me what {np} is.
My homework is to find {np}.
For my homework I need {np}.
I am learning about {np}.
Let us talk about {np}.
How would you answer: what is {np}?
""".strip().splitlines()

# Around a question inside a sentence: "which city is the capital of France".
ASKING = """
Do you know {q}?
Do you know {q}?
Do you happen to know {q}?
Do you remember {q}?
Do you also know {q}?
Can you tell me {q}?
Can you tell me {q}?
Can you say {q}?
Can you explain {q}?
Can you find out {q}?
Can you help me find out {q}?
Can you remind me {q}?
Can I ask you {q}?
Could you tell me {q}?
Could you explain {q}?
Could you please tell me {q}?
Could you help me and say {q}?
Would you tell me {q}?
Would you be so kind to tell me {q}?
Will you tell me {q}?
May I ask {q}?
Tell me {q}.
Tell me {q}.
Please tell me {q}.
Please say {q}.
Please explain {q}.
Please let me know {q}.
Just tell me {q}.
Say {q}.
Explain {q}.
Explain to me {q}.
Let me know {q}.
Remind me {q}.
Find out {q}.
Write down {q}.
I want to know {q}.
I would like to know {q}.
I'd like to know {q}.
I'd love to know {q}.
I would love to hear {q}.
I need to know {q}.
I need to find out {q}.
I have to find out {q}.
I must know {q}.
I wonder {q}.
I wonder {q}.
I am wondering {q}.
I ask myself {q}.
I was asked {q}.
I am asking you {q}.
I forgot {q}.
I have forgotten {q}.
I always forget {q}.
I never remember {q}.
I can never remember {q}.
I should know {q}.
I was just wondering {q}.
I would really like to know {q}.
I am keen to know {q}.
I would ask you {q}.
I hope you can tell me {q}.
I want you to tell me {q}.
You know {q}, right?
Surely you know {q}.
Somebody asked me {q}.
They asked me {q}.
My brother asks me {q}.
My neighbour wants to know {q}.
Our teacher asks {q}.
The quiz asks {q}.
Nobody here knows {q}.
What do you think, {q}?
Guess {q}.
Be so kind and tell me {q}.
Would it be possible to tell me {q}?
Is it known {q}?
Please answer: {q}?
Please help me, {q}?
Could you check {q}?
Could you find out {q}?
Will you please say {q}?
Do you by chance know {q}?
Are you able to tell me {q}?
I do not know {q}.
I don't know {q}. Do you?
I do not remember {q}.
I cannot remember {q}.
I am not sure {q}.
I have no idea {q}.
I am trying to find out {q}.
I am trying to remember {q}.
I am curious {q}.
I am interested in {q}.
My question is {q}.
My friend wants to know {q}.
My friend asked me {q}.
My son wants to know {q}.
My sister asks {q}.
People ask me {q}.
We want to know {q}.
Have you any idea {q}?
Any idea {q}?
Who knows {q}?
Who can tell me {q}?
It would be nice to know {q}.
It is important to know {q}.
The question is {q}.
The teacher wants to know {q}.
""".strip().splitlines()

OPENERS = """
Hi!
Hello!
Hey!
Hi,
Hello,
Hey,
Hey Paris,
Hi Paris!
Hello Paris,
Paris,
OK,
Okay.
So,
Well,
Now
Please:
Question:
Next question:
Quick question:
Another question:
One more question:
I have a question.
I have a question for you:
Excuse me,
Good morning!
Good evening.
Tell me:
Quiz:
Quiz question:
Right,
Thanks!
Thank you.
Great!
Sorry,
Dear Paris,
Let me ask you something.
Can you help me?
Help!
I am curious.
""".strip().splitlines()

CLOSERS = """
Please.
Thanks!
Thank you.
Thanks in advance.
Do you know?
Do you know it?
Can you tell me?
Tell me!
I forgot.
I forgot it.
I do not remember.
I am not sure.
I would like to know.
It is for school.
It is for my homework.
Just curious.
I need it for a quiz.
Can you help?
Go!
""".strip().splitlines()


def chance(random: Random, probability: float) -> bool:
    """Draw whether something of a probability happens."""
    return random.random() < probability


def lines(text: str) -> tuple[str, ...]:
    """Split a block of templates."""
    return tuple(line for line in text.strip().splitlines() if line)


def around(noun_phrases: Iterable[str]) -> tuple[str, ...]:
    """Put every noun phrase into every frame of ``AROUND``."""
    return tuple(
        frame.replace("{np}", phrase).replace("{NP}", first_upper(phrase))
        for phrase in noun_phrases
        for frame in AROUND
    )


def asking(questions: Iterable[str]) -> tuple[str, ...]:
    """Put every question inside a sentence into every frame of ``ASKING``."""
    return tuple(frame.replace("{q}", question) for question in questions for frame in ASKING)


def first_upper(text: str) -> str:
    """Return the text, or template, with a capital at its start."""
    slot = SLOT.match(text)
    if slot:
        return "{" + slot[1][0].upper() + slot[1][1:] + "}" + text[slot.end() :]
    return text[:1].upper() + text[1:]


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Put values into a template.

    Parameters
    ----------
    template : str
    slots : mapping of str to str
        Names in lower case.

    Returns
    -------
    str
    """

    def value(match: re.Match[str]) -> str:
        name = match[1]
        lowered = name.lower()
        owned = lowered.endswith("s_")
        text = possessive(slots[lowered[:-2]]) if owned else slots[lowered]
        return text[:1].upper() + text[1:] if name[0].isupper() else text

    return SLOT.sub(value, template)


def normalized(text: str) -> str:
    """Lower-case words of a text parted by single spaces; the signs of sums stay."""
    return " ".join(re.findall(r"[^\W_]+|[+*/=-]", text.lower().replace("'", "")))


def as_pattern(template: str) -> re.Pattern[str]:
    """Compile a template to what finds its fillings inside normalized text."""
    parts = [normalized(part) for part in re.split(r"\{\w+\}", template)]
    body = r"\s?[\w\s+*/=-]+?\s?".join(re.escape(part) for part in parts)
    return re.compile(rf"(?<!\w){body}(?!\w)")
