"""The GGUF files below a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.errors import ModelNotFoundError

if TYPE_CHECKING:
    from realm_jupyter.widget.messages import File, FilesResult

__all__ = ["scan_folder"]

_MAX_DEPTH = 6
_MAX_ENTRIES = 50_000
_MAX_FILES = 500
_PART = re.compile(r"(?P<stem>.+)-(?P<part>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)


def scan_folder(folder: str) -> FilesResult:
    """Return the models below a folder, those of its own first, by name.

    Parameters
    ----------
    folder : str
        ``~`` is the home folder; a file stands for the folder it is in.

    Raises
    ------
    ModelNotFoundError
        If there is no such folder.

    Notes
    -----
    Hidden folders and links to folders are not entered. The parts of a split model are
    one entry, with the path of the first.
    """
    root = Path(folder).expanduser()
    if root.is_file():
        root = root.parent
    if not root.is_dir():
        raise ModelNotFoundError(f"there is no folder {folder!r:.200}", name=folder)
    root = root.resolve()
    found: dict[str, File] = {}
    num_entries = 0
    for current, folders, files in os.walk(root):
        depth = len(Path(current).relative_to(root).parts)
        folders[:] = sorted(name for name in folders if name[0] != "." and depth < _MAX_DEPTH)
        num_entries += len(folders) + len(files)
        for name in sorted(files):
            if name.lower().endswith(".gguf"):
                _add(found, root, Path(current) / name)
        if num_entries > _MAX_ENTRIES or len(found) > _MAX_FILES:
            return {"folder": str(root), "files": list(found.values()), "is_complete": False}
    return {"folder": str(root), "files": list(found.values()), "is_complete": True}


def _add(found: dict[str, File], root: Path, path: Path) -> None:
    try:
        size_bytes = path.stat().st_size
    except OSError:  # a link to nothing, or a file that is gone already
        return
    match = _PART.fullmatch(path.name)
    first = path.with_name(f"{match['stem']}-00001-of-{match['count']}.gguf") if match else path
    entry = found.setdefault(
        str(first),
        {
            "path": str(first),
            "name": str(first.relative_to(root)),
            "file_bytes": 0,
            "num_parts": 0,
        },
    )
    entry["file_bytes"] += size_bytes
    entry["num_parts"] += 1
