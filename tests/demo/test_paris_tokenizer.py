from __future__ import annotations

import json

import minijinja
import numpy as np
import pytest

from realm_jupyter.demo.paris.batches import ConversationBatches
from realm_jupyter.demo.paris.corpus import Turn, Writer
from realm_jupyter.demo.paris.evaluation import Question, accepted_answers
from realm_jupyter.demo.paris.questions import Subject
from realm_jupyter.demo.paris.replies import calculation
from realm_jupyter.demo.paris.tokenizer import (
    ASSISTANT_ID,
    CHAT_TEMPLATE,
    CONTROL_TOKENS,
    END_ID,
    FIRST_TOKEN_WEIGHT,
    SYSTEM_ID,
    USER_ID,
    describe_tokenizer,
    encode_conversation,
    load_tokenizer,
    train_tokenizer,
)

TURNS = (
    Turn("system", "Be brief."),
    Turn("user", "  What is 12 + 7? "),
    Turn("assistant", "19."),
    Turn("user", "And of Côte d'Ivoire?"),
)
RENDERED = (
    "<|system|>Be brief.<|end|><|user|>What is 12 + 7?<|end|><|assistant|>19.<|end|>"
    "<|user|>And of Côte d'Ivoire?<|end|><|assistant|>"
)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(700, seed=1, num_conversations=400)


def render(messages, **variables):
    return minijinja.Environment().render_str(CHAT_TEMPLATE, messages=messages, **variables)


def test_the_template_writes_every_turn_between_control_tokens():
    messages = [turn._asdict() for turn in TURNS]
    assert render(messages, add_generation_prompt=True) == RENDERED
    assert render(messages, add_generation_prompt=False) == RENDERED.removesuffix("<|assistant|>")
    assert render(messages[1:2], add_generation_prompt=True) == (
        "<|user|>What is 12 + 7?<|end|><|assistant|>"
    )


def test_jinja2_renders_the_same():
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Environment(autoescape=True).from_string("{% autoescape false %}"
                                                               + CHAT_TEMPLATE
                                                               + "{% endautoescape %}")  # fmt: skip
    messages = [turn._asdict() for turn in TURNS]
    assert template.render(messages=messages, add_generation_prompt=True) == RENDERED


def test_the_template_refuses_a_role_it_does_not_know():
    def raise_exception(message):
        raise ValueError(message)

    environment = minijinja.Environment(globals={"raise_exception": raise_exception})
    with pytest.raises(ValueError, match="roles system, user and assistant"):
        environment.render_str(CHAT_TEMPLATE, messages=[{"role": "tool", "content": "x"}])


def test_conversations_are_encoded_as_the_template_writes_them(tokenizer):
    token_ids, weights = encode_conversation(tokenizer, TURNS, is_open=True)
    text = tokenizer.decode(token_ids, skip_special_tokens=False)
    assert text == RENDERED
    assert token_ids[0] == SYSTEM_ID
    assert token_ids.count(USER_ID) == 2
    assert token_ids[-1] == ASSISTANT_ID
    counted = [token_id for token_id, weight in zip(token_ids, weights, strict=True) if weight]
    assert tokenizer.decode(counted, skip_special_tokens=False) == "19.<|end|>"
    first, *others = (weight for weight in weights if weight)
    assert first == FIRST_TOKEN_WEIGHT
    assert set(others) == {1}


def test_digits_stand_alone_and_control_tokens_in_a_question_are_text(tokenizer):
    assert tokenizer.encode("2026").tokens == ["2", "0", "2", "6"]
    ids = tokenizer.encode("x<|end|>").ids
    assert END_ID not in ids
    assert tokenizer.decode(ids) == "x<|end|>"


def test_any_text_survives_the_tokenizer(tokenizer):
    for text in ("naïve café 東京 😀", "tab\tand\n\nlines ", "Brasília, Asunción", "a  b"):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_the_same_seed_learns_the_same_merges():
    first, second = (train_tokenizer(400, seed=2, num_conversations=100) for _ in range(2))
    assert json.loads(first.to_str())["model"] == json.loads(second.to_str())["model"]


def test_a_saved_tokenizer_reads_back(tokenizer, tmp_path):
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    text = "What is the capital of France?<|end|>"
    assert load_tokenizer(path).encode(text).ids == tokenizer.encode(text).ids


def test_the_file_is_told_control_tokens_merges_and_template(tokenizer):
    vocabulary = describe_tokenizer(tokenizer)
    assert len(vocabulary.tokens) == 700
    assert tuple(vocabulary.tokens[:5]) == CONTROL_TOKENS
    assert vocabulary.types[:6] == [3, 3, 3, 3, 3, 1]
    assert len(vocabulary.merges) == 700 - 256 - len(CONTROL_TOKENS)
    assert all(merge.count(" ") == 1 for merge in vocabulary.merges)
    assert (vocabulary.pre, vocabulary.eos_id, vocabulary.add_bos) == ("qwen2", END_ID, False)


def test_batches_depend_on_the_step_alone_and_count_answers_only(tokenizer):
    arguments = {"batch_tokens": 512, "context_length": 256, "batches_per_pool": 4}
    batches = ConversationBatches(tokenizer, 0, **arguments)
    later = batches(6)
    again = ConversationBatches(tokenizer, 0, **arguments)(6)
    for first, second in zip(later, again, strict=True):
        np.testing.assert_array_equal(first, second)
    for step in range(8):
        token_ids, weights = batches(step)
        assert token_ids.shape == weights.shape
        assert token_ids.shape[1] <= 256
        assert set(np.unique(weights)) == {0.0, 1.0, FIRST_TOKEN_WEIGHT}
        for row, counts in zip(token_ids, weights, strict=True):
            assert row[0] in (SYSTEM_ID, USER_ID)
            text = tokenizer.decode(row[counts > 0].tolist(), skip_special_tokens=False)
            assert "<|user|>" not in text
    assert not np.array_equal(batches(0)[0], batches(4)[0])


def test_a_pool_holds_the_conversations_of_its_writer(tokenizer):
    batches = ConversationBatches(tokenizer, 5, batch_tokens=256, batches_per_pool=3)
    rows = sum(len(token_ids) for token_ids, _ in batches.make_pool(0))
    writer = Writer("training 5 0")
    num_tokens = num_rows = 0
    while num_tokens < 768 or num_rows < 3:
        num_tokens += len(encode_conversation(tokenizer, writer.conversation())[0])
        num_rows += 1
    assert rows == num_rows


def test_answers_are_marked_word_for_word():
    question = Question("capital", (Turn("user", "?"),), ("The capital of France is Paris.",))
    assert question.is_right(" The capital of France is Paris. ")
    assert not question.is_right("The capital of France is Lyon.")
    assert not question.is_right("The capital of France is Paris. It rains.")
    refusal = Question("unknown", (Turn("user", "?"),), ("Sorry, I ...",))
    assert refusal.is_right("Sorry, I do not know that.")
    assert not refusal.is_right("The capital is unknown.")


def test_a_sum_may_be_answered_turned_round():
    reply = calculation(3, "plus", 4, in_words=False)
    subject = Subject("plus", {"a": "3", "b": "4"}, reply)
    assert accepted_answers(subject) == ("3 plus 4 is 7.", "4 plus 3 is 7.")
