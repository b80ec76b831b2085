"""What replicas on a Ray cluster give: streaming clients beside a plain `realm serve`.

    python tests/benchmarks/bench_cluster.py [--model FILE] [--rounds N] [--json FILE] ...

Run it on a quiet machine. Each case is a server of its own, on a cluster that lives as long as
it does; replicas of one machine share its processors, so that two of one processor each are to
be compared with one of two. ``--streams 4 --tokens 8 --rounds 1`` is for seeing that all runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

# Beside this file, which is run as a script.
from bench_first_slice import Report, machine
from bench_server import KEY, add_first_tokens, free_port, run_clients, serving

from realm_jupyter.models import resolve_source

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

RAY = ("--ray", "--ray-address", "local")
CASES = {
    "realm serve": (),
    "1 replica of 1 processor": (*RAY, "--replicas", "1", "--num-cpus", "1"),
    "2 replicas of 1 processor": (*RAY, "--replicas", "2", "--num-cpus", "1"),
    "1 replica of 2 processors": (*RAY, "--replicas", "1", "--num-cpus", "2"),
}


def server(path: Path, flags: tuple[str, ...]) -> AbstractContextManager[str]:
    """Return `realm serve` with these flags."""
    port = free_port()
    command = [sys.executable, "-m", "realm_jupyter", "serve", f"m={path}", "--port", str(port)]
    command += ["--api-key", KEY, "--no-discovery", "--num-sequences", "1024", *flags]
    return serving(command, f"http://127.0.0.1:{port}", "/health")


def main() -> None:
    """Run every case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="tales", help="a GGUF file (default tales)")
    parser.add_argument("--streams", type=int, default=16, metavar="N")
    parser.add_argument("--tokens", type=int, default=64, metavar="N", help="of each stream")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    path = resolve_source(args.model)
    report = Report()
    print(f"{path.name}: {args.streams} streams of {args.tokens} tokens, {args.rounds} rounds")
    for name, flags in CASES.items():
        with server(path, flags) as url:
            run_clients(url, args.streams, 2, {"ignore_eos": True})
            runs = [
                run_clients(url, args.streams, args.tokens, {"ignore_eos": True})
                for _ in range(args.rounds)
            ]
        report.add(name, [run.tokens_per_second for run in runs], "tok/s")
        add_first_tokens(report, name, runs)
    if args.json is not None:
        args.json.write_text(json.dumps({**machine(), "figures": report.rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
