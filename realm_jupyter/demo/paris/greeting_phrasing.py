"""Small talk of the training text, put together from parts: greetings, thanks, goodbyes."""

from __future__ import annotations

from itertools import product

from realm_jupyter.demo.paris.phrasing import lines

_NAMES = lines("""
Paris
dear Paris
model
my friend
dear friend
friend
computer
little one
tiny model
little model
chatbot
robot
there
again
you
everyone
""")
_HELLOS = lines("""
Hello
Hi
Hey
Good morning
Good afternoon
Good evening
Good day
Greetings
Hello and good morning
Hi and hello
""")
_HELLO_TAILS = lines("""
Nice to meet you.
It is nice to meet you!
It is good to see you.
I am happy to meet you.
I am glad to be here.
I am new here.
I am back.
Here I am again.
It is me.
Are you there?
Can you hear me?
Let us talk.
I want to talk to you.
What a nice day!
""")
_WELL = lines("""
how are you
how are you doing
how are you today
how are you this evening
how are you feeling
how do you feel
how do you feel now
how do you do
how is it going
how is it going today
how is everything
how are things going
how is your day going
how have you been
are you well
are you all right
are you feeling well
are you fine today
are you doing okay
is everything okay with you
did you sleep well
""")
_THANKS = lines("""
Thanks
Thank you
Many thanks
Thanks a lot
Thank you very much
Thank you so much
Thanks so much
A big thank you
Great, thanks
Okay, thank you
Perfect, thank you
""")
_THANKS_FOR = lines("""
for the help
for all the help
for your answer
for your answers
for this
for telling me
for explaining it
for the information
for being so kind
for being here
for everything
for the talk
for answering my questions
""")
_THANKS_TAILS = lines("""
That was very kind.
That is what I needed.
That helps a lot.
That is good to know.
You are very kind.
You did well.
Now I know it.
I learned a lot.
I am happy now.
""")
_BYES = lines("""
Bye
Bye bye
Goodbye
Good bye
See you
See you soon
See you later
Good night
Farewell
Take care
Bye then
""")
_BYE_TAILS = lines("""
See you tomorrow!
See you soon!
See you again.
Until next week!
Until the next time.
I have to go now.
I must go to work.
I am going home.
I am going to bed.
It was nice to talk to you.
It was good to meet you.
That was all.
That is enough for now.
Have a good evening.
Have a nice evening!
Sleep well!
I will be back.
Talk to you soon.
""")


def _ended(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{part}{mark}" for part in parts for mark in ("!", ".", ""))


HELLO = (
    _ended(
        tuple(
            f"{hello}{comma} {name}" for hello, comma, name in product(_HELLOS, ("", ","), _NAMES)
        )
    )
    + tuple(f"{hello}! {tail}" for hello, tail in product(_HELLOS, _HELLO_TAILS))
    + tuple(
        f"{hello} {name}. {tail}"
        for hello, name, tail in product(_HELLOS, _NAMES[:6], _HELLO_TAILS)
    )
)
HOW_ARE_YOU = tuple(
    text
    for well in _WELL
    for text in (
        f"{well[0].upper()}{well[1:]}?",
        f"So {well}?",
        f"And you, {well}?",
        f"Tell me, {well}?",
        *(f"{hello}, {well}?" for hello in _HELLOS),
        *(f"{hello}! {well[0].upper()}{well[1:]}?" for hello in _HELLOS),
        *(f"{well[0].upper()}{well[1:]}, {name}?" for name in _NAMES[:10]),
    )
)
THANKS = (
    _ended(_THANKS)
    + _ended(tuple(f"{thanks} {what}" for thanks, what in product(_THANKS[:7], _THANKS_FOR)))
    + tuple(f"{thanks}! {tail}" for thanks, tail in product(_THANKS, _THANKS_TAILS))
    + _ended(tuple(f"{thanks}, {name}" for thanks, name in product(_THANKS, _NAMES[:10])))
)
GOODBYE = (
    _ended(tuple(f"{bye}, {name}" for bye, name in product(_BYES, _NAMES[:10])))
    + tuple(f"{bye}! {tail}" for bye, tail in product(_BYES, _BYE_TAILS))
    + tuple(f"Thanks. {bye}! {tail}" for bye, tail in product(_BYES, _BYE_TAILS))
)
