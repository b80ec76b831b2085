"""A server on a thread of this process, and clients for it."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from realm_jupyter.registry import RealmRegistry
from realm_jupyter.server.keys import Key
from realm_jupyter.server.run import RealmServer
from realm_jupyter.server.settings import ServerSettings

ADMIN = Key("admin", "secret-of-the-admin", is_admin=True)
STUDENT = Key("student", "secret-of-a-student")
OTHER = Key("other", "secret-of-another")
GUARD_S = 120


@contextmanager
def live_server(*models, **settings):
    """Yield a running server with these models (shipped names or files)."""
    settings = {"keys": (ADMIN, STUDENT, OTHER), "port": 0, "grace_s": 0.2, **settings}
    ready = threading.Event()
    with RealmRegistry() as registry:

        def load(source):
            registry.load_model(getattr(source, "stem", source), source)

        loads = [lambda source=source: load(source) for source in models]
        server = RealmServer(registry, ServerSettings(**settings), loads)
        failures = []

        def run():
            try:
                server.run(ready.set)
            except BaseException as error:
                failures.append(error)
                ready.set()
                raise

        thread = threading.Thread(target=run, name="live-server")
        thread.start()
        try:
            assert ready.wait(GUARD_S)
            assert not failures
            yield server
        finally:
            server.stop()
            thread.join(GUARD_S)
            assert not thread.is_alive()
