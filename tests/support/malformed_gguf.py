"""Malformed GGUF files, by name: what published attacks and llama.cpp's own tests use.

References
----------
``tests/test-gguf.cpp`` of llama.cpp (names in capitals are its names) and the CVEs named
at the cases.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from support.tiny_gguf import (
    ARRAY,
    BOOL,
    F32,
    I8,
    I32,
    STRING,
    U8,
    U16,
    U32,
    U64,
    array_field,
    assemble,
    field,
    string,
    tensor_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MINUS_ONE = (1 << 64) - 1
I8_TENSOR, F32_TENSOR, Q4_0_TENSOR = 24, 0, 2


class Malformed(NamedTuple):
    """Bytes, a part of the message that they must lead to, and where it must point.

    ``content`` is a function where the bytes are many; ``offset`` is None where any
    place inside the file will do.
    """

    content: bytes | Callable[[], bytes]
    message: str
    offset: int | None = None

    @property
    def data(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content()


def _one_tensor(dims, *, kind=F32_TENSOR, offset=0, data=bytes(4096), **lies) -> bytes:
    return assemble([], [tensor_record("t", dims, kind=kind, offset=offset, **lies)], data)


def _two_tensors(first: bytes, second: bytes, data: bytes = bytes(4096)) -> bytes:
    return assemble([], [first, second], data)


def _raw_field(key: bytes, kind: int, rest: bytes) -> bytes:
    return string(key) + struct.pack("<I", kind) + rest


def _alignment(alignment: int, kind: int = U32) -> bytes:
    return assemble([field("general.alignment", kind, alignment)], alignment=ALIGN)


ALIGN = 32
GOOD = field("k", U8, 1)

HEADER = {
    "empty": Malformed(b"", "no bytes", 0),
    "only_the_magic (CVE-2024-39720)": Malformed(b"GGUF", "ends inside the version", 4),
    "one_byte": Malformed(b"G", "not a GGUF file", 0),
    "HEADER_BAD_MAGIC": Malformed(assemble(magic=b"FUGG"), "not a GGUF file", 0),
    "another_format": Malformed(b"PK\x03\x04" + bytes(60), "not a GGUF file", 0),
    "HEADER_BAD_VERSION_0": Malformed(assemble(version=0), "version 0 is not", 4),
    "HEADER_BAD_VERSION_1": Malformed(assemble(version=1), "version 1 is not", 4),
    "HEADER_BAD_VERSION_FUTURE": Malformed(assemble(version=4), "version 4 is not", 4),
    "big_endian": Malformed(b"GGUF" + struct.pack(">IQQ", 3, 0, 0) + bytes(8), "big-endian", 4),
    "HEADER_BAD_N_TENSORS (CVE-2024-21836)": Malformed(
        assemble(num_tensors=-1), "tensors, but at most", 8
    ),
    "n_tensors_over_the_limit": Malformed(assemble(num_tensors=(1 << 16) + 1), "at most", 8),
    "HEADER_BAD_N_KV (CVE-2024-23605)": Malformed(
        assemble(num_fields=-1), "metadata entries, but at most", 16
    ),
    "n_kv_over_the_limit": Malformed(assemble(num_fields=(1 << 16) + 1), "at most", 16),
    "nothing_after_the_header (CVE-2024-32878)": Malformed(
        assemble(num_fields=1)[:24], "ends inside", 24
    ),
    "no_tensor_info (CVE-2024-41130)": Malformed(assemble(num_tensors=1)[:24], "ends inside", 24),
}

METADATA = {
    "KV_BAD_KEY_SIZE (CVE-2024-23496)": Malformed(
        assemble([struct.pack("<Q", MINUS_ONE) + b"key" + struct.pack("<IB", U8, 1)]),
        "at most 65535",
        24,
    ),
    "key_longer_than_the_file": Malformed(
        assemble([struct.pack("<Q", 60000) + b"key" + struct.pack("<IB", U8, 1)]), "ends inside"
    ),
    "KV_EMPTY_KEY": Malformed(assemble([field("", U8, 1)]), "is empty", 24),
    "KV_BAD_TYPE": Malformed(assemble([_raw_field(b"k", 13, bytes(8))]), "type 13", 33),
    "type_minus_one": Malformed(
        assemble([_raw_field(b"k", 0xFFFFFFFF, bytes(8))]), "which does not exist", 33
    ),
    "KV_DUPLICATE_KEY": Malformed(assemble([GOOD, GOOD]), "there twice", 38),
    "KV_BAD_ALIGN": Malformed(_alignment(13), "power of two"),
    "alignment_0 (CVE-2025-0317)": Malformed(_alignment(0), "power of two"),
    "alignment_2^31 (llama.cpp#26318)": Malformed(_alignment(1 << 31), "at most 1048576"),
    "alignment_2^21": Malformed(_alignment(1 << 21), "at most 1048576"),
    "KV_WRONG_TYPE_ALIGN": Malformed(_alignment(32, I32), "must be a uint32, not int32"),
    "alignment_as_u64": Malformed(_alignment(32, U64), "must be a uint32, not uint64"),
    "alignment_as_string": Malformed(
        assemble([field("general.alignment", STRING, "32")]), "must be a uint32, not string"
    ),
    "alignment_as_array": Malformed(
        assemble([array_field("general.alignment", U32, [32])]), "must be a uint32"
    ),
    "string_of_2^64-1_bytes": Malformed(
        assemble([_raw_field(b"k", STRING, struct.pack("<Q", MINUS_ONE) + b"abc")]),
        "bytes; at most",
        37,
    ),
    "string_longer_than_the_file": Malformed(
        assemble([_raw_field(b"k", STRING, struct.pack("<Q", 1000) + b"abc")]), "ends inside", 45
    ),
    "array_of_2^64-1_numbers (CVE-2024-21825)": Malformed(
        assemble([array_field("k", U32, [], count=MINUS_ONE)]), "ends inside the array", 41
    ),
    "array_of_2^62_numbers": Malformed(
        assemble([array_field("k", U32, [], count=1 << 62)]), "ends inside the array", 41
    ),
    "array_of_2^61_strings": Malformed(
        assemble([array_field("k", STRING, [], count=1 << 61)]), "ends inside the array", 41
    ),
    "string_in_array_of_2^64-1_bytes": Malformed(
        assemble([_raw_field(b"k", ARRAY, struct.pack("<IQQ", STRING, 1, MINUS_ONE))]),
        "longer than",
        49,
    ),
    "string_in_array_longer_than_the_file": Malformed(
        assemble([_raw_field(b"k", ARRAY, struct.pack("<IQQ", STRING, 1, 5000))]),
        "ends inside a string of the array",
        49,
    ),
    "string_in_array_hides_the_next": Malformed(
        assemble([_raw_field(b"k", ARRAY, struct.pack("<IQQ16x", STRING, 2, 5000))]),
        "ends inside a string of the array",
        49,
    ),
    "too_many_strings": Malformed(
        lambda: assemble(
            [array_field("k", STRING, [], count=(1 << 22) + 1) + bytes(8 * (1 << 22) + 8)]
        ),
        "more than 4194304 strings",
        41,
    ),
    "array_of_arrays": Malformed(
        assemble([_raw_field(b"k", ARRAY, struct.pack("<IQIQ", ARRAY, 1, U8, 0))]),
        "array of arrays",
        37,
    ),
    "array_of_unknown_type": Malformed(
        assemble([_raw_field(b"k", ARRAY, struct.pack("<IQ", 99, 0))]), "type 99", 37
    ),
    "bool_of_2": Malformed(assemble([field("k", BOOL, 2)]), "neither 0 nor 1", 37),
    "bool_in_array_of_255": Malformed(
        assemble([array_field("k", BOOL, [0, 1, 255])]), "neither 0 nor 1", 51
    ),
    "key_not_utf8": Malformed(assemble([field(b"\xff\xfe", U8, 1)]), "not UTF-8", 32),
    "nul_in_key": Malformed(assemble([field("a\0b", U8, 1)]), "control characters", 32),
    "escape_in_key": Malformed(assemble([field("\x1b[31m", U8, 1)]), "control characters", 32),
}

TENSORS = {
    "TENSORS_BAD_NAME_SIZE": Malformed(
        assemble([], [tensor_record("t" * 64, [4])], bytes(32)), "at most 63", 24
    ),
    "name_of_2^64-1_bytes": Malformed(
        assemble([], [struct.pack("<Q", MINUS_ONE) + tensor_record("t", [4])[8:]], bytes(32)),
        "at most 63",
        24,
    ),
    "empty_name": Malformed(assemble([], [tensor_record("", [4])], bytes(32)), "is empty", 24),
    "name_not_utf8": Malformed(
        assemble([], [tensor_record(b"\xc3(", [4])], bytes(32)), "not UTF-8", 32
    ),
    "nul_in_name": Malformed(
        assemble([], [tensor_record("a\0b", [4])], bytes(32)), "control characters", 32
    ),
    "TENSORS_BAD_N_DIMS (CVE-2024-21802)": Malformed(
        _one_tensor([1, 1, 1, 1, 1]), "has 5 dimensions", 33
    ),
    "n_dims_2^32-1 (openvino.genai#4170)": Malformed(
        _one_tensor([4], num_dims=0xFFFFFFFF), "has 4294967295 dimensions", 33
    ),
    "TENSORS_BAD_SHAPE": Malformed(_one_tensor([-1, -1]), "is -1", 37),
    "TENSORS_ZERO_DIM": Malformed(_one_tensor([32, 0]), "dimension 1 of tensor 't' is 0", 45),
    "TENSORS_NE_TOO_BIG": Malformed(
        _one_tensor([4 * (2**31 - 1), 4 * (2**31 - 1)]), "too many elements", 37
    ),
    "product_wraps_negative (ggml#1516)": Malformed(
        _one_tensor([2**63 - 1, 2, 1, 1]), "too many elements", 37
    ),
    "TENSORS_NBYTES_TOO_BIG": Malformed(
        _one_tensor([3_100_000_000, 2_900_000_000], kind=27), "beyond the end"
    ),
    "exabytes_of_blocks (CVE-2026-33298)": Malformed(
        _one_tensor([1 << 31, 1 << 31], kind=Q4_0_TENSOR), "beyond the end"
    ),
    "TENSORS_BAD_TYPE": Malformed(_one_tensor([4], kind=42), "type 42", 45),
    "type_given_up": Malformed(_one_tensor([32], kind=4), "type 4, which does not exist", 45),
    "type_minus_one": Malformed(_one_tensor([4], kind=0xFFFFFFFF), "which does not exist", 45),
    "row_is_no_multiple_of_the_block": Malformed(
        _one_tensor([33], kind=Q4_0_TENSOR), "needs a multiple of 32", 37
    ),
    "TENSORS_BAD_OFFSET": Malformed(_one_tensor([4], offset=MINUS_ONE), "multiple of", 49),
    "offset_beyond_the_end (CVE-2026-7482)": Malformed(
        _one_tensor([4], offset=1 << 20), "beyond the end", 49
    ),
    "offset_of_2^63": Malformed(_one_tensor([4], offset=1 << 63), "beyond the end", 49),
    "size_beyond_the_end": Malformed(_one_tensor([1025]), "beyond the end", 49),
    "TENSORS_DUPLICATE_NAME": Malformed(
        _two_tensors(tensor_record("t", [8]), tensor_record("t", [8], offset=32)), "there twice"
    ),
    "TENSORS_BAD_ALIGN": Malformed(
        assemble([field("general.alignment", U32, 13)], [tensor_record("t", [8])], bytes(64)),
        "power of two",
    ),
    "TENSORS_INCONSISTENT_ALIGN": Malformed(
        _two_tensors(tensor_record("a", [1]), tensor_record("b", [1], offset=4)), "multiple of"
    ),
    "DATA_NOT_ENOUGH_DATA": Malformed(_one_tensor([1024], data=bytes(4095)), "beyond the end"),
    "DATA_BAD_ALIGN": Malformed(
        assemble([field("general.alignment", U32, 13)], [tensor_record("t", [8])], bytes(64)),
        "power of two",
    ),
    "DATA_INCONSISTENT_ALIGN": Malformed(
        _two_tensors(tensor_record("a", [3]), tensor_record("b", [3], offset=12), bytes(24)),
        "multiple of",
    ),
    "DATA_MEM_SIZE_OVERFLOW (CVE-2026-27940)": Malformed(
        _two_tensors(
            tensor_record("a", [0x7FFFFFFFFFFFFFC0], kind=I8_TENSOR),
            tensor_record("b", [0x7FFFFFFFFFFFFFC0], kind=I8_TENSOR, offset=0x7FFFFFFFFFFFFFC0),
            bytes(32),
        ),
        "beyond the end",
    ),
    "sizes_sum_past_2^64 (CVE-2025-53630)": Malformed(
        _two_tensors(
            tensor_record("a", [1 << 62], kind=I8_TENSOR),
            tensor_record("b", [1 << 62], kind=I8_TENSOR, offset=1 << 62),
            bytes(32),
        ),
        "beyond the end",
    ),
    "tensors_overlap": Malformed(
        _two_tensors(tensor_record("a", [16]), tensor_record("b", [16], offset=32)), "overlap"
    ),
    "tensors_at_the_same_place": Malformed(
        _two_tensors(tensor_record("a", [8]), tensor_record("b", [8])), "overlap"
    ),
}


def vocabulary(*, tokens=None, scores=None, types=None, merges=None, more=()) -> list[bytes]:
    """Fields of a vocabulary, with three sound tokens unless others are given."""
    model = "llama" if merges is None else "gpt2"
    sound = array_field("tokenizer.ggml.tokens", STRING, ["<unk>", "<s>", "</s>"])
    parts = [sound if tokens is None else tokens, scores, types, merges]
    fields = [field("tokenizer.ggml.model", STRING, model), *parts, *more]
    return [part for part in fields if part is not None]


def _vocabulary(message: str, **parts) -> Malformed:
    return Malformed(assemble(vocabulary(**parts)), message)


TOKENS, SCORES, TYPES, MERGES = (
    f"tokenizer.ggml.{name}" for name in ("tokens", "scores", "token_type", "merges")
)

VOCABULARIES = {
    "no_vocabulary": Malformed(assemble(), "no vocabulary"),
    "no_tokens": Malformed(
        assemble([field("tokenizer.ggml.model", STRING, "llama")]), "tokens is missing"
    ),
    "tokens_are_numbers": _vocabulary(
        "must be an array of strings", tokens=array_field(TOKENS, U32, [1, 2, 3])
    ),
    "tokens_are_one_string": _vocabulary(
        "must be an array of strings", tokens=field(TOKENS, STRING, "abc")
    ),
    "tokens_are_none": _vocabulary("has 0 tokens", tokens=array_field(TOKENS, STRING, [])),
    "tokens_are_too_many": Malformed(
        lambda: assemble(
            vocabulary(
                tokens=array_field(TOKENS, STRING, [], count=(1 << 21) + 1)
                + bytes(8 * ((1 << 21) + 1))
            )
        ),
        "has 2097153 tokens",
    ),
    "token_of_64_KiB (CVE-2025-49847)": _vocabulary(
        "the longest token has 65536 bytes", tokens=array_field(TOKENS, STRING, ["a" * 65536])
    ),
    "tokens_of_32_MiB": Malformed(
        lambda: assemble(
            vocabulary(tokens=array_field(TOKENS, STRING, ["a" * 65535] * 513)),
        ),
        "bytes; at most",
    ),
    "scores_as_u8": _vocabulary(
        "must be an array of float32", scores=array_field(SCORES, U8, [1, 2, 3])
    ),
    "scores_as_i8": _vocabulary(
        "must be an array of float32", scores=array_field(SCORES, I8, [1, 2, 3])
    ),
    "scores_as_one_number": _vocabulary(
        "must be an array of float32", scores=field(SCORES, F32, 1.0)
    ),
    "scores_are_too_few": _vocabulary(
        "2 elements for 3 tokens", scores=array_field(SCORES, F32, [1.0, 2.0])
    ),
    "scores_are_no_numbers": _vocabulary(
        "NaN", scores=array_field(SCORES, F32, [1.0, float("nan"), 2.0])
    ),
    "types_as_u8": _vocabulary("must be an array of int32", types=array_field(TYPES, U8, [1] * 3)),
    "types_as_strings": _vocabulary(
        "must be an array of int32", types=array_field(TYPES, STRING, ["1"] * 3)
    ),
    "types_are_too_few": _vocabulary("0 elements for 3 tokens", types=array_field(TYPES, I32, [])),
    "merges_are_missing": Malformed(
        assemble(vocabulary(merges=field("other", U8, 1))), "merges is missing"
    ),
    "merges_are_numbers": _vocabulary(
        "must be an array of strings", merges=array_field(MERGES, U32, [1])
    ),
    "tokenizer_is_a_number": Malformed(
        assemble([field("tokenizer.ggml.model", U32, 1)]), "supported are llama, gpt2"
    ),
    "tokenizer_is_another": Malformed(
        assemble([field("tokenizer.ggml.model", STRING, "bert")]), "supported are llama, gpt2"
    ),
    "pre_tokenizer_is_a_number": _vocabulary(
        "must be a string",
        merges=array_field(MERGES, STRING, []),
        more=[field("tokenizer.ggml.pre", U32, 1)],
    ),
    "pre_tokenizer_is_another": _vocabulary(
        "the pre-tokenizer 'smollm' is not supported; supported are",
        merges=array_field(MERGES, STRING, []),
        more=[field("tokenizer.ggml.pre", STRING, "smollm")],
    ),
    "bos_is_a_string": _vocabulary(
        "must be a whole number", more=[field("tokenizer.ggml.bos_token_id", STRING, "1")]
    ),
    "eos_is_a_float": _vocabulary(
        "must be a whole number", more=[field("tokenizer.ggml.eos_token_id", F32, 1.0)]
    ),
    "add_bos_is_a_number": _vocabulary(
        "must be a bool", more=[field("tokenizer.ggml.add_bos_token", U16, 1)]
    ),
}

MALFORMED = {**HEADER, **METADATA, **{f"tensor: {k}": v for k, v in TENSORS.items()}}
"""Files that cannot be opened."""
