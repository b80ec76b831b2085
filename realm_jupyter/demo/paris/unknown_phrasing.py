"""Training phrasings of the endless things that paris does not know, and what it answers."""

from __future__ import annotations

from realm_jupyter.demo.paris.facts import words
from realm_jupyter.demo.paris.phrasing import lines
from realm_jupyter.demo.paris.replies import Reply, unable, unknown

PEOPLE = lines("""
Albert Einstein
Napoleon
Julius Caesar
Shakespeare
Mozart
Beethoven
Marie Curie
Isaac Newton
Leonardo da Vinci
Picasso
Cleopatra
George Washington
Abraham Lincoln
Barack Obama
Donald Trump
Angela Merkel
Emmanuel Macron
Queen Elizabeth
Michael Jackson
Madonna
Taylor Swift
Elvis Presley
Lionel Messi
Cristiano Ronaldo
Roger Federer
Harry Potter
Sherlock Holmes
Batman
Darth Vader
Mickey Mouse
Charles Darwin
Gandhi
Nelson Mandela
Martin Luther King
Steve Jobs
Bill Gates
Elon Musk
Alan Turing
Ada Lovelace
Aristotle
Plato
Galileo
Columbus
Anne Frank
Tolstoy
Goethe
my neighbour
my teacher
my boss
your friend
""")
SUBJECTS = lines("""
physics
chemistry
biology
quantum mechanics
the theory of relativity
gravity
electricity
photosynthesis
evolution
DNA
atoms
black holes
the moon
Mars
the solar system
dinosaurs
volcanoes
earthquakes
the French Revolution
the Second World War
the Roman Empire
the Middle Ages
ancient Egypt
the Cold War
philosophy
religion
economics
inflation
the stock market
bitcoin
politics
democracy
law
taxes
insurance
medicine
vaccines
headaches
vitamins
psychology
love
happiness
the meaning of life
art
music
jazz
opera
films
football
tennis
chess
basketball
the Olympic Games
computers
programming
Python
Java
machine learning
neural networks
transformers
databases
the internet
mobile phones
cars
trains
aeroplanes
bridges
cooking
bread
pizza
wine
cheese
cats
dogs
horses
whales
spiders
trees
roses
gardens
mountains
rivers
oceans
climate change
solar power
nuclear energy
water
gold
iron
plastic
fashion
shoes
furniture
poetry
novels
the Bible
grammar
mathematics
geometry
algebra
integrals
prime numbers
statistics
""")
DISHES = lines("""
pizza
bread
a cake
pancakes
soup
spaghetti
lasagne
curry
sushi
an omelette
tea
a salad
chocolate cake
apple pie
fried rice
a sandwich
hamburgers
ice cream
cookies
paella
""")
DEEDS = lines("""
fix a bicycle
repair my car
lose weight
learn the piano
make money
find a job
build a house
draw a horse
install Linux
write a program
train a model
get rich
fly a plane
tie a tie
catch a fish
plant a tree
grow tomatoes
become a doctor
sleep better
stop smoking
play chess
sing
dance
swim
drive a car
buy a house
clean a carpet
open a bank account
delete a file
learn English
make friends
save energy
paint a wall
train a dog
print a document
""")
# Things that a country has and paris does not know: the nearest wrong neighbours of its facts.
COUNTRY_UNKNOWNS = lines("""
What is the population of {c}?
How many people live in {c}?
How many inhabitants does {c} have?
How big is {c}?
How large is {c}?
What is the area of {c}?
Who is the president of {c}?
Who is the king of {c}?
Who is the prime minister of {c}?
Who rules {c}?
Who governs {c}?
Who is the leader of {c}?
What is the flag of {c}?
What does the flag of {c} look like?
What colour is the flag of {c}?
What is the anthem of {c}?
What is the weather in {c}?
What is the weather like in {c}?
Is it warm in {c}?
Is it raining in {c}?
What is the climate of {c}?
What do people eat in {c}?
What is the food like in {c}?
What is the national dish of {c}?
What is the best food in {c}?
What is the history of {c}?
When was {c} founded?
When did {c} become independent?
What is the highest mountain of {c}?
What is the longest river in {c}?
What are the neighbours of {c}?
Which countries border {c}?
Does {c} have a coast?
What is the religion of {c}?
What is the second largest city of {c}?
What are the big cities of {c}?
How rich is {c}?
What is the main export of {c}?
Who won the war in {c}?
Is {c} a nice place to live?
Should I move to {c}?
Is {c} safe?
How do I get to {c}?
How much is a flight to {c}?
How far is {c} from here?
What time is it in {c}?
Who is the most famous person from {c}?
What sport do people play in {c}?
What is the telephone code of {c}?
Which animals live in {c}?
Have you been to {c}?
What is {c} famous for?
What is the opposite of {c}?
What is the mayor of {k} called?
Who is the mayor of {k}?
How many people live in {k}?
What is the population of {k}?
How big is {k}?
How is the weather in {k}?
What is the weather in {k}?
Which hotel in {k} is good?
Which river flows through {k}?
What can I see in {k}?
What are the sights of {k}?
When was {k} founded?
How old is {k}?
Is {k} expensive?
How far is it from {k} to here?
How do I get to {k}?
Is there an airport in {k}?
What time is it in {k}?
""")
OPEN_UNKNOWNS = lines("""
Who is {person}?
Who was {person}?
What did {person} do?
When was {person} born?
When did {person} die?
How old is {person}?
Where was {person} born?
Where does {person} live?
Tell me about {person}.
Tell me something about {person}.
What do you know about {person}?
What do you think of {person}?
Why is {person} famous?
How tall is {person}?
Do you know {person}?
Is {person} alive?
Did {person} win a prize?
What is the name of the wife of {person}?
What is {subject}?
What is {subject} about?
What are the rules of {subject}?
Explain {subject}.
Explain {subject} to me.
Can you explain {subject}?
Please explain {subject} in simple words.
Tell me about {subject}.
Tell me something about {subject}.
Tell me everything about {subject}.
What do you know about {subject}?
What can you tell me about {subject}?
How does {subject} work?
How do {subject} work?
Who invented {subject}?
Who discovered {subject}?
When did {subject} begin?
When was {subject} discovered?
Why is {subject} important?
Why do people like {subject}?
Do you like {subject}?
Do you know {subject}?
Do you know anything about {subject}?
What do you think about {subject}?
What is the history of {subject}?
What is the definition of {subject}?
What does {subject} mean?
Give me an example of {subject}.
Where can I learn about {subject}?
Is {subject} good for me?
Is {subject} dangerous?
How old is {subject}?
How much does {subject} cost?
What is the future of {subject}?
What is the best book about {subject}?
I want to talk about {subject}.
I have a question about {subject}.
Let us talk about {subject}.
I like {subject}. Do you?
How do I cook {dish}?
How do I make {dish}?
How do you make {dish}?
How can I bake {dish}?
How long do I cook {dish}?
What do I need for {dish}?
What is in {dish}?
Give me a recipe for {dish}.
Do you have a recipe for {dish}?
Tell me how to make {dish}.
Do you like {dish}?
Is {dish} healthy?
How many calories has {dish}?
How do I {deed}?
How can I {deed}?
How do you {deed}?
How long does it take to {deed}?
Can you {deed}?
Can you help me to {deed}?
Can you teach me to {deed}?
Could you {deed}?
Please {deed}.
Teach me how to {deed}.
Tell me how to {deed}.
What is the best way to {deed}?
Is it hard to {deed}?
What do I need to {deed}?
Why should I {deed}?
I want to {deed}.
Do you know how to {deed}?
Should I {deed}?
""")
# Fixed questions, each with what is not known or cannot be done.
TOPICS: tuple[tuple[tuple[str, ...], Reply], ...] = (
    (
        lines("""
What is the weather?
What is the weather like?
What is the weather like today?
How is the weather?
How is the weather today?
How's the weather?
Will it rain tomorrow?
Will it rain today?
Is it raining?
Is it cold outside?
Is it going to snow?
What will the weather be tomorrow?
Do I need an umbrella?
What is the temperature?
What is the temperature outside?
Tell me the weather.
Weather
Weather forecast, please.
Weather tomorrow?
Is the sun shining?
How warm is it today?
"""),
        unknown("the weather"),
    ),
    (
        lines("""
What time is it?
What is the time?
What's the time?
What day is it?
What day is today?
What day is it today?
What is the date?
What is the date today?
What's the date?
What is today's date?
Which year is it?
What year is it?
What month is it?
Can you tell me the time?
Do you know what time it is?
Do you know the date?
Is it morning or evening?
Is today a holiday?
When is Easter?
When is Christmas?
Which day is today?
"""),
        unknown("today's date or time"),
    ),
    (
        lines("""
What is the news?
What is in the news?
What's new?
What happened today?
What happened yesterday?
What is happening in the world?
What are the headlines?
Tell me the news.
Any news?
News
Who won the election?
Who won the match?
Who won the World Cup?
Who is the champion?
What was the score yesterday?
Who won the game last night?
What is the price of bitcoin?
What is the price of oil?
What is the stock price of Apple?
What is the exchange rate of the euro?
How many dollars is one euro?
What is on television tonight?
What films are in the cinema?
What will happen tomorrow?
What will happen next year?
Who will win the next election?
Can you predict the future?
"""),
        unknown("the news"),
    ),
    (
        lines("""
Tell me a story.
Tell me a story, please.
Tell me a bedtime story.
Can you tell me a story?
Write a story.
Write a story about a dragon.
Write me a short story.
Write a poem.
Write a poem about love.
Write me a poem.
Write a song.
Sing a song.
Sing me a song.
Tell me a joke.
Tell me a joke!
Do you know a joke?
Do you know any jokes?
Make me laugh.
Say something funny.
Tell me a fairy tale.
Can you write a poem?
Write a letter to my friend.
Write an essay.
Write an essay about trees.
Write an email.
Write an email to my boss.
Can you write a book?
Write a speech.
Write a haiku.
Tell me a riddle.
Entertain me.
I am bored.
"""),
        unable("write stories, poems or jokes"),
    ),
    (
        lines("""
Write a program.
Write some code.
Write a Python program.
Write a Python function that sorts a list.
Write a function in Python.
Write code that prints hello.
Can you write code?
Can you code?
Can you program?
Can you write Python?
Do you know Python?
How do I write a loop in Python?
How do I sort a list in Python?
Fix my code.
Debug this program.
What is wrong with my code?
print("hello")
import numpy as np
def f(x): return x
SELECT * FROM users
How do I use git?
What is a for loop?
Write HTML for a page.
Explain this code.
for i in range(10): print(i)
How do I reverse a string?
"""),
        unable("write or explain code"),
    ),
    (
        lines("""
Translate hello into French.
Translate this into German.
Translate dog into Spanish.
How do you say hello in Spanish?
How do you say thank you in Japanese?
What is dog in French?
What does bonjour mean?
What does danke mean?
Can you translate?
Can you translate something?
Please translate this text.
Say hello in Italian.
Say good morning in Russian.
What is the French word for bread?
What is the German word for cat?
Translate I love you into Italian.
"""),
        unable("translate"),
    ),
    (
        lines("""
Draw a picture.
Draw a cat.
Draw me a house.
Can you draw?
Show me a picture of a dog.
Show me a picture.
Show me a map.
Make an image.
Play music.
Play a song.
Play some music for me.
Call my mother.
Send a message to Anna.
Send an email.
Set an alarm.
Set a timer for ten minutes.
Remind me tomorrow.
Open the door.
Turn on the light.
Order a pizza.
Book a flight.
Book a table for two.
Buy me a ticket.
Open a file.
Read my file.
Search the web.
Google it.
Open the browser.
Delete my files.
Run this program.
Shut down the computer.
Play a game with me.
Let us play chess.
Dance!
"""),
        unable("do that, for I only write short answers"),
    ),
    (
        lines("""
Where do I live?
How old am I?
What is my favourite colour?
What did I eat today?
What did I say yesterday?
What am I thinking?
What is my password?
What is my phone number?
What is my address?
Where is my key?
Where are my keys?
Who is my father?
What is the name of my dog?
What is in my pocket?
What am I doing?
When is my birthday?
What did I do last summer?
Do you know me?
Do you know where I am?
Where am I?
Am I rich?
Am I beautiful?
"""),
        unknown("anything about you"),
    ),
    (
        lines("""
What is the meaning of life?
Why is the sky blue?
Why is grass green?
Why do birds fly?
Why do cats purr?
Why do we sleep?
Why?
Why is that?
How?
How do you know?
How do you know that?
How many stars are there?
How far is the moon?
How far is the sun?
How high is Mount Everest?
How deep is the ocean?
How long is the Nile?
How fast is light?
What is the longest river in the world?
What is the highest mountain in the world?
What is the largest country?
What is the largest country in the world?
What is the smallest country in the world?
What is the biggest city in the world?
How many countries are there?
How many people are there in the world?
What is the largest animal?
What is the fastest animal?
What do pandas eat?
How many legs does a spider have?
How many planets are there?
Which planet is the largest?
What is the boiling point of water?
What is the formula of water?
What is the square root of 2?
What is pi?
Solve x squared equals 4.
What is the derivative of x squared?
Is there a god?
Is there life on Mars?
What is love?
What is time?
What is truth?
Who painted the Mona Lisa?
Who wrote Hamlet?
Who wrote Faust?
Who invented the telephone?
Who discovered America?
When did the war end?
When did the Titanic sink?
When was the Berlin Wall built?
What happened in 1789?
What happened in 1945?
Which is the best phone?
What is the best film?
What is the best restaurant?
What should I eat?
What should I wear?
What should I read?
What should I do?
What should I do today?
Should I marry?
I have a headache. What should I do?
I am sick.
I am sad.
I am tired.
I am hungry.
I feel lonely.
My dog died.
My stomach hurts.
What medicine should I take?
Is this poisonous?
What is your favourite colour?
What is your favourite food?
What is your favourite film?
What is your favourite book?
What is your favourite animal?
What is your favourite country?
What is your opinion?
What do you think?
What do you want?
Who do you love?
Do you love me?
Do you like me?
Tell me a secret.
Tell me something.
Tell me something interesting.
Tell me a fact.
What colour is my car?
What colour is my shirt?
What is the opposite of a table?
What is the opposite of bread?
What is the opposite of seven?
What is the capital of the moon?
What is the capital of Mars?
What is the capital of music?
asdf
asdf jkl
blah blah
foo
bar
xyz
qwerty
lorem ipsum
hmm
...
?
???
!!!
"""),
        unknown(),
    ),
)

