"""Somebody is kind: feasts, newcomers, contests, surprises and soup."""

# Long templates are joined literals; a test sees to it that no comma between two is missing.
# ruff: noqa: ISC004

from __future__ import annotations

from realm_jupyter.demo.tales.plot import Plot

SHARE = Plot(
    name="sharing",
    moral="share",
    paragraphs=(
        (
            (
                "{^oneday}, {N} found a [big|whole] basket of {food1} [near {s1}|by {s1}].",
                "{^oneday}, {N} [made|was given] a [huge|big] pot of {food1}.",
                "It was a hard [winter|year], and there was little to eat. But {N} had a big "
                "[bag|basket] of {food1}.",
            ),
            (
                '"These are all mine," [said|thought] {N}, and {he} hid them in {his} {home}.',
                '"I will eat them all by myself," {he} [said|thought].',
                "{^he} did not want anyone to know, so {he} carried them home in secret.",
            ),
        ),
        (
            (
                '[Just then|Soon], {F} the {fk} came by. "I am so hungry," said {F}. "Do you '
                'have anything to eat?"',
                'There was a knock at the door. It was a~ {fk} named {F}. "Please, do you have '
                'some food for me?" asked {F}.',
            ),
            (
                '"No," said {N} quickly. {F} [sighed|looked down] and walked away.',
                '{N} shook {his} head. "I have nothing," {he} said. {F} went away, cold and '
                "hungry.",
            ),
            (
                "{N} sat down to eat. But the {food1} did not taste good. {^he} [kept thinking "
                "about|could not forget] the sad eyes of {F}.",
                "That night {N} ate and ate, but {he} was not happy. It was too quiet in {his} "
                "{home}.",
            ),
            (
                '"What is the use of {food1}," {he} [thought|said], "if I eat them all alone?"',
                'Then {E} looked in. "A full belly and a lonely heart," said {E}. "That is no '
                'feast."',
            ),
        ),
        (
            (
                '{N} jumped up, took the {food1}, and ran after {F}. "Wait!" {he} called. "Come '
                'and eat with me!"',
                "The next morning, {N} went to find {F}. {F} was sitting by {s2}, cold and tired. "
                '"I am sorry," said {N}. "Please share my {food1}."',
            ),
            (
                "{F} was {happy}. They called {E} and all their neighbors, and [everyone|each of "
                "them] brought something: some {food2}, a few {food3}, and a [big pot|jug] of tea.",
                "Soon the others came too. {^E} brought {food2}, and someone else brought {food3}. "
                "It became a real feast.",
            ),
            (
                "There was enough for everyone, and the {food1} had never tasted so good.",
                "They ate and [sang|laughed] until nobody could eat any more.",
            ),
        ),
    ),
)

NEWCOMER = Plot(
    name="newcomer",
    moral="friend",
    pools={
        "odd useful": (
            "had very long ears/heard a cry for help from far away",
            "was very tall/could reach the highest branch",
            "was very small/could crawl through the tiny gap",
            "spoke with a strange accent/could talk to the travelers from over the sea",
            "glowed a little in the dark/could light the way",
            "always wore a funny hat/carried everyone across in the hat, one by one",
            "sang all the time/sang so loudly that everyone could follow the song home",
            "could only walk slowly/saw the tiny path that everyone else had missed",
            "had a very big nose/could smell the way home",
            "was covered in spots/had seen this kind of trouble before",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, a newcomer came to {plc}. It was a~ {fk} named {F}, who {odd}.",
                "{^oneday}, someone new moved in near {s1}. {^fhis} name was {F}, and {fhe} was a~ "
                "{fk} who {odd}.",
            ),
            (
                'The others [stared|whispered|pointed]. "{^fhe} is not like us," they said, and '
                "nobody [played with {fhim}|spoke to {fhim}].",
                '"What a strange {fk}!" the others said. They did not let {F} join their games.',
            ),
            (
                "{F} sat alone by {s2} and looked very {sad}.",
                "Every day {F} ate {fhis} lunch alone by {s2}.",
            ),
        ),
        (
            (
                "{N} saw it and felt sorry. {^he} took some {food} and sat down beside {F}. "
                '"Hello," said {N}. "Would you like some?"',
                '{N} remembered how it feels to be alone. So {he} went to {F} and said, "Hello. I '
                'am {N}. Do you want to play?"',
            ),
            (
                '{F} [looked up|smiled for the first time]. "Nobody has asked me that before," '
                "{fhe} said.",
                '"With me?" asked {F}. {^fhis} eyes began to shine. "Yes, please!"',
            ),
            (
                "They played [all afternoon|until the sun went down]. {F} knew [wonderful games|"
                "funny stories|many songs], and {N} laughed [and laughed|until {his} belly hurt].",
                "They shared the {food} and told each other stories. {F} told about "
                "{fhis} old home, far away over the hills.",
            ),
        ),
        (
            (
                "A few days later, a thick fog came down over {plc}. The little ones were still "
                "out by {s3}, and nobody could find them.",
                "Then, one night, there was a storm, and the path to {s3} was blocked. Some of the "
                "others were trapped on the far side.",
            ),
            (
                '[Everyone was afraid|Nobody knew what to do]. "I can help," said {F} quietly. '
                "And it was true: {F} {useful}.",
                '"Ask {F}," said {N}. The others did not believe it, but {F} {useful}.',
            ),
            (
                "Before [long|midnight], everyone was safe at home.",
                'So everyone was saved. {^E} bowed {ehis} head and said, "Thank you, {F}."',
            ),
            (
                '"We are sorry," said the others. "We did not know you." "You never asked," '
                "said {F}, and {fhe} smiled.",
                "From then on everybody wanted to play with {F}. But {F} always saved the best "
                "place for {N}.",
            ),
        ),
    ),
)

