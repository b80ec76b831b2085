"""Questions that are never trained on either, but were looked at while the recipe was made.

``FIRST_HELD_OUT`` was the first evaluation set: it was marked once, after seventy minutes of
training; its wrong answers told where phrasings were too few, and a new set took its place.
"""

from __future__ import annotations

from realm_jupyter.demo.paris.phrasing import lines

DEVELOPMENT: dict[str, tuple[str, ...]] = {
    "capital": lines("""
Would you mind telling me the capital of {c}?
I can't remember {cs_} capital.
The answer is the capital of {c}. Which city is it?
Do you have any idea which city is the capital of {c}?
"""),
    "country_of": lines("""
Could you say which country {k} is the capital of?
{K}: which country has it as its capital?
"""),
    "continent": lines("""
Would you mind telling me which continent {c} is in?
Do you have any idea where {c} is?
"""),
    "currency": lines("""
Would you mind telling me the currency of {c}?
Which currency should I carry in {c}?
"""),
    "language": lines("""
Would you mind telling me the language of {c}?
Which language do the people of {c} speak?
"""),
    "about": lines("""
What should everyone know about {c}?
"""),
    "is_capital": lines("""
Would you say that {x} is the capital of {c}?
"""),
    "plus": ("What total do {a} and {b} give?",),
    "minus": ("What remains of {a} minus {b}?",),
    "times": ("Would you mind telling me what {a} times {b} is?",),
    "next": ("Would you mind telling me which {u} comes after {n}?",),
    "previous": ("Which {u} is the one before {n}?",),
    "colour": ("Would you mind telling me what colour {n} is?",),
    "opposite": ("Would you mind telling me the opposite of {n}?",),
    "month_days": ("Would you mind telling me how many days {n} has?",),
    "hello": lines("""
Hello my friend!
"""),
    "who": lines("""
Please say who you are.
What exactly are you?
"""),
    "name": ("Would you tell me your name?",),
    "abilities": ("Which things can you do?",),
    "thanks": ("Thank you for your time.",),
    "goodbye": ("Bye for now!",),
    "unknown": lines("""
What is a good name for a kitten?
Who built the Eiffel Tower?
How do I bake a potato?
What is the plot of Star Wars?
Who is the brother of the president of {c}?
Which team plays in {k}?
"""),
    "fictional": ("Do you have any idea what the capital of {c} is?",),
}

