"""``guest/realm.h`` in Python: statuses, flags, struct layouts and signatures.

A test parses the header and compares every constant and struct with this module.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import NamedTuple

from realm_jupyter.errors import (
    GuestAbiError,
    GuestError,
    GuestLimitError,
    RealmError,
    TenantClosedError,
)

__all__ = [
    "ABI_VERSION",
    "BLOCKING_EXPORTS",
    "COMMON_EXPORTS",
    "CONFIG",
    "EVENT",
    "IMPORTS",
    "RESUMABLE_EXPORTS",
    "TEXT_EXPORTS",
    "Finish",
    "LogitsForm",
    "Signature",
    "Status",
    "status_error",
]

ABI_VERSION = 0
IMPORT_MODULE = "realm"
# What a C++ compiler exports to run the constructors of globals; it may run once.
INITIALIZE = "_initialize"


class Status(IntEnum):
    """Results of calls in both directions: ``realm_status``."""

    OK = 0
    ERROR_ARGUMENT = -1
    ERROR_MEMORY = -2
    ERROR_HANDLE = -3
    ERROR_VOCAB = -4
    ERROR_STATE = -5
    ERROR_HOST = -6
    ERROR_CLOSED = -7


class Finish(IntEnum):
    """Why a generation ended: ``REALM_FINISH_*``."""

    NONE = 0
    STOP = 1
    LENGTH = 2


class LogitsForm(IntEnum):
    """What lies in the logits buffer: ``REALM_DENSE`` and ``REALM_SPARSE``."""

    DENSE = 0
    SPARSE = 1


ADD_SPECIAL = 1
PARSE_SPECIAL = 2
STRIP_SPACE = 1
RENDER_SPECIAL = 2
IGNORE_EOS = 1
LOGPROBS = 2

# realm_config: header_bytes, 2 ints, temperature, top_k, 6 floats, repeat_last_n, 2 floats,
# 2 ints, 2 floats, mirostat, 2 floats, then 8 unsigned fields.
CONFIG = struct.Struct("<I2ifi3f3fi2f2i2fi2f8I")
# realm_event: finish, token_id, is_eog, logprob, num_next, num_alternatives, text_bytes.
EVENT = struct.Struct("<iiIfIII")


class Signature(NamedTuple):
    """Type of a WebAssembly function; types are ``i32``, ``i64``, ``f32``."""

    params: tuple[str, ...]
    results: tuple[str, ...]

    def __str__(self) -> str:
        return f"({', '.join(self.params)}) -> ({', '.join(self.results)})"


def _signature(params: str, results: str) -> Signature:
    return Signature(tuple(params.split()), tuple(results.split()))


IMPORTS = {
    "log": _signature("i32 i32 i32", ""),
    "forward": _signature("i32 i32 i32 i32 i32", "i32"),
    "seq_new": _signature("", "i32"),
    "seq_fork": _signature("i32", "i32"),
    "seq_truncate": _signature("i32 i32", "i32"),
    "seq_free": _signature("i32", "i32"),
    "mask": _signature("i32 i32 i32", "i32"),
    "emit": _signature("i32 i32 i32 i32 f32", "i32"),
    "forward_batch": _signature("i32 i32 i32 i32 i32 i32", "i32"),
    "emit_token": _signature("i32 i32 f32", "i32"),
    "is_end": _signature("i32", "i32"),
    "vocab_size": _signature("", "i32"),
    "weight_find": _signature("i32 i32", "i64"),
    "weight_shape": _signature("i64 i32 i32", "i32"),
    "weight_read": _signature("i64 i64 i32 i32 i32", "i32"),
    "matmul": _signature("i64 i32 i32 i32 i32", "i32"),
}
COMMON_EXPORTS = {
    "realm_abi_version": _signature("", "i32"),
    "realm_alloc": _signature("i32", "i32"),
    "realm_free": _signature("i32", ""),
}
# A blocking guest may do without a vocabulary: it gets and returns token ids.
TEXT_EXPORTS = {
    "realm_vocab_load": _signature("i32 i32", "i32"),
    "realm_tokenize": _signature("i32 i32 i32", "i64"),
    "realm_detokenize": _signature("i32 i32 i32", "i64"),
}
RESUMABLE_EXPORTS = {
    "realm_generate_begin": _signature("i32 i32", "i32"),
    "realm_logits": _signature("i32", "i32"),
    "realm_generate_step": _signature("i32 i32 i32", "i64"),
    "realm_generate_end": _signature("i32", "i64"),
}
BLOCKING_EXPORTS = {"realm_generate": _signature("i32 i32", "i32")}

_MEANINGS = {
    Status.ERROR_ARGUMENT: "an argument is out of range",
    Status.ERROR_MEMORY: "the guest is out of memory",
    Status.ERROR_HANDLE: "the handle is unknown",
    Status.ERROR_VOCAB: "the vocabulary is missing or malformed",
    Status.ERROR_STATE: "the call came in the wrong order",
    Status.ERROR_HOST: "a host function failed",
    Status.ERROR_CLOSED: "the tenant was closed",
}


def status_error(status: int, function: str, reason: str = "") -> RealmError:
    """Return the error that a negative status of the guest stands for.

    Parameters
    ----------
    status : int
        What the guest returned; below zero.
    function : str
        The export that returned it.
    reason : str
        What the host noted during the call, such as a pointer out of range.
    """
    detail = f": {reason}" if reason else ""
    try:
        known = Status(status)
    except ValueError:
        return GuestAbiError(
            f"the guest's {function} returned {status}, which is no status of ABI {ABI_VERSION}"
            f"{detail}",
            expected="a realm_status",
            found=str(status),
        )
    message = f"the guest's {function} failed: {_MEANINGS[known]} ({known.name}){detail}"
    if known is Status.ERROR_MEMORY:
        return GuestLimitError(message, limit="memory")
    if known is Status.ERROR_CLOSED:
        return TenantClosedError(message)
    if known is Status.ERROR_ARGUMENT and reason:
        return GuestAbiError(message, expected="pointers inside the guest's memory", found=reason)
    return GuestError(message)
