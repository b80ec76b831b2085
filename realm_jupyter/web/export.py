"""From a model to a folder that any static host serves."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError, LoadCancelledError
from realm_jupyter.human import format_bytes, one_line
from realm_jupyter.types import LoadProgress
from realm_jupyter.web.card import read_card
from realm_jupyter.web.page import HASH_LENGTH, static_files, write_page
from realm_jupyter.web.settings import PageSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from realm_jupyter.types import CancelToken
    from realm_jupyter.web.card import Card

__all__ = ["ExportedPage", "export_web"]

_CHUNK_BYTES = 1 << 20
_HASHED = ("app-", "model-")


@dataclass(frozen=True, slots=True)
class ExportedPage:
    """A page that was written.

    Parameters
    ----------
    folder : Path
    model : str
        Id of its model.
    num_files : int
        Files of the page, those of the model included.
    total_bytes : int
        Their size.
    """

    folder: Path
    model: str
    num_files: int
    total_bytes: int


def export_web(
    source: str | PathLike[str],
    folder: str | PathLike[str],
    settings: PageSettings | None = None,
    *,
    force: bool = False,
    on_progress: Callable[[LoadProgress], None] | None = None,
    cancel: CancelToken | None = None,
) -> ExportedPage:
    """Write a page with a model that answers in the reader's browser.

    Parameters
    ----------
    source : path-like or str
        A GGUF file, or the name of a model that ships.
    folder : path-like or str
        Where to; made with the folders above it. Nothing is written there until everything
        is ready.
    settings : PageSettings, optional
    force : bool, default False
        Write into a folder that is not empty. An earlier export in it is replaced; other
        files stay.
    on_progress : callable, optional
        Called as the model is copied, in the stage ``"export"``.
    cancel : CancelToken, optional

    Returns
    -------
    ExportedPage

    Raises
    ------
    ModelError
        If the model could not be loaded either.
    ConfigError
        If the folder is not empty or cannot be written.
    LoadCancelledError
        If it was cancelled; nothing was written.
    """
    settings = settings or PageSettings()
    path, card = read_card(source)
    target = _target(folder, force=force)
    num_bytes = card["file_bytes"] + sum(item.stat().st_size for item in static_files())
    try:
        above = target if target.exists() else _existing(target)
        free = shutil.disk_usage(above).free
        if free < num_bytes:
            raise ConfigError(
                f"the page needs {format_bytes(num_bytes)}, but there are {format_bytes(free)} "
                f"free at {above}",
                field="folder",
            )
        scratch = above / f".realm-export-{secrets.token_hex(4)}"
        scratch.mkdir()
        try:
            _copy_model(
                path,
                scratch,
                card,
                limit=settings.max_file_bytes,
                on_progress=on_progress,
                cancel=cancel,
            )
            write_page(scratch, card, settings)
            files = [item for item in scratch.rglob("*") if item.is_file()]
            page = ExportedPage(
                target, card["id"], len(files), sum(item.stat().st_size for item in files)
            )
            _install(scratch, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or one_line(error)
        raise ConfigError(f"{target} cannot be written: {reason}", field="folder") from error
    return page


def _target(folder: str | PathLike[str], *, force: bool) -> Path:
    """Return where the page goes; a folder that is not there or that may be written into."""
    try:
        target = Path(folder).expanduser().absolute()
        if target.exists() and not target.is_dir():
            raise ConfigError(f"{target} is a file, not a folder", field="folder")
        is_used = target.exists() and any(target.iterdir())
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(
            f"{folder!s:.200} cannot be written: {one_line(error)}", field="folder"
        ) from error
    if is_used and not force:
        raise ConfigError(
            f"{target} is not empty; --force (in Python force=True) replaces an earlier export "
            "in it and leaves other files alone",
            field="folder",
        )
    return target


def _existing(path: Path) -> Path:
    return next(parent for parent in path.parents if parent.exists())


def _copy_model(
    path: Path,
    scratch: Path,
    card: Card,
    *,
    limit: int,
    on_progress: Callable[[LoadProgress], None] | None,
    cancel: CancelToken | None,
) -> None:
    """Write the model's parts and note them in the card."""
    folder = scratch / "model"
    folder.mkdir()
    total = card["file_bytes"]
    num_parts = max(1, -(-total // limit))
    done = 0
    with path.open("rb") as file:
        for number in range(num_parts):
            suffix = "" if num_parts == 1 else f".{number:03d}"
            name = f"{card['id']}.gguf{suffix}"
            digest = hashlib.sha256()
            left = min(limit, total - done)
            card["parts"].append({"path": name, "num_bytes": left, "sha256": ""})
            with (folder / name).open("wb") as part:
                while left:
                    if cancel is not None and cancel.is_cancelled:
                        raise LoadCancelledError(f"exporting {path.name} was cancelled")
                    chunk = file.read(min(left, _CHUNK_BYTES))
                    if not chunk:
                        raise ConfigError(f"{path} became shorter while it was copied")
                    digest.update(chunk)
                    part.write(chunk)
                    left -= len(chunk)
                    done += len(chunk)
                    if on_progress is not None:
                        on_progress(LoadProgress(card["id"], "export", done, total))
            card["parts"][-1]["sha256"] = digest.hexdigest()
    # A folder's name says what is in it, so that browsers may keep it for ever.
    everything = hashlib.sha256("".join(part["sha256"] for part in card["parts"]).encode())
    named = f"model-{everything.hexdigest()[:HASH_LENGTH]}"
    folder.rename(scratch / named)
    for item in card["parts"]:
        item["path"] = f"{named}/{item['path']}"


def _install(scratch: Path, target: Path) -> None:
    """Put what is ready into its place."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.rename(target)
        return
    # What the new page refers to comes first, then the page, and what only the old one
    # referred to goes last: a reader never finds half of it.
    new = sorted(scratch.iterdir(), key=lambda item: (not item.is_dir(), item.name))
    for item in new:
        place = target / item.name
        if item.is_dir() and place.is_dir():
            continue  # the same name, the same content
        item.replace(place)
    kept = {item.name for item in new}
    for item in target.iterdir():
        is_old = item.is_dir() and item.name.startswith(_HASHED) and _is_hash(item.name)
        if is_old and item.name not in kept:
            shutil.rmtree(item, ignore_errors=True)


def _is_hash(name: str) -> bool:
    digits = name.partition("-")[2]
    return len(digits) == HASH_LENGTH and all(digit in "0123456789abcdef" for digit in digits)
