"""The file of a batch: a line of JSON for each row, added as it is done.

The first line says what the rows are answers to. A line is written whole or, where the
process or the machine died in the middle of it, dropped when the file is opened again. A file
that is none of a batch, or of another one, is not touched.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from realm_jupyter.batch.row import BatchRow
from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from types import TracebackType
    from typing import BinaryIO

    from realm_jupyter.batch.job import BatchJob

__all__ = ["BatchLog"]

_FORMAT = 1
_KEY = "realm_batch"
_BEGIN = json.dumps({_KEY: _FORMAT})[:-1].encode() + b","


class BatchLog:
    """Rows in a file, for one run at a time.

    Parameters
    ----------
    path : path-like
        Made if it is not there.
    job : BatchJob

    Raises
    ------
    ConfigError
        If the file is none of a batch, belongs to other prompts or options, is damaged, or
        another run writes to it.
    OSError
        If it cannot be read or written.
    """

    def __init__(self, path: str | PathLike[str], job: BatchJob) -> None:
        self.path = Path(path).expanduser()
        self.rows: dict[int, BatchRow] = {}
        self._file = self.path.open("a+b", buffering=0)
        try:
            self._lock()
            data = self._read()
            num_whole = data.rfind(b"\n") + 1
            lines = data[:num_whole].splitlines()
            self.job = self._resumed(lines[0], job) if lines else job.with_seed()
            for number, line in enumerate(lines[1:], start=2):
                row = self._row(number, line)
                self.rows[row.index] = row
            # The file is ours and in order: what was cut short goes, at last.
            if num_whole < len(data):
                self._file.truncate(num_whole)
            if not lines:
                self._write({_KEY: _FORMAT, **self.job.identity()})
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        try:
            os.fsync(self._file.fileno())
        finally:
            self._file.close()  # which also lets go of the lock

    def append(self, row: BatchRow) -> None:
        """Write a row; of several with one index the last counts."""
        self._write(row.to_dict())
        self.rows[row.index] = row

    def _write(self, values: Mapping[str, Any]) -> None:
        data = memoryview(json.dumps(values, ensure_ascii=False).encode() + b"\n")
        try:
            while data:  # a full disk or a signal may cut it
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            advice = "the rows before are kept; run the same again when that is mended"
            raise OSError(error.errno, f"{error.strerror}; {advice}", str(self.path)) from error

    def _lock(self) -> None:
        try:
            _lock(self._file)
        except OSError as error:
            raise ConfigError(
                f"another run writes to {self.path}; wait for it, or choose another file",
                field="output",
            ) from error

    def _read(self) -> bytes:
        """Return what is in the file; raise, and read no more of it, if it is none of a batch."""
        self._file.seek(0)
        begin = self._file.read(len(_BEGIN))
        if begin and begin != _BEGIN:
            raise self._not_ours()
        return begin + self._file.read()

    def _not_ours(self) -> ConfigError:
        return ConfigError(
            f"{self.path} is not a file of answers to a batch; it stays as it is: choose another",
            field="output",
        )

    def _resumed(self, line: bytes, job: BatchJob) -> BatchJob:
        """Return the job with the file's seed; raise if the file is of another job."""
        header = _parsed(line)
        if header is None or header.get(_KEY) != _FORMAT:
            raise self._not_ours()
        seed = header.get("seed")
        resumed = job.with_seed(seed if isinstance(seed, int) else None)
        for name, value in resumed.identity().items():
            if name not in header or header[name] != value:
                raise ConfigError(
                    f"{self.path} holds answers with {name}={header.get(name)!r:.80}, not "
                    f"{value!r:.80}: go on with the same options, or choose another file",
                    field="output",
                )
        return resumed

    def _row(self, number: int, line: bytes) -> BatchRow:
        values = _parsed(line)
        try:
            row = BatchRow.from_dict(values or {})
        except (ValueError, TypeError) as error:
            raise ConfigError(
                f"line {number} of {self.path} is damaged ({error}); remove the line to have its "
                "prompt answered again",
                field="output",
            ) from error
        prompts = self.job.prompts
        if row.index >= len(prompts) or prompts[row.index] != row.prompt:
            raise ConfigError(
                f"line {number} of {self.path} answers another prompt {row.index}: go on with the "
                "same prompts, or choose another file",
                field="output",
            )
        return row


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _lock(file: BinaryIO | Any) -> None:
    """Keep other processes from writing a file until it is closed; raise OSError if one does."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - of this system only

        file.seek(0x7FFFFFFF)  # a place beyond the rows: the lock would hide what it covers
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl  # noqa: PLC0415 - likewise

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
