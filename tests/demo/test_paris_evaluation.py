from __future__ import annotations

from types import SimpleNamespace

import pytest

import gguf
from realm_jupyter.demo.network import Network, NetworkConfig
from realm_jupyter.demo.paris import evaluation, questions
from realm_jupyter.demo.paris.card import (
    KIND_NAMES,
    phases_table,
    right_at_any_length,
    verdict,
    wrong_answers,
)
from realm_jupyter.demo.paris.corpus import Turn
from realm_jupyter.demo.paris.evaluation import HELD_OUT, Examiner, Question, accepted_answers
from realm_jupyter.demo.paris.facts import COUNTRIES
from realm_jupyter.demo.paris.questions import Subject, about_country
from realm_jupyter.demo.paris.replies import simple, whether
from realm_jupyter.demo.paris.tokenizer import describe_tokenizer, train_tokenizer
from realm_jupyter.demo.recipe import Prepared
from realm_jupyter.demo.train import export_and_evaluate

ASKED = Examiner().questions()


def marks_of(monkeypatch, found):
    monkeypatch.setattr(evaluation, "answers", lambda _network, _tokenizer, _turns: found)
    return evaluation.evaluate(None, None, ASKED)


def test_only_the_whole_sentence_is_right():
    question = Question("capital", (Turn("user", "?"),), ("The capital of France is Paris.",))
    assert question.is_right(" The capital of France is Paris.\n")
    for answer in (
        "",
        "Paris.",
        "The capital of France is Paris",
        "The capital of France is Paris. It is in Asia.",
        "No, the capital of France is Paris.",
        "The capital of France is Lyon.",
    ):
        assert not question.is_right(answer), answer


def test_an_admission_begins_like_one():
    question = Question("unknown", (Turn("user", "?"),), ("Sorry, I ...",))
    assert question.is_right("Sorry, I do not know that. I am a tiny model.")
    assert not question.is_right("Sorry")
    assert not question.is_right("The capital of France is Paris. Sorry, I do not know.")


def test_a_sum_may_be_turned_round_and_a_difference_not():
    slots = {"a": "3", "b": "4"}
    total = Subject("plus", slots, simple("7", "3 plus 4 is 7"))
    assert accepted_answers(total) == ("3 plus 4 is 7.", "4 plus 3 is 7.")
    difference = Subject("minus", slots, simple("-1", "3 minus 4 is -1"))
    assert accepted_answers(difference) == ("3 minus 4 is -1.",)


def test_expected_answers_are_all_right_and_silence_never(monkeypatch):
    marks = marks_of(monkeypatch, [question.accepted[-1] for question in ASKED])
    assert marks["right"] == marks["total"] == len(ASKED)
    assert marks["mean_of_kinds"] == 1.0
    assert marks["wrong"] == []
    marks = marks_of(monkeypatch, [""] * len(ASKED))
    assert marks["right"] == 0
    assert marks["mean_of_kinds"] == 0.0
    assert len(marks["wrong"]) == len(ASKED)


def test_the_answer_to_another_question_is_wrong(monkeypatch):
    shifted = [question.accepted[0] for question in (*ASKED[1:], ASKED[0])]
    marks = marks_of(monkeypatch, shifted)
    # Small talk and admissions share their answers, and neighbours may happen to.
    assert marks["kinds"]["capital"]["right"] == 0
    assert marks["kinds"]["currency"]["right"] == 0
    assert marks["right"] / marks["total"] < 0.1


def test_yes_and_no_are_asked_about_as_often():
    for kind in ("is_capital", "is_continent", "is_language", "is_currency"):
        verdicts = [
            question.accepted[0].partition(",")[0] for question in ASKED if question.kind == kind
        ]
        assert len(verdicts) == evaluation.QUESTIONS_OF_KIND
        assert set(verdicts) == {"Yes", "No"}
        assert verdicts.count("Yes") >= 15
        assert verdicts.count("No") >= 15


def test_a_verdict_is_part_of_the_answer():
    fact = simple("Paris", "the capital of France is Paris", "France is in Europe.")
    verdict = whether(fact, is_true=False)
    assert verdict.short == "No."
    assert verdict.full == "No, the capital of France is Paris."
    assert verdict.long == "No, the capital of France is Paris. France is in Europe."
    question = Question("is_capital", (Turn("user", "?"),), (verdict.full,))
    assert not question.is_right("Yes, the capital of France is Paris.")


def test_every_country_is_asked_for_in_the_kinds_of_countries():
    for kind in evaluation.EVERY_COUNTRY:
        rounds = 2 if kind == "capital" else 1
        asked = [question for question in ASKED if question.kind == kind]
        assert len(asked) == rounds * len(COUNTRIES)
        assert len({question.accepted[0] for question in asked}) == len(COUNTRIES)


