# Random draws here choose test texts.
# ruff: noqa: S311

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.demo.sentencepiece import (
    BOS_ID,
    EOS_ID,
    FIRST_BYTE_ID,
    SPACE,
    train_vocabulary,
)
from realm_jupyter.demo.tales.corpus import write_story

VOCABULARY = train_vocabulary([write_story(seed) for seed in range(60)], 640)
TEXTS = st.text(st.characters(exclude_characters=SPACE, exclude_categories=["Cs"]), max_size=40)


def merge_slowly(text):
    """Join the best scored neighbours, leftmost of equals, one pair at a time."""
    ids = {piece: at for at, piece in enumerate(VOCABULARY.pieces) if at >= FIRST_BYTE_ID + 256}
    symbols = list(text)
    while True:
        pairs = [
            (-VOCABULARY.scores[ids[left + right]], at)
            for at, (left, right) in enumerate(pairwise(symbols))
            if left + right in ids
        ]
        if not pairs:
            break
        _, at = min(pairs)
        symbols[at : at + 2] = [symbols[at] + symbols[at + 1]]
    token_ids = []
    for symbol in symbols:
        known = ids.get(symbol)
        raw = [FIRST_BYTE_ID + byte for byte in symbol.encode()]
        token_ids += raw if known is None else [known]
    return token_ids


def test_merging_takes_the_best_pair_of_the_whole_text_each_time():
    for seed in range(5):
        text = SPACE + write_story(seed)[:300].replace(" ", SPACE)
        assert VOCABULARY.merge(text) == merge_slowly(text)


@given(st.text("abehnortuw .,\"'!" + SPACE, max_size=30))
@settings(max_examples=200, deadline=None)
def test_merging_is_right_for_any_letters(text):
    assert VOCABULARY.merge(text) == merge_slowly(text)


def test_merging_part_by_part_is_merging_the_whole():
    for seed in range(100, 130):
        story = write_story(seed)
        whole = VOCABULARY.merge(SPACE + story.replace(" ", SPACE))
        assert VOCABULARY.encode(story) == [BOS_ID, *whole]


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back(text):
    assert VOCABULARY.decode(VOCABULARY.encode(text, add_eos=True)) == text


def test_what_the_pieces_lack_becomes_bytes():
    token_ids = VOCABULARY.encode("é\n", add_bos=False)
    assert token_ids[-3:] == [FIRST_BYTE_ID + byte for byte in "é\n".encode()]


def test_begin_and_end_are_added_on_request():
    token_ids = VOCABULARY.encode("a", add_eos=True)
    assert token_ids[0] == BOS_ID
    assert token_ids[-1] == EOS_ID
    assert VOCABULARY.encode("") == [BOS_ID]


def test_the_same_texts_give_the_same_vocabulary():
    stories = [write_story(seed) for seed in range(60)]
    again = train_vocabulary(stories, 640)
    assert again.pieces == VOCABULARY.pieces
    assert again.scores == VOCABULARY.scores
    random.Random(0).shuffle(stories)
    assert len(train_vocabulary(stories, 640)) == 640


def test_a_short_text_is_filled_with_unused_pieces():
    tiny = train_vocabulary(["a b"], 512)
    assert len(tiny) == 512
    assert tiny.pieces[-1].startswith("<unused")
    assert tiny.decode(tiny.encode("hello, world")) == "hello, world"
