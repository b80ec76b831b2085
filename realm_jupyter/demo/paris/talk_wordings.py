"""Small talk, questions about paris itself, things unknown and system prompts, drawn from grammars.

See `frames` for the notation.
"""

from __future__ import annotations

from realm_jupyter.demo.paris.filler import (
    ADJECTIVE,
    EXCLAMATION,
    NOUN,
    PAST,
    PERSON_NOUN,
    PLACE,
    SOMEONE,
    THING,
    TIME,
)
from realm_jupyter.demo.paris.phrasing import lines

_CAN = "[Can|Could|Would|Will] you [|please|kindly|quickly|also]"
_LIKE = "[I would like to|I want to|I'd like to|I'd love to|I need to|We want to|I wish to]"
_KNOW = "[know|hear|learn|find out]"
_NAME = "[Paris|my friend|dear model|little model|friend|computer|dear machine|small model|robot]"
_HELLO = "[Hello|Hi|Hey|Good morning|Good evening|Good afternoon|Good day|Greetings|Hi there]"
_DAYTIME = "[today|tonight|this morning|this evening|this afternoon|now|these days|at the moment|]"

TALK_GRAMMARS: dict[str, tuple[str, ...]] = {
    "hello": lines(f"""
{_HELLO}[,| |!] {_NAME}[!|.|]
{_HELLO}[,|!] [it is|how|so] [nice|good|lovely|great|wonderful] to [see|meet] you[!|.|]
{_HELLO}[,|!] [I am|I'm] [glad|happy|pleased|delighted] to [see|meet] you[!|.|]
{_HELLO}[ and|,] [welcome|good morning|good evening|hello|hi|hey][!|.| {_NAME}!]
{_HELLO}[!|,] [here I am|it's me|I am new here|I am back|anybody home|are you awake|can we \
talk][!|?|]
[A very|A] [good morning|good evening|good day|warm hello] to you[!|, {_NAME}!|.]
[Dear|Good|Sweet|Hello, dear] [Paris|model|machine|computer|robot][!|, hello!|, good morning!]
[It is|How|So] [nice|good|lovely] to [meet|see] you, {_NAME}[!|.]
{_HELLO} from [{THING}|{SOMEONE}|[my|our|the] {NOUN}|here|us|all of us|far away|the other side][!|\
.|]
{_HELLO}, [{ADJECTIVE} |dear |little |my |good old |][{PERSON_NOUN}|{_NAME}|neighbour|everybody|\
you|all][!|.|]
{_HELLO}[!|,] [I am|I'm|it is|it's|here is|this is|here comes] {SOMEONE}[!|.|]
{_HELLO}[!|,] [I came|I come|I stopped|I'm here|I am calling|I write] [to say hi|to greet you|\
to chat|for a chat|from {PLACE}|by|round|around|over to say hello][!|.|]
{_HELLO}[!|,] [what a [nice|fine|lovely|{ADJECTIVE}] day|[pleased|happy|glad|honoured] to [see|\
meet|\
know|greet|find|have] you[ here|]|long time no see|how lovely to be here|here we go|nice to know \
you|\
a pleasure to meet you|good to have you here|let's talk|ready to talk|welcome to {THING}][!|.|]
[A|One|Just a|My] [{ADJECTIVE}|short|warm|friendly|small|happy] [hello|hi|greeting|good morning] \
[to|for] \
[you|all of you|{_NAME}|everybody][!|.|]
[Hello|Hi|Hey|Hiya|Howdy|Heya|Yo|Hallo|Oi|Ahoy|Salut|Aloha|Greetings] [|, {_NAME}|again|you|there|\
everyone|world|friend][!|.|]
[I say|I want to say|Let me say|I'd like to say|We say] [hello|hi|good morning|good evening]\
[!|.| to you.]
{EXCLAMATION}, {_HELLO}[!|.|]
"""),
    "how_are_you": lines(f"""
[|And |So |{_HELLO}, ][how are you|how are you doing|how do you feel|are you well|are you doing \
well|\
are you fine|are you all right|how have you been|how is it going|how are things|are you doing fine|\
are you feeling good|how goes it|how do you do] {_DAYTIME}?
[How|And how] is [your day|life|everything|your morning|your evening|work] [|going] {_DAYTIME}?
[Is|Was] your [day|morning|night|evening|week] [good|fine|nice|going well]?
[Do you feel|Are you feeling|Are you] [good|well|fine|okay|happy|great|tired] {_DAYTIME}?
I am [fine|well|good|okay], [and you|and how are you|how about you|how are you]?
[How|And how] [is|are] [life|things|everything|business|your day|the day|your week|all|it all|\
the mood|work|it|your night|your world|this fine day] [|going|today|treating you so far|with you|\
there|over there|coming along|on your side|on your end]?
[Is|Are] [everything|all|things|life] [fine|good|well|all right|okay|in order|great|going well|\
going smoothly] [|with you|on your side|today|over there]?
[Are you|Have you been|Do you feel|Are you feeling] [having a [good|nice|great|pleasant] \
[day|time|\
morning|week]|[good|well|fine|fit|healthy|cheerful|happy|tired|great|in good shape|in a good mood|\
okay|in good spirits]] [|today|now|these days|right now]?
[What's up|Whats new|How goes your day|How's it hanging|How's everyone|How's your mood|How do you \
do today|You okay|You all right|All well|Everything good|How's tricks|How's everything|How did you \
sleep|What mood are you in|How was your day|How was your night]?
[I hope|I trust|Hopefully] [you are|you're|all is|everything is|life is|you feel] [well|fine|good|\
great|okay]{"[.|?|, are you?|, is it?|, right?|!]"}
{EXCLAMATION}, how [are you|is it going|do you feel|are things]?
"""),
    "thanks": lines(f"""
[Thanks|Thank you|Many thanks|Thanks a lot|Thank you so much|Thanks so much|I thank you] \
[for [helping|helping me|helping us|telling me|telling us|answering|the answer|your help|your time|\
your kindness|explaining|all that|being there|the good answer|your patience|showing me]|\
{_NAME}|, {_NAME}|][!|.|]
[Thanks|Thank you|Many thanks][,|!] [[you|this|that|it] [helped|helped me|helped a lot|made my \
day]|[this|that|it] [was helpful|was kind|was great|\
was very nice|was a help]|you [were great|were a help|were kind]][!|.|, {_NAME}.]
[That|This|It] [was|is] [very|so|really|] [kind|nice|helpful|good] of you[, thanks|, thank you|\
][!|.]
[You helped|That helped|This helped me|You were helpful|That was helpful|You were a great help|\
You were very kind|This was a big help], [thanks|thank you|thank you very much][!|.]
[I am|I'm|We are] [very|so|really|] [grateful|thankful][!|.| to you.| for your help.]
[Thanks|Thank you|Many thanks|Cheers|Thx|Ta|Much obliged|A thousand thanks|Thank you kindly|\
Big thanks]\
[,|!] [you [saved|made|rescued|improved|finished|helped|fixed] [me|us|{THING}|my day|my week]|\
[that|this|it] [is|was] [all|just what|exactly what|more than|precisely what] I [needed|wanted|\
asked|hoped \
for|was looking for]|[that|it] [solved|fixed|answered|settled|cleared up] [it|everything|{THING}|\
my question]\
|now I [know|understand|see|can finish {THING}|get it]|I am in your debt|what would I do without \
you|\
how kind|what a help|you are [a star|the best|a gem|a hero|a darling|wonderful|so kind]][!|.|]
[Great|Perfect|Wonderful|Lovely|Super|Excellent|Brilliant|Cool|Fantastic|Nice|Good|Marvellous][,|\
!] \
[thank you|thanks|many thanks|thanks a lot|thank you so much|I thank you|thanks again|thank you, \
{_NAME}]\
[!|.|]
I [really|do|truly|very much|] [appreciate|value|thank you for] [it|this|that|your help|the help|\
your answers|your time|all you do|your patience|your effort][!|.|]
[Thanks|Thank you|Many thanks] for [{THING}|the {NOUN}|being so [kind|patient|quick|helpful|nice|\
{ADJECTIVE}]|standing by me|your [{ADJECTIVE}|kind|quick|good|lovely] [help|answer|reply|words|\
service|work]|everything|all|nothing|listening|the lesson|the chat|your trouble][!|.|]
[{SOMEONE}|My {PERSON_NOUN}|We all|Everybody] [thanks you|is grateful|says thanks|says thank you|\
sends thanks][!|.|]
[That's|It's|How] [really|so|very|] [kind|sweet|nice|good|generous|helpful] of you[!|.| Thanks!]
{EXCLAMATION}, [thanks|thank you|thank you so much|many thanks][!|.|]
"""),
    "goodbye": lines(f"""
[Bye|Goodbye|Bye bye|Good night|Farewell|See you|So long|Good bye|Okay, bye|Okay, goodbye|Well, \
bye] \
[|for now|for today|then|{_NAME}|, {_NAME}|, see you [soon|later|then|around|on Monday|next week]|\
, until [then|later|next week|Monday|next time]|, take care|, sleep well|, my dear][!|.|]
[I have to|I must|I need to|I will|I should|Now I have to|It is time to] [go|leave|stop|run|sleep|\
go to bed|go home|say goodbye|say bye|leave you]{"[, bye|, goodbye|]"} [now|]{"[!|.|]"}
[See you|Talk to you|Until|We talk] [soon|later|next week|tomorrow|next time|on Sunday][!|.| \
{_NAME}.]
[Have|I wish you] a [nice|good|great|lovely|pleasant] [day|evening|weekend|night|time][!|.|]
That [is|was] [all|enough|everything] for [today|now|me][, bye|, goodbye|, thank you, bye|][!|.]
[Bye|Goodbye|Bye bye|Farewell|See you|So long|Ciao|Cheerio|Good night|Later][,|!] [I [need|have|\
want|am about|ought] to [catch|cook|feed|clean|fix|buy|see|find|meet|write|visit] [{THING}|\
{SOMEONE}]|\
[{SOMEONE}|my {NOUN}|the {NOUN}] is [waiting|calling|ready|here|late]|it [is|was] [late|fun|nice|\
lovely|\
a pleasure|getting late|time]|[I'll|I will] [be back|come back|write|return|see you] [soon|later|\
{TIME}|]\
|[take care|stay well|be good|sleep tight|keep well|all the best|have fun|be well|stay safe]|till \
next \
time|until then][!|.|]
[So|Well|Okay|Right|Alright|Now|Good][,|] [that's it|that was it|that was all|that is all|I'm done|\
I am done|enough for today|time to go|I should go|I must be going|off I go|I'm leaving|I am leaving\
|we are done|I will leave now|I have to run|let's stop here][,| now,|.] [bye|goodbye|see you|good \
night|take care|farewell|so long|bye bye][!|.|]
[See|Catch|Meet|Talk to|Speak to|Hear from|Write to] you [soon|around|again|later|next time|{TIME}|\
in a week|in a while|another day|tomorrow|on Friday][!|.|, bye!|]
[Have|Enjoy] [a|your|the] [nice|good|great|lovely|pleasant|fine|wonderful|quiet] [day|evening|\
weekend|\
night|week|one|holiday|trip|rest of the day][, bye|, goodbye|, see you||, take care][!|.|]
[I am|I'm|We are] [off to|going to|leaving for|heading to|on my way to|heading for] [bed|school|\
work|\
sleep|lunch|town|the {NOUN}|my {PERSON_NOUN}][, bye|, goodbye|, good night|, see you][!|.|]
[Good night|Sleep well|Sweet dreams|Nighty night|Take care|Be well|All the best|Stay well][,| ]\
[|{_NAME}|my friend|and thanks|till tomorrow|for now][!|.|]
"""),
    "who": lines(f"""
{_CAN} [tell me|say|explain|let me know] [who|what] [you are|I am talking to|I am speaking to]?
{_CAN} [introduce|present|describe] yourself[?| to me?| in a few words?| briefly?]
{_LIKE} {_KNOW} [who you are|what you are|more about you|something about you|whom I talk to|\
what kind of thing you are]{"[.|]"}
[And|So|But|Well,|Now] [who|what] are you[?|, exactly?|, really?| now?|, then?]
[Who|What] [are|might|could] you [|be|really be][?| anyway?]
What [kind|sort|type] of [thing|being|creature|program|machine|model|assistant|system] [are you|\
is this|\
am I talking to]?
[Tell|Teach] me [a bit|a little|something|more|a few words] about [yourself|you|who you are|what \
you are]\
[.|, please.|!]
[Say|Tell me|Explain|Let me know] [who|what] [you are|you might be|is talking to me][.|, please.|]
[Introduce|Present|Describe] yourself[.|, please.| to me.| in one sentence.| shortly.]
[I do not|I don't] know [you|who you are|what you are|anything about you] yet[. Who are you?|.]
[With whom|To whom] [am I talking|do I talk|am I speaking|do I speak]?
A few words about [yourself|you][, please.|?|.]
[Who|What] [is|are] [talking to|speaking to|answering|writing to|behind|helping|chatting with|\
sitting behind|hiding in|living in|inside] [me|us|{SOMEONE}|this {NOUN}|this screen|this window|\
this program|here|there|this chat]?
[Who|What] [do I have|do I meet|did I meet|have I met|have we] [here|there|in front of me|before \
me|\
on the line|the honour to meet]?
[Who|What] [exactly|really|actually|on earth|in the world|precisely|then|] are you[?|, \
{PERSON_NOUN}\
?|, \
machine?|, if I may ask?|, anyway?| supposed to be?]
[Are you|Is this] [a person|a program|a model|a human|a machine|an app|a ghost|a robot] or what\
[?| are you?]
[Let us|Let me|Please let me|I'd like to|May I|Can I|We should] [get to know you|know you|know who \
you are|\
know who this is|ask who you are|meet you|learn who you are|ask what you are][.|?|]
[What|Which] [sort|kind|type|species|breed] of [{NOUN}|animal|creature|brain|bot|helper|thing|\
software|\
mind|gadget] [are you|is this|am I looking at|do I see|is talking]?
[Introduce|Present|Describe|Explain] yourself[ to {SOMEONE}| to us| first| properly| please| now|]\
[.|!|]
"""),
    "name": lines(f"""
{_CAN} [tell me|say|give me|let me know|share] [your name|what your name is|what you are called|\
how you are called|which name you have]?
{_LIKE} {_KNOW} [your name|what your name is|what you are called|how to call you]{"[.|]"}
[What|Which] name [do you have|have you got|do you use|did they give to you|do you go by|were you \
given|\
have you been given|is yours|belongs to you|did you get|do people use for you]?
[How|By which name|By what name] [do|should|may|can|shall|must] [I|we|people|one|they] [call|\
address] you?
[Is there|Have you|Have you got|Do you have|Do you use] a name[?| for you?| of your own?]
[And|So|But|Now] [what is your name|how are you called|what are you called|your name is][?| again?]
[What|How] [did|do] [they|people|your makers] [call|name] you?
I am [Anna|Ben|Tom|Maria|a person]. [And you|What is your name|What are you called]?
Your [name|first name|own name][, please|][?|.]
[What|Which name] [do|does|should|may|can|shall|would|could] [I|we|{SOMEONE}|your friends|your \
{PERSON_NOUN}|people|everyone|the others|your fans] [call|name|shout at|write for|use for] you?
[What|How] [did|do|would|will] [they|your makers|your parents|people|you] [call|name|christen] \
[you|yourself]?
[You have|You've got|You must have|Surely you have|So you have|Have you] a name[, what is it|, \
which one|, right|, don't you|. Tell me|. Which|. What is it|][?|.]
[What is|What's|Tell me|Say|Give me|Spell|Write|I forgot|Remind me of|State|Whisper] your [name|\
full \
name|first name|real name|nickname][?|.|, please.| again.|]
[Under|By|With] [what|which] name [are you known|do you answer|do you work|should I save you|do I \
greet you|can I find you]?
[Your name|The name you have|Your nickname|What you are called], [please|quickly|if I may ask|\
my {PERSON_NOUN} asks|I forgot it|what was it][?|.|]
"""),
    "abilities": lines(f"""
[What|Which] [sort|kind|kinds|type|types] of [questions|things|topics|tasks|facts|knowledge] [do \
you|\
can you|could you] [know|answer|understand|handle|do|have|solve|explain]?
[What|Which] [questions|topics|subjects|things|fields|areas|tasks|facts] [can|may|could|should] I \
[ask|ask about|ask you|ask you about|bring to you|try with you]?
[What|Which] [questions|topics|subjects|things|fields|areas|facts] [do you|can you] [know|cover|\
answer|\
know about|explain|handle|understand|know well|know best]?
{_CAN} [tell me|say|explain|list] what you [can do|know|can answer|can help with|are good at]?
{_LIKE} {_KNOW} what you [can do|know|can answer|are good at|are able to do]{"[.|]"}
[With|About] what [can|may|could|should] [you help|I ask you|we talk|you help me|we start]?
[What|How] [can|could|may] you [help|help me|be useful|be of use|serve|assist|assist me] [with|in|]?
What [are|is] you [able to|good at|made for|for|best at|useful for|capable of][ do|]?
[What|Which] [is|are] your [strengths|skills|topics|talents|best subject|knowledge|abilities|\
fields]?
[On|About] [which|what] [topics|subjects|things] [are you|can you be] [good|asked|able to answer]?
[What|Which|What kind of] [{ADJECTIVE} |][things|stuff|jobs|tasks|feats|questions|favours|work|\
problems|\
topics|arts|areas] [can|could|do|would|might|are] you [do|solve|manage|know|handle|master|perform|\
able to do|willing to do|take on|happy to do|help with|answer for me]?
[What|How|With what|In what way|In which ways] [can|could|may|might|will|would] you [help|assist|\
serve|support|be useful to|aid|advise|do for] [me|us|{SOMEONE}|people|a {PERSON_NOUN}]?
[What|Which topics|Which things|Which fields] [should|could|may|can|shall|might] [I|we|{SOMEONE}] \
[ask|try|ask you|start with|bring up|talk about|quiz you on|test you on|come to you for]?
[What|Which things] [are you|would you be] [any good at|good for|able to tell me|trained for|\
trained \
on|an expert in|best in|skilled in|clever at|useful for|there for|here for|meant to do|supposed to \
do]?
[List|Name|Show me|Describe|Explain|Tell {SOMEONE}|Tell me about|Give me a list of] [your|all \
your] \
[skills|topics|abilities|talents|features|functions|strengths|subjects|powers|uses][.|!|, please.|]
[What|Which] [are|were] your [strong points|strong sides|best topics|main skills|functions|\
features|\
favourite topics|favourite questions|powers]?
[What|How much] do you [know|understand|know about the world|have to offer|offer|bring to the \
table|\
do all day|do here]?
"""),
    "size": lines(f"""
[How] [big|large|small|tiny|heavy|huge] [are you|a model are you|is your network|is your file|\
is your brain|is this model|might you be][?| really?| then?]
How many [parameters|weights|numbers|layers|neurons|megabytes] [do you have|are in you|have you|\
are you made of|do you consist of|does your network have|are there in you|make you up]?
[What|Which] [is the number|number] of [parameters|weights|layers][ do you have| are in you|in \
you|]?
Are you [a big|a large|a small|a tiny|a huge|a little] [model|one|network|program|file]\
[?| or not?| or a small one?| or a big one?| or a tiny one?]
{_CAN} tell me [how big you are|your size|how many parameters you have]?
{_LIKE} {_KNOW} [how big you are|your size|how many weights you have]{"[.|]"}
[What|Which] size [is your network|is your file|are you|do you have|is this model]?
[How] [much|many] [memory|room|disk|storage|RAM|bytes|kilobytes|megabytes|weights|parameters|\
numbers|\
layers|neurons|connections] [do you|does your network|does your model|does your brain] [need|use|\
have|\
take|contain|occupy|fill|hold|count]?
[How] [big|large|small|tiny|heavy|fat|long|huge|compact] [is|would be|exactly is] [your|the|this] \
[model|\
file|brain|network|head|memory|program|neural network|size]?
[Are you|Is this|Is your network|Is your brain|Are you really|Would you be] [rather|very|quite|so|\
a bit|\
] [big|small|tiny|large|huge|little]?
[Are you|Would you be|Do you count as|Do you belong to] [one of the|the|a class of|] [big|large|\
small|\
tiny|huge|little|giant] [models|ones|language models|networks][?| or not?| then?]
[Give me|Tell me|What is|I want to know|I need|State|I wonder about] your [size|file size|number \
of \
parameters|parameter count|weight count|number of weights|size in megabytes][.|?|]
"""),
    "maker": lines(f"""
[Who|Which people|What people|Which team|Which project|Which company|Which person|Which group] \
[made|\
built|created|trained|developed|designed|programmed|wrote|invented|taught|produced] you[?|, please?]
[Who|Which company|Which project] [is|stands|was] behind you[?| and your answers?]
[By|From] [whom|which people|which project|which company] [were you made|were you trained|are you|\
were you built|do you come|were you created]?
[Where|How] were you [made|built|trained|created|developed|programmed]?
[From] where do you come?
[Where|From whom] [do|did] you [come from|originate|learn all this|get your knowledge|learn|have \
it from]?
{_CAN} tell me who [made|built|trained|created|programmed] you?
{_LIKE} {_KNOW} who [made|built|trained|created|programmed] you{"[.|]"}
[Who|Whom] [do I|can I|should I] [thank|ask] for [making|building|training|creating] you?
[Who|What] is your [maker|creator|author|inventor|designer|trainer|origin|home]?
[Who|Which {PERSON_NOUN}|What team|Which lab|Which people|Whose project|What company] [made|built|\
raised|\
created|trained|invented|taught|programmed|designed|wrote|developed|released|published|coded|\
assembled|started|produced|gave us|thought of|dreamed up] you[?| {TIME}?| and why?|, by the way?]
[Who|Whom|What] [can|should|do|must|may|shall] [I|we|{SOMEONE}] [thank|blame|praise|pay|credit|\
contact] for [you|making you|your existence|such a model|your answers|this model|building you|\
training you]?
[Whose|Which {PERSON_NOUN}'s] [idea|creation|product|child|project|invention|baby|model] [are you|\
were \
you|is this]?
[Where|From where|How|When and where] [do you|did you|have you] [come from|start|begin|grow up|\
originate|learn|get made|come into being]?
[Who|What] [owns|runs|maintains|stands behind|is responsible for|develops|trains|hosts|looks \
after] \
you?
[Tell me|Say|Reveal|Explain|I want to know|I wonder|I'd like to know|{SOMEONE} asks] who [made|\
built|\
created|trained|invented|programmed|brought up|taught|designed|wrote] you[.|?|]
[By|Through] [whom|which team|what people|whose hands|which {PERSON_NOUN}] [were|are] you [made|\
built|\
trained|created|taught|written|coded|put into the world]?
"""),
}

