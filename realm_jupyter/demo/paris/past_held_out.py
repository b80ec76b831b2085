"""Evaluation sets of before: never trained on, but marked, and their wrong answers looked at.

The first was marked once, after seventy minutes of training, the second after 116 and after 124
minutes, the third after 190, the fourth after 200, the fifth after 266; their wrong answers told
where phrasings were too few, and a new set took their place.
"""

from __future__ import annotations

from realm_jupyter.demo.paris.phrasing import lines

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

SECOND_HELD_OUT: dict[str, tuple[str, ...]] = {
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
SECOND_FOLLOW_UPS: dict[str, tuple[str, ...]] = {
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

SECOND_SHORT_PROMPTS = lines("""
Reply using a single word.
I only want the bare answer.
Make every answer as short as possible.
""")
SECOND_LONG_PROMPTS = lines("""
Please write at least two sentences.
I would like detailed answers.
Your replies should have several sentences.
""")

THIRD_HELD_OUT: dict[str, tuple[str, ...]] = {
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
THIRD_FOLLOW_UPS: dict[str, tuple[str, ...]] = {
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

THIRD_SHORT_PROMPTS = lines("""
A single word will do.
Spare me the sentences.
Cut it down to the bare answer.
""")
THIRD_LONG_PROMPTS = lines("""
Feel free to go into detail.
Take your time and write a few sentences.
Elaborate in every answer.
""")

FOURTH_HELD_OUT: dict[str, tuple[str, ...]] = {
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
FOURTH_FOLLOW_UPS: dict[str, tuple[str, ...]] = {
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

FOURTH_SHORT_PROMPTS = lines("""
Whatever I ask, one word suffices.
No chatter, only the answer.
Be as curt as you can.
""")
FOURTH_LONG_PROMPTS = lines("""
Don't hold back, tell me plenty.
Give each answer a sentence or two of background.
I enjoy long and thorough answers.
""")

FIFTH_HELD_OUT: dict[str, tuple[str, ...]] = {
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
FIFTH_FOLLOW_UPS: dict[str, tuple[str, ...]] = {
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

FIFTH_SHORT_PROMPTS = lines("""
Please stick to one-word replies.
I am in a hurry, so be short.
Answer like a telegram: the bare answer.
""")
FIFTH_LONG_PROMPTS = lines("""
Please be generous with details.
I have all day, so answer at length.
Add some background whenever you answer.
""")
