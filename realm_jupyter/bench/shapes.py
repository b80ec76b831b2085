"""Shapes of well-known models: all that decides how fast one runs, and no weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = ["SHAPES", "Shape", "TensorShape"]


class TensorShape(NamedTuple):
    """A tensor of a model: its name, its shape in numpy's order, its layer or -1."""

    name: str
    shape: tuple[int, ...]
    layer: int = -1

    @property
    def is_matrix(self) -> bool:
        """Whether it may be quantized; norms, biases and rope factors stay float32."""
        return len(self.shape) > 1

    @property
    def role(self) -> str:
        """Name without layer and suffix, such as ``"attn_v"``."""
        return self.name.split(".")[-2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Hyperparameters of a decoder as its authors published them.

    Parameters
    ----------
    name : str
    architecture : {"llama", "qwen2"}
    num_layers, embedding_length, feed_forward_length, vocab_size, context_length : int
    num_heads, num_kv_heads, head_dim : int
    rope_base, eps : float
    rope_factor : float
        Llama 3's stretching of slow rotations; 1 is none.
    is_tied : bool
        Whether the output weights are those of the embedding.
    has_attention_bias : bool
        Whether queries, keys and values have biases.
    vocabulary : {"llama", "llama-bpe", "qwen2"}
        SentencePiece, or the name of the byte-level pre-tokenizer.
    """

    name: str
    architecture: Literal["llama", "qwen2"]
    num_layers: int
    embedding_length: int
    feed_forward_length: int
    vocab_size: int
    context_length: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    rope_base: float
    eps: float
    rope_factor: float = 1.0
    is_tied: bool = False
    has_attention_bias: bool = False
    vocabulary: Literal["llama", "llama-bpe", "qwen2"] = "llama"

    @property
    def num_parameters(self) -> int:
        """Weights of all tensors, the table of rope factors included."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors())

    def tensors(self) -> list[TensorShape]:
        """Return every tensor of a file of this shape, in the order of the layers."""
        width, hidden = self.embedding_length, self.feed_forward_length
        queries, keys = self.num_heads * self.head_dim, self.num_kv_heads * self.head_dim
        found = [TensorShape("token_embd.weight", (self.vocab_size, width))]
        for layer in range(self.num_layers):
            parts: list[tuple[str, tuple[int, ...]]] = [("attn_norm.weight", (width,))]
            for name, size in (("attn_q", queries), ("attn_k", keys), ("attn_v", keys)):
                parts.append((f"{name}.weight", (size, width)))
                if self.has_attention_bias:
                    parts.append((f"{name}.bias", (size,)))
            parts += [
                ("attn_output.weight", (width, queries)),
                ("ffn_norm.weight", (width,)),
                ("ffn_gate.weight", (hidden, width)),
                ("ffn_up.weight", (hidden, width)),
                ("ffn_down.weight", (width, hidden)),
            ]
            found += [TensorShape(f"blk.{layer}.{name}", shape, layer) for name, shape in parts]
        found.append(TensorShape("output_norm.weight", (width,)))
        if not self.is_tied:
            found.append(TensorShape("output.weight", (self.vocab_size, width)))
        if self.rope_factor != 1:
            found.append(TensorShape("rope_freqs.weight", (self.head_dim // 2,)))
        return found


SHAPES: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        Shape(
            name="tinyllama-1.1b",
            architecture="llama",
            num_layers=22,
            embedding_length=2048,
            feed_forward_length=5632,
            vocab_size=32_000,
            context_length=2048,
            num_heads=32,
            num_kv_heads=4,
            head_dim=64,
            rope_base=10_000.0,
            eps=1e-5,
        ),
        Shape(
            name="qwen2.5-0.5b",
            architecture="qwen2",
            num_layers=24,
            embedding_length=896,
            feed_forward_length=4864,
            vocab_size=151_936,
            context_length=32_768,
            num_heads=14,
            num_kv_heads=2,
            head_dim=64,
            rope_base=1_000_000.0,
            eps=1e-6,
            is_tied=True,
            has_attention_bias=True,
            vocabulary="qwen2",
        ),
        Shape(
            name="llama-3.2-1b",
            architecture="llama",
            num_layers=16,
            embedding_length=2048,
            feed_forward_length=8192,
            vocab_size=128_256,
            context_length=131_072,
            num_heads=32,
            num_kv_heads=8,
            head_dim=64,
            rope_base=500_000.0,
            eps=1e-5,
            rope_factor=32.0,
            is_tied=True,
            vocabulary="llama-bpe",
        ),
        Shape(
            name="llama-3.1-8b",
            architecture="llama",
            num_layers=32,
            embedding_length=4096,
            feed_forward_length=14_336,
            vocab_size=128_256,
            context_length=131_072,
            num_heads=32,
            num_kv_heads=8,
            head_dim=128,
            rope_base=500_000.0,
            eps=1e-5,
            rope_factor=8.0,
            vocabulary="llama-bpe",
        ),
    )
}
"""The shapes that ``realm bench --shape`` knows, by name."""
