"""Training phrasings of questions about countries, and of what follows them.

Slots: ``{c}`` a country, ``{cs_}`` it as an owner, ``{k}`` a capital, ``{x}`` a capital that may
be the wrong one, ``{w}`` a continent, ``{l}`` a language, ``{m}`` a currency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.phrasing import around, asking, first_upper, lines

if TYPE_CHECKING:
    from collections.abc import Iterable

CAPITAL = (
    around(
        (
            "the capital of {c}",
            "the capital of {c}",
            "the capital city of {c}",
            "{cs_} capital",
            "{cs_} capital city",
            "the name of the capital of {c}",
        )
    )
    + 12
    * lines("""
What is the capital of {c}?
Which city is the capital of {c}?
What city is the capital of {c}?
Which city is {cs_} capital?
What city is {cs_} capital?
Which town is the capital of {c}?
Which city serves as the capital of {c}?
What is the capital called in {c}?
What is the capital of {c} called?
What is {cs_} capital called?
What do you call the capital of {c}?
What do people call the capital of {c}?
What capital does {c} have?
Which capital does {c} have?
{C} has which capital?
{C} has what capital?
What capital city does {c} have?
In {c}, what is the capital?
In {c}, which city is the capital?
The country is {c}. What is the capital?
The country is {c}. Name its capital.
I am going to {c}. What is the capital?
I live in {c}. What is the capital?
I was in {c} last year. What is its capital?
I like {c}. What is its capital?
I read about {c}. What is its capital?
We learn about {c} at school. Which city is the capital?
For {c}, what is the capital?
{C} capital
Capital of {c}
Capital {c}
Capital city {c}
Capital city of {c}
{C} capital city
{C}: capital?
{C}, capital?
Country: {c}. Capital:
The capital of {c} is which city?
The capital of {c} is called ...
{Cs_} capital is which city?
Do you know which city is the capital of {c}?
Do you know {cs_} capital city?
Can you tell me which city is the capital of {c}?
Could you tell me which city is {cs_} capital?
Tell me which city is the capital of {c}.
I wonder which city is the capital of {c}.
I want to know which city is {cs_} capital.
I do not know which city is the capital of {c}.
How is the capital of {c} called?
How do you call the capital city of {c}?
Does {c} have a capital?
Does {c} have a capital, and what is it called?
What's the capital city in {c}?
Which one is the capital of {c}?
Of all its cities, which is the capital of {c}?
Where is the capital of {c}?
Where is the government of {c}?
If I go to {c}, what is the capital there?
What is the most important city of {c}, its capital?
Which city should I name as the capital of {c}?
Guess the capital of {c}!
If I visit {c}, which city is the capital?
I travel to {c}. Which city is the capital there?
I am flying to {c}. What is its capital called?
I am flying to the capital of {c}. Which city is it?
Which city is called the capital of {c}?
Which place is the capital of {c}?
Which of its cities is the capital of {c}?
The president of {c} lives in the capital. Which city is it?
People in {c} call which city their capital?
As the capital, {c} has which city?
What is the name of {cs_} capital?
What is the name of {cs_} capital city?
What name has the capital of {c}?
Do you remember the capital of {c}?
""")
    + 3
    * asking(
        (
            "what the capital of {c} is",
            "which city is the capital of {c}",
            "what {cs_} capital is",
            "which city is {cs_} capital",
            "what the capital city of {c} is",
            "what the capital of {c} is called",
        )
    )
)

COUNTRY_OF = (
    6
    * lines("""
