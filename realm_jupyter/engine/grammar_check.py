"""Tries a grammar out in a process of its own, which can be limited and killed.

llguidance bounds its own work nearly everywhere, but not where it intersects regular
expressions or multiples: a schema of a few hundred bytes can keep it busy for hours. So
what could do that is compiled here first. As a program this imports nothing of the
package: ``python -I -S grammar_check.py FOLDER_OF_LLGUIDANCE`` reads a grammar from its
input and writes what is wrong with it, or nothing, to its output.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

__all__ = ["CHECK_SECONDS", "LIMITS", "check_grammar", "needs_check"]

CHECK_SECONDS = 5.0
CPU_SECONDS = 1
MEMORY_BYTES = 1 << 30
LIMITS: dict[str, Any] = {
    "max_items_in_row": 2000,
    "initial_lexer_fuel": 1_000_000,
    "step_lexer_fuel": 200_000,
    "step_max_items": 50_000,
    "max_lexer_states": 50_000,
    "max_grammar_size": 500_000,
    "verbose_errors": False,
}
"""Limits of llguidance's own; its defaults but for the states, which take 1 to 2 kB each."""

_RISKY_KEYWORDS = ('"pattern"', '"patternProperties"', '"multipleOf"')
_KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
# A crowd of grammars waits here instead of starting a crowd of processes.
_TURN = threading.BoundedSemaphore(2)


def needs_check(schema: str) -> bool:
    """Return whether a JSON schema holds anything of which llguidance bounds no cost."""
    return any(keyword in schema for keyword in _RISKY_KEYWORDS)


@functools.lru_cache(maxsize=256)
def check_grammar(grammar: str) -> str:
    """Compile a grammar in a process of its own.

    Parameters
    ----------
    grammar : str
        As `LLMatcher` takes it.

    Returns
    -------
    str
        What is wrong with it; empty when nothing is.

    Raises
    ------
    OSError
        If the process cannot be started.
    """
    found = importlib.util.find_spec("llguidance")
    if found is None or found.origin is None or not sys.executable:
        raise OSError("Python's executable or the package llguidance is missing")
    command = [sys.executable, "-I", "-S", "-B", __file__, str(Path(found.origin).parent.parent)]
    with _TURN:
        try:
            done = subprocess.run(
                command,
                input=grammar.encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=CHECK_SECONDS,
                check=False,
                env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
                cwd=tempfile.gettempdir(),
                start_new_session=True,  # the kernel's interrupt is not meant for it
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except subprocess.TimeoutExpired:
            return f"compiling it takes longer than {CHECK_SECONDS:g} s"
    if done.returncode != 0:
        return f"compiling it takes over {CPU_SECONDS} s of processor time, or 1 GiB of memory"
    return done.stdout.decode("utf-8", "replace")


def _limit_process() -> None:
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    limits = {"RLIMIT_AS": MEMORY_BYTES, "RLIMIT_CPU": CPU_SECONDS, "RLIMIT_CORE": 0}
    for name, limit in limits.items():
        kind: Any = getattr(resource, name, None)
        if kind is not None:
            with contextlib.suppress(OSError, ValueError):  # known here, but not this value
                resource.setrlimit(kind, (limit, limit))


def main() -> None:
    """Check the grammar on standard input."""
    sys.path.insert(0, sys.argv[1])
    grammar = sys.stdin.buffer.read().decode()
    from llguidance import LLMatcher, LLParserLimits, LLTokenizer  # noqa: PLC0415

    _limit_process()
    matcher = LLMatcher(LLTokenizer("byte"), grammar, log_level=0, limits=LLParserLimits(**LIMITS))
    if not matcher.is_error():
        matcher.compute_bitmask()  # the first one builds most of the lexer
    sys.stdout.buffer.write(matcher.get_error().encode())


if __name__ == "__main__":
    main()
