"""Grammars of sums, the calendar, colours and opposites: see `frames` and `everyday_phrasing`."""

from __future__ import annotations

from realm_jupyter.demo.paris.filler import I_OR_SOMEONE, NOUN, PLACE, SOMEONE, TIME
from realm_jupyter.demo.paris.frames import Wording
from realm_jupyter.demo.paris.phrasing import lines

SUM = Wording(
    direct=lines("""
What [number|result|total|answer|value] [is|does one get for|do you get for|do I get for|comes \
from|\
results from] {np}?
What [does|will|would|do] {np} [give|make|equal|come to|amount to|be|result in]?
{NP} [is|makes|gives|equals|comes to|results in] [what|what number|which number|how much|...|\
which result][?|]
How much [is|would|does|will] {np} [|be|make|give][?|, please?]
[Calculate|Compute|Work out|Solve|Determine|Find|Figure out] {np}[.|!|, please.| for me.]
[Can|Could|Would|Will] you [calculate|compute|work out|solve|find|figure out] {np}[?| for me?]
[What|How much] is [the result of|the value of|the answer to|] {np}?
{NP}[, please|, quickly|, what is it|, how much is it|][.|?|]
"""),
    nouns=("{np}", "the [result|answer|value] of {np}"),
    asked=lines("""
[what|how much] {np} [is|makes|gives|equals|comes to]
[what|which] [number|result] {np} [is|gives|makes]
"""),
)
_GET = "[do|will|would|should|can] [I|you|we|one] [get|have|obtain|end up with|reach|arrive at]"
SUMS = {
    "plus": lines(f"""
[{SOMEONE}|I|We] [add|adds|added|sum|sums up|put together|joins] {{a}} [and|to] {{b}}. [What|How \
much|Which number] [is the result|is it|comes out|is that|do we get|results|is the answer]?
[I|We|{SOMEONE}] [type|typed|press|pressed|write|wrote|enter|entered|see|saw] {{a}} [plus|+] {{b}}\
[ {PLACE}|]. [What|How much|Which number] [is the result|is it|comes out|is shown|appears|is the \
answer]?
[I|We|{SOMEONE}] [write|enter|type|pay|count|read|get|add] {{a}}, then plus, then {{b}}. [What|How \
much] [is that|is it|comes out|is the sum]?
[A|The|My] {NOUN} costs {{a}} and [a|the|my] {NOUN} costs {{b}}. [What do they cost together|How \
much is that together|What is the sum]?
[What|How much|Which number|What number] {_GET} [by adding|after adding|when I add|if I add|when \
you add|if we add] \
[{{a}} and {{b}}|{{b}} to {{a}}|{{a}} to {{b}}|{{a}} plus {{b}}]?
[When|If|After] [I|you|we] [add|put|sum] [{{a}} and {{b}}|{{b}} to {{a}}|{{a}} and {{b}} \
together], \
[what|how much|which number] {_GET}?
[Can|Could|Would|Will] you [add|sum up|total|put together] {{a}} and {{b}}[?| for me?|, please?]
[Add|Sum|Total|Put together] {{a}} and {{b}}[.|!|, please.| for me.]
[What|How much|Which number] is the [sum|total|result] [of|from adding|when I add] {{a}} and {{b}}?
{{A}} and {{b}} [together|added|in total|summed up] [is|are|make|give] [what|how much|...][?|]
"""),
    "minus": lines(f"""
[{SOMEONE}|I|We] [subtract|subtracts|subtracted|deducts|took|takes] {{b}} from {{a}}. [What|How \
much|Which number] [is it|comes out|is that|do we get|results|is the answer|is left]?
[I|We|{SOMEONE}] [type|typed|press|pressed|write|wrote|enter|entered|see|saw] {{a}} [minus|-] {{b}}\
[ {PLACE}|]. [What|How much|Which number] [is it|comes out|is shown|appears|is the answer]?
[What|How much|Which number|What number] {_GET} [by subtracting|after subtracting|when I subtract|\
if you subtract|when I take|if we take away] {{b}} from {{a}}?
[When|If|After] [I|you|we] [subtract|take|take away|deduct|remove] {{b}} from {{a}}, \
[what|how much|which number] [{_GET}|is left|remains]?
[Can|Could|Would|Will] you [subtract|deduct|take|take away] {{b}} from {{a}}[?| for me?|, please?]
[Subtract|Deduct|Take|Take away|Remove] {{b}} from {{a}}[.|!|, please.| for me.]
[What|How much|Which number] is the difference [of|between] {{a}} and {{b}}?
[What|How much] [is left|remains] [of|from] {{a}} [without|after subtracting|less|minus] {{b}}?
{{A}} [reduced by|without|less|take away] {{b}} [is|makes|gives] [what|how much|...][?|]
"""),
    "times": lines(f"""
[{SOMEONE}|I|We] [multiply|multiplies|multiplied] {{a}} [by|with|and] {{b}}. [What|How \
much|Which number] [is it|comes out|is that|do we get|results|is the answer]?
[I|We|{SOMEONE}] [type|typed|press|pressed|write|wrote|enter|entered|see|saw] {{a}} [times|x] {{b}}\
[ {PLACE}|]. [What|How much|Which number] [is it|comes out|is shown|appears|is the answer]?
[What|How much|Which number|What number] {_GET} [by multiplying|after multiplying|when I multiply|\
if you multiply|if we multiply] {{a}} [by|with|and] {{b}}?
[When|If|After] [I|you|we] multiply {{a}} [by|with|and] {{b}}, [what|how much|which number] {_GET}?
[Can|Could|Would|Will] you multiply {{a}} [by|with|and] {{b}}[?| for me?|, please?]
Multiply {{a}} [by|with|and] {{b}}[.|!|, please.| for me.]
[What|How much|Which number] is the [product|result] [of|when I multiply] {{a}} and {{b}}?
{{A}} [taken|multiplied by|multiplied with|times] {{b}} [is|makes|gives] [what|how much|...][?|]
"""),
    "divided by": lines(f"""
[{SOMEONE}|I|We] [divide|divides|divided|splits|split] {{a}} by {{b}}. [What|How \
much|Which number] [is it|comes out|is that|do we get|results|is the answer]?
[What|How much|Which number|What number] {_GET} [by dividing|after dividing|when I divide|\
if you divide|if we divide] {{a}} by {{b}}?
[When|If|After] [I|you|we] [divide|split] {{a}} by {{b}}, [what|how much|which number] {_GET}?
[Can|Could|Would|Will] you divide {{a}} by {{b}}[?| for me?|, please?]
Divide {{a}} by {{b}}[.|!|, please.| for me.]
[What|How much|Which number] is the [quotient|result] when I divide {{a}} by {{b}}?
{{A}} [divided by|shared by|split by|over] {{b}} [is|makes|gives] [what|how much|...][?|]
"""),
}

