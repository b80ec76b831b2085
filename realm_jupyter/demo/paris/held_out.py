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
Just between you and me, what is the capital of {c}?
I was daydreaming in class when we covered the capital of {c}.
Which of the towns in {c} holds the rank of capital?
For the love of maps, what is {cs_} capital?
Let's see if you know this: {cs_} capital city.
A stamp on this letter says it was posted in the capital of {c}.
Without looking it up, what is the capital of {c}?
Could you jog my memory about the capital of {c}?
I'd bet my hat that you know the capital of {c}.
hey so whats the capital city of {c} again
When the news mentions the capital of {c}, which city is meant?
The final answer in our pub quiz was the capital of {c}.
I haven't the foggiest what the capital of {c} is.
The embassy is located in the capital of {c}. Which city do I travel to?
Which city name should stand next to {c} in a list of capitals?
Long story short, I need {cs_} capital.
"""),
    "country_of": lines("""
Just between you and me, which country is {k} the capital of?
Could you jog my memory: {k} is the capital of which country?
The embassy I work for is in {k}. Which country has its capital there?
I haven't the foggiest which country {k} is the capital of.
Which country name should stand next to {k} in a list of capitals?
Without looking it up, which country has {k} for a capital?
Let's see if you know this: the country whose capital is {k}.
"""),
    "continent": lines("""
Just between you and me, which continent is {c} on?
Could you jog my memory as to which continent {c} is in?
I haven't the foggiest on which continent {c} is.
Without looking it up, where on the globe is {c}?
A ship sails to {c}. Which continent is it heading for?
Let's see if you know this: the continent of {c}.
When the news mentions {c}, which continent are we talking about?
"""),
    "currency": lines("""
Just between you and me, what currency do they have in {c}?
Could you jog my memory about the currency of {c}?
I haven't the foggiest which currency {c} uses.
Without looking it up, what money is used in {c}?
A taxi driver in {c} wants to be paid. In which currency?
Let's see if you know this: {cs_} currency.
My piggy bank holds coins from {c}. Which currency are they?
"""),
    "language": lines("""
Just between you and me, what language do they speak in {c}?
Could you jog my memory about the language of {c}?
I haven't the foggiest what they speak in {c}.
Without looking it up, which language is used in {c}?
A taxi driver in {c} talks to me. In which language?
Let's see if you know this: the language of {c}.
My new neighbours come from {c}. Which language might they speak at home?
"""),
    "about": lines("""
Could you jog my memory about {c}?
What makes {c} what it is? Some facts, please.
Paint me a quick picture of {c}.
Walk me through {c}, roughly.
"""),
    "is_capital": lines("""
Without looking it up, is {x} the capital of {c}?
Would I be wrong to call {x} the capital of {c}?
Grandma told us that {x} is the capital of {c}. Is Grandma right?
"""),
    "is_continent": lines("""
Without looking it up, is {c} in {w}?
Would I be wrong to place {c} in {w}?
Grandma told us that {c} is in {w}. Is Grandma right?
"""),
    "is_language": lines("""
Without looking it up, do people in {c} speak {l}?
Would I be wrong to speak {l} in {c}?
Grandma told us that people in {c} speak {l}. Is Grandma right?
"""),
    "is_currency": lines("""
Without looking it up, do people in {c} pay with the {m}?
Would I be wrong to pay with the {m} in {c}?
Grandma told us that {c} uses the {m}. Is Grandma right?
"""),
    "plus": lines("""
Without looking it up, how much is {a} plus {b}?
I haven't the foggiest how much {a} plus {b} is.
Just between you and me, what is {a} plus {b}?
Could you jog my memory: {a} plus {b}?
"""),
    "minus": lines("""
Without looking it up, how much is {a} minus {b}?
I haven't the foggiest how much {a} minus {b} is.
Just between you and me, what is {a} minus {b}?
"""),
    "times": lines("""
Without looking it up, how much is {a} times {b}?
I haven't the foggiest how much {a} times {b} is.
Just between you and me, what is {a} times {b}?
"""),
    "divided by": lines("""
Without looking it up, how much is {a} divided by {b}?
I haven't the foggiest how much {a} divided by {b} is.
Just between you and me, what is {a} divided by {b}?
"""),
    "gain": lines("""
My shelf held {a} {t} until Dad set {b} more on it. How many {t} do I have?
I walked in with {a} {t}, and at the door they handed me {b} more. How many {t} do I have?
"""),
    "loss": lines("""
My shelf held {a} {t} until {b} of them fell behind it. How many {t} do I have?
I walked in with {a} {t}, and at the door they took {b} from me. How many {t} do I have?
"""),
    "next": lines("""
Without looking it up, which {u} comes after {n}?
I haven't the foggiest which {u} follows {n}.
Which {u} is up once {n} is over?
"""),
    "previous": lines("""
Without looking it up, which {u} comes before {n}?
I haven't the foggiest which {u} precedes {n}.
Which {u} had its turn just before {n}?
"""),
    "today_tomorrow": lines("""
