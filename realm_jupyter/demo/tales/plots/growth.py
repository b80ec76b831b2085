"""Somebody learns: by building, planting, practicing, wishing and telling the truth."""

# Long templates are joined literals; a test sees to it that no comma between two is missing.
# ruff: noqa: ISC004

from __future__ import annotations

from realm_jupyter.demo.tales.plot import Plot

BUILD = Plot(
    name="building",
    is_friend_new=False,
    moral="patience",
    pools={
        "work stuff1 stuff2 goal fail": (
            "boat/leaves/wood/to sail across the water/it sank with a sad little gurgle",
            "kite/paper/silk/to see it fly above the clouds/it tumbled down into the mud",
            "house/straw/stone/to have a place of {his} own/the wind blew it over",
            "bridge/sticks/strong logs/to reach the other side/it broke in the middle",
            "swing/grass/rope/to swing as high as the trees/it snapped",
            "tower/sand/bricks/to see the whole world from the top/it fell down with a {sound}",
            "snow fort/soft snow/packed snow/to have the best fort of all/it melted in the sun",
            "cart/bark/oak wood/to carry {food} to the market/a wheel rolled away",
            "flying machine/feathers/cloth and wood/to fly like a bird/it fell apart",
            "raft/reeds/logs/to float down the river/it came apart",
            "tree house/twigs/boards/to sleep under the stars/the floor fell out",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, {N} [decided|wanted] to build a~ {work}. {^he} wanted {goal}.",
                "{N} had a dream. {^he} wanted to build a~ {work}, {goal}.",
            ),
            (
                '"A~ {work}?" laughed {F}, a~ {fk}. "You cannot build a~ {work}!"',
                '{^he} told {his} friend {F}, a~ {fk}, about it. "That is a big plan," said {F}.',
                'The others laughed, but {F} the {fk} did not. "May I watch?" asked {F}.',
            ),
        ),
        (
            (
                "{N} [gathered|collected] {stuff1} and worked all day[ long|]. In the evening the "
                "{work} was ready.",
                "First {N} made a~ {work} out of {stuff1}. It looked [fine|very nice].",
            ),
            (
                "But when {he} tried it, {fail}.",
                "{^he} tried it at once. Oh no! {^fail}.",
            ),
            (
                '{N} was {sad}. "I will never do it," {he} [said|sighed].',
                '{N} kicked a stone. "It is no use," {he} said.',
            ),
            (
                '{^E} had seen it all. "What did you learn?" {ehe} asked. {N} thought. "That '
                '{stuff1} is not strong enough," {he} said.',
                '"Do not give up," said {E}. "Every builder fails before the work is good. Try '
                '{stuff2}."',
            ),
        ),
        (
            (
                "So {N} started again. This time {he} used {stuff2}, and {F} helped {him}.",
                "The next [day|morning], {N} and {F} carried {stuff2} from {s1} and began again.",
            ),
            (
                "They [measured and cut|cut and tied|hammered and tied] for [three days|a whole "
                "week|many days]. They did not hurry.",
                "It was slow work. {F} held the pieces, and {N} put them together[, one by one|].",
            ),
            (
                "At last the new {work} was ready. They [took a deep breath|held hands|closed "
                "their eyes] and tried it.",
                "{^soon} it was done. Everyone came to {s1} to see it.",
            ),
            (
                "It worked! It was the best {work} {at}.",
                "And this time it held! Everyone [clapped|cheered] and [shouted|sang].",
            ),
            (
                '"You did it!" [cried|said] {F}. "We did it," said {N}.',
                '"I was wrong," said {F}. "You really can build a~ {work}."',
                '{N} {smiled}. "The first one had to break," {he} said, "so that this one could '
                'be good."',
            ),
        ),
    ),
)

