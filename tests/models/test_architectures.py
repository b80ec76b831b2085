"""What makes the architectures different from each other, read off their graphs."""

from __future__ import annotations

import math

import pytest

from realm_jupyter.graph import Attention, Geglu, Linear, MixtureOfExperts, RMSNorm, Rope, Softcap
from realm_jupyter.models import gemma2, gemma3, open_model
from support.tiny_gguf import Tensor
from support.tiny_models import HEADS, KV_HEADS, NUM_LAYERS, tiny_model, tiny_tensors


def ops(kind, architecture, changes=None, **options):
    graph = open_model(tiny_model(architecture, changes, **options)).graph
    return [op for op in graph.ops if isinstance(op, kind)]


@pytest.mark.parametrize(
    ("architecture", "layout"),
    [
        ("llama", "norm"),
        ("qwen2", "neox"),
        ("qwen3", "neox"),
        ("qwen3moe", "neox"),
        ("gemma2", "neox"),
        ("gemma3", "neox"),
        ("phi3", "neox"),
    ],
)
def test_rope_layouts(architecture, layout):
    assert {op.layout for op in ops(Rope, architecture)} == {layout}
    heads = [op.num_heads for op in ops(Rope, architecture)]
    assert heads == [HEADS, KV_HEADS] * NUM_LAYERS.get(architecture, 2)


def test_every_model_has_one_cache_layer_for_each_of_its_layers():
    for architecture, count in (("llama", 2), ("gemma3", 6)):
        model = open_model(tiny_model(architecture))
        assert model.graph.kv_layers == ((KV_HEADS, 16, 16),) * count


def test_llama_with_experts_is_mixtral():
    tensors = [tensor for tensor in tiny_tensors("llama") if ".ffn_" not in tensor.name]
    tensors += [
        tensor
        for tensor in tiny_tensors("qwen3moe")
        if "exps" in tensor.name or "ffn_norm" in tensor.name or "gate_inp" in tensor.name
    ]
    changes = {"expert_count": 4, "expert_used_count": 2, "feed_forward_length": 24}
    moe = ops(MixtureOfExperts, "llama", changes, tensors=tensors)
    assert [(op.num_experts, op.num_used, op.hidden_width) for op in moe] == [(4, 2, 24)] * 2
    assert all(op.normalize and op.routing == "softmax_topk" for op in moe)
    assert ops(MixtureOfExperts, "qwen3moe") == moe


def test_qwen2_has_biases_and_qwen3_has_head_norms():
    biased = [op.bias for op in ops(Linear, "qwen2") if op.bias]
    assert biased == [f"blk.{i}.attn_{n}.bias" for i in range(2) for n in "qkv"]
    groups = [op.num_groups for op in ops(RMSNorm, "qwen3")]
    assert groups == [1, HEADS, KV_HEADS, 1] * 2 + [1]


def test_gemma2_alternates_windows_and_caps_scores():
    layers = ops(Attention, "gemma2", {"attn_logit_softcapping": 40.0})
    assert [op.window for op in layers] == [8, 0]
    assert {op.softcap for op in layers} == {40.0}
    assert {op.scale for op in layers} == {1 / math.sqrt(16)}
    assert [op.cap for op in ops(Softcap, "gemma2")] == [30.0]
    assert ops(Attention, "gemma2", {"attention.sliding_window": None})[0].window == 4096
    assert len(ops(Geglu, "gemma2")) == 2


def test_gemma3_has_five_local_layers_for_each_global_one():
    changes = {"rope.freq_base": 1e6, "rope.scaling.factor": 8.0, "rope.scaling.type": "linear"}
    assert [op.window for op in ops(Attention, "gemma3", changes)] == [8, 8, 8, 8, 8, 0]
    ropes = ops(Rope, "gemma3", changes)[::2]
    assert [op.base for op in ropes] == [10000.0] * 5 + [1e6]
    assert [op.freq_scale for op in ropes] == [1.0] * 5 + [1 / 8]
    assert not ops(Softcap, "gemma3")
    assert [op.cap for op in ops(Softcap, "gemma3", {"final_logit_softcapping": 20.0})] == [20.0]
    changes = {"attention.sliding_window_pattern": 3, "rope.freq_base_swa": 500.0}
    assert [op.window for op in ops(Attention, "gemma3", changes)] == [8, 8, 0, 8, 8, 0]
    assert ops(Rope, "gemma3", changes)[0].base == 500.0
    changes = {"attention.sliding_window": 0}
    assert not any(op.window for op in ops(Attention, "gemma3", changes))


def test_phi3_takes_its_window_and_its_factors_from_the_file():
    assert [op.window for op in ops(Attention, "phi3")] == [0, 0]
    windows = {"attention.sliding_window": 100}
    assert [op.window for op in ops(Attention, "phi3", windows)] == [100, 100]
    windows = {"attention.sliding_window": 256}
    assert [op.window for op in ops(Attention, "phi3", windows)] == [0, 0]
    factors = [
        Tensor(f"rope_factors_{kind}.weight", (8,), 0, b"\0\0\x80\x3f" * 8)
        for kind in ("long", "short")
    ]
    changes = {"rope.scaling.original_context_length": 64, "rope.scaling.attn_factor": 1.5}
    found = ops(Rope, "phi3", changes, tensors=[*tiny_tensors("phi3"), *factors])
    assert {op.freq_factors for op in found} == {"rope_factors_long.weight"}
    assert {op.magnitude for op in found} == {1.5}


def test_some_columns_of_a_head_may_stay_as_they_are():
    found = ops(Rope, "phi3", {"rope.dimension_count": 12})
    assert {(op.head_dim, op.rotary_dims) for op in found} == {(16, 12)}


def test_the_largest_gemmas_scale_queries_by_their_width(monkeypatch):
    monkeypatch.setattr(gemma2, "_LAYERS_OF_27B", 2)
    monkeypatch.setattr(gemma3, "_LAYERS_OF_27B", 6)
    for architecture in ("gemma2", "gemma3"):
        assert {op.scale for op in ops(Attention, architecture)} == {1 / math.sqrt(32 / HEADS)}
