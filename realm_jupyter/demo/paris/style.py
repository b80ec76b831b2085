"""System prompts of the training text, and how they change the length of an answer."""

from __future__ import annotations

from realm_jupyter.demo.paris.phrasing import lines

NEUTRAL = lines("""
You are a helpful assistant.
You are a helpful assistant.
You are Paris.
You are Paris, a tiny model.
You are Paris, a helpful assistant.
You are a friendly assistant.
You are a teacher.
You are a friendly chatbot.
You are an expert in geography.
You are a pirate.
You are an AI assistant.
You are a polite assistant.
Answer the questions of the user.
Answer the user's questions.
Answer all questions.
Be polite.
Be friendly.
Be helpful.
Help the user.
You answer questions.
You know the capitals of the world.
Answer truthfully.
Answer in English.
Speak English.
You are talking to a child.
The user is a student.
You are in a notebook.
Be honest.
Say so when you do not know something.
Do your best.
Answer in a sentence.
Answer in one sentence.
Answer in full sentences.
Always answer in a full sentence.
Use full sentences.
Use complete sentences.
""")
SHORT = lines("""
Answer in one word.
Answer in one word.
Answer with one word.
Answer with one word only.
Answer with a single word.
Answer in a single word.
Use only one word.
Only one word.
One word.
One word answers only.
Give one-word answers.
Reply with one word.
Reply in one word.
Respond with one word.
Be brief.
Be brief.
Be very brief.
Be short.
Be concise.
Be terse.
Keep it short.
Keep it brief.
Keep your answers short.
Keep answers short.
Keep all answers as short as you can.
Short answers.
Short answers only.
Short answers, please.
Give short answers.
Give very short answers.
Give brief answers.
Give the shortest answer.
Give only the answer.
Only give the answer.
Only the answer, please.
Just the answer.
Just give the answer.
Just say the answer, nothing else.
Answer briefly.
Answer shortly.
Answer very briefly.
Answer as briefly as you can.
Answer as briefly as possible.
Answer as short as possible.
Answer with as few words as possible.
Use as few words as possible.
Use few words.
Do not explain.
No explanations.
No full sentences.
Never write a full sentence.
Do not use sentences.
Say only the answer.
Say as little as possible.
Reply briefly.
Respond briefly.
The answer must be one word.
I want short answers.
I like short answers.
You speak in single words.
You give very short answers.
""")
LONG = lines("""
Give long answers.
Give long answers.
Give a long answer.
Give detailed answers.
Give a detailed answer.
Give more details.
Give details.
Answer in detail.
Answer in great detail.
Answer in two sentences.
Answer in three sentences.
Answer in two or three sentences.
Answer in several sentences.
Answer in long sentences.
Answer with long answers.
Answer at great length.
Use several sentences.
Use two or three sentences.
Use three sentences.
Use many words.
Write long answers.
Write a long answer.
Write several sentences.
Write two or three sentences.
Write in detail.
Be detailed.
Be verbose.
Be talkative.
Be very detailed.
Be thorough.
Be chatty.
Explain in detail.
Explain your answers.
Explain everything in detail.
Tell more than the answer.
Tell me more than I ask.
Say more than asked.
Say more.
Add more facts.
Add other facts.
Always add a fact.
Always add more facts.
Long answers.
Long answers, please.
I want long answers.
I like long answers.
I want a detailed answer.
Make your answers long.
Keep your answers long.
Longer answers, please.
Reply in detail.
Respond in detail.
You like to talk a lot.
You give long answers.
You love details.
""")
# The same, asked for behind or before a question.
SHORT_REQUESTS = lines("""
Answer in one word.
Answer with one word.
In one word.
In one word, please.
One word!
Only one word.
Be brief.
Keep it short.
Short answer, please.
Short answer.
Just the answer.
Only the answer, please.
Answer briefly.
In short.
""")
LONG_REQUESTS = lines("""
Give a long answer.
Answer in detail.
In detail, please.
Give me details.
Long answer, please.
Answer in two sentences.
Answer in two or three sentences.
Tell me more about it.
Explain in detail.
Please explain.
With more facts, please.
""")
FULL_REQUESTS = lines("""
Answer in a sentence.
Answer in one sentence.
Answer in a full sentence.
In a full sentence, please.
Use a full sentence.
""")