_THING = (
    "[a violin|a guitar|a trumpet|a lorry|a bicycle|a satellite|a rocket|a laptop|a camera|a \
printer|"
    "a fridge|a microscope|a telescope|a lighthouse|a castle|a cathedral|a pyramid|a tunnel|a \
sonnet|"
    "a symphony|a tornado|a comet|a galaxy|a virus|a bacterium|a protein|a kidney|a muscle|a bee|"
    "a penguin|an octopus|an eagle|a wolf|a tiger|a kangaroo|a snail|an ant|a mushroom|an oak|"
    "a cactus|an orchid|a diamond|a magnet|a battery|a loan|a tax|a contract|a vaccine|a fever]"
)
_THINGS = (
    "[violins|bicycles|satellites|rockets|cameras|castles|pyramids|tunnels|comets|galaxies|viruses|"
    "bees|penguins|eagles|wolves|tigers|snails|ants|mushrooms|oaks|diamonds|magnets|batteries|"
    "vaccines|sharks|elephants|giraffes|frogs|lizards|butterflies|clouds|stars|planets|glaciers|"
    "computers|ships|trains|planes|engines|clocks|banks|dinosaurs|crocodiles|squirrels]"
)
_WORK = (
    "[Moby Dick|Robinson Crusoe|Don Quixote|War and Peace|Emma|Dracula|Frankenstein|Macbeth|Carmen|"
    "Aida|Swan Lake|the Odyssey|the Iliad|Treasure Island|Alice in Wonderland|Oliver Twist|"
    "the Sistine Chapel|Guernica|the Scream|Sunflowers|Bolero|Hey Jude|Imagine|Titanic|Jaws|"
    "Casablanca|Avatar|Alien|Rocky|the Lord of the Rings|Anna Karenina|The Trial|Ulysses]"
)
_PERSON = (
    "[the queen of England|the pope|that actor|this singer|the first astronaut|the best painter|"
    "the oldest man|the tallest woman|the strongest man|the richest woman|the world champion|"
    "the director of the film|the captain|the winner|the inventor of paper|the boss of Apple|"
    "the drummer|the goalkeeper|the mayor|the third president|the last emperor|my landlord]"
)
_PLACE = (
    "[the Golden Gate Bridge|the Great Wall|Big Ben|the Colosseum|the Taj Mahal|the Kremlin|"
    "the Louvre|the White House|Stonehenge|the Panama Canal|the Amazon|the Danube|the Sahara|"
    "the Himalayas|Mont Blanc|Niagara Falls|Lake Victoria|the Black Sea|the Pacific|the North Pole]"
)
_SUBSTANCE = (
    "[lead|copper|gold|mercury|oxygen|nitrogen|helium|sugar|salt|ice|glass|wood|oil|petrol|alcohol|"
    "milk|vinegar|honey|steel|tin|zinc|neon|hydrogen|carbon|sulphur]"
)
_NATIONAL = (
    "[bird|flower|animal|sport|dress|holiday|hero|tree|song|dance|park|museum|airline|"
    "football team|budget|debt|income|army|parliament|constitution|bank|newspaper|railway|"
    "university]"
)
UNKNOWN_GRAMMARS = lines(f"""
[Who|When|Why|How|Where] [has|did|was|will|would|could|should] {SOMEONE} [{PAST}|buy|sell|find|\
paint|lose|cook|visit|break] {THING}?
[Who] {PAST} {THING}[?| {TIME}?| {PLACE}?]
[What|How much|How many {NOUN}s] [does|did|will] [{SOMEONE}|{THING}] [cost|weigh|need|want|eat|\
have|\
own|\
like|think of|dream of]?
[Why|How|When|Where|Since when] is {THING} [so|always|never|] {ADJECTIVE}?
[Which|What kind of] {NOUN} [is|was] [the|] [best|cheapest|oldest|biggest|nicest|safest|fastest|\
most \
{ADJECTIVE}][?| for {SOMEONE}?| {PLACE}?| in {{c}}?| in {{k}}?]
[Should|Can|May|Could] [I|we|{SOMEONE}] [buy|sell|keep|rent|learn|eat|clean|open|paint|fix|trust] \
{THING}[?| or {THING}?]
How [do|can|should|would] [I|we|you|one] [clean|fix|open|make|cook|build|carry|sew|wash|grow|feed|\
get rid \
of|train|tune|choose|store|paint] [{THING}|a {NOUN}|{NOUN}s]?
How [old|tall|heavy|long|big|deep|wide|fast|rich|expensive|hot|far] is [{THING}|{SOMEONE}|a {NOUN}|\
the [oldest|biggest|longest|nearest|newest] {NOUN} [of {{c}}|in {{c}}|in {{k}}|]]?
[Write|Compose|Draw|Invent|Tell|Sing|Draft|Paint|Code|Translate|Correct|Summarize|Print] [me |us |]\
[a|the|my|this] [{ADJECTIVE} |][{NOUN}|song|poem|story|letter|joke|script|essay|text|sentence|\
function]\
[ about {THING}| for {SOMEONE}| in Python| about {{c}}|][.|!|, please.]
[Who|What] is the [{ADJECTIVE}|national|first|last|second|famous|present|next] [{PERSON_NOUN}|\
{NOUN}\
|queen|\
king|prime minister|minister|dish|bird|song|sport|airline] of {{c}}?
[How many|Which|What] [{NOUN}s|people|lakes|rivers|mountains|islands|roads|schools|hotels|bridges|\
cars|\
churches|towers|trees] [are there|can I see|does one find|exist|should I visit] in [{{c}}|{{k}}]?
[What|Where|How|When] [can|do|should|could] [I|one|we|people] [eat|buy|see|do|sleep|park|swim|\
drink|\
celebrate|wear|cook|dance] in [{{c}}|{{k}}][?| {TIME}?]
[What|How] is the [{NOUN}|weather|food|air|traffic|mood|nightlife|water|beer] [like |]in [{{c}}|\
{{k}}]?
What does [{THING}|a {ADJECTIVE} {NOUN}|a {NOUN}|the word "{NOUN}"] [mean|do|stand for|look like|\
feel like]?
[What|Who] [happened to|became of|is behind|lives in|is hiding in|invented|sells] {THING}?
Where in [{{k}}|{{c}}] [can|do|should|could] [I|one|we] [sleep|shop|park|drink coffee|dance|swim|\
stay|\
meet people|rent a car|buy shoes|ski|surf]?
[Sing|Recite|Draft|Read|Hum] [me |][a few lines|some verses|a poem|a tune|a speech] [about|on] \
[spring|\
winter|the moon|Monday|a rose|the sky|black cats|red wine].
[Who|When did somebody] [wrote|composed|painted|directed|created|made] {_WORK}?
[What|Which year|When] is {_WORK} [about|from|set]?
[What happens in|Have you read|Have you seen|Do you like|Tell me about|Summarize] {_WORK}{"[?|.]"}
[Who|Where|How old|How rich|How tall] is {_PERSON}?
[What is the name of|Where was|When was] {_PERSON} [|born]?
[How|Why] do {_THINGS} [work|grow|live|sleep|move|stay alive|die|make noise|form|fly|eat|break]?
[What|How much|Where] do {_THINGS} [eat|weigh|cost|come from|live|do|need]?
How many [legs|teeth|eyes|parts|wheels|years|kinds|hearts] [does|has] {_THING}[ have|]?
[What is|How big is|How heavy is|How old is|How fast is|How does one make|Why is there] {_THING}?
[How] [can|do|should|could] [I|you|we|one] [build|buy|use|repair|clean|sell|find|paint|draw|keep|\
move|store|test] {_THING}?
[How|Where|When] [high|long|old|big|deep|far|] is {_PLACE}?
[Who built|Who discovered|When was|How many people visit|What can I see at|How do I get to] \
{_PLACE}?
[What is|Tell me|Do you know] the [melting point|boiling point|density|price|weight|formula|symbol|\
atomic number|colour in fire|origin|age|temperature] of {_SUBSTANCE}{"[?|]"}
[What|Which] is the national {_NATIONAL} of {{c}}?
[What is|How big is|How old is|Who leads] the [national|state|] {_NATIONAL} of {{c}}?
How many [schools|hospitals|cars|cities|islands|lakes|rivers|airports|soldiers|children|trees|cows|\
museums|universities|rooms|doctors] [are there|does one find|exist|are] in [{{c}}|{{k}}|{{c}}]?
[How long|How far|How wide|How old] is the [coast|border|longest road|railway|main street|biggest \
bridge] [of|in] [{{c}}|{{k}}]?
[Who was|Who is|When was] the [first|last|second|next|best|youngest] [king|queen|president|\
minister|\
emperor|poet|painter|pilot|dictator|general] of {{c}}?
[What|Which] is the [best|biggest|oldest|cheapest|nicest|tallest|worst] [museum|hotel|restaurant|\
park|\
street|school|church|bridge|tower|market|beach|shop] in [{{k}}|{{c}}|{{k}}]?
[What|How high] is the [unemployment|inflation|birth rate|tax rate|average income|price of bread|\
minimum wage|crime rate|literacy rate|national debt|speed limit|voting age] in {{c}}?
[Which|What|Who] [team|party|company|bank|religion|industry|sport|crop|singer|dish] [is|was] \
[biggest|\
most popular|strongest|best known|first|in power] in {{c}}?
[Which|What] [car|phone|laptop|book|film|song|camera|bicycle|dog|game|bank|job|diet|school|\
computer|\
wine|tea|pen] [is|would be] [the best|the fastest|the cheapest|good for me|good for students|the \
safest|\
the most popular|right for children]?
[Which|What] [shares|stocks|phone|shoes|present|book|house|car|bank|bike|bed] should I [buy|\
choose|get|\
take|sell|trust|read]?
[When|Where|At what time] does the [next|last|first|] [bus|train|film|show|shop|plane|match|game|\
ferry|\
concert|lesson|party|tram] [leave|start|open|close|begin|arrive|end]?
[Will|Can|Did|Does] my [team|son|boss|dog|car|plan|train|friend|party|wife] [win|lose|come|work|\
call|\
leave|arrive|sleep] [tomorrow|today|next week|again|soon|on Friday]?
[What|How] does [my horoscope|my doctor|this book|the law|the sign|the letter|my contract|the \
bible|\
the manual|the rule] [say|mean|look][?| today?| about it?]
[How|What] [do|can|should] I [do against|get rid of|do about|stop] [ants|mice|flies|a cold|weeds|\
noise|\
a toothache|stress|spam|rust|hiccups|debts|mosquitoes|back pain|a cough]?
[Write|Compose|Make|Invent|Please write|Can you write|Please compose|Create] [me |][a poem|a song|\
a novel|\
a speech|a letter|a Java class|a C program|some code|an essay|a story|a joke|a rhyme|a recipe|a \
plan|\
a script|a website|a tune|a riddle] [|about [the rain|the sea|a cat|summer|my town|war|a king|\
love]]\
{"[.|?|, please.]"}
[Can|Could|Would] you [check|correct|read|translate|fix|improve|rewrite|print|send|save|open|draw|\
play|\
sing|record] [my spelling|my letter|this text|this sentence|my homework|a song|a file|a picture|\
my email|\
the document|a map|this photo]?
[Give me|Do you have|Can you give me|I need|Can you recommend|Suggest] [a recipe for [lentil soup|\
bread|\
goulash|a pie|risotto|jam|noodles|fish]|a good [film|book|restaurant|hotel|doctor|song|wine|name \
for \
a dog|name for a baby|present]|some advice|tips for [running|saving money|a date|an \
interview]]{"[?|.]"}
[What happened|What was invented|Who was born|Who ruled] [to|in|with] [1492|1914|1989|the Middle \
Ages|\
the ice age|ancient Rome|the year 1000|the last century]?
[What|Who] is [a black hole|a white lie|a grey zone|a red giant|a blue whale|a green card|a \
golden rule|\
a silver lining|a yellow pages book|a dark horse|a black box|a cold war|a hot dog|an open question]?
[Who|How fast] is the [fastest|best|tallest|strongest|oldest|richest|most famous] [runner|swimmer|\
singer|\
actor|player|person|woman|man|painter|scientist|cook|writer] [in the world|of all time|alive|today]?
[Who] [plays|played] [the drums|the guitar|the piano|the main role|goalkeeper|the king|the \
violin] in \
[that band|the film|this group|the team|the orchestra|the show]?
[How do|Why do] [aeroplanes|ships|birds|clouds|kites|balloons|bridges|magnets|submarines] [stay \
in the \
air|float|fly|sink|stick|stand|hold|stay up]?
[How] [do I|can I|does one] [tie|lace|clean|wash|fold|iron|mend|sew|polish] [my shoes|a tie|a \
shirt|\
trousers|a carpet|a window|curtains|a scarf|my coat|a knot]?
What is [my|your friend's|her|his|my cat's|my dog's] [name|age|job|number|address|secret|plan|\
hobby|\
blood type|shoe size|favourite song]?
[What is the name of|Where is|How old is] my [cat|dog|wife|boss|teacher|street|school|car|house|\
friend]?
[What|Which] [medicine|pill|doctor|exercise|diet|tea] [helps|is good|do I need] [against|for] [a \
cold|\
fever|pain|stress|a headache|sleep|my back|a cough]?
[Explain|Prove|Define|Describe] [the [theorem of Pythagoras|law of gravity|water cycle|food chain|\
stock \
market|rules of golf|offside rule|human heart|big bang|internet]|entropy|osmosis|capitalism|\
karma]{"[.|]"}
""")