RACE = Plot(
    name="contest",
    is_friend_new=False,
    moral="friend",
    pools={
        "contest prize trouble": (
            "the great race/a golden cup/had twisted {fhis} foot",
            "the boat race/a blue ribbon/had lost {fhis} paddle",
            "the pumpkin contest/a silver spoon/had dropped {fhis} pumpkin in the mud",
            "the big climb/a shiny medal/was stuck on a high ledge",
            "the sled race/a warm red scarf/had fallen into the deep snow",
            "the treasure hunt/a box of sweets/had lost {fhis} glasses",
            "the kite contest/a new kite/had torn {fhis} kite",
            "the long walk around the lake/a honey jar/was too tired to go on",
        ),
    },
    paragraphs=(
        (
            (
                "Every year, {at}, there was {contest}, and the winner got {prize}.",
                '{^oneday}, {E} put up a sign by {s1}: "Come to {contest}! The winner gets '
                '{prize}."',
            ),
            (
                "{N} wanted to win more than anything. {^he} practiced [every day|from morning "
                "until night].",
                '"This time I will win," said {N}, and {he} practiced [for weeks|every evening].',
            ),
            (
                '{F} the {fk} was practicing too. "May the best one win," said {F}.',
                "But {F}, a~ {fk}, was very good, and everyone thought that {F} would win.",
            ),
        ),
        (
            (
                'At last the big day came. "Ready, set, go!" [called|cried] {E}.',
                "On the big day, everyone came to {s1}. {^E} waved a~ {color} flag, and off they "
                "went.",
            ),
            (
                "{N} was [fast|quick|doing well]. {^he} passed one, then another, and soon {he} "
                "was in front.",
                "At first {N} was last. But {he} did not give up, and by {s2} {he} was in the "
                "lead.",
            ),
            (
                "Then, near {s3}, {he} heard a cry. {F} {trouble}!",
                "But at {s3}, {he} saw {F} sitting on the ground. {F} {trouble} and was close to "
                "tears.",
            ),
            (
                "{N} [looked|could see] ahead. The end was so near! If {he} stopped now, {he} "
                "would lose.",
                '"Go on!" said {F}. "You can still win!"',
            ),
        ),
        (
            (
                "{N} thought of the prize. Then {he} turned around and helped {F}.",
                'But {N} shook {his} head. "Winning is no fun if a friend is in trouble," {he} '
                "said, and {he} helped {F} up.",
            ),
            (
                "Together they came in last. But [everyone|the whole crowd] cheered [louder than "
                "ever|for them].",
                "Side by side they crossed the line, the very last of all, and everyone clapped.",
            ),
            (
                '{^E} [came|walked] up to them. "The prize goes to the one with the biggest '
                'heart," said {E}, and {ehe} gave it to {N}.',
                'Another one had won the prize. But {F} gave {N} {fhis} own {color} {o2}. "This '
                'is for the best friend of all," {fhe} said.',
            ),
            (
                '{N} {smiled}. "We will share it," {he} said to {F}.',
                "{N} had never been so proud of being last.",
            ),
        ),
    ),
)

