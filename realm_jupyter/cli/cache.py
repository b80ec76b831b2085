"""``realm cache``: what is kept on disk to load faster, and deleting it."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from realm_jupyter.human import format_bytes, terminal_text

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from realm_jupyter.options import OptionParser

EPILOG = (
    "Everything here is made again when it is needed. REALM_CACHE_DIR names another folder, "
    "REALM_WEIGHT_CACHE_BYTES limits the packed weights (0 keeps none)."
)


class _Row(NamedTuple):
    kind: str
    name: str
    path: Path
    size_bytes: int
    used_at: float


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("--clear", action="store_true", help="delete all of it")
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """Show or clear the cache; return the exit code."""
    from realm_jupyter.compute.cpu.weight_cache import (  # noqa: PLC0415 - help must not wait
        WeightCache,
        cache_folder,
    )

    weights = WeightCache()
    rows = [
        _Row("weights", entry.label or entry.path.name, entry.path, *entry[2:])
        for entry in weights.entries()
    ]
    rows += _guests(cache_folder() / "guest")
    total = sum(row.size_bytes for row in rows)
    freed = _clear(weights, rows) if args.clear else 0
    if args.json:
        _print_json(cache_folder(), rows, freed if args.clear else None)
    elif args.clear:
        print(f"deleted {format_bytes(freed)} from {terminal_text(str(cache_folder()))}")
    elif rows:
        for row in rows:
            print(terminal_text(_line(row)))
        print(terminal_text(f"{format_bytes(total)} in {cache_folder()}"))
    else:
        print(terminal_text(f"nothing is cached in {cache_folder()}"))
    return 0


def _guests(folder: Path) -> list[_Row]:
    """Return compiled guests and images of vocabularies; their key stays when they go."""
    from realm_jupyter.sandbox.cache import SUFFIXES  # noqa: PLC0415 - help must not wait

    rows = []
    for kind, suffix in SUFFIXES.items():
        for path in sorted(folder.glob(f"*{suffix}")):
            with contextlib.suppress(OSError):
                status = path.lstat()
                rows.append(_Row(kind, path.name[:16], path, status.st_size, status.st_mtime))
    return rows


def _clear(weights: Any, rows: list[_Row]) -> int:
    freed = int(weights.clear())
    for row in rows:
        if row.kind != "weights":
            with contextlib.suppress(OSError):
                row.path.unlink()
                freed += row.size_bytes
    return freed


def _line(row: _Row) -> str:
    used = time.strftime("%Y-%m-%d %H:%M", time.localtime(row.used_at))
    return f"{row.kind:<8} {format_bytes(row.size_bytes):>9}  used {used}  {row.name}"


def _print_json(folder: Path, rows: list[_Row], freed: int | None) -> None:
    found: dict[str, Any] = {
        "folder": str(folder),
        "entries": [{**row._asdict(), "path": str(row.path)} for row in rows],
    }
    if freed is not None:
        found["freed_bytes"] = freed
    print(json.dumps(found))
