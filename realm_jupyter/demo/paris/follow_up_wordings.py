"""Grammars of follow-ups about countries, after an answer about one; see `frames`."""

from __future__ import annotations

from realm_jupyter.demo.paris.filler import EXCLAMATION, SOMEONE, THING
from realm_jupyter.demo.paris.frames import Wording
from realm_jupyter.demo.paris.phrasing import lines

AND_OF = lines(f"""
[And|So|Now|Okay,|Good,|Fine,|Then|But|Right,|Thanks,|Next,|{EXCLAMATION},] [what about|how about|\
what of|\
for|of|in|with|what is it for|what is it in|how is it for|how is it in|what would it be for|take|\
the same for|that for|the same in|the same question for|once more for|again for|that of|\
what do you say for|it was good, now|try|do|give me|tell me] {{c}}[?|.|, please.|, too?| now?| \
then?|]
[And|So|Now|] [if|when|suppose|say|imagine|what if] [I|we|{SOMEONE}] [ask|asked|say|said|want|take|\
took|mean|meant|go on with|choose|chose|pick|write|had asked|go to|were in|switch to] [about |for \
|] \
{{c}}[?|, what then?| instead?|, what is it?]
[The|That|This] [same|same thing|one|question|thing|answer] [for|about|with|in|of] {{c}}[?|.|, \
please.|, \
too.| as well| now.| for {SOMEONE}.]
[I|{SOMEONE}] [also|now|still|then|further] [need|needs|want|wants|asks for|ask for|would like|\
wonder about] [it|that|the same|this] [for|of|about|in|with] {{c}}[.|, please.|, too.|]
[Move on|Go on|Continue|Turn|Jump|Proceed|Next stop|Switch|Change|On] [to|with] {{c}}[.|!|, \
please.|]
[Any idea|Do you know|Can you say|Can you tell|Could you say|Tell me|Would you know] [that|it|the \
same] [for|of|about] {{c}}[, too|, as well| also|][?|.|]
[Replace|Swap|Exchange] [it|that|the country|{THING}] [by|for|with] {{c}}[.|!|: and now?]
[The|My] [next|other|second|last|new|following] [one|country|place|question|line] is [about |] \
{{c}}[.|]
{EXCLAMATION}[.|!|,|:] [|And |Now |Next |Then |Next: |Next up: |Another one: |Now for |One more: |\
On to |Now comes |Continue: |Also ]{{c}}[?|?|.|!|]
{{C}} [then|next|now|too|also|instead|after that|as well|again][?|.|, please.]
[No|Not that|Wait], [I meant|what about|rather|I mean|make it|take] {{c}}[.|!|?|]
""")

AND_ATTRIBUTE = {
    "capital": Wording(
        direct=lines("""
[And|So|Now|Okay,|Then|] [what|which city] is [its|the|their|that country's] [capital|capital \
city|seat of government][ there| then| now| again| called|]?
[And|So|Now|Also|] [name|give me|tell me|say] [its|the|their] capital[ city|][ too| as well|, \
please|][.|]
[Which|What] [city|town] [do they|does it|does that country|do people there] [have as|call|use as|\
count as|name as] [its|the|their] capital?
[From|In] [which|what] [city|town|capital] [is it|is the country|do they] [governed|rule it|run|\
ruled|led]?
[Where|In which city] [does|is] [its|the|their] [government|parliament|president] [sit|meet|work|\
stay|live|found]?
"""),
        nouns=lines("""
its capital
the capital[ city|] [there|of it|of that country|]
[its|the|their] [capital|capital city|seat of government]
the name of [its|the|their] capital
"""),
        asked=lines("""
[which|what] [city|town] is [its|the|their] capital
what [its|the|their] capital is[ called|]
[which|what] capital [it has|they have]
"""),
    ),
    "continent": Wording(
        direct=lines("""
[And|So|Now|Okay,|Then|] [on|in] [which|what] continent [is it|does it lie|is that|is that \
country|is it found|would that be|do they live|will I be|do I find it|do I look for it]?
[And|So|Now|Okay,|Then|] [which|what] continent [is it on|is it in|is that|does it belong to|is it \
part of|do they live on|do I look at]?
[And|So|Now|] where [is it|does it lie|is that|is that country|on the map is it|in the world is \
it|on earth is it|do I find it|is it located]?
[In|To] [which|what] part of the world [is it|does it lie|is that|do they live|does it belong]?
"""),
        nouns=lines("""
its continent
the continent [it is on|it belongs to|of it|of that country|it is part of|]
[its|the] [location|place on the map|continent]
"""),
        asked=lines("""
[which|what] continent it [is on|is in|belongs to|lies on|is part of]
where it [is|lies|is located]
[on|in] which continent [it is|they live]
"""),
    ),
    "currency": Wording(
        direct=lines("""
[And|So|Now|Okay,|Then|] [which|what] [currency|money|kind of money|cash|coins] [do they|do \
people there|does it|do shops|do we|do I] [use|have|take|need|pay with|accept|spend|carry|want]\
[ there|]?
[And|So|Now|Then|] [how|with what|in which currency|with which money] [do they|do people|do I|can \
I|would I|must I] pay [there|in the shops|for things|for a coffee|]?
[And|So|Now|] [what|which] [is|would be] [its|the|their] [currency|money][ called| there|]?
[Which|What] [bills|banknotes|coins|money] [will be|would be|are|is|do I find] in [my|their|the] \
[wallet|purse|pocket|bank|shops][ there|]?
"""),
        nouns=lines("""
its currency
[its|the|their] [currency|money]
the [currency|money] [there|of it|of that country|they use|they pay with]
the name of [its|the|their] [currency|money]
"""),
        asked=lines("""
[which|what] [currency|money] [they|people there|it|shops there] [use|uses|have|has|pay with]
what [its|the|their] [currency|money] is[ called|]
how [they|people] pay there
"""),
    ),
    "language": Wording(
        direct=lines("""
[And|So|Now|Okay,|Then|] [which|what] language[s|] [do they|do people there|do the people|does it|\
do we|do I|do locals|do teachers|do pupils] [speak|use|have|talk|need|learn|write|hear]\
[ there| at home| at school|]?
[And|So|Now|Then|] [what|how] do [they|people|the people|locals] [speak|talk] there?
[And|So|Now|] [what|which] [is|would be] [its|the|their] language[ called| there|]?
[In|With] [which|what] language [do|can|should|will|would] [I|they|people] [talk|greet|write|sing|\
read|ask|order|speak][ there|]?
[Which|What] language [is|will be|would be] [spoken|used|heard|on the signs|on the radio|in the \
books|in the papers|taught][ there|]?
"""),
        nouns=lines("""
its language
[its|the|their] language[s|]
the language [there|of it|of that country|they speak|they use|people speak there]
"""),
        asked=lines("""
[which|what] language[s|] [they|people there|the people] [speak|use|talk in]
what [its|the|their] language is[ called|]
what they speak[ there|]
"""),
    ),
}
