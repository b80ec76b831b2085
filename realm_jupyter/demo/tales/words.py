"""Who, where and what: the words that a story draws its slots from."""

# Word lists read better as lines of words.
# ruff: noqa: SIM905

from __future__ import annotations

SHE_NAMES = (
    "Mia Lily Rosa Nora Ella Anna Lucy Daisy Ruby Molly Tilly Poppy Hazel Ivy Clara Emma Zoe Luna "
    "Bella Maya Nina Greta Heidi Wanda Olive Pearl Flora Stella Cora Mabel Hattie Juniper Willow "
    "Penny Rosie Sophie Alice Amelia Grace Fern Tess Edith Elsie Iris Josie Kira Lena Marta Nellie "
    "Opal Petra Queenie Sadie Thea Una Vera Winnie Yara Zelda Dora Bonnie Birdie Cleo Dot"
).split()

HE_NAMES = (
    "Tom Ben Max Sam Leo Finn Jack Oliver Hugo Otto Milo Felix Pip Toby Charlie Henry Oscar Theo "
    "Rufus Barney Bruno Gus Ned Alfie Arthur Archie Basil Casper Dexter Edgar Fergus George Harvey "
    "Ivan Jasper Kip Louis Monty Noah Owen Percy Quinn Remy Sid Tucker Ugo Victor Walter Xavier "
    "Yuri Zack Bertie Chester Dudley Elmer Frank Gilbert Hector Jonah Kofi Luca Mateo Nico Omar "
    "Ravi"
).split()

NAME_BEGINNINGS = (
    "B Br Bl C Ch D Dr F Fl G Gr H J K L M N P Pr Qu R S Sh St T Th Tr V W Y Z A E I O U Al An El "
    "Em In Or Os Um Cr Kl Sk Sn Sp Tw Fr Gl"
).split()
NAME_MIDDLES = "a e i o u ee oo ai ar en er il im in ol on or un um el am ot ad".split()
NAME_JOINTS = "b d f g k l m n p r s t v z bb dd ll mm nn pp rr ss tt ck nd lf rn st".split()
SHE_ENDINGS = "a ie y i elle etta ina ia essa ra la na".split()
HE_ENDINGS = "o us in on er y ik ard an el bert ot us ro".split()

ANIMALS = {
    "fox": "den",
    "rabbit": "burrow",
    "mouse": "hole",
    "bear": "cave",
    "hedgehog": "nest of leaves",
    "squirrel": "hollow tree",
    "owl": "hollow tree",
    "duck": "nest",
    "frog": "hut of reeds",
    "cat": "cottage",
    "kitten": "basket",
    "puppy": "basket",
    "dog": "kennel",
    "turtle": "house by the pond",
    "badger": "burrow",
    "otter": "den",
    "mole": "tunnel",
    "deer": "thicket",
    "goat": "barn",
    "lamb": "barn",
    "pig": "barn",
    "hen": "barn",
    "goose": "barn",
    "crow": "nest",
    "sparrow": "nest",
    "robin": "nest",
    "beaver": "lodge",
    "raccoon": "hollow log",
    "lion": "cave",
    "elephant": "big old barn",
    "monkey": "tree house",
    "penguin": "little igloo",
    "panda": "bamboo hut",
    "kangaroo": "tent",
    "koala": "tree house",
    "donkey": "stable",
    "pony": "stable",
    "snail": "flower pot",
    "ladybug": "flower house",
    "bee": "hive",
    "butterfly": "flower house",
    "caterpillar": "house of leaves",
    "cricket": "house in the grass",
    "wolf": "den",
    "hamster": "little house",
    "chick": "coop",
    "swan": "nest",
    "seal": "cave by the sea",
    "crab": "shell",
    "dragon": "cave",
    "bat": "attic",
    "tortoise": "garden house",
    "parrot": "tree house",
    "giraffe": "tall house",
    "zebra": "grass hut",
    "tiger": "cave",
    "camel": "tent",
    "weasel": "burrow",
    "lizard": "stone wall",
    "ant": "anthill",
    "moth": "attic",
    "whale": "sea cave",
    "dolphin": "sea cave",
    "heron": "nest",
    "stork": "nest",
    "magpie": "nest",
    "chipmunk": "hollow log",
    "bunny": "burrow",
}
"""Kind of animal and where it lives."""

PEOPLE = {
    "girl": "she",
    "boy": "he",
    "baker": "",
    "farmer": "",
    "gardener": "",
    "sailor": "",
    "prince": "he",
    "princess": "she",
    "shepherd": "",
    "wizard": "he",
    "witch": "she",
    "robot": "",
    "giant": "",
    "elf": "",
    "fairy": "she",
    "gnome": "",
    "painter": "",
    "knight": "",
    "tailor": "",
    "clockmaker": "",
    "child": "",
}
"""Kind of person and their pronoun where the word fixes it; girls and boys are drawn most."""

