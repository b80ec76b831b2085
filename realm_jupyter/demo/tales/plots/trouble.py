"""Things go wrong: losses, fears, traps, storms and wrong paths."""

# Long templates are joined literals; a test sees to it that no comma between two is missing.
# ruff: noqa: ISC004

from __future__ import annotations

from realm_jupyter.demo.tales.plot import Plot

LOST = Plot(
    name="lost thing",
    moral="friend",
    paragraphs=(
        (
            (
                "{^oneday}, {N} [looked for|reached for|wanted to play with] {his} {obj}, but it "
                "was [gone|not there|nowhere to be seen].",
                "{^oneday}, {N} lost {his} {obj}.",
                "{N} had a~ {obj} that {he} loved [very much|more than anything]. But {oneday}, "
                "it was gone.",
            ),
            (
                "{^he} looked under the bed[, behind the door|] and [in every corner|in every box],"
                " but {he} could not find it.",
                "{^he} searched [everywhere|high and low|all over {his} {home}]. There was no {o}.",
                '"Where is my {o}?" {he} [cried|asked]. {^he} felt very {sad}.',
            ),
            (
                "{N} was so {sad} that a tear rolled down {his} cheek.",
                "It had been a gift from {his} [grandmother|mother|father|best friend], so {N} was "
                "very {sad}.",
                "",
            ),
        ),
        (
            (
                '{^he} went to {F}, a~ {fk} who lived {near2}. "Have you seen my {o}?" asked {N}.',
                'On the way {he} met a~ {fk} named {F}. "Why do you look so sad?" asked {F}.',
                '{^soon} {he} met {F} the {fk}. "What is wrong, {N}?" asked {F}.',
            ),
            (
                '"No," said {F}, "but I will help you look for it."',
                '"I have not seen your {o}," said {F}, "but two can look better than one."',
                '"I lost my {obj}," [said|answered] {N}. "Then let us find it together," said {F}.',
            ),
            (
                "[First|So] they went to {s1}. They looked [left and right|behind every stone|"
                "under every leaf], but the {o} was not there.",
                "Together they [walked|hurried] to {s1}. They found a~ {color} {o2}, but no {o}.",
            ),
            (
                '[Then|Next] they went to {s2} and asked {E}. "I saw something {c1} near {s3}," '
                "said {E}.",
                'At {s2} sat {E}. "{^c1}?" said {E}. "I saw something {c1} by {s3} this morning."',
                '{^E} was [resting|sitting] by {s2}. "Think, {N}," said {E}. "Where did you '
                'play yesterday?" "By {s3}!" cried {N}.',
            ),
        ),
        (
            (
                "They [ran|hurried|raced] to {s3}[ as fast as they could|]. [And there|There], "
                "[half hidden in the grass|under a big leaf|between two stones], was the {obj}!",
                "So they [ran|hurried] to {s3}. {F} looked [up|down|closer] and [laughed|shouted], "
                '"There it is!" The {obj} was [hanging on a branch|stuck between two stones|'
                "lying in the grass].",
            ),
            (
                '"You found it!" cried {N}, and {he} hugged {F}.',
                '{N} picked up the {o} and [danced|jumped] for joy. "Thank you, {F}!" {he} said.',
                '{N} was {happy}. "I could not have found it without you," {he} said to {F}.',
            ),
            (
                '"That is what friends are for," said {F}.',
                '"Now let us play with it together," said {F}, and they did.',
                "{N} let {F} [hold|carry] the {o} all the way home.",
                "",
            ),
        ),
    ),
)

