"""Ways to ask that are drawn from small grammars, so that no list has to hold them all.

A grammar is a template (see `phrasing`) in which ``[a|b|c]`` stands for one of its parts, drawn
anew each time; brackets may lie in brackets. ``{np}`` is a thing that has one answer ("the capital
of {c}"), ``{q}`` a question inside a sentence ("which city is the capital of {c}").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from realm_jupyter.demo.paris.filler import QUESTIONS_INSIDE, STATEMENTS
from realm_jupyter.demo.paris.phrasing import first_upper, lines

if TYPE_CHECKING:
    from random import Random

ALTERNATIVES = re.compile(r"\[([^\[\]]*)\]")
# How much of what has a noun phrase or an inner question gets surroundings from lists of words.
FREE_SHARE = 0.4
SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,?!:;]|\.(?!\.))")


def draw(grammar: str, random: Random) -> str:
    """Draw one of the texts that a grammar stands for.

    Parameters
    ----------
    grammar : str
    random : Random

    Returns
    -------
    str
        A template.
    """
    text = grammar
    while "[" in text:
        text = ALTERNATIVES.sub(lambda match: random.choice(match[1].split("|")), text)
    return SPACE_BEFORE_MARK.sub("", " ".join(text.split()))


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind of question may be put.

    Parameters
    ----------
    direct : tuple of str
        Grammars of whole questions.
    nouns : tuple of str
        Grammars of noun phrases, for ``NOUN_FRAMES``.
    asked : tuple of str
        Grammars of questions inside a sentence, for ``ASKED_FRAMES``.
    """

    direct: tuple[str, ...]
    nouns: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()

    def template(self, random: Random) -> str:
        """Draw a template of the kind."""
        if (self.nouns or self.asked) and random.random() < FREE_SHARE:
            return self.free_template(random)
        parts = [part for part in (self.direct, self.nouns, self.asked) if part]
        part = random.choice(parts)
        inner = draw(random.choice(part), random)
        if part is self.direct:
            return inner
        frame = draw(random.choice(NOUN_FRAMES if part is self.nouns else ASKED_FRAMES), random)
        filled = frame.replace("{np}", inner).replace("{q}", inner)
        return filled.replace("{NP}", first_upper(inner)).replace("{Q}", first_upper(inner))

    def free_template(self, random: Random) -> str:
        """Draw a template whose surroundings come from lists of words; see `filler`."""
        parts = []
        if self.nouns:
            parts.append((self.nouns, STATEMENTS))
        if self.asked:
            parts.append((self.asked, QUESTIONS_INSIDE))
        inner_grammars, frame_grammars = random.choice(parts)
        inner = draw(random.choice(inner_grammars), random)
        frame = first_upper(draw(random.choice(frame_grammars), random))
        filled = frame.replace("{np}", inner).replace("{q}", inner)
        return filled.replace("{NP}", first_upper(inner)).replace("{Q}", first_upper(inner))


_POLITE = (
    "[Can|Could|Would|Will] you [|please|kindly|possibly|maybe|perhaps|quickly|just|now|also]|"
    "Are you able to|Is it possible for you to|Would it be possible to|Do you think you could|"
    "Do you think you can|May I ask you to|Could I ask you to|Would you be willing to|"
    "Would you be so good as to|Can anyone|Could somebody|Can somebody here|Might you"
)
_WISHING = (
    "[Please|Just|Now|Quickly|First|Do|Try to|Please try to|Be so good and|Be a friend and|"
    "I ask you to|I want you to|I need you to|I would like you to|You should|You have to|"
    "You must|It is your turn to|Your task is to|Let me ask you to]"
)
_WHO = (
    "[My|Our] [brother|sister|mother|father|son|aunt|uncle|grandfather|grandmother|cousin|friend|"
    "neighbour|colleague|teacher|boss|class|wife|husband|niece|nephew|child|guest|team]|"
    "[The|This|A|One] [quiz|crossword|exercise|test|form|student|child|pupil|tourist|visitor|"
    "girl|boy|man|woman|reader|customer|guest|puzzle|game|worksheet]|"
    "[Someone|Somebody|Everybody|Everyone|Anna|Ben|Tom|Maria|She|He]"
)
_FOR = (
    "[for [school|homework|my homework|his homework|a quiz|a test|an exam|a game|work|today|"
    "tomorrow|a friend|my list|the list|our project|a report|a puzzle|a crossword|my notes]|now|"
    "today|again|at once|here|right now|this time|once more|if you can|if you know it|soon]"
)
_END = "[.|.|.|, please.|!||]"
_END_WISH = f"[{_END}|{_END}| {_FOR}{_END}]"
_END_ASK = f"[?|?|?|, please?| {_FOR}?|]"
_I = "[I|I|I|We]"

