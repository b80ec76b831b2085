from __future__ import annotations

import hashlib
import json

import pytest
import torch

import gguf
from realm_jupyter import Realm
from realm_jupyter.demo import SHIPPED_MODELS
from realm_jupyter.demo.export import export_gguf
from realm_jupyter.demo.network import Network, NetworkConfig
from realm_jupyter.demo.paris.card import (
    AIM_CAPITALS,
    AIM_MEAN_OF_KINDS,
    KIND_NAMES,
    render_card,
    right_at_any_length,
)
from realm_jupyter.demo.paris.corpus import Turn
from realm_jupyter.demo.paris.evaluation import answers
from realm_jupyter.demo.paris.held_out import HELD_OUT
from realm_jupyter.demo.paris.questions import TALK
from realm_jupyter.demo.paris.report import CARD_PATH, FIGURES_PATH
from realm_jupyter.demo.paris.shipped import load_shipped
from realm_jupyter.demo.paris.tokenizer import (
    CHAT_TEMPLATE,
    CONTROL_TOKENS,
    describe_tokenizer,
    train_tokenizer,
)

PATH = SHIPPED_MODELS["paris"]


@pytest.fixture(scope="module")
def shipped():
    torch.set_num_threads(1)
    return load_shipped(PATH)


@pytest.fixture(scope="module")
def figures():
    return json.loads(FIGURES_PATH.read_text(encoding="utf-8"))


def say(shipped, *turns):
    conversation = [Turn("user", text) if isinstance(text, str) else text for text in turns]
    return answers(*shipped, [conversation])[0].strip()


def test_the_shipped_file_says_what_it_is():
    reader = gguf.GGUFReader(PATH)
    values = {key: field.contents() for key, field in reader.fields.items()}
    assert PATH.stat().st_size <= 8_000_000
    assert values["general.architecture"] == "llama"
    assert values["general.name"] == "paris"
    assert values["general.license"] == "BSD-3-Clause"
    assert values["tokenizer.ggml.model"] == "gpt2"
    assert values["tokenizer.ggml.pre"] == "qwen2"
    assert values["tokenizer.chat_template"] == CHAT_TEMPLATE
    tokens = values["tokenizer.ggml.tokens"]
    assert tuple(tokens[:5]) == CONTROL_TOKENS
    assert values["tokenizer.ggml.token_type"][:6] == [3, 3, 3, 3, 3, 1]
    assert tokens[values["tokenizer.ggml.eos_token_id"]] == "<|end|>"
    assert values["tokenizer.ggml.add_bos_token"] is False
    kinds = {tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds == {"F32", "Q8_0"}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the capital of France?", "The capital of France is Paris."),
        ("whats the captial of germany", "The capital of Germany is Berlin."),
        ("Which country has the capital Tokyo?", "Tokyo is the capital of Japan."),
        ("On which continent is Brazil?", "Brazil is in South America."),
        ("What is 3 plus 4?", "3 plus 4 is 7."),
        ("What comes after Monday?", "Tuesday comes after Monday."),
        ("What colour is the sky?", "The sky is blue."),
        ("What is the opposite of hot?", "The opposite of hot is cold."),
        ("Thank you!", "You are welcome!"),
    ],
)
def test_the_shipped_model_answers(shipped, question, answer):
    assert say(shipped, question) == answer


def test_the_shipped_model_follows_a_conversation(shipped):
    first = ("What is the capital of France?", Turn("assistant", "The capital of France is Paris."))
    assert say(shipped, *first, "And of Italy?") == "The capital of Italy is Rome."
    assert say(shipped, *first, "What about its currency?") == (
        "The currency of France is the euro."
    )


def test_a_system_prompt_sets_the_length_of_an_answer(shipped):
    question = "What is the capital of France?"
    assert say(shipped, Turn("system", "Answer in one word."), question) == "Paris."
    long = say(shipped, Turn("system", "Give long answers."), question)
    assert long.startswith("The capital of France is Paris. ")
    assert long.count(".") >= 2


