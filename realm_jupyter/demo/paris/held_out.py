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
Asking for a friend: what is the capital of {c}?
Could I trouble you for the capital of {c}?
You wouldn't happen to know {cs_} capital city?
Sorry to bother you, but which city is the capital of {c}?
We argued over the capital of {c} at dinner.
It beats me what the capital of {c} is.
I bet you know which city is the capital of {c}.
Riddle me this: which city is {cs_} capital?
Before I book a ticket to {cs_} capital, what is it called?
For ten points, name {cs_} capital city.
The postcard should go to the capital of {c}, wherever that is.
Which city do maps of {c} mark as the capital?
Would you be a dear and tell me the capital of {c}?
"""),
    "country_of": lines("""
Asking for a friend: which country has {k} as its capital?
Could I trouble you for the country whose capital is {k}?
Sorry to bother you, but what is {k} the capital of?
It beats me which country {k} is the capital of.
{K} is some country's capital, but which one's?
For ten points, which country has its capital in {k}?
"""),
    "continent": lines("""
Asking for a friend: which continent is {c} on?
It beats me which continent {c} belongs to.
Sorry to bother you, but where in the world is {c}?
For ten points, on which continent does {c} lie?
Sailing to {c}, which continent do I reach?
I bet you know what continent {c} is part of.
"""),
    "currency": lines("""
Asking for a friend: which currency does {c} use?
It beats me what they pay with in {c}.
Could I trouble you for the currency of {c}?
For ten points, what is {cs_} currency called?
Before I leave for {c}, which money should I get?
A waiter in {c} brings the bill in which currency?
"""),
    "language": lines("""
Asking for a friend: which language do people speak in {c}?
It beats me what language is spoken in {c}.
Could I trouble you for the language of {c}?
For ten points, what do they speak in {c}?
A waiter in {c} greets me in which language?
If I watch the news in {c}, which language will I hear?
"""),
    "about": lines("""
Give me the short version of {c}.
What is {c} all about?
Could I trouble you for some facts about {c}?
"""),
    "is_capital": lines("""
I could swear {x} is the capital of {c}, am I right?
Asking for a friend: is {x} the capital of {c}?
Tell me honestly, is {x} the capital of {c}?
"""),
    "is_continent": lines("""
I could swear {c} is in {w}, am I right?
Tell me honestly, is {c} in {w}?
"""),
    "is_language": lines("""
I could swear people in {c} speak {l}, am I right?
Tell me honestly, do they speak {l} in {c}?
"""),
    "is_currency": lines("""
I could swear {c} uses the {m}, am I right?
Tell me honestly, do people in {c} pay with the {m}?
"""),
    "plus": lines("""
Asking for a friend: what is {a} plus {b}?
Could I trouble you to add {a} and {b}?
For ten points, how much is {a} plus {b}?
It beats me how much {a} and {b} make.
"""),
    "minus": lines("""
Asking for a friend: what is {a} minus {b}?
Could I trouble you to subtract {b} from {a}?
For ten points, how much is {a} minus {b}?
"""),
    "times": lines("""
Asking for a friend: what is {a} times {b}?
Could I trouble you to multiply {a} by {b}?
For ten points, how much is {a} times {b}?
"""),
    "divided by": lines("""
Could I trouble you to divide {a} by {b}?
For ten points, how much is {a} divided by {b}?
"""),
    "gain": lines("""
I packed {a} {t} and my sister slipped in {b} more. How many {t} do I have?
"""),
    "loss": lines("""
I packed {a} {t} but forgot {b} on the train. How many {t} do I have?
"""),
    "next": lines("""
For ten points, which {u} comes after {n}?
It beats me what comes after {n}.
Counting on from {n}, which {u} comes?
"""),
    "previous": lines("""
For ten points, which {u} comes before {n}?
It beats me what comes before {n}.
Counting back from {n}, which {u} comes?
"""),
    "today_tomorrow": lines("""
The newspaper says today is {n}, so tomorrow will be which day?
"""),
    "today_yesterday": lines("""
The newspaper says today is {n}, so yesterday was which day?
"""),
    "month_days": lines("""
