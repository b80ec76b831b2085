"""What many tenants on one model cost: creation, memory, throughput, first tokens, the sandbox.

    python tests/benchmarks/bench_tenants.py [--quick] [--rounds N] [--json FILE] [--model FILE]

Run it on a quiet machine. The figures of one and of many streams are taken on a random model
of TinyLlama's shape in Q4_0 (1.1B parameters; made in a temporary folder, or once and for all
with --model FILE), those of a thousand tenants on a small one with a vocabulary of 128,256
tokens. With llama-cpp-python installed (extra ``bench``) its parallel decoding runs beside
ours, round by round. --quick takes ``paris`` and a hundred tenants: for seeing that all of it
runs, not for figures.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

# Beside this file, which is run as a script.
from bench_first_slice import Report, machine

from realm_jupyter import RealmRegistry
from realm_jupyter.bench import MIXES, SHAPES
from realm_jupyter.bench.cases import Case
from realm_jupyter.bench.random_model import random_model_file
from realm_jupyter.compute import Chunk
from realm_jupyter.errors import ConfigError
from realm_jupyter.models.sources import shipped_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realm_jupyter import Realm
    from realm_jupyter.compute.step_stop import StepStop
    from realm_jupyter.engine.loaded_model import LoadedModel

NUM_STREAMS = 16
DECODE_TOKENS = 48
SYSTEM_TOKENS = 2000
# Little to compute and everything to orchestrate: a vocabulary as large as Llama 3's.
LARGE_VOCABULARY = replace(
    SHAPES["tinyllama-1.1b"],
    name="small with a large vocabulary",
    num_layers=1,
    embedding_length=64,
    feed_forward_length=128,
    vocab_size=128_256,
    num_heads=2,
    num_kv_heads=1,
    head_dim=32,
    vocabulary="llama-bpe",
)


def pss_bytes() -> int:
    """Return this process's memory; what several processes share counts in parts."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) << 10


def some_ids(seed: int, count: int, vocab_size: int) -> list[int]:
    """Return token ids without meaning."""
    return np.random.default_rng(seed).integers(3, vocab_size, count).tolist()


def loaded_of(registry: RealmRegistry) -> LoadedModel:
    """Return the one model of a registry with its executor and scheduler."""
    return registry._engine.get(next(iter(registry)))


# ---- A thousand tenants ---------------------------------------------------------------


