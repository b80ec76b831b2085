"""``realm models [FOLDER]``: what ships, and the GGUF files of a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ModelNotFoundError, RealmError
from realm_jupyter.gguf import GGUFFile, summarize
from realm_jupyter.human import format_bytes, format_count, one_line, terminal_text
from realm_jupyter.models.sources import shipped_names, shipped_path

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.options import OptionParser


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("folder", metavar="FOLDER", nargs="?", help="also list these files")
    parser.add_argument("--json", action="store_true", help="write JSON")


def run(args: argparse.Namespace) -> int:
    """List models; return the exit code."""
    rows = [_describe(name, shipped_path(name)) for name in shipped_names()]
    if args.folder:
        folder = Path(args.folder).expanduser()
        if not folder.is_dir():
            raise ModelNotFoundError(f"there is no folder {args.folder!r}", name=args.folder)
        rows += [_describe(str(path), path) for path in sorted(folder.glob("*.gguf"))]
    if args.json:
        print(json.dumps(rows))
        return 0
    if not rows:
        print("no models" + (f" in {terminal_text(args.folder)}" if args.folder else ""))
    width = max((len(row["model"]) for row in rows), default=0)
    for row in rows:
        print(terminal_text(f"{row['model']:<{width}}  {_line(row)}"))
    return 0


def _describe(name: str, path: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"model": name, "path": str(path)}
    try:
        with GGUFFile.open(path) as file:
            summary = summarize(file)
            row["architecture"] = str(file.metadata.get("general.architecture", ""))
            row["quant_type"] = summary.quant_type
            row["num_parameters"] = summary.num_parameters
            row["file_bytes"] = file.file_bytes
    except (RealmError, OSError) as error:
        row["error"] = one_line(error)
    return row


def _line(row: dict[str, Any]) -> str:
    if "error" in row:
        return str(row["error"])
    parts = [row["architecture"], row["quant_type"] or "vocabulary only"]
    if row["num_parameters"]:
        parts.append(f"{format_count(row['num_parameters'])} parameters")
    return " · ".join([*parts, format_bytes(row["file_bytes"])])
