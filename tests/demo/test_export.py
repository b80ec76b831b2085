from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

import gguf
from realm_jupyter.demo.export import describe_sentencepiece, export_gguf
from realm_jupyter.demo.network import Network, NetworkConfig
from realm_jupyter.demo.sentencepiece import train_vocabulary
from realm_jupyter.demo.tales.corpus import write_story
from realm_jupyter.demo.toy import train_toy

VOCABULARY = train_vocabulary([write_story(seed) for seed in range(40)], 448)


def make_network(architecture="qwen3") -> Network:
    config = NetworkConfig(
        architecture=architecture,
        vocab_size=len(VOCABULARY),
        num_layers=2,
        embedding_length=64,
        num_heads=4,
        num_kv_heads=2,
        head_dim=32,
        feed_forward_length=96,
        context_length=256,
        rope_base=20_000.0,
    )
    network = Network(config, seed=5)
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.ndim == 1:
                weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.1)
            else:
                weight.mul_(6.0)
    return network.eval()


def export(network, path, **options):
    vocabulary = describe_sentencepiece(VOCABULARY)
    export_gguf(network, vocabulary, path, name="test", description="A test.", **options)
    return gguf.GGUFReader(path)


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_an_f32_file_holds_the_weights_as_they_are(tmp_path, architecture):
    network = make_network(architecture)
    reader = export(network, tmp_path / "f32.gguf")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    query = tensors["blk.1.attn_q.weight"].data
    np.testing.assert_array_equal(query, network.blocks[1].attention.query.weight.detach().numpy())
    assert tensors["token_embd.weight"].data.shape == (448, 64)
    assert "output.weight" not in tensors
    assert ("blk.0.attn_q_norm.weight" in tensors) == (architecture == "qwen3")
    assert sum(tensor.data.size for tensor in reader.tensors) == network.num_parameters


def test_a_file_says_what_a_reader_needs(tmp_path):
    reader = export(make_network(), tmp_path / "f32.gguf")
    values = {name: value.contents() for name, value in reader.fields.items()}
    assert values["general.architecture"] == "qwen3"
    assert values["general.name"] == "test"
    assert values["general.license"] == "BSD-3-Clause"
    assert values["qwen3.block_count"] == 2
    assert values["qwen3.attention.head_count_kv"] == 2
    assert values["qwen3.attention.key_length"] == 32
    assert values["qwen3.rope.freq_base"] == 20_000.0
    assert values["tokenizer.ggml.model"] == "llama"
    assert values["tokenizer.ggml.add_bos_token"] is True
    assert values["tokenizer.ggml.tokens"] == VOCABULARY.pieces
    assert values["tokenizer.ggml.token_type"][:4] == [2, 3, 3, 6]
    assert "tokenizer.chat_template" not in values


def test_quantized_matrices_stay_within_half_a_step(tmp_path):
    network = make_network()
    reader = export(network, tmp_path / "q8.gguf", quant_type="Q8_0")
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    assert tensors["blk.0.attn_norm.weight"].tensor_type == gguf.GGMLQuantizationType.F32
    down = tensors["blk.0.ffn_down.weight"]
    assert down.tensor_type == gguf.GGMLQuantizationType.Q8_0
    original = network.blocks[0].feed_forward.down.weight.detach().numpy()
    restored = gguf.quants.dequantize(down.data, down.tensor_type)
    steps = np.abs(original.reshape(-1, 32)).max(axis=1, keepdims=True) / 127
    assert np.all(np.abs(restored - original).reshape(-1, 32) <= 0.56 * steps)


def test_a_vocabulary_of_another_size_is_refused(tmp_path):
    described = describe_sentencepiece(VOCABULARY)
    shorter = replace(described, tokens=described.tokens[:-1])
    with pytest.raises(ValueError, match="447 tokens for a vocabulary of 448"):
        export_gguf(make_network(), shorter, tmp_path / "x.gguf", name="x", description="x")


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_llama_cpp_computes_the_same_logits(tmp_path, architecture):
    llama_cpp = pytest.importorskip("llama_cpp")
    network = make_network(architecture)
    export(network, tmp_path / "f32.gguf")
    with warnings.catch_warnings():  # its silencing leaves two null files open
        warnings.simplefilter("ignore", ResourceWarning)
        peer = llama_cpp.Llama(
            str(tmp_path / "f32.gguf"),
            n_ctx=128,
            n_threads=1,
            logits_all=True,
            type_k=llama_cpp.GGML_TYPE_F32,
            type_v=llama_cpp.GGML_TYPE_F32,
            verbose=False,
        )
    story = write_story(3)[:120]
    token_ids = VOCABULARY.encode(story)
    assert peer.tokenize(story.encode(), add_bos=True, special=False) == token_ids
    peer.eval(token_ids)
    theirs = np.array(peer.scores[: len(token_ids)])
    peer.close()
    ours = network(torch.tensor([token_ids]))[0].detach().numpy()
    assert np.abs(ours).max() > 1.0
    np.testing.assert_allclose(theirs, ours, atol=2e-4)


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_a_toy_is_trained_and_exported_in_one_call(tmp_path, architecture):
    toy = train_toy(tmp_path / "folder" / "toy.gguf", steps=3, architecture=architecture)
    assert len(toy.losses) == 3
    reader = gguf.GGUFReader(toy.path)
    assert reader.fields["general.architecture"].contents() == architecture
    assert sum(tensor.data.size for tensor in reader.tensors) == toy.num_parameters
