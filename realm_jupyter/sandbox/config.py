"""`GenerationConfig` to the bytes that a guest reads: ``realm_config`` of ``realm.h``."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.errors import SamplingParamsError
from realm_jupyter.sandbox import abi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from realm_jupyter.types import GenerationConfig

__all__ = ["encode_config"]

_LENGTH = struct.Struct("<I")
_BIAS = struct.Struct("<if")
_MAX_ID = 2**31 - 1


def _strings(texts: Sequence[str]) -> bytes:
    parts = []
    for text in texts:
        data = text.encode()
        parts += [_LENGTH.pack(len(data)), data, bytes(-len(data) % 4)]
    return b"".join(parts)


def encode_config(
    config: GenerationConfig,
    prompt_ids: Sequence[int] | NDArray[np.int32],
    *,
    seed: int,
    max_tokens: int,
) -> bytes:
    """Lay a request out as ``realm_config``.

    Parameters
    ----------
    config : GenerationConfig
        Its ``seed`` and ``max_tokens`` are not used.
    prompt_ids : sequence of int
        The prompt's token ids, on which penalties look back.
    seed : int, 0 to 2**64 - 1
        The seed that was asked for or drawn.
    max_tokens : int
        The limit after clipping to the room left in the context; ``min_tokens`` is
        clipped to it.

    Returns
    -------
    bytes
        Little-endian, each part padded to a multiple of 4.

    Raises
    ------
    SamplingParamsError
        If a token id of ``logit_bias`` does not fit in an int32.
    """
    prompt = np.asarray(prompt_ids, dtype="<i4").reshape(-1)
    for token_id in config.logit_bias:
        if token_id > _MAX_ID:
            raise SamplingParamsError("logit_bias", token_id, f"token ids up to {_MAX_ID}")
    flags = abi.IGNORE_EOS if config.ignore_eos else 0
    if config.logprobs is not None:
        flags |= abi.LOGPROBS
    header = abi.CONFIG.pack(
        abi.CONFIG.size,
        max_tokens,
        min(config.min_tokens, max_tokens),
        config.temperature,
        config.top_k,
        config.top_p,
        config.min_p,
        config.typical_p,
        config.repetition_penalty,
        config.frequency_penalty,
        config.presence_penalty,
        config.repeat_last_n,
        config.dry_multiplier,
        config.dry_base,
        config.dry_allowed_length,
        config.dry_penalty_last_n,
        config.xtc_probability,
        config.xtc_threshold,
        config.mirostat,
        config.mirostat_tau,
        config.mirostat_eta,
        seed & 0xFFFFFFFF,
        seed >> 32,
        config.logprobs or 0,
        flags,
        len(prompt),
        len(config.logit_bias),
        len(config.stop),
        len(config.dry_sequence_breakers),
    )
    # Values beyond float32's range are clipped: packing them would raise.
    limit = float(np.finfo(np.float32).max)
    biases = b"".join(
        _BIAS.pack(token_id, bias if bias == float("-inf") else max(-limit, min(limit, bias)))
        for token_id, bias in config.logit_bias.items()
    )
    return b"".join(
        (
            header,
            prompt.tobytes(),
            biases,
            _strings(config.stop),
            _strings(config.dry_sequence_breakers),
        )
    )
