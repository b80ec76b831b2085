"""The native executor: one call of the C++ library for each step."""

from __future__ import annotations

import threading
from array import array
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from realm_jupyter.compute.batch_checks import (
    BatchLimits,
    checked_token_ids,
    num_output_rows,
    own_cache,
    split_logits,
)
from realm_jupyter.compute.cpu.library import error_buffer
from realm_jupyter.compute.cpu.packed_weights import Loading, load_packed_weights
from realm_jupyter.compute.cpu.program import Program
from realm_jupyter.compute.cpu.ranked_rows import RankedRows
from realm_jupyter.compute.cpu.structures import KVType, SpanStruct, Status, WeightLayout
from realm_jupyter.compute.cpu.weight_plan import plan_weights
from realm_jupyter.compute.kv_cache import KVPool, PagedCache
from realm_jupyter.compute.memory import release_memory
from realm_jupyter.compute.step_stop import StepStoppedError
from realm_jupyter.compute.threads import choose_num_threads
from realm_jupyter.errors import ConfigError, RealmError
from realm_jupyter.gguf import QuantType

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from realm_jupyter.compute.cpu.library import Library
    from realm_jupyter.compute.cpu.weight_cache import WeightCache
    from realm_jupyter.compute.executor import Chunk
    from realm_jupyter.compute.kv_cache import KVBudget
    from realm_jupyter.compute.step_stop import StepStop
    from realm_jupyter.models.model import Model
    from realm_jupyter.types import CancelToken

__all__ = [
    "KV_TYPES",
    "SINGLE_THREAD_PARAMETERS",
    "NativeExecutor",
    "NativeModel",
    "check_kv_type",
]

KV_TYPES = ("auto", "f32", "f16", "q8_0")
"""Number formats of the KV cache; ``"auto"`` is float32 for float32 models, else float16."""

SINGLE_THREAD_PARAMETERS = 4_000_000
"""Below this many weights, threads wait for each other longer than they save."""


def check_kv_type(kv_type: str, available: Sequence[str] = KV_TYPES) -> None:
    """Check the name of a number format of the KV cache.

    Parameters
    ----------
    kv_type : str
    available : sequence of str
        What the executor that was chosen has.

    Raises
    ------
    ConfigError
        If it is not among them.
    """
    if kv_type in available:
        return
    allowed = ", ".join(available)
    problem = "is not available on this executor" if kv_type in KV_TYPES else "is unknown"
    raise ConfigError(
        f"kv_type={kv_type!r} {problem}; use {allowed}",
        field="kv_type",
        value=kv_type,
        allowed=allowed,
    )


class NativeModel:
    """A compiled model in the library, with its KV pages; meets `PageStorage`.

    Parameters
    ----------
    library : Library
    program : Program
        Kept alive, with the weights it points to.
    kv_type : KVType
    num_threads : int
    num_ops : int, optional
        How many of the program's ops to run; all of them by default. The last one's output is
        what `forward` writes.

    Raises
    ------
    RealmError
        If the library does not take the graph.

    Notes
    -----
    A lock keeps pages from being resized or copied while a step runs.
    """

    device = "cpu"

    def __init__(
        self,
        library: Library,
        program: Program,
        kv_type: KVType,
        num_threads: int,
        num_ops: int | None = None,
    ) -> None:
        self._library = library
        self._program: Program | None = program
        self._lock = threading.Lock()
        self._error = error_buffer()
        frequencies = program.frequencies
        self._handle = library.functions.realm_cpu_model_create(
            program.ops,
            len(program.ops) if num_ops is None else num_ops,
            program.weights,
            len(program.weights),
            frequencies.ctypes.data,
            len(frequencies),
            program.kv_layers,
            len(program.kv_layers),
            kv_type,
            num_threads,
            self._error,
        )
        if not self._handle:
            library.check(
                Status.INVALID, "the native executor does not take this model", self._error
            )
        self.page_bytes = int(library.functions.realm_cpu_page_bytes(self._handle))

    def resize(self, num_pages: int) -> None:
        """Hold this many pages; see `PageStorage`."""
        with self._lock:
            if not self._handle:
                return
            status = self._library.functions.realm_cpu_resize_cache(
                self._handle, num_pages, self._error
            )
            if status != Status.OK:
                raise MemoryError(self._error.value.decode("utf-8", "replace"))

    def move_matrices(self, addresses: dict[int, int]) -> None:
        """Use packed matrices from the next step on.

        Parameters
        ----------
        addresses : dict of int to int
            By the numbers of the program's weights.
        """
        with self._lock:
            if not self._handle:
                return
            for number, address in addresses.items():
                status = self._library.functions.realm_cpu_move_matrix(
                    self._handle, number, address, WeightLayout.PACKED
                )
                self._library.check(status, f"matrix {number} cannot be moved")

    def copy_page(self, source: int, target: int, num_tokens: int) -> None:
        """Copy the first tokens of a page to another page, in all layers."""
        with self._lock:
            status = self._library.functions.realm_cpu_copy_page(
                self._handle, source, target, num_tokens
            )
        self._library.check(status, "a page of the KV cache cannot be copied")

    def forward(
        self,
        token_ids: int,
        spans: ctypes.Array[SpanStruct],
        num_spans: int,
        selected: array[int],
        logits: NDArray[np.float32],
        *,
        ranked: RankedRows | None = None,
        stop: StepStop | None = None,
    ) -> None:
        """Run a step.

        Parameters
        ----------
        token_ids : int
            Address of the batch's token ids, int32.
        spans : array of SpanStruct
        num_spans : int
        selected : array of int32
            Rows whose logits are wanted.
        logits : ndarray, shape (len(selected), V), float32
            Written; of the last op's width where only the first ops run.
        ranked : RankedRows, optional
            Which of these rows' largest to find; written.
        stop : StepStop, optional
            Looked at once a layer, in steps of at least 16 tokens.

        Raises
        ------
        ModelMemoryError, RealmError
        StepStoppedError
            If `stop` was set before the end.
        """
        with self._lock:
            if not self._handle:
                raise RealmError("this executor was closed; load the model again")
            status = self._library.functions.realm_cpu_forward(
                self._handle,
                token_ids,
                spans,
                num_spans,
                selected.buffer_info()[0],
                len(selected),
                logits.ctypes.data,
                *(None, None) if ranked is None else ranked.addresses,
                None if stop is None else stop.address,
                self._error,
            )
            if status == Status.STOPPED:
                raise StepStoppedError
            self._library.check(status, "a step of the native executor failed", self._error)

    def close(self) -> None:
        """Free the model when its step is over; twice is fine."""
        with self._lock:
            handle, self._handle = self._handle, None
            if handle:
                self._library.functions.realm_cpu_model_free(handle)
            self._program = None


