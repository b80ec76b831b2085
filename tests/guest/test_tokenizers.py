"""The guest's tokenizers on small vocabularies, against the algorithms told plainly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import GuestError, GuestLimitError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule
from support.tokenizer_vocabulary import (
    ADD_BOS,
    ADD_EOS,
    ADD_SPACE_PREFIX,
    BPE,
    BYTE_LEVEL,
    IGNORE_MERGES,
    PRE_NONE,
    SPACE_MARK,
    SPM,
    TAKES_SPACE,
    TokenizerVocabulary,
    bpe_vocabulary,
    merge_slowly,
    spm_vocabulary,
)

quick = settings(max_examples=100, deadline=None, derandomize=True, database=None)
MEBIBYTE = 1 << 20


@pytest.fixture
def load():
    """Return a function that loads a vocabulary into an instance of its own."""
    instances = []

    def load(vocabulary, **limits):
        instance = GuestInstance(GuestModule.shipped(), limits=GuestLimits(**limits))
        instances.append(instance)
        instance.load_vocabulary(vocabulary.to_blob())
        return instance

    yield load
    for instance in instances:
        instance.close()


@pytest.fixture(scope="module")
def reload():
    """Return a function that loads a vocabulary into the same instance each time."""
    with GuestInstance(GuestModule.shipped()) as instance:

        def reload(vocabulary):
            instance.load_vocabulary(vocabulary.to_blob())
            return instance

        yield reload


def texts(vocabulary, ids):
    return [vocabulary.texts[i].decode() for i in ids]


def without_space_marks(data: bytes) -> bytes:
    return data.replace(SPACE_MARK.encode(), b" ")


# ---- SentencePiece ------------------------------------------------------------------

WORDS = spm_vocabulary({
    SPACE_MARK: -1.0, "a": -2.0, "b": -3.0, "c": -4.0, "d": -5.0, "é": -6.0,
    "ab": -8.0, "bc": -7.0, "cd": -7.0, "abc": -9.0, f"{SPACE_MARK}a": -10.0,
    f"{SPACE_MARK}abc": -11.0, f"{SPACE_MARK}{SPACE_MARK}": -6.5,
})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("abc", ["▁abc"]),  # bc first (-7), then a+bc (-9), then the space in front (-11)
        ("bcd", ["▁", "bc", "d"]),  # bc and cd are as good: the left one goes first
        ("d  b", ["▁", "d", "▁▁", "b"]),
        ("aé", ["▁a", "é"]),
        ("", []),
    ],
)
def test_the_best_score_is_merged_first(load, text, pieces):
    assert texts(WORDS, load(WORDS).tokenize(text.encode())) == pieces


def test_what_is_no_token_is_written_in_bytes(load):
    assert texts(WORDS, load(WORDS).tokenize("aß\n".encode())) == [
        *("▁a", "<0xC3>", "<0x9F>", "<0x0A>"),
    ]


def test_without_byte_tokens_the_unknown_token_stands_for_a_character(load):
    vocabulary = TokenizerVocabulary(SPM, ["<unk>", "a", "b"], unk=0, types=[2, 1, 1])
    instance = load(vocabulary)
    assert instance.tokenize("aßb".encode()).tolist() == [1, 0, 2]
    assert instance.detokenize([1, 0, 2]) == b"ab"


def test_a_space_is_put_before_the_start_and_after_special_tokens(load):
    vocabulary = spm_vocabulary({SPACE_MARK: -1.0, "a": -2.0}, user_defined=["[x]"])
    ids = load(vocabulary).tokenize(b"a</s>a[x]a", parse_special=True)
    assert texts(vocabulary, ids) == ["▁", "a", "</s>", "▁", "a", "[x]", "▁", "a"]
    plain = spm_vocabulary({SPACE_MARK: -1.0, "a": -2.0}, flags=0)
    assert texts(plain, load(plain).tokenize(b"a</s> a", parse_special=True)) == [
        *("a", "</s>", "▁", "a"),
    ]


def test_bos_and_eos_are_added_as_the_vocabulary_says(load):
    for flags, expected in (
        (0, ["a"]),
        (ADD_BOS, ["<s>", "a"]),
        (ADD_EOS, ["a", "</s>"]),
        (ADD_BOS | ADD_EOS, ["<s>", "a", "</s>"]),
    ):
        vocabulary = spm_vocabulary({"a": -1.0}, flags=flags)
        instance = load(vocabulary)
        assert texts(vocabulary, instance.tokenize(b"a", add_special=True)) == expected
        assert texts(vocabulary, instance.tokenize(b"a")) == ["a"]


def test_control_and_byte_tokens_cannot_be_spelled(load):
    # Every step towards "<s>" and "<0x41>" is a token: only their type forbids them.
    steps = ["<", "s", ">", "<s", "0", "x", "4", "1", "<0", "<0x", "<0x4", "<0x41"]
    vocabulary = spm_vocabulary(dict.fromkeys(steps, -1.0), flags=0)
    instance = load(vocabulary)
    assert texts(vocabulary, instance.tokenize(b"<s>")) == ["<s", ">"]
    assert texts(vocabulary, instance.tokenize(b"<0x41>")) == ["<0x41", ">"]


pairs_of_scores = st.dictionaries(
    st.text(f"ab{SPACE_MARK}", min_size=2, max_size=5), st.integers(-9, 0), max_size=25
)


@quick
@given(scores=pairs_of_scores, text=st.text("ab ", max_size=60))
def test_sentencepiece_is_what_the_plain_algorithm_gives(reload, scores, text):
    pieces = {SPACE_MARK: -1.0, "a": -1.0, "b": -1.0} | {k: float(v) for k, v in scores.items()}
    vocabulary = spm_vocabulary(pieces, flags=0)
    expected = merge_slowly(
        list(text.replace(" ", SPACE_MARK)),
        lambda left, right: -pieces[left + right] if left + right in pieces else None,
    )
    assert texts(vocabulary, reload(vocabulary).tokenize(text.encode())) == expected


# ---- Byte-level BPE -----------------------------------------------------------------


def test_the_lowest_rank_is_merged_first(load):
    vocabulary = bpe_vocabulary(["b c", "a b", "a bc", "Ġ abc"])
    instance = load(vocabulary)
    assert texts(vocabulary, instance.tokenize(b"abc abc")) == ["abc", "Ġabc"]
    assert texts(vocabulary, instance.tokenize(b"abab")) == ["ab", "ab"]


def test_a_whole_word_that_is_a_token_wins_where_merges_are_ignored(load):
    # "abc" is a token that no merge makes.
    tokens = [*BYTE_LEVEL, "ab", "abc"]
    for flags, expected in ((0, ["ab", "c"]), (IGNORE_MERGES, ["abc"])):
        vocabulary = TokenizerVocabulary(BPE, tokens, pre=1, flags=flags, merges=["a b"])
        assert texts(vocabulary, load(vocabulary).tokenize(b"abc")) == expected


def test_merges_through_texts_that_are_no_tokens(load):
    # "ab" is no token, yet "abc" is made through it; what stays "ab" falls apart again.
    tokens = [*BYTE_LEVEL, "abc"]
    vocabulary = TokenizerVocabulary(BPE, tokens, pre=1, merges=["a b", "ab c"])
    instance = load(vocabulary)
    assert texts(vocabulary, instance.tokenize(b"abc")) == ["abc"]
    assert texts(vocabulary, instance.tokenize(b"abd")) == ["a", "b", "d"]


def test_a_byte_without_a_token_is_unknown(load):
    vocabulary = TokenizerVocabulary(BPE, ["a", "?"], pre=1, unk=1)
    assert load(vocabulary).tokenize(b"aba").tolist() == [0, 1, 0]
    silent = TokenizerVocabulary(BPE, ["a", "?"], pre=1)
    assert load(silent).tokenize(b"aba").tolist() == [0, 0]


def test_no_pre_tokenizer_takes_the_text_as_one_word(load):
    vocabulary = bpe_vocabulary(["a Ġ", "aĠ b"], pre=PRE_NONE)
    assert texts(vocabulary, load(vocabulary).tokenize(b"a b")) == ["aĠb"]


merge_lists = st.lists(
    st.tuples(st.text("ab", min_size=1, max_size=3), st.text("ab", min_size=1, max_size=3)),
    unique=True,
    max_size=20,
)


@quick
@given(
    pairs=merge_lists,
    text=st.one_of(st.text("ab", max_size=32), st.text("ab", min_size=33, max_size=90)),
)
def test_bpe_is_what_the_plain_algorithm_gives(reload, pairs, text):
    # Words of more than 32 bytes take another path than shorter ones.
    vocabulary = bpe_vocabulary([f"{left} {right}" for left, right in pairs])
    ranks = {pair: rank for rank, pair in enumerate(pairs)}
    expected = merge_slowly(list(text), lambda *pair: ranks.get(pair))
    known = texts(vocabulary, reload(vocabulary).tokenize(text.encode()))
    # A part of a merge that no merge makes is no token here and falls apart.
    tokens = set(vocabulary.ids)
    assert known == [p for e in expected for p in ([e] if e.encode() in tokens else list(e))]


# ---- Special tokens and markers -----------------------------------------------------

CHAT = bpe_vocabulary(control=["<bos>", "<eos>", "<|a|>", "<|a|><|b|>"], user_defined=["  ", "a<"])


def test_control_tokens_are_recognised_only_where_that_is_asked(load):
    instance = load(CHAT)
    assert CHAT["<|a|>"] not in instance.tokenize(b"x<|a|>y")
    ids = instance.tokenize(b"x<|a|>y", parse_special=True)
    assert texts(CHAT, ids) == ["x", "<|a|>", "y"]


def test_user_defined_tokens_are_always_recognised(load):
    instance = load(CHAT)
    assert texts(CHAT, instance.tokenize(b"x   y")) == ["x", "  ", "Ġ", "y"]
    assert texts(CHAT, instance.tokenize(b"a<b")) == ["a<", "b"]


def test_the_longest_token_is_found_first(load):
    instance = load(CHAT)
    ids = instance.tokenize(b"<|a|><|b|><|a|>", parse_special=True)
    assert texts(CHAT, ids) == ["<|a|><|b|>", "<|a|>"]
    # The longer one wins although the shorter one begins before it.
    assert texts(CHAT, instance.tokenize(b"a<|a|>", parse_special=True)) == ["a", "<|a|>"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (b"<\xff|a|>", ["<", "|", "a", "|", ">"]),
        (b"<|a|\xff>", ["<", "|", "a", "|", ">"]),
        (b"\xff<|a|>", ["<", "|", "a", "|", ">"]),
        (b"\xff\xff<|a|>", ["<", "|", "a", "|", ">"]),
        (b"<|a|>\xff", ["<|a|>"]),
        (b"<|a|>\xff<|a|>", ["<|a|>", "<", "|", "a", "|", ">"]),
        (b"\xffx<|a|>", ["x", "<|a|>"]),
        (b"<|a|>\xff<|b|>", ["<|a|>", "<", "|", "b", "|", ">"]),  # the shorter one is left
        (b" \xff ", ["  "]),  # not a control token
        (b"\xff", []),
    ],
)
def test_no_control_token_across_or_right_after_a_marker(load, text, pieces):
    assert texts(CHAT, load(CHAT).tokenize(text, parse_special=True)) == pieces


def test_a_marker_leaves_plain_text_as_it_is(load):
    vocabulary = bpe_vocabulary(["a b"])
    assert texts(vocabulary, load(vocabulary).tokenize(b"\xffa\xffb\xff")) == ["ab"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (b"<u>\nhi<e>\n", ["<u>", "hi", "<e>"]),
        (b"<u> \t\n\v\f\r hi <e>", ["<u>", "hi", "▁", "<e>"]),
        (b"<u>\xffhi<e>\xff\n<u>", ["<u>", "hi", "<e>", "<u>"]),
        (b"<u>  \n  x", ["<u>", "  \n  ", "x"]),  # a token is no whitespace of another
        (b"<s> hi", ["<s>", "▁", "hi"]),
        (b" hi", ["▁", "hi"]),
        (b"<u>\xc2\xa0", ["<u>", "<0xC2>", "<0xA0>"]),
        (b"<e>\n", ["<e>"]),
    ],
)
def test_some_tokens_take_the_whitespace_after_them(load, text, pieces):
    vocabulary = spm_vocabulary(
        {SPACE_MARK: -1.0, "hi": -2.0, "x": -3.0},
        control=["<u>"],
        user_defined=["<e>", "  \n  "],
        flags=0,
    )
    for name in ("<u>", "<e>"):
        vocabulary.types[vocabulary[name]] += TAKES_SPACE
    vocabulary.eog = [vocabulary["<e>"]]  # which makes it a control token
    ids = load(vocabulary).tokenize(text, parse_special=True)
    assert texts(vocabulary, ids) == pieces


def test_a_token_that_ends_a_turn_is_a_control_token(load):
    vocabulary = bpe_vocabulary(user_defined=["<|end|>"])
    vocabulary.eog = [vocabulary["<|end|>"]]
    instance = load(vocabulary)
    assert vocabulary["<|end|>"] not in instance.tokenize(b"<|end|>")
    assert instance.tokenize(b"<|end|>", parse_special=True).tolist() == vocabulary.eog


def test_many_overlapping_special_tokens(load):
    vocabulary = bpe_vocabulary(control=["<a", "<b"], user_defined=["aa", "aaa", "aaaa"])
    ids = load(vocabulary).tokenize(b"a" * 4 * 1001 + b"aaa")
    assert texts(vocabulary, ids) == ["aaaa"] * 1001 + ["aaa"]


# ---- Detokenizing -------------------------------------------------------------------


def test_control_tokens_have_no_text_unless_they_are_rendered(load):
    instance = load(CHAT)
    ids = [CHAT["<bos>"], CHAT["x"], CHAT["<|a|>"], CHAT["  "]]
    assert instance.detokenize(ids) == b"x  "
    assert instance.detokenize(ids, render_special=True) == b"<bos>x<|a|>  "


def test_only_the_space_in_front_is_stripped(load):
    vocabulary = spm_vocabulary({SPACE_MARK: -1.0, "a": -2.0, f"{SPACE_MARK}a": -3.0})
    instance = load(vocabulary)
    ids = instance.tokenize(b"  a a", add_special=True)
    assert instance.detokenize(ids) == b"   a a"
    assert instance.detokenize(ids, strip_space=True) == b"  a a"
    assert instance.detokenize(ids, strip_space=True, render_special=True) == b"<s>  a a"
    unprefixed = spm_vocabulary({SPACE_MARK: -1.0, "a": -2.0}, flags=0)
    assert load(unprefixed).detokenize([unprefixed[SPACE_MARK]], strip_space=True) == b" "


def test_unused_tokens_have_no_text(load):
    vocabulary = TokenizerVocabulary(BPE, ["a", "b"], types=[1, 5])
    assert load(vocabulary).detokenize([0, 1, 0]) == b"aa"


def test_characters_outside_the_byte_alphabet_stay(load):
    vocabulary = TokenizerVocabulary(BPE, ["Ġé", "中", b"\xff\xc3"])
    assert load(vocabulary).detokenize([0, 1, 2]) == b" \xe9\xe4\xb8\xad\xff\xc3"


def test_ids_out_of_range_are_refused(load):
    instance = load(CHAT)
    for bad in (-1, len(CHAT.tokens), 2**31 - 1):
        with pytest.raises(GuestError, match="argument"):
            instance.detokenize([0, bad])
    assert instance.detokenize([CHAT["x"]]) == b"x"


@quick
@given(data=st.binary(max_size=80))
def test_bytes_survive_byte_level_bpe(reload, data):
    instance = reload(bpe_vocabulary(["a b", "Ġ a", "Ã ©"]))
    assert instance.detokenize(instance.tokenize(data)) == data.replace(b"\xff", b"")


@quick
@given(data=st.one_of(st.binary(max_size=80), st.text(max_size=40).map(str.encode)))
def test_bytes_survive_sentencepiece(reload, data):
    ids = (instance := reload(WORDS)).tokenize(data)
    expected = without_space_marks(data.replace(b"\xff", b""))
    assert instance.detokenize(ids, strip_space=True) == expected


# ---- Size ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", [b"a" * MEBIBYTE, b" " * MEBIBYTE, b"ab" * (MEBIBYTE // 2)])
def test_a_long_run_is_not_quadratic(load, text):
    # In the guest's ordinary deadline: quadratic time would take hours.
    steps = [2**i for i in range(8)]
    merges = [f"{c * n} {c * n}" for c in "aĠ" for n in steps] + ["a b", "ab ab"]
    instance = load(bpe_vocabulary(merges))
    assert instance.detokenize(instance.tokenize(text)) == text
    pieces = {c * n: -float(n) for c in ("a", "b", SPACE_MARK, "ab") for n in steps}
    instance = load(spm_vocabulary(pieces, flags=ADD_SPACE_PREFIX))
    assert instance.detokenize(instance.tokenize(text), strip_space=True) == text


def test_a_text_too_long_for_the_memory_is_a_limit_and_the_instance_goes_on(load):
    instance = load(WORDS, memory_bytes=4 * MEBIBYTE)
    for size in (MEBIBYTE, 8 * MEBIBYTE):
        with pytest.raises(GuestLimitError) as caught:
            instance.tokenize(b"b" * size)
        assert caught.value.limit == "memory"
        assert texts(WORDS, instance.tokenize(b"abc")) == ["▁abc"]


def test_memory_does_not_grow_from_call_to_call(load):
    instance = load(WORDS)
    for _ in range(3):
        instance.detokenize(instance.tokenize(b"abc d\n" * 20_000))
    size = instance.memory_bytes
    for _ in range(20):
        instance.detokenize(instance.tokenize(b"abc d\n" * 20_000))
    assert instance.memory_bytes == size
