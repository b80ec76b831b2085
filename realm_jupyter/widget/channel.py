"""The wire between one widget and its views: requests in, answers and events out."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, NoReturn

from realm_jupyter.errors import ConfigError
from realm_jupyter.widget.faults import error_info
from realm_jupyter.widget.messages import EVENTS, PROTOCOL, checked_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realm_jupyter.widget.messages import Kind

__all__ = ["Channel", "Handler"]

_LOG = logging.getLogger(__name__)

Handler = Any
"""Called with the fields of a request by name; returns the result of its answer."""


class Channel:
    """Numbers events, routes requests to handlers, turns what they raise into answers.

    Parameters
    ----------
    kind : {"chat", "models", "tokens"}
    send : callable
        Puts a message (a JSON object) on the wire; safe from any thread.
    snapshot : callable
        Returns the whole state; called with `lock` held.
    lock : RLock
        Guards the state that the events speak of. Events are sent with it held, so that
        their order is the order of the changes.

    Notes
    -----
    `receive` may be called from any thread, also from several at once, and returns soon:
    handlers that take long run on threads of their own and are answered when they end.
    """

    def __init__(
        self,
        kind: Kind,
        send: Callable[[dict[str, Any]], None],
        snapshot: Callable[[], Any],
        lock: threading.RLock,
    ) -> None:
        self.kind = kind
        self.lock = lock
        self._send = send
        self._snapshot = snapshot
        self._seq = 0
        self._handlers: dict[str, Callable[..., Any]] = {}
        self._slow: set[str] = set()
        self._buffers_of: set[str] = set()
        self.handle({"sync": self._sync, "ping": self._ping})

    @property
    def seq(self) -> int:
        """Number of the last event."""
        return self._seq

    @property
    def names(self) -> set[str]:
        """The requests that are taken."""
        return set(self._handlers)

    def handle(
        self, handlers: Mapping[str, Callable[..., Any]], *, slow: bool = False, data: bool = False
    ) -> None:
        """Take requests from now on.

        Parameters
        ----------
        handlers : mapping
            Request name to function.
        slow : bool
            Run them on threads of their own.
        data : bool
            Pass them the message's first buffer as ``data``.
        """
        self._handlers.update(handlers)
        if slow:
            self._slow.update(handlers)
        if data:
            self._buffers_of.update(handlers)

    def event(self, name: str, **fields: Any) -> None:
        """Send an event to every view."""
        if fields.keys() != EVENTS[name].keys():
            raise ValueError(f"the event {name} has the fields {', '.join(EVENTS[name])}")
        with self.lock:
            self._seq += 1
            self._put({"type": name, "seq": self._seq, **fields})

    def receive(self, content: object, buffers: Sequence[Any] = ()) -> None:
        """Take a message of a view and answer it, now or later."""
        request_id = content.get("request") if isinstance(content, dict) else None
        try:
            request = checked_request(content)
            name = request.pop("type")
            request_id = request.pop("request")
            handler = self._handlers.get(name) or self._unknown(name)
            if name in self._buffers_of:
                request["data"] = memoryview(buffers[0]) if buffers else memoryview(b"")
        except ConfigError as error:
            # Without a name to answer to, nobody waits for the answer either.
            if isinstance(request_id, str):
                self._answer(request_id, error=error)
            else:
                _LOG.warning("a message of a view was dropped: %s", error)
            return
        if name == "sync":
            with self.lock:  # no event may pass between the state and its arrival
                self._run(request_id, handler, request)
        elif name in self._slow:
            threading.Thread(
                target=self._run,
                args=(request_id, handler, request),
                name=f"realm-widget-{name}",
                daemon=True,
            ).start()
        else:
            self._run(request_id, handler, request)

    def _unknown(self, name: str) -> NoReturn:
        raise ConfigError(f"the {self.kind} widget does not take {name}", field="type")

    def _run(self, request_id: str, handler: Callable[..., Any], fields: dict[str, Any]) -> None:
        try:
            result = handler(**fields)
        except Exception as error:  # noqa: BLE001 - the view shows it where it was asked for
            self._answer(request_id, error=error)
        else:
            self._answer(request_id, result=result or {})

    def _answer(
        self, request_id: str, *, result: Any = None, error: Exception | None = None
    ) -> None:
        self._put(
            {
                "type": "answer",
                "request": request_id,
                "ok": error is None,
                "result": result,
                "error": None if error is None else error_info(error),
            }
        )

    def _put(self, message: dict[str, Any]) -> None:
        try:
            self._send(message)
        except Exception:  # noqa: BLE001 - the state stays right; a view that comes back asks for it
            _LOG.warning("a message could not be sent to the views", exc_info=True)

    def _sync(self) -> dict[str, Any]:
        with self.lock:
            states: dict[str, Any] = {"chat": None, "models": None, "tokens": None}
            states[self.kind] = self._snapshot()
            return {"protocol": PROTOCOL, "seq": self._seq, "kind": self.kind, **states}

    def _ping(self) -> dict[str, Any]:
        return {"seq": self._seq}