def bench_many(report: Report, path: Path | str, num_tenants: int) -> None:
    """Creation and memory of tenants of which every one has generated.

    Created one after another, and then with a generation of the tenant before in between, whose
    two rows of logits push out of the processor's caches what making a tenant needs.
    """
    first = max(1, num_tenants // 10)
    with RealmRegistry() as registry:
        registry.load_model("m", path)
        pool = loaded_of(registry).executor.pool
        prompt = some_ids(1, 8, registry.model_info("m").vocab_size)
        options = {"token_ids": prompt, "max_tokens": 2, "temperature": 0, "ignore_eos": True}
        for _ in range(2):  # whatever is made once is made now, the guest's image with the second
            registry.realm("m").generate(**options)
        bench_creation(report, registry, num_tenants)
        before = pss_bytes()
        tenants: list[Realm] = []
        seconds = []
        sizes = {}
        for number in range(1, num_tenants + 1):
            started = time.perf_counter()
            tenants.append(registry.realm("m"))
            seconds.append(time.perf_counter() - started)
            tenants[-1].generate(**options)
            if number in {first, num_tenants}:
                sizes[number] = pss_bytes() - pool.memory_bytes
        texts = {tenant.generate(**options).text for tenant in tenants}
        stats = registry.stats()
        seconds.sort()
        name = f"{num_tenants} tenants that have generated, vocabulary {stats_vocab(registry)}"
        report.add(f"{name}: creation between generations", [1e3 * s for s in seconds], "ms")
        slope = (sizes[num_tenants] - sizes[first]) / (num_tenants - first)
        report.add(f"{name}: memory of each beyond KV pages", [slope / 1e6], "MB")
        report.add(f"{name}: memory of all", [(sizes[num_tenants] - before) / 1e6], "MB")
        report.add("weights, in memory once", [stats.models[0].memory_bytes / 1e6], "MB")
        report.add("linear memory of one guest", [stats.tenants[-1].guest_memory_bytes / 1e6], "MB")
        if len(texts) != 1:
            raise SystemExit(f"the tenants do not agree: {texts}")
        started = time.perf_counter()
        for tenant in tenants:
            tenant.close()
        closing = (time.perf_counter() - started) / num_tenants
        report.add("closing a tenant", [1e3 * closing], "ms")


def bench_creation(report: Report, registry: RealmRegistry, num_tenants: int) -> None:
    """Creation of tenants, each with its guest instance, one after another."""
    tenants, seconds = [], []
    for _ in range(num_tenants):
        started = time.perf_counter()
        tenants.append(registry.realm("m"))
        seconds.append(time.perf_counter() - started)
    report.add(f"{num_tenants} tenants: creation of one", [1e3 * s for s in seconds], "ms")
    for tenant in tenants:
        tenant.close()


def stats_vocab(registry: RealmRegistry) -> str:
    """Return the size of the vocabulary, for people."""
    return f"{registry.model_info('m').vocab_size:,}"


def bench_numbers(report: Report, path: Path | str, counts: tuple[int, ...], tokens: int) -> None:
    """Throughput and first tokens of one, of some and of many tenants at once."""
    with RealmRegistry() as registry:
        registry.load_model("m", path)
        prompt = some_ids(2, 16, registry.model_info("m").vocab_size)
        options = {"token_ids": prompt, "max_tokens": tokens, "ignore_eos": True, "seed": 1}
        for count in counts:
            tenants = [registry.realm("m") for _ in range(count)]
            started = time.perf_counter()
            responses = [
                handle.result() for handle in [tenant.stream(**options) for tenant in tenants]
            ]
            seconds = time.perf_counter() - started
            total = sum(response.usage.completion_tokens for response in responses)
            report.add(f"{count} tenants at once: all together", [total / seconds], "tok/s")
            first = [response.timings.ttft_ms for response in responses]
            report.add(f"{count} tenants at once: first token", first, "ms")
            if len({response.text for response in responses}) != 1:
                raise SystemExit("tenants with one seed do not agree")
            for tenant in tenants:
                tenant.close()


# ---- One stream and sixteen -----------------------------------------------------------


def bench_sandbox(report: Report, registry: RealmRegistry, rounds: int, tokens: int) -> None:
    """Decoding with the guest against a loop that takes the largest logit itself."""
    loaded = loaded_of(registry)
    executor = loaded.executor
    realm = registry.realm("m")
    prompt = some_ids(3, 16, executor.vocab_size)

    def with_guest() -> float:
        response = realm.generate(
            token_ids=prompt, max_tokens=tokens, temperature=0, ignore_eos=True
        )
        return response.timings.decode_ms / (tokens - 1)

    def plain_loop() -> float:
        cache = executor.new_cache()
        (logits,) = executor.forward([Chunk(cache, np.array(prompt, np.int32))])
        started = time.perf_counter()
        for _ in range(tokens - 1):
            token = np.array([int(logits[-1].argmax())], np.int32)
            (logits,) = executor.forward([Chunk(cache, token)])
        seconds = time.perf_counter() - started
        cache.free()
        return 1e3 * seconds / (tokens - 1)

    with_guest(), plain_loop()
    ours, plain = [], []
    for _ in range(rounds):
        ours.append(with_guest())
        plain.append(plain_loop())
    report.add("a token through guest and scheduler", ours, "ms")
    report.add("a token in a loop without sandbox", plain, "ms")
    costs = [100 * (a / b - 1) for a, b in zip(ours, plain, strict=True)]
    report.add("cost of guest and boundary, share of decoding", costs, "%")
    with empty_steps(loaded):
        seconds = [with_guest() for _ in range(rounds)]
    report.add("the same with a step that computes nothing", [1e3 * s for s in seconds], "µs")
    realm.close()


@contextlib.contextmanager
def empty_steps(loaded: LoadedModel) -> Iterator[None]:
    """Have the executor answer at once, so that only orchestration is left."""
    executor, vocab_size = loaded.executor, loaded.executor.vocab_size
    row = np.random.default_rng(0).normal(0, 3, (1, vocab_size)).astype(np.float32)
    order = np.argsort(-row[0]).astype(np.int32)
    nothing = np.empty((0, vocab_size), np.float32)

    def answer(chunk: Chunk) -> np.ndarray:
        if chunk.outputs == "none":
            return nothing
        if not chunk.num_largest:
            return row
        ids = order[: chunk.num_largest]
        return np.concatenate([ids.view(np.float32), row[0, ids]])[None]

    def forward(batch: list[Chunk], _stop: StepStop) -> list[np.ndarray]:
        for chunk in batch:
            chunk.cache.reserve(len(chunk.token_ids))
            chunk.cache.commit(len(chunk.token_ids))
        return [answer(chunk) for chunk in batch]

    executor.forward = forward
    try:
        yield
    finally:
        del executor.forward


def bench_streams(
    report: Report, registry: RealmRegistry, path: Path, rounds: int, tokens: int
) -> None:
    """Sixteen tenants against one, and against llama.cpp's parallel decoding."""
    executor = loaded_of(registry).executor
    tenants = [registry.realm("m") for _ in range(NUM_STREAMS)]
    requests = [
        {
            "token_ids": some_ids(number, 16, executor.vocab_size),
            "seed": number,
            "max_tokens": tokens,
            "ignore_eos": True,
        }
        for number in range(NUM_STREAMS)
    ]
    peer = _peer(path, getattr(executor, "num_threads", 1), tokens)
    alone = [tenants[0].generate(**request) for request in requests]
    singles, batches, peers = [], [], []
    for number in range(rounds):
        single = tenants[0].generate(**requests[number % NUM_STREAMS])
        singles.append(single.timings.tokens_per_second)
        started = time.perf_counter()
        handles = [
            tenant.stream(**request) for tenant, request in zip(tenants, requests, strict=True)
        ]
        responses = [handle.result() for handle in handles]
        # From the first token of the last to join, so that prompts do not count.
        first = max(response.timings.ttft_ms for response in responses) / 1e3
        seconds = time.perf_counter() - started - first
        batches.append(NUM_STREAMS * (tokens - 1) / seconds)
        if peer is not None:
            peers.append(peer())
        if [one.token_ids for one in responses] != [one.token_ids for one in alone]:
            raise SystemExit("a stream's text is not what it is alone")
    report.add("one stream", singles, "tok/s")
    report.add(f"{NUM_STREAMS} streams together, texts bit-identical to alone", batches, "tok/s")
    ratios = [a / b for a, b in zip(batches, singles, strict=True)]
    report.add(f"{NUM_STREAMS} streams over one", ratios, "times")
    if peers:
        report.add(f"llama.cpp, {NUM_STREAMS} sequences in a batch", peers, "tok/s")
        ratios = [a / b for a, b in zip(batches, peers, strict=True)]
        report.add("ours over llama.cpp", ratios, "times")
    for tenant in tenants:
        tenant.close()


def _peer(path: Path, num_threads: int, tokens: int):
    from realm_jupyter.bench.llama_cpp_side import LlamaCppSide  # noqa: PLC0415 - optional

    ids = np.array(some_ids(9, 64, 1000), np.int32)
    try:
        side = LlamaCppSide(path, ids, num_threads, chunk_tokens=64)
    except ConfigError as error:
        print(f"without llama.cpp: {error}")
        return None
    case = Case("decode", NUM_STREAMS, 16)
    side.prepare(case, tokens)
    return lambda: NUM_STREAMS * tokens / side.run(case, tokens)


def bench_prefix(report: Report, registry: RealmRegistry, num_tokens: int, rounds: int) -> None:
    """First token of a second tenant whose prompt begins like the first one's."""
    vocab_size = loaded_of(registry).executor.vocab_size
    first, second = [], []
    for number in range(rounds):
        prompt = some_ids(100 + number, num_tokens + 12, vocab_size)
        with (
            registry.realm("m", share_prefixes=True) as one,
            registry.realm("m", share_prefixes=True) as other,
        ):
            for tenant, times in ((one, first), (other, second)):
                prompt[-12:] = some_ids(tenant is one, 12, vocab_size)
                times.append(tenant.generate(token_ids=prompt, max_tokens=1).timings.ttft_ms)
    report.add(f"{num_tokens}-token system prompt: first tenant's first token", first, "ms")
    report.add(f"{num_tokens}-token system prompt: second tenant's", second, "ms")
    ratios = [a / b for a, b in zip(first, second, strict=True)]
    report.add("second tenant sooner by", ratios, "times")


@contextlib.contextmanager
def models(options: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """Have the file of the large model and of the one with the large vocabulary."""
    if options.quick:
        yield shipped_path("paris"), shipped_path("paris")
        return
    mix = MIXES["Q4_0"]
    with tempfile.TemporaryDirectory() as folder:
        keep = options.model or Path(folder) / "large.gguf"
        with (
            random_model_file(SHAPES["tinyllama-1.1b"], mix, keep=keep) as large,
            random_model_file(
                LARGE_VOCABULARY, MIXES["Q8_0"], keep=Path(folder) / "vocabulary.gguf"
            ) as vocabulary,
        ):
            yield large, vocabulary


def main() -> None:
    """Run every benchmark and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: see that it runs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, help="the 1.1B model; made if missing")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report = Report()
    print(machine())
    tokens = 16 if options.quick else DECODE_TOKENS
    with models(options) as (large, vocabulary):
        bench_many(report, vocabulary, 100 if options.quick else 1000)
        bench_numbers(report, shipped_path("paris"), (1, 16, 200), tokens)
        with RealmRegistry() as registry:
            registry.load_model("m", large)
            bench_sandbox(report, registry, options.rounds, tokens)
            bench_streams(report, registry, large, options.rounds, tokens)
            system_tokens = 900 if options.quick else SYSTEM_TOKENS
            bench_prefix(report, registry, system_tokens, min(options.rounds, 3))
    if options.json is not None:
        document = {"machine": machine(), "figures": report.rows}
        options.json.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
