"""Grammars of questions about countries: see `frames`; slots are those of `country_phrasing`."""

from __future__ import annotations

from realm_jupyter.demo.paris.filler import (
    I_OR_SOMEONE,
    NOUN,
    PAST,
    PERSON_NOUN,
    PLACE,
    SOMEONE,
    THING,
    TIME,
)
from realm_jupyter.demo.paris.frames import Wording
from realm_jupyter.demo.paris.phrasing import lines

_GOING = (
    "I am [going|flying|travelling|moving|driving|on my way] to {c}|"
    "I am [visiting|leaving for] {c}|"
    "I [live|work|study|was born|have a friend|stay] in {c}|I was in {c} [once|last year|in May]|"
    "I [come|am] from {c}|We [visit|fly to|travel to|talk about|learn about|read about] {c}|"
    "My [uncle|friend|sister|brother] [lives in|comes from|travels to|is in|moved to] {c}|"
    "[Think|Speaking|Let us talk|I think] of {c}|The country [is|is called] {c}|"
    "Take {c}|Look at {c}|Here is {c} on my map|My country is {c}"
)
_WHEN = (
    "[If|When|Once] I [go|fly|travel|move|drive|come] to {c}|[If|When] I [visit|see|tour] {c}|"
    "[If|When] I am in {c}|[If|When] [somebody|a person|my friend] [visits|goes to|lives in] {c}|"
    "[For|During|On] a [trip|journey|visit|holiday] [in|to] {c}|As a [tourist|visitor] in {c}|"
    "In the case of {c}|In the country of {c}|In {c}|Over in {c}|As for {c}|For {c}|"
    "Speaking of {c}|With regard to {c}|Talking about {c}"
)
# A subject is named first, and then only a country.
_TOPIC = (
    f"[[I|We|{SOMEONE}] [love|like|hate|collect|learn|study|confuse|forget|need|practise|mix up|"
    "know|know few|know many|am bad at|am good at|ask about|cannot do|enjoy|must learn|repeat] |"
    "[My|The|Our|Today's|This] [topic|subject|quiz|test|homework|list|lesson|game|theme|chapter|"
    "round] [is|is about|asks for|covers|has only] |"
    "[Let's|Let us] [do|play|talk|practise|learn|go through|repeat] |"
    "[Now|Next|Today|Only|Again|Back to|Time for|A round of|More|About|On to|It is about] |]"
)
_BARE = (
    "[. |. |: |! |, ][{C}|{C}|And {c}|What about {c}|Say, {c}|First {c}|Now {c}|Take {c}][?|?|.|!|]"
)


def _topic(name: str) -> str:
    """Write the grammar of a question that names its subject before a country."""
    return _TOPIC + name + _BARE


_CAPITAL_OF = "[the capital of {c}|the capital of {c}|{cs_} capital|the capital city of {c}]"
_IS = "[is|is|is|serves as|acts as|counts as|was made|is known as|is named as|must be|might be]"
_CITY = "[city|city|city|town|place]"
_WHICH = "[which|what]"

