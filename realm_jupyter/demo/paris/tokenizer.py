"""The vocabulary of paris: byte-level BPE behind the pre-tokenizer of Qwen2, digits one by one.

References
----------
The regular expression is the one that llama.cpp uses for ``tokenizer.ggml.pre = "qwen2"``
(src/llama-vocab.cpp there).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from realm_jupyter.demo.paris.corpus import Turn, Writer
from realm_jupyter.demo.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from realm_jupyter.demo.export import ExportVocabulary

QWEN2_PATTERN = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CONTROL_TOKENS = ("<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
END_OF_TEXT_ID, SYSTEM_ID, USER_ID, ASSISTANT_ID, END_ID = range(len(CONTROL_TOKENS))
# The first token decides what kind of answer it is: yes or no, a sentence or a word, or "Sorry".
FIRST_TOKEN_WEIGHT = 3
ROLE_IDS = {"system": SYSTEM_ID, "user": USER_ID, "assistant": ASSISTANT_ID}

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] not in ['system', 'user', 'assistant'] -%}"
    "{{- raise_exception('paris knows the roles system, user and assistant') -}}"
    "{%- endif -%}"
    "{{- '<|' + message['role'] + '|>' + message['content'] | trim + '<|end|>' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}"
    "{{- '<|assistant|>' -}}"
    "{%- endif -%}"
)

TRAINING_CONVERSATIONS = 60_000


def train_tokenizer(
    vocab_size: int, seed: int, num_conversations: int = TRAINING_CONVERSATIONS
) -> Tokenizer:
    """Learn the merges from generated conversations.

    Parameters
    ----------
    vocab_size : int
        V, with the 256 bytes and the control tokens.
    seed : int
        Of the conversations.
    num_conversations : int

    Returns
    -------
    Tokenizer
    """
    tokenizer = split_like_qwen2(Tokenizer(models.BPE()))
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[AddedToken(token, special=True) for token in CONTROL_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )

    def texts() -> Iterator[str]:
        for turns in Writer(f"tokenizer {seed}").conversations(num_conversations):
            for turn in turns:
                yield turn.content

    tokenizer.train_from_iterator(texts(), trainer)
    return as_text(tokenizer)


def split_like_qwen2(tokenizer: Tokenizer) -> Tokenizer:
    """Set the pre-tokenizer and the decoder that go with the vocabulary."""
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2_PATTERN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def as_text(tokenizer: Tokenizer) -> Tokenizer:
    """Make control tokens that a person types ordinary text; the ids are set by roles alone."""
    tokenizer.encode_special_tokens = True
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write a tokenizer as JSON; a stop midway leaves no broken file.

    Parameters
    ----------
    tokenizer : Tokenizer
    path : Path
        Its folder is made.
    """
    with whole_file(path) as partial:
        tokenizer.save(str(partial))


def load_tokenizer(path: Path) -> Tokenizer:
    """Read a tokenizer that was saved as JSON."""
    return as_text(Tokenizer.from_file(str(path)))


def encode_conversation(
    tokenizer: Tokenizer, turns: Iterable[Turn], *, is_open: bool = False
) -> tuple[list[int], list[int]]:
    """Encode a conversation as the chat template writes it.

    Parameters
    ----------
    tokenizer : Tokenizer
    turns : iterable of Turn
    is_open : bool
        Whether to end with the mark that asks for an answer.

    Returns
    -------
    token_ids : list of int
    weights : list of int
        1 for what the model is to say, the end of its turn included, and ``FIRST_TOKEN_WEIGHT``
        for the first token of it; else 0.
    """
    token_ids: list[int] = []
    weights: list[int] = []
    for turn in turns:
        content = tokenizer.encode(turn.content.strip(), add_special_tokens=False).ids
        token_ids += (ROLE_IDS[turn.role], *content, END_ID)
        is_answer = turn.role == "assistant"
        weights += (0, FIRST_TOKEN_WEIGHT * is_answer, *([int(is_answer)] * len(content)))
    if is_open:
        token_ids.append(ASSISTANT_ID)
        weights.append(0)
    return token_ids, weights


def describe_tokenizer(tokenizer: Tokenizer) -> ExportVocabulary:
    """Describe the vocabulary for a GGUF file."""
    from realm_jupyter.demo.export import ExportVocabulary  # noqa: PLC0415 - needs gguf

    model = json.loads(tokenizer.to_str())["model"]
    tokens = [token for token, _ in sorted(model["vocab"].items(), key=lambda item: item[1])]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    return ExportVocabulary(
        kind="gpt2",
        tokens=tokens,
        types=[3 if token in CONTROL_TOKENS else 1 for token in tokens],
        merges=merges,
        pre="qwen2",
        bos_id=END_OF_TEXT_ID,
        eos_id=END_ID,
        eot_id=END_ID,
        pad_id=END_OF_TEXT_ID,
        add_bos=False,
        chat_template=CHAT_TEMPLATE,
    )