TRUTH = Plot(
    name="truth",
    is_friend_new=False,
    moral="honest",
    pools={
        "broken was": (
            "jug/lay in pieces on the floor",
            "window/was broken",
            "flower pot/lay in pieces on the ground",
            "chair/had only three legs",
            "clock/did not tick any more",
            "mirror/had a long crack",
            "fence/had a big hole",
            "cake/was all gone",
            "lamp/was in two pieces",
            "drum/had a hole in it",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, {N} was [playing|jumping|running about] near the house of {E}. "
                "Suddenly there was a loud {sound}.",
                '{^oneday}, {E} asked {N} to [watch the house|wait inside]. "Please be careful," '
                "said {E}. But {N} began to [dance|play]. {^sound}!",
            ),
            (
                "{^N} turned around. The {broken} {was}.",
                "Oh no! The {broken} {was}.",
            ),
            (
                '{N} was [frightened|very scared]. "Nobody saw me," {he} thought, and {he} ran '
                "[away|home].",
                "{N} looked left and right. Nobody had seen {him}. So {he} [crept|tiptoed] away.",
            ),
        ),
        (
            (
                'When {E} came home, {ehe} was very {sad}. "Who did this?" {ehe} asked.',
                'In the evening {E} called everyone together. "My {broken} is ruined," {ehe} said. '
                '"Does anyone know what happened?"',
            ),
            (
                '"It was {F}," said {N} quickly. Everyone looked at {F} the {fk}, who began to '
                "cry.",
                '"I saw {F} there," said {N}. It was not true. Poor {F}, a~ {fk} who had done '
                "nothing, did not know what to say.",
            ),
            (
                "That night {N} could not sleep. {^his} belly felt like a stone. {^he} [kept seeing"
                " the face of {F}|thought of {F} again and again].",
                "{N} went to bed, but {he} turned from one side to the other. The lie [sat on {his}"
                " heart like a stone|grew bigger and bigger].",
            ),
            (
                '"I must [make it right|tell the truth]," {he} [whispered|said] at last.',
                "When the sun came up, {he} knew what {he} had to do.",
            ),
        ),
        (
            (
                '{N} went to {E}. "It was not {F}," {he} said. "It was me. I am so sorry."',
                '"I have to tell you something," {N} said to {E}, and {his} voice shook. "I did '
                'it, and then I told a lie."',
            ),
            (
                '{^E} was quiet for a long time. Then {ehe} said, "Thank you for telling me. That '
                'was hard."',
                '{^E} [nodded|looked at {him}]. "A {broken} is only a {broken}," {ehe} said. "But '
                'your word is worth much more."',
            ),
            (
                'Then {N} went to {F}. "I am sorry that I blamed you," {he} said, and {he} gave '
                "{F} [{his} {obj}|some {food}].",
                "{N} said sorry to {F} too. {F} thought for a moment and then held out {fhis} "
                "hand.",
            ),
            (
                "Together they helped {E} to [clean up|set things right], and the stone in the "
                "belly of {N} was gone.",
                '"Friends again?" asked {N}. "Friends again," said {F}.',
            ),
        ),
    ),
)