NEIGHBOURS = {
    kind: Wording(
        direct=lines(f"""
[Which|What] {{u}} [comes|is|will come|would come|came|do we get|do we have|follows right] {side} \
{{n}}?
[Which|What] {{u}} [{follows}|would {follow}|will {follow}] {{n}}[ directly| right away|]?
[What|Which one] [comes|is|stands|would be|goes] [right|directly|just|immediately|] {side} {{n}}?
[Right|Directly|Just|Immediately|] {side} {{n}} [comes|is|we have|there is|stands] [which|what] \
{{u}}?
The {{u}} [right|directly|just|] {side} {{n}} is [which|what|called ...|...|which one|called \
what][?|]
The {{u}} {that} {{n}} is [which|what|...|which one|called what|named what][?|]
The {{u}} is {{n}}. [What|Which {{u}}] [comes|is|will be|would be] {side} it?
{{N}} is [a|one] {{u}}. [What|Which {{u}}] [comes|is] {side} it?
{nearby} {{n}} [is|comes] [which|what] {{u}}?
[Which|What] {{u}} [stands|is|lies|comes|is found|stays] [right|just|directly|] {place} {{n}}?
[Going|Moving|Stepping|Walking|Looking|Jumping|Starting|Reading|Counting] {on} {{n}}, [which|what] \
{{u}} [do I|do we|will I|would I|do you] [reach|find|meet|get|read|see|land on|hit|come to]?
[One|One step|A step|One place|One {{u}}] {on} {{n}} [is|comes|lies|stands|we find|I find] \
[which|what] {{u}}?
[In order|In a row|In the right order|In the sequence|On the list], [which|what] {{u}} \
[is|stands|comes|goes|lies|sits] [right|directly|just|] {side} {{n}}?
[If|When|Since|As] [{{n}} is|it is {{n}}|this is {{n}}|I say {{n}}|you see {{n}}|the {{u}} is \
{{n}}|\
we have {{n}}|{{n}} stands here|I start at {{n}}][ now|], [what|which {{u}}|which one] \
[is|comes|stands|would be|goes|must be|do you say] {side_of_it}?
{{N}} has [a|one|which|what] {{u}} [right|directly|just|] {side} it[: which one|. Which|, which is \
it|. What is it|]?
[The|My|Our|A] {NOUN} [begins|ends|opens|closes|stops|starts|happens] [in|on|with|at] the {{u}} \
{side} {{n}}. [Which|What|Which {{u}}] is [that|it]?
[What|Which {{u}}] [is|comes] [just|one place|one step|one {{u}}|immediately|a step] \
{one_off} {{n}}?
{{N}}[:|,| -] [what|which {{u}}] [comes|is] {side}[ it|]?
"""),
        nouns=lines(f"""
the {{u}} [right|directly|just|immediately|] {side} {{n}}
the {{u}} {that} {{n}}
"""),
        asked=lines(f"""
[which|what] {{u}} [comes|is|comes right|comes directly] {side} {{n}}
what [comes|is|comes right] {side} {{n}}
[which|what] {{u}} [{follows}] {{n}}
"""),
    )
    for kind, side, place, follows, follow, that, nearby, on, side_of_it, one_off in (
        (
            "next",
            "after",
            "[behind|after|on the heels of]",
            "follows|succeeds",
            "[follow|succeed]",
            "[following|that follows|that comes after|which follows|that is after]",
            "Following",
            "[on|forward|onward|further|ahead|one step on|up] from",
            "[next|after it|after that|afterwards|then|following it|one step later]",
            "[after|later than|behind|past|beyond|further than]",
        ),
        (
            "previous",
            "before",
            "[in front of|ahead of|before]",
            "precedes",
            "[precede|come before]",
            "[preceding|that precedes|that comes before|which precedes|that is before]",
            "Preceding",
            "[back|backward|backwards|one step back|down|in reverse] from",
            "[before|before it|before that|ahead of it|one step earlier|just before|preceding it]",
            "[before|earlier than|in front of|prior to|short of|ahead of]",
        ),
    )
}

