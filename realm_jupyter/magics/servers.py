"""``%realm connect``, ``disconnect`` and ``serve``: models that run in a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import MagicError
from realm_jupyter.magics.interpolation import interpolate
from realm_jupyter.types import CancelToken
from realm_jupyter.worker import Interrupts, Worker

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.magics.display import Screen
    from realm_jupyter.magics.session import Session

__all__ = ["connect", "disconnect", "serve"]


def connect(session: Session, args: argparse.Namespace, screen: Screen) -> None:
    """Have a server's models answer from now on."""
    variables = session.variables()
    url = args.url and interpolate(args.url, variables)
    key = args.api_key and interpolate(args.api_key, variables)
    _connect(session, screen, url, key)


def disconnect(session: Session, _args: argparse.Namespace, screen: Screen) -> None:
    """Go back to the models of this kernel."""
    if not session.disconnect():
        raise MagicError("there is no connection to a server; %realm connect makes one")
    screen.note("models run in this kernel again")


def serve(session: Session, args: argparse.Namespace, screen: Screen) -> None:
    """Start a server that outlives the kernel, or stop it."""
    try:
        from realm_jupyter.client import launch  # noqa: PLC0415 - an extra
        from realm_jupyter.protocol import discovery  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise MagicError(
            f"%realm serve needs the extras 'client' and 'server' ({error.name} is missing): "
            "pip install 'realm-jupyter[client,server]'"
        ) from error
    records = discovery.running()
    if args.stop:
        if not records:
            raise MagicError("no server of yours is running")
        session.disconnect()
        launch.stop_server(records[0])
        screen.note(f"the server at {records[0].url} was stopped")
        return
    if records:
        screen.note(f"a server of yours is running already at {records[0].url}")
        _connect(session, screen, records[0].url, records[0].token)
        return
    models = [interpolate(model, session.variables()) for model in args.models]
    started = launch.start_server(models, port=args.port, models_folder=args.models_dir)
    cancel = CancelToken()
    with Interrupts(cancel.cancel):
        record = Worker(lambda: started.wait(cancel=cancel), "realm-serve").result()
    screen.note(
        f"a server is running at {record.url}/v1; it goes on when this kernel ends, and "
        "%realm serve --stop stops it"
    )
    _connect(session, screen, record.url, record.token)


def _connect(session: Session, screen: Screen, url: str | None, key: str | None) -> None:
    realm: Any = session.connect(url, key)
    infos = realm.models()
    names = ", ".join(f"{info.id} (current)" if info.is_current else info.id for info in infos)
    screen.note(f"connected to {realm.server_url}: {names or 'no model is loaded there'}")