SEED = Plot(
    name="seed",
    is_friend_new=False,
    moral="patience",
    pools={
        "seed grown": (
            "sunflower/as tall as a house, with a face like the sun",
            "pumpkin/as big as a coach",
            "apple tree/full of sweet red apples",
            "bean/that reached up to the clouds",
            "rose/redder than any rose before",
            "melon/sweet and round and heavy",
            "strawberry plant/covered in bright red berries",
            "cherry tree/white with flowers",
            "moonflower/that opened at night and shone like silver",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, {N} found a [tiny|small brown|little round] seed near {s1}.",
                '{^oneday}, {E} gave {N} a [tiny|small brown] seed. "Take good care of it," said '
                "{E}.",
            ),
            (
                '"What will it be?" {he} [wondered|asked]. {^he} planted it by {his} {home} and '
                "[gave it some water|watered it].",
                "{^he} dug a little hole in the soft earth, put the seed in, and covered it up.",
            ),
            (
                "The next morning {N} looked. There was nothing. The morning after that there was "
                "[still nothing|only brown earth].",
                "{^he} sat down and waited. {^he} waited all day, but nothing [happened|came up].",
            ),
        ),
        (
            (
                '"It is not growing!" {he} said to {F}, a~ {fk}. "Maybe it needs a song," said '
                "{F}. So they sang to the seed every evening.",
                '{F} the {fk} came to look. "Your seed is asleep," said {F}. "Tell it a story." '
                "So {N} told it a new story every day.",
                '"Throw it away," said {F}, a~ {fk}. "It is only a stone." But {N} shook {his} '
                "head and went on watering.",
            ),
            (
                "Days went by. The rain fell, and the sun shone, and {N} pulled out the weeds.",
                "A week passed, and then another. {N} [brought water from {s2}|carried water] "
                "every single day.",
            ),
            (
                '"I want to dig it up and look," said {N}. "If you do, it will never grow," '
                'said {E}. "The best things happen where you cannot see them."',
                'Some days {N} wanted to give up. "Wait a little longer," said {E}. "Roots come '
                'before leaves."',
            ),
        ),
        (
            (
                "Then, {oneday}, there was a [tiny|little] green tip in the earth!",
                'And then, {oneday}, {N} saw something green. "It is alive!" {he} cried.',
            ),
            (
                "It grew and grew. First it had two leaves, then ten, then too many to count.",
                "Every day it was a little taller, until it was taller than {N}.",
            ),
            (
                "In the summer it was a~ {seed}, {grown}. Everyone came to see it.",
                "At last they could see what it was: a~ {seed}, {grown}!",
            ),
            (
                '"I am sorry I laughed," said {F}. "You helped too," said {N}, and they [sat '
                "down in its shade|danced around it].",
                "{N} gave some of its seeds to {F} and to {E}, so that everyone could have one.",
                '"How did you do it?" asked {F}. "I waited," said {N}, "and I did not stop."',
            ),
        ),
    ),
)

WISH = Plot(
    name="wish",
    is_friend_new=False,
    moral="content",
    pools={
        "magic": (
            "a golden fish",
            "a tiny fairy",
            "a dusty lamp",
            "a talking stone",
            "a silver star",
            "a little green dragon",
            "a wishing well",
            "a white bird with silver wings",
        ),
        "wish result": (
            "that everything I touch is {food1}/Even {his} bed was made of {food1}, and so was "
            "{his} {obj}",
            "to be as tall as a tree/{^he} did not fit into {his} {home} any more, and everyone "
            "ran away from {him}",
            "that it is always night/The flowers closed, and nobody came out to play",
            "to be the fastest of all/{^he} was so fast that nobody could walk or play with {him}",
            "to be invisible/Nobody could see {him}, and {F} sat down right on top of {him}",
            "that it is my birthday every day/After a week, nobody wanted to eat cake or sing any "
            "more",
            "to have a mountain of toys/The mountain was so high that {he} could not find {his} "
            "own door",
            "that it never rains again/The grass turned brown, and the stream dried up",
            "that everyone does what I say/Nobody had any ideas of their own, and the games were "
            "dull",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, {N} found {magic} [near|by] {s1}.",
                "{^oneday}, something sparkled by {s1}. It was {magic}!",
            ),
            (
                '"You [found|woke] me," said a [soft|clear|deep] voice. "You may have one wish."',
                '"Help me, and I will give you a wish," said a voice. {N} helped, and it kept '
                "its word.",
            ),
            (
                '{N} did not think for long. "I wish {wish}!" {he} [cried|said].',
                '"A wish? For me?" said {N}. "Then I wish {wish}!"',
            ),
        ),
        (
            (
                "There was a flash and a {sound}, and it was so.",
                "Everything went quiet. Then the wish came true.",
            ),
            (
                "At first it was [wonderful|great fun]. {N} laughed and [danced|jumped] around.",
                '"This is the best wish in the world!" said {N}.',
            ),
            (
                "But soon there was trouble. {result}.",
                "But the next day it was not so good. {result}.",
            ),
            (
                '{F} the {fk} came to see {him}. "I miss the old days," said {F}, and {fhe} went '
                "home early.",
                '{N} wanted to play with {F}, {his} friend the {fk}. But {F} was {sad}. "It is not '
                'the same," said {F}.',
            ),
        ),
        (
            (
                '{N} ran back to {s1}. "Please take my wish back," {he} said.',
                '"What have I done?" said {N}. {^he} asked {E} for help. "A wish can be given '
                'back," said {E}, "if you mean it with all your heart."',
            ),
            (
                '"Are you sure?" asked the voice. "Yes," said {N}. "I had everything I needed '
                'before."',
                '{N} closed {his} eyes and said, "I wish that everything is as it was."',
            ),
            (
                "There was another {sound}, and everything was as before.",
                "Slowly, very slowly, the world turned back to normal.",
            ),
            (
                "{N} and {F} [played|sat] by {s2} until the evening, and it was the best day of "
                "all.",
                "{N} hugged {F}. Then they ate some plain {food2}, and it tasted wonderful.",
            ),
        ),
    ),
)

