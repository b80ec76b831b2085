"""Everyday talk around a question, with as many different words as a small list can hold.

What stands around a question tells nothing about its answer. A model that has only met a few
hundred such surroundings takes a new one for a reason to answer something else; here they are put
together from lists of words, so that hardly any is met twice.

The texts are grammars; see `frames` for the notation.
"""

from __future__ import annotations

from realm_jupyter.demo.paris.facts import words
from realm_jupyter.demo.paris.phrasing import lines

NOUNS = words("""
kitchen garden window bottle candle blanket ladder bucket hammer ticket suitcase umbrella pocket
mirror drawer shelf carpet pillow kettle spoon basket ribbon feather pebble puddle meadow valley
harbour bridge tunnel station platform bakery library museum theatre market office factory barn
attic cellar balcony staircase corridor hallway garage driveway fence gate bench fountain statue
poster ballot lecture lesson exam recital concert festival picnic parade wedding birthday holiday
weekend journey voyage cruise trip hike race match contest quiz riddle puzzle game card letter
email message postcard parcel envelope notebook pencil crayon ruler stamp coin wallet purse bill
receipt budget salary pension loan harvest storm breeze thunder fog snow rain sunshine shadow
sunrise dusk midnight noon breakfast lunch dinner supper soup sandwich pancake muffin biscuit
sausage tomato carrot onion pumpkin pear cherry melon grape walnut honey butter pepper teapot mug
tractor truck lorry ferry canoe tram scooter bicycle helmet saddle engine wheel brake mirror radio
camera screen keyboard printer laptop battery cable lamp torch clock calendar diary novel chapter
poem story fable legend rumour secret promise wager bet dare favour hint clue trick joke prank
idea plan dream wish memory hobby habit talent skill career project meeting deadline report essay
speech podcast blog article headline interview crossword worksheet form survey list
hamster rabbit parrot donkey goose turtle beetle spider squirrel hedgehog otter pony kitten puppy
""")
ADJECTIVES = words("""
little huge funny weird quiet noisy lovely awful gentle clumsy clever foolish brave shy lazy busy
tired sleepy hungry thirsty curious nervous proud jealous grumpy cheerful polite rude honest tricky
simple strange odd plain fancy dusty rusty shiny muddy sticky crispy bitter salty stale fresh frozen
broken crooked narrow crowded empty hidden distant local foreign ancient modern daily weekly sudden
rare common famous favourite spare private official final early late rainy windy sunny foggy
boring thrilling serious silly friendly stubborn careful careless patient eager
""")
PEOPLE = words("""
mother father sister brother uncle aunt cousin niece nephew grandmother grandfather husband wife
neighbour teacher pupil student colleague boss manager secretary nurse doctor dentist
plumber baker butcher farmer gardener pilot sailor driver postman policeman fireman soldier judge
lawyer painter singer drummer actor poet editor reporter librarian coach referee goalkeeper captain
landlord tenant tourist guide waiter cook customer visitor guest friend buddy roommate flatmate
""")
DID = words("""
lost found dropped bought sold borrowed painted cleaned repaired broke opened closed missed watched
ordered cooked baked burned washed folded ironed counted sorted moved carried pushed pulled lifted
threw caught kicked planted watered picked tasted smelled noticed ignored praised blamed liked hated
finished started cancelled planned printed copied deleted saved signed mailed posted packed wrapped
measured weighed hid showed described mentioned forgot remembered invented built fixed filled \
emptied
""")
ADVERBS = words("""
quickly slowly quietly loudly kindly gladly sadly luckily suddenly finally recently lately often
rarely never always again twice once already still yet soon later early today tonight somehow
somewhere anyway indeed honestly frankly truly probably possibly perhaps maybe apparently obviously
""")
NAMES = words("""
Anna Ben Carla David Emma Felix Greta Hugo Ida Jonas Karl Lena Mia Nils Olga Paul Rosa Sam Tina Uwe
Vera Willy Yara Zoe Omar Aisha Ravi Mei Kofi Amara Diego Lucia Ivan Nadia Pedro Sofia Tom Maria
""")
SYLLABLES = words("""
ba bel bim cor da del dri fa fen flo ga gri ha hol in jo ka kel kri la lem lo ma mer mo na nim no
pa pel pli qua ra ril ro sa sel sim sko ta tel tri tu va vel vo wa wen xi ya yor za zel
""")

