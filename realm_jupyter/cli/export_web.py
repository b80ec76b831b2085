"""``realm export-web MODEL DIR``: a page with a model that answers in the reader's browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.cli import session
from realm_jupyter.human import terminal_text
from realm_jupyter.options import generation_fields
from realm_jupyter.web import export_web
from realm_jupyter.web.options import EPILOG, add_page_options, page_line, page_settings

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.options import OptionParser
    from realm_jupyter.types import CancelToken
    from realm_jupyter.web import ExportedPage

__all__ = ["EPILOG", "add_options", "check", "run"]


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    add_page_options(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")


def check(args: argparse.Namespace) -> None:
    """Check the settings before anything is read.

    Raises
    ------
    ConfigError, SamplingParamsError
        If one is wrong.
    """
    args.settings = page_settings(args, generation_fields(args))


def run(args: argparse.Namespace) -> int:
    """Write the page; return the exit code."""

    def export(on_progress: session.OnProgress, cancel: CancelToken) -> ExportedPage:
        return export_web(
            args.model,
            args.folder,
            args.settings,
            force=args.force,
            on_progress=on_progress,
            cancel=cancel,
        )

    page = session.with_bar(export, f"exporting {args.model}", is_quiet=args.quiet)
    if not args.quiet:
        print(terminal_text(page_line(page)))
        print("Serve it with any static host; to try it: python -m http.server -d DIR")
    return 0
