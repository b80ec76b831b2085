"""The sandbox: runs untrusted WebAssembly guests with limits; nothing else knows wasmtime.

It speaks bytes and token ids only, and calls the host through `HostFunctions`.
"""

from __future__ import annotations

from realm_jupyter.sandbox.compiler import compile_guest
from realm_jupyter.sandbox.config import encode_config
from realm_jupyter.sandbox.event import GuestEvent
from realm_jupyter.sandbox.host import HostFunctions
from realm_jupyter.sandbox.instance import GuestInstance
from realm_jupyter.sandbox.limits import GuestLimits
from realm_jupyter.sandbox.module import GuestModule
from realm_jupyter.sandbox.named_guests import add_guest, find_guest, guest_names
from realm_jupyter.sandbox.vocabulary_images import VocabularyImages

__all__ = [
    "GuestEvent",
    "GuestInstance",
    "GuestLimits",
    "GuestModule",
    "HostFunctions",
    "VocabularyImages",
    "add_guest",
    "compile_guest",
    "encode_config",
    "find_guest",
    "guest_names",
]
