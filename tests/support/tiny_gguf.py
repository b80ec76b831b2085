"""Writes small GGUF files for tests: sound ones, and ones that lie.

Independent of the package's reader: the numbers come from the specification. The
bytes of a model are the same on every run.
"""

from __future__ import annotations

import struct
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
FORMATS = {
    U8: "<B",
    I8: "<b",
    U16: "<H",
    I16: "<h",
    U32: "<I",
    I32: "<i",
    F32: "<f",
    BOOL: "<B",
    U64: "<Q",
    I64: "<q",
    F64: "<d",
}
ALIGNMENT = 32

CHATML_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

VOCAB_SIZE = 320
TEXT = (
    "the cat sat on the mat and the dog ran to the cat then the rain came in and on the other "
    "hand he had a hat that she had made in the morning when the wind was in the north but some "
    "people were not there yet so they could only listen to what their little friends would say "
)


# ---- Bytes ----


def string(text: str | bytes) -> bytes:
    """A length and the text."""
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(data)) + data


def value(kind: int, content) -> bytes:
    """A single value, without its type."""
    return string(content) if kind == STRING else struct.pack(FORMATS[kind], content)


def field(key: str | bytes, kind: int, content) -> bytes:
    """A metadata entry with a single value."""
    return string(key) + struct.pack("<I", kind) + value(kind, content)


def array_field(key: str | bytes, kind: int, items: Sequence, *, count: int | None = None) -> bytes:
    """A metadata entry with an array; ``count`` may lie."""
    length = len(items) if count is None else count
    head = string(key) + struct.pack("<IIQ", ARRAY, kind, length)
    return head + b"".join(value(kind, item) for item in items)


def tensor_record(
    name: str | bytes,
    dims: Sequence[int],
    *,
    kind: int = 0,
    offset: int = 0,
    num_dims: int | None = None,
) -> bytes:
    """An entry of the tensor list; dims in GGUF's order, contiguous axis first."""
    count = len(dims) if num_dims is None else num_dims
    packed = b"".join(struct.pack("<Q", dim % (1 << 64)) for dim in dims)
    return string(name) + struct.pack("<I", count) + packed + struct.pack("<IQ", kind, offset)


def assemble(
    fields: Sequence[bytes] = (),
    tensors: Sequence[bytes] = (),
    data: bytes = b"",
    *,
    magic: bytes = b"GGUF",
    version: int = 3,
    num_fields: int | None = None,
    num_tensors: int | None = None,
    alignment: int = ALIGNMENT,
) -> bytes:
    """Put a file together; the counts may lie."""
    header = magic + struct.pack(
        "<IQQ",
        version,
        len(tensors) if num_tensors is None else num_tensors % (1 << 64),
        len(fields) if num_fields is None else num_fields % (1 << 64),
    )
    header += b"".join(fields) + b"".join(tensors)
    return header + bytes(-len(header) % alignment) + data


class Tensor(NamedTuple):
    """A tensor to write: bytes as ggml stores them, shape in numpy's order."""

    name: str
    shape: tuple[int, ...]
    kind: int
    data: bytes


def f32_tensor(name: str, numbers: np.ndarray) -> Tensor:
    """A tensor of float32."""
    return Tensor(name, numbers.shape, 0, numbers.astype("<f4").tobytes())


def gguf_bytes(
    fields: Sequence[bytes] = (),
    tensors: Sequence[Tensor] = (),
    *,
    version: int = 3,
    alignment: int = ALIGNMENT,
) -> bytes:
    """A sound file; with another alignment the fields must say so."""
    records, data = [], b""
    for tensor in tensors:
        records.append(
            tensor_record(tensor.name, tensor.shape[::-1], kind=tensor.kind, offset=len(data))
        )
        data += tensor.data + bytes(-len(tensor.data) % alignment)
    return assemble(fields, records, data, version=version, alignment=alignment)


# ---- Vocabularies ----


def _learn_merges(words: Iterable[tuple[str, ...]], count: int) -> list[tuple[str, str]]:
    """Byte-pair encoding: the most frequent pair first, ties by text."""
    words = Counter(words)
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, times in words.items():
            for pair in pairwise(word):
                pairs[pair] += times
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged: Counter[tuple[str, ...]] = Counter()
        for word, times in words.items():
            pieces, i = [], 0
            while i < len(word):
                if word[i : i + 2] == best:
                    pieces.append("".join(best))
                    i += 2
                else:
                    pieces.append(word[i])
                    i += 1
            merged[tuple(pieces)] += times
        words = merged
    return merges


