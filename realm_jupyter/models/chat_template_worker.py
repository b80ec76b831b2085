"""Renders a chat template; as a program, in a process that can be limited and killed.

Imports nothing of this package, so that the helper process starts in some 40 ms:
``python -I -S chat_template_worker.py FOLDER_OF_MINIJINJA``. It reads requests from its
input and writes answers to its output, each a length (4 bytes, big-endian) and JSON; the
empty object says that it is ready. It ends with its input, and so with its parent.

Where the system has resource limits (Linux; in part macOS) the process may take
384 MiB of addresses and 3 seconds of processor time a request, and open, write and start nothing
more. Elsewhere the kill by the parent after a second and the engine's fuel hold alone.
"""

from __future__ import annotations

import json
import re
import struct
import sys
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_TEXT_BYTES", "TemplateRefusal", "read_frame", "render", "write_frame"]

MAX_TEXT_BYTES = 16 << 20
MAX_FRAME_BYTES = 128 << 20
FUEL = 20_000_000
MEMORY_BYTES = 384 << 20
CPU_SECONDS = 3
_LENGTH = struct.Struct(">I")
# Marks what the assistant says, for training; Jinja2 learns it from an extension.
_GENERATION = re.compile(r"(\{%[-+]?\s*)(end)?generation(\s*[-+]?%\})")


class TemplateRefusal(Exception):  # noqa: N818 - what the template itself says, not a fault
    """The template called ``raise_exception``."""


def _raise_exception(message: object) -> None:
    raise TemplateRefusal(str(message))


def _to_json(marker: str) -> Callable[..., str]:
    def to_json(
        value: Any,
        ensure_ascii: bool = False,  # noqa: FBT001, FBT002 - the signature of transformers
        indent: int | None = None,
        separators: tuple[str, str] | None = None,
        sort_keys: bool = False,  # noqa: FBT001, FBT002
    ) -> str:
        text = json.dumps(
            value,
            ensure_ascii=ensure_ascii,
            indent=indent,
            separators=separators,
            sort_keys=sort_keys,
        )
        if ensure_ascii and marker:
            text = text.replace(f"\\u{ord(marker):04x}", marker)
        return text

    return to_json


def render(template: str, inputs: dict[str, Any], *, now: datetime, marker: str = "") -> str:
    """Render a template as Hugging Face transformers does.

    Parameters
    ----------
    template : str
    inputs : dict
        Plain values only: what JSON can say.
    now : datetime
        What ``strftime_now`` formats.
    marker : str
        A character that JSON must not escape.

    Raises
    ------
    TemplateRefusal
        If the template calls ``raise_exception``.
    minijinja.TemplateError
        If it is wrong, or runs out of fuel.
    """
    import minijinja  # noqa: PLC0415 - found only after `main` has named its folder

    environment = minijinja.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        pycompat=True,
        fuel=FUEL,
        undefined_behavior="lenient",
        filters={"tojson": _to_json(marker)},
        globals={"raise_exception": _raise_exception, "strftime_now": now.strftime},
    )
    source = _GENERATION.sub(lambda m: m[1] + ("endif" if m[2] else "if true") + m[3], template)
    return str(environment.render_str(source, **inputs))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Render a request; every failure is part of the answer."""
    try:
        now = datetime.fromisoformat(request["now"])
        text = render(request["template"], request["inputs"], now=now, marker=request["marker"])
    except TemplateRefusal as error:
        return {"error": str(error), "is_refusal": True}
    except MemoryError:
        return {"error": "it needs too much memory"}
    except Exception as error:  # noqa: BLE001 - anything is the template's fault
        return {"error": describe(error)}
    if len(text) > MAX_TEXT_BYTES or len(text.encode()) > MAX_TEXT_BYTES:
        return {"error": f"it writes more than {MAX_TEXT_BYTES >> 20} MiB"}
    return {"text": text}


def describe(error: BaseException) -> str:
    """Return what went wrong and in which line, without the engine's own decoration."""
    detail = getattr(error, "detail", None) or getattr(error, "message", None) or str(error)
    line = getattr(error, "line", None)
    return f"line {line}: {detail}" if line else str(detail) or type(error).__name__


def read_frame(stream: IO[bytes], max_bytes: int = MAX_FRAME_BYTES) -> Any:
    """Read one length and JSON value; None at the end of the stream.

    Raises
    ------
    ValueError
        If the frame is over the limit or no JSON.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > max_bytes:
        raise ValueError(f"a frame of {length} bytes")
    data = stream.read(length)
    return json.loads(data) if len(data) == length else None


def write_frame(stream: IO[bytes], value: Any) -> None:
    """Write one length and JSON value."""
    data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _limit_process() -> Callable[[], None]:
    """Give up what the work does not need; return what grants the time of one request."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return lambda: None

    def limit(name: str, soft: int, hard: int) -> None:
        kind = getattr(resource, name, None)
        if kind is None:
            return
        try:
            resource.setrlimit(kind, (soft, hard))
        except (OSError, ValueError):  # this system knows the limit, but not this value
            return

    limit("RLIMIT_AS", MEMORY_BYTES, MEMORY_BYTES)
    limit("RLIMIT_CORE", 0, 0)
    limit("RLIMIT_FSIZE", 0, 0)
    limit("RLIMIT_NPROC", 0, 0)
    limit("RLIMIT_NOFILE", 3, 3)  # the three open streams are all there will ever be

    def grant_time() -> None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = int(usage.ru_utime + usage.ru_stime)
        limit("RLIMIT_CPU", used + 1 + CPU_SECONDS, resource.RLIM_INFINITY)

    return grant_time


def main() -> None:
    """Serve requests until the input ends."""
    sys.path.insert(0, sys.argv[1])
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    # Whatever is loaded lazily is loaded by this, before files are out of reach.
    warm_up = "{{ x|tojson }}{{ strftime_now('%d %b %Y') }}{{ y.z }}"
    answer({"template": warm_up, "inputs": {"x": ["é"]}, "now": "2000-01-01", "marker": ""})
    grant_time = _limit_process()
    write_frame(sink, {})
    while (request := read_frame(source)) is not None:
        grant_time()
        write_frame(sink, answer(request))


if __name__ == "__main__":
    main()