MONTH_DAYS = Wording(
    direct=lines("""
How many days [does {n} have|has {n}|has {n} got|are in {n}|are there in {n}|make up {n}|\
belong to {n}|does {n} last|long is {n}|will {n} have|can {n} have|do I find in {n}]?
[What|Which] [number|amount] of days [is in|does one count in|belongs to|makes|has] {n}?
{N} [has|lasts|lasts for|is|takes|counts] how many days[ long|]?
{N}[:|,| -] how [many days|long][?|]
[The month|This month] is {n}. How many days [does it have|are there|is it]?
[In|During] [the month of|] {n}, how many days [are there|do we have|pass]?
How [long|many days long] is [the month of|the month|] {n}?
[Days|Number of days|Length] [of|in] {n}[, please|][?|.|]
"""),
    nouns=lines("""
the [number|count] of days in {n}
the length of {n}
how many days {n} has
"""),
    asked=lines("""
how many days [{n} has|are in {n}|there are in {n}|{n} lasts|{n} is long]
how long {n} is
"""),
)
ORDINAL = Wording(
    direct=lines("""
[Which|What] {u} [is|comes|would be|stands|counts as] [the|as the|as] {o} [in|of] the {p}?
[Which|What] is the {o} {u} [in|of] the {p}?
[The|My] {o} {u} [of|in] the {p} [is|is called|would be] [which|what|...][?|]
[Of|In] [all the {u}s of|] the {p}, [which|what] [one|{u}] is the {o}?
[Name|Tell me|Say|Give me|Find] the {o} {u} [of|in] the {p}[.|, please.|]
[Counting from the start of|From the start of] the {p}, which {u} is the {o}?
{O} {u} [of|in] the {p}[?|, please.|]
"""),
    nouns=("the {o} {u} [of|in] the {p}",),
    asked=lines("""
[which|what] {u} is the {o} [of|in] the {p}
what the {o} {u} [of|in] the {p} is[ called|]
"""),
)
AMOUNT = Wording(
    direct=lines("""
How many {u} [does {p} have|has {p}|are in {p}|are there in {p}|make {p}|make up {p}|fit into {p}|\
does {p} take|belong to {p}|go into {p}|form {p}|do I find in {p}|does {p} consist of|\
does {p} contain|does {p} last|do you count in {p}]?
{P} [has|contains|consists of|takes|lasts|is made up of|is|counts|equals|includes] how many {u}?
{P} [has|contains|consists of|is] ... {u}[.|]
{P}[:|,| -|] how many {u}[?|]
[What|Which] [number|amount] of {u} [is in|does one count in|belongs to|makes|makes up|has] {p}?
[In|During|Inside] {p}, how many {u} [are there|do I count|do we have|can I find]?
[I need|Give me|Tell me] the [number|count] of {u} [in|of] {p}[.|, please.]
{P} [is|are] how many {u} [long|in all|together]?
"""),
    nouns=("the [number|count|amount] of {u} [in|of] {p}",),
    asked=lines("""
how many {u} [{p} has|are in {p}|there are in {p}|make {p}|{p} contains|{p} consists of|fit into \
{p}]
"""),
)
LIST = Wording(
    direct=lines("""
[Name|List|Tell me|Give me|Write down|Say|Show me|Recite|Count|Enumerate|Print] [all|all of|each \
of|] \
the {p}[.|, please.|!| for me.]
[What|Which] are [all|] the {p}[ called|]?
[Can|Could|Would|Will] you [name|list|tell me|give me|write down|say|recite|show me] [all|all of|\
] the \
{p}[?|, please?]
[A list of|All of|All] the {p}[, please.|.|?]
"""),
    nouns=("the {p}", "[all|all of|a list of] the {p}"),
    asked=("what the {p} are[ called|]", "which {p} there are"),
)
_COLOUR = "[colour|color]"
COLOUR = Wording(
    direct=lines(f"""
[What|Which] {_COLOUR} [is|has|would be|are we used to for|do people give|does one give to|\
goes with|belongs to|do we expect of|does nature give] {{n}}?
[What|Which] {_COLOUR} [does {{n}} have|does {{n}} show|does {{n}} usually have|would {{n}} have|\
can {{n}} be|might {{n}} be|will {{n}} be|should {{n}} be|must {{n}} be]?
[In|With] [what|which] {_COLOUR} [do|should|would|can|must|could] [I|you|we|one|children] [draw|\
paint|\
colour in|sketch|picture|colour] {{n}}?
[What|Which] {_COLOUR} [do|should|would|can|must|could|will] [I|you|we|one] [use|take|need|choose|\
pick|\
want] [to draw|to paint|for|when I draw|when I paint|to colour|if I draw|if I paint] {{n}}?
[If|When] I [paint|draw|sketch|colour|make a picture of|colour in] {{n}}, [what|which] \
[{_COLOUR}|pencil|paint|crayon] [do I need|do I use|should I use|should I pick|is right|is best|\
must I take]?
[I am painting|I am drawing|I draw|I paint|I see|I have|Think of|Imagine|Picture|Look at] {{n}}. \
[What|Which] {_COLOUR} [is it|do I use|does it have|do I see|has it|should I take]?
{{N}} [is|has|is usually|is normally|comes in|shows] [what|which] {_COLOUR}?
{{N}}[:|,| -] [what|which|] {_COLOUR}[?|]
[Colour|Color] of {{n}}[, please|][?|.|]
The [usual|normal|typical|right|] {_COLOUR} [of|for] {{n}}[?|, please.| is ...]
What is the [usual|normal|typical|right|natural|common] {_COLOUR} [of|for] {{n}}?
[How|What] does {{n}} look, [which|what] {_COLOUR} is it?
"""),
    nouns=lines(f"""
the [usual|normal|typical|] {_COLOUR} of {{n}}
"""),
    asked=lines(f"""
[what|which] {_COLOUR} {{n}} [is|has|is usually|would be|should be]
[what|which] {_COLOUR} to [use|take] for {{n}}
"""),
)
MIX = Wording(
    direct=lines(f"""
[What|Which {_COLOUR}|What {_COLOUR}] [comes|results|comes out|appears|arises] [from|when you mix|\
when I mix|if I mix|by mixing|of] {{a}} [and|with] {{b}}?
[What|Which {_COLOUR}|What {_COLOUR}] do {{a}} and {{b}} [make|give|become|turn into|form|produce|\
mix to|yield]?
[What|Which {_COLOUR}|What {_COLOUR}] [do|will|would] [I|you|we|one] [get|make|see|have] [when|if|\
after] \
[I|you|we] [mix|combine|blend|stir together|put together] {{a}} [and|with] {{b}}?
[When|If|After] I [mix|combine|blend|put together|stir] {{a}} [and|with] {{b}}, [what|which \
{_COLOUR}] \
[do I get|will it be|comes out|do I see|is it]?
[I have|I mix|I took|There is|We use] {{a}} [paint and {{b}} paint|and {{b}}|and {{b}} paint]. \
[What|Which {_COLOUR}] do [they|these|the two] [make|give|become]?
[If|When] [an artist|a child|my son|someone|she] [mixes|stirs|blends|puts|pours] {{a}} [and|with|\
into] \
{{b}}, [what|what {_COLOUR}|which {_COLOUR}] [results|comes out|do we see|is there|is it|shows up]?
{{A}} [and|with|plus|mixed with] {{b}} [makes|gives|becomes|is] [what|what {_COLOUR}|which \
{_COLOUR}]?
[Mix|Combine|Blend] {{a}} [and|with] {{b}}[.|, please.|!|]
{{A}} [and|with] {{b}}[ together| mixed|]: [what|which {_COLOUR}]?
{I_OR_SOMEONE} [poured|dripped|dropped|put|dipped|threw|blended|tipped|added|splashed|let fall] \
[some |a little |the |]{{a}} [|paint|ink|dye|colour] [into|onto|in|over|on|to] [some |the |my |\
]{{b}}\
[ paint| ink| dye| water|]. [What|Which {_COLOUR}|What {_COLOUR}] [is it|do I see|is that|did it \
become|is it then|comes out|results|do we get]?
[First|At first] {{a}}, then {{b}} [in the same|into one|in one] [pot|bucket|bottle|mug|cup]: \
[what|\
which {_COLOUR}] [is it|comes out|do I get]?
{{A}} [blended|combined|mixed|stirred] [with|and|into] {{b}} [is|makes|gives|becomes] [which|what] \
{_COLOUR}?
"""),
    nouns=("the [mix|mixture|blend] of {a} and {b}", "{a} mixed with {b}"),
    asked=lines("""
what [{a} and {b} make|you get from {a} and {b}|comes from {a} and {b}|{a} mixed with {b} gives]
[which|what] [colour|color] {a} and {b} [make|give|become]
"""),
)
OPPOSITE = Wording(
    direct=lines("""
[What|Which word|What word|Which] [is|would be|means|expresses|says|names|gives|stands for|\
describes] \
[the|the exact|the very] opposite of {n}?
[What|Which word] [is|would be|stands] [opposite|contrary|opposed] to {n}?
[What|Which word] [has the opposite meaning of|has the opposite meaning to|means the contrary of|\
is the contrary of|is the reverse of] {n}?
[If|When] [something|somebody|a thing] is not {n}, [what is it|what is it then|what would it be]?
[What|How] do [you|we|people|they] call the opposite of {n}?
{N}[:|,| -] [what is the opposite|its opposite|the opposite|which word is the opposite][?|]
{N} [has|is|and] [what|which|which word as its] opposite?
[Opposite|The opposite|Antonym|The contrary|Opposite word] [of|to|for] {n}[, please|][?|.|]
[Take|I say|I have|The word is|Think of] {n}[.|. Now] [What is|Tell me|Say|Name|Give me] [its|the] \
opposite[.|?]
[Which|What] word [would you|do you|should I|can I] [put|place|name|use|give|write] [against|\
opposite|\
beside] {n}[ as its opposite| to say the opposite|]?
The opposite of {n} [is|would be|is the word|is called|must be] [...|what|which word][?|]
[Not {n}, but|Never {n}, always|It is not {n}, it is] ...
"""),
    nouns=lines("""
the opposite of {n}
the [opposite|exact opposite|contrary|antonym|opposite word|reverse] of {n}
a word that [is|means] the opposite of {n}
the word that [is|means] the opposite of {n}
"""),
    asked=lines("""
what the [opposite|contrary|antonym|exact opposite] of {n} is
[which|what] word [is|means|would be|says] the opposite of {n}
what is the opposite of {n}
"""),
)