@pytest.mark.parametrize(
    "question",
    ["Who won the football match?", "What is the weather like?", "What is the capital of Wakanda?"],
)
def test_the_shipped_model_admits_what_it_does_not_know(shipped, question):
    assert say(shipped, question).startswith("Sorry")


def test_the_shipped_model_says_what_it_is(shipped):
    assert "tiny language model" in say(shipped, "Who are you?")


def test_plain_questions_are_answered_right_under_any_seed():
    expected = {
        "What is the capital of France?": "The capital of France is Paris.",
        "What is 3 plus 4?": "3 plus 4 is 7.",
        "What is the opposite of hot?": "The opposite of hot is cold.",
        "Which currency does Japan use?": "The currency of Japan is the Japanese yen.",
        "On which continent is Brazil?": "Brazil is in South America.",
    }
    with Realm(default_model=PATH) as realm:
        for question, answer in expected.items():
            found = {realm.chat(question, seed=seed).text.strip() for seed in range(12)}
            assert found == {answer}


def test_a_sampled_greeting_varies():
    with Realm(default_model=PATH) as realm:
        found = {realm.chat("Hello!", seed=seed).text.strip() for seed in range(40)}
    assert len(found) > 1
    assert found <= {reply.full for reply in TALK["hello"][1]}


def test_the_figures_belong_to_the_shipped_file(figures):
    assert figures["model"]["sha256"] == hashlib.sha256(PATH.read_bytes()).hexdigest()
    marks = figures["held_out"]
    assert marks["total"] - marks["right"] == len(marks["wrong"])
    assert marks["kinds"]["capital"]["total"] >= 390
    assert set(HELD_OUT) <= set(marks["kinds"]) <= set(KIND_NAMES)


def test_nineteen_of_twenty_capitals_are_right(figures):
    marks = figures["held_out"]
    assert right_at_any_length(marks) / marks["kinds"]["capital"]["total"] >= AIM_CAPITALS


@pytest.mark.xfail(
    strict=True,
    reason="not reached: 93.6 %, one phrasing in sixteen gets a longer answer than was asked for",
)
def test_nineteen_of_twenty_capitals_are_right_word_for_word(figures):
    capitals = figures["held_out"]["kinds"]["capital"]
    assert capitals["right"] / capitals["total"] >= AIM_CAPITALS


def test_nine_of_ten_answers_are_right(figures):
    marks = figures["held_out"]
    assert marks["right"] / marks["total"] >= 0.9


def test_nine_of_ten_answers_are_right_as_the_mean_over_the_kinds(figures):
    assert figures["held_out"]["mean_of_kinds"] >= AIM_MEAN_OF_KINDS


def test_the_card_is_written_from_the_figures(figures):
    assert CARD_PATH.read_text(encoding="utf-8") == render_card(figures)


def test_an_exported_network_reads_back_with_its_tokenizer(tmp_path):
    tokenizer = train_tokenizer(400, seed=3, num_conversations=100)
    config = NetworkConfig(
        architecture="llama",
        vocab_size=400,
        num_layers=1,
        embedding_length=32,
        num_heads=2,
        num_kv_heads=1,
        head_dim=16,
        feed_forward_length=64,
        context_length=64,
    )
    network = Network(config, seed=4)
    path = tmp_path / "small.gguf"
    export_gguf(network, describe_tokenizer(tokenizer), path, name="small", description="A test.")
    read_network, read_tokenizer = load_shipped(path)
    text = "What is 23 plus 4? Café <|end|>"
    assert read_tokenizer.encode(text).ids == tokenizer.encode(text).ids
    token_ids = torch.tensor([tokenizer.encode(text).ids])
    with torch.no_grad():
        torch.testing.assert_close(read_network(token_ids), network(token_ids), rtol=0, atol=0)
