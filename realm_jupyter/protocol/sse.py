"""Server-sent events: to bytes, and from bytes that come in any pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from realm_jupyter.errors import APIError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

__all__ = ["DONE", "DONE_EVENT", "HEARTBEAT", "ServerEvent", "ServerEventReader", "encode_event"]

DONE = "[DONE]"
"""Data of the last event of a stream."""
DONE_EVENT = b"data: [DONE]\n\n"
HEARTBEAT = b": still working\n\n"
"""A comment, which readers pass over; keeps proxies from closing a silent stream."""

_MAX_EVENT_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its name (``"message"`` unless the server gave another) and its data."""

    data: str
    name: str = "message"


def encode_event(data: BaseModel | str, name: str = "") -> bytes:
    r"""Return an event as bytes.

    Parameters
    ----------
    data : message or str
    name : str
        Left out when empty.

    Examples
    --------
    >>> encode_event("two\nlines", "note")
    b'event: note\ndata: two\ndata: lines\n\n'
    """
    text = data if isinstance(data, str) else data.model_dump_json()
    head = f"event: {name}\n" if name else ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return (head + "".join(f"data: {line}\n" for line in lines) + "\n").encode()


class ServerEventReader:
    r"""Collects bytes and yields whole events.

    Raises
    ------
    APIError
        From `feed`, if the stream is no UTF-8 or an event is larger than 64 MiB.

    Examples
    --------
    >>> reader = ServerEventReader()
    >>> list(reader.feed(b"data: hel"))
    []
    >>> list(reader.feed(b"lo\n\n: a comment\n\n"))
    [ServerEvent(data='hello', name='message')]
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[str] = []
        self._name = ""
        self._num_bytes = 0

    def feed(self, data: bytes) -> Iterator[ServerEvent]:
        """Take more bytes and yield the events that they complete."""
        self._line += data
        if len(self._line) + self._num_bytes > _MAX_EVENT_BYTES:
            raise APIError(f"the server sent an event of more than {_MAX_EVENT_BYTES >> 20} MiB")
        while True:
            end = self._line.find(b"\n")
            if end < 0:
                return
            line = bytes(self._line[:end]).removesuffix(b"\r")
            del self._line[: end + 1]
            event = self._take(line)
            if event is not None:
                yield event

    def _take(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._finish()
        try:
            name, _, value = line.decode().partition(":")
        except UnicodeDecodeError as error:
            raise APIError("the server's events are not UTF-8 text") from error
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._num_bytes += len(line)
        elif name == "event":
            self._name = value
        return None

    def _finish(self) -> ServerEvent | None:
        event = ServerEvent("\n".join(self._data), self._name or "message") if self._data else None
        self._data, self._name, self._num_bytes = [], "", 0
        return event
