"""The flags of an export, the same on the command line and in the notebook."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from realm_jupyter.human import format_bytes
from realm_jupyter.options import add_generation_options
from realm_jupyter.types import GenerationConfig
from realm_jupyter.web.settings import MAX_FILE_BYTES, PageSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realm_jupyter.web.export import ExportedPage

__all__ = ["EPILOG", "add_page_options", "page_line", "page_settings"]

EPILOG = """The folder goes to any static host (GitHub Pages, Netlify, a web server of your own); to
try it here, run "python -m http.server" in it and open http://localhost:8000/. The model runs
in the reader's browser: nothing that readers write leaves their machine. Sampling flags are
what the page's settings begin with."""

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]i?)?b?", re.IGNORECASE)


def _size(text: str) -> int:
    """Return bytes from text such as ``25MB``."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise argparse.ArgumentTypeError(f"needs a size such as 25MB, not {text!r}")
    return int(float(match[1]) * _UNITS[(match[2] or "").lower()])


def add_page_options(parser: argparse.ArgumentParser) -> None:
    """Add model, folder and what can be decided about a page."""
    parser.add_argument("model", metavar="MODEL", help="a GGUF file, or paris or tales")
    parser.add_argument("folder", metavar="DIR", help="where to; a folder that is new or empty")
    parser.add_argument("--title", default="", metavar="TEXT", help="heading of the page")
    parser.add_argument("--system", default="", metavar="TEXT", help="system prompt at first")
    parser.add_argument(
        "--threads", type=int, metavar="N", help="threads (default: what suits the machine)"
    )
    parser.add_argument(
        "--max-file-size",
        type=_size,
        default=MAX_FILE_BYTES,
        metavar="SIZE",
        help="write larger models in parts, for hosts with a limit "
        f"(default {format_bytes(MAX_FILE_BYTES)})",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace an earlier export; other files stay"
    )
    add_generation_options(parser)


def page_settings(args: argparse.Namespace, fields: Mapping[str, Any]) -> PageSettings:
    """Return what the flags say.

    Parameters
    ----------
    args : Namespace
    fields : mapping of str to object
        Fields of `GenerationConfig` that were given.

    Raises
    ------
    ConfigError
        If a value is out of its range.
    """
    return PageSettings(
        title=args.title,
        system=args.system,
        threads=args.threads,
        config=GenerationConfig(**fields),
        max_file_bytes=args.max_file_size,
    )


def page_line(page: ExportedPage) -> str:
    """Return in a line what was written."""
    size = format_bytes(page.total_bytes)
    return f"{page.folder} is a page with {page.model}: {page.num_files} files, {size}"