Which country has the capital {k}?
Which country has {k} as its capital?
What country has {k} as its capital?
What country has the capital {k}?
Which country has {k} as capital?
Which country has its capital in {k}?
{K} is the capital of which country?
{K} is the capital of what country?
{K} is the capital of what?
{K} is the capital of ...
{K} is the capital of
{K} is the capital city of which country?
{K} is which country's capital?
Of which country is {k} the capital?
Of what country is {k} the capital?
What country is {k} the capital of?
Which country is {k} the capital of?
What is {k} the capital of?
For which country is {k} the capital?
In which country is {k} the capital?
Whose capital is {k}?
Which country's capital is {k}?
What country's capital is {k}?
The capital of which country is {k}?
The capital of what country is {k}?
The capital is {k}. Which country is it?
The capital is {k}. What is the country?
{K} is the capital. What is the country?
Capital: {k}. Country:
Country with the capital {k}
Which nation has {k} as its capital?
Which state has {k} as its capital?
What nation is {k} the capital of?
Name the country whose capital is {k}.
Name the country that has {k} as its capital.
Tell me which country has {k} as its capital.
Tell me which country {k} is the capital of.
Tell me the country whose capital is {k}.
Do you know which country {k} is the capital of?
Do you know which country has the capital {k}?
Can you tell me which country has {k} as its capital?
Can you tell me what country {k} is the capital of?
Could you tell me what {k} is the capital of?
I want to know which country has the capital {k}.
I want to know what {k} is the capital of.
I wonder which country {k} is the capital of.
I forgot which country has {k} as its capital.
I know that {k} is a capital, but of which country?
I am looking for the country whose capital is {k}.
{K} serves as the capital of which country?
{K}, the capital of which country?
To which country does {k} belong?
Which country does {k} belong to?
{K} belongs to which country?
I was in {k}, the capital of which country?
Guess which country has the capital {k}!
The city of {k} is the capital of what?
The city {k} is the capital of which country?
The city {k} is the capital of what nation?
Of what nation is the city of {k} the capital?
The capital city {k} is in which country?
In what nation is {k} the capital?
In which state is {k} the capital?
Which nation's capital is {k}?
Which nation has the capital {k}?
Which nation is {k} the capital of?
What state is {k} the capital of?
{K} is the capital of which nation?
{K} is the capital of which state?
{K} is the capital city of what nation?
{K} is the seat of government of which country?
{K} is a capital. Name the country.
{K} is a capital. Of what country is it?
{K} is a capital city, but of which country?
{K} is a capital. Whose?
{K}, a capital of which country?
If {k} is the capital, which country is it?
If I am in the capital and it is {k}, in which country am I?
Name the nation with the capital {k}.
Find the country with the capital {k}.
Which land has {k} as its capital?
Which government sits in {k}, its capital?
I am in {k}. Of which country is this the capital?
""")
    + 3
    * lines("""
Where is {k}?
Where is {k}?
Where is {k} located?
Where does {k} lie?
Where is the city of {k}?
Where can I find {k}?
In which country is {k}?
In which country does {k} lie?
In what country is {k}?
What country is {k} in?
Which country is {k} in?
{K} is in which country?
{K} is in what country?
Tell me where {k} is.
Do you know where {k} is?
Can you tell me which country {k} is in?
What is {k}?
Tell me about {k}.
What do you know about {k}?
I am going to {k}. Which country is that?
{K}
{K}?
""")
    + 1
    * asking(
        (
            "which country has the capital {k}",
            "which country has {k} as its capital",
            "which country {k} is the capital of",
            "of which country {k} is the capital",
            "what {k} is the capital of",
            "what country {k} is in",
            "which country {k} belongs to",
            "where {k} is",
        )
    )
)

CONTINENT = (
    around(("the continent of {c}", "{cs_} continent"))
    + 6
    * lines("""
Which continent is {c} in?
Which continent is {c} on?
What continent is {c} in?
What continent is {c} on?
What continent is {c}?
On which continent is {c}?
On what continent is {c}?
In which continent is {c}?
In what continent is {c}?
On which continent does {c} lie?
On which continent can I find {c}?
Where is {c}?
Where is {c}?
Where's {c}?
Where is {c} located?
Where in the world is {c}?
Where on Earth is {c}?
Where does {c} lie?
Where can I find {c}?
Where is the country {c}?
Which continent does {c} belong to?
What continent does {c} belong to?
To which continent does {c} belong?
In what part of the world is {c}?
In which part of the world is {c}?
What part of the world is {c} in?
{C} is in which continent?
{C} is on which continent?
{C} is on what continent?
{C} belongs to which continent?
{C} lies on which continent?
{C} is in ...
{C} continent
Continent of {c}
Continent {c}
{C}: continent?
Country: {c}. Continent:
Tell me where {c} is.
Tell me which continent {c} is in.
Tell me on which continent {c} is.
Do you know where {c} is?
Do you know which continent {c} is on?
Can you tell me where {c} is?
Can you tell me what continent {c} is in?
Could you tell me which continent {c} belongs to?
I want to know which continent {c} is in.
I want to know where {c} is.
I wonder which continent {c} belongs to.
I forgot on which continent {c} is.
I do not know where {c} is.
I am going to {c}. Which continent is that?
I live in {c}. On which continent do I live?
Which continent has {c}?
Which continent is home to {c}?
Name the continent of {c}.
The country is {c}. What is the continent?
Is {c} in Africa, Asia or Europe?
Is {c} in Europe, in America or in Oceania?
Guess the continent of {c}!
Which continent do I go to when I visit {c}?
I travel to {c}. Which continent is it on?
I am flying to {c}. What continent is that?
If I go to {c}, which continent am I on?
If I am in {c}, on what continent am I?
On the map, which continent is {c} on?
On the globe, where is {c}?
What continent do I find {c} on?
{C} lies in which part of the world?
{C} is part of what continent?
{C} is a country on which continent?
{C} is located on which continent?
In which continent does {c} lie?
""")
    + 2
    * asking(
        (
            "which continent {c} is in",
            "which continent {c} is on",
            "on which continent {c} is",
            "what continent {c} belongs to",
            "where {c} is",
            "where {c} lies",
        )
    )
)

CURRENCY = (
    around(
        (
            "the currency of {c}",
            "the currency of {c}",
            "{cs_} currency",
            "the currency in {c}",
            "the currency used in {c}",
            "the official currency of {c}",
            "the money of {c}",
            "the money in {c}",
        )
    )
    + 10
    * lines("""