def test_the_questions_are_always_the_same_and_every_kind_has_a_name():
    assert Examiner().questions() == ASKED
    assert {question.kind for question in ASKED} <= set(KIND_NAMES)
    assert set(HELD_OUT.templates) <= {question.kind for question in ASKED}


def test_small_talk_varies_and_every_answer_of_it_counts():
    hello = next(question for question in ASKED if question.kind == "hello")
    assert len(hello.accepted) == len(questions.TALK["hello"][1]) >= 2
    assert all(hello.is_right(answer) for answer in hello.accepted)
    assert not hello.is_right("Goodbye! Come back soon.")


def test_the_card_groups_wrong_answers_and_lists_phases():
    wrong = [
        {"kind": "plus", "question": "1+1", "answer": "1 plus 1 is 3.", "expected": "It is 2."},
        {"kind": "unknown", "question": "Who?", "answer": "Berlin.", "expected": "Sorry, I ..."},
        {"kind": "plus", "question": "2+2", "answer": "5.", "expected": "2 plus 2 is 4."},
    ]
    assert wrong_answers(wrong) == (
        "**addition**\n\n- 1+1 → 1 plus 1 is 3. (not: It is 2.)\n- 2+2 → 5. (not: 2 plus 2 is 4.)"
        "\n\n**admits what it cannot know**\n\n- Who? → Berlin."
    )
    assert wrong_answers([]) == "None."
    phases = [
        {"minutes": 10.2, "steps": 1500, "rate": "0.004", "text": "the first"},
        {"minutes": 20.0, "steps": 3000, "rate": "0.001", "text": "the second"},
    ]
    assert phases_table(phases).splitlines()[2:] == [
        "| 0 to 10 | 0 to 1,500 | 0.004 | the first |",
        "| 10 to 20 | 1,500 to 3,000 | 0.001 | the second |",
    ]


@pytest.mark.parametrize(
    ("capitals", "mean", "said"),
    [
        (95, 0.9, "reached"),
        (94, 0.89, "not reached"),
        (95, 0.89, "reached for the capitals alone"),
        (94, 0.9, "reached for the mean alone"),
    ],
)
def test_the_card_says_whether_the_aim_was_reached(capitals, mean, said):
    kinds = {"capital": {"right": capitals, "total": 100}}
    assert verdict({"kinds": kinds, "mean_of_kinds": mean}) == said


def test_a_capital_counts_at_any_length_but_not_in_any_words():
    expected = "The capital of France is Paris."
    more = "France is in Europe. People there speak French."
    said = [f"{expected} {more}", "Paris.", "Paris is the capital of France.", f"{more} {expected}"]
    wrong = [{"kind": "capital", "answer": text, "expected": expected} for text in said]
    wrong.append({"kind": "capital, typed badly", "answer": "Paris.", "expected": expected})
    assert right_at_any_length({"kinds": {"capital": {"right": 90}}, "wrong": wrong}) == 92


def test_a_country_is_asked_for_by_all_its_names():
    class First:
        def random(self):
            return 0.0

        def choice(self, items):
            return items[0]

    country = next(country for country in COUNTRIES if country.aliases)
    subject = about_country("capital", country, First())
    assert subject.slots["c"] == country.aliases[0].removeprefix("the ")
    assert country.capital in subject.reply.full


@pytest.mark.parametrize("sharpness", [1.0, 2.0])
def test_a_recipe_sets_how_sure_its_files_are(tmp_path, capsys, sharpness):
    tokenizer = train_tokenizer(300, seed=3, num_conversations=50)
    config = NetworkConfig(
        architecture="llama",
        vocab_size=300,
        num_layers=1,
        embedding_length=32,
        num_heads=2,
        num_kv_heads=1,
        head_dim=16,
        feed_forward_length=32,
        context_length=32,
    )
    prepared = Prepared(
        config=config,
        batches=lambda _: (None, None),
        vocabulary=describe_tokenizer(tokenizer),
        evaluate=lambda _: {"right": 1},
        learning_rate=0.1,
        minutes=1.0,
        sharpness=sharpness,
    )
    recipe = SimpleNamespace(NAME="small", DESCRIPTION="A test.")
    network = Network(config, seed=1)
    state = {"step": 1, "num_tokens": 2, "elapsed_s": 3.0}
    figures = export_and_evaluate(recipe, prepared, network, state, tmp_path)
    assert figures["right"] == 1
    assert "small.gguf" in capsys.readouterr().out
    norm = network.output_norm.weight.detach().numpy()
    for name in ("small.gguf", "small-f32.gguf"):
        tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(tmp_path / name).tensors}
        assert tensors["output_norm.weight"].data.tolist() == (norm * sharpness).tolist()
        assert tensors["blk.0.attn_norm.weight"].data.tolist() == [1.0] * 32
