"""A whole run: a model, its ceilings, its loads, its rounds, and a report of them."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from realm_jupyter.bench.cases import Case, make_cases, work_of
from realm_jupyter.bench.ceilings import measure_ceilings
from realm_jupyter.bench.executor_side import ExecutorSide, random_token_ids
from realm_jupyter.bench.idle import IdleWaiter
from realm_jupyter.bench.llama_cpp_side import LlamaCppSide, import_llama_cpp
from realm_jupyter.bench.loading import fresh_cache, measure_load
from realm_jupyter.bench.memory import resident_bytes
from realm_jupyter.bench.quant_mix import find_mix
from realm_jupyter.bench.random_model import random_model_file
from realm_jupyter.bench.report import BenchReport, CaseResult, MemoryResult, PeerResult
from realm_jupyter.bench.rounds import MIN_STEPS, Rounds
from realm_jupyter.bench.settings import DEFAULT_CONTEXTS, DEFAULT_PROMPTS
from realm_jupyter.bench.shapes import SHAPES
from realm_jupyter.bench.threads import num_threads_of, thread_limit
from realm_jupyter.compute import create_executor, memory_available
from realm_jupyter.engine.scheduler import prefill_chunk_tokens
from realm_jupyter.errors import ModelMemoryError
from realm_jupyter.human import format_bytes, versions
from realm_jupyter.models import open_model, resolve_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from realm_jupyter.bench.settings import BenchSettings
    from realm_jupyter.compute import Executor
    from realm_jupyter.models import Model

__all__ = ["run_bench"]

_NUM_TOKEN_IDS = 4096
_LOGITS_TOKENS = 16
_BUSY_SHARE = 0.5


def run_bench(
    settings: BenchSettings, say: Callable[[str], None] = lambda _line: None
) -> BenchReport:
    """Measure a model.

    Parameters
    ----------
    settings : BenchSettings
    say : callable, optional
        Gets lines of progress.

    Returns
    -------
    BenchReport

    Raises
    ------
    ConfigError
        If a setting does not fit the model, or llama-cpp-python is not there to compare.
    ModelError
        If the model cannot be written, found or loaded, or memory is short.
    """
    if settings.compare is not None:
        import_llama_cpp()  # before anything takes time
    started = time.monotonic()
    load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    with thread_limit(settings.num_threads), fresh_cache(), _file(settings, say) as path:
        model = open_model(path)
        try:
            return _Run(settings, say, model, path).report(started, load_average)
        finally:
            model.close()


@contextlib.contextmanager
def _file(settings: BenchSettings, say: Callable[[str], None]) -> Iterator[Path]:
    if settings.shape is None:
        yield resolve_source(settings.model or "")
        return
    told = -1

    def on_progress(done_bytes: int, total_bytes: int) -> None:
        nonlocal told
        tenth = 10 * done_bytes // total_bytes
        if tenth > told:
            told = tenth
            say(f"writing a random model: {10 * tenth} % of {format_bytes(total_bytes)}")

    shape, mix = SHAPES[settings.shape], find_mix(settings.quant)
    with random_model_file(shape, mix, keep=settings.keep, on_progress=on_progress) as path:
        yield path


class _Run:
    """One run on an opened model."""

    def __init__(
        self,
        settings: BenchSettings,
        say: Callable[[str], None],
        model: Model,
        path: Path,
    ) -> None:
        self._settings = settings
        self._say = say
        self._model = model
        self._path = path
        self._num_threads = 1
        room = model.context_length
        prompts, contexts = settings.prompts, settings.contexts
        if prompts is None:
            prompts = tuple(length for length in DEFAULT_PROMPTS if length <= room)
        if contexts is None:
            contexts = tuple(length for length in DEFAULT_CONTEXTS if length + MIN_STEPS <= room)
        self._prompts = prompts
        self._cases = make_cases(
            prompts=prompts,
            contexts=contexts,
            streams=settings.streams,
            context_length=model.context_length,
            max_steps=MIN_STEPS,
        )
        self._token_ids = random_token_ids(model.vocab_size, _NUM_TOKEN_IDS)
        self._idle = IdleWaiter()

    def report(self, started: float, load_average: float | None) -> BenchReport:
        """Measure everything."""
        settings, model = self._settings, self._model
        load = measure_load(
            self._path,
            settings.executor,
            self._token_ids,
            self._prompts,
            rounds=settings.rounds,
            say=self._say,
        )
        before = resident_bytes()
        executor = create_executor(model, device="cpu", executor=settings.executor)
        peer: LlamaCppSide | None = None
        self._chunk_tokens = settings.chunk_tokens or prefill_chunk_tokens(
            model.num_parameters, is_alone=executor.is_batch_invariant
        )
        ours = ExecutorSide(executor, self._token_ids, self._chunk_tokens)
        try:
            memory = self._measure_memory(ours, executor, before)
            self._num_threads = num_threads_of(executor, model.num_parameters)
            self._say("measuring this machine's ceilings")
            self._idle.wait()
            ceilings = measure_ceilings(self._num_threads)
            if settings.compare is not None:
                peer = self._load_peer()
            rounds = self._prepare(ours, peer)
            deadline = None
            if settings.time_limit_s is not None:
                deadline = started + settings.time_limit_s
            num_rounds = rounds.run(settings.rounds, deadline)
            # What disturbed the machine before may be over.
            self._idle.wait()
            ceilings = ceilings.best_with(measure_ceilings(self._num_threads))
            return BenchReport(
                created=dt.datetime.now().astimezone().isoformat(timespec="seconds"),
                machine=_machine(load_average),
                model=self._describe_model(),
                settings={
                    "executor": executor.name,
                    "num_threads": self._num_threads,
                    "chunk_tokens": self._chunk_tokens,
                    "rounds": num_rounds,
                    "seconds": settings.seconds,
                },
                ceilings=ceilings,
                load=load,
                memory=memory,
                results=tuple(self._result(case, rounds, ours) for case in self._cases),
                peer=None if peer is None else self._compare_logits(ours, peer),
                warnings=self._warnings(load_average, num_rounds),
            )
        finally:
            if peer is not None:
                peer.close()
            ours.close()
            executor.close()

    def _measure_memory(
        self, ours: ExecutorSide, executor: Executor, before: tuple[int, int] | None
    ) -> MemoryResult:
        """Run the longest prompt and the most streams once, and look at the process."""
        self._say("measuring memory")
        for case in self._cases:
            if case.kind == "decode":
                ours.prepare(case, 1)
            ours.run(case, 1)
        after = resident_bytes()
        kv_bytes = executor.cache_bytes
        grown = private = None
        if before is not None and after is not None:
            grown, private = after[0] - before[0], after[1] - before[1]
        return MemoryResult(
            weights_bytes=executor.memory_bytes,
            kv_bytes=kv_bytes,
            grown_bytes=grown,
            private_grown_bytes=private,
        )

    def _load_peer(self) -> LlamaCppSide:
        needed, available = self._model.file_bytes, memory_available("cpu")
        if needed > available:
            raise ModelMemoryError(
                f"comparing needs both engines in memory: {needed:,} more bytes, but only "
                f"{available:,} are available; use a smaller model or do not compare",
                required_bytes=needed,
                available_bytes=available,
            )
        self._say("loading with llama.cpp")
        return LlamaCppSide(
            self._path,
            self._token_ids,
            self._num_threads,
            chunk_tokens=self._chunk_tokens,
            load_rounds=self._settings.rounds,
        )

    def _prepare(self, ours: ExecutorSide, peer: LlamaCppSide | None) -> Rounds:
        rounds = Rounds(
            self._cases,
            [ours] if peer is None else [ours, peer],
            idle=self._idle,
            seconds=self._settings.seconds,
            context_length=self._model.context_length,
            say=self._say,
        )
        rounds.add_way("ours", ours.run)
        if peer is not None:
            rounds.add_way("theirs", peer.run)
            rounds.add_way("theirs_own_way", peer.run_own_way, self._has_own_way)
        rounds.prepare()
        return rounds

    def _has_own_way(self, case: Case) -> bool:
        return case.kind == "prefill" and case.tokens > self._chunk_tokens

    def _result(self, case: Case, rounds: Rounds, ours: ExecutorSide) -> CaseResult:
        speed = rounds.figure(case, "ours")
        if speed is None:
            raise RuntimeError("a case was not measured")
        return CaseResult(
            case=case,
            num_units=rounds.num_units[case],
            ours=speed,
            theirs=rounds.figure(case, "theirs"),
            theirs_own_way=rounds.figure(case, "theirs_own_way"),
            work=work_of(self._model, case),
            kv_bytes=ours.cache_bytes(case),
        )

    def _compare_logits(self, ours: ExecutorSide, peer: LlamaCppSide) -> PeerResult:
        count = min(_LOGITS_TOKENS, self._model.context_length)
        mine, theirs = ours.logits(count), peer.logits(count)
        difference = np.linalg.norm(mine - theirs) / np.linalg.norm(theirs)
        return PeerResult(
            name=peer.name,
            load=peer.load,
            first_answer=peer.first_answer,
            logits_difference=float(difference),
        )

    def _describe_model(self) -> dict[str, Any]:
        settings, model = self._settings, self._model
        is_gone = settings.shape is not None and settings.keep is None
        return {
            "name": model.name or self._path.stem,
            "path": None if is_gone else str(self._path),
            "architecture": model.architecture,
            "quant_type": settings.quant if settings.shape else model.quant_type,
            "num_parameters": model.num_parameters,
            "file_bytes": model.file_bytes,
            "is_random": settings.shape is not None,
        }

    def _warnings(self, load_average: float | None, num_rounds: int) -> tuple[str, ...]:
        found = []
        if load_average is not None and load_average > _BUSY_SHARE * (os.cpu_count() or 1):
            found.append(
                f"other programs were running (load average {load_average:.1f}): trust the "
                "ratios, not the speeds"
            )
        if self._idle.num_busy:
            found.append(
                f"threads of this process still computed {self._idle.num_busy} times when the "
                "other side was to begin"
            )
        if num_rounds < self._settings.rounds:
            found.append(f"time was up after {num_rounds} rounds")
        return tuple(found)


def _machine(load_average: float | None) -> dict[str, Any]:
    found = dict(versions())
    found.pop("system", None)
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        found["llama-cpp-python"] = importlib.metadata.version("llama-cpp-python")
    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "num_cpus": os.cpu_count(),
        "load_average": load_average,
        "versions": found,
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