CAPITAL = Wording(
    direct=lines(f"""
[Which|What] {_CITY} {_IS} {_CAPITAL_OF}[?|?|, please?| now?|]
[Which|What] [one|one of its cities|one of the cities there|of these cities] [is|would be] \
{_CAPITAL_OF}?
{{Cs_}} capital[ city|] [is|would be|must be] {_WHICH} {_CITY}?
{{Cs_}} capital[ city|] [has|bears] [what|which] name?
The capital[ city|] of {{c}} [is|would be|must be|has to be] [which|what] {_CITY}?
The capital[ city|] of {{c}} [has|bears|goes by] [what|which] name?
[{_GOING}]. [What|Which city] is [its capital|the capital|the capital there|the capital city]?
[{_GOING}]. [Name|Tell me|Give me|I need|I want to know] [its capital|the capital|its capital city].
[{_WHEN}], [what|which city|what city|which town] is [its capital|the capital|the capital city]?
[What|Which] [capital|capital city] [does {{c}} have|has {{c}}|has {{c}} got|belongs to {{c}}]?
[What|Which] [capital|capital city] [would|do|should] [you|I|we] [name|give|write|note] for {{c}}?
[What|How] [do|would] [you|we|they|people|the people there|locals] call {_CAPITAL_OF}?
[By|Under] [which|what] name [do we know|is|do people know] {_CAPITAL_OF}[ known|]?
Where [does|is] the [government|parliament|president] of {{c}} [sit|in which city|in which capital]?
[Which|What] {_CITY} is the seat of [government in|the government of|power in] {{c}}?
{{Cs_}} seat of government[?|, please.| is ...]
Name {{cs_}} seat of government.
[Capital|Capital city|The capital|Capital name] [of|for|in] {{c}}[, please|, quickly| please|, \
thanks|\
 now|, anyone|, name it|, name please|][.|!|?|]
{{C}}[:|,| -|] [capital|its capital|the capital|capital city|which capital|what capital][, please|]\
[?|.|]
{{C}} and its capital: [which|what] [city|city is it|one]?
{{C}} [calls|made|chose|has] [which|what] {_CITY} [its|as its|for its|to be its] capital?
[Match|Complete|Finish|Continue|Fill in]: [{{C}} -|{{c}}, capital|the capital of {{c}} is] ...
[I|We|They] [say|write|put] {{c}}, [you|and you] [say|write|name] [its|the] capital[.|!|]
[A|One] [city|town] is {_CAPITAL_OF}. [Which|Which one|What] is it[ called|]?
[Its|The] capital is [what I need|my question]: the country is {{c}}.
{I_OR_SOMEONE} [worked|studied|stayed|sang|danced|parked|rested|shopped|waited|arrived|got lost|\
fell asleep|played|{PAST} {THING}|ate|voted|met {SOMEONE}|spent a week|won a prize|had lunch] [in|\
near|outside|close to] {_CAPITAL_OF}[.|, which city is that?|. Which city was it?| {TIME}.|. \
Where?|]
[The|My|Our|A|This] {NOUN} [comes from|was made in|was found in|goes to|was sent from|stands in|\
hangs in|is from|travels to|ends in|starts in|stops in|is on sale in|is made for] {_CAPITAL_OF}\
[.|, which city is that?|. Which city?|. Name it.|, wherever it is.|]
[Where|In which city|In what city] [would|do|can|could|should] [{SOMEONE}|I|we] [be|live|land|stay|\
sleep|meet|walk|shop] [in|when in|if sent to|if visiting] {_CAPITAL_OF}?
[{THING}|{SOMEONE}] or {_CAPITAL_OF}[: which do you know|, I need the second|, tell me the city]\
[.|?|]
[Which|What] {_CITY} [do|would|should|must|can] [I|we|{SOMEONE}] [write|mark|draw|fill in|put|\
click|\
choose|tick|colour in|look for|enter|type] [for|as|under|beside] {_CAPITAL_OF}[?| {PLACE}?]
{_topic("[capitals|capitals|capital cities|the capitals]")}
{_topic("[capitals|capitals|capital cities|the capitals]")}
"""),
    nouns=lines("""
the capital of {c}
the capital of {c}
the capital of {c}
{cs_} capital
the [capital city|capital|seat of government] of {c}
{cs_} [capital city|capital|seat of government]
the [name of the capital|capital's name|name of the capital city] of {c}
the name of {cs_} capital[ city|]
the city that [is|serves as] the capital of {c}
the right capital [of|for] {c}
"""),
    asked=lines(f"""
{_WHICH} {_CITY} {_IS} {_CAPITAL_OF}
{_WHICH} {_CITY} is {_CAPITAL_OF}
what {_CAPITAL_OF} is
what {_CAPITAL_OF} is [called|named]
what {_CAPITAL_OF} might be
[how|what] [you call|they call|we call|people call|one calls] {_CAPITAL_OF}
[which|what] capital {{c}} has
which of [its|the] cities is {_CAPITAL_OF}
the name of {_CAPITAL_OF}
where the government of {{c}} sits
"""),
)