Which currency does {c} use?
What currency does {c} use?
Which currency does {c} have?
What currency does {c} have?
What currency is used in {c}?
Which currency is used in {c}?
Which money is used in {c}?
What money is used in {c}?
What money do they use in {c}?
What money does {c} use?
What money does {c} have?
Which money do people use in {c}?
What kind of money does {c} have?
What kind of money do people use in {c}?
What do people pay with in {c}?
What do you pay with in {c}?
With what do people pay in {c}?
How do people pay in {c}?
How can I pay in {c}?
With which money do I pay in {c}?
With what currency can I pay in {c}?
What currency do people use in {c}?
Which currency do people in {c} use?
What currency do they have in {c}?
What currency do I need in {c}?
Which currency do I need for {c}?
Which currency do I need for a trip to {c}?
I am going to {c}. Which currency do I need?
I am going to {c}. What money do they use?
I live in {c}. What is the currency?
In {c}, what is the currency?
In {c}, which currency do people use?
In {c} people pay with ...
{C} currency
{C} money
Currency of {c}
Currency {c}
Money in {c}
{C}: currency?
Country: {c}. Currency:
The country is {c}. What is the currency?
What is the money called in {c}?
What is the money of {c} called?
What is the currency of {c} called?
What is {cs_} currency called?
What is {cs_} money called?
How is the money in {c} called?
What do you call the money in {c}?
Do you know which currency {c} uses?
Do you know what money people use in {c}?
Can you tell me which currency {c} has?
Can you tell me what currency is used in {c}?
Tell me which currency {c} uses.
I want to know which currency {c} uses.
I wonder what currency {c} has.
I forgot which currency {c} uses.
{C} uses which currency?
{C} has which currency?
Guess the currency of {c}!
What money should I take to {c}?
What money should I take with me to {c}?
Which money should I have in {c}?
What kind of money do I need in {c}?
What kind of money should I have for {c}?
What sort of money is used in {c}?
What sort of money do people have in {c}?
Which money do I need when I travel to {c}?
I travel to {c}. What money should I take?
I am flying to {c}. Which currency do I need?
I want to buy bread in {c}. What money do I need?
What currency do shops in {c} take?
Which money do hotels in {c} want?
What money do they accept in {c}?
Which currency is accepted in {c}?
What currency do I pay in when I am in {c}?
In which currency do I pay in {c}?
In what currency are the prices in {c}?
Prices in {c} are in which currency?
What do people in {c} pay with?
What do they use to pay in {c}?
What do I use to pay in {c}?
What cash do I need in {c}?
Which coins and notes does {c} have?
What is the cash in {c} called?
What is the name of the money in {c}?
What is the name of the currency of {c}?
People in {c} pay with what?
People in {c} use which currency?
To pay in {c}, what money do I need?
For a visit to {c}, which money do I need?
""")
    + 2
    * asking(
        (
            "what the currency of {c} is",
            "which currency {c} uses",
            "what currency {c} has",
            "which currency people use in {c}",
            "what money is used in {c}",
            "what people pay with in {c}",
            "what money I need in {c}",
            "what {cs_} currency is",
            "what the money in {c} is called",
        )
    )
)

LANGUAGE = (
    around(
        (
            "the language of {c}",
            "the language of {c}",
            "{cs_} language",
            "the main language of {c}",
            "the official language of {c}",
            "the language spoken in {c}",
            "the language in {c}",
        )
    )
    + 8
    * lines("""