def _byte_letters() -> list[str]:
    """How GPT-2 writes the 256 bytes as visible letters, in the order of its vocabulary."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte) for byte in visible] + [chr(256 + i) for i in range(len(hidden))]


def spm_vocabulary() -> list[bytes]:
    """SentencePiece with byte fallback: fields of 320 tokens, ids 1 BOS, 2 EOS."""
    letters = ["▁", *"etaonhisrdlucmwfgypbvkjxqz"]
    merges = _learn_merges([("▁", *word) for word in TEXT.split()], 32)
    pieces = letters + ["".join(merge) for merge in merges]
    control = ["<|im_start|>", "<|im_end|>"]
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    types = [2, 3, 3, *[6] * 256, *[1] * len(pieces), *[3] * len(control)]
    # A merge made earlier has the higher score; letters never compete.
    scores = [0.0] * 259 + [-100.0] * len(letters) + [float(-i) for i in range(len(merges))]
    tokens += control
    scores += [0.0] * len(control)
    assert len(tokens) == len(types) == len(scores) == VOCAB_SIZE
    return [
        field("tokenizer.ggml.model", STRING, "llama"),
        field("tokenizer.ggml.pre", STRING, "default"),
        array_field("tokenizer.ggml.tokens", STRING, tokens),
        array_field("tokenizer.ggml.scores", F32, scores),
        array_field("tokenizer.ggml.token_type", I32, types),
        field("tokenizer.ggml.bos_token_id", U32, 1),
        field("tokenizer.ggml.eos_token_id", U32, 2),
        field("tokenizer.ggml.unknown_token_id", U32, 0),
    ]


def bpe_vocabulary(pre: str = "gpt-2") -> list[bytes]:
    """Byte-level BPE: fields of 320 tokens, the last three control, id 317 BOS and EOS."""
    letters = _byte_letters()
    merges = _learn_merges([("Ġ", *word) for word in TEXT.split()], 61)
    control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokens = letters + ["".join(merge) for merge in merges] + control
    assert len(tokens) == len(set(tokens)) == VOCAB_SIZE
    return [
        field("tokenizer.ggml.model", STRING, "gpt2"),
        field("tokenizer.ggml.pre", STRING, pre),
        array_field("tokenizer.ggml.tokens", STRING, tokens),
        array_field("tokenizer.ggml.token_type", I32, [1] * 317 + [3] * 3),
        array_field("tokenizer.ggml.merges", STRING, [" ".join(merge) for merge in merges]),
        field("tokenizer.ggml.bos_token_id", U32, 317),
        field("tokenizer.ggml.eos_token_id", U32, 317),
    ]


# ---- A model ----


def tiny_llama(
    *,
    tokenizer: str = "llama",
    chat_template: str | None = None,
    seed: int = 0,
    tied: bool = True,
    name: str = "tiny",
    context_length: int = 256,
    fields: Sequence[bytes] = (),
    vocabulary: Sequence[bytes] | None = None,
) -> bytes:
    """A llama model of about 120 KB: 2 layers, V 320, E 32, 4 heads (2 for keys), FFN 48.

    Parameters
    ----------
    tokenizer : {"llama", "gpt2"}
    chat_template : str, optional
        For instance `CHATML_TEMPLATE`, whose tokens both vocabularies have.
    seed : int
        Of the weights.
    tied : bool
        Whether the output weights are those of the embedding.
    name : str
    context_length : int
    fields : sequence of bytes
        More metadata.
    vocabulary : sequence of bytes, optional
        Fields of a vocabulary of 320 tokens, instead of the one that ``tokenizer`` names.
    """
    embedding, heads, kv_heads, feed_forward, layers = 32, 4, 2, 48, 2
    if vocabulary is None:
        vocabulary = spm_vocabulary() if tokenizer == "llama" else bpe_vocabulary()
    metadata = [
        field("general.architecture", STRING, "llama"),
        field("general.name", STRING, name),
        field("llama.block_count", U32, layers),
        field("llama.context_length", U32, context_length),
        field("llama.embedding_length", U32, embedding),
        field("llama.feed_forward_length", U32, feed_forward),
        field("llama.attention.head_count", U32, heads),
        field("llama.attention.head_count_kv", U32, kv_heads),
        field("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
        field("llama.rope.freq_base", F32, 10000.0),
        field("llama.rope.dimension_count", U32, embedding // heads),
        field("llama.vocab_size", U32, VOCAB_SIZE),
        *vocabulary,
        *fields,
    ]
    if chat_template is not None:
        metadata.append(field("tokenizer.chat_template", STRING, chat_template))
    rng = np.random.default_rng(seed)

    def weights(name: str, *shape: int) -> Tensor:
        scale = 1.0 if name.startswith(("token_embd", "output.")) else shape[-1] ** -0.5
        return f32_tensor(name, rng.normal(0.0, scale, shape))

    def norm(name: str) -> Tensor:
        return f32_tensor(name, 1.0 + 0.1 * rng.normal(size=embedding))

    kv_length = embedding // heads * kv_heads
    tensors = [weights("token_embd.weight", VOCAB_SIZE, embedding)]
    for i in range(layers):
        tensors += [
            norm(f"blk.{i}.attn_norm.weight"),
            weights(f"blk.{i}.attn_q.weight", embedding, embedding),
            weights(f"blk.{i}.attn_k.weight", kv_length, embedding),
            weights(f"blk.{i}.attn_v.weight", kv_length, embedding),
            weights(f"blk.{i}.attn_output.weight", embedding, embedding),
            norm(f"blk.{i}.ffn_norm.weight"),
            weights(f"blk.{i}.ffn_gate.weight", feed_forward, embedding),
            weights(f"blk.{i}.ffn_up.weight", feed_forward, embedding),
            weights(f"blk.{i}.ffn_down.weight", embedding, feed_forward),
        ]
    tensors.append(norm("output_norm.weight"))
    if not tied:
        tensors.append(weights("output.weight", VOCAB_SIZE, embedding))
    return gguf_bytes(metadata, tensors)


def write_tiny_llama(path: Path, **options) -> Path:
    """Write `tiny_llama` to ``path`` and return it."""
    path.write_bytes(tiny_llama(**options))
    return path


def write_split(
    folder: Path, fields: Sequence[bytes], parts: Sequence[Sequence[Tensor]], *, stem: str = "model"
) -> list[Path]:
    """Write a model split over several files, as ``gguf-split`` names them."""
    total = sum(map(len, parts))
    paths = []
    for number, tensors in enumerate(parts):
        split = [
            field("split.no", U16, number),
            field("split.count", U16, len(parts)),
            field("split.tensors.count", I32, total),
        ]
        path = folder / f"{stem}-{number + 1:05}-of-{len(parts):05}.gguf"
        path.write_bytes(gguf_bytes([*(fields if number == 0 else ()), *split], tensors))
        paths.append(path)
    return paths