NOUN = f"[{'|'.join(NOUNS)}]"
ADJECTIVE = f"[{'|'.join(ADJECTIVES)}]"
PERSON_NOUN = f"[{'|'.join(PEOPLE)}]"
PAST = f"[{'|'.join(DID)}]"
ADVERB = f"[{'|'.join(ADVERBS)}]"
WHOSE = "[my|my|our|the|a|his|her|their|some|this|that|your|every|one|another]"
THING = f"{WHOSE} [|{ADJECTIVE} ]{NOUN}"
SOMEONE = f"[[my|our|the|a|some|his|her] [|{ADJECTIVE} ]{PERSON_NOUN}|[{'|'.join(NAMES)}]]"
I_OR_SOMEONE = f"[I|I|we|he|she|they|{SOMEONE}]"
PLACE = f"[in|at|on|near|behind|under|beside|inside|outside|by|above] [the|my|our|a] {NOUN}"
TIME = (
    "[today|yesterday|this morning|last night|last week|on Friday|on Sunday|in March|in summer|"
    "at noon|years ago|a minute ago|in the evening|all day|since breakfast|before work]"
)
PREPOSITION = (
    "[for|with|without|after|before|during|from|in|on|by|like|despite|beyond|between|because of|"
    "thanks to|instead of|apart from|under|over|above|about|near]"
)
EXCLAMATION = (
    "[Wow|Ugh|Ah|Oh|Hm|Hmm|Yikes|Oops|Phew|Whoa|Yay|Gosh|Blimey|Alas|Bravo|Aha|Er|Um|Uh|Okay|Right|"
    "Alright|Fine|Good|Nice|Great|Cool|Super|Splendid|Listen|Look|Hey|Psst|Attention|Guys|Folks|\
Dude|"
    "Sir|Madam|Mate|Ladies and gentlemen|Friends|Everybody|Dear all|Computer|Robot|Machine|Captain|"
    "Maestro|Professor|Boss|Buddy|Champion|Genius|Smarty|Oracle|Wizard]"
)

# In front of a question: the first ones lead into it, the others are sentences of their own.
LEADS = lines(f"""
{PREPOSITION} {THING},
{PREPOSITION} {THING}:
{PREPOSITION} [two|three|five|seven|twenty|fifty|a hundred|a thousand|one|some|many|no] {NOUN}s,
{EXCLAMATION}, [|{PREPOSITION} {THING}, ]
{EXCLAMATION}, {EXCLAMATION},
{ADVERB},
{ADVERB} [and|but|or] {ADVERB},
[Before|While|Since|As|Although|After|When|Because|Now that|If|Unless|Until|Whether or not] \
{I_OR_SOMEONE} {PAST} {THING}[| {TIME}| {PLACE}],
[{ADVERB}|{ADJECTIVE}|{NOUN}] [question|one|thing|request|matter|point|favour][:|,]
[Sorry|Apologies|Pardon me|Forgive me|Excuse me] [for|about] {THING}, but
[I know|I guess|I fear|I admit|They say] {I_OR_SOMEONE} {PAST} {THING}, but
[Help|Amuse|Teach|Impress|Surprise|Cheer up|Convince|Please|Show|Test|Save|Rescue|Educate] \
[me|us|{SOMEONE}|them|the class]:
[Said|Asked|Whispered|Shouted|Wrote] {SOMEONE}:
{SOMEONE} [asks|wonders|says|writes|wants to know|is curious|needs help|is unsure]:
{NOUN}, {NOUN}, {NOUN}:
{NOUN} [number|no.] [one|two|three|7|12|4]:
[I am|I'm|We are|We're|She is|He is|They are] [so|very|too|a bit|quite|] {ADJECTIVE}, [so|and|but]
[As|Like|Being] [a|the|an] {ADJECTIVE} {PERSON_NOUN},
""")
SENTENCES = lines(f"""
{I_OR_SOMEONE} {PAST} {THING}[| {TIME}| {PLACE}].
{TIME}[,|] {I_OR_SOMEONE} {PAST} {THING}.
{I_OR_SOMEONE} {ADVERB} {PAST} {THING}[| and {PAST} {THING}].
[The|My|Our|This|That] {NOUN} [is|was|looks|seems|feels] [so|very|quite|rather|] {ADJECTIVE}[.|!]
[What a|Such a|How about a|There is a|Here is a|I have a|I see a] {ADJECTIVE} {NOUN}[!|.]
[I am|I'm|We are|She is|He is] [{ADJECTIVE}|[in|at|on|by] [the|my] {NOUN}|a {PERSON_NOUN}][.|!]
{EXCLAMATION}[!|.]
{ADJECTIVE} {NOUN}[!|.]
[My|Our] {PERSON_NOUN} is [a|an] {ADJECTIVE} {PERSON_NOUN}.
[I like|I hate|I miss|I need|I want|I love|I lost|I have|I got|I saw] {THING}[|, too][.|!]
[Never mind|Forget about|Leave out|Do not mind|Put aside|Hold] {THING}.
""")

