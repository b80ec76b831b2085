"""What a run found; `BenchReport.to_dict` is what ``realm bench --json`` writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realm_jupyter.bench.spread import Figure, ratio_of

if TYPE_CHECKING:
    from realm_jupyter.bench.cases import Case, Work
    from realm_jupyter.bench.ceilings import Ceilings

__all__ = ["SCHEMA", "BenchReport", "CaseResult", "LoadResult", "MemoryResult", "PeerResult"]

SCHEMA = "realm-bench/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """Speed in one case.

    Parameters
    ----------
    case : Case
    num_units : int
        Prompts or steps in one measurement.
    ours : Figure
        Tokens per second.
    theirs, theirs_own_way : Figure, optional
        The peer in steps of our size; for prompts also in steps of its own default size,
        where that is another.
    work : Work
    kv_bytes : int
        Bytes of our KV cache that a step reads, in whole pages.
    """

    case: Case
    num_units: int
    ours: Figure
    theirs: Figure | None = None
    theirs_own_way: Figure | None = None
    work: Work
    kv_bytes: int = 0

    @property
    def ratio(self) -> Figure | None:
        """Ours over theirs, round by round."""
        return None if self.theirs is None else ratio_of(self.ours, self.theirs)

    @property
    def ratio_own_way(self) -> Figure | None:
        """Ours over theirs with the peer's own size of steps."""
        return None if self.theirs_own_way is None else ratio_of(self.ours, self.theirs_own_way)

    @property
    def units_per_s(self) -> float:
        """Prompts or steps in a second, at the median."""
        return self.ours.median / self.case.tokens

    def read_share(self, ceilings: Ceilings) -> float | None:
        """Return the share of the read ceiling that decoding reaches, or None for prompts."""
        if self.case.kind == "prefill":
            return None
        moved = self.work.weight_bytes + self.kv_bytes
        return moved * self.units_per_s / ceilings.read_bytes_per_s

    def compute_share(self, ceilings: Ceilings) -> float | None:
        """Return the share of the compute ceiling, or None where that is not known."""
        ceiling = ceilings.macs_per_s(self.work.compute_kind)
        return None if ceiling is None else self.work.macs * self.units_per_s / ceiling

    def to_dict(self, ceilings: Ceilings) -> dict[str, Any]:
        """Return the result as plain values."""
        found: dict[str, Any] = {
            "kind": self.case.kind,
            "tokens": self.case.tokens,
            "context": self.case.context,
            "units_per_measurement": self.num_units,
            "ours": self.ours.to_dict(),
            "weight_bytes": self.work.weight_bytes,
            "kv_bytes": self.kv_bytes,
            "macs": self.work.macs,
            "compute_kind": self.work.compute_kind,
            "read_share": self.read_share(ceilings),
            "compute_share": self.compute_share(ceilings),
        }
        for name in ("theirs", "ratio", "theirs_own_way", "ratio_own_way"):
            figure = getattr(self, name)
            found[name] = None if figure is None else figure.to_dict()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """How long until a model answers.

    Parameters
    ----------
    first : Figure
        Loading for the first time, seconds: nothing of it in the cache of this package.
    first_answer : Figure
        From the call that loads it for the first time to the first token of a one-token prompt,
        seconds.
    cached : Figure
        Loading again, seconds.
    first_token : Figure
        From the call that loads it again to the first token of a one-token prompt, seconds.
    ttft : dict of int to Figure
        From a request to its first token, milliseconds, by the length of the prompt.
    """

    first: Figure
    first_answer: Figure
    cached: Figure
    first_token: Figure
    ttft: dict[int, Figure]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return {
            "first": self.first.to_dict(),
            "first_answer": self.first_answer.to_dict(),
            "cached": self.cached.to_dict(),
            "first_token": self.first_token.to_dict(),
            "ttft": {str(length): figure.to_dict() for length, figure in self.ttft.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryResult:
    """Bytes that a model takes; those of the process are None where it does not say.

    Parameters
    ----------
    weights_bytes, kv_bytes : int
        As the executor counts them, mapped files and all caches of the run included.
    grown_bytes : int, optional
        What the process has in memory after it ran, beyond what it had before loading.
    private_grown_bytes : int, optional
        The part of it that belongs to no file.
    """

    weights_bytes: int
    kv_bytes: int
    grown_bytes: int | None
    private_grown_bytes: int | None

    @property
    def beside_bytes(self) -> int | None:
        """Bytes that are neither weights nor KV cache."""
        if self.grown_bytes is None:
            return None
        return self.grown_bytes - self.weights_bytes - self.kv_bytes

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return {
            "weights_bytes": self.weights_bytes,
            "kv_bytes": self.kv_bytes,
            "grown_bytes": self.grown_bytes,
            "private_grown_bytes": self.private_grown_bytes,
            "beside_bytes": self.beside_bytes,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerResult:
    """The other engine.

    Parameters
    ----------
    name : str
    load : Figure
        Loading, seconds.
    first_answer : Figure
        From loading to the first token of a one-token prompt, seconds: what was only mapped is
        read by then.
    logits_difference : float
        Size of the difference of our logits from its logits, relative to theirs.
    """

    name: str
    load: Figure
    first_answer: Figure
    logits_difference: float

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return {
            "name": self.name,
            "load": self.load.to_dict(),
            "first_answer": self.first_answer.to_dict(),
            "logits_difference": self.logits_difference,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchReport:
    """Everything a run found.

    Notes
    -----
    `to_dict` has these keys. A *figure* is a mapping with ``median``, ``quartiles`` (two
    numbers), ``min``, ``max``, ``values`` (one for each round) and ``unit``.

    ``schema``
        ``"realm-bench/1"``; another number when keys change their meaning.
    ``created``
        Time of the end, ISO 8601 with offset.
    ``machine``
        ``processor``, ``system``, ``num_cpus``, ``load_average`` (before the run, or null)
        and ``versions`` by package.
    ``model``
        ``name``, ``path`` (null for a random model that was removed), ``architecture``,
        ``quant_type``, ``num_parameters``, ``file_bytes``, ``is_random``.
    ``settings``
        ``executor`` (the one that ran), ``num_threads``, ``chunk_tokens``, ``rounds``
        (those that were run) and ``seconds``.
    ``ceilings``
        ``read_bytes_per_s``, ``int8_macs_per_s``, ``float32_macs_per_s`` (null where not
        known), ``source`` (``native`` or ``numpy``), ``num_threads``.
    ``load``
        figures ``first``, ``first_answer``, ``cached`` and ``first_token`` in s; ``ttft``:
        figures in ms by the length of the prompt.
    ``memory``
        ``weights_bytes``, ``kv_bytes``, ``grown_bytes``, ``private_grown_bytes``,
        ``beside_bytes``; the last three may be null.
    ``results``
        A list: ``kind`` (``prefill`` or ``decode``), ``tokens`` (length of the prompt;
        number of streams), ``context``, ``units_per_measurement``, ``ours`` (a figure in
        tok/s), ``theirs``, ``ratio``, ``theirs_own_way``, ``ratio_own_way`` (figures or
        null), ``weight_bytes``, ``kv_bytes``, ``macs``, ``compute_kind``, ``read_share``
        and ``compute_share`` (1 is the ceiling; or null).
    ``peer``
        Null, or ``name``, ``load`` and ``first_answer`` (figures in s), ``logits_difference``.
    ``warnings``
        A list of sentences on what may have disturbed the run.
    """

    created: str
    machine: dict[str, Any]
    model: dict[str, Any]
    settings: dict[str, Any]
    ceilings: Ceilings
    load: LoadResult
    memory: MemoryResult
    results: tuple[CaseResult, ...]
    peer: PeerResult | None = None
    warnings: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, ready for JSON."""
        return {
            "schema": SCHEMA,
            "created": self.created,
            "machine": self.machine,
            "model": self.model,
            "settings": self.settings,
            "ceilings": self.ceilings.to_dict(),
            "load": self.load.to_dict(),
            "memory": self.memory.to_dict(),
            "results": [result.to_dict(self.ceilings) for result in self.results],
            "peer": None if self.peer is None else self.peer.to_dict(),
            "warnings": list(self.warnings),
        }
