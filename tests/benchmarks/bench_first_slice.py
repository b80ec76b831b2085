"""Figures of the first slice: what a token, a cancel, a tenant and a load cost.

    python tests/benchmarks/bench_first_slice.py [--conformance DIR] [--rounds N] [--json FILE]

Run it on a quiet machine. Everything is measured several times; medians are printed
with the smallest and the largest value. With llama-cpp-python installed (extra
``bench``) the decode speed of the same file is measured beside ours, round by round.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter import GenerationConfig, Realm, RealmRegistry
from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.models.sources import shipped_path
from realm_jupyter.sandbox import GuestInstance, GuestModule, encode_config

if TYPE_CHECKING:
    from collections.abc import Callable

DECODE_TOKENS = 128
STEP_REPEATS = 300


class Report:
    """Collects figures and prints them as they come."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    def add(self, name: str, values: list[float], unit: str) -> None:
        row = {
            "name": name,
            "median": statistics.median(values),
            "min": min(values),
            "max": max(values),
            "rounds": len(values),
            "unit": unit,
        }
        self.rows.append(row)
        print(
            f"{name:<58} {row['median']:>10.3f} {unit:<8}"
            f" ({row['min']:.3f} to {row['max']:.3f}, {len(values)} rounds)",
            flush=True,
        )


def timed(function: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def bench_guest(report: Report, rounds: int, vocabulary_file: Path) -> None:
    """Cost of a guest's step over a real vocabulary, and of making an instance."""
    with GGUFFile.open(vocabulary_file) as file:
        vocabulary = Vocabulary.from_file(file)
        blob = vocabulary.to_blob()
    name, size = vocabulary_file.stem, vocabulary.num_tokens
    module = GuestModule.shipped()

    def make() -> GuestInstance:
        instance = GuestInstance(module)
        instance.load_vocabulary(blob)
        return instance

    seconds = [timed(lambda: make().close()) for _ in range(rounds)]
    report.add(f"{name}: instance with its vocabulary ({size})", [1e3 * s for s in seconds], "ms")
    instance = make()
    text = ("The quick brown fox jumps over the lazy dog. " * 23_000)[: 1 << 20].encode()
    seconds = [timed(lambda: instance.tokenize(text)) for _ in range(rounds)]
    report.add(f"{name}: tokenize 1 MiB of English", [1e3 * s for s in seconds], "ms")
    logits = np.random.default_rng(0).normal(0, 3, size).astype(np.float32)
    for label, changes in (
        ("defaults", {}),
        ("greedy", {"temperature": 0}),
        ("top_k 0", {"top_k": 0}),
    ):
        config = GenerationConfig(max_tokens=10**6, ignore_eos=True, **changes)
        handle = instance.generate_begin(encode_config(config, [1], seed=1, max_tokens=10**6))

        def steps(handle: int = handle) -> None:
            for _ in range(STEP_REPEATS):
                instance.generate_step(handle, logits)

        steps()
        seconds = [timed(steps) / STEP_REPEATS for _ in range(rounds)]
        report.add(f"{name}: one step, {label}", [1e6 * s for s in seconds], "µs")
        instance.generate_end(handle)
    instance.close()


def bench_decode(report: Report, rounds: int, name: str, path: Path) -> None:
    """Decode speed of one stream and of sixteen, and of llama.cpp where it is installed."""
    peer = _peer(path)
    with Realm() as realm:
        report.add(f"{name}: load", [1e3 * timed(lambda: realm.load_model(path, "model"))], "ms")
        prompt = realm.tokenize("Once upon a time", add_special=True)
        options = {"token_ids": prompt, "ignore_eos": True, "max_tokens": DECODE_TOKENS}

        def single() -> float:
            return realm.generate(seed=1, **options).timings.tokens_per_second

        def many() -> float:
            started = time.perf_counter()
            handles = [realm.stream(seed=seed, **options) for seed in range(16)]
            tokens = sum(handle.result().usage.completion_tokens for handle in handles)
            return tokens / (time.perf_counter() - started)

        single()
        singles, batches, peers = [], [], []
        for _ in range(rounds):
            singles.append(single())
            batches.append(many())
            if peer is not None:
                peers.append(peer(prompt))
        report.add(f"{name}: decode, one stream", singles, "tok/s")
        report.add(f"{name}: 16 streams together", batches, "tok/s")
        if peers:
            report.add(f"{name}: llama.cpp, one stream", peers, "tok/s")
            ratios = [ours / theirs for ours, theirs in zip(singles, peers, strict=True)]
            report.add(f"{name}: ours over llama.cpp", ratios, "times")


def _peer(path: Path) -> Callable[[list[int]], float] | None:
    try:
        import llama_cpp  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    threads = os.cpu_count() or 1
    llama = llama_cpp.Llama(str(path), n_ctx=512, n_threads=threads, verbose=False)

    def run(prompt: list[int]) -> float:
        llama.reset()
        llama.eval(prompt)
        started = time.perf_counter()
        for _ in range(DECODE_TOKENS):
            llama.eval([llama.sample(temp=0.8, top_k=40)])
        return DECODE_TOKENS / (time.perf_counter() - started)

    run([1])
    return run


def bench_cancel(report: Report, rounds: int, path: Path) -> None:
    """Time from ``cancel()`` to the response, while decoding and in a long prompt."""
    with Realm() as realm:
        realm.load_model(path, "long")
        decode, prefill = [], []
        for _ in range(rounds):
            handle = realm.stream("Once upon a time", raw=True, max_tokens=10**5, ignore_eos=True)
            events = iter(handle)
            for _ in range(50):
                next(events)
            decode.append(timed(lambda handle=handle: (handle.cancel(), handle.result())))
            handle = realm.stream(token_ids=[1] + [400] * 50_000, max_tokens=1)
            time.sleep(0.3)  # well inside the prompt
            prefill.append(timed(lambda handle=handle: (handle.cancel(), handle.result())))
        report.add("cancel to response, decoding", [1e3 * s for s in decode], "ms")
        report.add("cancel to response, in a 50,000-token prompt", [1e3 * s for s in prefill], "ms")


def bench_tenants(report: Report, rounds: int) -> None:
    """Time to a new tenant with its instance on a shipped model."""
    with RealmRegistry() as registry:
        registry.load_model("paris", "paris")
        seconds = [timed(lambda: registry.realm("paris")) for _ in range(5 * rounds)]
        report.add("paris: a new tenant with its instance", [1e3 * s for s in seconds], "ms")


def machine() -> dict[str, object]:
    """Return what the figures were measured on."""
    versions = {name: metadata.version(name) for name in ("torch", "wasmtime", "numpy")}
    return {
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
    } | versions


def main() -> None:
    """Run every benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conformance", type=Path, default=Path("../shared/conformance"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = Report()
    print(machine())
    vocabularies = options.conformance / "tokenizers"
    if vocabularies.is_dir():
        for name in ("llama-spm", "llama-bpe", "qwen2"):
            bench_guest(report, options.rounds, vocabularies / f"{name}.gguf")
    bench_tenants(report, options.rounds)
    for name in ("paris", "tales"):
        bench_decode(report, options.rounds, name, shipped_path(name))
    models = options.conformance / "models"
    if models.is_dir():
        bench_decode(report, options.rounds, "stories260K", models / "stories260K-f32.gguf")
        bench_cancel(report, options.rounds, models / "stories260K-long-f32.gguf")
    if options.json is not None:
        document = {"machine": machine(), "figures": report.rows}
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
