"""The shipped file and its card."""

from __future__ import annotations

import json

import pytest

import gguf
from realm_jupyter.demo import FOLDER, SHIPPED_MODELS
from realm_jupyter.demo.tales.card import figure_table
from realm_jupyter.demo.tales.corpus import write_story
from realm_jupyter.demo.tales.recipe import make_vocabulary
from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.sandbox import GuestInstance, GuestModule
from realm_jupyter.sandbox.module import SHIPPED_PATH


@pytest.fixture(scope="module")
def reader():
    return gguf.GGUFReader(SHIPPED_MODELS["tales"])


@pytest.fixture(scope="module")
def figures():
    return json.loads((FOLDER / "tales.evaluation.json").read_text(encoding="utf-8"))


def test_the_file_is_small_and_says_what_it_is(reader):
    assert SHIPPED_MODELS["tales"].stat().st_size <= 8_000_000
    values = {
        name: field.contents()
        for name, field in reader.fields.items()
        if not name.startswith("tokenizer.ggml.t")
    }
    assert values["general.architecture"] == "qwen3"
    assert values["general.name"] == "tales"
    assert values["general.license"] == "BSD-3-Clause"
    assert values["qwen3.context_length"] == 512
    assert values["tokenizer.ggml.model"] == "llama"
    assert values["tokenizer.ggml.add_bos_token"] is True
    assert values["tokenizer.ggml.add_space_prefix"] is True
    assert (values["tokenizer.ggml.bos_token_id"], values["tokenizer.ggml.eos_token_id"]) == (1, 2)


def test_matrices_are_q8_0_and_norms_f32(reader):
    for tensor in reader.tensors:
        is_norm = "norm" in tensor.name
        expected = gguf.GGMLQuantizationType.F32 if is_norm else gguf.GGMLQuantizationType.Q8_0
        assert tensor.tensor_type == expected, tensor.name


@pytest.mark.slow
def test_the_recipe_makes_the_vocabulary_of_the_file(reader):
    vocabulary = make_vocabulary()
    assert reader.fields["tokenizer.ggml.tokens"].contents() == vocabulary.pieces
    assert reader.fields["tokenizer.ggml.scores"].contents() == vocabulary.scores


def test_the_figures_meet_what_was_promised(figures):
    assert figures["sampling"]["temperature"] == 0.8
    assert figures["sampling"]["num_stories"] == 20
    assert figures["most_repeats_of_a_sentence"] < 3
    assert figures["stories_of_150_words_or_more"] >= 18
    assert figures["ended_by_themselves"] == 20
    assert figures["distinct_4_grams"] >= 0.9 * figures["distinct_4_grams_training_text"]


def test_the_card_shows_the_committed_figures(figures):
    card = (FOLDER / "TALES.md").read_text(encoding="utf-8")
    assert figure_table(figures) in card
    assert figures["stories"][0] in card


@pytest.mark.skipif(not SHIPPED_PATH.is_file(), reason="the guest is not built")
def test_the_guest_tokenizes_as_the_training_did():
    trained = make_vocabulary()
    texts = [write_story(seed) for seed in range(700_000, 700_060)]
    texts += ["", " two  spaces", 'Émile and the 12 \U0001f98a\'s!\n\n"Oh?"']
    with (
        GGUFFile.open(SHIPPED_MODELS["tales"]) as file,
        GuestInstance(GuestModule.shipped()) as instance,
    ):
        instance.load_vocabulary(Vocabulary.from_file(file).to_blob())
        for text in texts:
            ids = instance.tokenize(text.encode(), add_special=True).tolist()
            assert ids == trained.encode(text)
            assert instance.detokenize(ids, strip_space=True).decode() == text
