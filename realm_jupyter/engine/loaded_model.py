"""A model in memory: one read-only copy of its weights for everyone in the process.

Models are shared by the identity of their file. `acquire` loads a file or finds it
loaded, `release` gives a reference back and unloads with the last one.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import math
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.compute import create_executor, memory_available
from realm_jupyter.engine.prefix_cache import PrefixCache
from realm_jupyter.engine.scheduler import Scheduler, lanes_per_step, prefill_chunk_tokens
from realm_jupyter.errors import ConfigError, LoadCancelledError
from realm_jupyter.models import open_model, resolve_source
from realm_jupyter.models.chat_template import closing_token
from realm_jupyter.models.sources import is_shipped
from realm_jupyter.sandbox import VocabularyImages
from realm_jupyter.types import LoadProgress

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Hashable

    from realm_jupyter.compute.executor import Executor
    from realm_jupyter.models import Model
    from realm_jupyter.types import CancelToken

__all__ = ["LoadedModel", "acquire", "close_all", "release", "token_text"]

_HASH_CHUNK_BYTES = 1 << 20
# Of the memory that is available once the weights are in, but no more than a gigabyte: what
# is kept for prompts to come must not surprise anybody.
_PREFIX_SHARE = 8
_MOST_PREFIX_BYTES = 1 << 30


@dataclass(eq=False)
class LoadedModel:
    """Weights, graph, vocabulary and scheduler of one model.

    Parameters
    ----------
    key : hashable
        Identity of the file, device, executor and number format of the KV cache.
    model : Model
    executor : Executor
    scheduler : Scheduler
    prefixes : PrefixCache
    path : str
        The file, or ``"<bytes>"``.
    is_trusted : bool
        Whether the model ships with the package, so that its chat template may be
        rendered in this process.
    digest : str
        SHA-256 of the file, once `sha256` was called.
    embedding_lock : Lock
        Held while a text is embedded.
    turn_end_ids : tuple of int
        Tokens beyond the vocabulary's own that end a generation: the control token
        with which the chat template closes a turn.
    """

    key: Hashable
    model: Model
    executor: Executor
    scheduler: Scheduler
    prefixes: PrefixCache
    path: str
    is_trusted: bool
    turn_end_ids: tuple[int, ...]
    num_references: int = 0
    digest: str = field(default="", repr=False)
    embedding_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _digest_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def memory_bytes(self) -> int:
        """Bytes of memory that the weights hold, mapped or allocated."""
        return self.executor.memory_bytes

    def sha256(self) -> str:
        """Return the digest of the model's file (of all parts, in order); reads them once."""
        with self._digest_lock:
            if not self.digest:
                digest = hashlib.sha256()
                for path in self.model.file.paths:
                    with path.open("rb") as file:
                        while chunk := file.read(_HASH_CHUNK_BYTES):
                            digest.update(chunk)
                self.digest = digest.hexdigest()
            return self.digest

    @property
    def eog_ids(self) -> frozenset[int]:
        """Tokens that end a generation."""
        return self.model.vocabulary.eog_ids.union(self.turn_end_ids)

    def vocabulary_blob(self) -> bytes:
        """Return the vocabulary as guests load it."""
        return self.model.vocabulary.to_blob(self.turn_end_ids)

    @functools.cached_property
    def guests(self) -> VocabularyImages:
        """Where guest instances that know the vocabulary come from."""
        return VocabularyImages(self.vocabulary_blob)


_lock = threading.Lock()
_loaded: dict[Hashable, LoadedModel] = {}
_loading: dict[Hashable, threading.Lock] = {}


def acquire(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview,
    *,
    name: str,
    device: str = "auto",
    executor: str = "auto",
    kv_type: str = "auto",
    prefix_cache_bytes: int | None = None,
    on_progress: Callable[[LoadProgress], None] | None = None,
    cancel: CancelToken | None = None,
) -> LoadedModel:
    """Load a model, or take another reference to it when its file is loaded already.

    Parameters
    ----------
    source : path-like, bytes-like or str
        A GGUF file (any part of a split one), its bytes, or the name of a shipped model.
    name : str
        For messages and thread names.
    device : {"auto", "cpu", "cuda", "mps"}
    executor : {"auto", "native", "reference"}
    kv_type : {"auto", "f32", "f16", "q8_0"}
    prefix_cache_bytes : int, optional
        Most bytes of KV pages that are kept for prompts to come, from now on. By default an
        eighth of the memory that is available after the load, at most 1 GiB; a model that is
        loaded already stays as it is.
    on_progress : callable, optional
        Called with `LoadProgress` from this thread.
    cancel : CancelToken, optional
        Obeyed between tensors and inside large ones.

    Raises
    ------
    ModelError
        If there is no such file, or it is unsound, unsupported or too large.
    LoadCancelledError
        If ``cancel`` was raised; nothing stays loaded.
    ConfigError
        If the device, the executor or the KV type is unknown or unavailable.
    """
    _check_prefix_cache_bytes(prefix_cache_bytes)
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        origin: Path | bytes = data
        identity: Hashable = ("bytes", hashlib.sha256(data).hexdigest())
    else:
        origin = resolve_source(source)
        status = origin.stat()
        identity = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    key = (identity, device, executor, kv_type)
    with _lock:
        turn = _loading.setdefault(key, threading.Lock())
    with turn:
        with _lock:
            found = _loaded.get(key)
            if found is not None:
                found.num_references += 1
        if found is not None:
            if prefix_cache_bytes is not None:
                found.prefixes.budget_bytes = prefix_cache_bytes
            return found
        loaded = _load(
            origin,
            key,
            name=name,
            device=device,
            executor=executor,
            kv_type=kv_type,
            prefix_cache_bytes=prefix_cache_bytes,
            on_progress=on_progress,
            cancel=cancel,
        )
        with _lock:
            loaded.num_references = 1
            _loaded[key] = loaded
        return loaded