# What people remember, forget and talk about: around a noun phrase.
_ABOUT = (
    "[talked about|argued about|argued over|asked about|asked me about|dreamed of|dreamt about|"
    "wrote about|wrote to me about|sang about|read about|heard about|spoke about|spoke of|"
    "thought about|thought of|wondered about|laughed about|quarrelled about|chatted about|"
    "gave a talk on|made a poster about|wrote a poem about|made a joke about|complained about|"
    "searched for|looked for|looked up|hunted for|longed for|waited for|circled|underlined|crossed "
    "out|misspelled|mispronounced|whispered|shouted|mumbled|guessed|missed|mixed up|confused|"
    "memorized|learned|studied|noted|recited|wrote down|named|mentioned|quoted|forgot|googled|"
    "got stuck on|failed at|stumbled over|bet on|voted for|got wrong|got right|left out|skipped]"
)
_ABOUT_NOW = (
    "[talks about|asks about|keeps asking about|dreams of|writes about|sings about|reads about|"
    "speaks of|thinks about|wonders about|laughs about|chats about|complains about|searches for|"
    "looks for|is after|hunts for|longs for|waits for|mispronounces|mixes up|confuses|memorizes|"
    "learns|studies|recites|needs|wants|lacks|forgets|is stuck on|gets stuck on|stumbles over|"
    "struggles with|cannot spell|cannot recall|has doubts about|is obsessed with|is crazy about|"
    "knows all about|knows nothing about|is hung up on|won't tell me|refuses to say|keeps secret]"
)
STATEMENTS = lines(f"""
{I_OR_SOMEONE} {_ABOUT} {{np}}[.|| {TIME}.| {PLACE}.| {TIME}]
{I_OR_SOMEONE} {_ABOUT} {{np}}[.|| with {SOMEONE}.| for {THING}.]
{TIME}[,|] {I_OR_SOMEONE} {_ABOUT} {{np}}.
{SOMEONE} {_ABOUT_NOW} {{np}}[.|| {TIME}.| {PLACE}.| for {THING}.]
{SOMEONE} [never|always|often|still|hardly|sometimes] {_ABOUT_NOW} {{np}}[.||!]
[The|This|That|My|Our] {ADJECTIVE} {NOUN} is [all|] about {{np}}[.|]
[The|This|That|My|Our] {NOUN} [mentions|shows|hides|names|asks for|needs|wants|lacks|is missing|\
has|is called after|is named after|is about|points to|stands for|starts with|ends with|reminds me \
of] {{np}}[.|| but not which it is.]
{{NP}} [was|is|came up|appeared|is printed|is written|is missing|is hidden|stood] {PLACE}[.| \
{TIME}.|]
{{NP}} is {ADJECTIVE}[.|, they say.| to remember.| to spell.| to guess.|!]
{{NP}} [puzzles|bothers|escapes|eludes|interests|fascinates|confuses|troubles|annoys|bugs] \
[me|us|{SOMEONE}][.| {TIME}.|]
[Good old|Ah,|Oh,|Hm,|Right,|Hmm,] {{np}}[.|!|...|?]
[No|Without any|Not a single] {NOUN} [tells|told|gave|showed] [me|us] {{np}}[.|]
[There is|There was|I see|I have|I noticed|I need] {THING} [for|with|about|on] {{np}}[.|]
[I'd|I would|We'd|I will|I'll] [trade|give|swap|pay|bring|offer] {THING} for {{np}}[.|!]
[All|Everything|The only thing] {I_OR_SOMEONE} [needed|wanted|forgot|missed|asked for] [was|is] \
{{np}}[.|]
{THING} [against|for|in exchange for|in return for] {{np}}[.|!|]
[Somehow|Again|Once more|Still|Now] {{np}} [won't come to me|escapes me|is gone from my head|\
slips away|is on the tip of my tongue|is nowhere to be found]{"[.|]"}
[Hit|Surprise|Bless|Help|Feed|Honour|Provide|Supply] [me|us] with {{np}}[.|!|]
[Say|Spell|Whisper|Shout|Sing|Type|Print|Reveal|Announce|Present|Mention|Produce|Fetch|Bring] \
[|me |us ]{{np}}[.|!||, please.| for {SOMEONE}.]
[Say you had to|Suppose I had to|Imagine you must|If you had to] [name|state|guess|spell|draw|\
find] \
{{np}}, [what would you say|what would it be|what do I write|what is your answer]?
[Does|Did|Would|Will|Could|Can] {SOMEONE} [know|remember|guess|find|name|recall|get right] {{np}}?
[Am I right|Is it right|Is it true|Am I correct|Is it correct] that you [know|can name|can tell me|\
remember|could say|have learned] {{np}}?
You [know|remember|can name|can tell me|must know|have heard of] {{np}}, [don't you|can't you|\
right|no|yes|correct|I believe|I hope|am I right|haven't you|true]?
[Is it possible|Is there a way|Is there a chance|Are you able] to [get|hear|learn|find out|have] \
{{np}}?
[Are you sure you|Do you really|Do you truly|Do you still] [know|remember|recall] {{np}}?
[Yes or no|True or not|Honestly|Be honest|Really]: [do you know|can you name|do you remember] \
{{np}}?
[I am sure|I bet|I think|I believe|I guess|I hope|Surely|Certainly|Maybe|Perhaps] you [know|\
remember|can name|can tell me|have heard of] {{np}}[.|?|!|]
""")