What are the languages of {c}?
What are the main languages of {c}?
Which language do people speak in {c}?
What language do people speak in {c}?
Which language do they speak in {c}?
What language do they speak in {c}?
Which languages do they speak in {c}?
What languages do people speak in {c}?
Which language is spoken in {c}?
What language is spoken in {c}?
Which languages are spoken in {c}?
What is spoken in {c}?
What do people speak in {c}?
What do they speak in {c}?
What do people in {c} speak?
Which language do people in {c} speak?
What language does {c} speak?
What language does {c} have?
Which language does {c} use?
What language is used in {c}?
In {c}, which language do people speak?
In {c}, what language is spoken?
In {c} people speak ...
How do people talk in {c}?
How do they talk in {c}?
What language do I need in {c}?
Which language do I need for {c}?
Which language should I learn for {c}?
I am going to {c}. What language do they speak?
I live in {c}. What language do I speak?
{C} language
{C} languages
Language of {c}
Languages of {c}
Language {c}
{C}: language?
Country: {c}. Language:
The country is {c}. What is the language?
What is the language of {c} called?
Do you know what language they speak in {c}?
Do you know which language people speak in {c}?
Can you tell me which language is spoken in {c}?
Can you tell me what they speak in {c}?
Tell me what language they speak in {c}.
Tell me the languages of {c}.
Name the languages of {c}.
I want to know what language people speak in {c}.
I wonder which language they speak in {c}.
I forgot which language is spoken in {c}.
{C} speaks which language?
Guess the language of {c}!
What language would people speak with me in {c}?
What language do I hear in {c}?
What language will I hear in {c}?
Which language will people use in {c}?
Which language do I have to learn for {c}?
What should I learn to speak in {c}?
I travel to {c}. What language do I need?
I am moving to {c}. Which language do I need?
If I go to {c}, what language do they speak?
If I am in {c}, which language do I hear?
People in {c} speak which language?
People in {c} speak what?
They speak which language in {c}?
Children in {c} speak which language?
In which language do people talk in {c}?
In what language do they write in {c}?
What is the name of the language of {c}?
What do they talk in {c}?
""")
    + 2
    * asking(
        (
            "what the language of {c} is",
            "which language people speak in {c}",
            "what language is spoken in {c}",
            "what they speak in {c}",
            "which languages are spoken in {c}",
            "what {cs_} language is",
            "what language people in {c} speak",
            "which language I need in {c}",
        )
    )
)

ABOUT = lines("""
Tell me about {c}.
Tell me something about {c}.
Tell me everything about {c}.
Tell me more about {c}.
Please tell me about {c}.
Can you tell me about {c}?
Can you tell me something about {c}?
Could you tell me about {c}?
What do you know about {c}?
What do you know of {c}?
What can you tell me about {c}?
What can you say about {c}?
What is {c}?
Do you know {c}?
Do you know something about {c}?
Do you know anything about {c}?
Describe {c}.
Talk about {c}.
Let us talk about {c}.
Say something about {c}.
Give me some facts about {c}.
Give me facts about {c}.
Give me information about {c}.
Facts about {c}
Information about {c}
Some facts about {c}, please.
I want to know about {c}.
I want to know more about {c}.
I am going to {c}. What should I know?
I am interested in {c}.
I am from {c}.
I live in {c}.
What kind of country is {c}?
Introduce {c}.
What is important about {c}?
What is special about {c}?
What is known about {c}?
What are important facts about {c}?
What are the main facts about {c}?
What are the basic facts about {c}?
What would be good to know about {c}?
Which things should I know about {c}?
Give me a short description of {c}.
Give me a short summary of {c}.
Give me the main facts about {c}.
Give me an introduction to {c}.
Give a short report on {c}.
A few facts about {c}?
A short text about {c}, please.
Please tell me something about {c}.
Please give me some information about {c}.
Please summarize {c}.
Please write about {c}.
Short facts about {c}
Overview: {c}
I would like some information about {c}.
I would like to read something about {c}.
I wish to know more about {c}.
Can you describe {c}?
Can you give me facts about {c}?
Can you give me an idea of {c}?
Could you describe {c}?
Could you tell me something about {c}?
What should I know about {c}?
What is there to know about {c}?
What do people know about {c}?
What is interesting about {c}?
What else is there to say about {c}?
What are some facts about {c}?
What are the facts about {c}?
What facts do you know about {c}?
Which facts do you know about {c}?
Teach me about {c}.
Teach me something about {c}.
Explain {c} to me.
Inform me about {c}.
Help me learn about {c}.
Show me what you know about {c}.
Write something about {c}.
Write a few sentences about {c}.
Write about {c}.
Summarize {c}.
A summary of {c}, please.
Give me a summary of {c}.
Give me a description of {c}.
Give me some information on {c}.
Please describe {c}.
Please give me facts about {c}.
I would like to hear about {c}.
I would like to know more about {c}.
I'd like to know something about {c}.
I want to learn about {c}.
I want to hear about {c}.
I want to read about {c}.
I know nothing about {c}.
I am learning about {c}.
I have to write about {c}.
I have to give a talk about {c}.
We learn about {c} at school.
My homework is about {c}.
I need facts about {c}.
I need information about {c}.
{C}: facts
{C} facts
{C} information
{C}
{C}?
{C}!
""")

# Around something that may be true or not: "Paris is the capital of France".
CLAIMING = lines("""
Is it true that {claim}?
Is it right that {claim}?
Is it correct that {claim}?
Is it a fact that {claim}?
Is it so that {claim}?
Can it be that {claim}?
Could it be that {claim}?
Would it be true that {claim}?
Would you agree that {claim}?
Do you agree that {claim}?
Do you think that {claim}?
Do you think {claim}?
Do you believe that {claim}?
Can you confirm that {claim}?
Can you check if {claim}?
Can you tell me if {claim}?
Could you tell me whether {claim}?
Do you know if {claim}?
Do you know whether {claim}?
Tell me if {claim}.
Tell me whether {claim}.
Check whether {claim}.
I want to know if {claim}.
I wonder if {claim}.
I am not sure if {claim}.
I think {claim}.
I think that {claim}. Is that right?
I believe {claim}. Correct?
I guess {claim}?
I heard that {claim}. Is that true?
I read that {claim}. Is it true?
I was told that {claim}. Is that so?
I am sure that {claim}. Right?
I say {claim}. Am I right?
I would say that {claim}. Is this correct?
My friend says that {claim}. Is he right?
My book says that {claim}. Is that correct?
Someone told me that {claim}. Is that true?
Correct me if I am wrong: {claim}.
True or false: {claim}.
True or false? {Claim}.
Yes or no: {claim}?
Right or wrong: {claim}?
{Claim}, right?
{Claim}, correct?
{Claim}, isn't that so?
{Claim}, is that right?
{Claim}, or not?
{Claim}. Is that right?
{Claim}. Is that true?
{Claim}. Is that correct?
{Claim}. True or false?
{Claim}. Yes or no?
{Claim}. Do you agree?
{Claim}?
So {claim}?
So {claim}, right?
Surely {claim}?
Is it the case that {claim}?
Is it really so that {claim}?
Is it possible that {claim}?
Does it hold that {claim}?
Would you agree: {claim}?
Was I right to say {claim}?
Did I learn correctly that {claim}?
Do I remember correctly that {claim}?
Is my teacher right that {claim}?
Is this statement true: {claim}?
Is this right: {claim}?
Please confirm that {claim}.
Please check: {claim}.
Check this: {claim}.
They say that {claim}. Is that true?
People say that {claim}. Is it so?
I remember that {claim}. Correct?
I suppose {claim}?
I assume {claim}.
I bet that {claim}.
I wrote that {claim}. Is it right?
It is true that {claim}, isn't it?
It is a fact that {claim}, right?
""")
# A claim, and behind it the wish to hear whether it holds.
SAID = lines("""
{Claim}
I think {claim}
I believe that {claim}
I learned that {claim}
I heard that {claim}
I am told that {claim}
I wrote down that {claim}
As far as I know, {claim}
In my opinion {claim}
If I remember well, {claim}
We learned that {claim}
My sister says {claim}
My teacher told us that {claim}
Some people think that {claim}
The website says that {claim}
Somebody claims that {claim}
It says here that {claim}
My answer was that {claim}
""")
DOUBTED = lines("""
Is it true?
Is this true?
Is this right?
Is it correct?
Is that a fact?
Is that so?
Is it so?
Am I right?
Am I correct?
Are they right?
Does that hold?
Can that be?
Can this be true?
Do you think so, too?
Do you agree with that?
Do you say the same?
Tell me if it is true.
Please check it.
Please confirm it.
Could you confirm that?
Would you say the same?
Yes or no?
Yes?
Right or wrong?
True?
Did I get that right?
""")


def claiming(claims: Iterable[str]) -> tuple[str, ...]:
    """Put every claim into every frame of ``CLAIMING``, and between ``SAID`` and ``DOUBTED``."""
    doubting = tuple(f"{said}. {doubted}" for said in SAID for doubted in DOUBTED)
    return tuple(
        frame.replace("{claim}", claim).replace("{Claim}", first_upper(claim))
        for claim in claims
        for frame in 5 * CLAIMING + doubting
    )


CAPITAL_CLAIMS = (
    "{x} is the capital of {c}",
    "the capital of {c} is {x}",
    "{x} is {cs_} capital",
    "{c} has the capital {x}",
    "{cs_} capital is {x}",
    "the capital city of {c} is {x}",
    "{x} is the capital city of {c}",
    "the capital of {c} is called {x}",
)
IS_CAPITAL = claiming(CAPITAL_CLAIMS) + 100 * lines("""
Is {x} in fact the capital of {c}?
Is {x} indeed the capital of {c}?
Is {x} actually {cs_} capital?
Is {x} still the capital of {c}?
Is the capital of {c} perhaps {x}?
Is the city of {x} the capital of {c}?
Is it {x}, the capital of {c}?
Is {x} the city that is the capital of {c}?
Is {x} the right answer for the capital of {c}?
Is {x} what people call the capital of {c}?
Can {x} be the capital of {c}?
Do you call {x} the capital of {c}?
Did {c} choose {x} as its capital?
The capital of {c}: is it {x}?
{X}, is it the capital of {c}?
If I am in {x}, am I in the capital of {c}?
For {c}, is the capital {x}?
In {c}, is {x} the capital?
Is {x} the capital of {c}?
Is {x} the capital of {c}?
Is {x} the capital city of {c}?
Is {x} {cs_} capital?
Is {cs_} capital {x}?
Is the capital of {c} {x}?
Is the capital of {c} called {x}?
Isn't {x} the capital of {c}?
Would {x} be the capital of {c}?
Would {cs_} capital be {x}?
Could {x} be the capital of {c}?
Might {x} be the capital of {c}?
Was {x} the capital of {c}?
Do they call {x} the capital of {c}?
Does {c} have the capital {x}?
Does {c} have {x} as its capital?
""")

CONTINENT_CLAIMS = (
    "{c} is in {w}",
    "{c} is in {w}",
    "{c} is a country in {w}",
    "{c} lies in {w}",
    "{c} belongs to {w}",
    "{c} is part of {w}",
    "the continent of {c} is {w}",
    "{cs_} continent is {w}",
)
IS_CONTINENT = claiming(CONTINENT_CLAIMS) + 100 * lines("""
Is {c} in fact in {w}?
Is {c} indeed in {w}?
Is {c} actually a country in {w}?
Is {c} still in {w}?
Is {c} perhaps in {w}?
Is {c} somewhere in {w}?
Is {w} the continent of {c}?
Is {w} where {c} is?
Is the continent of {c} {w}?
Is {cs_} continent {w}?
Is {c} one of the countries of {w}?
Is {c} one of the countries in {w}?
Is {c} found in {w}?
Is it in {w} that {c} lies?
Does {w} have a country called {c}?
Does the continent {w} include {c}?
Do people from {c} live in {w}?
Will I find {c} in {w}?
Should I look for {c} in {w}?
Can {c} be in {w}?
If I am in {c}, am I in {w}?
If I go to {c}, do I go to {w}?
If I travel around {w}, can I visit {c}?
On the map, is {c} in {w}?
{C}, is it in {w}?
Where is {c}, in {w}?
Is {c} in {w}?
Is {c} in {w}?
Is {c} a country in {w}?
Is {c} part of {w}?
Is {c} on the continent of {w}?
Is {c} located in {w}?
Does {c} belong to {w}?
Does {c} lie in {w}?
Isn't {c} in {w}?
Would {c} be in {w}?
Could {c} be in {w}?
Do I find {c} in {w}?
Can I find {c} in {w}?
Can {c} be found in {w}?
Does one find {c} in {w}?
Is the country {c} in {w}?
""")

LANGUAGE_CLAIMS = (
    "people speak {l} in {c}",
    "{l} is spoken in {c}",
    "they speak {l} in {c}",
    "people in {c} speak {l}",
    "{l} is a language of {c}",
    "the language of {c} is {l}",
    "in {c} they speak {l}",
    "the people of {c} speak {l}",
)
IS_LANGUAGE = claiming(LANGUAGE_CLAIMS) + 100 * lines("""
Is {l} in fact spoken in {c}?
Is {l} indeed a language of {c}?
Is {l} actually spoken in {c}?
Is {l} what people speak in {c}?
Is {l} what they speak in {c}?
Is {l} one of the languages of {c}?
Is {l} used in {c}?
Is {l} the language that people use in {c}?
Is {cs_} language {l}?
Is the language of {c} {l}?
Does {c} speak {l}?
Does one speak {l} in {c}?
Do children in {c} learn {l}?
Should I learn {l} for {c}?
Will I hear {l} in {c}?
Can people in {c} speak {l}?
If I speak {l}, do people in {c} speak it, too?
In {c}, do people speak {l}?
In {c}, is {l} spoken?
{L}, is it spoken in {c}?
Do people speak {l} in {c}?
Do people in {c} speak {l}?
Do they speak {l} in {c}?
Is {l} spoken in {c}?
Is {l} a language of {c}?
Is {l} the language of {c}?
Can I speak {l} in {c}?
Would people in {c} speak {l}?
Will they speak {l} in {c}?
Do I hear {l} in {c}?
Do I need {l} in {c}?
""")

CURRENCY_CLAIMS = (
    "the currency of {c} is the {m}",
    "people pay with the {m} in {c}",
    "{c} uses the {m}",
    "the {m} is the currency of {c}",
    "the {m} is used in {c}",
    "people in {c} use the {m}",
    "{cs_} currency is the {m}",
    "the money of {c} is the {m}",
)
IS_CURRENCY = claiming(CURRENCY_CLAIMS) + 100 * lines("""
Is the {m} in fact the currency of {c}?
Is the {m} indeed used in {c}?
Is the {m} actually the money of {c}?
Is the {m} still the currency of {c}?
Is the {m} what people pay with in {c}?
Is the {m} what I need in {c}?
Is the {m} the money of {c}?
Is the money of {c} the {m}?
Is the money in {c} called the {m}?
Does one pay with the {m} in {c}?
Do shops in {c} take the {m}?
Do people in {c} use the {m}?
Do people in {c} pay with the {m}?
Should I take the {m} to {c}?
Will I need the {m} in {c}?
If I have the {m}, can I pay in {c}?
In {c}, do people use the {m}?
In {c}, is the {m} the currency?
The {m}, is it used in {c}?
Is the {m} the currency of {c}?
Is the {m} used in {c}?
Is {cs_} currency the {m}?
Is the currency of {c} the {m}?
Does {c} use the {m}?
Do people pay with the {m} in {c}?
Do they use the {m} in {c}?
Can I pay with the {m} in {c}?
Would I pay with the {m} in {c}?
Could I use the {m} in {c}?
Do I need the {m} in {c}?
Does {c} have the {m}?
""")

EXAMPLE = lines("""
Name a country in {w}.
Name a country of {w}.
Name one country in {w}.
Name any country in {w}.
Tell me a country in {w}.
Give me a country in {w}.
Give me an example of a country in {w}.
Can you name a country in {w}?
Do you know a country in {w}?
Which country is in {w}?
Which countries are in {w}?
What countries are in {w}?
What is a country in {w}?
Say a country of {w}.
An example of a country in {w}?
Example of a country in {w}
A country in {w}, please.
I need a country in {w}.
I am looking for a country in {w}.
""")

# After an answer about one country: the same of another one.
AND_OF = lines("""
And what is that for {c}?
And how about that in {c}?
And how is that for {c}?
So what is it with {c}?
And how would that be for {c}?
And what would you say for {c}?
How does it stand with {c}?
And how are things for {c}?
And do I get it for {c}, too?
And when I ask for {c}?
And say it were {c}?
And of {c}?
And of {c}?
And {c}?
And {c}?
What about {c}?
What about {c}?
How about {c}?
And what about {c}?
And how about {c}?
And for {c}?
And in {c}?
And {cs_}?
{C}?
{C}
Now {c}.
Now {c}, please.
And now {c}?
OK, and {c}?
Okay. And of {c}?
Thanks! And {c}?
Great. What about {c}?
And the one of {c}?
And that of {c}?
The same for {c}.
The same for {c}, please.
The same question for {c}.
Same question for {c}.
And the same for {c}?
What is it for {c}?
What is it in {c}?
What is the one of {c}?
Do you know it for {c}, too?
And do you know {cs_}?
Next: {c}.
Next, {c}.
Then {c}?
Also {c}?
Also for {c}, please.
And what is it in {c}?
And what is it for {c}?
And what about the one of {c}?
What if it is {c}?
If it is {c}?
And if I ask for {c}?
Do {c} next.
Do the same with {c}.
Do {c} as well.
Answer the same for {c}.
Give me the one of {c}, too.
I also want to know it for {c}.
I need it for {c}, too.
And with {c}?
""")
# After an answer about a country: something else of the same.
AND_CAPITAL = (
    around(("its capital", "the capital", "the capital of that country", "its capital city"))
    + asking(("what its capital is", "which city is its capital", "what the capital is called"))
    + 8
    * lines("""