def release(loaded: LoadedModel) -> int:
    """Give a reference back; the last one unloads.

    Returns
    -------
    int
        Bytes of weights freed; 0 while others still use the model.
    """
    with _lock:
        loaded.num_references -= 1
        if loaded.num_references > 0:
            return 0
        _loaded.pop(loaded.key, None)
        _loading.pop(loaded.key, None)
    return _unload(loaded)


def close_all() -> None:
    """Unload everything, whoever still holds references (at interpreter exit)."""
    with _lock:
        everything = list(_loaded.values())
        _loaded.clear()
    for loaded in everything:
        _unload(loaded)


def _unload(loaded: LoadedModel) -> int:
    freed = loaded.memory_bytes
    loaded.scheduler.close()
    loaded.prefixes.close()
    loaded.executor.close()
    loaded.model.file.close()
    return freed


def _load(
    origin: Path | bytes,
    key: Hashable,
    *,
    name: str,
    device: str,
    executor: str,
    kv_type: str,
    prefix_cache_bytes: int | None,
    on_progress: Callable[[LoadProgress], None] | None,
    cancel: CancelToken | None,
) -> LoadedModel:
    def report(done_bytes: int, total_bytes: int) -> None:
        if on_progress is not None:
            on_progress(LoadProgress(name, "weights", done_bytes, total_bytes))

    if cancel is not None and cancel.is_cancelled:
        raise LoadCancelledError(f"loading {name!r} was cancelled; nothing was loaded")
    model = open_model(origin)
    try:
        is_trusted = isinstance(origin, Path) and is_shipped(origin)
        turn_end_ids = _turn_end_ids(model, is_trusted=is_trusted)
        runner = create_executor(
            model,
            device=device,
            executor=executor,
            kv_type=kv_type,
            on_progress=report,
            cancel=cancel,
        )
    except BaseException:
        model.file.close()
        raise
    chunk_tokens = prefill_chunk_tokens(model.num_parameters)
    return LoadedModel(
        key=key,
        model=model,
        executor=runner,
        scheduler=Scheduler(
            runner,
            name,
            chunk_tokens,
            lone_chunk_tokens=prefill_chunk_tokens(
                model.num_parameters, is_alone=runner.is_batch_invariant
            ),
            step_lanes=lanes_per_step(runner.vocab_size),
        ),
        prefixes=_prefix_cache(runner, chunk_tokens, prefix_cache_bytes),
        path=str(origin) if isinstance(origin, Path) else "<bytes>",
        is_trusted=is_trusted,
        turn_end_ids=turn_end_ids,
        digest="" if isinstance(origin, Path) else hashlib.sha256(origin).hexdigest(),
    )


def _check_prefix_cache_bytes(num_bytes: int | None) -> None:
    is_whole = isinstance(num_bytes, int) and not isinstance(num_bytes, bool)
    if num_bytes is not None and (not is_whole or num_bytes < 0):
        allowed = "a whole number of at least 0, which keeps nothing, or None"
        raise ConfigError.not_allowed("prefix_cache_bytes", num_bytes, allowed)


def _prefix_cache(executor: Executor, chunk_tokens: int, num_bytes: int | None) -> PrefixCache:
    if num_bytes is None:
        available = memory_available(executor.device)
        num_bytes = min(available // _PREFIX_SHARE, _MOST_PREFIX_BYTES)
    pool = executor.pool
    # Where results depend on where a prompt is cut, it is cut in the same places with a
    # kept prefix as without, and answers, which were not cut like prompts, are not kept.
    is_exact = executor.is_batch_invariant
    unit = 1 if is_exact else math.lcm(pool.page_tokens, chunk_tokens) // pool.page_tokens
    prefixes = PrefixCache(pool, num_bytes, unit, keeps_answers=is_exact)
    pool.reclaim = prefixes.reclaim
    return prefixes


def _turn_end_ids(model: Model, *, is_trusted: bool) -> tuple[int, ...]:
    if model.chat_template is None:
        return ()
    control = model.vocabulary.control_tokens()
    found = closing_token(
        model.chat_template,
        tuple(control),
        bos_token=token_text(model, model.vocabulary.bos_id),
        eos_token=token_text(model, model.vocabulary.eos_id),
        trusted=is_trusted,
    )
    return () if found is None else (control[found],)


def token_text(model: Model, token_id: int | None) -> str:
    """Return the text of a special token, or nothing when the vocabulary has none."""
    return "" if token_id is None else model.vocabulary.token_text(token_id)


atexit.register(close_all)
