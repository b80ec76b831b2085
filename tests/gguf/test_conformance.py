"""The files of the reference data open, dequantize, and say what gguf says."""

from __future__ import annotations

import struct
import time

import numpy as np
import pytest

import gguf
from realm_jupyter.gguf import GGUFFile, Vocabulary, summarize

pytestmark = pytest.mark.conformance


def test_every_file_opens_and_says_what_gguf_says(conformance_dir):
    paths = sorted(conformance_dir.glob("models/*.gguf"))
    assert len(paths) >= 20
    for path in paths:
        reader = gguf.GGUFReader(path)
        with GGUFFile.open(path) as file:
            for key, found in file.metadata.items():
                expected = reader.fields[key].contents()
                assert (list(found) if isinstance(expected, list) else found) == expected, key
            assert list(file.tensors) == [tensor.name for tensor in reader.tensors]
            for tensor in reader.tensors:
                expected = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
                found = file.tensor(tensor.name)
                assert found.shape == file.tensors[tensor.name].shape
                assert found.tobytes() == expected.tobytes(), (path.name, tensor.name)
            assert Vocabulary.from_file(file).num_tokens == 512


def strings_after(data: bytes, key: bytes) -> list[bytes]:
    """Read an array of strings without the package (gguf takes a minute for the largest)."""
    at = data.find(key)
    if at < 0:
        return []
    at += len(key)
    kind, element_kind, count = struct.unpack_from("<IIQ", data, at)
    assert (kind, element_kind) == (9, 8)
    at += 16
    strings = []
    for _ in range(count):
        (length,) = struct.unpack_from("<Q", data, at)
        strings.append(data[at + 8 : at + 8 + length])
        at += 8 + length
    return strings


@pytest.mark.parametrize(
    ("name", "num_tokens", "bos", "eog"),
    [
        ("gpt-2", 50257, 50256, {50256}),
        ("llama-bpe", 128256, 128000, {128001, 128009}),
        ("llama-spm", 32000, 1, {2}),
        ("qwen2", 151936, 151643, {151643, 151645}),
    ],
)
def test_real_vocabularies_are_read(conformance_dir, name, num_tokens, bos, eog):
    path = conformance_dir / "tokenizers" / f"{name}.gguf"
    tokens = strings_after(path.read_bytes(), b"tokenizer.ggml.tokens")
    merges = strings_after(path.read_bytes(), b"tokenizer.ggml.merges")
    with GGUFFile.open(path) as file:
        vocab = Vocabulary.from_file(file)
        assert vocab.num_tokens == num_tokens
        assert vocab.bos_id == bos
        assert vocab.eog_ids == eog
        assert [vocab.token_bytes(i) for i in range(num_tokens)] == tokens
        if merges:
            array = file.metadata["tokenizer.ggml.merges"]
            assert list(array) == [merge.decode() for merge in merges]
        blob = vocab.to_blob()
        assert blob.startswith(b"RVOC")
        assert b"".join(struct.pack("<Q", len(token)) + token for token in tokens) in blob
        assert summarize(file).num_parameters == 0


def test_a_vocabulary_of_128_ki_tokens_opens_quickly(conformance_dir):
    path = conformance_dir / "tokenizers" / "llama-bpe.gguf"
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        with GGUFFile.open(path) as file:
            Vocabulary.from_file(file)
        best = min(best, time.perf_counter() - start)
    assert best < 1.0  # 0.1 s on a quiet machine


def test_one_model_in_many_formats_is_one_model(conformance_dir):
    """Catches a format that is decoded consistently but wrongly."""
    with GGUFFile.open(conformance_dir / "models" / "llama-bf16.gguf") as file:
        exact = file.tensor("blk.0.ffn_down.weight")
    for path in sorted(conformance_dir.glob("models/llama-*.gguf")):
        with GGUFFile.open(path) as file:
            found = file.tensor("blk.0.ffn_down.weight")
            if found.shape != exact.shape:
                continue  # another model
            error = np.abs(found - exact).mean() / np.abs(exact).mean()
            assert error < 0.25, path.name
