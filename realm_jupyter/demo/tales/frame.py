"""How stories begin, pause and end, whatever happens in between."""

# Long templates are joined literals; a test sees to it that no comma between two is missing.
# ruff: noqa: ISC004, SIM905

from __future__ import annotations

OPENINGS = (
    "Once upon a time, [there was|there lived] a~ {lk} named {N}. {N} lived {at}[, {near}|].",
    "Once upon a time, [{at}|{near}], there lived a~ {lk} [named|called] {N}.",
    "Once upon a time there was a~ {lk} who lived {at}. [{^his} name was {N}|Everyone called {him} "
    "{N}].",
    "Once upon a time, a~ {lk} named {N} [went for a walk|was playing|was sitting] {at}.",
    "Long ago, [{at}|in a~ {home} {at}], there lived a~ {lk} [named|called] {N}.",
    "[A long time ago|Many years ago|Long, long ago], a~ {lk} named {N} lived in a~ {home} {at}.",
    "There was once a~ {lk} whose name was {N}. {^he} lived in a~ {home} [{near}|{at}].",
    "There once was a~ {lk} named {N} who [loved|liked] {hobby}.",
    "Deep {at}, [{near}, |]there [lived|was] a~ {lk} [named|called] {N}.",
    "{N} was a~ {lk}[ who lived {at}|. {^he} lived in a~ {home} {near}].",
    "{N} the {k} lived in a~ {home} {at}. {^he} was [very|a~] {trait}[| and always hungry| and a "
    "little loud].",
    "{N} was [the smallest|the youngest|the fastest|the quietest] {k} {at}.",
    "In a~ {home} {near} lived a~ {lk} [named|called] {N}.",
    "[Have you ever heard of|Do you know the story of|Let me tell you about] {N} the {k}? {^he} "
    "lived {at} and [loved|liked] {hobby}.",
    "This is the story of {N}, a~ {lk} who lived {at}.",
    "One {sky} morning, {N} the {k} woke up in {his} {home}.",
    "It was a~ {sky} morning when {N} the {k} [woke up in|came out of] {his} {home}.",
    "[Every morning|Each day|Every evening], {N} the {k} [walked|skipped|hurried] from {his} "
    "{home} to {s1}.",
    "The [sun|moon] was [shining|rising] over {plc} when {N} the {k} [came out of|looked out of] "
    "{his} {home}.",
    "Everybody {at} knew {N}, the {lk}[ from the {home} {near}|].",
    "Far away, {at}, [{near}, |]a~ {lk} named {N} lived [all alone|with {his} family|in a~ "
    "{home}].",
    "My grandmother told me about a~ {lk} named {N}, who lived {at}.",
    "One day, a~ {lk} named {N} [sat|stood|was playing] {near}.",
    "A {lk} named {N} lived {at}. {^he} [loved|liked] {hobby}.",
    "[Once upon a time|Long ago], there were two friends, {N} the {k} and {F} the {fk}. They lived "
    "{at}.",
    "{N} the {k} and {F} the {fk} were [best friends|neighbors|good friends]. They lived {at}"
    "[, {near}|].",
)

_NAMING = "[{^his} name was {N}|{^he} was called {N}|Everyone called {him} {N}|This was {N}]"
_WISH = (
    "[could not [swim|sing|whistle|sit still|wait for summer|find {his} {garment}]|wanted to [see "
    "the world|find a treasure|learn to swim|have a friend|go on a journey]|did not like [rain|"
    "noise|the winter|to be alone|{his} {garment}]|loved {hobby}|liked {hobby}|had never seen "
    "[the sea|snow|a rainbow|a lighthouse]|was always {trait}|dreamed of [the sea|far countries|"
    "adventures|flying]|had a~ {color} {o2}]"
)
_FAMILY = "[mother|father|grandmother|grandfather|two brothers|three sisters|uncle|family]"
_WEATHER = (
    "[The wind was cold|It was raining|Snow was falling|The sun was up|The stars were out|The "
    "night was dark|The first leaves were falling|The rain had stopped]"
)

