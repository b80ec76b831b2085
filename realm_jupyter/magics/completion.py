"""Tab after ``%realm``: subcommands, flags, model ids, files, variables."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import RealmError
from realm_jupyter.magics.parsers import CELL_COMMANDS, COMMANDS, DEVICES, EXECUTORS, parser_of
from realm_jupyter.magics.session import guest_names, shipped_names
from realm_jupyter.types import GenerationConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from realm_jupyter.magics.session import Session

__all__ = ["complete"]

# A word may hold spaces behind a quote that is still open.
_LAST_WORD = re.compile(r"""(?:(?<!\S)"[^"]*|(?<!\S)'[^']*|\S*)$""")
_MODEL_COMMANDS = frozenset({"use", "unload", "info"})


def complete(session: Session, event: Any) -> list[str]:
    """Return what could stand at the cursor.

    Parameters
    ----------
    session : Session
    event : object
        IPython's: ``text_until_cursor`` is the line, ``symbol`` the word to replace.
    """
    before: str = event.text_until_cursor
    # The word under the cursor is not yet said; after a space it is empty.
    match = _LAST_WORD.search(before)
    current = match[0] if match else ""
    magic, *said = before[: len(before) - len(current)].split() or [""]
    is_cell = magic == "%%realm"
    try:
        found = _candidates(session, said, current, is_cell=is_cell)
    except RealmError:  # a server that is gone; the next command will say so
        return []
    # IPython replaces the symbol only, which begins after the last = or quote.
    cut = len(current) - len(event.symbol)
    head = current[:cut] if cut > 0 else ""
    return [item[len(head) :] for item in found if item.startswith(current)]


def _candidates(session: Session, said: list[str], current: str, *, is_cell: bool) -> list[str]:
    command = said[0] if said else ""
    if not command and not current.startswith("-"):
        return list(CELL_COMMANDS if is_cell else COMMANDS)
    if is_cell and command not in COMMANDS and command[:1] in {"", "-"}:
        command = "generate"
    if command not in COMMANDS:
        return [] if command else ["--help"]
    parser = parser_of(command)
    flag, equals, _value = current.partition("=")
    if equals and flag.startswith("--"):
        return [f"{flag}={item}" for item in _values(session, command, flag)]
    if said and parser.takes_value(said[-1]):
        return _values(session, command, said[-1])
    if current.startswith("-"):
        return sorted(item for item in parser.flags if item.startswith("--"))
    return _arguments(session, command, current)


def _values(session: Session, command: str, flag: str) -> list[str]:
    """Return what may follow a flag."""
    sources: dict[str, Callable[[], Iterable[str]]] = {
        "-m": lambda: _models(session),
        "--model": lambda: _models(session),
        "-v": lambda: _variables(session),
        "--var": lambda: _variables(session),
        "--json-schema": lambda: _variables(session),
        "--grammar": lambda: _variables(session),
        "--device": lambda: DEVICES,
        "--executor": lambda: EXECUTORS,
        "--conversation": lambda: session.conversations,
        "--guest": guest_names,
    }
    source = sources.get(flag)
    return sorted(source()) if source else list(parser_of(command).choices_of(flag))


def _arguments(session: Session, command: str, current: str) -> list[str]:
    """Return what may stand without a flag."""
    if command == "load":
        return [*shipped_names(), *_files(current)]
    if command == "export-web":
        return [*sorted(_models(session)), *_files(current)]
    if command in _MODEL_COMMANDS:
        return sorted(info.id for info in session.loaded())
    if command == "help":
        return list(COMMANDS)
    if command == "config":
        settings: Any = session.settings
        names = [item.name for item in fields(GenerationConfig)]
        return sorted([*settings.trait_names(config=True), *names])
    return []


def _models(session: Session) -> set[str]:
    return {info.id for info in session.loaded()} | set(shipped_names())


def _variables(session: Session) -> list[str]:
    hidden = session.shell.user_ns_hidden
    return [name for name in session.shell.user_ns if name not in hidden and name[0] != "_"]


def _files(current: str) -> list[str]:
    """Return folders and GGUF files that begin with what was typed."""
    quote = current[:1] if current[:1] in {"'", '"'} else ""
    typed = os.path.expanduser(current[len(quote) :])  # noqa: PTH111 - keeps the slash
    found = []
    for item in sorted(glob.glob(glob.escape(typed) + "*")):  # noqa: PTH207 - keeps it as typed
        is_folder = Path(item).is_dir()
        if is_folder or item.endswith(".gguf"):
            rest = item[len(typed) :] if quote else item[len(typed) :].replace(" ", "\\ ")
            found.append(current + rest + ("/" if is_folder else ""))
    return found
