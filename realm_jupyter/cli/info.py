"""``realm info FILE``: what a GGUF file holds and what loading it takes; no torch."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import RealmError
from realm_jupyter.gguf import GGUFArray, GGUFFile, summarize
from realm_jupyter.human import format_bytes, format_count, one_line, terminal_text
from realm_jupyter.models import open_model, resolve_source

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from realm_jupyter.options import OptionParser

_MAX_VALUE_SHOWN = 72
_MAX_ARRAY_SHOWN = 4


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE", help="a GGUF file, or paris or tales")
    parser.add_argument("--tensors", action="store_true", help="also every tensor")
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """Show the file; return the exit code."""
    path = resolve_source(args.file)
    with GGUFFile.open(path) as file:
        found = _describe(file, path)
        tensors = [_tensor(info) for info in file.tensors.values()] if args.tensors else []
        if args.json:
            found["metadata"] = {key: _plain(value) for key, value in file.metadata.items()}
            if args.tensors:
                found["tensors"] = tensors
            print(json.dumps(found, allow_nan=False))
            return 0
        _print_summary(found)
        print("\nmetadata")
        for key, value in file.metadata.items():
            print(terminal_text(f"  {key} = {_short(value)}"))
        if args.tensors:
            print("\ntensors")
            for item in tensors:
                shape = " x ".join(map(str, item["shape"]))
                size = format_bytes(item["size_bytes"])
                print(terminal_text(f"  {item['name']}  {shape}  {item['quant_type']}  {size}"))
    return 0


def _describe(file: GGUFFile, path: Path) -> dict[str, Any]:
    summary = summarize(file)
    found: dict[str, Any] = {
        "path": str(path),
        "version": file.version,
        "architecture": str(file.metadata.get("general.architecture", "")),
        "name": str(file.metadata.get("general.name", "")),
        "quant_type": summary.quant_type,
        "tensors_by_quant_type": dict(summary.tensors_by_quant_type),
        "num_parameters": summary.num_parameters,
        "bits_per_weight": round(summary.bits_per_weight, 2),
        "num_tensors": len(file.tensors),
        "file_bytes": file.file_bytes,
        "num_files": len(file.paths),
    }
    found.update(_loading(path))
    return found


def _loading(path: Path) -> dict[str, Any]:
    """Return what loading takes, or why it would fail."""
    from realm_jupyter.compute import memory_available, memory_needed  # noqa: PLC0415

    try:
        model = open_model(path)
    except RealmError as error:
        return {"can_be_loaded": False, "problem": one_line(error)}
    try:
        needed, available = memory_needed(model, "cpu", "auto"), memory_available("cpu")
        return {
            "can_be_loaded": needed <= available,
            "context_length": model.context_length,
            "num_layers": model.num_layers,
            "vocab_size": model.vocab_size,
            "has_chat_template": model.chat_template is not None,
            "memory_needed_bytes": needed,
            "memory_available_bytes": available,
        }
    finally:
        model.close()


def _print_summary(found: dict[str, Any]) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["tensors_by_quant_type"].items())
    rows = [
        ("file", found["path"]),
        ("format", f"GGUF version {found['version']}, {found['num_files']} file(s)"),
        ("name", found["name"]),
        ("architecture", found["architecture"]),
        ("parameters", format_count(found["num_parameters"])),
        ("tensors", f"{found['num_tensors']}" + (f" ({kinds})" if kinds else "")),
        ("bits per weight", str(found["bits_per_weight"])),
        ("file size", format_bytes(found["file_bytes"])),
    ]
    if "problem" in found:
        rows.append(("cannot be loaded", found["problem"]))
    else:
        available = format_bytes(found["memory_available_bytes"])
        fits = "" if found["can_be_loaded"] else ", which is too little"
        rows += [
            ("context", f"{found['context_length']} tokens"),
            ("layers", str(found["num_layers"])),
            ("vocabulary", f"{found['vocab_size']} tokens"),
            ("chat template", "yes" if found["has_chat_template"] else "no"),
            ("memory needed", f"{format_bytes(found['memory_needed_bytes'])} of {available}{fits}"),
        ]
    for label, value in rows:
        if value:
            print(terminal_text(f"{label:<17} {value}"))


def _tensor(info: Any) -> dict[str, Any]:
    return {
        "name": info.name,
        "shape": list(info.shape),
        "quant_type": info.quant_type.name,
        "offset_bytes": info.offset_bytes,
        "size_bytes": info.size_bytes,
        "part": info.part,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, GGUFArray):
        # A vocabulary is long; its length says enough.
        return {"type": str(value.element_type), "length": len(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _short(value: Any) -> str:
    if isinstance(value, GGUFArray):
        first = ", ".join(_short(item) for item in value[:_MAX_ARRAY_SHOWN])
        more = ", …" if len(value) > _MAX_ARRAY_SHOWN else ""
        return f"{value.element_type} x {len(value)} [{first}{more}]"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _MAX_VALUE_SHOWN else text[: _MAX_VALUE_SHOWN - 1] + "…"