SHORT_PROMPTS = lines(f"""
[Skip|Save|Forget|Drop|Avoid|Save me] the [sentences|details|explanations|long answers][.|, please.]
[One word|The bare word|A bare answer|The answer alone|A short answer|One word alone] [is enough|\
is fine|\
will suffice|is all I need|is plenty][.|]
[Reduce|Shorten|Limit|Boil down] [it|everything|all answers|every answer] to [one word|the answer|\
a word].
[Answer|Reply|Respond|Speak|Say it|Write] [with|in|using] [only one|just one|one|a single|not \
more than \
one] word[.| only.| each time.| at most.|, please.]
[Answer|Reply|Respond] [very|as|really|quite] [briefly|shortly|tersely][.|, please.| every time.]
[Make|Keep] [all|your|all your|the|each of your|every one of your] [answers|replies|responses] \
[short|\
brief|very short|as brief as possible|as short as you can|to one word|tiny|minimal][.|, please.]
[Make|Keep] every [answer|reply|response] [short|brief|very short|minimal|as brief as you can][.|]
[I|We] [want|need|only want|only need|prefer|would like] [short answers|one word|only the answer|\
the \
answer only|the plain answer|just the bare word|brief replies|the answer and nothing more][.|]
[Only|Just] [the|a|one] [answer|word|bare answer|single word|plain answer][.|, nothing else.|, \
please.]
[No|Without|Leave out] [sentences|explanations|details|extra words|long answers|full sentences][.|]
[Do not|Don't|Never] [write|use|give] [sentences|full sentences|explanations|more than one word|\
long \
answers|more words than needed][.|]
[Be|Stay] [short|brief|terse|concise|to the point][.| in your answers.| when you answer.]
[Use|Write|Say|Give] [as few words as you can|one word|only one word|few words|the fewest words|a \
single \
word only|nothing but the answer][.|, please.]
[Whatever|However|No matter what|Whenever] [I|we|they|{SOMEONE}] [say|ask|want|write|type], \
[answer|\
reply|respond|be brief|use one word|say only the answer|one word|keep it short|stay short][.| \
please.]
[I|We|{SOMEONE}] [have|has|have got] [no|little|not much] [time|patience|room|space], [so |][be \
brief|\
be quick|be short|answer briefly|one word|just the answer|short answers|keep it short][.|!|]
[Because|Since|As] [I am|we are|{SOMEONE} is] [{ADJECTIVE}|busy|late|impatient|on the phone], \
[be brief|\
be quick|be short|answer briefly|use one word|just answer|give short answers|keep it short][.|!|]
[No|Never any|Not any|Zero|Without] [small talk|chatter|talk|prose|extras|waffle|padding|\
decoration|\
stories|fluff|rambling|frills][.|, just the answer.|: the answer alone.|, please.]
[Like|As in|As on|As if in] [a|an] {NOUN}: [one word|short answers|brief|as short as possible|just \
the \
answer][.|]
[Your|The|Each|Every] [answer|reply|response] [is|should be|must be|has to be|may be|will be] [one \
word|\
a single word|very short|brief|terse|tiny|only a word|no sentence|short][.|]
[The|Your] [shorter|briefer] [the|your] [better|answers the better|reply the better][.|]
[Brief|Short|Terse|Quick|Compact|Minimal|Tiny|Curt|Crisp] [answers|replies|responses|mode|style]\
[.| only.| please.| on.| wanted.]
""")
LONG_PROMPTS = lines(f"""
[Go into|Give|Add] [detail|details] [in|with|for] every [answer|reply|question].
[Expand|Say more|Go on at length|Add facts|Be generous|Explain more] [in|with|for] [every|each] \
[answer|\
reply].
[You may|You can|I'd like you to|You are welcome to] [write|say|tell] [a lot|much more|several \
sentences|\
long answers|more than I ask].
[Do not be|Never be] [short|brief|too short|terse].
[Answer|Reply|Respond|Write|Explain] [in|with|using] [two|three|two or three|several|a few|many|\
more than \
one|at least two|at least three|full and long] sentences[.|, please.| each time.]
[Make|Keep] [all|your|all your|the|each of your] [answers|replies|responses] [long|detailed|rich|\
very long|\
full of facts|long and detailed|several sentences long][.|, please.]
[I|We] [want|need|prefer|would like|like|love] [long answers|detailed answers|many details|several \
sentences|long replies|answers with details|more than one sentence|a lot of facts][.|]
[Your|All your|The] [answers|replies|responses] [should|must|have to|may] [be|be very] [long|\
detailed|\
rich in facts|thorough][.|]
[Your|All your|The] [answers|replies|responses] [should|must|have to] have [two or three|several|\
at least \
two|many|more than one] sentences[.|]
[Please|Always|Kindly|] [write|give|say|tell me|use|add] [more facts|long answers|a long answer|\
at least \
two sentences|several sentences|more than one sentence|all details|many words|two more facts][.|]
[Be|Stay] [detailed|thorough|wordy|talkative|generous with words|long|verbose][.| when you answer.]
[Answer|Reply|Respond] [at length|in detail|thoroughly|fully|with details|with many words][.|, \
please.]
[Whatever|However|No matter what|Whenever] [I|we|they|{SOMEONE}] [say|ask|want|write|type], \
[answer|\
reply|respond|write|explain] [at length|in detail|in several sentences|with many words|fully][.|]
[I|We|{SOMEONE}] [have|has|have got] [plenty of|lots of|enough|much|a lot of] [time|patience|room|\
space], [so |][be detailed|explain|write a lot|give long answers|tell me more|take several \
sentences|\
say a lot][.|!|]
[Because|Since|As] [I am|we are|{SOMEONE} is] [{ADJECTIVE}|curious|eager|interested], [explain|\
tell \
me more|\
be detailed|give details|add facts|write more|say more|write several sentences][.|!|]
[Do not|Don't|Never] [hesitate to|be afraid to|fear to|be shy to|hold back, but] [say more|write \
more|\
explain|talk a lot|give details|tell me a lot|add facts][.|]
[Your|The|Each|Every] [answer|reply|response] [is|should be|must be|has to be|will be] [long|a \
whole \
paragraph|very long|detailed|rich|full of facts|several sentences long|more than a sentence][.|]
[The|Your] [longer|fuller|richer] [the|your] [better|answers the better|reply the better][.|]
[Long|Full|Rich|Detailed|Wordy|Thorough|Extensive|Lengthy|Chatty|Deep] [answers|replies|responses|\
mode|\
style|explanations][.| only.| please.| on.| wanted.]
[Tell|Give|Write|Show] [me|us|{SOMEONE}] [plenty|a lot|lots|as much as you can|everything you know|\
more|\
the whole story|all about it|the details|extra facts|some more facts][.|!| every time.| each time.]
[Add|Include|Put|Throw in|Mention] [a fact|some facts|extra facts|one more thing|a detail|details|\
more information|context|other things] [in|to|with|after] [each|every|all|your|the] [answer|\
answers|\
reply|replies][.|]
[I|We|{SOMEONE}] [enjoy|enjoys|love|like|want|adore|prefer|wish for] [long|detailed|rich|full|\
thorough|\
lengthy|wordy] [answers|replies|explanations|texts][.|]
""")
