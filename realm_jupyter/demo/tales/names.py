"""More names, which the stories of the training draw and those of the vocabulary do not."""

# Word lists read better as lines of words.
# ruff: noqa: SIM905

from __future__ import annotations

MORE_SHE_NAMES = (
    "Abby Ada Adele Agnes Alba Alina Alma Amanda Amina Amira Amy Andrea Angela Anika Anita Annie "
    "Aria Astrid Aurora Ava Barbara Becky Belinda Bessie Betty Bianca Blanche Bridget Camila "
    "Carla Carmen Carol Celia Chloe Coco Coral Dahlia Dana Della Diana Dolly Dorothy Edna Eileen "
    "Elena Eliza Elke Elsa Emilia Emily Erica Erin Esme Esther Eva Eve Evie Fatima Faye Felicity "
    "Fiona Frances Frida Frieda Gemma Georgia Gina Ginger Gloria Gretel Hana Hanna Hannah Harriet "
    "Helen Helena Henrietta Hilda Holly Ida Ines Ingrid Irene Isabel Isla Ivana Jade Jane Janet "
    "Jasmine Jenny Jessica Jill Joan Joanna Judy Julia June Kate Katie Kitty Lara Laura Layla "
    "Leah Leila Lila Lina Linda Lisa Liv Lola Lotta Lottie Louisa Lulu Lydia Maggie Malia Mara "
    "Maria Marie Marina Martha Mary Matilda Megan Mei Melanie Melody Mila Millie Mimi Mina Minnie "
    "Miriam Mona Monica Myra Nadia Nana Natalie Nell Nelly Nola Norma Olga Olivia Paloma Pam "
    "Patty Paula Pauline Pia Pippa Polly Priya Ramona Rhea Rita Rosalind Rose Roxy Sally Samira "
    "Sandra Sara Sarah Selma Shirley Sofia Sonia Susan Susie Suzy Tamara Tanya Tara Tessa Tia "
    "Tina Trudy Valerie Vanessa Victoria Viola Wilma Yasmin Yoko Yvonne Zara Zuzu Bluebell "
    "Cinnamon Clover Lilac Maple Misty Nutmeg Pebble Sparkle Sunny Twinkle Velvet"
).split()

MORE_HE_NAMES = (
    "Aaron Abel Abe Adam Adrian Ahmed Alan Albert Alec Alex Ali Alvin Amir Amos Andrew Andy Angus "
    "Anton Anders Ansel Archer Ari Arlo Arnold Axel Barry Bart Benji Benny Bernard Bill Billy Bob "
    "Bobby Boris Brian Bruce Bram Carl Cecil Cedric Clark Claude Clement Clive Colin Conrad Cyril "
    "Dan Daniel Danny Darius David Dennis Derek Diego Dominic Don Donald Douglas Duncan Dylan "
    "Earl Eddie Edmund Edward Egon Eli Elias Elliot Emil Emmet Eric Ernest Ernie Ethan Eugene "
    "Evan Ezra Fabian Felipe Flynn Francis Fred Freddy Fritz Gary Gavin Gerald Gino Gordon Graham "
    "Grant Greg Gunnar Gustav Hank Hans Harold Harry Hassan Henrik Herbert Herman Horace Howard "
    "Hubert Ian Igor Isaac Ismael Jake James Jamie Jan Jared Jay Jens Jeremy Jerome Jerry Jesse "
    "Jim Jimmy Joe Joel Joey John Jonas Jonathan Jordan Joseph Josh Juan Jules Julian Julius Karl "
    "Karim Keith Ken Kenji Kevin Klaus Knut Kurt Lars Larry Lenny Leon Leonard Leopold Lewis Liam "
    "Linus Lionel Lucas Lucian Ludwig Luis Lukas Luke Magnus Marco Marcus Mark Marley Martin "
    "Marvin Mario Matt Matthew Maurice Melvin Mick Miguel Mike Miles Mitch Morris Moses Nathan "
    "Nat Neil Nelson Nick Niels Nigel Nils Norman Norbert Oleg Olaf Oskar Oswald Paco Patrick "
    "Paul Pedro Perry Pete Peter Phil Philip Pierre Pim Ralph Ralf Rene Rex Richard Rick Rio "
    "Robbie Robert Rocco Roger Roland Rolf Ron Ronnie Rory Roy Rudy Rupert Russell Salim Samir "
    "Samuel Sammy Scott Sean Seth Silas Simon Sven Steve Ted Teddy Terry Thomas Tim Timmy Titus "
    "Tobias Tony Trevor Tristan Troy Umberto Uri Vince Vincent Wally Warren Wesley Wilbur William "
    "Willy Winston Yusuf Zeke Zeno Bandit Bolt Boots Bramble Bubbles Bumble Chip Comet Copper "
    "Domino Ember Fluff Flint Jet Mango Nimbus Nugget Patch Peanut Pepper Pickle Quill Ranger "
    "Rocket Rusty Scout Snowy Socks Spark Spike Thistle Turnip Ziggy"
).split()
