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
Refresh my memory: what is the capital of {c}?
Out of curiosity, which city is the capital of {c}?
It slipped my mind what the capital of {c} is.
Do me a favour and name the capital of {c}.
Mind telling me {cs_} capital?
I'd appreciate it if you named the capital of {c}.
Settle a bet for us: which city is {cs_} capital?
If someone asked you for the capital of {c}, what would you reply?
The last empty box in my crossword is the capital of {c}.
Any chance you know the capital city of {c}?
Next to {c} on my worksheet belongs the name of its capital.
Enlighten me on the capital of {c}.
Pick the right city: the capital of {c}.
"""),
    "country_of": lines("""
Refresh my memory: which country has {k} as its capital?
Out of curiosity, what is {k} the capital of?
Mind telling me which country {k} is the capital of?
In my atlas {k} is marked as a capital. For which country?
It slipped my mind which country has its capital in {k}.
{K} stands on a list of capitals. Next to which country?
"""),
    "continent": lines("""
Refresh my memory: which continent is {c} on?
Out of curiosity, where in the world would {c} be?
Mind telling me which continent {c} belongs to?
In an atlas, under which continent would I look up {c}?
It slipped my mind which continent {c} is in.
Enlighten me: {c} is on what continent?
"""),
    "currency": lines("""
Refresh my memory: which currency does {c} use?
Out of curiosity, what do folks in {c} pay with?
Mind telling me what money I need in {c}?
At a market in {c}, which currency would I hand over?
It slipped my mind what {cs_} currency is.
My bank asks which currency I want for {c}.
"""),
    "language": lines("""
Refresh my memory: which language is spoken in {c}?
Out of curiosity, what do folks in {c} speak?
Mind telling me what language is used in {c}?
At a market in {c}, in which language would I bargain?
It slipped my mind which language they speak in {c}.
A phrase book for {c} would teach me which language?
"""),
    "about": lines("""
Fill me in on {c}.
Mind sharing some facts about {c}?
I have hardly heard of {c}, so tell me about it.
"""),
    "is_capital": lines("""
Settle a bet for us: is {x} the capital of {c}?
Just to be sure, {x} is the capital of {c}?
For the record, the capital of {c} is {x}, yes?
"""),
    "is_continent": lines("""
Settle a bet for us: is {c} in {w}?
Just to be sure, {c} is in {w}?
"""),
    "is_language": lines("""
Settle a bet for us: do they speak {l} in {c}?
Just to be sure, people in {c} speak {l}?
"""),
    "is_currency": lines("""
Settle a bet for us: do people in {c} pay with the {m}?
Just to be sure, {c} uses the {m}?
"""),
    "plus": lines("""
Refresh my memory: how much is {a} plus {b}?
Mind adding {a} and {b} for me?
Out of curiosity, what does {a} plus {b} come to?
One number is {a}, the other is {b}. What is their sum?
"""),
    "minus": lines("""
Refresh my memory: how much is {a} minus {b}?
Mind subtracting {b} from {a} for me?
Out of curiosity, what does {a} minus {b} come to?
"""),
    "times": lines("""
Refresh my memory: how much is {a} times {b}?
Mind multiplying {a} by {b} for me?
Out of curiosity, what does {a} times {b} come to?
"""),
    "divided by": lines("""
Mind dividing {a} by {b} for me?
Out of curiosity, what does {a} divided by {b} come to?
"""),
    "gain": lines("""
I started out with {a} {t} and was lucky to get {b} more. How many {t} do I have?
"""),
    "loss": lines("""
I started out with {a} {t} and was careless enough to lose {b}. How many {t} do I have?
"""),
    "next": lines("""
Refresh my memory: which {u} comes after {n}?
Mind telling me what comes after {n}?
Which {u} is next in line after {n}?
"""),
    "previous": lines("""
Refresh my memory: which {u} comes before {n}?
Mind telling me what comes before {n}?
Which {u} sits just in front of {n}?
"""),
    "today_tomorrow": lines("""
They tell me it is {n} today, which makes tomorrow what day?
"""),
    "today_yesterday": lines("""
