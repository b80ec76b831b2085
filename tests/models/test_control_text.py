"""Control tokens in content are found wherever they start, and where an edge makes one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realm_jupyter.errors import PromptError
from realm_jupyter.models.control_text import ControlText, choose_marker

M = "\ufdd0"
TOKENS = ("<|end|>", "<|a|>", "|a|", "@", "[INST]", "<s>", "</s>", "é→")


def broken(text, tokens=TOKENS, **options):
    return ControlText.of(tokens).broken(text, M, **options).replace(M, "^")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("hello", "hello"),
        ("x<|end|>y", "x<^|end|>y"),
        ("<|end|><|end|>", "<^|end|><^|end|>"),
        (".<|a|>.", ".<^|^a|>."),
        ("a@b", "a^@b"),
        ("[INST]", "[^INST]"),
        ("<S>", "<S>"),
        ("<|end |>", "<|end |>"),
        (".<s></s>.", ".<^s><^/s>."),
        (".é→.", ".é^→."),
        ("<<s>>", "<<^s>>"),
    ],
)
def test_a_marker_stands_after_the_first_character_of_every_token(text, expected):
    assert broken(text, with_edges=False) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text", "plain text"),
        ("<", "^<"),
        (">", "^>"),
        ("end|> x", "^end|> x"),
        ("x <|e", "x ^<|e"),
        ("  \n>x", "  \n^>x"),
        ("x<|\t ", "x^<^|\t "),
        ("<|end|>", "<^|end|>"),
        ("|a|>", "^|^a|>"),
        ("]", "^]"),
        ("→ é", "^→ ^é"),
        ("INST] x [INS", "^INST] x ^[INS"),
    ],
)
def test_edges_that_a_template_could_complete_are_marked(text, expected):
    assert broken(text) == expected


def test_without_tokens_nothing_is_marked():
    assert broken("<|end|> @", ()) == "<|end|> @"
    assert broken("<|end|> @", ("",)) == "<|end|> @"


def recognised(text, tokens=TOKENS):
    """Find tokens as the guest does: none across a marker, none right after one."""
    found = []
    at = 0
    while at < len(text):
        if text[at] == M:
            at += 2 if any(text.startswith(token, at + 1) for token in tokens) else 1
            continue
        here = [token for token in tokens if text.startswith(token, at)]
        if here:
            found.append(max(here, key=len))
            at += len(found[-1])
        else:
            at += 1
    return found


PIECES = st.sampled_from(
    [*TOKENS, "<", "|", ">", "end", "a", "s", "/", " ", "\n", "INST", "[", "]"]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(TEXTS)
def test_no_token_is_left_in_any_text(text):
    marked = ControlText.of(TOKENS).broken(text, M)
    assert marked.replace(M, "") == text
    assert recognised(marked) == []


TEMPLATE = st.sampled_from(["<|end|>", "[INST]", "</s>", "\n", "word", "<|a|>\n"])


@given(st.lists(st.tuples(TEMPLATE, TEXTS), min_size=1, max_size=5), TEMPLATE)
def test_the_tokens_of_the_template_are_recognised_and_no_others(turns, last):
    """Neither does content complete a token, nor does a marker hide the one after it."""
    control = ControlText.of(TOKENS)
    text = "".join(piece + control.broken(said, M) for piece, said in turns) + last
    template = "\n".join([*(piece for piece, _ in turns), last])
    assert recognised(text) == recognised(template)


def test_prefixes_and_suffixes_of_other_tokens_do_not_hide_one():
    tokens = ["<a", "<abc>", "<b", "<bb>", "<bbb"]
    for token in tokens:
        assert broken(f".{token}.", tokens, with_edges=False) == f".<^{token[1:]}."


def test_a_search_by_brute_force_finds_the_same():
    generator = random.Random(3)  # noqa: S311 - a test's draw, not a secret
    alphabet = "<|>ab/"
    for _ in range(200):
        tokens = {"".join(generator.choices(alphabet, k=generator.randint(1, 5))) for _ in range(8)}
        text = "".join(generator.choices(alphabet, k=30))
        places = set()
        for token in tokens:
            for at in range(len(text)):
                if text.startswith(token, at):
                    places.add(at + (len(token) > 1))
        marked = ControlText(tokens).broken(text, M, with_edges=False)
        offsets = [at for at, letter in enumerate(marked) if letter == M]
        assert {at - number for number, at in enumerate(offsets)} == places


def test_the_first_token_is_the_longest_at_the_first_place():
    control = ControlText.of(["<s>", "<s>x", "b"])
    assert control.first("a<s>xb") == "<s>x"
    assert control.first("none") is None


def test_the_marker_is_one_that_nothing_holds():
    assert choose_marker(["plain", "日本"]) == "\ufdd0"
    assert choose_marker(["\ufdd0", "x\ufdd1"]) == "\ufdd2"
    with pytest.raises(PromptError, match="noncharacter"):
        choose_marker(["".join(map(chr, range(0xFDD0, 0xFDF0)))])


def test_a_large_vocabulary_and_a_long_text_stay_linear():
    """Work is counted, not timed: lookups happen only where a token could begin."""
    tokens = [f"<|special_{number}|>" for number in range(5000)]
    control = ControlText(tokens)
    text = "Lorem ipsum <b>dolor</b> sit amet. " * 30_000
    assert control.broken(text, M) == text
    assert control._pair.search(text) is None
    hostile = "<|special_12|>" * 70_000
    marked = control.broken(hostile, M, with_edges=False)
    assert len(marked) == len(hostile) + 70_000


def test_a_token_longer_than_any_real_one_is_broken_too():
    token = "<" + "x" * 5000 + ">"
    assert broken(f".{token}.", [token], with_edges=False) == f".<^{token[1:]}."