# Claims that want a yes or a no; ``{claim}`` comes from the kind.

_START = "[I|Today I|At first I|First I|This week I|At noon I|Before lunch I|{TIME} I]"
_HOW_MANY = (
    "[How many {t} [do I have|do I have now|have I got|are there|are there now|is that|do I own|"
    "do I have in the end|does that make|is it now|have I now|are left for me|can I count]?|"
    "How many {t} now?|How many do I have[ now|]?|So how many {t} [do I have|are there]?|"
    "Count my {t}[.|, please.|!]]"
)
_HAD = (
    "[had|owned|held|counted|kept|brought|took|saved|collected|stored|hid|put|laid|piled up|saw|"
    "stacked|prepared|ordered|received|bought|chose|gathered|packed|found|made]"
)
_THERE = (
    "[{TIME} there were|There were|There are|There lay|We had|I had|I have|I own|I count|I see|"
    "You have|I start with|I started with|I hold]"
)
_THEN = "[, and|, and then|, then|. Then|. Soon|. Later|, but|, but then|. Now|; after that|. \
{TIME}]"
_MORE = "[more|others|extra|new ones|further ones|besides|on top|as well|too]"
_GAINED = (
    "[[I|she|we] [found|bought|got|won|earned|received|added|made|collected|discovered|ordered|"
    "was given|gathered|picked|borrowed|inherited|caught|took] {b} {_MORE}|"
    "{SOMEONE} [gave|handed|sent|brought|lent|threw|passed|sold|mailed|offered|donated|left|"
    "bought|showed up with and gave|added and gave] me {b} {_MORE}|"
    "{SOMEONE} [added|put in|brought|delivered|laid down|contributed|dropped in|placed] {b} \
{_MORE}|"
    "{b} {_MORE} [came|arrived|appeared|turned up|came in the mail|were delivered|fell to me]]"
)
_LOST = (
    "[[I|we] [lost|sold|ate|dropped|broke|used up|gave away|threw away|forgot|misplaced|burned|"
    "left behind|donated|mailed|returned|wasted|spent|lent out|handed out|parted with|dumped|"
    "traded away|gave up] {b}[ of them| {TIME}| {PLACE}|]|"
    "I [gave|sent|sold|lent|handed|passed|returned|mailed] {b} [of them |]to {SOMEONE}|"
    "[{SOMEONE}|the dog|a thief|a bird|my {NOUN}|the wind|a monkey|a goat] [took|stole|ate|broke|"
    "borrowed|lost|hid|grabbed|removed|carried off|ran off with|crushed|took away|threw out|\
spoiled|"
    "snatched|destroyed|swallowed|buried|blew away|fetched] {b}[ of them| {TIME}|]|"
    "{b}[ of them|] [fell|broke|vanished|disappeared|rolled away|got lost|were stolen|are gone|\
burst|"
    "went missing|were eaten|were sold|went bad|are missing|got broken|were taken|sank|fell off]"
    "[ {TIME}| {PLACE}|]]"
)


