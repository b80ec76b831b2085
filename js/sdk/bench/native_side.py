"""The native executor for node.mjs: a round for each line of standard input."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from realm_jupyter.compute import Chunk
from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.compute.cpu.native import NativeExecutor
from realm_jupyter.models import open_model

CHUNK = 64


def measure(executor: NativeExecutor, prompt_tokens: int, new_tokens: int) -> dict[str, float]:
    """Return tokens per second of reading a prompt and of writing after it."""
    cache = executor.new_cache()
    ids = (100 + np.arange(prompt_tokens) * 7919 % 30_000).astype(np.int32)
    started = time.perf_counter()
    for at in range(0, prompt_tokens, CHUNK):
        outputs = "last" if at + CHUNK >= prompt_tokens else "none"
        (row,) = executor.forward([Chunk(cache, ids[at : at + CHUNK], outputs)])
    read = time.perf_counter()
    for _ in range(new_tokens):
        following = np.array([row[-1].argmax()], np.int32)
        (row,) = executor.forward([Chunk(cache, following, "last")])
    written = time.perf_counter()
    cache.free()
    return {"prefill": prompt_tokens / (read - started), "decode": new_tokens / (written - read)}


def main(path: str, num_threads: int) -> None:
    """Answer each line, two numbers of tokens, with a line of JSON."""
    library = find_library()
    if not isinstance(library, Library):
        raise SystemExit(library.message)
    executor = NativeExecutor(open_model(path), library, num_threads=num_threads)
    print("ready", flush=True)
    for line in sys.stdin:
        prompt_tokens, new_tokens = map(int, line.split())
        print(json.dumps(measure(executor, prompt_tokens, new_tokens)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
