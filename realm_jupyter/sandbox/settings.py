"""How guests are compiled: one configuration of wasmtime, in one place."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import threading

import wasmtime

__all__ = ["fingerprint", "shared_engine"]

# What a guest may be made of. 32-bit memories only: the bounds checks of 64-bit ones
# are where the sandbox escapes of the last years were.
_FEATURES = {
    "wasm_simd": True,
    "wasm_bulk_memory": True,
    "wasm_multi_value": True,
    "wasm_reference_types": True,
    "wasm_relaxed_simd": False,
    "wasm_memory64": False,
    "wasm_multi_memory": False,
    "wasm_threads": False,
    "wasm_tail_call": False,
    "wasm_exceptions": False,
    "wasm_function_references": False,
    "wasm_gc": False,
    "wasm_component_model": False,
    "epoch_interruption": True,
    "consume_fuel": False,
}

# A module belongs to its engine, so two threads must never make two for one size.
_lock = threading.Lock()
_engines: dict[int, wasmtime.Engine] = {}


def shared_engine(stack_bytes: int) -> wasmtime.Engine:
    """Return the process's engine for guests that may use this much native stack."""
    with _lock:
        if stack_bytes not in _engines:
            _engines[stack_bytes] = _create_engine(stack_bytes)
        return _engines[stack_bytes]


def _create_engine(stack_bytes: int) -> wasmtime.Engine:
    config = wasmtime.Config()
    config.strategy = "cranelift"  # the compiler of wasmtime's highest support tier
    config.cranelift_opt_level = "speed"
    for name, is_on in _FEATURES.items():
        setattr(config, name, is_on)
    config.max_wasm_stack = stack_bytes
    return wasmtime.Engine(config)


def fingerprint() -> str:
    """Return a digest of everything but the guest that compiled code depends on."""
    parts = (
        importlib.metadata.version("wasmtime"),
        platform.system(),
        platform.machine(),
        repr(sorted(_FEATURES.items())),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