_CAPITAL_IS = "[is|serves as|would be|acts as]"
_NATION = "[country|country|country|nation|state|land]"
COUNTRY_OF = Wording(
    direct=lines(f"""
[Which|What] {_NATION} [has|calls|has chosen|claims|made|uses] {{k}} [as|for] its capital?
[Which|What] {_NATION} has [its|the] capital[ city|] [in|called|named] {{k}}?
{{K}} {_CAPITAL_IS} the capital[ city|] of [which|what] {_NATION}?
{{K}} {_CAPITAL_IS} [which|what] {_NATION}'s capital[ city|]?
[Of|For] [which|what] {_NATION} {_CAPITAL_IS} {{k}} the capital[ city|]?
{{K}} is [a|the] capital[ city|]. [Of which {_NATION}|Which {_NATION} is it|Name the {_NATION}|\
Whose capital is it|Which {_NATION} has it|What is the {_NATION}][?|.]
[I am in|I fly to|I live in|We visit|I was in] {{k}}, [the|a] capital of [which|what] {_NATION}?
[If|When|Given that] the capital is {{k}}, [what|which] is the {_NATION}?
[If|When|Given that|Since|As] {{k}} is [the|a] capital[ city|], [what|which] {_NATION} [is it|is \
that|\
has it|am I in|does it belong to|is meant|do I mean|would it be]?
[Name|Tell me|Give me|Find|Say] the {_NATION} [whose capital is {{k}}|with the capital {{k}}|\
that has {{k}} as its capital|{{k}} is the capital of][.|, please.|!]
[What|Which {_NATION}] is {{k}} the capital[ city|] of[?|, please?]
[Capital|Capital city]: {{k}}[. Country:|. Country?|, country?|. Which country?]
{{K}}: capital of [what|which country|which nation|...|?]
{I_OR_SOMEONE} [flew to|visited|drove to|works in|studied in|{PAST} {THING} in|sang in|comes from|\
wrote from|phoned from|got lost in|dreams of|went to] {{k}}[, a capital|, the capital|]. \
[Of which {_NATION} is it the capital|Which {_NATION} has it as its capital|Whose capital is it|\
Which {_NATION}'s capital is that|What {_NATION} is it the capital of]?
[The|My|A|This] {NOUN} [is from|comes from|was made in|shows|went to] {{k}}[, a capital|, the \
capital|]. [Whose capital is it|Of which {_NATION}|Of what {_NATION} is it the capital|Which \
{_NATION} \
is it the capital of]?
[People|{SOMEONE}|Everybody] in {{k}} [live|lives|work|works|vote|votes] in the capital of [which|\
what] {_NATION}?
[I am|We are|{SOMEONE} is] [looking for|searching|trying to find|in need of|asked for] [a|the] \
{_NATION}: [its|the] capital is {{k}}[.|]
{{K}} as [a|the] capital[: which {_NATION}|, of which {_NATION}|. Which {_NATION}|, whose|: of \
what]?
[My|The|Our] [book|map|list|globe|teacher|quiz|sheet] [shows|calls|marks|names|gives] {{k}} [as|] \
a capital[ city|]. [Of|For] [which|what] {_NATION}?
{{K}} is [on|in] [my|the|our] [list|map|book|table] of capitals. [Which {_NATION} goes with it|\
What is its {_NATION}|Beside which {_NATION}|Which {_NATION} belongs to it]?
[Here is|I see|I read about|There is] {{k}}, a capital[ city|]. [Whose|Of which {_NATION}|Which \
{_NATION} is it]?
[Whose|Which country's|Which nation's] capital[ city|] [is|would be|is called] {{k}}?
The {_NATION} [whose capital is|with the capital|which has the capital] {{k}} is [which|what|\
...][?|]
The {_NATION} [whose capital is|with the capital] {{k}}, [please.|what is it?|which is it?]
"""),
    nouns=lines(f"""
the {_NATION} [whose capital is {{k}}|with the capital {{k}}|that has {{k}} as its capital]
the {_NATION} {{k}} is the capital of
the name of the {_NATION} with the capital {{k}}
"""),
    asked=lines(f"""
[which|what] {_NATION} has {{k}} as [its|the] capital
[which|what] {_NATION} has the capital {{k}}
[which|what] {_NATION} {{k}} is the capital of
of which {_NATION} {{k}} is the capital
what {{k}} is the capital of
whose capital {{k}} is
"""),
)

