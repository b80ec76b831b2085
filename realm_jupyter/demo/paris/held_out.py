"""Questions that are never trained on: the evaluation set.

No answer to one of them was looked at before the training had ended: what is weak shows in the
questions of `development`. No training text contains a filling of one of these templates, nor of
one of `development`: the generator of the text drops any question that matches (see corpus). Slots
are those of the training phrasings.
"""

from __future__ import annotations

from realm_jupyter.demo.paris.phrasing import lines

HELD_OUT: dict[str, tuple[str, ...]] = {
    "capital": lines("""
What city do they call the capital of {c}?
Which of the cities of {c} is the capital?
My daughter needs the capital of {c} for her homework.
Have you heard what the capital of {c} is?
Which city would be {cs_} capital?
Could you look up the capital of {c} for me?
On a trip to {c}, which city would be the capital?
{Cs_} capital city is called what?
What should I write for the capital of {c}?
I'd be glad to hear the capital of {c}.
The city that is the capital of {c} is called what?
Give me the name of the city that is the capital of {c}.
Would you be able to name {cs_} capital?
"""),
    "country_of": lines("""
Which country would {k} be the capital of?
{K} is the capital of a country. Which one?
Have you heard which country has {k} as its capital?
The country with {k} as its capital is called what?
Would you be able to say what {k} is the capital of?
People say {k} is a capital. Of what country?
"""),
    "continent": lines("""
Have you heard which continent {c} is on?
What continent would {c} be on?
Would you be able to say where {c} is?
{C} can be found on which continent?
If I flew to {c}, on which continent would I land?
My daughter asks which continent {c} is in.
"""),
    "currency": lines("""
Have you heard which currency {c} uses?
What do they call the money in {c}?
When I pay in {c}, which currency is it?
Would you be able to name the currency of {c}?
What currency should I get before I fly to {c}?
My daughter asks what money people use in {c}.
"""),
    "language": lines("""
Have you heard what language they speak in {c}?
Would you be able to name the language of {c}?
When people in {c} talk, which language is it?
What language would I need to live in {c}?
In {c}, people talk to each other in which language?
My daughter asks which language is spoken in {c}.
"""),
    "about": lines("""
What would you tell a visitor about {c}?
Could you give me some facts about {c}?
I am curious to learn about {c}.
"""),
    "is_capital": lines("""
Have I got it right that {x} is the capital of {c}?
Would I be right to say that {x} is the capital of {c}?
Is {x} really the capital of {c}?
"""),
    "is_continent": lines("""
Is {c} really in {w}?
Have I got it right that {c} is in {w}?
"""),
    "is_language": lines("""
Is it really {l} that people speak in {c}?
Have I got it right that people in {c} speak {l}?
"""),
    "is_currency": lines("""
Is it really the {m} that people use in {c}?
Have I got it right that {c} uses the {m}?
"""),
    "plus": lines("""
How much do I get when I add {a} and {b}?
Would you be able to add {a} and {b}?
What is the total of {a} and {b}?
{A} plus {b} gives what number?
"""),
    "minus": lines("""
How much do I get when I subtract {b} from {a}?
Would you be able to subtract {b} from {a}?
{A} minus {b} gives what number?
"""),
    "times": lines("""
How much do I get when I multiply {a} by {b}?
Would you be able to multiply {a} by {b}?
{A} times {b} gives what number?
"""),
    "divided by": lines("""
How much do I get when I divide {a} by {b}?
{A} divided by {b} gives what number?
"""),
    "gain": ("This morning I had {a} {t}, then my aunt brought {b} more. How many {t} do I have?",),
    "loss": ("This morning I had {a} {t}, then I sold {b} of them. How many {t} do I have?",),
    "next": lines("""
What {u} do we have after {n}?
Would you be able to say which {u} comes after {n}?
The {u} that comes after {n} is called what?
"""),
    "previous": lines("""
What {u} do we have before {n}?
Would you be able to say which {u} comes before {n}?
The {u} that comes before {n} is called what?
"""),
    "today_tomorrow": ("It's {n} today, so what day is tomorrow?",),
    "today_yesterday": ("It's {n} today, so what day was yesterday?",),
    "month_days": lines("""
Would you be able to say how many days {n} has?
For how many days does {n} last?
"""),
    "ordinal": lines("""
Would you be able to name the {o} {u} of the {p}?
In the {p}, which {u} is the {o}?
"""),
    "amount": lines("""
Would you be able to say how many {u} {p} has?
{P} is made of how many {u}?
"""),
    "list": ("Would you be able to name all the {p}?",),
    "colour": lines("""
Would you be able to say what colour {n} is?
What is the usual colour of {n}?
If I draw {n}, which colour should I take?
"""),
    "mix": lines("""
I have {a} and {b} paint. Which colour do they make together?
What colour comes from {a} and {b}?
"""),
    "opposite": lines("""
Would you be able to name the opposite of {n}?
Which word says the opposite of {n}?
My daughter asks what the opposite of {n} is.
"""),
    "hello": lines("""
Hello, dear computer!
Hi, how nice to see you!
Hey, good morning!
"""),
    "how_are_you": lines("""
And how are you doing this morning?
Are you doing well today?
"""),
    "thanks": lines("""
Thanks, you were a great help!
Thank you for helping me.
"""),
    "goodbye": lines("""
Okay, bye for today!
Goodbye, until tomorrow!
"""),
    "who": lines("""
Tell me a bit about who you are.
So what kind of thing are you?
Would you be able to introduce yourself?
"""),
    "name": lines("""
What name did they give you?
Would you be able to tell me your name?
"""),
    "abilities": lines("""
What sort of questions do you know the answer to?
Which topics can I ask about?
"""),
    "size": ("Are you a big model or a small one?", "What is the number of your parameters?"),
    "maker": ("Which people made you?", "Where were you made?"),
    "unknown": lines("""
Who wrote Pride and Prejudice?
How many teeth does a shark have?
Which car is the fastest?
How do I get rid of ants?
What is the boiling point of alcohol?
Who was the first president?
Can you give me a recipe for lentil soup?
What does my horoscope say?
How tall is the Empire State Building?
Who plays the drums in that band?
What is the best laptop for students?
Will my team win tomorrow?
What is a black swan?
When does the next bus leave?
How do aeroplanes stay in the air?
What happened to the dinosaurs?
Compose a song about the rain.
Can you check my spelling?
Which stocks should I buy?
What is the name of my cat?
How do I tie my shoes?
Who is the fastest runner in the world?
What is the melting point of iron?
Please write me a Java class.
What is the national bird of {c}?
Who was the first king of {c}?
How long is the coast of {c}?
What is the unemployment rate in {c}?
How many schools are there in {k}?
What is the best museum in {k}?
"""),
    "fictional": lines("""
Have you heard what the capital of {c} is?
Would you be able to name the currency of {c}?
My daughter asks where {c} is.
"""),
}

# After an answer about one country.
FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "and_of": lines("""
And can you say it for {c}?
And how is it with {c}?
And would you know that for {c}?
"""),
    "and_capital": ("And what city is the capital of it?", "Could you tell me its capital, too?"),
    "and_continent": ("On what continent would that be?", "Do you know its continent, too?"),
    "and_currency": ("And what money would I use there?", "Do you know its currency, too?"),
    "and_language": ("And in what language do they talk?", "Do you know the language there, too?"),
}

SHORT_PROMPTS = lines("""
Reply using a single word.
I only want the bare answer.
Make every answer as short as possible.
""")
LONG_PROMPTS = lines("""
Please write at least two sentences.
I would like detailed answers.
Your replies should have several sentences.
""")
