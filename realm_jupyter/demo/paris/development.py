"""Questions that are never trained on either, but were looked at while the recipe was made."""

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