Name its capital.
Name the capital, too.
Its capital, please.
What about its capital?
And its capital?
And the capital?
And what is its capital?
And what is the capital?
What is its capital?
What's its capital?
What is the capital?
What's the capital there?
What is the capital of that country?
What is the capital of this country?
Which city is its capital?
Which city is the capital?
And which city is the capital there?
How about the capital?
What is its capital city?
And its capital city?
Does it have a capital?
Tell me its capital.
Tell me its capital, too.
Do you know its capital?
The capital?
Its capital?
Capital?
""")
)
AND_CONTINENT = (
    around(("its continent", "the continent", "the continent of that country"))
    + asking(("where it is", "which continent it is on", "what continent it belongs to"))
    + 8
    * lines("""
On what continent is it?
What part of the world is it in?
What part of the world is that?
What about its continent?
And its continent?
And the continent?
Where is it?
And where is it?
Where is that?
Where is that country?
Where is it located?
Where does it lie?
Which continent is it on?
Which continent is it in?
What continent is it in?
And what continent is it on?
On which continent is it?
On which continent is that?
Which continent is that?
Which continent does it belong to?
Where in the world is it?
Where can I find it?
How about the continent?
Tell me its continent.
Tell me where it is.
Do you know where it is?
The continent?
Continent?
""")
)
AND_CURRENCY = (
    around(("its currency", "the currency", "the currency there", "the money there"))
    + asking(
        (
            "what its currency is",
            "what money they use",
            "which currency I need there",
            "what people pay with there",
        )
    )
    + 8
    * lines("""
