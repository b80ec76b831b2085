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
You'll get this one for sure: what is the capital of {c}?
My flight lands in the capital of {c} at noon. Which city should I look out for?
I always score badly on capitals. {C}?
If someone says "the capital of {c}", which city do they mean?
Grandpa swears he once lived in the capital of {c}.
Pop quiz! {Cs_} capital city is what?
What city would I circle as the capital of {c}?
Can you pin down the capital of {c} for me?
I've got a blank where the capital of {c} should go.
yo, what's {cs_} capital
I'm drawing a blank on what they call the capital of {c}.
The ambassador moved to the capital of {c}, so where does she live now?
Kindly enlighten us as to which city is the capital of {c}.
As a geography nerd you'd know the capital of {c}.
Of all the cities in {c}, which got to be the capital?
The parcel is addressed to the capital of {c}.
"""),
    "country_of": lines("""
You'll get this one for sure: which country is {k} the capital of?
A postcard came from {k}. Which country has that city as its capital?
I can place {k} on a list of capitals, but not its country.
If {k} is the capital, what country are we talking about?
{K} serves which country as its capital?
Pop quiz! {K} is the capital city of what country?
Kindly enlighten us as to which country's capital is {k}.
"""),
    "continent": lines("""
You'll get this one for sure: on what continent is {c}?
Which continent would I fly to if I wanted to see {c}?
I'm drawing a blank on which continent {c} is on.
Pop quiz! {C} is on which continent?
On a globe, which continent should I turn to for {c}?
Can you pin down the continent of {c} for me?
I'm hazy on where {c} is.
"""),
    "currency": lines("""
You'll get this one for sure: what money do they use in {c}?
If I buy bread in {c}, which currency do I hand over?
I'm drawing a blank on what {cs_} currency is called.
Pop quiz! The currency of {c} is what?
Can you pin down the currency of {c} for me?
The market stalls in {c} take which currency?
I'll be changing cash for a week in {c}. Which currency do I ask for?
"""),
    "language": lines("""
You'll get this one for sure: what language do they speak in {c}?
Which language would help me most in {c}?
I'm drawing a blank on what people speak in {c}.
Pop quiz! Which language is spoken in {c}?
Can you pin down the language of {c} for me?
A child growing up in {c} learns to speak which language?
I need a phrase book for {c}. In which language should it be?
"""),
    "about": lines("""
Sum {c} up for me.
I know next to nothing about {c}.
What could I put on a poster about {c}?
Brief me on {c}.
"""),
    "is_capital": lines("""
You'll get this one for sure: is {x} the capital of {c}?
My classmate insists that {x} is the capital of {c}. Is she right?
{X} is {cs_} capital, or am I mistaken?
"""),
    "is_continent": lines("""
You'll get this one for sure: is {c} in {w}?
My classmate insists that {c} is in {w}. Is she right?
{C} is in {w}, or am I mistaken?
"""),
    "is_language": lines("""
You'll get this one for sure: do people in {c} speak {l}?
My classmate insists that they speak {l} in {c}. Is she right?
They speak {l} in {c}, or am I mistaken?
"""),
    "is_currency": lines("""
You'll get this one for sure: does {c} use the {m}?
My classmate insists that people in {c} use the {m}. Is she right?
People in {c} pay with the {m}, or am I mistaken?
"""),
    "plus": lines("""
You'll get this one for sure: how much is {a} plus {b}?
I put {a} and {b} into my calculator with a plus between them. What does it show?
Pop quiz! {A} plus {b}?
The cashier adds {a} and {b}. What is the total?
"""),
    "minus": lines("""
You'll get this one for sure: how much is {a} minus {b}?
Pop quiz! {A} minus {b}?
The cashier subtracts {b} from {a}. What is the result?
"""),
    "times": lines("""
You'll get this one for sure: how much is {a} times {b}?
Pop quiz! {A} times {b}?
The cashier multiplies {a} by {b}. What is the result?
"""),
    "divided by": lines("""
You'll get this one for sure: how much is {a} divided by {b}?
Pop quiz! {A} divided by {b}?
The cashier divides {a} by {b}. What is the result?
"""),
    "gain": lines("""
There were {a} {t} on my desk, and my boss put {b} more beside them. How many {t} do I have?
I picked up {a} {t} in the morning and {b} more at night. How many {t} do I have?
"""),
    "loss": lines("""
There were {a} {t} on my desk, but the cat knocked {b} out of the window. How many {t} do I have?
I carried {a} {t} home and lost {b} on the way. How many {t} do I have?
"""),
    "next": lines("""
Pop quiz! Which {u} comes right after {n}?
If we are at {n} now, which {u} is next?
I'm drawing a blank on which {u} follows {n}.
"""),
    "previous": lines("""
Pop quiz! Which {u} comes right before {n}?
If we are at {n} now, which {u} was before it?
I'm drawing a blank on which {u} precedes {n}.
"""),
    "today_tomorrow": lines("""
My alarm clock says {n}. What day is tomorrow?
Seeing that today is {n}, what will tomorrow be?
"""),
    "today_yesterday": lines("""
