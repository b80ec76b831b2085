"""HTTP/1.1 as uvicorn speaks it, with limits on connections that say too little or too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from realm_jupyter.errors import APIStatusError
from realm_jupyter.protocol.error_table import error_body

if TYPE_CHECKING:
    import asyncio

__all__ = ["LimitedProtocol"]

_HEAD_TIMEOUT_S = 30.0
_MAX_UNREAD_BYTES = 64 << 20


class LimitedProtocol(H11Protocol):
    """One connection.

    It is closed when no whole head of a request came for half a minute, and when a client
    goes on sending a body of more than 64 MiB after its request was answered. What is no
    HTTP is answered in the form of all other errors.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._num_unread_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(_HEAD_TIMEOUT_S, self._on_silence)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes."""
        is_answered = self.cycle is not None and self.cycle.response_complete
        if is_answered and self.conn.their_state is h11.SEND_BODY:
            self._num_unread_bytes += len(data)
            if self._num_unread_bytes > _MAX_UNREAD_BYTES:
                self.transport.close()
                return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_timer()
        elif self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(_HEAD_TIMEOUT_S, self._on_silence)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        status, body = error_body(APIStatusError(msg, status=400, body="bad_request"))
        data = body.model_dump_json().encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(data))),
            ("connection", "close"),
        ]
        for event in (
            h11.Response(status_code=status, headers=headers, reason="Bad Request"),
            h11.Data(data=data),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _on_silence(self) -> None:
        self._head_timer = None
        is_waiting = self.conn.their_state is h11.IDLE
        if is_waiting and not self.transport.is_closing():
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