For ten points, how many days does {n} have?
It beats me how many days {n} has.
"""),
    "ordinal": lines("""
For ten points, which {u} is the {o} of the {p}?
It beats me which {u} is the {o} of the {p}.
"""),
    "amount": lines("""
For ten points, how many {u} does {p} have?
It beats me how many {u} make {p}.
"""),
    "list": lines("""
Could I trouble you for the {p}?
"""),
    "colour": lines("""
Asking for a friend: what colour is {n}?
Could I trouble you for the colour of {n}?
In a colouring book, {n} should get which colour?
"""),
    "mix": lines("""
For ten points, what do {a} and {b} make?
Dipping a brush in {a} and then in {b}, which colour do I get?
"""),
    "opposite": lines("""
Asking for a friend: what is the opposite of {n}?
It beats me what the opposite of {n} is.
For ten points, which word is the opposite of {n}?
"""),
    "hello": lines("""
Hello from my kitchen!
Hi, me again!
Good evening to everyone in there!
Hey, pleased to make your acquaintance!
"""),
    "how_are_you": lines("""
How is the world treating you?
All good with you?
Are you having a nice day?
"""),
    "thanks": lines("""
Thanks, you saved my day!
I appreciate your help!
Lovely, thank you!
Thanks, exactly what I wanted!
"""),
    "goodbye": lines("""
So, that was it, bye!
Goodbye, I need to catch a train!
See you around!
Have a good one, bye!
"""),
    "who": lines("""
Who is hiding behind this prompt?
Would you be a dear and introduce yourself?
Could I trouble you to say who you are?
"""),
    "name": lines("""
Could I trouble you for your name?
What do your friends call you?
You surely have a name, what is it?
"""),
    "abilities": lines("""
What would you like to be asked?
Could I trouble you for a list of your skills?
What are the subjects you can help me with?
"""),
    "size": lines("""
For ten points, how many parameters do you have?
Are you one of those big models?
How many bytes is your file?
"""),
    "maker": lines("""
Could I trouble you for the name of your maker?
Who should I thank that you exist?
Which team brought you up?
"""),
    "unknown": lines("""
Who thought of the zip fastener?
How many keys does a piano have?
Which headphones sound best?
How do I get wax out of a tablecloth?
At what temperature does chocolate melt?
Who was the first woman in space?
How long do lentils need to cook?
What does it mean when I dream of water?
How many steps lead up to the cathedral?
Who conducts the orchestra tonight?
Which printer should a small office buy?
Is the motorway clear this morning?
What is a wild goose chase?
Until when is the library open?
How do hot-air balloons steer?
What became of the Vikings?
Make up a rhyme about my goldfish.
Could you shorten this paragraph for me?
Should I rent or buy a flat?
What was my grandmother's maiden name?
How do I thread a needle?
Who jumped the farthest last year?
How heavy is a litre of mercury?
Give me a shell script that deletes old files.
What is the national instrument of {c}?
Who wrote the anthem of {c}?
How deep is the deepest lake of {c}?
How many people in {c} own a car?
How many bridges does {k} have?
What is the underground in {k} like?
"""),
    "fictional": lines("""
Asking for a friend: what is the capital of {c}?
It beats me what they pay with in {c}.
Sorry to bother you, but where in the world is {c}?
"""),
}

# After an answer about one country.
FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "and_of": lines("""
And now the same thing for {c}?
And what if I had said {c}?
And over in {c}?
"""),
    "and_capital": ("And for ten points, its capital?", "Which city do they govern it from?"),
    "and_continent": ("And for ten points, its continent?", "What continent would I find it on?"),
    "and_currency": ("And for ten points, its currency?", "What money do their shops take?"),
    "and_language": ("And for ten points, its language?", "What language do their children learn?"),
}

SHORT_PROMPTS = lines("""
Whatever I ask, one word suffices.
No chatter, only the answer.
Be as curt as you can.
""")
LONG_PROMPTS = lines("""
Don't hold back, tell me plenty.
Give each answer a sentence or two of background.
I enjoy long and thorough answers.
""")
