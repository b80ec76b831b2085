"""Vocabularies: special tokens, defaults, and the blob for the guest."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest

from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.gguf.pre_tokenizer import PRE_TOKENIZERS, PreTokenizerKind
from support.malformed_gguf import vocabulary
from support.tiny_gguf import (
    BOOL,
    F32,
    I32,
    STRING,
    U32,
    array_field,
    assemble,
    bpe_vocabulary,
    field,
    spm_vocabulary,
    tiny_llama,
)

REALM_H = Path(__file__).parents[2] / "realm_jupyter" / "guest" / "realm.h"


def read(fields) -> Vocabulary:
    return Vocabulary.from_file(GGUFFile.open(assemble(fields)))


def bpe(tokens, *, types=None, pre="gpt-2", more=()) -> Vocabulary:
    fields = vocabulary(
        tokens=array_field("tokenizer.ggml.tokens", STRING, tokens),
        types=None if types is None else array_field("tokenizer.ggml.token_type", I32, types),
        merges=array_field("tokenizer.ggml.merges", STRING, ["a b"]),
        more=[*more, *([field("tokenizer.ggml.pre", STRING, pre)] if pre is not None else [])],
    )
    return read(fields)


# ---- What it holds ----


def test_a_sentencepiece_vocabulary_is_read():
    vocab = read(spm_vocabulary())
    assert vocab.tokenizer == "llama"
    assert vocab.pre == "default"
    assert vocab.num_tokens == 320
    assert (vocab.bos_id, vocab.eos_id, vocab.unk_id) == (1, 2, 0)
    assert (vocab.eot_id, vocab.eom_id, vocab.pad_id) == (319, None, None)
    assert (vocab.add_bos, vocab.add_eos, vocab.add_space_prefix) == (True, False, True)
    assert vocab.token_text(3) == "<0x00>"
    assert vocab.token_text(259) == "▁"
    assert vocab.token_bytes(259) == "▁".encode()
    assert [vocab.token_type(i) for i in (0, 1, 3, 259)] == [2, 3, 6, 1]
    assert vocab.eog_ids == {2, 319}
    assert vocab.control_tokens() == {
        "<unk>": 0,
        "<s>": 1,
        "</s>": 2,
        "<|im_start|>": 318,
        "<|im_end|>": 319,
    }


def test_a_byte_level_vocabulary_is_read():
    vocab = read(bpe_vocabulary())
    assert vocab.tokenizer == "gpt2"
    assert vocab.pre == "gpt-2"
    assert (vocab.bos_id, vocab.eos_id, vocab.unk_id) == (317, 317, None)
    assert vocab.eot_id == 319
    assert (vocab.add_bos, vocab.add_eos, vocab.add_space_prefix) == (False, False, False)
    assert vocab.eog_ids == {317, 319}
    assert vocab.token_text(0) == "!"


def test_a_model_with_tensors_has_the_same_vocabulary():
    with GGUFFile.open(tiny_llama()) as file:
        assert Vocabulary.from_file(file).to_blob() == read(spm_vocabulary()).to_blob()


def test_a_vocabulary_outlives_its_file(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_llama())
    with GGUFFile.open(path) as file:
        vocab = Vocabulary.from_file(file)
    assert vocab.token_text(319) == "<|im_end|>"


@pytest.mark.parametrize("token_id", [-1, 320, 2**40])
def test_ids_out_of_range_are_an_index_error(token_id):
    vocab = read(spm_vocabulary())
    for method in (vocab.token_text, vocab.token_bytes, vocab.token_type):
        with pytest.raises(IndexError, match="320 tokens"):
            method(token_id)


def test_tokens_are_found_by_their_whole_text_only():
    vocab = bpe(["ab", "a", "xaby", "\x01\0\0\0\0\0\0\0b", "b"])
    assert [vocab.find_token(text) for text in ("a", "ab", "b", "y")] == [1, 0, 4, None]


# ---- Defaults ----


def test_sentencepiece_files_that_say_nothing_get_llamas_special_tokens():
    vocab = read(vocabulary())
    assert (vocab.bos_id, vocab.eos_id, vocab.unk_id) == (1, 2, 0)
    assert (vocab.add_bos, vocab.add_eos, vocab.add_space_prefix) == (True, False, True)
    assert vocab.token_type(2) == 1
    assert vocab.control_tokens() == {}


def test_byte_level_files_that_say_nothing_have_no_special_tokens():
    vocab = bpe(["a", "b"])
    assert (vocab.bos_id, vocab.eos_id, vocab.unk_id, vocab.eog_ids) == (None, None, None, set())


def test_default_ids_beyond_a_small_vocabulary_are_none():
    vocab = read(vocabulary(tokens=array_field("tokenizer.ggml.tokens", STRING, ["<unk>", "<s>"])))
    assert (vocab.bos_id, vocab.eos_id) == (1, None)


@pytest.mark.parametrize(("kind", "value"), [(U32, 2**32 - 1), (U32, 3), (I32, -1)])
def test_ids_beyond_the_vocabulary_are_ignored(kind, value):
    more = [
        field(f"tokenizer.ggml.{role}_token_id", kind, value) for role in ("eos", "padding", "eot")
    ]
    vocab = read(vocabulary(more=more))
    assert (vocab.eos_id, vocab.pad_id, vocab.eot_id) == (2, None, None)


def test_what_the_file_says_beats_the_defaults():
    more = [
        field("tokenizer.ggml.bos_token_id", U32, 2),
        field("tokenizer.ggml.eot_token_id", U32, 0),
        field("tokenizer.ggml.eom_token_id", U32, 1),
        field("tokenizer.ggml.padding_token_id", U32, 0),
        field("tokenizer.ggml.add_bos_token", BOOL, 0),
        field("tokenizer.ggml.add_eos_token", BOOL, 1),
        field("tokenizer.ggml.add_space_prefix", BOOL, 0),
    ]
    vocab = read(vocabulary(more=more))
    assert (vocab.bos_id, vocab.eot_id, vocab.eom_id, vocab.pad_id) == (2, 0, 1, 0)
    assert (vocab.add_bos, vocab.add_eos, vocab.add_space_prefix) == (False, True, False)
    assert vocab.eog_ids == {0, 1, 2}


@pytest.mark.parametrize(
    ("pre", "kind", "add_bos", "ignore_merges"),
    [
        (None, PreTokenizerKind.GPT2, False, False),
        ("default", PreTokenizerKind.GPT2, False, False),
        ("gpt-2", PreTokenizerKind.GPT2, False, False),
        ("llama-bpe", PreTokenizerKind.LLAMA_BPE, True, True),
        ("llama3", PreTokenizerKind.LLAMA_BPE, True, True),
        ("smaug-bpe", PreTokenizerKind.LLAMA_BPE, False, False),
        ("qwen2", PreTokenizerKind.QWEN2, False, False),
        ("deepseek-r1-qwen", PreTokenizerKind.QWEN2, False, False),
    ],
)
def test_pre_tokenizers_set_defaults(pre, kind, add_bos, ignore_merges):
    vocab = bpe(["a", "b"], pre=pre)
    blob = Blob(vocab.to_blob())
    assert vocab.pre == (pre or "")
    assert blob.pre == kind
    assert vocab.add_bos is add_bos
    assert bool(blob.flags & 8) is ignore_merges
    assert bool(blob.flags & 1) is add_bos


def test_a_file_can_switch_bos_off_for_llama_3():
    more = [field("tokenizer.ggml.add_bos_token", BOOL, 0)]
    assert bpe(["a"], pre="llama-bpe", more=more).add_bos is False


# ---- Ends of generation ----


def test_well_known_names_end_a_generation_and_become_control_tokens():
    names = ["a", "<|im_end|>", "<|eom_id|>", "<|fim_pad|>", "<|fim_prefix|>", "</s>", "[PAD]"]
    vocab = bpe(names, types=[1, 4, 1, 4, 4, 1, 1])
    assert vocab.eot_id == 1
    assert vocab.eom_id == 2
    assert vocab.eog_ids == {1, 2, 3}
    # </s> and [PAD] are normal tokens here: text, as in HTML.
    assert [vocab.token_type(i) for i in range(7)] == [1, 3, 3, 3, 3, 1, 1]
    assert set(vocab.control_tokens()) == {"<|im_end|>", "<|eom_id|>", "<|fim_pad|>", names[4]}


def test_ambiguous_names_count_when_the_file_marks_them():
    vocab = bpe(["a", "</s>", "<eos>", "[PAD]"], types=[1, 3, 3, 4])
    assert vocab.eog_ids == {1, 2, 3}


def test_the_most_telling_name_ends_the_turn():
    vocab = bpe(["<|endoftext|>", "<|end_of_text|>", "<|eot_id|>"], types=[3, 3, 3])
    assert vocab.eot_id == 2
    assert vocab.eog_ids == {0, 1, 2}


def test_a_vocabulary_without_types_gets_them_when_a_name_is_known():
    vocab = bpe(["a", "<|im_end|>"])
    assert vocab.token_type(0) == 1
    assert vocab.token_type(1) == 3
    assert Blob(vocab.to_blob()).types == [1, 3]


@pytest.mark.parametrize(
    ("name", "takes_space"),
    [
        ("Phi-3.5 Mini Instruct", True),
        ("phi3", True),
        ("Phi 3 Mini 4k Instruct", True),
        ("Phi-4", False),
        ("Llama", False),
        (None, False),
    ],
)
def test_special_tokens_of_phi_3_take_the_whitespace_after_them(name, takes_space):
    more = [] if name is None else [field("general.name", STRING, name)]
    tokens = ["a", "<unk>", "<s>", "<|endoftext|>", "<|user|>", "<|x|>"]
    vocab = bpe(tokens, types=[1, 2, 3, 3, 3, 4], more=more)
    marked = [1, 2, 3, 3, 3 + 16, 4 + 16]
    assert Blob(vocab.to_blob()).types == (marked if takes_space else [1, 2, 3, 3, 3, 4])
    assert vocab.token_type(4) == 3


def test_types_without_a_meaning_become_unused():
    vocab = bpe(["a", "b", "c", "d"], types=[0, 7, -1, 6])
    assert [vocab.token_type(i) for i in range(4)] == [5, 5, 5, 6]


# ---- The blob ----


class Blob:
    """Reads a realm_vocab, as realm.h lays it out."""

    def __init__(self, data: bytes) -> None:
        values = struct.unpack_from("<5I3i5I", data)
        self.magic, self.header_bytes, self.tokenizer, self.pre, self.flags = values[:5]
        self.bos, self.eos, self.unk = values[5:8]
        self.num_tokens, self.tokens_bytes, self.num_merges, self.merges_bytes = values[8:12]
        self.num_eog = values[12]
        assert self.magic == 0x434F5652
        assert self.header_bytes == 52
        self._data, self._at = data, self.header_bytes
        self.tokens = self._strings(self.num_tokens, self.tokens_bytes)
        self.scores = self._numbers("<f4", self.num_tokens) if self.flags & 16 else None
        self.types = self._numbers("<i4", self.num_tokens) if self.flags & 32 else None
        self.merges = self._strings(self.num_merges, self.merges_bytes)
        self.eog = self._numbers("<i4", self.num_eog)
        assert self._at == len(data)

    def _strings(self, count, size):
        strings, at, end = [], self._at, self._at + size
        for _ in range(count):
            (length,) = struct.unpack_from("<Q", self._data, at)
            strings.append(self._data[at + 8 : at + 8 + length])
            at += 8 + length
        assert at == end
        padding = -size % 4
        assert self._data[end : end + padding] == bytes(padding)
        self._at = end + padding
        return strings

    def _numbers(self, dtype, count):
        numbers = np.frombuffer(self._data, dtype, count, self._at).tolist()
        self._at += 4 * count
        return numbers


def test_the_blob_of_a_sentencepiece_vocabulary():
    vocab = read(spm_vocabulary())
    blob = Blob(vocab.to_blob())
    assert (blob.tokenizer, blob.pre, blob.flags) == (1, 0, 1 | 4 | 16 | 32)
    assert (blob.bos, blob.eos, blob.unk) == (1, 2, 0)
    assert blob.tokens == [vocab.token_bytes(i) for i in range(320)]
    assert blob.types == [vocab.token_type(i) for i in range(320)]
    assert blob.scores[259] == -100.0
    assert blob.merges == []
    assert blob.eog == [2, 319]


def test_the_blob_of_a_byte_level_vocabulary():
    vocab = read(bpe_vocabulary("qwen2"))
    blob = Blob(vocab.to_blob(extra_eog=[5, 319]))
    assert (blob.tokenizer, blob.pre, blob.flags) == (2, 3, 32)
    assert (blob.bos, blob.eos, blob.unk) == (317, 317, -1)
    assert blob.tokens == [vocab.token_bytes(i) for i in range(320)]
    assert len(blob.merges) == 61
    assert all(merge.count(b" ") == 1 for merge in blob.merges)
    assert blob.eog == [5, 317, 319]


def test_odd_lengths_are_padded():
    for length in range(1, 6):
        blob = Blob(bpe(["x" * length, "yz"]).to_blob())
        assert blob.tokens == [b"x" * length, b"yz"]


def test_whole_scores_become_floats_and_more_than_needed_are_left_out():
    fields = vocabulary(scores=array_field("tokenizer.ggml.scores", I32, [3, -1, 0, 9]))
    assert Blob(read(fields).to_blob()).scores == [3.0, -1.0, 0.0]
    fields = vocabulary(types=array_field("tokenizer.ggml.token_type", I32, [2, 3, 3, 1, 1]))
    assert Blob(read(fields).to_blob()).types == [2, 3, 3]


def test_infinite_scores_are_fine():
    scores = array_field("tokenizer.ggml.scores", F32, [float("-inf"), 0.0, 1.0])
    assert Blob(read(vocabulary(scores=scores)).to_blob()).scores[0] == float("-inf")


@pytest.mark.parametrize("token_id", [-1, 320])
def test_extra_eog_must_be_tokens(token_id):
    with pytest.raises(ValueError, match="from 0 to 319"):
        read(spm_vocabulary()).to_blob(extra_eog=[token_id])


def test_the_numbers_are_those_of_realm_h():
    text = REALM_H.read_text(encoding="utf-8")
    defined = dict(re.findall(r"#define REALM_(PRE_\w+|TOKENIZER_\w+) (\d+)u", text))
    assert {f"PRE_{kind.name}": str(kind.value) for kind in PreTokenizerKind} == {
        name: number for name, number in defined.items() if name.startswith("PRE_")
    }
    assert defined["TOKENIZER_SPM"] == "1"
    assert defined["TOKENIZER_BPE"] == "2"


def test_every_pre_tokenizer_has_a_regular_expression():
    assert all(pre.kind is not PreTokenizerKind.NONE for pre in PRE_TOKENIZERS.values())
