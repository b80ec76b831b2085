"""A model file of a few hundred megabytes that takes no time to write: all weights are zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.tiny_gguf import (
    F32,
    STRING,
    U32,
    VOCAB_SIZE,
    assemble,
    field,
    spm_vocabulary,
    tensor_record,
)

if TYPE_CHECKING:
    from pathlib import Path

F32_KIND, Q8_0_KIND = 0, 8
Q8_0_BLOCK = (32, 34)
ALIGNMENT = 32


def write_big_llama(
    path: Path, *, embedding: int = 512, feed_forward: int, layers: int = 4
) -> Path:
    """Write a llama whose feed-forward weights are half F32, half Q8_0; a sparse file.

    Its size is about ``layers * embedding * feed_forward * 6.1`` bytes.
    """
    fields = [
        field("general.architecture", STRING, "llama"),
        field("general.name", STRING, "big"),
        field("llama.block_count", U32, layers),
        field("llama.context_length", U32, 64),
        field("llama.embedding_length", U32, embedding),
        field("llama.feed_forward_length", U32, feed_forward),
        field("llama.attention.head_count", U32, 8),
        field("llama.attention.head_count_kv", U32, 2),
        field("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
        field("llama.rope.dimension_count", U32, embedding // 8),
        field("llama.vocab_size", U32, VOCAB_SIZE),
        *spm_vocabulary(),
    ]
    shapes: list[tuple[str, tuple[int, ...], int]] = [
        ("token_embd.weight", (VOCAB_SIZE, embedding), F32_KIND),
        ("output_norm.weight", (embedding,), F32_KIND),
    ]
    for i in range(layers):
        shapes += [
            (f"blk.{i}.attn_norm.weight", (embedding,), F32_KIND),
            (f"blk.{i}.attn_q.weight", (embedding, embedding), F32_KIND),
            (f"blk.{i}.attn_k.weight", (embedding // 4, embedding), F32_KIND),
            (f"blk.{i}.attn_v.weight", (embedding // 4, embedding), F32_KIND),
            (f"blk.{i}.attn_output.weight", (embedding, embedding), F32_KIND),
            (f"blk.{i}.ffn_norm.weight", (embedding,), F32_KIND),
            (f"blk.{i}.ffn_gate.weight", (feed_forward, embedding), F32_KIND),
            (f"blk.{i}.ffn_up.weight", (feed_forward, embedding), Q8_0_KIND),
            (f"blk.{i}.ffn_down.weight", (embedding, feed_forward), Q8_0_KIND),
        ]
    records, offset = [], 0
    for name, shape, kind in shapes:
        records.append(tensor_record(name, shape[::-1], kind=kind, offset=offset))
        count = 1
        for length in shape:
            count *= length
        size = 4 * count if kind == F32_KIND else count // Q8_0_BLOCK[0] * Q8_0_BLOCK[1]
        offset += size + -size % ALIGNMENT
    header = assemble(fields, records)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + offset)
    return path
