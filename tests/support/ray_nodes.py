"""A Ray cluster of two nodes on this machine; run as a program, so that pytest stays without Ray.

The program prints the cluster's address, ends the second node when it reads a line, and the
cluster when its input ends.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

START_S = 240
# Of each node, as Ray counts them; they need not be there.
NUM_CPUS = 2
NUM_GPUS = 1

_REPLICA = "ray::ServeReplica:realm:replica"
_MEMORY_BYTES = 100 << 20


@dataclass(frozen=True)
class RayNodes:
    """A running cluster."""

    address: str
    environment: dict[str, str]
    program: subprocess.Popen

    def start(self, *arguments, **options):
        """Start a program on the cluster; return its process."""
        return subprocess.Popen(
            [sys.executable, *arguments], env=self.environment, text=True, **options
        )

    def end_second_node(self):
        """End the processes of the node that is not the head."""
        self.program.stdin.write("\n")
        self.program.stdin.flush()


@contextlib.contextmanager
def two_nodes():
    """Yield a cluster of two nodes."""
    # Sockets lie in the folder, whose name has to be short.
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        # Ray's processes wait for each other for 15 s at most, and jsonschema, which they
        # import, loads a grammar for seconds where this package is installed.
        (Path(folder) / "rfc3987_syntax.py").write_text("raise ImportError\n")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([folder, *sys.path]),
            "RAY_AUTH_MODE": "disabled",
            "RAY_TMPDIR": folder,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_raylet_start_wait_time_s": str(START_S),
        }
        environment.pop("RAY_ADDRESS", None)
        program = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            address = program.stdout.readline().strip()
            assert address
            environment["RAY_ADDRESS"] = address
            yield RayNodes(address, environment, program)
        finally:
            children = psutil.Process(program.pid).children(recursive=True)
            program.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(30)
            for process in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            program.kill()
            program.wait()
            program.stdout.close()


def replica_pids(nodes: RayNodes) -> list[int]:
    """Return the processes of the replicas."""
    processes = psutil.Process(nodes.program.pid).children(recursive=True)
    found = []
    for process in processes:
        with contextlib.suppress(psutil.Error, IndexError):
            if process.cmdline()[0].startswith(_REPLICA):
                found.append(process.pid)
    return found


def wait_until(is_true, seconds=START_S):
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def main() -> None:
    """Run the cluster."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - not for pytest

    options = {"num_cpus": NUM_CPUS, "num_gpus": NUM_GPUS, "object_store_memory": _MEMORY_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={**options, "include_dashboard": False})
    second = cluster.add_node(**options)
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    if sys.stdin.readline():
        cluster.remove_node(second, allow_graceful=False)
        sys.stdin.readline()
    cluster.shutdown()


if __name__ == "__main__":
    main()
