"""Tokens known by their names: those that end a generation, and those of fill-in-the-middle.

Files often forget to say which tokens end a turn, or give them the wrong type, so
they are found by name, as llama.cpp does.

References
----------
``llama-vocab.cpp`` of llama.cpp, ``llama_vocab::impl::load``.
"""

from __future__ import annotations

__all__ = [
    "AMBIGUOUS_NAMES",
    "CONTROL_NAMES",
    "EOG_NAMES",
    "EOM_NAMES",
    "EOT_NAMES",
    "SPACE_KEEPING_NAMES",
]

EOT_NAMES = (
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "<｜end▁of▁sentence｜>",  # noqa: RUF001  # DeepSeek writes it so
    "<end_of_utterance>",
)
"""Ends of a turn, the most telling first."""

EOM_NAMES = ("<|eom_id|>",)
"""Ends of a message that is no turn: a tool call."""

EOG_NAMES = (
    *EOT_NAMES,
    *EOM_NAMES,
    "<|return|>",
    "<|call|>",
    "</s>",
    "[EOS]",
    "<eos>",
    "[e~[",
    # Padding and file marks of fill-in-the-middle: nothing useful comes after them.
    "<|fim_pad|>",
    "<fim-pad>",
    "<fim_pad>",
    "<PAD>",
    "[PAD]",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<fim-repo>",
    "<REPO>",
    "<reponame>",
    "<|file_sep|>",
)
"""Tokens after which generation ends."""

CONTROL_NAMES = (
    *EOG_NAMES,
    "<|fim_prefix|>",
    "<fim-prefix>",
    "<fim_prefix>",
    "<｜fim▁begin｜>",  # noqa: RUF001
    "<|fim_suffix|>",
    "<fim-suffix>",
    "<fim_suffix>",
    "<｜fim▁hole｜>",  # noqa: RUF001
    "<|fim_middle|>",
    "<fim-middle>",
    "<fim_middle>",
    "<｜fim▁end｜>",  # noqa: RUF001
)
"""Names that make a token a control token, whatever type the file gives it."""

AMBIGUOUS_NAMES = frozenset(
    ["</s>", "[EOS]", "<eos>", "[e~[", "<EOT>", "_<EOT>", "[EOT]", "<PAD>", "[PAD]", "<REPO>"]
)
"""Names that are also ordinary text (Qwen 2 has a normal token ``</s>``, as in HTML):
these count only if the file gives the token another type than normal."""

SPACE_KEEPING_NAMES = ("<unk>", "<s>", "<|endoftext|>")
"""Tokens that take no whitespace after them where all other special tokens do."""
