"""What the guest makes of malformed vocabularies, and of loading them again."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import GuestError, GuestLimitError, ModelFormatError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule
from support.tokenizer_vocabulary import (
    BPE,
    SPM,
    TokenizerVocabulary,
    bpe_vocabulary,
    spm_vocabulary,
)

HEADER_FIELDS = (
    *("magic", "header_bytes", "tokenizer", "pre", "flags", "bos", "eos", "unk"),
    *("num_tokens", "tokens_bytes", "num_merges", "merges_bytes", "num_eog"),
)
SMALL = TokenizerVocabulary(
    BPE,
    ["a", "b", "ab", "<e>"],
    pre=1,
    eos=3,
    scores=[0.0, 0.0, 0.0, 0.0],
    types=[1, 1, 1, 3],
    merges=["a b"],
    eog=[3],
)


@pytest.fixture
def instance():
    with GuestInstance(GuestModule.shipped()) as instance:
        yield instance


def with_field(blob: bytes, name: str, value: int) -> bytes:
    offset = 4 * HEADER_FIELDS.index(name)
    return blob[:offset] + struct.pack("<I", value & 0xFFFFFFFF) + blob[offset + 4 :]


def refuses(instance, blob):
    with pytest.raises(ModelFormatError):
        instance.load_vocabulary(blob)
    with pytest.raises(GuestError, match="vocabulary"):
        instance.tokenize(b"a")


def test_a_blob_cut_at_any_byte_is_refused(instance):
    blob = SMALL.to_blob()
    for size in range(len(blob)):
        refuses(instance, blob[:size])
    instance.load_vocabulary(blob)
    assert instance.tokenize(b"ab").tolist() == [2]


def test_bytes_after_the_end_are_refused(instance):
    refuses(instance, SMALL.to_blob() + bytes(4))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("magic", [0, 0x434F5653]),
        ("header_bytes", [0, 48, 56, 2**32 - 1]),
        ("tokenizer", [0, 3, 2**31]),
        ("pre", [4, 2**32 - 1]),
        ("flags", [16, 32, 0]),
        ("bos", [4, -2, 2**31 - 1]),
        ("eos", [4, -2]),
        ("unk", [4, -(2**31)]),
        ("num_tokens", [0, 3, 5, 2**24, 2**29, 2**30, 2**31, 2**32 - 1]),
        ("tokens_bytes", [0, 7, 36, 2**31, 2**32 - 1, 2**32 - 3]),
        ("num_merges", [0, 2, 2**24, 2**32 - 1]),
        ("merges_bytes", [0, 4, 16, 2**31, 2**32 - 1]),
        ("num_eog", [0, 2, 2**30, 2**32 - 1]),
    ],
)
def test_a_wrong_header_is_refused(instance, name, values):
    for value in values:
        refuses(instance, with_field(SMALL.to_blob(), name, value))


@pytest.mark.parametrize("length", [2, 2**31, 2**32, 2**32 + 1, 2**63, 2**64 - 8, 2**64 - 1])
@pytest.mark.parametrize("section", ["tokens", "merges"])
def test_a_wrong_string_length_is_refused(instance, section, length):
    blob = SMALL.to_blob()
    offset = 4 * len(HEADER_FIELDS) if section == "tokens" else len(blob) - 4 - 12
    blob = blob[:offset] + struct.pack("<Q", length) + blob[offset + 8 :]
    refuses(instance, blob)


@pytest.mark.parametrize(
    "changes",
    [
        {"types": [1, 1, 1, 7]},
        {"types": [1, 1, 1, -1]},
        {"scores": [0.0, float("nan"), 0.0, 0.0]},
        {"eog": [4]},
        {"eog": [-1]},
        {"merges": ["ab"]},
        {"merges": ["a "]},
        {"merges": [""]},
        {"merges": [" "]},
    ],
    ids=str,
)
def test_wrong_contents_are_refused(instance, changes):
    fields = {name: getattr(SMALL, name) for name in ("types", "scores", "eog", "merges")}
    vocabulary = TokenizerVocabulary(BPE, SMALL.tokens, pre=1, eos=3, **(fields | changes))
    refuses(instance, vocabulary.to_blob())


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_damaged_blobs_are_refused_or_used_but_never_trap(data):
    vocabularies = [
        SMALL,
        bpe_vocabulary(["a b", "ab c"], user_defined=["  "]),
        spm_vocabulary({"▁": -1.0, "a": -2.0, "▁a": -3.0}, user_defined=["<|x|>"]),
    ]
    vocabulary = data.draw(st.sampled_from(vocabularies))
    blob = bytearray(vocabulary.to_blob())
    places = st.one_of(st.integers(0, 51), st.integers(0, len(blob) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        blob[place] = data.draw(st.integers(0, 255))
    with GuestInstance(GuestModule.shipped()) as instance:
        try:
            instance.load_vocabulary(bytes(blob))
        except (ModelFormatError, GuestLimitError):
            return
        ids = instance.tokenize(
            "a abc  <e> <|x|> é\n".encode(), add_special=True, parse_special=True
        )
        instance.detokenize(ids, strip_space=True, render_special=True)
        assert not instance.is_broken


def test_nothing_works_before_a_vocabulary_is_loaded(instance):
    with pytest.raises(GuestError, match="vocabulary"):
        instance.tokenize(b"a")
    with pytest.raises(GuestError, match="vocabulary"):
        instance.detokenize([0])


def test_a_second_vocabulary_takes_the_place_of_the_first(instance):
    instance.load_vocabulary(SMALL.to_blob())
    other = TokenizerVocabulary(SPM, ["b", "a"])
    instance.load_vocabulary(other.to_blob())
    assert instance.tokenize(b"ab").tolist() == [1, 0]
    instance.load_vocabulary(SMALL.to_blob())
    assert instance.tokenize(b"ab").tolist() == [2]


def test_loading_again_keeps_no_memory(instance):
    big = bpe_vocabulary([f"a{'b' * i} b" for i in range(400)])
    for _ in range(2):
        instance.load_vocabulary(big.to_blob())
    size = instance.memory_bytes
    for _ in range(20):
        instance.load_vocabulary(big.to_blob())
    assert instance.memory_bytes == size


def test_a_vocabulary_too_large_for_the_memory_is_a_limit():
    tokens = [f"{i:0200}" for i in range(20_000)]
    blob = TokenizerVocabulary(BPE, tokens, pre=1).to_blob()
    limits = GuestLimits(memory_bytes=len(blob) + (2 << 20))
    with GuestInstance(GuestModule.shipped(), limits=limits) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.load_vocabulary(blob)
        assert caught.value.limit == "memory"


def test_a_token_that_stands_twice_has_the_later_id(instance):
    instance.load_vocabulary(TokenizerVocabulary(SPM, ["a", "b", "a"]).to_blob())
    assert instance.tokenize(b"ab").tolist() == [2, 1]


def test_a_merge_that_stands_twice_has_the_lower_rank(instance):
    vocabulary = bpe_vocabulary(["b c", "a b", "b c"])
    instance.load_vocabulary(vocabulary.to_blob())
    assert [vocabulary.texts[i] for i in instance.tokenize(b"abc")] == [b"a", b"bc"]


def test_byte_tokens_are_known_without_types(instance):
    instance.load_vocabulary(TokenizerVocabulary(SPM, ["a", "<0x62>"]).to_blob())
    assert instance.tokenize(b"ab").tolist() == [0, 1]
    assert instance.detokenize([0, 1]) == b"ab"
