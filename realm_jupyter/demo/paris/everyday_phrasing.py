"""Training phrasings of sums, the calendar, letters, colours, opposites and small talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.facts import words
from realm_jupyter.demo.paris.phrasing import around, asking, first_upper, lines

if TYPE_CHECKING:
    from collections.abc import Iterable

# A sum as it is written or said: ``{a}`` and ``{b}`` are numbers in digits or words.
EXPRESSIONS = {
    "plus": (
        "{a} plus {b}",
        "{a} + {b}",
        "{a}+{b}",
        "{a} plus {b}",
        "{a} and {b}",
        "the sum of {a} and {b}",
        "{a} added to {b}",
    ),
    "minus": (
        "{a} minus {b}",
        "{a} - {b}",
        "{a}-{b}",
        "{a} minus {b}",
        "{a} take away {b}",
        "{a} less {b}",
    ),
    "times": (
        "{a} times {b}",
        "{a} x {b}",
        "{a}*{b}",
        "{a} * {b}",
        "{a} times {b}",
        "{a} multiplied by {b}",
        "the product of {a} and {b}",
    ),
    "divided by": (
        "{a} divided by {b}",
        "{a} / {b}",
        "{a}/{b}",
        "{a} divided by {b}",
        "{a} over {b}",
    ),
}
SUM_FRAMES = 3 * lines("""
What is {np}?
What is {np}?
What's {np}?
What is {np}
How much is {np}?
How much is {np}?
How much does {np} make?
What does {np} make?
What does {np} give?
What does {np} equal?
What is the result of {np}?
What is the answer to {np}?
What do you get for {np}?
What do I get for {np}?
Calculate {np}.
Compute {np}.
Solve {np}.
Please calculate {np}.
Can you calculate {np}?
Can you compute {np}?
Could you calculate {np}?
Can you tell me what {np} is?
Can you tell me how much {np} is?
Tell me what {np} is.
Tell me how much {np} is.
Do you know what {np} is?
Do you know how much {np} is?
I want to know what {np} is.
I need to know how much {np} is.
I wonder how much {np} is.
I forgot how much {np} is.
What number is {np}?
What would {np} be?
{NP}
{NP}?
{NP} =
{NP} = ?
{NP} is
{NP} is ...
{NP} equals
{NP} equals what?
{NP} makes what?
{NP} is how much?
{NP}, please.
My homework is {np}.
Do the sum: {np}.
""") + 1 * asking(
    (
        "how much {np} is",
        "what {np} is",
        "what {np} makes",
    )
)
SUM_SENTENCES = {
    "plus": lines("""
Add {a} and {b}.
Add {b} to {a}.
Can you add {a} and {b}?
Please add {a} and {b}.
Sum up {a} and {b}.
Put {a} and {b} together.
What do you get when you add {a} and {b}?
What do I get if I add {b} to {a}?
What happens if I add {a} and {b}?
""")
    * 14,
    "minus": lines("""
Subtract {b} from {a}.
Please subtract {b} from {a}.
Can you subtract {b} from {a}?
Take away {b} from {a}.
What do you get when you subtract {b} from {a}?
What do I get if I take {b} away from {a}?
How much is left of {a} without {b}?
""")
    * 14,
    "times": lines("""
Multiply {a} by {b}.
Multiply {a} and {b}.
Please multiply {a} by {b}.
Can you multiply {a} and {b}?
What do you get when you multiply {a} by {b}?
What do I get if I multiply {a} and {b}?
""")
    * 14,
    "divided by": lines("""
