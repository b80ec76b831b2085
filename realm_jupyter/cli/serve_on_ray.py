"""``realm serve --ray``: the flags of a cluster, and what they do."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import logging
import signal
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from realm_jupyter.options import OptionParser
    from realm_jupyter.server.settings import ServerSettings

__all__ = ["add_options", "check", "run"]

_FIELDS = (
    "num_cpus",
    "num_gpus",
    "models_per_replica",
    "target_ongoing",
    "upscale_delay_s",
    "downscale_delay_s",
    "max_ongoing",
)
_OWN_FLAGS = ("replicas", "ray_address", *_FIELDS)
_OK = 200
_READY_S = 60.0
_WAIT_S = 0.2


def add_options(parser: OptionParser) -> None:
    """Add the flags of a cluster."""
    group = parser.add_argument_group("on a Ray cluster (extra ray)")
    group.add_argument("--ray", action="store_true", help="deploy on a cluster with Ray Serve")
    group.add_argument(
        "--ray-address", metavar="ADDRESS", help="of the cluster; by default one that runs here"
    )
    group.add_argument(
        "--replicas", metavar="N|MIN:MAX", help="copies; within a range by the queues (default 1)"
    )
    group.add_argument("--num-cpus", type=float, metavar="N", help="of each replica (default 1)")
    group.add_argument("--num-gpus", type=float, metavar="N", help="of each replica (default 0)")
    group.add_argument(
        "--models-per-replica", type=int, metavar="N", help="kept warm in each (default: all)"
    )
    group.add_argument(
        "--target-ongoing", type=float, metavar="N", help="requests at each to aim at (default 16)"
    )
    group.add_argument(
        "--upscale-delay-s", type=float, metavar="S", help="too many for so long (default 10)"
    )
    group.add_argument(
        "--downscale-delay-s", type=float, metavar="S", help="too few for so long (default 300)"
    )
    group.add_argument(
        "--max-ongoing", type=int, metavar="N", help="most requests at each (default 64)"
    )
    group.add_argument(
        "--route-by-prefix", action="store_true", help="prompts that begin alike go to one replica"
    )
    group.add_argument(
        "--detach", action="store_true", help="leave it running; again replaces it without a gap"
    )
    group.add_argument("--stop", action="store_true", help="take it off the cluster")


def check(
    args: argparse.Namespace, sources: Callable[[argparse.Namespace], list[tuple[str, str]]]
) -> None:
    """Put the settings of the cluster into ``args.cluster``; None without ``--ray``.

    Parameters
    ----------
    args : Namespace
    sources : callable
        Returns id and source of each model.

    Raises
    ------
    ConfigError
        If a flag is wrong, or has no meaning without ``--ray``.
    """
    args.cluster = None
    if not args.ray:
        given = [name for name in _OWN_FLAGS if getattr(args, name) is not None]
        given += [name for name in ("route_by_prefix", "detach", "stop") if getattr(args, name)]
        if given:
            raise ConfigError(f"--{given[0].replace('_', '-')} is for a cluster: add --ray")
        return
    if args.models_dir is not None:
        raise ConfigError("--models-dir has no meaning on a cluster: name all models at its start")
    from realm_jupyter.server.cluster.settings import (  # noqa: PLC0415 - an extra
        ClusterSettings,
        ModelSource,
        parse_replicas,
    )

    low, high = parse_replicas(args.replicas or "1")
    fields = {name: value for name in _FIELDS if (value := getattr(args, name)) is not None}
    args.cluster = ClusterSettings(
        models=tuple(
            ModelSource(name, _placed(source), args.device, args.executor, args.kv_type)
            for name, source in sources(args)
        ),
        address=args.ray_address,
        min_replicas=low,
        max_replicas=high,
        route_by_prefix=args.route_by_prefix,
        **fields,
    )
    if args.settings.port == 0:
        args.settings = dataclasses.replace(args.settings, port=_free_port(args.settings.host))


def run(args: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Deploy, and stay until a signal comes; return the exit code."""
    from realm_jupyter.batch.cluster import connect  # noqa: PLC0415 - heavy, as all here

    # A cluster of this process would end with it.
    must_run_already = args.detach or args.stop
    connect(args.cluster.address or ("auto" if must_run_already else None))
    from realm_jupyter.protocol import discovery  # noqa: PLC0415
    from realm_jupyter.server.cluster import deploy  # noqa: PLC0415 - imports Ray
    from realm_jupyter.server.run import publish  # noqa: PLC0415

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    if args.stop:
        deploy.remove()
        say("taken off the cluster")
        return 0
    with contextlib.ExitStack() as stack:
        if not args.detach:
            stack.callback(deploy.remove)
        deploy.deploy(args.settings, args.cluster)
        url = _wait_ready(args.settings)
        say(f"listening at {url}/v1")
        if args.printed_secret:
            say(f"API key: {args.printed_secret}")
        if not (args.detach or args.no_discovery):
            stack.callback(discovery.forget, publish(url, args.owner_secret))
        say("ready")
        if not args.detach:
            _wait_for_signal()
            say("stopped")
    return 0


def _wait_for_signal() -> None:
    is_over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: is_over.set())
    while not is_over.wait(_WAIT_S):
        pass


def _placed(source: str) -> str:
    """Return a model's file as an absolute path; what is not here may be on the nodes."""
    path = Path(source).expanduser()
    return str(path.resolve()) if path.is_file() else source


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_ready(settings: ServerSettings) -> str:
    """Return the URL once the door answers there."""
    from realm_jupyter.server.settings import local_url  # noqa: PLC0415 - an extra

    url = local_url(settings.host, settings.port)
    deadline, said = time.monotonic() + _READY_S, ""
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=_READY_S)
        try:
            connection.request("GET", "/health")
            status = connection.getresponse().status
            if status == _OK:
                return url
            said = f"answers with status {status}"
        except OSError as error:
            said = f"cannot be reached: {error}"
        finally:
            connection.close()
        time.sleep(_WAIT_S)
    raise ConfigError(
        f"the server on the cluster is not ready: {url} {said}; if Ray Serve was running there, it "
        "listens where its first application said, and on its head only unless --host is 0.0.0.0",
        field="port",
    )