PERSON_HOMES = "cottage|house|little house|cabin|room under the roof|stone house|hut".split("|")

TRAITS = (
    "little|small|tiny|young|brave|kind|shy|clever|curious|cheerful|gentle|quiet|clumsy|busy|merry|"
    "sleepy|playful|careful|stubborn|proud|lively|friendly|dreamy|hungry|lonely|patient|funny|"
    "bright|thoughtful|bold"
).split("|")

COATS = "red|brown|gray|white|black|golden|spotted|striped|round|fluffy|silver|green|blue".split(
    "|"
)

PLACES = {
    "forest": ("in", "the old oak tree|the stream|the mossy rocks|the fern hollow|the tall pines"),
    "meadow": ("in", "the stone wall|the brook|the apple tree|the wooden gate|the clover patch"),
    "village": ("in", "the well|the market square|the bell tower|the bridge|the mill"),
    "farm": ("on", "the red barn|the duck pond|the haystack|the wooden fence|the orchard"),
    "valley": ("in", "the waterfall|the river|the round hill|the old bridge|the willow tree"),
    "garden": ("in", "the rose bush|the pumpkin bed|the shed|the little pond|the pear tree"),
    "beach": ("on", "the lighthouse|the rock pool|the sand dunes|the old boat|the pier"),
    "island": ("on", "the palm tree|the lagoon|the cliff|the sandy bay|the hidden cave"),
    "mountain": ("on", "the snowy peak|the goat path|the spring|the pine grove|the cave"),
    "town": ("in", "the fountain|the bakery|the park|the clock tower|the bridge"),
    "jungle": ("in", "the big fig tree|the muddy river|the waterfall|the hanging vines|the ruins"),
    "orchard": ("in", "the tallest apple tree|the beehives|the old ladder|the hedge|the well"),
    "harbor": ("by", "the lighthouse|the fish market|the long pier|the old ship|the sea wall"),
    "castle": ("near", "the drawbridge|the tower|the moat|the kitchen garden|the great hall"),
    "lake": ("by", "the reeds|the wooden dock|the willow tree|the little island|the boat house"),
    "river": ("by", "the stepping stones|the mill wheel|the bridge|the willow tree|the dam"),
    "park": ("in", "the pond|the swings|the bandstand|the big chestnut tree|the sandbox"),
    "hill": ("on", "the windmill|the lone tree|the stone bench|the sheep path|the spring"),
    "swamp": ("by", "the lily pads|the crooked tree|the reeds|the floating log|the mud bank"),
    "desert": ("in", "the palm trees|the well|the red rocks|the sand dunes|the dry river"),
}
"""Place, its preposition and what stands there."""

PLACE_TRAITS = (
    "quiet|green|sunny|big|small|deep|old|wide|windy|peaceful|faraway|misty|snowy|lovely|hidden"
).split("|")

COLORS = "red|blue|yellow|green|purple|orange|silver|golden|pink|white|striped|shiny".split("|")
THINGS = (
    "ball|kite|scarf|drum|lantern|button|bell|hat|wagon|whistle|boat|spoon|umbrella|basket|key|"
    "blanket|ribbon|cup|flute|marble|shell|boot|necklace|pencil|mitten|stone|feather|teapot|"
    "book|toy horse|compass|music box|ring|pillow|spinning top|backpack|watch|map|horn|puppet"
).split("|")

FOODS = (
    "berries|honey cakes|apples|nuts|warm bread|plums|carrots|pancakes|cherries|soup|oat cookies|"
    "pears|cheese|peas|mushrooms|corn cakes|strawberries|apple pie|porridge|blueberry tarts|"
    "roasted chestnuts|pumpkin pie|jam|sweet potatoes|noodles|ginger cookies|grapes|melons"
).split("|")

SOUNDS = "crack|splash|thump|rustle|squeak|creak|bang|buzz|whoosh|plop|tap, tap, tap".split("|")

FEELINGS_SAD = "sad|worried|upset|lonely|miserable|unhappy|gloomy".split("|")
FEELINGS_GLAD = "happy|glad|joyful|delighted|cheerful|proud|pleased".split("|")

ELDERS = (
    "owl|tortoise|goat|badger|crow|heron|frog|donkey|bear|toad|goose|elephant|horse|dog|beaver|"
    "grandmother|grandfather|teacher|fisherman|miller|shepherd|ferryman|librarian|aunt|uncle"
).split("|")
SHE_ELDERS = frozenset({"grandmother", "aunt", "goose"})
HE_ELDERS = frozenset({"grandfather", "uncle", "fisherman", "ferryman"})
ELDER_TRAITS = "old|wise old|kind old|gray old|sleepy old|friendly|wise|patient|gentle".split("|")