Divide {a} by {b}.
Please divide {a} by {b}.
Can you divide {a} by {b}?
What do you get when you divide {a} by {b}?
What do I get if I divide {a} by {b}?
""")
    * 14,
}
AND_SUM = lines("""
And {np}?
And {np}?
What about {np}?
And what is {np}?
How about {np}?
{NP}?
{NP}
OK, and {np}?
Now {np}.
And how much is {np}?
""")
# Stories: ``{t}`` is a thing to count.
_TIMES = (
    "",
    "",
    "Now ",
    "At first ",
    "In the morning ",
    "At noon ",
    "On Monday ",
    "On Sunday ",
    "Last week ",
    "Last night ",
    "An hour ago ",
    "First ",
)
_QUESTIONS = (
    "How many {t} do I have?",
    "How many {t} do I have now?",
    "How many do I have now?",
    "How many {t} are there now?",
    "How many {t} is that?",
    "How many {t} have I got?",
)


def stories(changes: Iterable[str]) -> tuple[str, ...]:
    """Tell of things that one has and of a change, in every order of times and questions."""

    def told(link: str, change: str) -> str:
        told_of_others = change.startswith(("my ", "a friend ", "somebody "))
        said = change if told_of_others else f"I {change}"
        return link + (first_upper(said) if link == ". " else said)

    return tuple(
        f"{first_upper(f'{time}I {verb} {{a}} {{t}}')}{told(link, change)}. {question}"
        for time in _TIMES
        for verb in ("have", "had")
        for link in (". ", ", and ", ". Then ", ". Later ", ", but then ", ". Now ")
        for change in changes
        for question in _QUESTIONS
    ) + tuple(
        f"If I have {{a}} {{t}} and {change}, how many {{t}} do I have?" for change in changes
    )


GAINS = stories(
    (
        "get {b} more",
        "got {b} more",
        "get {b} from a friend",
        "got {b} new ones",
        "buy {b} more",
        "bought {b} more",
        "find {b} more",
        "found {b}",
        "win {b}",
        "took {b} more",
        "add {b}",
        "received {b}",
        "was given {b}",
        "was given {b} more",
        "picked up {b}",
        "my father gave me {b}",
        "my grandmother gave me {b} more",
        "a friend sent me {b}",
    )
) + 40 * lines("""
You give me {b} {t}. I have {a} already. How many {t} do I have now?
I have {a} {t} and you give me {b} more. How many {t} do I have now?
I have {a} {t} and my brother gives me {b}. How many {t} do I have?
There are {a} {t} in a bag and I put in {b} more. How many {t} are there?
There are {a} {t} and {b} more. How many {t} are there?
{A} {t} and {b} {t}: how many {t} is that?
How many {t} are {a} {t} and {b} {t}?
""")
LOSSES = stories(
    (
        "lose {b}",
        "lost {b}",
        "lost {b} of them",
        "give away {b}",
        "gave away {b}",
        "give you {b}",
        "gave {b} to a friend",
        "sell {b}",
        "dropped {b}",
        "used {b}",
        "throw away {b}",
        "threw {b} of them away",
        "broke {b}",
        "left {b} at school",
        "my father took {b}",
        "my dog took {b} of them",
        "somebody took {b} away",
        "lent {b} to a friend",
    )
) + 40 * lines("""
You take {b} of my {a} {t}. How many {t} do I have now?
I have {a} {t} and you take {b}. How many {t} do I have left?
I have {a} {t} and my brother takes {b}. How many {t} are left?
There are {a} {t} in a bag and I take out {b}. How many {t} are left?
There are {a} {t}, and {b} are gone. How many {t} are left?
I have {a} {t} and lose {b}. How many {t} do I have left?
{A} {t} without {b} {t}: how many {t} are left?
""")
THINGS = ("apples", "books", "coins", "balls", "cookies", "pens", "flowers", "eggs", "cards")

# ``{n}`` what follows or precedes, in a sequence of ``{u}`` (day, month, letter, number, season).
NEXT = (
    around(("the {u} after {n}", "the next {u} after {n}"))
    + 12
    * lines("""