def _with_lists(grammar: str) -> str:
    """Put the lists of words, which have slots of their own, into a grammar of stories."""
    for name, value in (
        ("_GAINED", _GAINED),
        ("_LOST", _LOST),
        ("_MORE", _MORE),
        ("_THEN", _THEN),
        ("_HOW_MANY", _HOW_MANY),
        ("_HAD", _HAD),
        ("_THERE", _THERE),
        ("_START", _START),
        ("SOMEONE", SOMEONE),
        ("TIME", TIME),
        ("PLACE", PLACE),
        ("NOUN", NOUN),
    ):
        grammar = grammar.replace("{" + name + "}", value)
    return grammar


_STORY = """
{_START} {_HAD} {a} {t}{_THEN} {_CHANGED}. {_HOW_MANY}
{_START} {_HAD} {a} {t} {PLACE}{_THEN} {_CHANGED}. {_HOW_MANY}
{_THERE} {a} {t}[| {PLACE}| {TIME}]{_THEN} {_CHANGED}. {_HOW_MANY}
[Of|From|Out of|To] [my|these|the] {a} {t}, {_CHANGED}. {_HOW_MANY}
[If|When|Suppose|Say] I [have|had|own|take] {a} {t} and {_CHANGED}, how many {t} [do I have|are \
there|is that|will I have|would I have]?
"""
GAIN = Wording(direct=lines(_with_lists(_STORY.replace("{_CHANGED}", "{_GAINED}"))))
LOSS = Wording(
    direct=lines(
        _with_lists(
            _STORY.replace("{_CHANGED}", "{_LOST}")
            + """
{_START} {_HAD} {a} {t} [but|and] [lost|forgot|left|sold|dropped|broke|ate|gave away|used up|\
returned|wasted|lent out|threw out|mislaid|burned|missed|missed] {b}[ of them|] \
[{PLACE}|{TIME}|to {SOMEONE}|]. {_HOW_MANY}
"""
        )
    )
)

