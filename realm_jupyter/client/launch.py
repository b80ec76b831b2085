"""A server started from here, as a process that outlives whoever started it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from realm_jupyter.errors import APIConnectionError, ConfigError, LoadCancelledError
from realm_jupyter.protocol import discovery

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from realm_jupyter.protocol.discovery import ServerRecord
    from realm_jupyter.types import CancelToken

__all__ = ["StartedServer", "start_server", "stop_server"]

START_S = 300.0
STOP_S = 30.0
_POLL_S = 0.1
_OK = 200
_LAST_WORDS_BYTES = 2000
_OWNER_ONLY = 0o600


@dataclass(frozen=True)
class StartedServer:
    """A server's process and the file of what it says."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait(self, timeout_s: float = START_S, cancel: CancelToken | None = None) -> ServerRecord:
        """Wait until the server is ready.

        Parameters
        ----------
        timeout_s : float
        cancel : CancelToken, optional
            Ends the server too.

        Raises
        ------
        ConfigError
            If it ended instead; the message is its last line.
        LoadCancelledError
            If ``cancel`` was raised.
        APIConnectionError
            If it took too long; it was ended.
        """
        try:
            return self._wait(time.monotonic() + timeout_s, cancel)
        except BaseException:
            self.process.kill()
            raise

    def _wait(self, deadline_s: float, cancel: CancelToken | None) -> ServerRecord:
        while time.monotonic() < deadline_s:
            if cancel is not None and cancel.is_cancelled:
                raise LoadCancelledError("starting the server was cancelled")
            if self.process.poll() is not None:
                raise ConfigError(f"the server did not start: {self._last_words()}")
            record = self._record()
            if record is not None and _is_ready(record):
                return record
            time.sleep(_POLL_S)
        raise APIConnectionError(f"the server was not ready in time; {self.log} says how far it is")

    def _record(self) -> ServerRecord | None:
        records = discovery.running()
        return next((item for item in records if item.pid == self.process.pid), None)

    def _last_words(self) -> str:
        said = self.log.read_bytes()[-_LAST_WORDS_BYTES:].decode(errors="replace").strip()
        return said.rpartition("\n")[2] or f"it ended with code {self.process.returncode}"


def start_server(
    models: Sequence[str] = (), *, port: int = 0, models_folder: str | None = None
) -> StartedServer:
    """Start ``realm serve`` in a session of its own and return at once.

    Parameters
    ----------
    models : sequence of str
        GGUF files or shipped names.
    port : int
        0 takes a free one.
    models_folder : str, optional
        From which administrators may load.
    """
    folder = discovery.runtime_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder / "realm-server.log"  # of the server that was started last
    command = [sys.executable, "-m", "realm_jupyter", "serve", "--port", str(port)]
    if models_folder is not None:
        command += ["--models-dir", models_folder]
    log.unlink(missing_ok=True)  # never somebody else's file, nor one that others may read
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
        process = subprocess.Popen(
            [*command, "--", *models] if models else command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,  # it is to live on when the kernel ends
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    # Whoever ends it, the system is told that its end was noticed.
    threading.Thread(target=process.wait, name="realm-server-end", daemon=True).start()
    return StartedServer(process, log)


def stop_server(record: ServerRecord, timeout_s: float = STOP_S) -> None:
    """End a server of this user; texts that run are ended with a reason.

    Raises
    ------
    APIConnectionError
        If it still runs after ``timeout_s``.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(record.pid, signal.SIGTERM)
    deadline_s = time.monotonic() + timeout_s
    while any(item.pid == record.pid for item in discovery.running()):
        if time.monotonic() > deadline_s:
            raise APIConnectionError(f"the server {record.pid} still runs after {timeout_s:g} s")
        time.sleep(_POLL_S)


def _is_ready(record: ServerRecord) -> bool:
    try:
        answer = httpx.get(f"{record.url}/health", trust_env=False, timeout=_POLL_S * 20)
    except httpx.TransportError:
        return False
    return answer.status_code == _OK
