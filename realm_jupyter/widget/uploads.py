"""Files that come from the browser, piece by piece."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import weakref
from pathlib import Path

from realm_jupyter.errors import ConfigError

__all__ = ["CHUNK_BYTES", "Upload", "Uploads"]

CHUNK_BYTES = 2 << 20
"""Most bytes of a piece; Jupyter's server takes messages of up to 10 MB."""

_SPARE_BYTES = 256 << 20
_MAX_NAME_LENGTH = 120


class Upload:
    """One file that arrives.

    Parameters
    ----------
    path : Path
        Where it is written.
    total_bytes : int
    """

    def __init__(self, path: Path, total_bytes: int) -> None:
        self.path = path
        self.total_bytes = total_bytes
        self.received_bytes = 0
        self._lock = threading.Lock()
        self._is_over = False

    @property
    def is_complete(self) -> bool:
        """Whether all of it is there."""
        return self.received_bytes == self.total_bytes

    def write(self, offset_bytes: int, data: memoryview) -> None:
        """Append a piece.

        Raises
        ------
        ConfigError
            If it does not follow the piece before it, or is too large.
        """
        with self._lock:
            if self._is_over:
                raise ConfigError("this upload has ended already", field="load")
            if offset_bytes != self.received_bytes:
                raise ConfigError(
                    f"a piece for byte {offset_bytes} came where byte {self.received_bytes} "
                    "was expected: start the upload again",
                    field="offset_bytes",
                    value=offset_bytes,
                )
            size_bytes = data.nbytes
            if size_bytes > CHUNK_BYTES or offset_bytes + size_bytes > self.total_bytes:
                raise ConfigError(
                    f"a piece of {size_bytes} bytes at byte {offset_bytes} is too large",
                    field="data",
                )
            with self.path.open("ab") as file:
                file.write(data)
            self.received_bytes += size_bytes
            self._is_over = self.is_complete

    def drop(self) -> None:
        """Forget the file."""
        with self._lock:
            self._is_over = True
            self.path.unlink(missing_ok=True)


class Uploads:
    """A folder for uploads, which goes when its owner does."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def begin(self, filename: str, total_bytes: int) -> Upload:
        """Make room for a file.

        Raises
        ------
        ConfigError
            If it is no GGUF file by its name, is empty, or the disk has no room for it.
        """
        name = re.sub(r"[^\w.+ -]", "-", filename.replace("\\", "/").rpartition("/")[2])
        name = name[-_MAX_NAME_LENGTH:].lstrip(". -")
        if not name.lower().endswith(".gguf") or total_bytes <= 0:
            raise ConfigError(
                f"{filename!r:.200} is not a GGUF file; choose one whose name ends in .gguf",
                field="filename",
                value=filename,
            )
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="realm-uploads-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        free_bytes = shutil.disk_usage(self._folder).free
        if total_bytes + _SPARE_BYTES > free_bytes:
            raise ConfigError(
                f"{name} has {total_bytes:,} bytes, but the disk of {self._folder} has only "
                f"{free_bytes:,} left",
                field="total_bytes",
                value=total_bytes,
            )
        return Upload(Path(tempfile.mkdtemp(dir=self._folder)) / name, total_bytes)
