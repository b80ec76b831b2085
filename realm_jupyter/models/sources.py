"""From what a user names to a file: paths, and the models that ship with the package."""

from __future__ import annotations

import difflib
import os
import re
import stat
from pathlib import Path

from realm_jupyter.errors import ModelFormatError, ModelNotFoundError

__all__ = ["is_shipped", "resolve_source", "shipped_names", "shipped_path"]

_SHIPPED_NAMES = ("paris", "tales")
_SHIPPED_FOLDER = Path(__file__).resolve().parent.parent / "demo"
_PART = re.compile(r"(?P<stem>.+)-\d{5}-of-(?P<count>\d{5})\.gguf")
_MAX_LISTED_FILES = 1000
_MAX_SUGGESTIONS = 3


def shipped_names() -> tuple[str, ...]:
    """Return the names of the models that this installation ships, the default first."""
    return tuple(name for name in _SHIPPED_NAMES if shipped_path(name).is_file())


def shipped_path(name: str) -> Path:
    """Return where the shipped model of this name lies."""
    return _SHIPPED_FOLDER / f"{name}.gguf"


def is_shipped(path: Path) -> bool:
    """Return whether a file is one of the models that ship with the package."""
    return any(_is_same_file(path, shipped_path(name)) for name in shipped_names())


def resolve_source(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file that a user means.

    Parameters
    ----------
    name_or_path : path-like or str
        The name of a shipped model, or the path of a GGUF file; ``~`` is the home folder.
        A file in the working folder wins over a shipped model of the same name. Any file
        of a split model stands for the whole.

    Returns
    -------
    Path
        An existing regular file; of a split model the first.

    Raises
    ------
    ModelNotFoundError
        If there is no such file; with suggestions.
    ModelFormatError
        If it is a folder, a pipe or a device.
    """
    text = os.fspath(name_or_path)
    if not isinstance(text, str) or not text or "\0" in text:
        raise _not_found(f"{name_or_path!r:.200} is not the name or path of a model", str(text), ())
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # ~name of a user that is not there
        path = Path(text)
    path = _first_part(path)
    mode = _mode(path)
    if text in shipped_names() and not (mode is not None and stat.S_ISREG(mode)):
        return shipped_path(text)
    if mode is None:
        suggestions = _suggestions(text, path)
        raise _not_found(f"there is no model {text!r:.200}", text, suggestions)
    if stat.S_ISDIR(mode):
        raise _is_folder(path)
    if not stat.S_ISREG(mode):
        raise ModelFormatError("this is a pipe, a socket or a device, not a file", path=path)
    return path


def _mode(path: Path) -> int | None:
    """Return what kind of thing a path leads to, or None if to nothing."""
    try:
        return path.stat().st_mode
    except PermissionError as error:
        raise ModelFormatError(
            "the file cannot be reached: permission denied", path=path
        ) from error
    except (OSError, ValueError):  # missing, a name too long, a loop of links
        return None


def _first_part(path: Path) -> Path:
    match = _PART.fullmatch(path.name)
    if match is None:
        return path
    return path.with_name(f"{match['stem']}-00001-of-{match['count']}.gguf")


def _is_same_file(left: Path, right: Path) -> bool:
    try:
        return left.samefile(right)
    except OSError:
        return False


def _not_found(problem: str, name: str, suggestions: tuple[str, ...]) -> ModelNotFoundError:
    if suggestions:
        problem += f"; did you mean {' or '.join(repr(item) for item in suggestions)}?"
    else:
        problem += (
            "; give the path of a GGUF file, or the name of a model that ships with the package: "
            f"{', '.join(shipped_names()) or 'none in this installation'}"
        )
    return ModelNotFoundError(problem, name=name, suggestions=suggestions)


def _is_folder(path: Path) -> ModelFormatError:
    files = _model_files(path)
    if not files:
        return ModelFormatError("this is a folder without GGUF files, not a file", path=path)
    listed = ", ".join(files[:_MAX_SUGGESTIONS])
    more = "" if len(files) <= _MAX_SUGGESTIONS else f" and {len(files) - _MAX_SUGGESTIONS} more"
    return ModelFormatError(f"this is a folder, not a file; it has {listed}{more}", path=path)


def _model_files(folder: Path) -> list[str]:
    """Return the names of the GGUF files in a folder, of a few hundred at most."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for _, entry in zip(range(_MAX_LISTED_FILES), entries)]  # noqa: B905
    except OSError:
        return []
    return sorted(name for name in names if name.lower().endswith(".gguf"))


def _suggestions(text: str, path: Path) -> tuple[str, ...]:
    """Return shipped names and files beside the missing one that look like it."""
    files = _model_files(path.parent)
    by_stem = {name.lower().removesuffix(".gguf"): name for name in files}
    stem = path.name.lower().removesuffix(".gguf")
    matches = difflib.get_close_matches(stem, by_stem, _MAX_SUGGESTIONS, cutoff=0.6)
    prefix = text.removesuffix(path.name)
    shipped = difflib.get_close_matches(text.lower(), shipped_names(), _MAX_SUGGESTIONS, cutoff=0.6)
    found = [*shipped, *(prefix + by_stem[match] for match in matches)]
    return tuple(dict.fromkeys(found))[:_MAX_SUGGESTIONS]