class _Part(NamedTuple):
    """The ops of a model up to some op, with pages of their own."""

    model: NativeModel
    pool: KVPool
    limits: BatchLimits
    width: int


class NativeExecutor:
    """A model's packed weights and the library that runs them; meets `Executor`.

    Parameters
    ----------
    model : Model
    library : Library
    kv_type : {"auto", "f32", "f16", "q8_0"}
        Number format of the KV cache.
    num_threads : int, optional
        By default as many as the model can use on this machine.
    on_progress : callable, optional
        Called with the bytes of the model's file that are done and their total.
    cancel : CancelToken, optional
    weight_cache : WeightCache, optional
        Where packed weights are kept; the user's by default.

    Attributes
    ----------
    num_threads : int
    kv_type : str
    pool : KVPool
    weights_are_mapped : bool
        Whether the packed weights are a mapped file, shared with other processes.

    Notes
    -----
    A row of logits has the same bits whatever the batch, the chunks, the number of threads
    or the history of the cache.
    """

    name = "native"
    device = "cpu"
    is_batch_invariant = True
    can_rank = True

    def __init__(
        self,
        model: Model,
        library: Library,
        *,
        kv_type: str = "auto",
        num_threads: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        cancel: CancelToken | None = None,
        weight_cache: WeightCache | None = None,
    ) -> None:
        check_kv_type(kv_type)
        parameters = model.graph.hyperparameters
        self._file = model.file  # of which embedding tables are read
        self.vocab_size = parameters.vocab_size
        self.context_length = parameters.context_length
        self.num_threads = num_threads or choose_num_threads(
            model.num_parameters, single_below=SINGLE_THREAD_PARAMETERS
        )
        plan = plan_weights(model, library)
        names = model.graph.weight_names
        total_bytes = sum(model.file.tensors[name].size_bytes for name in names)
        loading = Loading(total_bytes, on_progress, cancel)
        loading.advance(0)
        self._packed = load_packed_weights(
            model, plan, library, loading, self.num_threads, cache=weight_cache
        )
        try:
            self._program = program = Program(model, plan, self._packed)
            loading.advance(total_bytes - loading.done_bytes)
            is_float32 = all(matrix.quant_type is QuantType.F32 for matrix in plan.matrices)
            if kv_type == "auto":
                kv_type = "f32" if is_float32 else "f16"
            self.kv_type = kv_type
            self._new_model = partial(
                NativeModel, library, program, KVType[kv_type.upper()], self.num_threads
            )
            self._parts_lock = threading.Lock()
            # Made when it is needed first: most models never embed.
            self._hidden: _Part | None = None
            self._all = self._part(self.vocab_size, len(program.ops))
            self._packed.when_packed(self._move_matrices, program.leave_file)
        except BaseException:
            self._packed.close()
            raise
        self.weights_are_mapped = self._packed.is_mapped_file
        self._memory_bytes = self._packed.num_bytes + program.other_bytes
        self.pool = self._all.pool
        self._num_hidden_ops = model.graph.num_hidden_ops
        self._embedding_length = parameters.embedding_length
        self._is_closed = False

    @property
    def memory_bytes(self) -> int:
        """Bytes of the weights; 0 after `close`."""
        return self._memory_bytes

    @property
    def cache_bytes(self) -> int:
        """Bytes that KV caches have allocated now."""
        hidden_bytes = self._hidden.pool.memory_bytes if self._hidden is not None else 0
        return self.pool.memory_bytes + hidden_bytes

    def new_cache(self, budget: KVBudget | None = None) -> PagedCache:
        """Return an empty cache; see `Executor.new_cache`."""
        self._require_open()
        return PagedCache(self.pool, budget=budget)

    def forward(
        self, batch: Sequence[Chunk], stop: StepStop | None = None
    ) -> list[NDArray[np.float32]]:
        """Run a ragged batch; see `Executor.forward`."""
        self._require_open()
        counts: list[int] = []
        for chunk in batch:
            count = chunk.num_largest if chunk.outputs == "last" else 0
            counts += [count] * num_output_rows(chunk)
        ranked = RankedRows(counts) if any(counts) else None
        rows = self._forward(self._all, batch, ranked, stop)
        if ranked is not None:
            ranked.put_into(rows)
        return rows

    def new_hidden_cache(self) -> PagedCache:
        """Return an empty cache for `forward_hidden`."""
        return PagedCache(self._hidden_part().pool)

    def forward_hidden(self, batch: Sequence[Chunk]) -> list[NDArray[np.float32]]:
        """Run a ragged batch up to the final norm; see `EmbeddingExecutor`."""
        return self._forward(self._hidden_part(), batch)

    def _hidden_part(self) -> _Part:
        self._require_open()
        with self._parts_lock:
            if self._hidden is None:
                self._hidden = self._part(self._embedding_length, self._num_hidden_ops)
            return self._hidden

    def _move_matrices(self) -> None:
        with self._parts_lock:
            addresses = self._program.move_matrices()
            for part in (self._all, self._hidden):
                if part is not None:
                    part.model.move_matrices(addresses)

    def _part(self, width: int, num_ops: int) -> _Part:
        model = self._new_model(num_ops=num_ops)
        pool = KVPool(model)
        return _Part(model, pool, BatchLimits(pool, self.vocab_size, self.context_length), width)

    def _forward(
        self,
        part: _Part,
        batch: Sequence[Chunk],
        ranked: RankedRows | None = None,
        stop: StepStop | None = None,
    ) -> list[NDArray[np.float32]]:
        token_ids = checked_token_ids(batch, part.limits)
        if not token_ids:
            return [np.empty((0, part.width), np.float32) for _ in batch]
        self._packed.give_time()
        self._file.require_whole()
        caches = [(own_cache(chunk.cache, PagedCache), chunk) for chunk in batch]
        try:
            logits = _run(part, caches, token_ids, ranked, stop)
        except BaseException:
            for cache, _ in caches:
                cache.rollback()
            raise
        for cache, chunk in caches:
            cache.commit(len(chunk.token_ids))
        self._packed.begin()
        return split_logits(batch, logits)

    def close(self) -> None:
        """Release weights and caches and give the memory to the system."""
        if self._is_closed:
            return
        self._is_closed = True
        self._memory_bytes = 0
        for part in (self._all, self._hidden):
            if part is not None:
                part.pool.close()
                part.model.close()
        self._packed.close()
        release_memory()

    def _require_open(self) -> None:
        if self._is_closed:
            raise RealmError("this executor was closed; load the model again")


