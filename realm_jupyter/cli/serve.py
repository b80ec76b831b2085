"""``realm serve``: models over HTTP, for OpenAI's clients and other kernels."""

from __future__ import annotations

import os
import re
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.cli import serve_on_ray, session
from realm_jupyter.errors import ConfigError
from realm_jupyter.human import model_line, terminal_text
from realm_jupyter.limits import limit_help
from realm_jupyter.options import flag_name

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.options import OptionParser

EPILOG = """\
Keys may also come from REALM_API_KEY, REALM_ADMIN_KEY and --key-file (one a line:
SECRET [NAME] [admin]); those on the command line can be seen by other users of this
machine. Without any, one is made and printed. Ctrl-C stops; running texts may go on for
ten seconds."""

_NAMED = re.compile(r"([\w][\w.:@+-]{0,127})=(.+)")
_DEFAULT_MODEL = "paris"
# Of each key; flags have the names of the fields of `TenantLimits`.
_LIMITS = ("num_sequences", "queue_length", "tokens_per_minute", "kv_bytes")


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "models",
        metavar="MODEL",
        nargs="*",
        help="a GGUF file or a shipped name, also as ID=MODEL; default: paris, which ships",
    )
    listen = parser.add_argument_group("listening")
    listen.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1)")
    listen.add_argument(
        "--port", type=int, default=8080, metavar="N", help="0 takes a free one (default 8080)"
    )
    listen.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="also answer to this name"
    )
    listen.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="URL",
        help="let pages of this origin call from a browser; '*' is all",
    )
    who = parser.add_argument_group("who may")
    who.add_argument(
        "--api-key", action="append", default=[], metavar="KEY", help="let this key in"
    )
    who.add_argument("--admin-key", metavar="KEY", help="a key that may load and unload models")
    who.add_argument("--key-file", metavar="FILE", help="read keys from a file")
    for name in _LIMITS:
        flag = flag_name(name)
        who.add_argument(flag, type=int, dest=name, metavar="N", help=limit_help(name))
    who.add_argument(
        "--no-discovery",
        action="store_true",
        help="do not let this user's notebooks find the server",
    )
    parser.add_argument(
        "--models-dir", metavar="FOLDER", help="administrators may load models below it"
    )
    session.add_model_options(parser)
    serve_on_ray.add_options(parser)


def check(args: argparse.Namespace) -> None:
    """Check the arguments before anything heavy is loaded.

    Raises
    ------
    ConfigError
        If one is wrong, or the extra ``server`` is not installed.
    """
    try:
        from realm_jupyter.server.settings import (  # noqa: PLC0415 - an extra
            DEFAULT_LIMITS,
            ServerSettings,
        )
    except ImportError as error:
        raise ConfigError(
            f"realm serve needs the extra 'server' ({error.name} is missing): "
            "pip install 'realm-jupyter[server]'"
        ) from error
    folder = None if args.models_dir is None else Path(args.models_dir).expanduser()
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"--models-dir: there is no folder {args.models_dir!r}")
    limits = {name: value for name in _LIMITS if (value := getattr(args, name)) is not None}
    keys, args.printed_secret, args.owner_secret = _keys(args)
    args.settings = ServerSettings(
        keys=keys,
        host=args.host,
        port=args.port,
        models_folder=folder,
        allowed_hosts=tuple(args.allow_host),
        allowed_origins=tuple(args.allow_origin),
        limits=DEFAULT_LIMITS.with_changes(**limits),
    )
    serve_on_ray.check(args, _sources)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes; return the exit code."""
    from realm_jupyter.protocol import discovery  # noqa: PLC0415 - heavy, as all below
    from realm_jupyter.registry import RealmRegistry  # noqa: PLC0415
    from realm_jupyter.server.run import RealmServer  # noqa: PLC0415

    if args.cluster is not None:
        return serve_on_ray.run(args, _say)
    # As for Ctrl-C: the server ends, then Python raises, and everything is cleaned up.
    signal.signal(signal.SIGTERM, _terminate)
    with RealmRegistry() as registry:
        loads = [partial(_load, registry, *model, args) for model in _sources(args)]
        server = RealmServer(registry, args.settings, loads)
        _say(f"listening at {server.url}/v1")
        if args.printed_secret:
            _say(f"API key: {args.printed_secret}")
        record = None if args.no_discovery else server.publish(args.owner_secret)
        try:
            server.run(partial(_say, "ready"))
        except KeyboardInterrupt:
            _say("stopped")
        finally:
            if record is not None:
                discovery.forget(record)
    return 0


def _keys(args: argparse.Namespace) -> tuple[tuple[Any, ...], str, str]:
    """Return the keys, the secret to print if one was made for users, and the owner's."""
    from realm_jupyter.server.keys import (  # noqa: PLC0415 - an extra
        Key,
        KeyRing,
        new_secret,
        read_key_file,
    )

    secrets = [*args.api_key, *filter(None, [os.environ.get("REALM_API_KEY")])]
    keys = [Key(f"key-{number}", secret) for number, secret in enumerate(secrets, start=1)]
    admin = args.admin_key or os.environ.get("REALM_ADMIN_KEY")
    if admin:
        keys.append(Key("admin", admin, is_admin=True))
    if args.key_file:
        keys += read_key_file(Path(args.key_file).expanduser())
    # For notebooks of the same user, who find it in a file that only they can read.
    owner = Key("owner", new_secret(), is_admin=True)
    printed = "" if keys else owner.secret
    keys.append(owner)
    KeyRing(keys)
    return tuple(keys), printed, owner.secret


def _sources(args: argparse.Namespace) -> list[tuple[str, str]]:
    """Return id and source of each model, given as ``ID=MODEL`` or ``MODEL``."""
    from realm_jupyter.engine.engine import default_id  # noqa: PLC0415 - heavy

    models = args.models or ([] if args.models_dir else [_DEFAULT_MODEL])
    found = [(model, _NAMED.fullmatch(model)) for model in models]
    return [
        (default_id(model), model) if named is None else (named[1], named[2])
        for model, named in found
    ]


def _load(registry: Any, model_id: str, source: str, args: argparse.Namespace) -> None:
    info = registry.load_model(
        model_id, source, device=args.device, executor=args.executor, kv_type=args.kv_type
    )
    _say(f"{info.id}: {model_line(info)}")


def _say(message: str) -> None:
    print(terminal_text(f"realm: {message}"), file=sys.stderr, flush=True)


def _terminate(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