FEAR = Plot(
    name="fear",
    is_friend_new=False,
    moral="courage",
    pools={
        "fear feartime fearsign trick": (
            "the dark/when the sun went down/the shadows grew long/light a little lantern",
            "the dark/at bedtime/the last light went out/look for the stars",
            "thunder/when a storm came/the sky turned black and the thunder rolled/count slowly "
            "after the lightning",
            "deep water/when the others went swimming/the waves splashed/put in one foot first",
            "high places/when the others climbed/the ground looked far away/look at the next step "
            "only",
            "loud noises/when the drums played/something went {sound}/sing a little song",
            "the wind/when the wind howled/the wind shook the door/listen to the tune in it",
            "the big bridge/when {he} had to cross the water/the boards shook/take one small step "
            "at a time",
            "new places/when they had to go somewhere new/nothing looked the same/look for one "
            "friendly thing",
            "spiders/when {he} cleaned the house/a spider came down on its thread/say hello first",
            "the cold snow/when winter came/the snow fell thick and fast/jump right in",
        ),
    },
    paragraphs=(
        (
            (
                "But {N} had a secret. {^he} was afraid of {fear}.",
                "There was only one problem: {N} was [very|terribly] afraid of {fear}.",
                "{N} was afraid of nothing in the world, except for {fear}.",
            ),
            (
                "{^feartime}, {he} hid [under the blanket|in {his} {home}|behind {s1}] and "
                "[trembled|closed {his} eyes].",
                "{^feartime}, {his} [knees|hands|whiskers] shook and {he} wanted to run home.",
                "{^feartime}, {he} always [found a reason|tried] to stay away.",
            ),
            (
                "The others laughed at {him}, and that made {him} very {sad}.",
                "{^he} did not tell anyone, not even {F}, {his} best friend.",
                '"I wish I were brave," {he} [whispered|said] to {himself}.',
            ),
        ),
        (
            (
                '{^oneday}, {N} talked to {E}. "Everyone is afraid of something," said {E}.',
                '{^oneday}, {E} found {N} [crying|hiding] near {s1}. "What is it, little one?" '
                "{ehe} asked.",
            ),
            (
                '"When you are afraid, {trick}," said {E}. "It always helped me."',
                '"I was afraid of {fear} too when I was small," said {E}. "Do you know what I '
                'did? {^trick}."',
            ),
            (
                "{N} thought about [it|these words] [for a long time|all day].",
                '"I will try," said {N} in a small voice.',
            ),
        ),
        (
            (
                'That very [day|week], a call came from {s2}. "Help! Help!" It was {F}, the '
                "{fk}, who had [hurt {fhis} foot|lost {fhis} way|got stuck].",
                'Not long after that, {F} the {fk} did not come home. "{F} is still out there by '
                '{s2}," said everyone. Nobody [knew what to do|wanted to go].',
            ),
            (
                "{N} wanted to help, but just then {fearsign}.",
                "{N} set off at once. Halfway there, {fearsign}.",
            ),
            (
                "{N} stopped. {^his} heart went thump, thump, thump. Then {he} remembered what {E} "
                "had said: {trick}.",
                '"{^trick}," {he} told {himself}. {^he} took a deep breath.',
            ),
            (
                "And it worked! {N} went on, [step by step|a little at a time], until {he} reached "
                "{F}.",
                "It was hard, but {he} did it, and {fear} did not seem so bad anymore. {^soon} "
                "{he} found {F}.",
            ),
            (
                '"You came!" [cried|said] {F}. "You are the bravest {k} I know."',
                '"I knew you would come," said {F}. Together they went home.',
            ),
        ),
    ),
)