def _run(
    part: _Part,
    caches: list[tuple[PagedCache, Chunk]],
    token_ids: list[NDArray[np.int64]],
    ranked: RankedRows | None,
    stop: StepStop | None,
) -> NDArray[np.float32]:
    """Reserve pages, lay the chunks one after another and return the rows wanted."""
    # Page numbers are copied, so that a cache may be freed while the step runs.
    pages = array("i")
    spans = (SpanStruct * len(token_ids))()
    starts: list[int] = []
    selected = array("i")
    end = number = 0
    for cache, chunk in caches:
        num_tokens = len(chunk.token_ids)
        if not num_tokens:
            continue
        cache.reserve(num_tokens)
        starts.append(len(pages))
        pages.extend(cache.pages)
        span = spans[number]
        span.num_pages, span.position, span.num_tokens = (
            cache.num_pages,
            cache.length,
            num_tokens,
        )
        if chunk.outputs == "all":
            selected.extend(range(end, end + num_tokens))
        elif chunk.outputs == "last":
            selected.append(end + num_tokens - 1)
        end += num_tokens
        number += 1
    address, _ = pages.buffer_info()
    for span, start in zip(spans, starts, strict=True):
        span.pages = address + start * pages.itemsize
    ids = token_ids[0] if number == 1 else np.concatenate(token_ids)
    ids = ids.astype(np.int32)
    logits = np.empty((len(selected), part.width), np.float32)
    part.model.forward(ids.ctypes.data, spans, number, selected, logits, ranked=ranked, stop=stop)
    return logits
