"""What tenants and models did and hold, as plain values at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from realm_jupyter.limits import TenantLimits

__all__ = ["BatchSample", "ModelStats", "RegistryStats", "TenantStats"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantStats:
    """One tenant.

    Parameters
    ----------
    name : str
    models : tuple of str
        Ids of the models that it has a sandbox for.
    num_running, num_queued : int
        Generations that run, and those that wait for others of the tenant.
    num_requests, num_finished, num_failed, num_refused : int
        Requests that were accepted, those that ended well (cancelled ones too), those that
        ended in an error, and those that were turned away because of a limit.
    prompt_tokens, cached_tokens, completion_tokens : int
        Of all its requests; cached ones are part of the prompts and were not run again.
    tokens_left : int, optional
        What it may use of the tokens of this minute; negative while it has to wait. None
        without a limit.
    tokens_per_second : float
        Completion tokens a second over the last ten seconds.
    ttft_ms, queue_ms : float
        Median over its last requests: time to the first token, and to the first forward pass.
    kv_bytes, kept_kv_bytes : int
        KV cache of its sequences (shared pages count for each of them), and of prefixes that
        are kept for it alone.
    guest_memory_bytes : int
        Linear memory of its sandboxes.
    guest_ms : float
        Time that they sampled, from the first token on.
    shares_prefixes : bool
        Whether it finds prefixes of others who opted in, and they its own.
    limits : TenantLimits
    """

    name: str
    models: tuple[str, ...] = ()
    num_running: int = 0
    num_queued: int = 0
    num_requests: int = 0
    num_finished: int = 0
    num_failed: int = 0
    num_refused: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    tokens_left: int | None = None
    tokens_per_second: float = 0.0
    ttft_ms: float = 0.0
    queue_ms: float = 0.0
    kv_bytes: int = 0
    kept_kv_bytes: int = 0
    guest_memory_bytes: int = 0
    guest_ms: float = 0.0
    shares_prefixes: bool = False
    limits: TenantLimits = field(default_factory=TenantLimits)


class BatchSample(NamedTuple):
    """One step of a model.

    Parameters
    ----------
    age_s : float
        Seconds since it ended.
    num_sequences, num_tokens : int
        What ran in it.
    duration_ms : float
        Of the forward pass.
    """

    age_s: float
    num_sequences: int
    num_tokens: int
    duration_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStats:
    """One loaded model.

    Parameters
    ----------
    id : str
    memory_bytes : int
        Weights, shared by all tenants.
    num_sequences : int
        Generations that run or wait to.
    num_steps : int
        Forward passes since it was loaded.
    kv_type : str
        Number format of the KV cache.
    kv_bytes : int
        Memory allocated for KV pages, free ones included.
    kept_kv_bytes, most_kept_kv_bytes : int
        Pages kept for prompts to come, and the most that are.
    num_cached_tokens, num_evicted_pages : int
        Prompt tokens that were found, and kept pages that were given up.
    batches : tuple of BatchSample
        The last steps, oldest first.
    """

    id: str
    memory_bytes: int
    num_sequences: int
    num_steps: int
    kv_type: str
    kv_bytes: int
    kept_kv_bytes: int
    most_kept_kv_bytes: int
    num_cached_tokens: int
    num_evicted_pages: int
    batches: tuple[BatchSample, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryStats:
    """Everything of a registry.

    Parameters
    ----------
    tenants : tuple of TenantStats
        Open ones, in the order in which they came.
    models : tuple of ModelStats
    """

    tenants: tuple[TenantStats, ...] = ()
    models: tuple[ModelStats, ...] = ()
