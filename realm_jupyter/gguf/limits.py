"""How much a file may ask for; generous for every published model, too little to do harm.

The numbers bound the memory and the time that a hostile file can cost: what a
reader keeps of a file of any size stays below 64 MiB of anonymous memory, and
checking it takes less than a second.
"""

from __future__ import annotations

MAX_METADATA_ENTRIES = 1 << 16
MAX_METADATA_BYTES = 256 << 20
MAX_TENSORS = 1 << 16
MAX_TENSOR_NAME_BYTES = 63
"""ggml keeps names in 64 bytes with a final zero."""
MAX_DIMENSIONS = 4
MAX_ELEMENTS = (1 << 63) - 1
MAX_KEY_BYTES = (1 << 16) - 1
MAX_NAMES_BYTES = 4 << 20
"""All keys and names of tensors together; they are the only text that is kept decoded."""
MAX_STRING_BYTES = 64 << 20
MAX_ARRAY_STRINGS = 1 << 22
"""Strings in all arrays of a file; large vocabularies have 256 Ki tokens and 500 Ki merges."""
MAX_ALIGNMENT = 1 << 20
MAX_PARTS = 1024

MAX_TOKENS = 1 << 21
MAX_TOKEN_BYTES = (1 << 16) - 1
MAX_VOCABULARY_STRINGS_BYTES = 32 << 20
"""The token array and the merge array, each: both are copied for the guest."""