CONTINENT = Wording(
    direct=lines(f"""
[Which|What] continent [is|lies|would be] {{c}} [in|on|part of|a part of]?
[On|In] [which|what] continent [is|lies|would be|can one find|do I find|do we find] {{c}}?
[On|In] [which|what] continent is {{c}} [located|situated|found|to be found]?
{{C}} [is|lies|is located|is situated|is found|sits] [on|in] [which|what] continent?
{{C}} [belongs to|is part of|is a part of|is counted as] [which|what] continent?
[To|Of] [which|what] continent [does {{c}} belong|is {{c}} a part]?
[{_GOING}]. [What|Which] continent is [it|that|that country] [in|on]?
[{_GOING}]. [On|In] [which|what] continent is [it|that|that country]?
[{_WHEN}], [which|what] continent [is it|am I on|is that]?
[Which|What] [part|region|corner] of the [world|globe|earth] is {{c}} in?
In [which|what] part of the [world|globe|earth] [is|lies] {{c}}?
Where [on the map|on the globe|in the world|on earth|exactly|roughly|] is {{c}}[ located| \
situated|]?
Where [would|do|can|could|should|might] [I|you|we|one] [find|look for|see] {{c}}[ on a map|]?
{{C}}[:|,| -|] [continent|which continent|what continent|its continent|where is it][?|]
[Continent|The continent] [of|for] {{c}}[, please|][.|?|]
[Which|What] continent [has|contains|includes|holds] {{c}}?
{I_OR_SOMEONE} [flew to|visited|drove to|works in|{PAST} {THING} in|comes from|phoned from|lives \
in|\
got lost in|dreams of|wants to see|went to|is in] {{c}}[ {TIME}|]. [Which|What] continent [is that \
on|is it on|is that|was that|is it part of|must that be]?
[Where|On which continent|On what continent] [does|do|did|would|can|will] [{SOMEONE}|I|we] [be|\
land|\
live|look|search|arrive|end up|set foot] [in|when in|when going to|if sent to|visiting] {{c}}?
[The|My|A|This] {NOUN} [is from|comes from|was made in|goes to] {{c}}. [On which|Which|What] \
continent is [that|it|that country]?
[Which|What] continent [do|would|should|must|can|does] [I|we|{SOMEONE}] [write|mark|draw|choose|\
tick|\
colour|put|note|search] for {{c}}[?| {PLACE}?]
[Which|What] continent do [people|the people] [from|of|in] {{c}} live on?
Where [in the world|on earth|on the globe|on the map|] [would|might|could|should|will] {{c}} be?
[{_WHEN}], where [am I|would I be|in the world am I]?
[Is|Does] {{c}} [in|lie in|belong to] [Africa or Asia|Asia or Europe|Europe, Asia or Africa]?
{_topic("[continents|the continents]")}
"""),
    nouns=lines("""
the continent of {c}
{cs_} continent
the continent {c} [is in|is on|belongs to|lies in]
the continent [on|in] which {c} [is|lies]
the location of {c}
"""),
    asked=lines("""
[which|what] continent {c} [is in|is on|belongs to|lies on|is part of|is located on]
[on|in] which continent {c} [is|lies|is located|can be found]
where {c} [is|lies|is located|is situated|can be found]
[in|to] [which|what] part of the world {c} [is|belongs]
"""),
)

