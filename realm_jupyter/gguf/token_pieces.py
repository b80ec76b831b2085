"""The bytes that each token adds to a text: the same that the guest writes.

References
----------
Byte-level BPE: ``bytes_to_unicode`` of GPT-2. SentencePiece: U+2581 stands for a space.
"""

from __future__ import annotations

import re

from realm_jupyter.gguf.vocabulary_fields import TokenType

__all__ = ["is_byte_name", "token_piece"]

_BYTE_NAME = re.compile(rb"<0x([0-9A-Fa-f]{2})>")
_SPACE_MARK = "▁".encode()
_NO_TEXT = (TokenType.UNKNOWN, TokenType.CONTROL, TokenType.UNUSED)


def _byte_level() -> dict[str, bytes]:
    """Return the byte for which each character of byte-level BPE stands."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    characters = {chr(byte): byte for byte in printable}
    characters |= {chr(256 + index): byte for index, byte in enumerate(others)}
    return {character: bytes([byte]) for character, byte in characters.items()}


_BYTE_LEVEL = _byte_level()
_BYTE_LEVEL_SPACE = "Ġ".encode()


def is_byte_name(token: bytes) -> bool:
    """Return whether a token is named as the byte tokens of SentencePiece are: ``<0x0A>``."""
    return _BYTE_NAME.fullmatch(token) is not None


def token_piece(token: bytes, token_type: int, *, is_byte_level: bool) -> bytes:
    r"""Return what a token adds to a text; nothing for control tokens.

    Parameters
    ----------
    token : bytes
        As it stands in the file.
    token_type : int
        A `TokenType`.
    is_byte_level : bool
        Whether normal tokens are spelled as in byte-level BPE, else as in SentencePiece.

    Examples
    --------
    >>> token_piece("Ġthe".encode(), TokenType.NORMAL, is_byte_level=True)
    b' the'
    >>> token_piece(b"<0x0A>", TokenType.BYTE, is_byte_level=False)
    b'\n'
    """
    if token_type in _NO_TEXT:
        return b""
    if token_type == TokenType.USER_DEFINED:
        return token
    if token_type == TokenType.BYTE:
        name = _BYTE_NAME.fullmatch(token)
        return b"" if name is None else bytes.fromhex(name[1].decode())
    if not is_byte_level:
        return token.replace(_SPACE_MARK, b" ")
    spaced = token.replace(_BYTE_LEVEL_SPACE, b" ")
    if spaced.isascii():  # nearly all tokens: what else is ASCII stands for itself
        return spaced
    characters = token.decode("utf-8", "surrogateescape")
    return b"".join(
        _BYTE_LEVEL.get(character) or character.encode("utf-8", "surrogateescape")
        for character in characters
    )
