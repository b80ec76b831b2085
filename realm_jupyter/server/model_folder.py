"""What an administrator may load: shipped models, and files below one folder."""

from __future__ import annotations

import difflib
import os
from pathlib import Path, PurePath

from realm_jupyter.errors import ModelNotFoundError
from realm_jupyter.models.sources import shipped_names

__all__ = ["ModelFolder"]

_SUFFIX = ".gguf"
_MAX_ENTRIES = 50_000
_MAX_FILES = 1000


class ModelFolder:
    """The models that may be loaded by name.

    Parameters
    ----------
    folder : Path, optional
        Without one only shipped models may be loaded.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = None if folder is None else folder.resolve()

    def names(self) -> list[str]:
        """Return the names: shipped ones, then paths of files relative to the folder.

        Hidden folders and links to folders are not entered.
        """
        found: list[str] = []
        num_entries = 0
        for current, folders, files in os.walk(self._folder) if self._folder else ():
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            num_entries += len(folders) + len(files)
            for name in sorted(files):
                path = Path(current, name)
                if name.lower().endswith(_SUFFIX) and self._is_inside(path):
                    found.append(path.relative_to(self._folder or path).as_posix())
            if num_entries > _MAX_ENTRIES or len(found) > _MAX_FILES:
                break
        return [*shipped_names(), *found[:_MAX_FILES]]

    def find(self, name: str) -> str | Path:
        """Return what to load: a shipped name, or a file below the folder.

        Raises
        ------
        ModelNotFoundError
            If there is no such file, or it lies elsewhere; nothing is said of what does.
        """
        if name in shipped_names():
            return name
        parts = PurePath(name).parts
        is_plain = bool(parts) and "\0" not in name and not PurePath(name).is_absolute()
        if self._folder is not None and is_plain and ".." not in parts:
            path = self._folder / name
            if self._is_inside(path):
                return path
        close = difflib.get_close_matches(name, self.names(), n=3)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "GET /admin/models"
        raise ModelNotFoundError(
            f"there is no model {name[:200]!r} that may be loaded; {hint}",
            name=name,
            suggestions=close,
        )

    def _is_inside(self, path: Path) -> bool:
        """Return whether a path is a file that lies below the folder, links followed."""
        try:
            is_below = self._folder is not None and path.resolve().is_relative_to(self._folder)
            return is_below and path.is_file()
        except (OSError, RuntimeError, ValueError):  # a loop of links, or a name too long
            return False