_MONEY = "[currency|currency|money|kind of money|sort of money]"
_USE = "[use|have|need|spend|pay with|take|accept|carry]"
CURRENCY = Wording(
    direct=lines(f"""
[Which|What] {_MONEY} [do people|do they|do the people|do shops|do locals|does everyone|do I|\
does one|do you] {_USE} in {{c}}?
[Which|What] {_MONEY} [is|is being|gets|will be|was] [used|accepted|spent|needed|taken|common|\
valid] \
in {{c}}?
[Which|What] {_MONEY} [does {{c}} use|does {{c}} have|has {{c}}|belongs to {{c}}|circulates in \
{{c}}]?
[In|With] [which|what] {_MONEY} [do|can|must|would|should] [I|you|people|they|we|one] pay in {{c}}?
[With what|How] [do|can|must|would|should] [I|you|people|they|we|one] pay in {{c}}?
[What|Which money] [do|can|must|would|should] [I|you|people|they|we|one] pay with in {{c}}?
[{_GOING}]. [What|Which] {_MONEY} [do I need|do they use|do people use|is used] [there|]?
[{_GOING}]. [What|Which] {_MONEY} should I [take|bring|buy|get|have|carry]?
[{_WHEN}], [which|what] {_MONEY} [do I need|do people use|do they use|is used|will I need|do I \
pay in]?
[What|Which] {_MONEY} [must|do|should|can|will] I [buy|take|get|have|change|bring|need] \
[for|before a trip to|to visit|before I visit|when I go to|when I travel to] {{c}}?
{{C}} [uses|has|pays with|pays in] [which|what] {_MONEY}?
[People|Shops|Everyone] in {{c}} [use|take|pay with|pay in|pays with] [which|what] {_MONEY}?
{{C}}[:|,| -|] [currency|money|which currency|what money|its currency][, please|][?|.|]
[Currency|Money|The currency|The money] [of|in|for] {{c}}[, please|, quickly|][.|?|]
[What|How] is the [currency|money] [of|in] {{c}} [called|named]?
[What|How] do [they|people|we|you|locals] call [their money|the currency|the cash] in {{c}}?
[What is in the purse|What is in the wallet] of people in {{c}}: [which|what] currency?
[Prices|Salaries|Wages|Taxes] in {{c}} are [paid in|given in|in] [which|what] {_MONEY}?
The [currency|money] [in|of] {{c}} is [called what|what|which|...][?|]
[Which|What] {_MONEY} [do|does|would|must|should|can|will] [{SOMEONE}|a {PERSON_NOUN}|I|we] [use|\
need|want|pay with|earn|save|spend|take|accept|get] [in|for a {NOUN} in|to buy {THING} in|for \
{THING}\
 in|when working in|while in] {{c}}?
{I_OR_SOMEONE} [bought|paid for|rented|sold|ordered|wants to buy] {THING} in {{c}}. [In|With] \
[which|what] {_MONEY}[?| was it paid?| did it cost that?| is it paid?]
[The|A|My|This] {NOUN} in {{c}} [costs|cost|is paid in|is priced in|is sold for] [how much of |]\
[what|which] {_MONEY}?
[I have|I need|I got|We keep|{SOMEONE} lost|{SOMEONE} has] [some|a little|lots of|no] [money|cash|\
coins] [of|from|for] {{c}}[. What is it called|. Which currency is it|. Which currency|: which \
currency]?
{_topic("[currencies|money|the currencies]")}
"""),
    nouns=lines("""
the [currency|official currency|money|cash] [of|in] {c}
{cs_} [currency|money|official currency]
the [currency|money] [used in|that people use in|that is used in|people pay with in] {c}
the name of the [currency|money] [of|in] {c}
the currency of {c}
"""),
    asked=lines(f"""
[which|what] {_MONEY} {{c}} [uses|has]
[which|what] {_MONEY} [people|they|the people|shops] {_USE} in {{c}}
[which|what] {_MONEY} is [used|spent|accepted|needed|common] in {{c}}
[which|what] {_MONEY} [I need|I should take|to bring|I must have] [for|in|when I visit] {{c}}
what the [currency|money] [of|in] {{c}} is[ called|]
[what|how] [I|people|they] pay[ with|] in {{c}}
"""),
)