RESCUE = Plot(
    name="rescue",
    moral="help",
    pools={
        "trap trapped tool": (
            "a deep hole/had fallen into a deep hole/a long vine",
            "the mud/was stuck in the mud/a strong stick",
            "a thorn bush/was caught in a thorn bush/a big leaf",
            "an old net/was caught in an old net/sharp little teeth",
            "the river/was holding on to a branch in the river/a floating log",
            "the tall tree/was stuck high up in a tree/a rope",
            "the old well/had slipped into the old well/a bucket and a rope",
            "a heap of snow/was stuck in a heap of snow/a wooden sled",
            "a crack between two rocks/was stuck between two rocks/a smooth pole",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, {N} was walking past {s1} when {he} heard a [small|strange|sad] voice. "
                '"Help! Help!"',
                "{^oneday}, while {N} was {hobby}, {he} heard someone [crying|calling for help].",
                "{^oneday}, there was a loud {sound} near {s1}. {N} stopped and listened.",
            ),
            (
                "{^he} followed the sound and found a~ {fk} who {trapped}.",
                "{^he} ran to see what it was. A~ {fk} {trapped}!",
            ),
            (
                '"Who are you?" asked {N}. "My name is {F}," said the {fk}. "I cannot get out!"',
                '"Please help me," said the {fk}. "I am {F}, and I have been here since '
                '[morning|last night]."',
                '"Do not be afraid," said {N}. "What is your name?" "I am {F}," sobbed the {fk}.',
            ),
        ),
        (
            (
                "{N} pulled [with all {his} strength|as hard as {he} could], but it was no use.",
                "{N} reached out, but {he} was too [small|short|weak]. {F} could not move at all.",
            ),
            (
                '"You are too small," said {E}, who was watching from {s2}. "You will never do '
                'it alone."',
                '{^E} came by. "We need something better than strength," {ehe} said. "We need '
                'an idea."',
            ),
            (
                '{N} sat down and thought. Then {his} eyes lit up. "I know!" {he} said. {^he} '
                "went to {s2} and came back with {tool}.",
                '{N} looked around and had an idea. "We can use {tool}!" {he} cried.',
            ),
            (
                '"One, two, three!" they called, and everyone [pulled|worked] together.',
                "{^E} helped too. They worked and worked[, and did not give up|].",
            ),
            (
                "[Slowly, slowly|Little by little], {F} came free. At last {fhe} was [safe|out]!",
                "With a loud {sound}, {F} was free from {trap}!",
            ),
        ),
        (
            (
                '"Thank you!" said {F}. "You saved my life. I will never forget it."',
                '{F} hugged {N}. "You are small, but your heart is big," {fhe} said.',
            ),
            (
                "{N} gave {F} some {food} and [walked {fhim} home|a warm blanket].",
                "They sat in the sun until {F} was [warm|calm] again.",
            ),
            (
                "A few days later, {N} lost {his} way in the fog. It was {F} who found {him} and "
                "brought {him} home.",
                "From then on, {F} came to visit [every day|every week] and always brought {food}.",
                "",
            ),
        ),
    ),
)

HOME = Plot(
    name="way home",
    moral="courage",
    pools={
        "lure": (
            "a blue butterfly",
            "a bright red leaf in the wind",
            "a strange song",
            "a shiny beetle",
            "a trail of sweet berries",
            "a rainbow",
            "a white feather",
            "a tiny light between the trees",
            "the sound of a flute",
            "a little cloud of silver dust",
        ),
        "guide": (
            "the north star",
            "the little stream",
            "the smell of {food1}",
            "the ringing of the bell",
            "the white pebbles on the path",
            "the setting sun",
            "the footprints in the mud",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, {N} saw {lure}. {^he} followed it, farther and farther.",
                '{^oneday}, {lure} caught {his} eye. "I will only go a little way," said {N}, and '
                "{he} followed it past {s1} and past {s2}.",
            ),
            (
                "When {he} looked up, nothing was the same. [The path was gone|{^he} did not know "
                "this place].",
                "Then it was gone, and {N} did not know where {he} was.",
            ),
            (
                'The sun was going down, and it was getting cold. "I want to go home," {he} '
                "[whispered|said].",
                '{N} called, "Hello? Is anybody there?" Only the wind answered.',
            ),
        ),
        (
            (
                '"Who is crying here?" asked a voice. It was a~ {fk} named {F}.',
                'Suddenly something went {sound}. Out of the bushes came a~ {fk}. "I am {F}," '
                'said the {fk}. "Why are you here all alone?"',
            ),
            (
                '"I am lost," said {N}. "My home is [near|by] {s1}, and I cannot find it."',
                '{N} wiped {his} eyes. "I cannot find my way home," {he} said.',
            ),
            (
                '"I do not know that place," said {F}, "but {E} knows everything. Come with me."',
                '{F} thought hard. "Let us ask {E}," said {F}. "{^ehe} has been everywhere."',
            ),
            (
                '{^E} listened and nodded slowly. "Follow {guide}," {ehe} said, "and do not be '
                'afraid."',
                '"That is easy," said {E}. "Follow {guide}, and you will be home before you '
                'know it."',
            ),
        ),
        (
            (
                "So the two of them set off. They followed {guide}, [up and down|over stones and "
                "roots|through the tall grass].",
                '{N} looked for {guide}. "There!" said {F}, and they followed it together.',
            ),
            (
                "{N} was afraid of the shadows, but {F} [held {his} hand|sang a song], and that "
                "helped.",
                "When they were tired, they rested under a tree, and {F} told a funny story.",
            ),
            (
                'At last {N} saw {s1}. "I know this place!" {he} cried. "We are home!"',
                "And then, in the moonlight, there was {s1}, and behind it {his} own {home}.",
            ),
            (
                '{^his} mother came running and hugged {him} tight. "I was so worried," she said. '
                '"And who is your friend?"',
                "{N} [opened the door|ran inside] and [invited {F} in|made tea for {F}]. They ate "
                "{food2} by the fire.",
            ),
            (
                "{F} stayed for the night, and in the morning {N} showed {fhim} all of {plc}.",
                '"Now I know the way too," said {F}. "I will visit you often."',
            ),
        ),
    ),
)