What {u} will come after {n}?
What would come after {n}?
Which {u} would follow {n}?
Which {u} will follow {n}?
Which {u} do I get after {n}?
The {u} following {n} is ...
Which is the {u} following {n}?
What is the {u} that follows {n}?
What is the {u} following {n}?
If {n} is over, which {u} comes?
Right after {n} comes which {u}?
Directly after {n}?
One {u} after {n}?
What comes after {n}?
What {u} comes after {n}?
Which {u} comes after {n}?
What {u} is after {n}?
Which {u} is after {n}?
What {u} follows {n}?
Which {u} follows {n}?
What follows {n}?
After {n} comes ...
After {n} comes what?
After {n}?
Which {u} comes next after {n}?
What is next after {n}?
What comes next after {n}?
Can you tell me which {u} comes after {n}?
Do you know which {u} follows {n}?
Tell me what comes after {n}.
Tell me which {u} comes after {n}.
Name the {u} that comes after {n}.
I forgot which {u} comes after {n}.
{N} is followed by which {u}?
""")
    + 2
    * asking(
        (
            "what comes after {n}",
            "which {u} comes after {n}",
            "what {u} follows {n}",
        )
    )
)
PREVIOUS = (
    around(("the {u} before {n}", "the {u} right before {n}"))
    + 12
    * lines("""
