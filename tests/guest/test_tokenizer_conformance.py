"""The shipped guest's tokenizers against the original tokenizers' ids."""

from __future__ import annotations

import json

import pytest

from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.sandbox import GuestInstance, GuestModule
from support.tiny_gguf import F32, I32, STRING, array_field, assemble, field

pytestmark = pytest.mark.conformance

NAMES = ("gpt-2", "llama-bpe", "llama-spm", "qwen2")
BYTE_LEVEL_NAMES = ("gpt-2", "llama-bpe", "qwen2")
NUM_CASES = 487


@pytest.fixture(scope="module")
def instances(conformance_dir):
    made = {}

    def get(name):
        if name not in made:
            with GGUFFile.open(conformance_dir / "tokenizers" / f"{name}.gguf") as file:
                blob = Vocabulary.from_file(file).to_blob()
            made[name] = GuestInstance(GuestModule.shipped())
            made[name].load_vocabulary(blob)
        return made[name]

    yield get
    for instance in made.values():
        instance.close()


@pytest.fixture
def cases(conformance_dir):
    def get(name):
        text = (conformance_dir / "tokenizers" / f"{name}.json").read_text(encoding="utf-8")
        return json.loads(text)

    return get


@pytest.mark.parametrize("name", NAMES)
def test_texts_become_the_published_ids(instances, cases, name):
    instance = instances(name)
    wrong = []
    for case in cases(name):
        ids = instance.tokenize(
            case["text"].encode(),
            add_special=case["add_special"],
            parse_special=case["parse_special"],
        ).tolist()
        if ids != case["ids"]:
            wrong.append((case["source"], case["text"], case["ids"], ids))
    assert len(cases(name)) == NUM_CASES
    assert not wrong


@pytest.mark.parametrize("name", BYTE_LEVEL_NAMES)
def test_byte_level_ids_become_the_text_again(instances, cases, name):
    instance = instances(name)
    for case in cases(name):
        text = case["text"].encode()
        ids = instance.tokenize(text, parse_special=case["parse_special"])
        assert instance.detokenize(ids, render_special=True) == text


def test_sentencepiece_ids_become_the_text_again_without_the_space_in_front(instances, cases):
    instance = instances("llama-spm")
    for case in cases("llama-spm"):
        text = case["text"].encode()
        ids = instance.tokenize(text)
        assert instance.detokenize(ids, strip_space=True) == text.replace(b"\xe2\x96\x81", b" ")


@pytest.mark.parametrize("name", NAMES)
def test_special_tokens_in_a_users_text_are_plain_text(instances, conformance_dir, name):
    with GGUFFile.open(conformance_dir / "tokenizers" / f"{name}.gguf") as file:
        controls = Vocabulary.from_file(file).control_tokens()
    instance = instances(name)
    for text, token_id in controls.items():
        marked = text[:1].encode() + b"\xff" + text[1:].encode()
        plain = instance.tokenize(text.encode()).tolist()
        assert token_id not in plain
        assert instance.tokenize(marked, parse_special=True).tolist() == plain
        assert token_id in instance.tokenize(text.encode(), parse_special=True).tolist()


PHI_3_TOKENS = (
    *("<|endoftext|>", "<|assistant|>", "<|placeholder1|>", "<|placeholder2|>"),
    *("<|placeholder3|>", "<|placeholder4|>", "<|system|>", "<|end|>", "<|placeholder5|>"),
    *("<|placeholder6|>", "<|user|>"),
)


@pytest.fixture(scope="module")
def phi_3(conformance_dir):
    """Phi 3's vocabulary, which is Llama 2's and eleven tokens more."""
    with GGUFFile.open(conformance_dir / "tokenizers" / "llama-spm.gguf") as file:
        llama = Vocabulary.from_file(file)
        tokens = [llama.token_bytes(i) for i in range(llama.num_tokens)]
        types = [llama.token_type(i) for i in range(llama.num_tokens)]
        scores = file.metadata["tokenizer.ggml.scores"].to_numpy().tolist()
    fields = [
        field("general.name", STRING, "Phi-3.5 Mini Instruct"),
        field("tokenizer.ggml.model", STRING, "llama"),
        array_field("tokenizer.ggml.tokens", STRING, [*tokens, *PHI_3_TOKENS]),
        array_field("tokenizer.ggml.scores", F32, [*scores, *[-1000.0] * len(PHI_3_TOKENS)]),
        array_field("tokenizer.ggml.token_type", I32, [*types, *[3] * len(PHI_3_TOKENS)]),
    ]
    with GuestInstance(GuestModule.shipped()) as instance:
        instance.load_vocabulary(Vocabulary.from_file(GGUFFile.open(assemble(fields))).to_blob())
        yield instance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<|user|>\nHi there<|end|>\n<|assistant|>\n", [32010, 6324, 727, 32007, 32001]),
        (
            "<s><|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\n",
            [1, 32006, 1522, 11473, 29889, 32007, 32010, 6324, 32007, 32001],
        ),
    ],
)
def test_chats_of_phi_3_have_llama_cpps_ids(phi_3, text, expected):
    ids = phi_3.tokenize(text.encode(), parse_special=True)
    assert ids.tolist() == expected