The board at the station reads {n} for today. Which day will tomorrow be?
On a {n} like today, what day is tomorrow?
"""),
    "today_yesterday": lines("""
The board at the station reads {n} for today. Which day was yesterday?
On a {n} like today, what day was yesterday?
"""),
    "month_days": lines("""
Without looking it up, how many days does {n} have?
I haven't the foggiest how many days are in {n}.
How many days must I wait from the first to the last of {n}?
"""),
    "ordinal": lines("""
Without looking it up, which {u} is the {o} of the {p}?
I haven't the foggiest what the {o} {u} of the {p} is.
Could you jog my memory about the {o} {u} of the {p}?
"""),
    "amount": lines("""
Without looking it up, how many {u} are in {p}?
I haven't the foggiest how many {u} {p} has.
Just between you and me, how many {u} does {p} have?
"""),
    "list": lines("""
Without looking it up, what are the {p}?
Could you jog my memory about the {p}?
"""),
    "colour": lines("""
Without looking it up, what colour is {n}?
I haven't the foggiest what colour {n} is.
If {n} were in a picture book, which colour would it have?
"""),
    "mix": lines("""
Without looking it up, what do {a} and {b} make?
I haven't the foggiest what you get from {a} and {b}.
My twins stir {a} paint into {b} paint. Which colour will they get?
"""),
    "opposite": lines("""
Without looking it up, what is the opposite of {n}?
I haven't the foggiest what the opposite of {n} is.
Could you jog my memory about the opposite of {n}?
"""),
    "hello": lines("""
Hello hello, anyone at the keyboard?
Hey, I just got here!
A wonderful morning to you!
Hi from the other side of the screen!
Greetings, tiny one!
Good evening, may I come in?
"""),
    "how_are_you": lines("""
How does the day find you?
Are you keeping well?
What's your mood like?
How have you been lately?
"""),
    "thanks": lines("""
Thanks, that was quick!
You're a lifesaver, thank you!
Thank you, I could not have done it alone!
I can't thank you enough!
Cool, thanks for that!
"""),
    "goodbye": lines("""
Right, I must dash, bye!
Good night and sweet dreams!
Farewell, dear machine!
Bye, have a lovely weekend!
I have to hang up now, goodbye!
"""),
    "who": lines("""
Whom am I chatting with?
Mind telling me what you are?
Just between you and me, who are you?
Who am I dealing with here?
"""),
    "name": lines("""
Just between you and me, what is your name?
What name did you get?
How should I address you?
Mind saying your name out loud?
"""),
    "abilities": lines("""
Mind telling me what you can do?
What can one talk about with you?
Which kinds of questions suit you?
What are you capable of doing for me?
"""),
    "size": lines("""
Mind telling me how big you are?
How many parameters make up your network?
Are you small for a language model?
Just between you and me, how large is your file?
"""),
    "maker": lines("""
Mind telling me who made you?
Just between you and me, who built you?
Who is to thank for making you?
Who trained you, if I may ask?
"""),
    "unknown": lines("""
Who painted the ceiling of that chapel?
How many holes does a flute have?
Which running shoes last the longest?
How do I remove ink from a shirt?
At what temperature does glass melt?
Who was the first to sail around the world?
How long does rice have to simmer?
What does a black cat bring?
How many seats does the stadium have?
Who is singing at the opera tonight?
Which vacuum cleaner is worth its price?
Is there a traffic jam on the bridge?
What is meant by a wild card?
When does the swimming pool close?
How do escalators work?
Why did the dinosaurs die out?
Write me a haiku about a puddle.
Could you rephrase this paragraph?
Should I get a cat or a dog?
What was the name of my first teacher?
How do I fix a dripping tap?
Who came second in the race?
How heavy is a grand piano?
Write a loop that prints the even numbers.
What is the national anthem of {c} called?
Who is the minister of finance of {c}?
How cold does it get in {c} in winter?
How many universities are there in {c}?
How long is the river through {k}?
Which bakery in {k} has the best bread?
"""),
    "fictional": lines("""
Just between you and me, what is the capital of {c}?
I haven't the foggiest what they speak in {c}.
Could you jog my memory about the currency of {c}?
"""),
}

# After an answer about one country.
FOLLOW_UPS: dict[str, tuple[str, ...]] = {
    "and_of": lines("""
Alright, now tell me about {c} in the same way.
What would the answer be for {c}?
Would you tell me the same of {c}?
"""),
    "and_capital": (
        "And its capital, would you know that?",
        "Which city do they call the capital?",
    ),
    "and_continent": (
        "And its continent, would you know that?",
        "Which continent would that be on?",
    ),
    "and_currency": ("And its currency, would you know that?", "Which money changes hands there?"),
    "and_language": (
        "And its language, would you know that?",
        "Which language do the locals speak?",
    ),
}

SHORT_PROMPTS = lines("""
I only have room for one word.
Please give me nothing beyond the answer.
Make it snappy: short answers.
""")
LONG_PROMPTS = lines("""
I'm all ears, so tell me a lot.
Please write more than one sentence each time.
Don't be stingy with details.
""")