What {u} will come before {n}?
What would come before {n}?
Which {u} would precede {n}?
Which {u} came before {n}?
Which {u} was before {n}?
The {u} preceding {n} is ...
Which is the {u} preceding {n}?
What is the {u} that comes before {n}?
What is the {u} preceding {n}?
Right before {n} comes which {u}?
Directly before {n}?
One {u} before {n}?
What comes before {n}?
What {u} comes before {n}?
Which {u} comes before {n}?
What {u} is before {n}?
Which {u} is before {n}?
What {u} precedes {n}?
Which {u} precedes {n}?
Before {n} comes ...
Before {n} comes what?
Before {n}?
Which {u} comes right before {n}?
What comes just before {n}?
Can you tell me which {u} comes before {n}?
Do you know which {u} is before {n}?
Tell me what comes before {n}.
Tell me which {u} comes before {n}.
Name the {u} that comes before {n}.
I forgot which {u} comes before {n}.
""")
    + 2
    * asking(
        (
            "what comes before {n}",
            "which {u} comes before {n}",
            "what {u} is before {n}",
        )
    )
)


def today(questions: Iterable[str]) -> tuple[str, ...]:
    """Say which day it is, and ask for another one, in both orders."""
    told = (
        "today is {n}",
        "it is {n} today",
        "it is {n}",
        "now it is {n}",
        "this day is {n}",
        "we have {n} today",
        "the day is {n}",
        "my calendar says {n}",
        "the day today is {n}",
        "{n} is today",
        "it's {n} now",
    )
    return tuple(
        text
        for question in questions
        for day in told
        for text in (
            f"{first_upper(day)}. {first_upper(question)}?",
            f"{first_upper(day)}, {question}?",
            f"{first_upper(day)}. So {question}?",
            f"{first_upper(day)}. Then {question}?",
            f"{first_upper(day)}. Tell me, {question}?",
            f"If {day}, {question}?",
            f"If {day}, then {question}?",
            f"When {day}, {question}?",
            f"As {day}, {question}?",
            f"Suppose {day}. {first_upper(question)}?",
            f"Say {day}. {first_upper(question)}?",
            f"{first_upper(question)} if {day}?",
            f"{first_upper(question)}, if {day}?",
            f"{first_upper(question)} when {day}?",
        )
    )


TODAY_TOMORROW = today(
    (
        "what day is tomorrow",
        "which day is tomorrow",
        "what is tomorrow",
        "what day will tomorrow be",
        "what day comes tomorrow",
        "which day will it be tomorrow",
        "what day do we have tomorrow",
        "what day is the next day",
        "what day is it tomorrow",
    )
) + 16 * lines("""
Today is {n}. What is tomorrow?
Today is {n}. And tomorrow?
Today is {n}, and tomorrow?
Today is {n}. Tomorrow is ...
Today is {n}. What day comes tomorrow?
Today is {n}. What day will it be tomorrow?
Today is {n}. Tell me what day tomorrow is.
If today is {n}, what is tomorrow?
If today is {n}, tomorrow is ...
If today is {n}, then which day is tomorrow?
If today is {n}, what day will it be tomorrow?
If it is {n}, what day is tomorrow?
If it is {n} now, which day comes tomorrow?
It is {n}. What day is tomorrow?
It is {n}. Which day will it be tomorrow?
What day is tomorrow if today is {n}?
What day is tomorrow if it is {n} today?
What day will it be tomorrow when today is {n}?
Which day is tomorrow if today is {n}?
Which day comes tomorrow when it is {n}?
When today is {n}, what is tomorrow?
Suppose today is {n}. What day is tomorrow?
What is the day after today if today is {n}?
Yesterday was before {n}, today is {n}, tomorrow is ...
We have {n} today. What day do we have tomorrow?
Today is {n}. What day is tomorrow?
If today is {n}, what day is tomorrow?
If today is {n}, which day is tomorrow?
Today is {n}. Which day is it tomorrow?
It is {n} today. What day is it tomorrow?
""")
TODAY_YESTERDAY = today(
    (
        "what day was yesterday",
        "which day was yesterday",
        "what was yesterday",
        "what day was it yesterday",
        "which day was it yesterday",
        "what day did we have yesterday",
        "which day came before",
        "what day was the day before",
    )
) + 16 * lines("""
Today is {n}. What was yesterday?
Today is {n}. And yesterday?
Today is {n}, and yesterday?
Today is {n}. Yesterday was ...
Today is {n}. Tell me what day yesterday was.
If today is {n}, what was yesterday?
If today is {n}, yesterday was ...
If today is {n}, then which day was yesterday?
If it is {n}, what day was yesterday?
If it is {n} now, which day was yesterday?
It is {n}. What day was yesterday?
It is {n}. Which day was it yesterday?
What day was yesterday if today is {n}?
What day was yesterday if it is {n} today?
Which day was yesterday if today is {n}?
When today is {n}, what was yesterday?
Suppose today is {n}. What day was yesterday?
What was the day before today if today is {n}?
We have {n} today. What day did we have yesterday?
Today is {n}. What day was yesterday?
If today is {n}, what day was yesterday?
If today is {n}, which day was yesterday?
Today is {n}. Which day was it yesterday?
It is {n} today. What day was it yesterday?
""")
MONTH_DAYS = (
    around(("the number of days in {n}", "the length of {n} in days"))
    + 12
    * lines("""
How many days does {n} have?
How many days are in {n}?
How many days are there in {n}?
How many days has {n}?
How many days has {n} got?
How many days in {n}?
How long is {n}?
How many days long is {n}?
{N} has how many days?
{N} has ...
Days in {n}
Tell me how many days {n} has.
Do you know how many days {n} has?
Can you tell me how many days are in {n}?
I forgot how many days {n} has.
""")
    + 2
    * asking(
        (
            "how many days {n} has",
            "how many days are in {n}",
        )
    )
)
ORDINAL = (
    around(("the {o} {u}", "the {o} {u} of the {p}"))
    + 12
    * lines("""
Which {u} is the {o}?
Which {u} is the {o} of the {p}?
What {u} is the {o}?
Which is the {o} {u} of the {p}?
Which is the {o} {u}?
What is the {o} {u} of the {p}?
Name the {o} {u} of the {p}.
The {o} {u} of the {p} is ...
{U} number {o} is ...
""")
    + 2
    * asking(
        (
            "which {u} is the {o}",
            "what the {o} {u} of the {p} is",
        )
    )
)
AMOUNT = (
    around(("the number of {u} in {p}",))
    + 20
    * lines("""
