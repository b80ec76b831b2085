"""The vocabulary of a model, as its file tells it, and as the guest wants it.

Tokenizes nothing: that is the guest's work. Token and merge texts stay in the file
until one is asked for.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from realm_jupyter.gguf.eog import (
    AMBIGUOUS_NAMES,
    CONTROL_NAMES,
    EOG_NAMES,
    EOM_NAMES,
    EOT_NAMES,
    SPACE_KEEPING_NAMES,
)
from realm_jupyter.gguf.pre_tokenizer import PRE_TOKENIZERS, PreTokenizer, PreTokenizerKind
from realm_jupyter.gguf.token_pieces import is_byte_name, token_piece
from realm_jupyter.gguf.vocabulary_fields import (
    ADD_BOS_KEY,
    ADD_EOS_KEY,
    ADD_SPACE_KEY,
    MERGES_KEY,
    PRE_KEY,
    TOKENS_KEY,
    TokenType,
    check_tokens,
    drops_space_after_special,
    read_flag,
    read_scores,
    read_strings,
    read_tokenizer,
    read_types,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from realm_jupyter.gguf.file import GGUFFile

__all__ = ["TokenType", "Vocabulary"]

# realm_vocab of guest/realm.h.
_MAGIC = 0x434F5652
_HEADER = struct.Struct("<5I3i5I")
_TOKENIZER_NUMBERS = {"llama": 1, "gpt2": 2}
_FLAG_ADD_BOS = 1
_FLAG_ADD_EOS = 2
_FLAG_ADD_SPACE_PREFIX = 4
_FLAG_IGNORE_MERGES = 8
_FLAG_HAS_SCORES = 16
_FLAG_HAS_TYPES = 32
_TYPE_TAKES_SPACE = 16


class Vocabulary:
    """Tokens, their types, and which of them are special.

    Made by `from_file`. Holds views of the file's mapping, which lives on after the
    file is closed until the vocabulary goes.

    Attributes
    ----------
    tokenizer : {"llama", "gpt2"}
        SentencePiece with scores, or byte-level BPE with merges.
    pre : str
        Name of the pre-tokenizer as the file gives it; ``""`` if it does not.
    num_tokens : int
    bos_id, eos_id, eot_id, eom_id, unk_id, pad_id : int or None
    add_bos, add_eos : bool
        Whether they are put around a text that is tokenized with ``add_special``.
    add_space_prefix : bool
        Whether a space is put before the text.
    eog_ids : frozenset of int
        Tokens that end a generation.
    """

    tokenizer: Literal["llama", "gpt2"]
    pre: str
    num_tokens: int
    bos_id: int | None
    eos_id: int | None
    eot_id: int | None
    eom_id: int | None
    unk_id: int | None
    pad_id: int | None
    add_bos: bool
    add_eos: bool
    add_space_prefix: bool
    eog_ids: frozenset[int]

    def __init__(self, file: GGUFFile) -> None:
        self._file: GGUFFile | None = file
        self.tokenizer = read_tokenizer(file)
        pre_tokenizer = self._read_pre_tokenizer(file)
        self._pre_kind = pre_tokenizer.kind
        self._ignore_merges = pre_tokenizer.ignore_merges
        self._tokens = read_strings(file, TOKENS_KEY)
        self.num_tokens = len(self._tokens)
        check_tokens(file, self._tokens)
        self._scores = read_scores(file, self.num_tokens)
        self._types = read_types(file, self.num_tokens)
        self._merges = read_strings(file, MERGES_KEY) if self.tokenizer == "gpt2" else None
        self._named = self._find_control_names()
        self._read_special_ids(file)
        is_llama = self.tokenizer == "llama"
        self.add_bos = read_flag(file, ADD_BOS_KEY, default=is_llama or pre_tokenizer.add_bos)
        self.add_eos = read_flag(file, ADD_EOS_KEY, default=False)
        self.add_space_prefix = read_flag(file, ADD_SPACE_KEY, default=is_llama)
        self._drops_space = drops_space_after_special(file)
        self._file = None  # only errors while reading need it

    @classmethod
    def from_file(cls, file: GGUFFile) -> Self:
        """Read the vocabulary of ``file``, which may hold nothing else.

        Parameters
        ----------
        file : GGUFFile

        Returns
        -------
        Vocabulary

        Raises
        ------
        ModelFormatError
            If it is missing or malformed, or its tokenizer or pre-tokenizer is not
            supported; the message lists those that are.
        """
        return cls(file)

    def token_text(self, token_id: int) -> str:
        """Return the text of a token as the vocabulary writes it (``▁the``, ``Ġthe``).

        Raises
        ------
        IndexError
            If ``token_id`` is not from 0 to ``num_tokens - 1``.
        """
        return self.token_bytes(token_id).decode("utf-8", "replace")

    def token_bytes(self, token_id: int) -> bytes:
        """Return the text of a token as it stands in the file, which need not be UTF-8.

        Raises
        ------
        IndexError
            If ``token_id`` is not from 0 to ``num_tokens - 1``.
        """
        return self._tokens.bytes_at(self._checked(token_id))

    def token_type(self, token_id: int) -> int:
        """Return a token's `TokenType`.

        Raises
        ------
        IndexError
            If ``token_id`` is not from 0 to ``num_tokens - 1``.
        """
        token_id = self._checked(token_id)
        return TokenType.NORMAL if self._types is None else int(self._types[token_id])

    def pieces(self) -> list[bytes]:
        """Return what each token adds to a text, by id; nothing for control tokens.

        The same bytes that the guest writes. Costs some 2 µs a token.
        """
        is_byte_level = self.tokenizer == "gpt2"
        if self._types is not None:
            types = self._types.tolist()
        else:
            types = [
                TokenType.BYTE if not is_byte_level and is_byte_name(token) else TokenType.NORMAL
                for token in map(self._tokens.bytes_at, range(self.num_tokens))
            ]
        return [
            token_piece(self._tokens.bytes_at(token_id), kind, is_byte_level=is_byte_level)
            for token_id, kind in enumerate(types)
        ]

    def control_tokens(self) -> dict[str, int]:
        """Return the ids of all control and unknown tokens by their text, in order of ids.

        An end-of-generation token that the file calls user-defined is one too: the guest
        treats it so, and nobody may write it into a turn.
        """
        if self._types is None:
            return {}
        is_control = (self._types == TokenType.CONTROL) | (self._types == TokenType.UNKNOWN)
        for token_id in self.eog_ids:
            is_control[token_id] |= self._types[token_id] == TokenType.USER_DEFINED
        return {self.token_text(int(i)): int(i) for i in np.flatnonzero(is_control)}

    def find_token(self, text: str) -> int | None:
        """Return the id of the token with exactly this text, or None."""
        return self._find([text]).get(text)

    def to_blob(self, extra_eog: Iterable[int] = ()) -> bytes:
        """Lay the vocabulary out for the guest.

        Parameters
        ----------
        extra_eog : iterable of int
            More ids that end a generation, such as the token with which a chat
            template closes turns.

        Returns
        -------
        bytes
            A ``realm_vocab`` of ``guest/realm.h``.

        Raises
        ------
        ValueError
            If an id of ``extra_eog`` is no token.
        """
        eog = self.eog_ids.union(extra_eog)
        if eog and not (min(eog) >= 0 and max(eog) < self.num_tokens):
            message = f"extra_eog must hold ids from 0 to {self.num_tokens - 1}"
            raise ValueError(message)
        merges = b"" if self._merges is None else self._merges.raw
        header = _HEADER.pack(
            _MAGIC,
            _HEADER.size,
            _TOKENIZER_NUMBERS[self.tokenizer],
            self._pre_kind,
            self._flags(),
            *(-1 if i is None else i for i in (self.bos_id, self.eos_id, self.unk_id)),
            self.num_tokens,
            len(self._tokens.raw),
            0 if self._merges is None else len(self._merges),
            len(merges),
            len(eog),
        )
        pieces: list[bytes | memoryview] = [header, self._tokens.raw, _padding(self._tokens.raw)]
        if self._scores is not None:
            pieces.append(self._scores.astype("<f4").tobytes())
        if self._types is not None:
            pieces.append(self._guest_types(self._types).astype("<i4").tobytes())
        pieces += [merges, _padding(merges), np.array(sorted(eog), dtype="<i4").tobytes()]
        return b"".join(pieces)

    def __repr__(self) -> str:
        return f"Vocabulary({self.tokenizer!r}, {self.num_tokens} tokens)"

    # ---- Reading ----

    def _read_pre_tokenizer(self, file: GGUFFile) -> PreTokenizer:
        pre = file.metadata.get(PRE_KEY, "")
        if not isinstance(pre, str):
            raise file.error(f"{PRE_KEY} must be a string", key=PRE_KEY)
        self.pre = pre
        if self.tokenizer == "llama":  # SentencePiece cuts no words
            return PreTokenizer(PreTokenizerKind.NONE)
        if pre not in PRE_TOKENIZERS:
            names = ", ".join(sorted(filter(None, PRE_TOKENIZERS)))
            raise file.error(
                f"the pre-tokenizer {pre[:80]!r} is not supported; supported are {names}",
                key=PRE_KEY,
            )
        return PRE_TOKENIZERS[pre]

    def _find_control_names(self) -> dict[str, int]:
        """Find the tokens with well-known names and make them control tokens."""
        named = self._find(CONTROL_NAMES)
        for name in AMBIGUOUS_NAMES & named.keys():
            if self.token_type(named[name]) == TokenType.NORMAL:
                del named[name]
        if named:
            types = self._types
            if types is None:
                types = np.full(self.num_tokens, TokenType.NORMAL, dtype=np.int32)
            ids = list(named.values())
            types[ids] = TokenType.CONTROL
            self._types = types
        return named

    def _read_special_ids(self, file: GGUFFile) -> None:
        # SentencePiece files may leave these out; llama.cpp assumes Llama's.
        bos, eos, unk = (1, 2, 0) if self.tokenizer == "llama" else (None, None, None)
        self.bos_id = self._special_id(file, "bos", bos)
        self.eos_id = self._special_id(file, "eos", eos)
        self.unk_id = self._special_id(file, "unknown", unk)
        self.pad_id = self._special_id(file, "padding", None)
        eot = next((self._named[name] for name in EOT_NAMES if name in self._named), None)
        eom = next((self._named[name] for name in EOM_NAMES if name in self._named), None)
        self.eot_id = self._special_id(file, "eot", eot)
        self.eom_id = self._special_id(file, "eom", eom)
        eog = {self.eos_id, self.eot_id, self.eom_id}
        for role in ("fim_pad", "fim_rep", "fim_sep"):
            eog.add(self._special_id(file, role, None))
        eog.update(self._named[name] for name in EOG_NAMES if name in self._named)
        self.eog_ids = frozenset(i for i in eog if i is not None)

    def _special_id(self, file: GGUFFile, role: str, default: int | None) -> int | None:
        key = f"tokenizer.ggml.{role}_token_id"
        value = file.metadata.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise file.error(f"{key} must be a whole number", key=key)
        # Out of range means none: real files write 2**32 - 1 or the id of a token left out.
        if value is not None and 0 <= value < self.num_tokens:
            return value
        return default if default is not None and default < self.num_tokens else None

    def _find(self, names: Iterable[str]) -> dict[str, int]:
        """Return the ids of the tokens with these texts."""
        text = bytes(self._tokens.raw)
        starts = self._tokens.starts()
        found = {}
        for name in names:
            token = name.encode()
            pattern = struct.pack("<Q", len(token)) + token
            at = text.find(pattern)
            while at >= 0:  # the same bytes may stand inside another token
                token_id = int(np.searchsorted(starts, at))
                if starts[token_id] == at:
                    found[name] = token_id
                    break
                at = text.find(pattern, at + 1)
        return found

    def _guest_types(self, types: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the types with the mark of tokens that take the whitespace after them."""
        if not self._drops_space:
            return types
        special = (TokenType.UNKNOWN, TokenType.CONTROL, TokenType.USER_DEFINED)
        takes_space = np.isin(types, special)
        takes_space[list(self._find(SPACE_KEEPING_NAMES).values())] = False
        return types + np.int32(_TYPE_TAKES_SPACE) * takes_space

    def _flags(self) -> int:
        flags = _FLAG_ADD_BOS * self.add_bos + _FLAG_ADD_EOS * self.add_eos
        flags |= _FLAG_ADD_SPACE_PREFIX * self.add_space_prefix
        flags |= _FLAG_IGNORE_MERGES * self._ignore_merges
        flags |= _FLAG_HAS_SCORES * (self._scores is not None)
        return flags | _FLAG_HAS_TYPES * (self._types is not None)

    def _checked(self, token_id: int) -> int:
        if not 0 <= token_id < self.num_tokens:
            message = f"token id {token_id} is out of range for {self.num_tokens} tokens"
            raise IndexError(message)
        return token_id


def _padding(data: bytes | memoryview) -> bytes:
    return bytes(-len(data) % 4)
