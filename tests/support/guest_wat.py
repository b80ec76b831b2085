"""Small guests in WebAssembly text, for what the shipped guest never does."""

from __future__ import annotations

import re

import wasmtime

_SIGNATURES = {
    "realm_abi_version": "(result i32)",
    "realm_alloc": "(param i32) (result i32)",
    "realm_free": "(param i32)",
    "realm_vocab_load": "(param i32 i32) (result i32)",
    "realm_tokenize": "(param i32 i32 i32) (result i64)",
    "realm_detokenize": "(param i32 i32 i32) (result i64)",
    "realm_generate_begin": "(param i32 i32) (result i32)",
    "realm_logits": "(param i32) (result i32)",
    "realm_generate_step": "(param i32 i32 i32) (result i64)",
    "realm_generate_end": "(param i32) (result i64)",
    "realm_generate": "(param i32 i32) (result i32)",
}
_IMPORTS = {
    "log": "(param i32 i32 i32)",
    "forward": "(param i32 i32 i32 i32 i32) (result i32)",
    "seq_new": "(result i32)",
    "seq_fork": "(param i32) (result i32)",
    "seq_truncate": "(param i32 i32) (result i32)",
    "seq_free": "(param i32) (result i32)",
    "mask": "(param i32 i32 i32) (result i32)",
    "emit": "(param i32 i32 i32 i32 f32) (result i32)",
    "forward_batch": "(param i32 i32 i32 i32 i32 i32) (result i32)",
    "emit_token": "(param i32 i32 f32) (result i32)",
    "is_end": "(param i32) (result i32)",
    "vocab_size": "(result i32)",
    "weight_find": "(param i32 i32) (result i64)",
    "weight_shape": "(param i64 i32 i32) (result i32)",
    "weight_read": "(param i64 i64 i32 i32 i32) (result i32)",
    "matmul": "(param i64 i32 i32 i32 i32) (result i32)",
}
_TEXT = ("realm_vocab_load", "realm_tokenize", "realm_detokenize")
_RESUMABLE = (
    "realm_generate_begin",
    "realm_logits",
    "realm_generate_step",
    "realm_generate_end",
)

# The buffer for what the host passes in, and the one for logits.
BUFFER = 4096
LOGITS = 65536 * 2

# Input is echoed by tokenize and detokenize; a step returns the bytes at 0 as its event.
_BODIES = {
    "realm_abi_version": "i32.const 0",
    "realm_alloc": f"i32.const {BUFFER}",
    "realm_free": "",
    "realm_vocab_load": "i32.const 0",
    "realm_tokenize": """
        local.get 1 i64.extend_i32_u i64.const 32 i64.shl local.get 0 i64.extend_i32_u i64.or""",
    "realm_detokenize": """
        local.get 1 i32.const 4 i32.mul i64.extend_i32_u i64.const 32 i64.shl
        local.get 0 i64.extend_i32_u i64.or""",
    "realm_generate_begin": "i32.const 7",
    "realm_logits": f"i32.const {LOGITS}",
    "realm_generate_step": "i64.const 0x1c00000000",
    "realm_generate_end": "i64.const 0",
    "realm_generate": "i32.const 1",
}


def blocking_guest(generate: str = "i32.const 1", **bodies: str) -> bytes:
    """Return a guest whose ``realm_generate`` is this body."""
    return guest("realm_generate", realm_generate=generate, **bodies)


def resumable_guest(**bodies: str) -> bytes:
    """Return a guest with the exports of resumable ones, some with these bodies."""
    return guest(*_TEXT, *_RESUMABLE, **bodies)


def guest(
    *exports: str,
    imports: str = "",
    memory: str = '(memory (export "memory") 16)',
    extra: str = "",
    without: str = "",
    **bodies: str,
) -> bytes:
    """Return a binary guest.

    Parameters
    ----------
    *exports : str
        Functions besides those that every guest has.
    imports : str
        WebAssembly text to stand first, besides the host functions that bodies call.
    memory, extra : str
        WebAssembly text of the memory and of anything else.
    without : str
        An export to leave out.
    **bodies : str
        WebAssembly text of functions, by export; ``call $forward`` and the like import
        the host function.
    """
    text = " ".join((*bodies.values(), extra))
    parts = [imports] if imports else []
    parts += [
        f'(import "realm" "{name}" (func ${name} {signature}))'
        for name, signature in _IMPORTS.items()
        if re.search(rf"call \${name}\b(?!_)", text)
    ]
    parts += [memory, extra]
    for name in ("realm_abi_version", "realm_alloc", "realm_free", *exports):
        if name != without:
            body = bodies.get(name, _BODIES[name])
            parts.append(f'(func (export "{name}") {_SIGNATURES[name]} {body})')
    return bytes(wasmtime.wat2wasm(f"(module {' '.join(parts)})"))