They tell me it is {n} today, which makes yesterday what day?
"""),
    "month_days": lines("""
Refresh my memory: how many days are in {n}?
Mind telling me how long {n} is in days?
"""),
    "ordinal": lines("""
Refresh my memory: which {u} is the {o} of the {p}?
Out of curiosity, what is the {o} {u} of the {p}?
"""),
    "amount": lines("""
Refresh my memory: how many {u} are there in {p}?
{P} adds up to how many {u}?
"""),
    "list": lines("""
Refresh my memory: what are the {p}?
"""),
    "colour": lines("""
Out of curiosity, what colour is {n}?
Mind telling me the colour of {n}?
A photo of {n} would mostly show which colour?
"""),
    "mix": lines("""
Out of curiosity, what colour do {a} and {b} make?
If a painter stirs {a} into {b}, which colour appears?
"""),
    "opposite": lines("""
Refresh my memory: what is the opposite of {n}?
Mind telling me the opposite of {n}?
Which word would you set against {n} as its opposite?
"""),
    "hello": lines("""
Well hello, old friend!
Hi, long time no see!
A hearty hello from me!
Hey, there you are!
"""),
    "how_are_you": lines("""
Everything going well with you?
How have things been lately?
You doing okay?
"""),
    "thanks": lines("""
Thanks, I owe you one!
That did the trick, thanks!
Thank you ever so much!
Thanks heaps!
"""),
    "goodbye": lines("""
Catch you later, bye!
Right, I am off, goodbye!
Bye, it was fun!
Good night, and see you in the morning!
"""),
    "who": lines("""
Who exactly is answering me here?
Mind introducing yourself?
Give me a quick idea of who you are.
"""),
    "name": lines("""
Mind telling me your name?
And your name would be?
What should I write down as your name?
"""),
    "abilities": lines("""
Where do your strengths lie?
Which sort of question suits you?
Mind listing the things you can do?
"""),
    "size": lines("""
Roughly how many parameters do you have?
Would you call yourself a big model?
How much space does your file take?
"""),
    "maker": lines("""
Who deserves the credit for making you?
Mind telling me who trained you?
Which people put you together?
"""),
    "unknown": lines("""
Who came up with the Eiffel Tower?
How many strings does a harp have?
Which smartphone takes the best photos?
How do I unblock a drain?
What is the freezing point of vodka?
Who was the second man on the moon?
Got a recipe for banana bread?
What do the stars say about my week?
How tall is the Leaning Tower of Pisa?
Who sings lead in that choir?
Which tablet suits a child?
Is my flight going to be late?
What is a red herring?
At what hour does the museum close?
How do submarines dive?
Why did the mammoths vanish?
Pen a few verses about autumn.
Proofread my essay, please.
Is now a good time to buy gold?
What did I call my first bicycle?
How do I knot a bow tie?
Who holds the world record in the marathon?
How dense is aluminium?
Please code a calculator in Rust.
What is the national flower of {c}?
Who was the last emperor of {c}?
How wide is the widest river of {c}?
What share of people in {c} can read?
How many theatres does {k} have?
Where in {k} can I eat well?
"""),
    "fictional": lines("""
Refresh my memory: what is the capital of {c}?
Mind telling me which currency {c} uses?
Out of curiosity, where in the world would {c} be?
"""),
}

# After an answer about one country.
FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "and_of": lines("""
And how does that look for {c}?
Can I have the same for {c}?
And suppose I ask about {c}?
"""),
    "and_capital": ("Which city is the capital there, by the way?", "And the capital, by the way?"),
    "and_continent": ("On which continent am I then?", "And the continent, by the way?"),
    "and_currency": ("Which currency would I hand over there?", "And the currency, by the way?"),
    "and_language": (
        "Which language would I hear in the streets?",
        "And the language, by the way?",
    ),
}

SHORT_PROMPTS = lines("""
A single word will do.
Spare me the sentences.
Cut it down to the bare answer.
""")
LONG_PROMPTS = lines("""
Feel free to go into detail.
Take your time and write a few sentences.
Elaborate in every answer.
""")
