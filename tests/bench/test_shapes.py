"""The shapes are those that were published."""

from __future__ import annotations

import pytest

from realm_jupyter.bench.quant_mix import MIXES, find_mix, tensor_quant_types
from realm_jupyter.bench.shapes import SHAPES, Shape
from realm_jupyter.errors import ConfigError
from realm_jupyter.gguf import GGUFFile, QuantType
from support.small_shape import SMALL


@pytest.mark.parametrize(
    ("name", "num_parameters", "num_rope_factors"),
    [
        ("tinyllama-1.1b", 1_100_048_384, 0),
        ("qwen2.5-0.5b", 494_032_768, 0),
        ("llama-3.2-1b", 1_235_814_400, 32),
        ("llama-3.1-8b", 8_030_261_248, 64),
    ],
)
def test_shapes_have_the_published_number_of_weights(name, num_parameters, num_rope_factors):
    assert SHAPES[name].num_parameters == num_parameters + num_rope_factors


def test_tensors_know_their_layer_and_role():
    tensors = {tensor.name: tensor for tensor in SHAPES["qwen2.5-0.5b"].tensors()}
    assert tensors["blk.3.attn_v.weight"].role == "attn_v"
    assert tensors["blk.3.attn_v.weight"].layer == 3
    assert not tensors["blk.3.attn_v.bias"].is_matrix
    assert "output.weight" not in tensors


def test_a_float_mix_is_plain():
    assert set(tensor_quant_types(SMALL, MIXES["F16"]).values()) == {QuantType.F16, QuantType.F32}


def test_q4_k_m_gives_some_layers_more_bits():
    found = tensor_quant_types(SHAPES["tinyllama-1.1b"], MIXES["Q4_K_M"])
    more = [layer for layer in range(22) if found[f"blk.{layer}.ffn_down.weight"].name == "Q6_K"]
    assert more == [0, 1, 4, 7, 10, 13, 16, 19, 20, 21]
    assert found["output.weight"] is QuantType.Q6_K
    assert found["token_embd.weight"] is QuantType.Q4_K
    assert found["blk.5.attn_q.weight"] is QuantType.Q4_K


def test_rows_that_fill_no_large_blocks_fall_back():
    found = tensor_quant_types(SHAPES["qwen2.5-0.5b"], MIXES["Q4_K_M"])
    assert found["token_embd.weight"] is QuantType.Q8_0  # tied, so it is the output too
    assert found["blk.8.attn_q.weight"] is QuantType.Q5_0
    assert found["blk.0.attn_v.weight"] is QuantType.Q8_0
    assert found["blk.8.ffn_down.weight"] in {QuantType.Q4_K, QuantType.Q6_K}


def test_an_unknown_mix_lists_those_there_are():
    assert find_mix("q4_k_m") is MIXES["Q4_K_M"]
    with pytest.raises(ConfigError, match=r"quant='Q9' is unknown; use one of F32, F16, .*Q2_K$"):
        find_mix("Q9")


@pytest.mark.conformance
@pytest.mark.parametrize(
    "name",
    [
        *("F32", "F16", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_1", "Q5_0", "Q4_K_M"),
        *("Q4_1", "Q4_0", "IQ4_NL", "IQ4_XS", "Q3_K_M", "Q2_K"),
    ],
)
def test_tensors_have_the_types_that_llama_cpp_chose(conformance_dir, name):
    path = conformance_dir / "models" / f"llama-{name.lower()}.gguf"
    with GGUFFile.open(path) as file:
        metadata = file.metadata
        heads = metadata["llama.attention.head_count"]
        shape = Shape(
            name="file",
            architecture="llama",
            num_layers=metadata["llama.block_count"],
            embedding_length=metadata["llama.embedding_length"],
            feed_forward_length=metadata["llama.feed_forward_length"],
            vocab_size=file.tensors["token_embd.weight"].shape[0],
            context_length=metadata["llama.context_length"],
            num_heads=heads,
            num_kv_heads=metadata["llama.attention.head_count_kv"],
            head_dim=metadata["llama.embedding_length"] // heads,
            rope_base=10_000.0,
            eps=1e-5,
            is_tied="output.weight" not in file.tensors,
        )
        found = {info.name: info.quant_type for info in file.tensors.values()}
        assert metadata["general.file_type"] == MIXES[name].file_type
    assert tensor_quant_types(shape, MIXES[name]) == found
