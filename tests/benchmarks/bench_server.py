"""What HTTP costs: many streaming clients beside the engine's own batch and llama.cpp's server.

    python tests/benchmarks/bench_server.py [--model FILE] [--rounds N] [--json FILE] ...

Run it on a quiet machine. Each round runs the engine's batch in this process, then `realm
serve` with as many streaming clients, then llama-cpp-python's server (``pip install
'llama-cpp-python[server]'``; it runs one text after another, so that a few streams tell its
throughput). At last a new Python process asks the warm server, as a kernel does that was
restarted. ``--streams 8 --tokens 8 --rounds 1`` is for seeing that all of it runs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

# Beside this file, which is run as a script.
from bench_first_slice import Report, machine

from realm_jupyter import Realm
from realm_jupyter.models import resolve_source

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "key-of-the-benchmark"
START_S = 300
PROMPT = "Once upon a time there was a small owl who lived in a tall tree. Number {}: "
RESTART = """
import json, sys, time
from realm_jupyter import Realm
started = time.perf_counter()
with Realm(mode="server", base_url=sys.argv[1], api_key=sys.argv[2]) as realm:
    realm.models()  # as %realm connect does; what a client needs is imported now
    connected = time.perf_counter()
    for event in realm.stream("What is the capital of Italy?", max_tokens=8, seed=1):
        break
    print(json.dumps([connected - started, time.perf_counter() - connected]))
"""


@dataclass(frozen=True)
class Run:
    """What a number of streams gave."""

    num_tokens: int
    seconds: float
    first_s: list[float]

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens over the time from the first request to the last token."""
        return self.num_tokens / self.seconds


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# ---- The engine's own batch ---------------------------------------------------------------


def run_engine(realm: Realm, args: argparse.Namespace) -> Run:
    """Run all texts as one batch in this process."""
    started = time.perf_counter()
    handles = [
        realm.stream(
            PROMPT.format(number), raw=True, max_tokens=args.tokens, ignore_eos=True, seed=number
        )
        for number in range(args.streams)
    ]
    responses = [handle.result() for handle in handles]
    seconds = time.perf_counter() - started
    num_tokens = sum(response.usage.completion_tokens for response in responses)
    return Run(num_tokens, seconds, [response.timings.ttft_ms / 1e3 for response in responses])


# ---- Servers -----------------------------------------------------------------------------


async def stream_text(client: httpx.AsyncClient, body: dict[str, object]) -> tuple[int, float]:
    """Read one stream; return its pieces of text and the time to the first."""
    started = time.perf_counter()
    first_s, count = 0.0, 0
    async with client.stream("POST", "/v1/completions", json=body) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line.startswith("data: {") and '"finish_reason":"' not in line.replace(" ", ""):
                first_s = first_s or time.perf_counter() - started
                count += 1
    return count, first_s


def run_clients(url: str, num_streams: int, num_tokens: int, more: dict[str, object]) -> Run:
    """Run so many streaming clients at once."""

    async def together() -> list[tuple[int, float]]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {KEY}"},
            timeout=httpx.Timeout(START_S),
            limits=limits,
            trust_env=False,
        ) as client:
            bodies = (
                {
                    "model": "m",
                    "prompt": PROMPT.format(number),
                    "max_tokens": num_tokens,
                    "stream": True,
                    "seed": number,
                    **more,
                }
                for number in range(num_streams)
            )
            return await asyncio.gather(*(stream_text(client, body) for body in bodies))

    started = time.perf_counter()
    found = asyncio.run(together())
    seconds = time.perf_counter() - started
    return Run(sum(count for count, _ in found), seconds, [first for _, first in found])


@contextlib.contextmanager
def serving(command: list[str], url: str, path: str) -> Iterator[str]:
    """Run a server as a process while it is needed."""
    with tempfile.TemporaryFile() as said:
        environment = {**os.environ, "JUPYTER_RUNTIME_DIR": tempfile.gettempdir()}
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        try:
            deadline = time.monotonic() + START_S
            while not _answers(url + path):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    raise SystemExit(said.read().decode(errors="replace")[-2000:])
                time.sleep(0.2)
            yield url
        finally:
            process.terminate()
            process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def our_server(path: Path) -> contextlib.AbstractContextManager[str]:
    """Return `realm serve` with the model."""
    port = free_port()
    command = [sys.executable, "-m", "realm_jupyter", "serve", f"m={path}", "--port", str(port)]
    command += ["--api-key", KEY, "--no-discovery", "--num-sequences", "1024"]
    return serving(command, f"http://127.0.0.1:{port}", "/health")