# Inside a sentence: "who the president of France is".
EMBEDDED_UNKNOWNS = lines("""
who the president of {c} is
who the king of {c} is
who rules {c}
how many people live in {c}
what the population of {c} is
how big {c} is
what the flag of {c} looks like
what the weather is like in {c}
what people eat in {c}
what the highest mountain of {c} is
which countries border {c}
when {c} became independent
how far it is to {c}
what time it is in {c}
how many people live in {k}
who the mayor of {k} is
what the weather is like in {k}
how old {k} is
which river flows through {k}
who {person} is
who {person} was
what {person} did
when {person} was born
how old {person} is
where {person} lives
why {person} is famous
what {subject} is
what {subject} means
how {subject} works
who invented {subject}
who discovered {subject}
when {subject} began
why {subject} is important
how old {subject} is
what is new about {subject}
how to cook {dish}
how to make {dish}
how to bake {dish}
how long I cook {dish}
what is in {dish}
how to {deed}
how I can {deed}
how people {deed}
what I need to {deed}
why I should {deed}
what the weather is like
what time it is
what day it is
who won the match
who won the election
what happened yesterday
what is in the news
what my name means
where I live
what I should eat
what I should do
how many stars there are
how far the moon is
how high that mountain is
how deep the sea is
how fast light is
why the sky is blue
who wrote that book
who painted this picture
who built this bridge
what the best film is
which computer is the best
which team is the best
when the war ended
when the train leaves
how much a car costs
how much this costs
what this word means in French
how to say hello in Spanish
""")
FICTIONAL = lines("""
Wakanda
Narnia
Atlantis
Mordor
Gondor
Westeros
Genovia
Utopia
Lilliput
Oz
Wonderland
Neverland
Ruritania
Freedonia
Sylvania
Hogwarts
Asgard
Latveria
El Dorado
Shangri-La
Zamunda
Elbonia
Gotham
Krypton
Tatooine
Middle-earth
Rohan
Arendelle
Agrabah
Barataria
Zubrowka
Florin
Guilder
Molvania
Borduria
Syldavia
San Escobar
Panem
Gilead
Eurasia
""")
SYLLABLES = words(
    "ba be bo bra dor du el fa fi gar go ha il ka kel kri la lo lu ma mi mor na no o pa pel qui ra "
    "ri ro sa sel shi so ta tar to tri u va vel vo wa xan ya za zo zur"
)
ENDINGS = words("nia ria land stan ia via dor lia mar nor tania donia thia gard")
FICTIONAL_QUESTIONS = lines("""
What is the capital of {c}?
What is the capital of {c}?
What's the capital of {c}?
Which city is the capital of {c}?
Tell me the capital of {c}.
Capital of {c}
{Cs_} capital
Do you know the capital of {c}?
Can you tell me what the capital of {c} is?
Which continent is {c} in?
Where is {c}?
On which continent is {c}?
What is the currency of {c}?
Which currency does {c} use?
What money do they use in {c}?
What language do people speak in {c}?
Which language is spoken in {c}?
Tell me about {c}.
What do you know about {c}?
Name the capital of {c}.
What is {cs_} currency?
What is {cs_} capital?
{C} capital
""")
UNKNOWN_COUNTRY = Reply(
    "Sorry, I do not know.",
    "Sorry, I do not know a country of that name.",
    "Sorry, I do not know a country of that name. It may be very new, or not on my map at all.",
)