_SPEAK = "[speak|speak|use|talk in|talk|understand|write in]"
LANGUAGE = Wording(
    direct=lines(f"""
[Which|What] language[s|] [do people|do they|do the people|do locals|do children|does everyone|\
does one|do you] {_SPEAK} in {{c}}?
[Which|What] language[ is|s are] [spoken|used|understood|taught|common|heard|official] in {{c}}?
[Which|What] language[s|] [does {{c}} have|has {{c}}|does {{c}} use|does {{c}} speak]?
[Which|What] language[s|] [do|will|would|can|should|must] I [hear|need|learn|speak|use|study] \
[in|for|to visit|when I visit|before I go to|on a trip to] {{c}}?
[In] [which|what] language [do|can|must|would|should] [I|you|people|they|we|one] [talk|speak|write|\
greet people] in {{c}}?
[{_GOING}]. [What|Which] language[s|] [do they speak|do people speak|is spoken|should I learn|\
will I hear] [there|]?
[{_WHEN}], [which|what] language [do people speak|do they speak|is spoken|do I hear|do I need]?
{{C}} [speaks|uses|has] [which|what] language[s|]?
[People|Children|Everyone|Teachers|Families] in {{c}} [speak|speaks|use|talk in] [which|what] \
language?
[People|They] [from|of] {{c}} [speak|talk in] [which|what] language?
{{C}}[:|,| -|] [language|languages|which language|what language][, please|][?|.|]
[Language|Languages|The language] [of|in|for] {{c}}[, please|, quickly|][.|?|]
[What|How] do [they|people|locals] [speak|talk] [in|over in|down in] {{c}}?
[Newspapers|Books|Letters|Street signs|Schools] in {{c}} [are in|use] [which|what] language?
The language [in|of] {{c}} is [called what|what|which|...][?|]
The [people|inhabitants|citizens] of {{c}} speak [what|which language|...][?|]
[Which|What] language[s|] [does|would|do|will|can|must|should|did] [{SOMEONE}|a {PERSON_NOUN}|my \
{PERSON_NOUN}|I|we|people] [speak|use|hear|talk|write|sing in|read|need|learn|understand|teach] \
[in|from|while in|when in|living in|working in] {{c}}?
[In] [what|which] language [is|was] {THING} [written|read|sung|printed|sold|explained|ordered] in \
{{c}}?
{I_OR_SOMEONE} [moved to|lives in|comes from|works in|studies in|went to|is from|grew up in] \
{{c}}. \
[Which|What] language [is spoken there|do they speak|does one speak there|is that|will I hear|do \
people use]?
[The|A|My|This] {NOUN} [from|in|of] {{c}} [is|was] [written|printed|sung|explained] in [what|\
which] language?
{_topic("[languages|the languages]")}
"""),
    nouns=lines("""
the [language|main language|official language|language or languages] [of|in] {c}
{cs_} [language|main language|official language|languages]
the language [spoken in|that people speak in|used in|they speak in|that is spoken in] {c}
the languages of {c}
the language of {c}
"""),
    asked=lines(f"""
[which|what] language[s|] [people|they|the people|locals] {_SPEAK} in {{c}}
[which|what] language[ is|s are] [spoken|used|understood|official] in {{c}}
[which|what] language [I need|I should learn|I will hear|to learn] [for|in|when I visit] {{c}}
what the language of {{c}} is[ called|]
what [people|they] [speak|talk] in {{c}}
"""),
)

