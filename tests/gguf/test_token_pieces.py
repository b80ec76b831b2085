"""The bytes of each token are those that the guest writes."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter.gguf import GGUFFile
from realm_jupyter.gguf.vocabulary import Vocabulary
from realm_jupyter.sandbox import GuestInstance, GuestModule
from support.tiny_gguf import F32, STRING, array_field, bpe_vocabulary, gguf_bytes, spm_vocabulary
from support.tiny_gguf import field as gguf_field


def guest_of(vocabulary):
    instance = GuestInstance(GuestModule.shipped())
    instance.load_vocabulary(vocabulary.to_blob())
    return instance


def check(vocabulary):
    pieces = vocabulary.pieces()
    ids = np.arange(vocabulary.num_tokens, dtype=np.int32)
    with guest_of(vocabulary) as guest:
        assert guest.detokenize(ids) == b"".join(pieces)
        for token_id in ids[:: max(1, len(ids) // 300)]:
            assert guest.detokenize([token_id]) == pieces[token_id]


@pytest.mark.parametrize("fields", [spm_vocabulary(), bpe_vocabulary()], ids=["spm", "bpe"])
def test_small_vocabularies(fields):
    check(Vocabulary.from_file(GGUFFile.open(gguf_bytes(fields, []))))


@pytest.mark.parametrize("tokenizer", ["llama", "gpt2"])
def test_odd_tokens(tokenizer):
    tokens = ["<unk>", "<s>", "</s>", "<0x41>", "<0xZZ>", "▁▁a▁", "", "é", "Ġ", "ĠĠé\x7fÃ"]
    tokens += [" plain space", "日本", "\u00ad", "ŃĀ", "<0xff>"]
    fields = [
        gguf_field("tokenizer.ggml.model", STRING, tokenizer),
        gguf_field("tokenizer.ggml.pre", STRING, "default" if tokenizer == "llama" else "gpt-2"),
        array_field("tokenizer.ggml.tokens", STRING, tokens),
        array_field("tokenizer.ggml.scores", F32, [0.0] * len(tokens)),
        array_field("tokenizer.ggml.merges", STRING, []),
    ]
    check(Vocabulary.from_file(GGUFFile.open(gguf_bytes(fields, []))))


@pytest.mark.conformance
@pytest.mark.parametrize("name", ["gpt-2", "llama-spm", "qwen2"])
def test_the_vocabularies_of_real_models(conformance_dir, name):
    path = conformance_dir / "tokenizers" / f"{name}.gguf"
    check(Vocabulary.from_file(GGUFFile.open(path)))