STORM = Plot(
    name="storm",
    moral="help",
    pools={
        "storm harm": (
            "a great storm/The wind tore the roof from the house of {F}",
            "heavy rain/The water rose higher and higher, right up to the door of {F}",
            "a snowstorm/The snow covered the house of {F} up to the chimney",
            "a wild wind/A tree fell right on the house of {F}",
            "a big flood/The house of {F} floated away like a boat",
        ),
    },
    paragraphs=(
        (
            (
                '{^oneday}, dark clouds came over {plc}. "{^storm} is coming," said {E}. "Go '
                'home, everyone."',
                '{^oneday}, the birds stopped singing and the sky turned dark. "That means '
                '{storm}," said {E}.',
            ),
            (
                "{N} ran to {his} {home} and [closed the door|made a fire]. Outside, it went "
                "{sound}, {sound}, {sound}.",
                "{N} hid under a blanket and listened. The wind howled around {his} {home}.",
            ),
            (
                "{harm}. {^fhe} was a~ {fk} who lived [all alone|by {s1}].",
                "Not far away lived {F}, a~ {fk}. {harm}.",
            ),
        ),
        (
            (
                'Then there was a knock. {F} stood there, wet and cold. "May I come in?" {fhe} '
                'asked. "My house is gone."',
                "Through the noise, {N} heard a cry. {^he} took {his} lantern, went out, and found "
                '{F}, wet and shivering. "Come with me," {he} said.',
            ),
            (
                '"Of course," said {N}. {^he} gave {F} a dry blanket and some hot {food1}.',
                "{N} let {fhim} sit by the fire and shared {his} {food1}.",
            ),
            (
                "Then came another knock, and another. A~ {tk} came in, and then a whole family of "
                "mice. Soon {his} {home} was full.",
                '"There is not much room," said {N}, "but there is room enough." A~ {tk} came '
                "in too, and they all sat close together.",
            ),
            (
                "They told stories all night, and nobody was afraid any more.",
                "They sang so loudly that they could not hear the wind.",
            ),
        ),
        (
            (
                "In the morning the sun came out. [Everything was wet and shining|The world was "
                "quiet].",
                "When the storm was over, a rainbow stood above {s2}.",
            ),
            (
                'But {F} was still {sad}. "Where shall I live now?" {fhe} asked.',
                "{F} looked at what was left of {fhis} house and began to cry.",
            ),
            (
                '"We will build you a new one," said {N}. {^E} brought wood, the {tk} brought '
                "nails, and everyone worked together.",
                '"Many hands make light work," said {E}. They all carried wood and stones, and '
                "{N} carried the most.",
            ),
            (
                "Before the week was over, {F} had a new house, right next to {N}.",
                "In three days there was a new house, even better than the old one. {F} hung a~ "
                "{color} {o2} over the door.",
            ),
        ),
    ),
)