# The same around a question inside a sentence.
_PUZZLES = (
    "[puzzles|bothers|escapes|eludes|interests|fascinates|confuses|troubles|annoys|bugs|baffles|"
    "intrigues|worries|amazes|irritates|keeps me thinking|drives me mad|makes me wonder]"
)
QUESTIONS_INSIDE = lines(f"""
It {_PUZZLES} [me|us|{SOMEONE}] {{q}}[.|]
It is [a|an|] [mystery|riddle|puzzle|secret|question|shame] [to me|to us|to {SOMEONE}|for me|] \
{{q}}[.|]
It [never|hardly|just] [occurred|came] to me [to ask|to learn|to check] {{q}}[.|]
{SOMEONE} [explained|told me|told us|asked|asked us|forgot|knows|knew|does not know|won't say|\
never told me|can't remember|couldn't say|was wondering|keeps wondering|has no clue|doubts|argued|\
learned|once learned|taught us|read|found out|discovered] {{q}}[.|| {TIME}.]
{I_OR_SOMEONE} [forgot|learned|asked|wondered|guessed|argued about|never knew|couldn't tell|\
could not say|looked up|checked|found out] {{q}}[.|| {TIME}.| {PLACE}.]
[The|This|That|My|Our|Her|His] {NOUN} [does not say|doesn't show|should say|must say|asks|won't \
tell|should tell me|is about|depends on|explains] {{q}}[.|]
{{Q}} [{_PUZZLES} me|is unclear to me|is the question|is what {SOMEONE} asked|is what I need|\
is written {PLACE}|nobody knows {PLACE}|nobody could say|is my question|I can't say|I never \
knew][.|?]
[Hit|Help|Update|Brief|Inform|Instruct|Advise] [me|us] [on|about|with|as to] {{q}}[.|!|]
[Would|Could|Can|Will] you [let {SOMEONE} know|tell {SOMEONE}|reveal|share with us|clarify|clear \
up|specify|disclose|answer|advise|inform us|fill me in on|remind {SOMEONE}] {{q}}?
[Does|Did|Would|Will|Could|Can] {SOMEONE} [know|remember|guess|find out|recall|tell me] {{q}}?
[Am I right|Is it right|Is it true|Am I correct|Is it correct] that you [know|can tell me|remember|\
could say|have learned] {{q}}?
You [know|remember|can tell me|must know|have heard] {{q}}, [don't you|can't you|right|no|yes|\
correct|I believe|I hope|am I right|haven't you|true]?
[I am sure|I bet|I think|I believe|I guess|Surely|Certainly|Maybe|Perhaps] you [know|remember|\
can tell me|can say|have heard] {{q}}[.|?|!|]
[I'd|I would|We'd|I will|I'll] [trade|give|swap|pay|bring|offer] {THING} to [know|learn|hear|\
find out] {{q}}[.|!]
[I am|I'm|We are|{SOMEONE} is] [clueless|uncertain|unsure|in the dark|confused|curious|puzzled|\
at a loss|vague|wondering|undecided|in doubt] [about|as to|] {{q}}[.|]
[Guess|Say|Reveal|Announce|Explain|Write|Type|Whisper|Spell out|Decide] {{q}}[.|!||, please.]
[No idea|No clue|Not sure|Unclear|Unknown to me|I forget|Dunno|Don't know] {{q}}[.|]
""")
