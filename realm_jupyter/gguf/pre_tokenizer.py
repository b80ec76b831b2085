"""Names of pre-tokenizers: how text is cut into words before byte-level BPE.

References
----------
``llama-vocab.cpp`` of llama.cpp: the names in files, and which of them mean the same
regular expression.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

__all__ = ["PRE_TOKENIZERS", "PreTokenizer", "PreTokenizerKind"]


class PreTokenizerKind(IntEnum):
    """The regular expressions that the guest knows (``REALM_PRE_*`` of realm.h)."""

    NONE = 0
    GPT2 = 1
    LLAMA_BPE = 2
    QWEN2 = 3


class PreTokenizer(NamedTuple):
    """What a name means.

    Attributes
    ----------
    kind : PreTokenizerKind
    ignore_merges : bool
        Whether a word that is in the vocabulary becomes that token without merging.
    add_bos : bool
        Whether BOS is added when the file does not say.
    """

    kind: PreTokenizerKind
    ignore_merges: bool = False
    add_bos: bool = False


_GPT2 = PreTokenizer(PreTokenizerKind.GPT2)
_LLAMA3 = PreTokenizer(PreTokenizerKind.LLAMA_BPE, ignore_merges=True, add_bos=True)
_LIKE_LLAMA3 = PreTokenizer(PreTokenizerKind.LLAMA_BPE)
_QWEN2 = PreTokenizer(PreTokenizerKind.QWEN2)

PRE_TOKENIZERS: dict[str, PreTokenizer] = {
    # Files from before the key existed do not say. llama.cpp has a guess of its own for
    # them, which no model was trained with; GPT-2's is the likeliest one.
    "": _GPT2,
    "default": _GPT2,
    "gpt-2": _GPT2,
    "gpt2": _GPT2,
    "phi-2": _GPT2,
    "gigachat": _GPT2,
    "a.x-4.0": _GPT2,
    "mellum": _GPT2,
    "exaone4": _GPT2,
    "mpt": _GPT2,
    "olmo": _GPT2,
    "jais": _GPT2,
    "trillion": _GPT2,
    "granite-docling": _GPT2,
    "llama-bpe": _LLAMA3,
    "llama3": _LLAMA3,
    "llama-v3": _LLAMA3,
    "falcon3": _LLAMA3,
    "falcon-h1": _LLAMA3,
    "pixtral": _LLAMA3,
    "midm-2.0": _LLAMA3,
    "lfm2": _LLAMA3,
    "dbrx": _LIKE_LLAMA3,
    "smaug-bpe": _LIKE_LLAMA3,
    "glm4": _LIKE_LLAMA3,
    "chatglm-bpe": _LIKE_LLAMA3,
    "qwen2": _QWEN2,
    "deepseek-r1-qwen": _QWEN2,
    "kormo": _QWEN2,
    "f2llmv2": _QWEN2,
    "megrez": _QWEN2,
    "stablelm2": _QWEN2,
    "hunyuan": _QWEN2,
    "solar-open": _QWEN2,
    "grok-2": _QWEN2,
}
