"""The reference executor: plain torch, float32, any device.

Every other executor is tested against it, and it against other engines' logits.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from realm_jupyter.compute.batch_checks import (
    BatchLimits,
    checked_token_ids,
    own_cache,
    split_logits,
)
from realm_jupyter.compute.kv_cache import KVPool
from realm_jupyter.compute.memory import release_memory
from realm_jupyter.compute.reference_batch import Batch, Span
from realm_jupyter.compute.reference_kv import TorchCache, TorchPages
from realm_jupyter.compute.reference_ops import REFERENCE_OPS, Step
from realm_jupyter.compute.reference_threads import choose_torch_threads, set_thread_count
from realm_jupyter.errors import ConfigError, RealmError
from realm_jupyter.graph import Attention

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from realm_jupyter.compute.executor import Chunk
    from realm_jupyter.compute.kv_cache import KVBudget
    from realm_jupyter.compute.step_stop import StepStop
    from realm_jupyter.graph import Graph

__all__ = ["ReferenceExecutor"]


class _Instruction(NamedTuple):
    """One op, compiled: values live in numbered places, ``dead`` ones are dropped after it."""

    step: Step
    inputs: tuple[int, ...]
    output: int
    dead: tuple[int, ...]
    is_attention: bool


class ReferenceExecutor:
    """A graph over torch tensors; meets `Executor`.

    Parameters
    ----------
    graph : Graph
    weights : mapping of str to Tensor, float32
        Every tensor that the graph names, on ``device``.
    device : str
        A device of torch, such as ``"cpu"``.

    Notes
    -----
    Linear layers run over the tokens of all sequences of a batch at once, attention over
    each sequence on its own. `forward` sets the number of threads that torch uses for the
    thread that calls it, which is meant to be one of the executor's own.
    """

    name = "reference"
    kv_type = "f32"
    is_batch_invariant = False
    can_rank = False

    def __init__(self, graph: Graph, weights: Mapping[str, Tensor], device: str = "cpu") -> None:
        self.require_ops(graph)
        self.device = device
        self.vocab_size = graph.hyperparameters.vocab_size
        self.context_length = graph.hyperparameters.context_length
        self._torch_device = torch.device(device)
        self._pages = TorchPages(graph.kv_layers, self._torch_device)
        self.pool = KVPool(self._pages)
        self._limits = BatchLimits(self.pool, self.vocab_size, self.context_length)
        # Tied weights are one tensor under one name; count memory, not names.
        storages = {t.data_ptr(): t.numel() * t.element_size() for t in weights.values()}
        self._memory_bytes = sum(storages.values())
        with torch.inference_mode():
            self._program = _compile(graph, weights)
        attention = [i for i, step in enumerate(self._program) if step.is_attention]
        num_parameters = sum(tensor.numel() for tensor in weights.values())
        self._num_threads = choose_torch_threads(num_parameters)
        self._threads = threading.local()
        self._num_hidden_ops = graph.num_hidden_ops
        self._embedding_length = graph.hyperparameters.embedding_length
        self._after_caches = attention[-1] + 1 if attention else 0
        self._is_closed = False

    @classmethod
    def require_ops(cls, graph: Graph) -> None:
        """Check that this executor has every op of a graph.

        Raises
        ------
        ConfigError
            Naming the ops that are missing.
        """
        missing = sorted({op.KIND for op in graph.ops if type(op) not in REFERENCE_OPS})
        if missing:
            raise ConfigError(
                f"the executor {cls.name!r} does not have the op {', '.join(missing)} that "
                f"{graph.hyperparameters.architecture!r} models need",
                field="executor",
                value=cls.name,
            )

    @property
    def memory_bytes(self) -> int:
        """Bytes of the weights; 0 after `close`."""
        return self._memory_bytes

    @property
    def cache_bytes(self) -> int:
        """Bytes that KV caches have allocated now."""
        return self.pool.memory_bytes

    def new_cache(self, budget: KVBudget | None = None) -> TorchCache:
        """Return an empty cache; see `Executor.new_cache`."""
        self._require_open()
        return TorchCache(self.pool, budget=budget)

    def forward(
        self, batch: Sequence[Chunk], stop: StepStop | None = None
    ) -> list[NDArray[np.float32]]:
        """Run a ragged batch; see `Executor.forward`."""
        return self._forward(batch, len(self._program), self.vocab_size, stop)

    def new_hidden_cache(self) -> TorchCache:
        """Return an empty cache for `forward_hidden`."""
        return self.new_cache()

    def forward_hidden(self, batch: Sequence[Chunk]) -> list[NDArray[np.float32]]:
        """Run a ragged batch up to the final norm; see `EmbeddingExecutor`."""
        return self._forward(batch, self._num_hidden_ops, self._embedding_length)

    def _forward(
        self, batch: Sequence[Chunk], num_ops: int, width: int, stop: StepStop | None = None
    ) -> list[NDArray[np.float32]]:
        """Run the first ops, whose last makes rows of ``width`` numbers."""
        self._require_open()
        token_ids = checked_token_ids(batch, self._limits)
        if not token_ids:
            return [np.empty((0, width), np.float32) for _ in batch]
        self._limit_threads()
        try:
            with torch.inference_mode():
                prepared = self._prepare(batch, token_ids)
                result = self._run(prepared, num_ops, stop)
            rows = np.empty((0, width), np.float32) if result is None else result.cpu().numpy()
        except BaseException:
            for chunk in batch:
                own_cache(chunk.cache, TorchCache).rollback()
            raise
        for chunk in batch:
            own_cache(chunk.cache, TorchCache).commit(len(chunk.token_ids))
        return split_logits(batch, rows)

    def close(self) -> None:
        """Release weights and caches and give the memory to the system."""
        if self._is_closed:
            return
        self._is_closed = True
        self._program = []
        self._memory_bytes = 0
        self.pool.close()
        release_memory(self.device)

    def _limit_threads(self) -> None:
        if getattr(self._threads, "count", 0) != self._num_threads:
            set_thread_count(self._num_threads)
            self._threads.count = self._num_threads

    def _require_open(self) -> None:
        if self._is_closed:
            raise RealmError("this executor was closed; load the model again")

    def _prepare(self, batch: Sequence[Chunk], token_ids: list[NDArray[np.int64]]) -> Batch:
        """Reserve rows of the KV pool and lay the chunks one after another."""
        spans: list[Span] = []
        slots: list[NDArray[np.int64]] = []
        positions: list[NDArray[np.int64]] = []
        selected: list[int] = []
        end = 0
        for chunk in batch:
            num_rows = len(chunk.token_ids)
            if not num_rows:
                continue
            cache = own_cache(chunk.cache, TorchCache)
            start, end = end, end + num_rows
            cache.reserve(num_rows)
            slots.append(cache.next_rows(num_rows))
            positions.append(np.arange(cache.length, cache.length + num_rows))
            spans.append(Span(start, end, cache.length, cache))
            if chunk.outputs != "none":
                selected += range(start if chunk.outputs == "all" else end - 1, end)
        return Batch(
            token_ids=self._tensor(np.concatenate(token_ids)),
            positions=np.concatenate(positions),
            pages=self._pages,
            slots=self._tensor(np.concatenate(slots)),
            spans=spans,
            num_selected=len(selected),
            selected=None if len(selected) == end else self._tensor(np.array(selected, np.int64)),
        )

    def _tensor(self, array: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(array).to(self._torch_device)

    def _run(self, batch: Batch, num_ops: int, stop: StepStop | None) -> Tensor | None:
        """Return the last op's selected rows, or None if there are none."""
        num_ops = num_ops if batch.num_selected else self._after_caches
        values: list[Tensor | None] = [None] * num_ops
        for step, inputs, output, dead, _ in self._program[:num_ops]:
            if stop is not None:
                stop.check()
            values[output] = step(batch, *[values[index] for index in inputs])
            for index in dead:
                values[index] = None
        return values[-1] if batch.num_selected else None


def _compile(graph: Graph, weights: Mapping[str, Tensor]) -> list[_Instruction]:
    """Turn value names into places and find where each value is read last."""
    places = {op.output: index for index, op in enumerate(graph.ops)}
    last_use = {name: index for index, op in enumerate(graph.ops) for name in op.inputs}
    program = []
    for index, op in enumerate(graph.ops):
        inputs = tuple(places[name] for name in op.inputs)
        dead = tuple(places[name] for name in set(op.inputs) if last_use[name] == index)
        step = REFERENCE_OPS[type(op)](op, weights)
        program.append(_Instruction(step, inputs, index, dead, isinstance(op, Attention)))
    return program