SURPRISE = Plot(
    name="surprise",
    is_friend_new=False,
    moral="friend",
    paragraphs=(
        (
            (
                "{^oneday}, {N} woke up very early. It was {his} birthday!",
                "It was {his} birthday, and {N} could hardly wait. {^he} jumped out of bed.",
            ),
            (
                '{^he} ran to {F}, a~ {fk} who was {his} best friend. "Good morning!" said {N}. '
                '"Do you know what day it is?"',
                '"Today everyone will sing for me," {he} thought, and {he} hurried to {F} the '
                "{fk}.",
            ),
            (
                '"It is washing day," said {F}. "I have no time." And {F} closed the door.',
                'But {F} only said, "Sorry, I am busy," and ran off with a big bag.',
            ),
        ),
        (
            (
                '{N} went to {s1}. There was {E}. "Today is a special day," said {N}. "Yes," '
                'said {E}, "it may rain."',
                '{N} met {E} by {s1}. "Do you know what today is?" asked {N}. {^E} '
                '[yawned|shrugged] and said, "A day like any other."',
            ),
            (
                "Nobody [remembered|said happy birthday]. {N} sat down by {s2} and felt very "
                "{sad}.",
                "{N} walked around {at} all day. Nobody was there. Even the birds were quiet.",
            ),
            (
                '"They have all forgotten me," {he} [whispered|sighed]. A tear fell into the '
                "grass.",
                '"Maybe nobody likes me," {he} thought.',
            ),
        ),
        (
            (
                "When the sun went down, {he} walked slowly home. But what was that? There was a "
                "light in {his} {home}.",
                "In the evening {he} saw a trail of {color} paper stars. {^he} followed it past "
                "{s3}, all the way to {his} own door.",
            ),
            (
                '{N} opened the door. "Surprise!" everyone [shouted|cried]. They were all there!',
                '"Surprise!" Out jumped {F} and {E} and all the others!',
            ),
            (
                "There was a big cake with {food1}, and there were [candles|lanterns|balloons] "
                "everywhere.",
                "On the table stood {food1} and {food2} and a cake with candles.",
            ),
            (
                '"Did you really think we forgot?" asked {F}. {^fhe} gave {him} a~ {obj} that '
                "{fhe} had made {fhimself}.",
                '{F} gave {him} a~ {obj}. "It was so hard to keep the secret," {fhe} said.',
            ),
            (
                "{N} was {happy}. {^he} blew out the candles and [made a wish|hugged everyone].",
                '{N} laughed and cried at the same time. "Thank you, all of you," {he} said.',
            ),
        ),
    ),
)

SOUP = Plot(
    name="sick friend",
    is_friend_new=False,
    moral="help",
    pools={
        "ill": (
            "had a bad cold",
            "had a sore throat",
            "had a fever",
            "had a tummy ache",
            "had hurt {fhis} leg",
            "was too weak to get up",
            "could not stop sneezing",
        ),
        "herb": (
            "a silver leaf",
            "golden honey",
            "blue mountain flowers",
            "fresh mint",
            "red clover",
            "a ripe lemon",
            "sweet wild thyme",
            "the first snowdrops",
        ),
    },
    paragraphs=(
        (
            (
                "{^oneday}, {F} the {fk} did not come out to play. {N} went to see why.",
                "{^oneday}, {N} knocked at the door of {his} friend {F}, a~ {fk}. Nobody opened.",
            ),
            (
                '{F} was in bed. {^fhe} {ill}. "I feel so bad," said {F} [softly|in a tiny voice].',
                '{N} looked in and saw that {F} {ill}. "Oh, you poor thing!" said {N}.',
            ),
            (
                '"Rest now," said {N}. "I will find something that helps."',
                "{N} wanted to help, but {he} did not know how. So {he} asked {E}.",
            ),
        ),
        (
            (
                '"You need {herb}," said {E}. "It grows near {s3}. But the way is long."',
                '{^E} scratched {ehis} chin. "Soup with {herb} is best," {ehe} said. "You will '
                'find it by {s3}."',
            ),
            (
                "{N} [set off at once|put on {his} {garment} and went]. {^he} walked past {s1} and "
                "past {s2}.",
                "{N} walked and walked. The wind was cold, and {his} feet hurt, but {he} thought "
                "of {F} and went on.",
            ),
            (
                'On the way {he} met a~ {tk}. "I am hungry," said the {tk}. {N} gave it half of '
                '{his} {food1}. "Thank you," said the {tk}. "I will show you a shorter way."',
                'A~ {tk} sat by the path. "What are you looking for?" it asked. "I need {herb} '
                'for my sick friend," said {N}. "Then follow me," said the {tk}.',
            ),
            (
                "And there it was! {N} took only what {he} needed and hurried back.",
                "{^soon} {N} found {herb}. {^he} put it in {his} bag and ran all the way home.",
            ),
        ),
        (
            (
                "{N} made a big pot of soup. It smelled so good that all the neighbors came.",
                "{^he} cooked and stirred, and {E} brought {food2} for the soup.",
            ),
            (
                "{F} ate one spoon, then another, and then the whole bowl. Slowly the color came "
                "back to {fhis} face.",
                '"Eat," said {N}. {F} ate it all up and slept for a long time.',
            ),
            (
                'The next morning {F} [sat up|opened {fhis} eyes] and laughed. "I feel much '
                'better!" {fhe} said.',
                "After three days, {F} could [run|dance|jump] again.",
            ),
            (
                '"How can I thank you?" asked {F}. "Just come out and play," said {N}.',
                '"You walked so far for me," said {F}. "You would do the same for me," said {N}.',
            ),
        ),
    ),
)