NOUN_FRAMES = lines(f"""
[The|My|Our|This] [next|last|first|missing|empty|open|only|second] [word|line|field|gap|blank|\
square|\
answer|clue|entry|question|row|task] [in|on|of] [my|the|this|our] [puzzle|crossword|sheet|form|\
list|quiz|\
worksheet|page|exam|table|test|game] [is|must be|should be|has to be|wants|asks for|needs|was] \
{{np}}[.|]
[What|The only thing|The thing|All] [I|we] [need|want|lack|miss|forgot|ask for] [now|here|today|] \
is \
{{np}}[.|, please.|]
[Number one|Question two|Clue five|Line three|The prize question|The missing word|The solution] \
is {{np}}.
[In|On] [my|the] [crossword|worksheet|form|map|list|diary|quiz], {{np}} is [missing|blank|empty|\
needed].
[One|Only one|A single] [field|line|gap|answer|word] is [empty|missing|open|left]: {{np}}.
[There is|Here is|I have] [a|one] [gap|blank|empty field|hole] [for|where I need] {{np}}.
[I am|We are] [writing|filling in|putting down|adding] {{np}}, [but I forgot it|which one|what is \
it][?|.]
[{_POLITE}] [name|tell me|give me|say|state|find|look up|write down|show me|remind me of|recall] \
{{np}}{_END_ASK}
[{_POLITE}] [send me|identify|provide|type|share|tell us|give us|mention|supply|find me] \
{{np}}{_END_ASK}
{_WISHING} [name|tell me|give me|say|state|find|look up|write down|show me|recall|type] \
{{np}}{_END_WISH}
[Name|Tell me|Give me|Say|State|Find|Look up|Write down|Show me|Send me|Type|Identify|Provide] \
{{np}}{_END_WISH}
[{_WHO}] [needs|wants|requires|would like|demands|is after|seeks|could use] {{np}}{_END_WISH}
[{_WHO}] [wants|would like|hopes|has|needs|is trying] to [know|hear|learn|find|find out|name|say|\
write down|remember] {{np}}{_END_WISH}
[{_WHO}] [asks for|asks me for|asked for|asked me for|asks about|is asking for|is looking for|\
is searching for|is curious about|is interested in|wonders about] {{np}}{_END_WISH}
[{_WHO}] [forgot|has forgotten|cannot remember|does not know|never knows|always forgets|\
is not sure about] {{np}}{_END_WISH}
{_I} [need|want|require|seek|still need|could use|really need|urgently need|do need|must have|\
will need|would love|would like|would appreciate|would take] {{np}}{_END_WISH}
{_I} [want|need|have|wish|hope|would like|would love|would be happy|would be pleased|plan|\
still have] to [know|hear|learn|find|find out|name|say|have|\
get|see|read|remember|write down|recall|be told] {{np}}{_END_WISH}
I am [trying|eager|supposed|keen|here|hoping] to [know|hear|learn|find|find out|name|say|get|\
recall] \
{{np}}{_END_WISH}
I'd [like|love|be happy|be pleased|be grateful|be delighted] to [know|hear|learn|see|have|be told|\
read|find out] {{np}}{_END_WISH}
It would be [nice|good|great|kind|helpful|useful] to [know|hear|learn|have|see] {{np}}{_END_WISH}
I am [looking for|searching for|after|asking for|asking about|interested in|curious about|\
thinking of|missing|here for|hoping for|waiting for] {{np}}{_END_WISH}
I [can't think of|cannot think of|can't recall|don't recall|do not remember|no longer know|\
don't know|never learned|keep mixing up|once knew|used to know|cannot find|lost|missed|\
have no clue about] {{np}}{_END_WISH}
I have to [name|write down|fill in|learn|find|say|know|give|look up|enter|guess] {{np}}{_END_WISH}
{{NP}}[, please|, if you please|, quickly|, now|, again||, my friend|, thanks|, go|, anyone][.|!|?]
{{NP}} is [what I need|what I want|what I am asking for|the thing I need|what we need|my question|\
what interests me|missing here|wanted|asked for|needed|what I am looking for|today's question].
{{NP}} [is|is what|is called|must be|would be|equals|has to be|, which is] [...|what?|?]
{{NP}}[,| -|:] [what was it again|what is it|which one is it|can you say it|do you know it|\
tell me|what would that be|any idea|what do I write]?
What [is|was|would be|might be] {{np}}[, please| again| then| now| again, please| actually| really|\
, in your words| , my friend]?
What [do you think|would you say|do you believe|do people say|do they say|does the book say] \
[is|would be] {{np}}?
What [should|do|shall|can|must] I [write|write down|put down|enter|answer|fill in|say|reply|note] \
[for|as|when asked for] {{np}}?
[What about|How about|And|So|Well,|Okay,|Now|Next:|Next up:] {{np}}[?|?|.]
[Question|Task|Exercise|Puzzle|Topic|Request|Search|Query|Quiz|Wanted|Needed|Homework]: \
[find |name |]{{np}}[.|?|]
[Do|Did|Will|Might] you [|also|still|ever|by chance|perhaps] [know|remember|learn|recall|have|get] \
{{np}}{_END_ASK}
[Who|Which of you] [knows|can name|can tell me|remembers|can give me|could name|has] \
{{np}}{_END_ASK}
[Is there anyone who knows|Does anyone know|Does anybody here know|Has anyone got] {{np}}{_END_ASK}
[Help me|Please help me|Can you help me|Could you help me|Help us] [with|find|remember|name|to \
find|\
learn] {{np}}[.|?|]
[Let us|Let me] [talk about|hear|see|find|learn|know|have] {{np}}{_END}
[My|The|Our|His] [question|homework|task|next question|first question] is [about |]{{np}}[.|]
""")

