"""A wire instead of a comm: it records what the kernel sends and holds it to the table."""

from __future__ import annotations

import itertools
import threading
import types
import typing

from realm_jupyter.widget.chat_session import ChatSession
from realm_jupyter.widget.messages import EVENTS, RESULTS

GUARD_S = 60


def conforms(hint, value):
    """Return whether a JSON value is what a type of the table says."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if typing.is_typeddict(hint):
        hints = typing.get_type_hints(hint)
        is_it = isinstance(value, dict) and value.keys() == hints.keys()
        return is_it and all(conforms(inner, value[name]) for name, inner in hints.items())
    if origin is typing.Literal:
        return value in args
    if origin in {types.UnionType, typing.Union}:
        return any(conforms(item, value) for item in args)
    if origin in {list, dict}:
        items = value.values() if origin is dict and isinstance(value, dict) else value
        return isinstance(value, origin) and all(conforms(args[-1], item) for item in items)
    kinds = {float: (int, float), typing.Any: object}.get(hint, hint)
    return isinstance(value, kinds) and not (hint in {int, float} and isinstance(value, bool))


class RefusedError(Exception):
    """The kernel said no."""

    def __init__(self, info):
        super().__init__(info["message"])
        self.code = info["code"]


class Wire:
    """Plays a view: sends requests, keeps every message of the kernel in order."""

    def __init__(self):
        self.messages = []
        self.channel = None
        self._numbers = itertools.count(1)
        self._asked = {}
        self._changed = threading.Condition()

    def send(self, message):
        self._check(message)
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def post(self, name, /, *buffers, **fields):
        """Send a request and return its number."""
        request = f"view:{next(self._numbers)}"
        self._asked[request] = name
        self.channel.receive({"type": name, "request": request, **fields}, list(buffers))
        return request

    def answer(self, request):
        found = self.wait_for(lambda m: m["type"] == "answer" and m["request"] == request)
        if not found["ok"]:
            raise RefusedError(found["error"])
        return found["result"]

    def request(self, name, /, *buffers, **fields):
        """Send a request and return the result of its answer."""
        return self.answer(self.post(name, *buffers, **fields))

    def wait_for(self, matches):
        """Return the first message that matches, once it is there."""

        def found():
            return next((m for m in self.messages if matches(m)), None)

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, GUARD_S), self.messages
            return found()

    def wait_for_status(self, state):
        return self.wait_for(lambda m: m["type"] == "status" and m["status"]["state"] == state)

    def of(self, *names):
        return [message for message in self.messages if message["type"] in names]

    def clear(self):
        with self._changed:
            self.messages.clear()

    def snapshot(self):
        state = self.request("sync")
        return state[state["kind"]]

    def _check(self, message):
        name = message["type"]
        fields = EVENTS[name]
        expected = {"type", *fields} | (set() if name == "answer" else {"seq"})
        assert message.keys() == expected, name
        for field, hint in fields.items():
            assert conforms(hint, message[field]), (name, field, message[field])
        asked = self._asked.get(message.get("request"))
        if name == "answer" and message["ok"]:
            assert conforms(RESULTS[asked], message["result"]), (asked, message["result"])
            assert message["error"] is None
        elif name == "answer":
            assert message["error"] is not None


class Chat(Wire):
    """A chat session with a view."""

    def __init__(self, realm, **options):
        super().__init__()
        self.realm = realm
        self.session = ChatSession(realm, self.send, **options)
        self.channel = self.session.channel

    def ask(self, text="Hi"):
        """Ask and wait for the end of the answer."""
        self.request("send", text=text)
        assert self.session.wait(GUARD_S)
        return self.snapshot()["messages"][-1]

    def shown(self):
        return [(m["role"], m["text"]) for m in self.snapshot()["messages"]]
