"""C and C++ to guests, with the compiler that the package ``ziglang`` brings (extra ``guest``)."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Literal

from realm_jupyter.errors import GuestCompileError
from realm_jupyter.sandbox.cache import ModuleCache

if TYPE_CHECKING:
    from realm_jupyter.types import CancelToken

__all__ = ["HEADERS_FOLDER", "compile_guest"]

HEADERS_FOLDER = Path(__file__).resolve().parent.parent / "guest"
MAX_SOURCE_BYTES = 1 << 20
MAX_MESSAGE_LINES = 40
TIMEOUT_S = 600.0
_POLL_S = 0.1
# Those of the shipped guest, which a test compares: no WASI, no exceptions, and a stack
# below the data, so that an overflow traps instead of overwriting it.
FLAGS = (
    "-target", "wasm32-wasi", "-mexec-model=reactor", "-msimd128",
    "-O3", "-fvisibility=hidden", "-Wl,--strip-all", "-Wl,-z,stack-size=262144",
)  # fmt: skip
CPP_FLAGS = (
    "-std=c++20", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics",
    "-fno-c++-static-destructors", "-nostdlib++",
)  # fmt: skip
C_FLAGS = ("-std=c17",)
# What of the compiler's output speaks of the source: file:line:column: kind: message.
_DIAGNOSTIC = re.compile(r"^(?:\S+:\d+:\d+: )?(?:fatal )?(?:error|warning|note): |^wasm-ld: ")


def compile_guest(
    source: str,
    name: str = "guest",
    *,
    language: Literal["c", "c++"] = "c++",
    first_line: int = 1,
    cancel: CancelToken | None = None,
) -> bytes:
    """Compile a guest, or take it from the cache.

    Parameters
    ----------
    source : str
        One file. ``realm.h`` and ``realm_guest.h`` are found, and C's own headers.
    name : str
        For messages.
    language : {"c", "c++"}
        C++ is C++20 without exceptions and without its standard library.
    first_line : int
        Number of the source's first line in messages.
    cancel : CancelToken, optional
        Stops the compiler from another thread.

    Returns
    -------
    bytes
        A WebAssembly module. Whether it is a guest, `GuestModule.from_bytes` says.

    Raises
    ------
    GuestCompileError
        If the compiler is not installed or does not accept the source; ``diagnostics``
        has its lines.

    Notes
    -----
    The first compilation on a machine builds a C library, which takes some fifteen
    seconds; it is kept in ``REALM_ZIG_CACHE_DIR`` or the user's cache folder.
    """
    data = source.encode("utf-8", "replace")
    if len(data) > MAX_SOURCE_BYTES:
        raise GuestCompileError(f"{name}: the source is larger than {MAX_SOURCE_BYTES >> 20} MiB")
    flags = (*FLAGS, *(CPP_FLAGS if language == "c++" else C_FLAGS))
    cache = ModuleCache(kind="program")
    key = _key(data, language, flags)
    wasm = cache.get(key)
    if wasm is None:
        wasm = _run_compiler(data, name, language, flags, first_line=first_line, cancel=cancel)
        cache.put(key, wasm)
    return wasm


def _key(data: bytes, language: str, flags: tuple[str, ...]) -> bytes:
    digest = hashlib.sha256(repr((_compiler_version(), language, flags)).encode())
    for header in sorted(HEADERS_FOLDER.glob("*.h")):
        digest.update(header.read_bytes())
    digest.update(data)
    return b"program 1\0" + digest.digest()


def _compiler_version() -> str:
    try:
        return importlib.metadata.version("ziglang")
    except importlib.metadata.PackageNotFoundError:
        raise GuestCompileError(
            "compiling a guest needs the package ziglang, which is not installed: "
            'pip install "realm-jupyter[guest]"'
        ) from None


def _run_compiler(
    data: bytes,
    name: str,
    language: str,
    flags: tuple[str, ...],
    *,
    first_line: int,
    cancel: CancelToken | None,
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="realm-guest-") as scratch:
        folder = Path(scratch)
        path = folder / "guest.source"
        label = name.replace("\\", "/").replace('"', "'")
        path.write_bytes(f'#line {first_line} "{label}"\n'.encode() + data + b"\n")
        built = folder / "guest.wasm"
        command = "c++" if language == "c++" else "cc"
        arguments = [
            *(sys.executable, "-m", "ziglang", command, *flags),
            *("-fno-color-diagnostics", "-I", str(HEADERS_FOLDER)),
            *("-x", language, str(path), "-o", str(built)),
        ]
        environment = os.environ | {
            "ZIG_GLOBAL_CACHE_DIR": str(_compiler_cache()),
            "ZIG_LOCAL_CACHE_DIR": str(folder / "local"),
        }
        output, code = _wait(arguments, environment, folder, cancel)
        if cancel is not None and cancel.is_cancelled:
            raise GuestCompileError(f"{name}: compiling was stopped")
        if code != 0 or not built.is_file():
            raise _compile_error(name, output, code)
        return built.read_bytes()


def _wait(
    arguments: list[str], environment: dict[str, str], folder: Path, cancel: CancelToken | None
) -> tuple[str, int]:
    """Run the compiler; return what it said and its exit code."""
    log = folder / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            arguments,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        until = monotonic() + TIMEOUT_S
        while True:
            try:
                process.wait(_POLL_S)
                break
            except subprocess.TimeoutExpired:
                if monotonic() > until or (cancel is not None and cancel.is_cancelled):
                    _end(process)
        code = process.returncode
    if monotonic() > until:
        return f"error: the compiler took longer than {TIMEOUT_S:.0f} s and was ended", code
    return log.read_text(encoding="utf-8", errors="replace"), code


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the compiler with the processes that it has started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _compile_error(name: str, output: str, code: int) -> GuestCompileError:
    """Return an error whose message is one tidy block."""
    output = output.replace(f"{HEADERS_FOLDER}{os.sep}", "")
    lines = [line.rstrip() for line in output.splitlines()]
    first = next((i for i, line in enumerate(lines) if _DIAGNOSTIC.search(line)), 0)
    shown = [line for line in lines[first:] if line][:MAX_MESSAGE_LINES]
    if len(lines) - first > MAX_MESSAGE_LINES:
        shown.append("...")
    block = "\n".join(shown) or f"the compiler ended with code {code} and said nothing"
    return GuestCompileError(f"{name} does not compile:\n{block}", diagnostics=shown)


def _compiler_cache() -> Path:
    """Return where Zig keeps the C library that it has built; hatch_build.py has the same."""
    named = os.environ.get("REALM_ZIG_CACHE_DIR")
    if named:
        return Path(named)
    root = os.environ.get("REALM_CACHE_DIR")
    if root:
        return Path(root) / "zig"
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "realm_jupyter" / "zig"
