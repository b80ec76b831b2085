"""Small GGUF files of every architecture, with random weights, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from support.tiny_gguf import (
    F32,
    STRING,
    U32,
    VOCAB_SIZE,
    Tensor,
    f32_tensor,
    field,
    gguf_bytes,
    spm_vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ARCHITECTURES = ("gemma2", "gemma3", "llama", "phi3", "qwen2", "qwen3", "qwen3moe")
EMBEDDING, HEADS, KV_HEADS, HEAD_DIM, FEED_FORWARD = 32, 4, 2, 16, 48
EXPERTS, EXPERT_WIDTH = 4, 24
# One global layer after five local ones, or the pattern would not show.
NUM_LAYERS = {"gemma3": 6}


def tiny_fields(architecture: str, changes: Mapping[str, Any] | None = None) -> list[bytes]:
    """Metadata of a tiny model; ``changes`` replace values by key, None leaves a key out.

    Keys of the architecture come without its name; a value may be a number, a text, or
    bytes that are a whole entry.
    """
    values: dict[str, Any] = {
        "block_count": NUM_LAYERS.get(architecture, 2),
        "context_length": 256,
        "embedding_length": EMBEDDING,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": KV_HEADS,
        "attention.key_length": HEAD_DIM,
        "attention.value_length": HEAD_DIM,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.dimension_count": HEAD_DIM,
        "rope.freq_base": 10000.0,
    }
    if architecture.startswith("gemma"):
        values["attention.sliding_window"] = 8
    if architecture == "qwen3moe":
        values |= {
            "expert_count": EXPERTS,
            "expert_used_count": 2,
            "expert_feed_forward_length": EXPERT_WIDTH,
        }
    values |= changes or {}
    fields = [
        field("general.architecture", STRING, architecture),
        field("general.name", STRING, f"tiny {architecture}"),
    ]
    for key, value in values.items():
        if isinstance(value, bytes):
            fields.append(value)
        elif value is not None:
            kinds = {int: U32, float: F32, str: STRING}
            fields.append(field(f"{architecture}.{key}", kinds[type(value)], value))
    return fields


class _Weights:
    """Collects random tensors."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.tensors: list[Tensor] = []

    def matrix(self, name: str, *shape: int) -> None:
        scale = 1.0 if name.startswith("token_embd") else shape[-1] ** -0.5
        self.tensors.append(f32_tensor(f"{name}.weight", self.rng.normal(0.0, scale, shape)))

    def norm(self, name: str, size: int = EMBEDDING) -> None:
        self.tensors.append(f32_tensor(f"{name}.weight", 1.0 + 0.1 * self.rng.normal(size=size)))

    def bias(self, name: str, size: int) -> None:
        self.tensors.append(f32_tensor(f"{name}.bias", 0.1 * self.rng.normal(size=size)))


def _attention(weights: _Weights, architecture: str, prefix: str) -> None:
    queries, keys = HEADS * HEAD_DIM, KV_HEADS * HEAD_DIM
    weights.norm(f"{prefix}.attn_norm")
    if architecture == "phi3":
        weights.matrix(f"{prefix}.attn_qkv", queries + 2 * keys, EMBEDDING)
    else:
        for name, size in (("attn_q", queries), ("attn_k", keys), ("attn_v", keys)):
            weights.matrix(f"{prefix}.{name}", size, EMBEDDING)
            if architecture == "qwen2":
                weights.bias(f"{prefix}.{name}", size)
    if architecture in {"qwen3", "qwen3moe", "gemma3"}:
        weights.norm(f"{prefix}.attn_q_norm", HEAD_DIM)
        weights.norm(f"{prefix}.attn_k_norm", HEAD_DIM)
    weights.matrix(f"{prefix}.attn_output", EMBEDDING, queries)
    if architecture.startswith("gemma"):
        weights.norm(f"{prefix}.post_attention_norm")


def _feed_forward(weights: _Weights, architecture: str, prefix: str) -> None:
    weights.norm(f"{prefix}.ffn_norm")
    if architecture == "qwen3moe":
        weights.matrix(f"{prefix}.ffn_gate_inp", EXPERTS, EMBEDDING)
        weights.matrix(f"{prefix}.ffn_gate_exps", EXPERTS, EXPERT_WIDTH, EMBEDDING)
        weights.matrix(f"{prefix}.ffn_up_exps", EXPERTS, EXPERT_WIDTH, EMBEDDING)
        weights.matrix(f"{prefix}.ffn_down_exps", EXPERTS, EMBEDDING, EXPERT_WIDTH)
        return
    if architecture == "phi3":
        weights.matrix(f"{prefix}.ffn_up", 2 * FEED_FORWARD, EMBEDDING)
    else:
        weights.matrix(f"{prefix}.ffn_gate", FEED_FORWARD, EMBEDDING)
        weights.matrix(f"{prefix}.ffn_up", FEED_FORWARD, EMBEDDING)
    weights.matrix(f"{prefix}.ffn_down", EMBEDDING, FEED_FORWARD)
    if architecture.startswith("gemma"):
        weights.norm(f"{prefix}.post_ffw_norm")


def tiny_tensors(architecture: str, *, seed: int = 0, tied: bool = True) -> list[Tensor]:
    """Weights for `tiny_fields` of the same architecture."""
    weights = _Weights(seed)
    weights.matrix("token_embd", VOCAB_SIZE, EMBEDDING)
    for layer in range(NUM_LAYERS.get(architecture, 2)):
        _attention(weights, architecture, f"blk.{layer}")
        _feed_forward(weights, architecture, f"blk.{layer}")
    weights.norm("output_norm")
    if not tied:
        weights.matrix("output", VOCAB_SIZE, EMBEDDING)
    return weights.tensors


def tiny_model(
    architecture: str = "llama",
    changes: Mapping[str, Any] | None = None,
    *,
    tensors: list[Tensor] | None = None,
    vocabulary: list[bytes] | None = None,
    seed: int = 0,
    tied: bool = True,
) -> bytes:
    """The bytes of a tiny model; see `tiny_fields` and `tiny_tensors`."""
    fields = tiny_fields(architecture, changes)
    fields += spm_vocabulary() if vocabulary is None else vocabulary
    if tensors is None:
        tensors = tiny_tensors(architecture, seed=seed, tied=tied)
    return gguf_bytes(fields, tensors)