What money do I need there?
Which money do I need there?
Which currency do I need there?
What money do I take there?
In what currency do I pay there?
What do I pay with there?
And what do they pay with?
And what is their money?
What about its currency?
And its currency?
And the currency?
And what is its currency?
And what is the currency?
What is its currency?
What's its currency?
What is the currency?
What is the currency there?
What is the currency of that country?
Which currency does it use?
What currency does it have?
What currency do they use?
Which currency do they have there?
What money do they use there?
What money do they have?
And the money?
And its money?
How do people pay there?
What do people pay with there?
And how do they pay?
How about the currency?
Tell me its currency.
Tell me the currency, too.
Do you know its currency?
The currency?
Its currency?
Currency?
""")
)
AND_LANGUAGE = (
    around(("its language", "the language", "the language there", "the main language"))
    + asking(
        (
            "what its language is",
            "what they speak there",
            "which language people speak",
            "what people there speak",
        )
    )
    + 8
    * lines("""
What language do I need there?
Which language do I hear there?
What language will I hear there?
Which language should I learn for it?
People there speak what?
And what is their language?
Which language do people there speak?
What about its language?
And its language?
And the language?
And the languages?
And what is its language?
What is its language?
What is the language?
What is the language there?
What are its languages?
What is the language of that country?
Which language do they speak?
Which language do they speak there?
What language do they speak there?
What language do people speak there?
And what do they speak there?
And what do people speak?
What do they speak?
Which language is spoken there?
How do people talk there?
How about the language?
What about the languages?
Tell me its language.
Tell me the languages, too.
Do you know its language?
The language?
Its languages?
Language?
""")
)
AND_ABOUT = lines("""
Tell me more.
Tell me more about it.
Tell me more about that country.
What else do you know about it?
What else do you know?
What else can you tell me about it?
More about it, please.
Can you tell me more?
Anything else?
Give me more facts.
And what else?
""")
# After an answer about a capital: the same of another one.
AND_CITY = lines("""
And {k}?
And {k}?
What about {k}?
How about {k}?
And what about {k}?
{K}?
And of {k}?
And for {k}?
Now {k}.
OK, and {k}?
The same for {k}, please.
Same question for {k}.
And which country has {k}?
And where is {k}?
Next: {k}.
""")
