"""What guest instances cost: time to make one, private memory of one that has generated.

    python tests/benchmarks/bench_instances.py VOCABULARY.gguf [--instances N] [--rounds N]
        [--json FILE]

A vocabulary of 128,000 tokens is what the promise is about. Run it on a quiet machine: a
minute at most. Memory is read from the system's books (``/proc/self/smaps_rollup``), so it
needs Linux, and every instance is alive and has generated when it is read.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.sandbox import GuestInstance, GuestModule, encode_config
from realm_jupyter.sandbox.cache import ModuleCache
from realm_jupyter.sandbox.image import cached_image, make_image
from realm_jupyter.types import GenerationConfig

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = 8
LOADED_INSTANCES = 4


def timed_ms(function: Callable[[], object]) -> tuple[float, object]:
    """Return the milliseconds that a call takes, and its result."""
    started = time.perf_counter()
    result = function()
    return 1e3 * (time.perf_counter() - started), result


def memory_bytes() -> dict[str, int]:
    """Return private and proportional memory of this process and its page tables."""
    found = {"private": 0, "pss": 0, "page_tables": 0}
    with Path("/proc/self/smaps_rollup").open(encoding="ascii") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name in {"Private_Clean", "Private_Dirty"}:
                found["private"] += int(value.split()[0]) << 10
            elif name == "Pss":
                found["pss"] = int(value.split()[0]) << 10
    with Path("/proc/self/status").open(encoding="ascii") as file:
        for line in file:
            if line.startswith("VmPTE:"):
                found["page_tables"] = int(line.split()[1]) << 10
    return found


def use(instance: GuestInstance, row: np.ndarray) -> None:
    """Tokenize, and generate a few tokens."""
    ids = instance.tokenize(b"The quick brown fox jumps over the lazy dog.")
    config = GenerationConfig(ignore_eos=True)
    handle = instance.generate_begin(encode_config(config, ids, seed=1, max_tokens=STEPS))
    for _ in range(STEPS):
        instance.generate_step(handle, row)
    instance.generate_end(handle)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("vocabulary", type=Path)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()

    figures: dict[str, object] = {"vocabulary": args.vocabulary.stem}
    opening, vocabulary = timed_ms(lambda: Vocabulary.from_file(GGUFFile.open(args.vocabulary)))
    assert isinstance(vocabulary, Vocabulary)
    blob = vocabulary.to_blob()
    row = np.random.default_rng(0).normal(0, 3, vocabulary.num_tokens).astype(np.float32)
    figures |= {"num_tokens": vocabulary.num_tokens, "read_vocabulary_ms": opening}
    module = GuestModule.shipped()

    loading = []
    before = memory_bytes()
    kept = []
    for _ in range(LOADED_INSTANCES):
        instance = GuestInstance(module)
        loading.append(timed_ms(lambda instance=instance: instance.load_vocabulary(blob))[0])
        use(instance, row)
        kept.append(instance)
    grown = memory_bytes()["private"] - before["private"]
    figures["load_vocabulary_ms"] = statistics.median(loading)
    figures["private_bytes_each_without_image"] = grown // LOADED_INSTANCES
    for instance in kept:
        instance.close()

    with tempfile.TemporaryDirectory() as folder:
        cache = ModuleCache(Path(folder) / "guest", kind="image")
        figures["make_image_ms"] = timed_ms(lambda: make_image(module, blob, cache=cache))[0]
        cached = [timed_ms(lambda: cached_image(module, blob, cache=cache)) for _ in range(3)]
        figures["cached_image_ms"] = statistics.median(took for took, _ in cached)
        image = cached[-1][1]
        figures["image_bytes"] = sum(p.stat().st_size for p in cache.folder.glob("*.image"))
    assert isinstance(image, GuestModule)

    use(GuestInstance(image), row)
    rounds = []
    for _ in range(args.rounds):
        before = memory_bytes()
        creation, kept = [], []
        for _ in range(args.instances):
            took, instance = timed_ms(lambda: GuestInstance(image))
            creation.append(took)
            kept.append(instance)
        idle = memory_bytes()
        first_use = [timed_ms(lambda instance=instance: use(instance, row))[0] for instance in kept]
        after = memory_bytes()
        closing = sum(timed_ms(instance.close)[0] for instance in kept)
        rounds.append(
            {
                "create_ms_median": statistics.median(creation),
                "create_ms_p99": sorted(creation)[len(creation) * 99 // 100],
                "first_use_ms_median": statistics.median(first_use),
                "close_ms": closing / args.instances,
                "private_bytes_each_unused": (idle["private"] - before["private"])
                // args.instances,
                **{
                    f"{name}_bytes_each": (after[name] - before[name]) // args.instances
                    for name in after
                },
            }
        )
    figures |= {"instances": args.instances, "rounds": rounds}
    print(json.dumps(figures, indent=1))
    if args.json:
        args.json.write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