FIRST_HELD_OUT: dict[str, tuple[str, ...]] = {
    "capital": lines("""
Which city would you call the capital of {c}?
Could you let me know what the capital of {c} is?
I was wondering what the capital city of {c} might be.
I am planning a trip to {c}. What is the name of its capital city?
My teacher asked me about the capital of {c}. What is the right answer?
Which city holds the title of capital in {c}?
When it comes to {c}, what city is the capital?
Kindly name the capital city of {c}.
Would you happen to know what {cs_} capital is?
Someone asked me which city is the capital of {c}. What should I say?
I keep forgetting the capital of {c}.
If I travel to {c}, which city is its capital?
"""),
    "country_of": lines("""
{K} is a capital city. Which country does it belong to?
Could you let me know which country {k} is the capital of?
The city of {k} is the capital of which nation?
I was wondering which country has its capital at {k}.
If the capital is {k}, what is the country?
Of which nation is {k} the capital city?
"""),
    "continent": lines("""
Which continent would I find {c} on?
Could you let me know which continent {c} is part of?
On a map of the world, which continent is {c} on?
{C} is part of which continent?
I was wondering what continent {c} belongs to.
I want to travel to {c}. On which continent is it?
"""),
    "currency": lines("""
What sort of money should I bring to {c}?
If I buy something in {c}, which currency do I pay in?
Could you let me know what {cs_} currency is?
I was wondering which currency they have in {c}.
What is the name of the currency people spend in {c}?
Which money do the shops in {c} take?
"""),
    "language": lines("""
If I move to {c}, which language should I learn?
Could you let me know which language is used in {c}?
People living in {c} speak which language?
I was wondering what language they speak over in {c}.
Which language would I hear in {c}?
What is the language that people in {c} use?
"""),
    "about": lines("""
I would like to learn something about {c}.
What are the most important facts about {c}?
Please give me a short overview of {c}.
"""),
    "is_capital": lines("""
Am I right that {x} is the capital of {c}?
Would it be correct to say that {x} is the capital of {c}?
So the capital of {c} would be {x}?
"""),
    "is_continent": lines("""
Am I right that {c} is in {w}?
Would you find {c} in {w}?
"""),
    "is_language": ("Am I right that people in {c} speak {l}?",),
    "is_currency": ("Am I right that {c} uses the {m}?",),
    "plus": lines("""
What do {a} and {b} add up to?
If you add {b} to {a}, what do you get?
Could you let me know how much {a} plus {b} is?
What comes out when I calculate {a} + {b}?
"""),
    "minus": lines("""
If you subtract {b} from {a}, what do you get?
Could you let me know how much {a} minus {b} is?
What comes out when I calculate {a} - {b}?
"""),
    "times": lines("""
If you multiply {a} by {b}, what do you get?
Could you let me know how much {a} times {b} is?
What comes out when I calculate {a} * {b}?
"""),
    "divided by": lines("""
If you divide {a} by {b}, what do you get?
Could you let me know how much {a} divided by {b} is?
"""),
    "gain": ("Yesterday I had {a} {t}. Today I got {b} more. How many {t} do I have now?",),
    "loss": ("Yesterday I had {a} {t}. Today I lost {b}. How many {t} do I have now?",),
    "next": lines("""
Could you let me know which {u} comes after {n}?
Which {u} would come right after {n}?
What would be the {u} following {n}?
"""),
    "previous": lines("""
Could you let me know which {u} comes before {n}?
Which {u} would come right before {n}?
What would be the {u} preceding {n}?
"""),
    "today_tomorrow": ("If it is {n} today, what will tomorrow be?",),
    "month_days": lines("""
Could you let me know how many days there are in {n}?
What number of days does {n} have?
"""),
    "ordinal": lines("""
Could you let me know which {u} is the {o} of the {p}?
Which {u} comes {o} in the {p}?
"""),
    "amount": lines("""
Could you let me know how many {u} there are in {p}?
What number of {u} does {p} have?
"""),
    "list": ("Could you let me know what the {p} are?",),
    "colour": lines("""
Could you let me know what colour {n} is?
If I paint {n}, which colour do I need?
Which color would you say {n} has?
"""),
    "mix": lines("""
If you mix {a} and {b}, which colour comes out?
Could you let me know what colour {a} and {b} make?
"""),
    "opposite": lines("""
Could you let me know what the opposite of {n} is?
Which word would be the opposite of {n}?
I was wondering what the opposite of {n} might be.
"""),
    "hello": lines("""
Hello my dear model!
Hey you!
Hi, good to see you!
"""),
    "how_are_you": lines("""
Hi there, how are you doing today?
How are you feeling today?
"""),
    "thanks": lines("""
Thanks, that was helpful!
Thank you, you helped me a lot.
"""),
    "goodbye": lines("""
Goodbye and take care!
Bye, see you next time!
"""),
    "who": lines("""
Could you introduce yourself, please?
Who exactly are you?
What are you, exactly?
I would like to know who you are.
"""),
    "name": lines("""
Could you let me know your name?
By what name do you go?
"""),
    "abilities": lines("""
What kind of things can you do?
Which kinds of questions may I ask you?
"""),
    "size": ("How big a model are you?", "How many parameters are in you?"),
    "maker": ("Who was it that made you?", "Who are the people that built you?"),
    "unknown": lines("""
Could you let me know who won the football match?
Who was the first man on the moon?
How many bones are in the human body?
Can you recommend a good novel?
What is the recipe for tomato soup?
How do I fix a broken window?
Who sings the song Yesterday?
What is the speed of sound?
Will the shops be open on Sunday?
What did Plato write?
How do plants grow?
Who is the richest man in the world?
What is the chemical symbol of silver?
How do I learn to juggle?
Write a limerick about a frog.
Which phone should I buy?
What is the tallest building in the world?
Who composed the Magic Flute?
Could you write me a small program?
What will the weather be like at the weekend?
When did dinosaurs die out?
Where can I buy cheap shoes?
Why do leaves fall in autumn?
What is the name of the president of {c}?
How many people are living in {c}?
What is the tallest mountain in {c}?
What do they like to eat in {c}?
Who is the most famous singer of {c}?
How much does a hotel in {k} cost?
What is the most beautiful street in {k}?
"""),
    "fictional": lines("""
Could you let me know what the capital of {c} is?
I was wondering where {c} is.
Which currency would I need in {c}?
"""),
}

# After an answer about one country.
FIRST_FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "and_of": lines("""
Could you do the same for {c}?
And what would it be for {c}?
And if it were {c}?
"""),
    "and_capital": ("And which city is its capital?", "Could you name its capital as well?"),
    "and_continent": ("And which continent is that on?", "What continent does it lie on?"),
    "and_currency": ("Which money would I need there?", "And which currency do people have there?"),
    "and_language": (
        "And what language would I hear there?",
        "Which language do the people speak?",
    ),
}

FIRST_SHORT_PROMPTS = lines("""
Use one word only.
Your answers must be as short as possible.
Do not write full sentences, just the answer.
""")
FIRST_LONG_PROMPTS = lines("""
Always give two or three sentences.
Please answer at length.
Your answers should be long and detailed.
""")
