"""What decoding loses to other busy programs, and what it takes while it has nothing to do.

    python tests/benchmarks/bench_neighbours.py MODEL [--rounds N] [--json FILE]

None to as many busy processes as there are processors run beside; llama.cpp, where
llama-cpp-python is installed (extra ``bench``), decodes the same file with as many threads
under the same load. Run it on a machine that is quiet otherwise: two minutes for a model of
a billion weights.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench_first_slice import Report, machine

from realm_jupyter.bench.cases import Case
from realm_jupyter.bench.executor_side import ExecutorSide, random_token_ids
from realm_jupyter.bench.llama_cpp_side import LlamaCppSide, import_llama_cpp
from realm_jupyter.bench.threads import num_threads_of
from realm_jupyter.compute import create_executor
from realm_jupyter.errors import ConfigError
from realm_jupyter.models import open_model, resolve_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realm_jupyter.bench.cases import Side

CASE = Case("decode", 1, 0)
STEPS = 16
SPIN = "import sys; print(flush=True)\nwhile True: pass"
REST_S = 0.2
START_S = 0.05


@contextlib.contextmanager
def neighbours(count: int) -> Iterator[None]:
    """Keep so many processes busy."""
    processes = [
        subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE) for _ in range(count)
    ]
    try:
        for process in processes:
            process.stdout.readline()  # it runs
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()


def idle_ms(side: Side) -> float:
    """Return the processor time that threads still take after a step, in milliseconds."""
    side.run(CASE, STEPS)
    before = time.process_time()
    time.sleep(REST_S)
    return 1e3 * (time.process_time() - before)


def measure(sides: dict[str, Side], rounds: int, report: Report) -> None:
    """Decode alone and beside others, the sides in turns."""
    for count in range((os.cpu_count() or 1) + 1):
        speeds: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(rounds):
            names = list(sides)[:: 1 if number % 2 else -1]
            for name in names:
                time.sleep(START_S)  # whoever computed before sleeps now
                with neighbours(count):
                    speeds[name].append(STEPS / sides[name].run(CASE, STEPS))
        for name, values in speeds.items():
            report.add(f"{name}, {count} busy beside", values, "tok/s")
        if len(speeds) > 1:
            ours, theirs = speeds.values()
            ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
            report.add(f"ours over theirs, {count} busy beside", ratios, "times")
    for name, side in sides.items():
        report.add(f"{name}, processor time after", [idle_ms(side) for _ in range(rounds)], "ms")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a GGUF file or the name of a shipped model")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    path = resolve_source(options.model)
    model = open_model(path)
    executor = create_executor(model, device="cpu")
    token_ids = random_token_ids(model.vocab_size, 64)
    sides: dict[str, Side] = {executor.name: ExecutorSide(executor, token_ids, 32)}
    num_threads = num_threads_of(executor, model.num_parameters)
    with contextlib.suppress(ConfigError):  # not installed
        import_llama_cpp()
        sides["llama.cpp"] = LlamaCppSide(path, token_ids, num_threads, chunk_tokens=32)
    report = Report()
    try:
        for side in sides.values():
            side.prepare(CASE, STEPS)
            side.run(CASE, STEPS)
        measure(sides, options.rounds, report)
    finally:
        for side in sides.values():
            side.close()
        executor.close()
        model.close()
    if options.json:
        found = {"machine": machine(), "threads": num_threads, "results": report.rows}
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