ABOUT = Wording(
    direct=lines("""
[Give me|Tell me|I need|Show me|Write|Say] [a few|some|two|three|the main|the basic] \
[facts|things|words|sentences] [about|on] {c}[.|, please.|]
[What|Which facts|What things] [should|must|can|do|could] [I|you|one|we|tourists|people] [know|\
learn|\
say|tell me] about {c}?
[What|Anything] [is|would be] [good|nice|worth] [to know|knowing|learning] about {c}?
[I would like|I want|I'd like|I hope] to [hear|learn|know|read|find out] [something|more|a bit|\
a little|some facts] [about|on] {c}.
[{C}|The country {c}]: [what do you know|tell me more|some facts|describe it][?|.]
[Can|Could|Would] you [describe|introduce|present|summarize|sum up] {c}[ for me| briefly|]?
[My|Our|The] [talk|report|essay|homework|project] is about {c}[. Help me.|.|]
[Describe|Introduce|Present|Outline|Characterize|Sketch|Explain|Portray|Feature] {c}[.|!|, \
please.| \
for me.| briefly.| in general.|]
[{C}|The country {c}][, in general| in general| in a nutshell| in short| at a glance||, the \
basics|, \
an overview|, a summary|: the facts|, please][.|?|!]
[What|Which things] [can|could|should|would|do|might|must] [you|I|we|one] [say|tell|learn|write|\
report|teach|explain|remember|find out|note|read] about {c}[ in general|]?
[What|Who] is {c}[ exactly| anyway| like| then|, please|]?
[How|What] [would|do|could|can] you [describe|introduce|present|explain|say about|tell about] {c}?
[Have you|Do you have|Is there|Are there|Have we] [any|some|a few|] [facts|news|knowledge|\
information|details|notes|material|words] [on|about|regarding|for] {c}?
"""),
    nouns=lines("""
[facts|a few facts|some facts|the facts|something|a bit|more|a little|the basics|the main things|\
everything|basic facts|key facts|general facts] about {c}
[a|an|the|your|one] [summary|overview|outline|profile|portrait|description|introduction|sketch|\
picture|short text|fact sheet|entry|note|account] [of|on|about] {c}
"""),
)