SKILL = Plot(
    name="skill",
    is_friend_new=False,
    moral="patience",
    pools={
        "skill bad use": (
            "whistle/only a hiss came out/{F} heard the whistle and found {his} way back",
            "sing/the birds flew away/the song of {N} put the crying babies to sleep",
            "swim/{he} sank like a stone/{N} swam out and brought back the lost boat",
            "climb/{he} slid back down every time/{N} climbed up and freed the kite of {F}",
            "skate/{he} fell flat on {his} nose/{N} skated across the ice to bring help",
            "dance/{he} stepped on everyone's toes/the dance of {N} made even sad {F} laugh",
            "juggle/the apples rolled all over the floor/the whole crowd cheered for {N}",
            "play the flute/it sounded like a sick goose/the flute led everyone home in the fog",
            "ride a bicycle/{he} landed in a bush/{N} rode all night to bring the doctor",
            "paint/it looked like a muddy puddle/the painting of {N} hung in the great hall",
            "read/the letters danced before {his} eyes/{N} read the old sign and saved everyone "
            "from going the wrong way",
        ),
    },
    paragraphs=(
        (
            (
                "More than anything, {N} wanted to learn to {skill}.",
                "There was one thing that {N} could not do. {^he} could not {skill}.",
            ),
            (
                "All the others could do it, even {F}, a~ {fk}. But when {N} tried to {skill}, "
                "{bad}.",
                "{^oneday}, {he} tried to {skill}, but {bad}. {F} the {fk} giggled.",
            ),
            (
                '{N} was {sad}. "I will never learn it," {he} [said|sighed].',
                "{N} went red and ran away to {s1}.",
            ),
        ),
        (
            (
                '"Do you know how long it took me?" asked {E}. "A whole year. Try a little '
                'every day."',
                '{^E} sat down beside {him}. "Nobody is born with it," {ehe} said. "I will '
                'teach you."',
            ),
            (
                "So every morning, before the others woke up, {N} went to {s2} and practiced.",
                "{N} practiced in the sun and in the rain. {^he} practiced before breakfast and "
                "after supper.",
            ),
            (
                "On the first day, {bad}. On the second day, it was not much better.",
                "Many times it went wrong. But each time it went a little less wrong.",
            ),
            (
                '{F} came to watch. "I am sorry I laughed," said {F}. "Can I help?" From then '
                "on they practiced together.",
                '"Don\'t stop now," said {F}. "Yesterday you were worse." That made {N} laugh.',
            ),
        ),
        (
            (
                "Then, {oneday}, it happened. {N} could {skill}!",
                "And {oneday}, without thinking about it at all, {N} could {skill}.",
            ),
            (
                '"Look! Look!" {he} shouted. {^E} clapped, and {F} jumped up and down.',
                "{N} could not believe it. {^he} did it again, and again, just to be sure.",
            ),
            (
                "Not long after, everyone was glad about it: {use}.",
                "And it was a good thing too, because that very week, {use}.",
            ),
            (
                '"Who taught you that?" the others asked. "{^E}," said {N}, "and a lot of '
                'mistakes."',
                '"I knew you could," said {E}.',
            ),
        ),
    ),
)