MORE_OPENINGS = (
    "{N} was a~ {lk} who " + _WISH + ".",
    "{N} " + _WISH + ". {^he} was a~ {lk} and lived {at}.",
    "{N} the {k} " + _WISH + ".",
    "{N}, a~ {lk}, " + _WISH + ".",
    "[There was once a~|Once upon a time, there was a~|There was a~|{^at} there was a~] {lk} "
    "who " + _WISH + ". " + _NAMING + ".",
    "[Once, there was|There was|Once there lived] a~ {lk} [named|called] {N}, who " + _WISH + ".",
    "There was a~ {lk} [named|called] {N}. {N} " + _WISH + ".",
    "[{^at}|{^near}|In a~ {home} {at}] lived a~ {lk} who " + _WISH + ". " + _NAMING + ".",
    "[{^at}|{^near}] lived a~ {lk} [named|called] {N}.",
    "A~ {lk} [named|called] {N} " + _WISH + ".",
    "A~ {lk} lived [alone|with {his} " + _FAMILY + "|happily] in a~ {home} {at}. " + _NAMING + ".",
    "{N} lived [in a~ {home} {at}|{at}] with {his} " + _FAMILY + ".",
    "{N} and {his} " + _FAMILY + " lived [in a~ {home} {at}|{at}|{near}].",
    "{N} got a~ {color} {o2} from {his} " + _FAMILY + ". {^he} was a~ {lk} and lived {at}.",
    "{^his} " + _FAMILY + " made {N} a~ {color} {garment}. {N} was a~ {lk} who lived {at}.",
    "There were once two friends, a~ {k} named {N} and a~ {fk} named {F}.",
    "{N} the {k} and {F} the {fk} did everything together.",
    "{N} the {k} had a good friend, {F} the {fk}. They lived {at}.",
    "The [two friends|neighbors] {N} the {k} and {F} the {fk} liked {hobby}.",
    _WEATHER + " when {N} the {k} [opened {his} eyes|opened the door|went out|ran to {s1}].",
    _WEATHER + ", and {N} the {k} was [hungry|tired|alone|wide awake|on {his} way home].",
    _WEATHER + ". {N}, a~ {lk}, sat [in {his} {home}|{near}] and thought.",
    "It was [spring|summer|autumn|winter|evening|early in the morning|market day] {at}, and "
    "{N} the {k} was [hungry|{happy}|busy|tired].",
    "[Last|One] [spring|summer|autumn|winter], a~ {lk} named {N} [moved to|came to] {plc}.",
    "If you go to {plc}, you may meet a~ {lk} [named|called] {N}.",
    "[{^at}, everyone knows|Everyone {at} likes] {N} the {k}.",
    "[Near|By|Behind] {s1} stood a~ {home}. In it lived {N}, a~ {lk}.",
    '"Good morning!" [said|called] {N} the {k}, and {he} ran to {s1}.',
    '"I am {N}," said the {lk}. {^he} lived {at}.',
    "Nobody {at} was as {trait} as {N} the {k}.",
    "A~ {lk} sat {near} and [looked at the sky|hummed a song|wondered what to do]. "
    + _NAMING
    + ".",
    "One [night|morning|evening], a~ {lk} [named|called] {N} [saw a light|heard a~ {sound}|found "
    "a~ {color} {o2}] {near}.",
    "The {k} {at} was [lonely|happy|very small|not like the others]. " + _NAMING + ".",
    "[Many years ago|Long ago], {N} the {k} lived {at}[, {near}|].",
    "[Every day|Every morning|Every night], a~ {k} named {N} went to {s1}.",
    "{N} the {lk} [sat|stood|walked] {near}.",
)
"""Openings of the training alone, more unlike one another, because people begin stories as they
like; some do not name the hero, and then the next sentence does."""

CHARACTER = (
    "{N} [loved|liked|enjoyed] {hobby}, but most of all {he} loved {hobby2}.",
    "{^he} was [very|so|always] {trait}, and everyone [liked|loved] {him} for it.",
    "{^he} had a~ {color} {garment} that {he} wore every day.",
    "Every day {he} [spent hours|spent the whole morning|was busy] {hobby}.",
    "{^he} was known for {his} [warm smile|big ears|loud laugh|soft voice|funny walk|good heart].",
    "{N} was [not very big|not very strong|not very old], but {he} had a big heart.",
    "{^his} best friend was {F}, a~ {fk} [who lived nearby|who lived next door|from {s1}].",
    "{^he} always carried a~ {color} {o2} [in {his} pocket|with {him}|on {his} back].",
    "{^his} favorite thing in the whole world was {hobby}.",
    "Nothing made {him} happier than {hobby}.",
    "",
)

SETTING = (
    "It was a~ {pt} place, with {s1} on one side and {s2} on the other.",
    "[The air smelled of|The wind smelled of] {smell}, and [the birds sang all day long|the "
    "flowers nodded in the sun|everything was calm].",
    "From {his} {home}, {he} could see {s1} and {s2}.",
    "In spring [the flowers bloomed|the grass was soft], and in winter [the snow lay deep|the wind "
    "was cold].",
    "{^plc} was full of [surprises|sounds|friends|colors], and {N} knew every corner of it.",
    "",
    "",
    "",
)

