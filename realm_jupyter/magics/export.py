"""``%realm export-web``: a page with a model that answers in the reader's browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.magics.interpolation import interpolate
from realm_jupyter.magics.progress import with_bar
from realm_jupyter.options import generation_fields
from realm_jupyter.web.options import page_line, page_settings

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.magics.display import Screen
    from realm_jupyter.magics.progress import OnProgress
    from realm_jupyter.magics.session import Session
    from realm_jupyter.types import CancelToken
    from realm_jupyter.web import ExportedPage

__all__ = ["export_web"]


def export_web(session: Session, args: argparse.Namespace, screen: Screen) -> None:
    """Write a page with a model."""
    from realm_jupyter import web  # noqa: PLC0415 - numpy waits

    variables = session.variables()
    source = interpolate(args.model, variables)
    # A loaded model may be named by its id.
    path = next((item.path for item in session.loaded() if item.id == source), "")
    folder = interpolate(args.folder, variables)
    settings = page_settings(args, generation_fields(args, variables))

    def write(on_progress: OnProgress, cancel: CancelToken) -> ExportedPage:
        return web.export_web(
            path or source,
            folder,
            settings,
            force=args.force,
            on_progress=on_progress,
            cancel=cancel,
        )

    title = f"exporting {source}"
    bar = screen.load_bar(source)
    page = with_bar(write, bar, title=title, stopped=f"{title} was stopped; nothing was written")
    bar.finish(page_line(page), is_news=True)
