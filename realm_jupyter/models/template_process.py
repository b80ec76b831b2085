"""The helper process that renders templates of unknown models."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ChatTemplateError
from realm_jupyter.models import chat_template_worker as worker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["TemplateProcess", "render_limited"]

START_SECONDS = 30.0
# With starting and killing, a template that never ends is over within a second.
RENDER_SECONDS = 0.8
# What Python and the system's loader may need; a template sees none of it.
_KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")


class TemplateProcess:
    """A warm process that renders one template at a time.

    Parameters
    ----------
    render_s : float
        The process is killed when a template takes longer.

    Notes
    -----
    Started at the first use; replaced when it was killed or died. Safe from any
    thread; a fork gets a process of its own.
    """

    def __init__(self, render_s: float = RENDER_SECONDS) -> None:
        self.render_s = render_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    @property
    def process_id(self) -> int | None:
        """The process's id while there is one."""
        return None if self._process is None else self._process.pid

    def render(
        self, template: str, inputs: Mapping[str, Any], *, now: datetime, marker: str = ""
    ) -> dict[str, Any]:
        """Render a template; ``{"text"}``, or ``{"error"}`` where the template is at fault.

        Raises
        ------
        ChatTemplateError
            If the process cannot be started.
        """
        request = {
            "template": template,
            "inputs": inputs,
            "now": now.isoformat(),
            "marker": marker,
        }
        with self._lock:
            process = self._started()
            try:
                answer, is_late = _exchange(process, request, self.render_s)
            except BaseException:
                self._kill()  # interrupted: the conversation is out of step
                raise
            if answer and isinstance(answer.get("text", answer.get("error")), str):
                return answer
            self._kill()
        if is_late:
            return {"error": f"it took longer than {self.render_s:g} s and was stopped"}
        return {"error": "it broke a limit of its process (memory, time or stack)"}

    def close(self) -> None:
        """End the process; the next request starts another."""
        with self._lock:
            self._kill()

    def _started(self) -> subprocess.Popen[bytes]:
        process = self._process
        if process is not None and process.poll() is None:
            return process
        self._kill()
        process = _start()
        self._process = process
        try:
            ready, _ = _exchange(process, None, START_SECONDS)
        except BaseException:
            self._kill()
            raise
        if ready is None:
            self._kill()
            raise ChatTemplateError(
                "the process that renders chat templates did not start: "
                f"{sys.executable} {worker.__file__}"
            )
        return process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _close_pipes(process)

    def _forget(self) -> None:
        """Leave the process to the parent of a fork, whose it is."""
        process, self._process = self._process, None
        self._lock = threading.Lock()
        if process is not None:
            process.returncode = 0  # not ours to wait for
            _close_pipes(process)


def _start() -> subprocess.Popen[bytes]:
    found = importlib.util.find_spec("minijinja")
    if found is None or found.origin is None or not sys.executable:
        raise ChatTemplateError(
            "chat templates are rendered in a process of their own, which needs the package "
            "minijinja and Python's executable"
        )
    folder = str(Path(found.origin).parent.parent)
    try:
        return subprocess.Popen(
            # Without the user's settings and packages: it starts faster, and sees less.
            [sys.executable, "-I", "-S", "-B", worker.__file__, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
            cwd=tempfile.gettempdir(),
            start_new_session=True,  # the kernel's interrupt is not meant for it
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise ChatTemplateError(
            f"the process that renders chat templates did not start: {error}"
        ) from error


def _exchange(
    process: subprocess.Popen[bytes], request: dict[str, Any] | None, seconds: float
) -> tuple[dict[str, Any] | None, bool]:
    """Send a request, if any, and read one answer; kill the process if that takes too long.

    Returns
    -------
    answer : dict or None
        None if the process died or did not speak the protocol.
    is_late : bool
        Whether it was killed for its time.
    """
    if process.stdin is None or process.stdout is None:  # pragma: no cover - both are pipes
        return None, False
    late = threading.Event()

    def kill() -> None:
        late.set()
        process.kill()

    # A timer and blocking pipes: what works on every system.
    timer = threading.Timer(seconds, kill)
    timer.daemon = True
    timer.start()
    try:
        if request is not None:
            worker.write_frame(process.stdin, request)
        answer = worker.read_frame(process.stdout)
    except (OSError, ValueError):
        answer = None
    finally:
        timer.cancel()
    return (answer if isinstance(answer, dict) else None), late.is_set()


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


_PROCESS = TemplateProcess()
atexit.register(_PROCESS.close)


def render_limited(
    template: str, inputs: Mapping[str, Any], *, now: datetime, marker: str = ""
) -> dict[str, Any]:
    """Render in the process that all models share; see `TemplateProcess.render`."""
    return _PROCESS.render(template, inputs, now=now, marker=marker)
