"""Keys: who calls, without telling how close a wrong guess was."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Key", "KeyRing", "new_secret", "read_key_file"]

_MIN_SECRET_CHARACTERS = 8
_SECRET = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"[\w.-]{1,64}")
_FORMAT = "SECRET [NAME] [admin]"
_MAX_WORDS = 3


@dataclass(frozen=True, slots=True)
class Key:
    """One key: a tenant of the server.

    Parameters
    ----------
    name : str
        For logs and metrics.
    secret : str
        What the client sends; at least 8 visible ASCII characters.
    is_admin : bool
        Whether it may load, use and unload models.

    Raises
    ------
    ConfigError
        If the secret or the name cannot be one.
    """

    name: str
    secret: str = field(repr=False)
    is_admin: bool = False

    def __post_init__(self) -> None:
        if len(self.secret) < _MIN_SECRET_CHARACTERS or not _SECRET.fullmatch(self.secret):
            raise ConfigError(
                f"the key of {self.name!r} is not allowed: a key has at least "
                f"{_MIN_SECRET_CHARACTERS} visible ASCII characters and no spaces",
                field="api_key",
            )
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                f"the key's name {self.name[:80]!r} is not allowed: a name has at most 64 "
                "letters, digits and . _ -",
                field="api_key",
            )


def new_secret() -> str:
    """Return a fresh secret that nobody can guess."""
    return secrets.token_urlsafe(24)


def read_key_file(path: Path) -> list[Key]:
    """Return the keys of a file: one a line, ``SECRET [NAME] [admin]``; ``#`` comments.

    Raises
    ------
    ConfigError
        If the file cannot be read or a line is no key; the line is named, not shown.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the key file {path} cannot be read: {error}") from error
    keys = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        is_admin = len(words) > 1 and words[-1] == "admin"
        if is_admin:
            words.pop()
        if len(words) >= _MAX_WORDS:
            raise ConfigError(f"line {number} of the key file {path} is not {_FORMAT}")
        name = words[1] if len(words) > 1 else f"key-{number}"
        keys.append(Key(name, words[0], is_admin))
    if not keys:
        raise ConfigError(f"the key file {path} has no key: write one a line, as {_FORMAT}")
    return keys


class KeyRing:
    """Finds the key that a client presents.

    Parameters
    ----------
    keys : iterable of Key

    Raises
    ------
    ConfigError
        If two keys have one name or one secret.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)
        if len({key.name for key in self._keys}) < len(self._keys):
            raise ConfigError("two keys have the same name", field="api_key")
        if len({key.secret for key in self._keys}) < len(self._keys):
            raise ConfigError("the same key was given twice", field="api_key")
        self._digests = [(_digest(key.secret), key) for key in self._keys]

    def find(self, secret: str) -> Key | None:
        """Return the key with this secret; takes as long whether there is one or not."""
        presented = _digest(secret)
        found = None
        for digest, key in self._digests:
            if hmac.compare_digest(digest, presented):
                found = key
        return found


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
