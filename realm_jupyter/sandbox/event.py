"""What a step of a resumable guest says: ``realm_event`` of ``realm.h``."""

from __future__ import annotations

import struct
from typing import NamedTuple

from realm_jupyter.errors import GuestAbiError
from realm_jupyter.sandbox import abi

__all__ = ["GuestEvent", "parse_event"]

_ALTERNATIVE = struct.Struct("<if")


class GuestEvent(NamedTuple):
    """One sampled token and what follows from it.

    Attributes
    ----------
    finish : int
        0 while the generation goes on, else a `Finish`.
    token_id : int
    is_eog : bool
        The token ends the generation and has no text.
    logprob : float
        Natural log probability under the model's own distribution.
    next_ids : tuple of int
        Tokens to run next; empty when finished.
    alternatives : tuple of (int, float)
        The most likely token ids with their log probabilities, best first.
    text : str
        New text; whole characters, no part of a stop.
    """

    finish: int
    token_id: int
    is_eog: bool
    logprob: float
    next_ids: tuple[int, ...]
    alternatives: tuple[tuple[int, float], ...]
    text: str


def parse_event(data: bytes) -> GuestEvent:
    """Read an event; nothing of it is trusted.

    Raises
    ------
    GuestAbiError
        If the parts do not fit in the bytes, an id is negative or the text is not
        UTF-8.
    """
    if len(data) < abi.EVENT.size:
        raise GuestAbiError(
            f"the guest's event has {len(data)} bytes",
            expected=f"at least {abi.EVENT.size}",
            found=str(len(data)),
        )
    finish, token_id, is_eog, logprob, num_next, num_alternatives, text_bytes = (
        abi.EVENT.unpack_from(data)
    )
    alternatives_at = abi.EVENT.size + 4 * num_next
    text_at = alternatives_at + 8 * num_alternatives
    if text_at + text_bytes > len(data):
        raise GuestAbiError(
            f"the guest's event names {num_next} next ids, {num_alternatives} alternatives and "
            f"{text_bytes} bytes of text, which do not fit in its {len(data)} bytes",
            expected=f"{text_at + text_bytes} bytes",
            found=f"{len(data)} bytes",
        )
    next_ids: tuple[int, ...] = struct.unpack_from(f"<{num_next}i", data, abi.EVENT.size)
    alternatives = tuple(_ALTERNATIVE.iter_unpack(data[alternatives_at:text_at]))
    if finish not in (0, 1, 2) or token_id < 0 or (next_ids and min(next_ids) < 0):
        raise GuestAbiError(
            f"the guest's event is out of range: finish {finish}, token {token_id}, "
            f"next {next_ids}",
            expected="finish 0 to 2 and token ids of at least 0",
            found=f"{finish}, {token_id}",
        )
    try:
        text = data[text_at : text_at + text_bytes].decode()
    except UnicodeDecodeError as error:
        raise GuestAbiError(
            f"the text of the guest's event is not UTF-8: {error}", expected="UTF-8"
        ) from error
    return GuestEvent(finish, token_id, bool(is_eog), logprob, next_ids, alternatives, text)