My alarm clock says {n}. What day was yesterday?
Seeing that today is {n}, what was yesterday?
"""),
    "month_days": lines("""
Pop quiz! How many days are there in {n}?
I'm drawing a blank on how many days {n} has.
My calendar lost the page for {n}. How many days were on it?
"""),
    "ordinal": lines("""
Pop quiz! What is the {o} {u} of the {p}?
I'm drawing a blank on what the {o} {u} of the {p} is called.
Someone quizzed me on the {o} {u} of the {p}.
"""),
    "amount": lines("""
Pop quiz! {P} has how many {u}?
I'm drawing a blank on how many {u} there are in {p}.
You'll get this one for sure: how many {u} are in {p}?
"""),
    "list": lines("""
Pop quiz! Name the {p}, all of them.
I'm drawing a blank on what the {p} are.
"""),
    "colour": lines("""
Pop quiz! What colour would {n} be?
I'm drawing a blank on what colour {n} is.
A kid with a crayon wants to draw {n}. Which colour should it be?
"""),
    "mix": lines("""
Pop quiz! {A} mixed with {b} is which colour?
I spilled {a} paint into the {b} paint. What colour is it now?
You'll get this one for sure: what do {a} and {b} make?
"""),
    "opposite": lines("""
Pop quiz! The opposite of {n} is what?
I'm drawing a blank on what the opposite of {n} is.
My thesaurus has no entry for the opposite of {n}.
"""),
    "hello": lines("""
Hello there, stranger!
Hey, nice to run into you!
Good morning from a first-time user!
Hi, just dropping in!
Well hello!
A big hello from me!
"""),
    "how_are_you": lines("""
How is your day treating you?
Hope you are doing great, are you?
Feeling all right today?
How's life in the computer?
"""),
    "thanks": lines("""
Thank you, that did the trick!
Thanks a bunch!
I owe you one, thanks!
Perfect, thank you very much indeed!
Thanks for putting up with me!
"""),
    "goodbye": lines("""
Gotta run, bye!
Time for bed, good night!
Catch you later!
I'm off now, goodbye!
Bye, until we meet again!
"""),
    "who": lines("""
Who have I got the pleasure with?
Care to introduce yourself?
What manner of creature are you?
Pop quiz! Who are you?
"""),
    "name": lines("""
Do you go by a name?
Your name, if I may be so bold?
Pop quiz! What is your name?
How do you want to be called?
"""),
    "abilities": lines("""
What tricks do you know?
Which subjects are you good at?
How could you be of help to me?
What sort of stuff can I ask you?
"""),
    "size": lines("""
Pop quiz! How big are you?
What is the number of parameters inside you?
Would you call yourself a large model or a small one?
How much space do you take up on the disk?
"""),
    "maker": lines("""
Whose work are you?
Who came up with you?
Pop quiz! Who made you?
Who put you together?
"""),
    "unknown": lines("""
Who sewed the first pair of jeans?
How many chambers does a nautilus shell have?
Which bicycle helmet is the safest?
How do I get chewing gum off my shoe?
At what temperature does iron melt?
Who was the first person on Mount Everest?
How long do I boil an egg?
What does a red rose stand for?
How many windows does the town hall have?
Who is playing in the cup final?
Which mattress should my grandma buy?
Are the trains running on time?
What is meant by a storm in a teacup?
When does the bakery open on Sundays?
How do zips work?
Why did the Romans leave Britain?
Write me a limerick about a hamster.
Could you turn this text into a table?
Should I learn the cello or the flute?
What was the name of my kindergarten teacher?
How do I change a tyre?
Who scored the winning goal?
How heavy is an elephant?
Write a regular expression for phone numbers.
What is the national dish of {c}?
Who designed the flag of {c}?
How high is the highest mountain of {c}?
How many people live in {c}?
How old is the oldest church in {k}?
Which museum in {k} is worth a visit?
"""),
    "fictional": lines("""
You'll get this one for sure: what is the capital of {c}?
I'm drawing a blank on what people speak in {c}.
Can you pin down the currency of {c} for me?
"""),
}

# After an answer about one country.
FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "and_of": lines("""
Good. Next one: {c}?
Could you do {c} as well?
And likewise for {c}?
"""),
    "and_capital": (
        "And the name of its capital city is?",
        "Now I'd love to hear what its capital is.",
    ),
    "and_continent": (
        "And which continent does it sit on?",
        "Now I'd love to hear what continent it is on.",
    ),
    "and_currency": (
        "And which currency do I need when I go there?",
        "Now I'd love to hear what its currency is.",
    ),
    "and_language": (
        "And which language do people use over there?",
        "Now I'd love to hear what language they speak.",
    ),
}

SHORT_PROMPTS = lines("""
Please stick to one-word replies.
I am in a hurry, so be short.
Answer like a telegram: the bare answer.
""")
LONG_PROMPTS = lines("""
Please be generous with details.
I have all day, so answer at length.
Add some background whenever you answer.
""")