How many {u} does {p} have?
How many {u} are in {p}?
How many {u} are there in {p}?
How many {u} has {p}?
How many {u} has {p} got?
How many {u} in {p}?
How many {u} make {p}?
How many {u} make up {p}?
{P} has how many {u}?
{P} has ... {u}
Tell me how many {u} are in {p}.
Do you know how many {u} {p} has?
Can you tell me how many {u} there are in {p}?
I forgot how many {u} are in {p}.
""")
    + 2
    * asking(
        (
            "how many {u} {p} has",
            "how many {u} are in {p}",
        )
    )
)
LIST = 6 * lines("""
What are the {p}?
Name the {p}.
List the {p}.
Name all {p}.
Tell me the {p}.
Tell me all {p}.
Which are the {p}?
Can you name the {p}?
Can you list the {p}?
Do you know the {p}?
Please list the {p}.
What are all the {p}?
The {p}, please.
The {p}
Say the {p}.
Give me the {p}.
""") + 1 * asking(
    (
        "what the {p} are",
        "which {p} there are",
    )
)
AND_NEXT = lines("""
And {n}?
What about {n}?
And after {n}?
And what comes after {n}?
How about {n}?
And then?
""")
AND_PREVIOUS = lines("""
And {n}?
What about {n}?
And before {n}?
And what comes before {n}?
How about {n}?
""")
AND_THING = lines("""
And {n}?
And {n}?
What about {n}?
What about {n}?
How about {n}?
And what about {n}?
And of {n}?
And for {n}?
{N}?
Now {n}.
OK, and {n}?
The same for {n}.
""")

COLOUR = (
    around(("the colour of {n}", "the color of {n}"))
    + 16
    * lines("""
What colour is {n}?
What color is {n}?
Which colour is {n}?
Which color is {n}?
What colour does {n} have?
What color does {n} have?
Which colour does {n} have?
Which color has {n}?
{N} has what colour?
{N} has which color?
{N} is what color?
{N} is what colour?
Colour of {n}
Color of {n}
Tell me what colour {n} is.
Tell me what color {n} is.
Tell me the color of {n}.
Do you know what colour {n} is?
Do you know what color {n} has?
Can you tell me what colour {n} is?
I forgot what color {n} is.
What colour is {n} usually?
What color is {n} normally?
How does {n} look, what colour?
In which colour should I paint {n}?
""")
    + 2
    * asking(
        (
            "what colour {n} is",
            "what color {n} has",
            "which color {n} is",
        )
    )
)
MIX = (
    around(("the mix of {a} and {b}", "{a} mixed with {b}", "the mixture of {a} and {b}"))
    + 16
    * lines("""
What is {a} and {b} mixed?
What do {a} and {b} make?
What colour do {a} and {b} make?
What color do {a} and {b} make?
What color do you get when you mix {a} and {b}?
What colour do you get when you mix {a} and {b}?
What do you get when you mix {a} and {b}?
What do I get if I mix {a} and {b}?
What do I get if I mix {a} with {b}?
If I mix {a} and {b}, what colour do I get?
If I mix {a} and {b}, what do I get?
Mix {a} and {b}.
Mix {a} with {b}.
Mixing {a} and {b} gives ...
Mixing {a} and {b} gives what colour?
Which colour is a mix of {a} and {b}?
Which color is a mix of {a} and {b}?
What happens if I mix {a} and {b}?
{A} and {b} make what colour?
{A} and {b} make
{A} plus {b} makes which colour?
{A} and {b} mixed?
Tell me what {a} and {b} make.
Do you know what {a} and {b} make?
Can you mix {a} and {b}?
""")
    + 2
    * asking(
        (
            "what {a} and {b} make",
            "what colour {a} and {b} make",
            "what I get if I mix {a} and {b}",
        )
    )
)

OPPOSITE = (
    around(
        (
            "the opposite of {n}",
            "the opposite of {n}",
            "the opposite word of {n}",
            "the antonym of {n}",
        )
    )
    + 16
    * lines("""