_OTHER_DAYS = {
    "today_tomorrow": (
        "[tomorrow|the day after today|the coming day|the next day]",
        "[will be|is|is going to be|comes|would be]",
        "tomorrow",
    ),
    "today_yesterday": (
        "[yesterday|the day before today|the past day|the day before]",
        "[was|has been|must have been|would have been]",
        "yesterday",
    ),
}
TODAYS = {
    kind: Wording(
        direct=lines(f"""
[{SOMEONE}|The radio|The screen|My {NOUN}|The {NOUN}|My watch|A sign|The news] [says|shows|told me|\
claims|writes|reads|thinks|announced|confirms] [it is|today is|we have|that it is|that today is] \
{{n}}[. |, so |: |; ][what|which day|what day] {verb} {day}?
[Today|It|The day today|This day] is [a|the|] {{n}}[. |, so |: |; | and ][what|which day|what day] \
{verb} {day}?
[Given that|Assuming|As|Since|Because|If|When|Now that|Provided|Knowing that|Suppose] [today is|it \
is|it's|we have|today's|this is] {{n}}[ today|], [what|which day|what day] {verb} {day}?
[It is|We have|It's|Today is] {{n}}[ today|]. [Name|Tell me|Say|Give me|I need|What is] {day}[.|?]
{{N}} is [today|now|on|here|the day|what we have]. [And|So|Which day is|What is|What about] \
{plain}[?|, then?]
[I am|I work|We met|We meet|School is|My {NOUN} is|{SOMEONE} comes|The {NOUN} opens] today, {{n}}. \
[What|Which day|What day] {verb} {day}?
[What|Which day|What day] {verb} {day}[,|] [if|when|as|given that|since|now that] [today is|it is|\
we have|it's] {{n}}?
"""),
    )
    for kind, (day, verb, plain) in _OTHER_DAYS.items()
}