# Claims that want a yes or a no; ``{claim}`` comes from the kind.
_SEEN = "[heard|read|learned|wrote|said|think|believe|guess|assume|feel|saw|noted|told my class]"
CLAIM_FRAMES = lines(f"""
[Is|Was] it [true|right|correct|a fact|accurate|certain|sure|so|clear|known|exact] that {{claim}}?
[Is|Would] it [be true|be right|be correct|true|right] to [say|write|claim|answer] that {{claim}}?
[Am I|Was I|Are we|Is he|Is she|Are they] [right|correct] [that|to say that|to think that|\
when I say that|in saying that] {{claim}}?
[Can|May|Should|Could|Shall|Do] [I|we|you] [say|write|answer|claim|agree|confirm|be sure] that \
{{claim}}?
[Can|Could|Would|Will] you [confirm|verify|check|say|agree] [that|whether|if] {{claim}}?
[Do|Did|Would] you [think|believe|agree|say|know|accept|confirm|find] that {{claim}}?
[Tell me|Say|Check|Find out|I wonder|I want to know|I need to know|I am not sure] [if|whether] \
{{claim}}[.|?]
[Did I|Have I|Do I] [learn|learned|remember|get it right|got it right|hear correctly] [that] \
{{claim}}?
I {_SEEN} that {{claim}}[. Right?|. Correct?|. Is that true?|. True?|, is that right?|, true?|?|.\
 Is this so?|. Am I right?|. Yes or no?|. Do you agree?]
[He|She|My friend|My book|Somebody|The teacher|My brother|A website|The quiz] [says|claims|thinks|\
believes|told me|writes|wrote|said] that {{claim}}[. Right?|. Is that true?|. True?|. Is it so?|?|\
. \
Correct?|. Is that correct?]
{{Claim}}[, right|, correct|, true|, yes|, no|, is that so|, is it true|, don't you think|, or not|\
|, is that a fact|]?
[True or false|Right or wrong|Yes or no|Correct or not|Fact or fiction][:|?] {{claim}}[.|?|]
[Statement|Claim|Sentence|Fact check|Check|Yes or no|Quiz]: {{claim}}[. Right?|. True?|?|. Is it \
true?]
[Surely|Certainly|Of course|Maybe|Perhaps|So|Then|And|Really,] {{claim}}?
{{Claim}}, [am I wrong|or am I wrong|unless I am wrong|or do I err|or is that wrong|or is it not|\
if I remember right|I believe|I guess|or so I heard|as far as I know]?
[The answer is that|My answer is that|I am sure that|I would say that] {{claim}}[. Right?|?|. \
Correct?]
{SOMEONE} [says|said|claims|claimed|thinks|thought|believes|told me|wrote|heard|read|argues|bets|\
is sure|swears|assumes|assured me|taught us|explained] [that|] {{claim}}[. Right?|. True?|. \
Correct?|\
. Is that so?|. Is that true?|. Do you agree?|. Yes or no?|, right?|, true?|, is that correct?|?|\
. Can that be?|. Is this correct?|. Did I hear right?]
[The|My|This|Our] {NOUN} [says|claims|shows|states|tells me|suggests|teaches|insinuates] that \
{{claim}}[. Right?|. True?|. Correct?|. Is that so?|. Is that true?|?|. Do you agree?|, correct?]
{TIME}[,|] {I_OR_SOMEONE} [said|heard|read|learned|wrote|claimed|was told] that {{claim}}[. Right?|\
. True?|. Correct?|. Is that so?|. Is that true?|. Yes or no?|. Was that right?]
[I doubt|I do not believe|I can hardly believe|I am not convinced|It seems|It looks like|I heard a \
rumour|Rumour has it|People say|They say|Word is|I take it|Suppose I say|Say] that {{claim}}[.|?|\
. Is \
it true?|. Right?|. True?]
""")
_REALLY = "[|really|truly|indeed|actually|in fact|still|perhaps|maybe|now|also|by chance]"
IS_CAPITAL = lines(f"""
Is {{x}} {_REALLY} [the capital|the capital city] of {{c}}?
Is {{x}} {_REALLY} {{cs_}} capital[ city|]?
Is it {_REALLY} {{x}} that is [the capital of {{c}}|{{cs_}} capital]?
Is [the capital of {{c}}|{{cs_}} capital] {_REALLY} [{{x}}|called {{x}}|named {{x}}]?
[Does|Did] {{c}} {_REALLY} [have|use|call] {{x}} [as its|its] capital?
[Could|Can|Might|Would|Should] {{x}} be [the capital of {{c}}|{{cs_}} capital]?
{{X}} [is|would be|must be] [the capital of {{c}}|{{cs_}} capital][, right|, isn't it|, no|]?
""")
IS_CONTINENT = lines(f"""
Is {{c}} {_REALLY} [in|a country in|part of|a part of|located in|situated in|found in] {{w}}?
Is it {_REALLY} in {{w}} that {{c}} [is|lies|is located]?
Is it {_REALLY} {{w}} [that|where] {{c}} [is in|belongs to|lies]?
[Does|Did] {{c}} {_REALLY} [lie in|belong to|count as part of] {{w}}?
[Could|Can|Might|Would|Should|Will] {{c}} be in {{w}}?
[Is|Would] {{w}} {_REALLY} [the continent of {{c}}|{{cs_}} continent|the right continent for {{c}}]?
[Do|Would|Will|Can] [I|you|we] {_REALLY} find {{c}} in {{w}}?
""")
IS_LANGUAGE = lines(f"""
Is {{l}} {_REALLY} [spoken|used|understood|a language|the language people use] in {{c}}?
Is {{l}} {_REALLY} [a language|the language|one of the languages] of {{c}}?
Is it {_REALLY} {{l}} that [they speak|is spoken|people use|one speaks|I hear|is used] in {{c}}?
Is it {_REALLY} {{l}} [they speak|people talk|people use] in {{c}}?
[Do|Would|Will] [people|they|locals|the people|children] {_REALLY} [speak|use|talk in|understand] \
{{l}} \
in {{c}}?
[Does one|Do I|Can I|Could I|Should I] {_REALLY} [speak|hear|use|need] {{l}} in {{c}}?
""")
IS_CURRENCY = lines(f"""
Is the {{m}} {_REALLY} [used|spent|accepted|the currency|the money|in use] in {{c}}?
Is the {{m}} {_REALLY} the [currency|money] of {{c}}?
Is it {_REALLY} the {{m}} that [they use|is used|people pay with|I need|people spend] in \
{{c}}?
Is it {_REALLY} the {{m}} [they use|people pay with|one uses] in {{c}}?
[Do|Would|Will] [people|they|shops|the people|locals] {_REALLY} [use|take|pay with|accept|spend] \
the \
{{m}} in {{c}}?
[Does one|Do I|Can I|Could I|Should I] {_REALLY} [pay with|use|need|take] the {{m}} in {{c}}?
[Does|Did] {{c}} {_REALLY} [use|have|take] the {{m}}?
""")