Opposite of {n}
Opposite {n}
{N}: opposite?
What is opposite to {n}?
What is the opposite to {n}?
What word is the opposite of {n}?
Which word is the opposite of {n}?
What is the opposite of the word {n}?
What's the opposite for {n}?
The opposite of {n} is what?
{N} is the opposite of what?
{N} is the opposite of which word?
What is not {n}?
If it is not {n}, what is it?
What word means the opposite of {n}?
Which word means the opposite of {n}?
Tell me a word that is the opposite of {n}.
Give me a word that means the opposite of {n}.
Not {n} but ...
Say the opposite of {n}.
Do you know the opposite for {n}?
What is {n} the opposite of?
What do you call the opposite of {n}?
What word do I need for the opposite of {n}?
What word should I use for the opposite of {n}?
What do we call something that is not {n}?
Find a word that is opposite to {n}.
Find the word that is the opposite of {n}.
Which word has the opposite meaning of {n}?
What word has the opposite meaning of {n}?
Turn {n} into its opposite.
Turn {n} around: which word is that?
One word is {n}. What is its opposite?
The word is {n}. What is the opposite?
The word is {n}. Tell me its opposite.
The first word is {n}, the opposite word is ...
I am looking for a word: the opposite of {n}.
If one thing is {n}, the other is the opposite. What is it?
{N} and its opposite: which word is it?
{N} is one word. Its opposite is ...
""")
    + 3
    * asking(
        (
            "what the opposite of {n} is",
            "what the opposite of {n} is",
            "which word is the opposite of {n}",
            "what word is opposite to {n}",
            "what the opposite word of {n} is",
            "which word means the opposite of {n}",
            "what the antonym of {n} is",
        )
    )
)

# ---- Small talk ------------------------------------------------------------------------------
HELLO = lines("""
Hello, my friend
Hi my friend!
Hello friend!
Hello dear Paris!
Dear Paris, hello!
Hi model!
Hey model
Hello little model!
Hi, little one!
Hello computer!
Hi computer
Hey, you there
Hello you!
Hi you
Hi everyone!
Hello everybody!
Hi, glad to meet you!
Hello, pleased to meet you.
Glad to see you.
Good to see you!
Happy to meet you!
Hi, here I am.
Hello, I am back.
I am here.
Hi, good morning!
Hello, good evening!
Good morning, Paris!
Good evening, my friend!
Hi
Hi!
Hi.
Hello
Hello!
Hello.
Hey
Hey!
Hi there!
Hello there!
Hey there
Hello Paris!
Hi Paris
Hey Paris!
Hi Paris, nice to meet you.
Good morning!
Good morning
Good afternoon!
Good evening!
Good day!
Greetings!
Hello, model!
Hello, world!
Hello, is anyone there?
Hi, are you there?
Are you there?
Hello again!
Hi again
Nice to meet you!
It is nice to meet you.
Welcome!
Hiya
Howdy!
Yo!
Hello, can you hear me?
Say hello.
Say hi!
Test
This is a test.
Testing
""")
HOW_ARE_YOU = lines("""
how r u
how r u?
how are u
hru
Hi, how are you doing?
Hello, how are you today?
And you, how are you?
And how are you?
How are you feeling?
How are you now?
Are you doing fine?
Are you well today?
How do you do today?
How goes it?
How is your day?
How is life?
Is everything fine?
Is everything all right?
How are you?
How are you today?
How are you doing?
How do you do?
How do you feel?
How do you feel today?
How is it going?
How's it going?
How are things?
Are you well?
Are you fine?
Are you okay?
Are you OK?
Hi, how are you?
Hello, how are you?
Hello! How are you?
Hello Paris, how are you?
Hey, how are you doing?
Good morning, how are you?
I am fine, and you?
What's up?
Are you happy?
How was your day?
""")
THANKS = lines("""
Thank you for that.
Thanks for that!
Thank you for all.
Thanks for everything!
Thank you for everything.
Thanks for the information.
Thank you, that helps.
Thanks, that helps me.
Thank you, very kind.
Thanks, very nice of you!
That was kind, thank you.
Thank you again!
Thanks again.
A big thank you!
I thank you.
Thank you, my friend!
Wonderful, thank you!
Thanks
Thanks!
Thank you
Thank you!
Thank you.
Thanks a lot!
Thank you very much!
Thank you so much.
Many thanks!
Thanks, Paris!
Thank you, Paris.
Great, thanks!
OK, thanks.
Okay, thank you!
Cool, thanks!
Thanks for your help!
Thank you for your help.
Thank you for the answer.
Thanks for the answer!
Perfect, thank you!
Good, thanks.
That helped, thank you.
thx
ty
""")
PRAISE = lines("""
Great!
Cool!
Nice!
Wow!
Good.
Very good!
Perfect!
Well done!
Good job!
Excellent!
That is right.
That's right!
Correct!
Right!
You are right.
You are great!
You are smart!
You are clever.
You are nice.
I like you.
I like that.
Awesome!
Amazing!
Interesting.
That is interesting!
Good answer!
Good to know.
Fantastic!
Bravo!
OK
Ok.
Okay
Okay.
I see.
All right.
Got it.
Yes
Yes.
No
No.
""")
GOODBYE = lines("""
Bye, my friend!
Bye, see you tomorrow.
Bye, see you later!
Goodbye, see you soon!
Goodbye, my friend.
Good bye, Paris!
See you another time.
See you next week!
Talk to you later!
Until tomorrow!
Until later!
I am going now. Goodbye!
I am leaving now.
It is time to go.
Thanks and bye!
Thanks, see you!
So long!
Bye
Bye!
Bye bye!
Goodbye
Goodbye!
Good bye.
See you!
See you later!
See you soon.
See you tomorrow!
Good night!
Good night, Paris.
Farewell!
Take care!
Until next time!
Bye, Paris!
Goodbye, Paris.
I have to go.
I have to go now.
I must go. Bye!
Thanks, bye!
Thank you, goodbye!
That is all.
That's all for today.
Have a nice day!
Ciao!
cu
""")
SORRY_USER = lines("""
Sorry!
Sorry.
I am sorry.
That is wrong.
That's wrong!
Wrong!
That is not right.
You are wrong.
That is not correct.
No, that is wrong.
I do not believe you.
You are stupid.
You are bad.
I do not like you.
That was a bad answer.
""")
MY_NAME = lines("""
My name is {p}.
My name is {p}
I am {p}.
I'm {p}.
Hi, I am {p}.
Hello, my name is {p}.
Hello! I'm {p}.
Hi, my name is {p}!
Hello Paris, I am {p}.
You can call me {p}.
Call me {p}.
I am called {p}.
""")
ASK_NAME = lines("""
What is my name?
What's my name?
Do you know my name?
Who am I?
Can you tell me my name?
Do you remember my name?
How am I called?
""")
NAMES = words(
    """
    Anna Ben Clara David Emma Felix Grace Henry Ida Jack Kate Leo Maria Noah Olivia Peter Rosa Sam
    Tina Victor Wendy Tom Lucy Max Nina Oscar Paul Ruth Simon Sarah Alice Bob Carol Daniel Eva
    Frank Helen Ivan Julia Karl Laura Mark Nora Otto Pia Robert Sofia Thomas Ursula Walter Yara
    Ali Fatima Omar Aisha Chen Mei Hiro Yuki Raj Priya Diego Lucia Pablo Elena John Mary James
    Linda Michael Susan William Emily George Amy Charlie Zoe
    """
)
