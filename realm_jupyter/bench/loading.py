"""How long a model takes to load and to answer, measured from end to end."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.bench.quant_mix import MIXES
from realm_jupyter.bench.random_model import write_random_model
from realm_jupyter.bench.report import LoadResult
from realm_jupyter.bench.shapes import Shape
from realm_jupyter.bench.spread import Figure
from realm_jupyter.gguf import GGUFFile
from realm_jupyter.realm import Realm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["fresh_cache", "measure_load", "repeats"]

_CACHE_VARIABLE = "REALM_CACHE_DIR"
_TINY = Shape(
    name="tiny",
    architecture="llama",
    num_layers=1,
    embedding_length=64,
    feed_forward_length=64,
    vocab_size=320,
    context_length=64,
    num_heads=2,
    num_kv_heads=1,
    head_dim=32,
    rope_base=10_000.0,
    eps=1e-5,
)
_READ_BYTES = 4 << 20
_MOST_REPEATS = 5
_BUDGET_S = 20.0


@contextlib.contextmanager
def fresh_cache() -> Iterator[None]:
    """Let this package keep its caches in an empty folder that goes with the block.

    What was packed for a random model must not stay behind, and a first load is one only
    where nothing was packed before.
    """
    before = os.environ.get(_CACHE_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="realm-bench-", ignore_cleanup_errors=True) as folder:
        os.environ[_CACHE_VARIABLE] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[_CACHE_VARIABLE]
            else:
                os.environ[_CACHE_VARIABLE] = before


def measure_load(
    path: Path,
    executor: str,
    token_ids: NDArray[np.int32],
    prompts: tuple[int, ...],
    *,
    rounds: int,
    say: Callable[[str], None],
) -> LoadResult:
    """Load a model for the first time and again, and wait for first tokens.

    Call it where the cache is fresh (`fresh_cache`), which is then left with the model. The file
    is read once before, as it is for the peer, which is measured later: a disk would hide
    everything else. First loads are repeated because memory that nothing has used yet may have
    to come from the host of a virtual machine, which takes longer than packing.

    Parameters
    ----------
    path : Path
    executor : str
    token_ids : ndarray of int32, shape (n,)
        Prompts are its beginnings, repeated where they are longer.
    prompts : tuple of int
        Lengths of the prompts to wait for; those that fill the context are left out.
    rounds : int
        Repeats, but for slow models fewer.
    say : callable
    """
    say("warming up")
    _warm_up(executor)
    _read_once(path)
    say("loading for the first time")
    ids = [int(token) for token in token_ids]
    firsts = []
    for _ in repeats(rounds - 1):
        with fresh_cache():
            firsts.append(_first_token(path, executor, ids))
    firsts.append(_first_token(path, executor, ids))  # the cache keeps this one
    first_loads, first_answers = zip(*firsts, strict=True)
    say("loading again")
    loads, tokens = [], []
    for _ in repeats(rounds):
        load_s, token_s = _first_token(path, executor, ids)
        loads.append(load_s)
        tokens.append(token_s)
    return LoadResult(
        first=Figure(first_loads, "s"),
        first_answer=Figure(first_answers, "s"),
        cached=Figure(tuple(loads), "s"),
        first_token=Figure(tuple(tokens), "s"),
        ttft=_ttft(path, executor, ids, prompts, rounds=rounds, say=say),
    )


def _warm_up(executor: str) -> None:
    """Let a tiny model import, compile and start what the first model of a process does."""
    with tempfile.TemporaryDirectory(prefix="realm-bench-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "tiny.gguf"
        write_random_model(path, _TINY, MIXES["Q8_0"])
        _first_token(path, executor, [1])


def _read_once(path: Path) -> None:
    """Have the system read a model's files, which it then keeps in memory if there is room."""
    with GGUFFile.open(path) as model:
        parts = model.paths
    room = bytearray(_READ_BYTES)
    for part in parts:
        with part.open("rb", buffering=0) as file:
            while file.readinto(room):
                pass


def repeats(rounds: int) -> Iterator[int]:
    """Count repeats until there are enough or they have taken long enough.

    Parameters
    ----------
    rounds : int
        Most of them, at least one.

    Yields
    ------
    int
        From 0 on.
    """
    started = time.perf_counter()
    for number in range(min(rounds, _MOST_REPEATS)):
        if number and time.perf_counter() - started > _BUDGET_S:
            return
        yield number


def _first_token(path: Path, executor: str, ids: list[int]) -> tuple[float, float]:
    with Realm() as realm:
        started = time.perf_counter()
        realm.load_model(path, "bench", device="cpu", executor=executor)
        load_s = time.perf_counter() - started
        _generate(realm, ids[:1])
        return load_s, time.perf_counter() - started


def _generate(realm: Realm, ids: list[int]) -> float:
    response = realm.generate(token_ids=ids, max_tokens=1, temperature=0, ignore_eos=True)
    return response.timings.ttft_ms


def _ttft(
    path: Path,
    executor: str,
    ids: list[int],
    prompts: tuple[int, ...],
    *,
    rounds: int,
    say: Callable[[str], None],
) -> dict[int, Figure]:
    found: dict[int, Figure] = {}
    with Realm() as realm:
        info = realm.load_model(
            path,
            "bench",
            device="cpu",
            executor=executor,
            prefix_cache_bytes=0,  # a repeated prompt is run as if it were a new one
        )
        for length in prompts:
            if length < info.context_length:
                say(f"waiting for the first token after {length} tokens")
                prompt = (ids * (-(-length // len(ids))))[:length]
                _generate(realm, prompt[:1])
                times = [_generate(realm, prompt) for _ in repeats(rounds)]
                found[length] = Figure(tuple(times), "ms")
    return found