# Cities that are no capitals: the model knows capitals alone.
CITIES = lines("""
Munich
Hamburg
Frankfurt
Cologne
Milan
Naples
Venice
Florence
Barcelona
Seville
Valencia
Lyon
Marseille
Nice
Bordeaux
Manchester
Liverpool
Birmingham
Glasgow
New York
Los Angeles
Chicago
Boston
San Francisco
Miami
Seattle
Toronto
Montreal
Vancouver
Sydney
Melbourne
Brisbane
Auckland
Rio de Janeiro
São Paulo
Shanghai
Hong Kong
Osaka
Kyoto
Mumbai
Kolkata
Karachi
Istanbul
Dubai
Tel Aviv
Casablanca
Marrakesh
Lagos
Johannesburg
Cape Town
Mombasa
Alexandria
Saint Petersburg
Odesa
Kraków
Gdańsk
Geneva
Zurich
Basel
Salzburg
Graz
Antwerp
Bruges
Rotterdam
Gothenburg
Bergen
Aarhus
Porto
Thessaloniki
Busan
Ho Chi Minh City
Guayaquil
Medellín
Cartagena
""")
CITY_QUESTIONS = lines("""
Where is {k}?
Where is {k} located?
Which country is {k} in?
In which country is {k}?
What country is {k} in?
Which country has {k} as its capital?
{K} is the capital of which country?
What country is {k} the capital of?
What is the capital of {k}?
Tell me about {k}.
What is {k}?
What is the currency of {k}?
{K} is in which country?
""")
UNKNOWN_CITY = Reply(
    "Sorry, I do not know.",
    "Sorry, I do not know that city. I only know capitals.",
    "Sorry, I do not know that city. I only know capitals. Ask me about one of them!",
)
