"""Model files that administrators sent: kept while their model is loaded."""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from realm_jupyter.errors import APIStatusError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Uploads", "remove"]


class Uploads:
    """A folder of its own, gone with the server."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._paths: dict[str, Path] = {}

    async def receive(self, pieces: AsyncIterator[bytes]) -> Path:
        """Write a file as it comes and return it.

        Raises
        ------
        APIStatusError
            If the disk has no room; nothing is left of the file.
        """
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="realm-uploads-", ignore_cleanup_errors=True
            )
        path = Path(self._folder.name, f"{secrets.token_hex(8)}.gguf")
        try:
            async with await anyio.open_file(path, "xb") as file:
                async for piece in pieces:
                    await file.write(piece)
        except OSError as error:
            remove(path)
            raise APIStatusError(
                f"the file cannot be kept: {error.strerror}", status=507, body="no_room"
            ) from error
        except BaseException:
            remove(path)
            raise
        return path

    def keep(self, model_id: str, path: Path) -> None:
        """Keep a file until its model is unloaded."""
        self._paths[model_id] = path

    def drop(self, model_id: str) -> None:
        """Remove the file of a model that was unloaded, if it was sent."""
        path = self._paths.pop(model_id, None)
        if path is not None:
            remove(path)

    def close(self) -> None:
        """Remove everything."""
        self._paths.clear()
        if self._folder is not None:
            self._folder.cleanup()


def remove(path: Path) -> None:
    """Remove a file if possible."""
    with contextlib.suppress(OSError):  # on Windows a file that is in use goes with the folder
        path.unlink()
