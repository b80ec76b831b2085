"""The hand-written scanners against the regular expressions that they stand for.

The oracle is the PyPI package ``tokenizers``, whose engine ran when the vocabularies were
made. The merges join every pair of the alphabet's bytes, so that a word boundary in the
wrong place shows in the ids.
"""

from __future__ import annotations

import random

import pytest
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split

from realm_jupyter.sandbox import GuestInstance, GuestModule
from support.tokenizer_vocabulary import (
    BYTE_LEVEL,
    PRE_GPT2,
    PRE_LLAMA_BPE,
    PRE_QWEN2,
    bpe_vocabulary,
)

CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
PATTERNS = {
    PRE_GPT2: rf"{CONTRACTIONS}| ?\p{{L}}+| ?\p{{N}}+| ?[^\s\p{{L}}\p{{N}}]+|\s+(?!\S)|\s+",
    PRE_LLAMA_BPE: (
        rf"(?i:{CONTRACTIONS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|"
        r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
    PRE_QWEN2: (
        rf"(?i:{CONTRACTIONS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|"
        r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
# Letters, numbers, white space and symbols of one to four bytes; a mark, a letter that is
# an s where case is ignored, a code point without meaning.
ALPHABET = [
    *"  '''stmdrevlSTMDREVLxé中\u017f\U00010400",
    *"0189²Ⅷ٣\U0001d7d8",
    *"\n\n\r\t\v\f\x1c\x85\xa0\u2028\u3000",
    *".,!-_$\u0301\u200b\U0001f600\u0378",
]


@pytest.fixture(scope="module", params=PATTERNS, ids=["gpt-2", "llama-bpe", "qwen2"])
def tokenizers(request):
    # Pairs of bytes first, then pairs of pairs: enough to tell neighbouring words apart.
    used = sorted({BYTE_LEVEL[byte] for byte in "".join(ALPHABET).encode()})
    merges = [f"{a} {b}" for a in used for b in used]
    vocabulary = bpe_vocabulary(merges, pre=request.param, control=())
    model = BPE(
        {text.decode(): i for text, i in vocabulary.ids.items()},
        [tuple(merge.split(" ")) for merge in merges],
    )
    oracle = Tokenizer(model)
    oracle.pre_tokenizer = Sequence([
        Split(Regex(PATTERNS[request.param]), behavior="isolated"),
        ByteLevel(add_prefix_space=False, use_regex=False),
    ])  # fmt: skip
    with GuestInstance(GuestModule.shipped()) as instance:
        instance.load_vocabulary(vocabulary.to_blob())
        yield instance, oracle


def test_words_end_where_the_regular_expression_ends_them(tokenizers):
    instance, oracle = tokenizers
    draw = random.Random(20)  # noqa: S311
    for _ in range(4000):
        text = "".join(draw.choices(ALPHABET, k=draw.randint(1, 14)))
        assert instance.tokenize(text.encode()).tolist() == oracle.encode(text).ids, ascii(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'll we'RE it'S '\u017f don't 'x '",
        "  two   spaces  ",
        "a\n\n\n  b \r\n\r\n c\n",
        "1234567 1,234.5",
        "   \n   \n",
        "!!!\n\n??? \n",
        "\u00a0\u00a0x\u3000\u3000",
        "end ",
        "\t\tdef f():\n\t\treturn",
    ],
)
def test_known_traps(tokenizers, text):
    instance, oracle = tokenizers
    assert instance.tokenize(text.encode()).tolist() == oracle.encode(text).ids


def test_bytes_that_are_no_text_are_symbols_and_stay_what_they_are(tokenizers):
    instance, _ = tokenizers
    for data in (b"\x80", b"a\xc3", b"\xe2\x96 x", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf1"):
        assert instance.detokenize(instance.tokenize(data)) == data