def their_server(path: Path, args: argparse.Namespace) -> contextlib.AbstractContextManager[str]:
    """Return llama-cpp-python's server with the model."""
    port = free_port()
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(path)]
    command += ["--model_alias", "m", "--port", str(port), "--n_ctx", "1024"]
    # Else a new request ends the stream that runs.
    command += ["--interrupt_requests", "False", "--n_threads", str(args.threads)]
    return serving(command, f"http://127.0.0.1:{port}", "/v1/models")


def add_first_tokens(report: Report, name: str, runs: list[Run]) -> None:
    """Report the middle and the slow end of the times to the first token."""
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        values = [1e3 * percentile(run.first_s, share) for run in runs]
        report.add(f"{name}: first token, {label}", values, "ms")


def bench_restart(report: Report, url: str, rounds: int) -> None:
    """Time to the first token of a new process, as of a kernel that was restarted."""
    connects, firsts = [], []
    for _ in range(max(3, rounds)):
        done = subprocess.run(
            [sys.executable, "-c", RESTART, url, KEY], capture_output=True, text=True, check=True
        )
        connect_s, first_s = json.loads(done.stdout)
        connects.append(1e3 * connect_s)
        firsts.append(1e3 * first_s)
    report.add("new process, warm server: connecting", connects, "ms")
    report.add("new process, warm server: first token", firsts, "ms")


def main() -> None:
    """Run every part and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="paris", help="a GGUF file (default paris)")
    parser.add_argument("--streams", type=int, default=64, metavar="N")
    parser.add_argument("--tokens", type=int, default=32, metavar="N", help="of each stream")
    parser.add_argument("--rounds", type=int, default=2, metavar="N")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of llama.cpp")
    parser.add_argument("--llama-streams", type=int, default=4, metavar="N", help="0 leaves it out")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    path = resolve_source(args.model)
    report = Report()
    print(f"{path.name}: {args.streams} streams of {args.tokens} tokens, {args.rounds} rounds")
    has_llama = args.llama_streams and importlib.util.find_spec("llama_cpp") is not None
    ours: list[Run] = []
    engine: list[Run] = []
    theirs: list[Run] = []
    with contextlib.ExitStack() as stack:
        realm = stack.enter_context(Realm())
        realm.load_model(path, "m")
        url = stack.enter_context(our_server(path))
        their_url = stack.enter_context(their_server(path, args)) if has_llama else ""
        run_clients(url, 2, 2, {"ignore_eos": True})
        for _ in range(args.rounds):
            engine.append(run_engine(realm, args))
            ours.append(run_clients(url, args.streams, args.tokens, {"ignore_eos": True}))
            if has_llama:
                theirs.append(run_clients(their_url, args.llama_streams, args.tokens, {}))
        report.add("engine's own batch", [run.tokens_per_second for run in engine], "tok/s")
        report.add(f"server, {args.streams} streams", [r.tokens_per_second for r in ours], "tok/s")
        shares = [
            mine.tokens_per_second / own.tokens_per_second
            for mine, own in zip(ours, engine, strict=True)
        ]
        report.add("server over engine", shares, "")
        add_first_tokens(report, "engine", engine)
        add_first_tokens(report, "server", ours)
        if theirs:
            name = f"llama-cpp-python's server, {args.llama_streams} streams"
            report.add(name, [run.tokens_per_second for run in theirs], "tok/s")
            ratios = [
                mine.tokens_per_second / their.tokens_per_second
                for mine, their in zip(ours, theirs, strict=True)
            ]
            report.add("server over llama-cpp-python's", ratios, "")
            add_first_tokens(report, "llama-cpp-python's server", theirs)
        bench_restart(report, url, args.rounds)
    if args.json is not None:
        args.json.write_text(json.dumps({**machine(), "figures": report.rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