INTERLUDES = (
    "[The wind blew softly|A soft wind blew] [through the leaves|over the grass|from the hills].",
    "[A butterfly|A bird|A bee|A leaf] [flew|floated|danced] past.",
    "The sun [climbed higher|moved across the sky|began to sink].",
    "[High above|Up above], [the clouds drifted by|a bird was singing|the sky was clear and blue].",
    "For a while nobody said [anything|a word].",
    "They [stopped|rested] for a moment and shared some {food}.",
    "{N} [hummed a little tune|whistled a tune|counted to ten] to feel [better|braver].",
    "[Somewhere|Far away], a bell was ringing.",
    "[It was so quiet that {he} could hear {his} own heart|{^his} heart beat fast].",
)

MORALS = {
    "share": (
        "[{N} had learned|From then on {N} knew] that [things taste better|everything is better] "
        "when you share [it|them].",
        "Sharing [had made|makes] a small [meal|thing] big enough for everyone.",
    ),
    "courage": (
        "{N} had learned that being brave does not mean you are never afraid.",
        "[From that day on|After that], {N} was a little braver [every day|than before].",
        "{^he} knew now that courage can be very small and still be enough.",
    ),
    "friend": (
        "{N} had learned that a good friend is [worth more than gold|the best treasure of all].",
        "From that day on, {N} and {F} were [the best of friends|never lonely again].",
        "And {N} never forgot what a friend can do.",
    ),
    "honest": (
        "{N} had learned that telling the truth makes [your heart light|everything easier].",
        "From then on, {N} always told the truth, even when it was hard.",
    ),
    "patience": (
        "{N} had learned that good things take time.",
        "[From that day on|After that], whenever {N} wanted to give up, {he} tried [once more|one "
        "more time].",
        "{^he} knew now that every big thing starts small.",
    ),
    "content": (
        "{N} [knew now|had learned] that {he} already had everything {he} needed.",
        "From then on, {N} was careful with wishes, and [glad of|thankful for] every plain day.",
    ),
    "help": (
        "{N} had learned that even the smallest [friend|helper] can be a big help.",
        "[Everyone knew now|And everyone remembered] that helping each other makes hard things "
        "easy.",
    ),
}
"""What a story taught, by the kind of lesson that a plot names."""

ENDINGS = (
    "[That night|That evening], {N} [fell asleep|slept] with a smile[ on {his} face|].",
    "[And so|And] {N} went home to {his} {home}, [tired but happy|happy and proud|warm and happy].",
    "They [all danced and sang|laughed and talked|sat together and told stories] until the [stars "
    "came out|moon was high|sun went down].",
    "And if you walk {at} [at night|on a quiet day], you may still hear [them laughing|{N} "
    "singing].",
    "And they all lived happily ever after.",
    "[It had been|It was] the best day of {his} life.",
    '"What a day!" said {N}, and {he} [curled up in {his} {home}|closed {his} eyes].',
    "[The end of the day was|The evening was] [golden|warm] and still, and {N} was [happy|glad] to "
    "be [home|{himself}].",
    "Then {N} [yawned|stretched], said good night to {F}, and went to sleep.",
    "The stars [twinkled|shone] over {plc}, and everyone was [happy|at peace].",
)

POOLS: dict[str, tuple[str, ...]] = {
    "hobby": tuple(
        "singing songs|picking flowers|looking at the stars|climbing trees|telling stories|"
        "collecting stones|baking {food}|eating {food}|splashing in puddles|watching the clouds|"
        "dancing in the rain|painting pictures|counting the birds|playing hide and seek|"
        "digging holes|jumping over logs|listening to the wind|rolling down hills|fishing|"
        "building things|reading old books|chasing leaves|playing the flute|swimming".split("|")
    ),
    "sky": tuple("sunny|cold|bright|windy|rainy|foggy|warm|clear|gray|snowy|fine|quiet".split("|")),
    "smell": tuple("pine|fresh grass|rain|wild roses|warm bread|salt|honey|apples|mint".split("|")),
    "garment": tuple("scarf|hat|coat|vest|pair of boots|ribbon|backpack|cape|sweater".split("|")),
    "said": tuple("said|answered|replied".split("|")),
    "cried": tuple("cried|shouted|called".split("|")),
    "soon": tuple("soon|after a while|a little later|before long|in the end|at last".split("|")),
    "oneday": tuple(
        "one day|one morning|one afternoon|one {sky} day|one {sky} morning|one evening|"
        "early one morning|one summer day|one day in spring|one autumn day".split("|")
    ),
    "walked": tuple("walked|ran|hurried|went|skipped|set off".split("|")),
    "happy": tuple("happy|glad|delighted|full of joy|very pleased|so happy".split("|")),
    "sad": tuple("sad|upset|unhappy|miserable|worried".split("|")),
    "smiled": tuple("smiled|laughed|nodded|grinned|clapped|beamed".split("|")),
}
"""Slots that are drawn anew each time they are named."""