ASKED_FRAMES = lines(f"""
[{_POLITE}] [tell me|say|explain|find out|check|write down|work out|let me know|show me|tell us|\
remind me|help me find out|give me a hint] {{q}}{_END_ASK}
{_WISHING} [tell me|say|explain|find out|check|write down|work out|let me know|show me|answer] \
{{q}}{_END_WISH}
[Tell me|Say|Explain|Find out|Check|Write down|Let me know|Show me|Remind me|Teach me|Answer me] \
{{q}}{_END_WISH}
[{_WHO}] [asks|asks me|asked|asked me|keeps asking|is asking|wonders|is wondering|forgot|\
cannot say|is not sure|does not know|is curious|has asked] {{q}}{_END_WISH}
[{_WHO}] [wants|would like|needs|has|hopes|is trying] to [know|hear|learn|find out|say|tell me|\
remember|be told] {{q}}{_END_WISH}
{_I} [wonder|have been wondering|often wonder|must know|can't say|cannot tell|can't tell|\
could not say|don't know|do not know|no longer know|used to know|once knew|never learned|\
never knew|never heard|can't recall|forgot|keep asking myself|have no clue|\
have not heard] {{q}}{_END_WISH}
{_I} [want|need|have|wish|hope|would like|would love|would be happy|would be pleased|plan|\
still have] to [know|hear|learn|find out|say|see|read|remember|be told|\
understand] {{q}}{_END_WISH}
I'd [like|love|be happy|be pleased|be grateful|be delighted] to [know|hear|learn|be told|find out] \
{{q}}{_END_WISH}
It would be [nice|good|great|kind|helpful|useful] to [know|hear|learn] {{q}}{_END_WISH}
I am [not sure|unsure|not certain|curious|asking|wondering|eager to know|keen to learn] \
{{q}}{_END_WISH}
I am [trying|eager|supposed|keen|hoping] to [know|hear|learn|find out|say|recall] {{q}}{_END_WISH}
I have to [say|write down|find out|know|tell my class|explain|learn|answer] {{q}}{_END_WISH}
[Do|Did|Will|Might|Would] you [|also|still|ever|by chance|perhaps|by any chance] [know|remember|\
learn|recall|say|happen to know|find out] {{q}}{_END_ASK}
[Have you|Have you got|Do you have|Is there|Has anyone] [an idea|any clue|a clue|information] \
{{q}}{_END_ASK}
[Have you|Has anyone] [learned|found out|read|been told|seen|ever learned|already learned] \
{{q}}{_END_ASK}
[Who|Which of you] [knows|can say|can tell me|remembers|could tell me|found out] {{q}}{_END_ASK}
[Does anyone know|Does anybody here know|Is there anyone who knows|Can one say] {{q}}{_END_ASK}
[What do you think|Can you guess|Guess|Have a guess|Take a guess]: {{q}}?
[My|The|Our|His] [question|homework|task|next question|first question] is {{q}}[.|]
[Help me|Please help me|Help us] [remember|find out|say|learn|to find out] {{q}}[.|]
{{Q}}[, that is my question|, that is what I ask|, I wonder|, do you know|, please|, I forgot|, \
can you say][.|?]
[Is|Was] it [clear|known|written anywhere|easy to say|hard to say] {{q}}?
""")

# What people say before they ask.
CONTEXTS = lines("""
[For fun|By the way|In passing|For interest|Between us|If I may ask|To be certain|Honestly|\
Seriously],
[In short|First of all|Only from interest|Just wondering|One thing|From curiosity|As a test|Come \
on],
I am doing a [crossword|quiz|puzzle|test|worksheet].
I am [writing a report|learning for a test|playing a game|filling in a form|at school|at home].
I have a [test|quiz|an exam] [tomorrow|today|next week].
[This is|It is] [easy|hard|a hard one|an easy one|for you|for school|important].
I used to know this.
We are [playing a game|having a quiz|learning together|curious].
[My turn|Your turn|First question|Last question|New question|Different topic|Something else].
[Listen|Look|Wait|Right|Alright|Good|Fine|Oh|Ah|Hm|Now then].
[You surely know this|You may know this|Maybe you know this|You are clever].
[I am back|Me again|One more|One more time|Once more].
[Hello again|Good day|Good afternoon|Hi there|Dear model|My friend|Hey there].
""")
AFTERWARDS = lines("""
[I have|There is] [no idea|no map here|no book here].
[That is|It is] [my question|all I need|what I need|for a friend|urgent|important to me].
[Quick|Hurry|Now|Soon], please.
[My teacher|My friend|My son|Someone] [asked|wants to know|needs it].
[I would be glad|I would be grateful|That would help|You would help me a lot].
[Any idea|Any clue|Do you remember|Can you say|Would you know]?
[Cheers|Much obliged|Many thanks|Bye|Thank you so much].
[I always forget|I can't recall|I never knew|I should know that].
""")
