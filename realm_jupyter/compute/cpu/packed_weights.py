"""A model's matrices, packed for the native library: in memory, or mapped from the cache."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import mmap
import os
import sys
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from realm_jupyter.compute.cpu.structures import PANEL_ROWS
from realm_jupyter.compute.cpu.weight_cache import WeightCache, file_identity
from realm_jupyter.errors import LoadCancelledError, ModelFormatError
from realm_jupyter.gguf.huge_pages import HUGE_PAGE_BYTES, advise_huge_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from realm_jupyter.compute.cpu.library import Library
    from realm_jupyter.compute.cpu.weight_plan import PackedMatrix, WeightPlan
    from realm_jupyter.models.model import Model
    from realm_jupyter.types import CancelToken

__all__ = ["Loading", "PackedWeights", "load_packed_weights"]

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")

MIN_CACHED_BYTES = 64 << 20
"""Smaller models are packed faster than a file is found."""

_PIECE_BYTES = 4 << 20
_VISIT_BYTES = 16 << 20
# A tenth of a processor where others want it: enough to come to an end.
_WRITER_NICENESS = 10
# So long is the memory left to the first tokens.
_PAUSE_S = 1.0
# A cancel may have to wait so much longer, once or a few times after a first load.
_STEP_WAIT_S = 0.1
_LOOK_S = 0.02


class Loading:
    """Counts bytes of the model's file, reports them and looks at the cancel flag.

    Parameters
    ----------
    total_bytes : int
    on_progress : callable, optional
        Called with the bytes that are done and their total.
    cancel : CancelToken, optional
    """

    def __init__(
        self,
        total_bytes: int,
        on_progress: Callable[[int, int], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self.total_bytes = total_bytes
        self.done_bytes = 0
        self._on_progress = on_progress
        self._cancel = cancel

    def advance(self, num_bytes: int) -> None:
        """Count bytes.

        Raises
        ------
        LoadCancelledError
            If the token was cancelled.
        """
        if self._cancel is not None and self._cancel.is_cancelled:
            raise LoadCancelledError("loading was cancelled; nothing stays loaded")
        self.done_bytes = min(self.total_bytes, self.done_bytes + num_bytes)
        if self._on_progress is not None:
            self._on_progress(self.done_bytes, self.total_bytes)


class PackedWeights:
    """Memory that holds the matrices of a plan.

    Parameters
    ----------
    mapping : mmap
    offset : int
        Where the packed bytes begin.
    num_bytes : int
    is_mapped_file : bool
        Whether the memory is a file's, shared with other processes.
    is_packed : bool
        False if the matrices will be there only when `finish` has packed them.
    """

    def __init__(
        self,
        mapping: mmap.mmap,
        offset: int,
        num_bytes: int,
        *,
        is_mapped_file: bool,
        is_packed: bool = True,
    ) -> None:
        self._mapping = mapping
        self._bytes: NDArray[np.uint8] | None = np.frombuffer(
            mapping, np.uint8, count=num_bytes, offset=offset
        )
        self._thread: threading.Thread | None = None
        self._begin = threading.Event()
        self._end = threading.Event()
        self._hurry = threading.Event()
        self._lock = threading.Lock()
        self._is_packed = is_packed
        if is_packed:
            self._end.set()
        self._when_packed: list[tuple[Callable[[], None], Callable[[], None]]] = []
        self.num_bytes = num_bytes
        self.is_mapped_file = is_mapped_file

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """All packed bytes.

        Raises
        ------
        ValueError
            If they were given back.
        """
        if self._bytes is None:
            message = "the weights were given back"
            raise ValueError(message)
        return self._bytes

    def address(self, matrix: PackedMatrix) -> int:
        """Return where a matrix lies."""
        return int(self.bytes.ctypes.data) + matrix.offset_bytes

    @property
    def is_packed(self) -> bool:
        """Whether the matrices are there; if not, they are to be used in the model's file."""
        with self._lock:
            return self._is_packed

    def when_packed(self, move: Callable[[], None], leave: Callable[[], None]) -> None:
        """Have two functions called, one after the other: now, or in another thread.

        Parameters
        ----------
        move : callable
            Called once the matrices are there.
        leave : callable
            Called afterwards, in no hurry.
        """
        with self._lock:
            if not self._is_packed:
                self._when_packed.append((move, leave))
                return
        move()
        leave()

    def finish(self, pack: Callable[[], None], write: Callable[[NDArray[np.uint8]], None]) -> None:
        """Have the matrices packed, and written to disk for the loads to come, in a thread.

        They are packed when the first token is there (`begin`), a second from now at the latest,
        and written a second after that, by a thread that lets others go first. A process that
        ends meanwhile ends when they are written. If they cannot be written (`OSError`), a
        warning in the log says why; so it does if the model's file cannot be read any more, and
        the matrices are then used in the file as before.

        Parameters
        ----------
        pack : callable
        write : callable
            Called with all packed bytes.
        """

        def run() -> None:
            self._pause(self._begin)
            self._begin.set()
            try:
                pack()
                calls = self._announce()
            except (ModelFormatError, MemoryError) as error:
                _LOG.warning("the weights are used where they lie in the file: %s", error)
                return
            finally:
                self._end.set()
            self._pause(self._hurry)
            _give_way()
            for _, leave in calls:
                leave()
            try:
                write(self.bytes)
            except OSError as error:
                _LOG.warning("packed weights are kept in memory only: %s", error)

        self._thread = threading.Thread(target=run, name="realm-store")
        self._thread.start()

    def begin(self) -> None:
        """Let `finish` go on: a first token is there."""
        self._begin.set()

    def give_time(self) -> None:
        """Wait a moment if matrices are packed just now: steps are faster on packed ones.

        Both at the same time would take longer than one after the other.
        """
        if self._begin.is_set():
            self._end.wait(_STEP_WAIT_S)

    def _announce(self) -> list[tuple[Callable[[], None], Callable[[], None]]]:
        with self._lock:
            self._is_packed = True
            calls, self._when_packed = self._when_packed, []
        for move, _ in calls:
            move()
        return calls

    def _pause(self, end: threading.Event) -> None:
        """Wait for an event for a second, but not where the process ends."""
        until = time.monotonic() + _PAUSE_S
        while time.monotonic() < until and threading.main_thread().is_alive():
            if end.wait(_LOOK_S):
                return

    def wait(self) -> None:
        """Wait until `finish` is over."""
        self._begin.set()
        self._hurry.set()
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Give the memory back when `finish` is over; twice is fine."""
        self.wait()
        self._bytes = None
        with contextlib.suppress(BufferError):  # a view still lives: goes with it
            self._mapping.close()


def _give_way() -> None:
    """Let others compute before this thread, where a thread can have a rank of its own."""
    if sys.platform == "linux":  # elsewhere it is the process that has one
        with contextlib.suppress(OSError):
            os.nice(_WRITER_NICENESS)


class _Memory:
    """Anonymous memory, in huge pages where the system gives them."""

    def __init__(self, num_bytes: int) -> None:
        # Room to begin at a huge page's boundary; what is not touched costs nothing.
        room = HUGE_PAGE_BYTES if num_bytes >= HUGE_PAGE_BYTES else 0
        size = max(1, num_bytes + room)
        if hasattr(mmap, "MAP_PRIVATE"):
            self.mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        else:
            self.mapping = mmap.mmap(-1, size)
        advise_huge_pages(self.mapping)
        everything = np.frombuffer(self.mapping, np.uint8)
        self.offset = -int(everything.ctypes.data) % HUGE_PAGE_BYTES if room else 0
        self._bytes = everything[self.offset :]

    def place(self, offset: int, num_bytes: int) -> NDArray[np.uint8]:
        """Return the memory of a piece."""
        return self._bytes[offset : offset + num_bytes]


class _Piece(NamedTuple):
    """Rows of a matrix that are packed at once."""

    matrix: PackedMatrix
    first_row: int
    num_rows: int
    offset_bytes: int
    packed_bytes: int
    source_bytes: int


def _pieces(plan: WeightPlan) -> Iterator[_Piece]:
    """Cut matrices between panels, which do not depend on each other."""
    for matrix in plan.matrices:
        panels = -(-matrix.num_rows // PANEL_ROWS)
        panel_bytes = matrix.packed_bytes // panels
        # An even number, because two panels of 16-bit floats fill whole lines of 64 bytes.
        step = max(2, _PIECE_BYTES // panel_bytes // 2 * 2)
        for first in range(0, panels, step):
            count = min(step, panels - first)
            first_row = first * PANEL_ROWS
            num_rows = min(count * PANEL_ROWS, matrix.num_rows - first_row)
            yield _Piece(
                matrix=matrix,
                first_row=first_row,
                num_rows=num_rows,
                offset_bytes=matrix.offset_bytes + first * panel_bytes,
                packed_bytes=count * panel_bytes,
                source_bytes=num_rows * matrix.source_bytes // matrix.num_rows,
            )


class _Packer(NamedTuple):
    """What packing takes."""

    model: Model
    plan: WeightPlan
    library: Library
    loading: Loading
    num_threads: int

    def pack(self) -> PackedWeights:
        """Return the matrices in memory of this process."""
        memory = _Memory(self.plan.total_bytes)
        self._visit(Loading(0))
        self._pack_into(memory, self.loading)
        for name in {matrix.name for matrix in self.plan.matrices}:
            self.model.file.forget(name)
        return self._weights(memory, is_packed=True)

    def pack_later(self, write: Callable[[NDArray[np.uint8]], None]) -> PackedWeights:
        """Return memory in which the matrices will be; until then they are used in the file.

        Parameters
        ----------
        write : callable
            For `PackedWeights.finish`.
        """
        memory = _Memory(self.plan.total_bytes)
        self._visit(self.loading)
        weights = self._weights(memory, is_packed=False)
        weights.finish(partial(self._pack_into, memory, Loading(0)), write)
        return weights

    def _weights(self, memory: _Memory, *, is_packed: bool) -> PackedWeights:
        return PackedWeights(
            memory.mapping,
            memory.offset,
            self.plan.total_bytes,
            is_mapped_file=False,
            is_packed=is_packed,
        )

    def key(self, identity: str) -> bytes:
        """Return what tells the packed bytes of this plan and file from all others."""
        facts = f"{self.library.layout_version} {self.plan.digest()} {identity}"
        return hashlib.sha256(facts.encode()).digest()

    def _visit(self, loading: Loading) -> None:
        """Have the matrices mapped where they lie in the file."""

        def visit(part: tuple[PackedMatrix, int]) -> int:
            matrix, start = part
            num_bytes = min(_VISIT_BYTES, matrix.source_bytes - start)
            first = matrix.expert * matrix.source_bytes + start
            self.model.file.visit(matrix.name, first, num_bytes)
            return num_bytes

        parts = [
            (matrix, start)
            for matrix in self.plan.matrices
            for start in range(0, matrix.source_bytes, _VISIT_BYTES)
        ]
        self._do_all(visit, parts, loading)

    def _pack_into(self, memory: _Memory, loading: Loading) -> None:
        """Pack all matrices."""

        def pack(piece: _Piece) -> int:
            matrix = piece.matrix
            row_bytes = matrix.source_bytes // matrix.num_rows
            start = matrix.expert * matrix.source_bytes + piece.first_row * row_bytes
            source = self.model.file.data(matrix.name)[start : start + piece.source_bytes]
            packed = memory.place(piece.offset_bytes, piece.packed_bytes)
            self.library.pack(
                matrix.quant_type,
                source.ctypes.data,
                packed.ctypes.data,
                piece.num_rows,
                matrix.num_cols,
            )
            return piece.source_bytes

        self._do_all(pack, _pieces(self.plan), loading)

    def _do_all(self, work: Callable[[_T], int], items: Iterable[_T], loading: Loading) -> None:
        """Do work for each item, which returns bytes of the file that are done."""
        if self.num_threads == 1:
            for item in items:
                loading.advance(work(item))
            return
        waiting: deque[Future[int]] = deque()
        with ThreadPoolExecutor(self.num_threads, "realm-pack") as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) > 2 * self.num_threads:
                        loading.advance(waiting.popleft().result())
                while waiting:
                    loading.advance(waiting.popleft().result())
            finally:
                pool.shutdown(cancel_futures=True)


def load_packed_weights(
    model: Model,
    plan: WeightPlan,
    library: Library,
    loading: Loading,
    num_threads: int,
    *,
    cache: WeightCache | None = None,
) -> PackedWeights:
    """Return a model's matrices, packed now or mapped from the cache.

    Parameters
    ----------
    model : Model
    plan : WeightPlan
    library : Library
    loading : Loading
        Advances by the bytes of the matrices in the file.
    num_threads : int
    cache : WeightCache, optional
        The user's by default. Models below `MIN_CACHED_BYTES`, and those that are no file,
        are not kept.

    Notes
    -----
    Weights that are not in the cache are only visited in the file, so that they are in memory:
    they are packed, and written to the cache, in the background (`PackedWeights.finish`). The
    first token waits for neither.

    Raises
    ------
    LoadCancelledError
        Within one piece of some 4 MiB; nothing stays behind, in memory or on disk.
    """
    packer = _Packer(model, plan, library, loading, num_threads)
    identity = file_identity(model.file) if plan.total_bytes >= MIN_CACHED_BYTES else None
    if identity is None:
        return packer.pack()
    cache = WeightCache() if cache is None else cache
    key = packer.key(identity)
    before = loading.done_bytes
    source_bytes = sum(matrix.source_bytes for matrix in plan.matrices)

    def check(done: int) -> None:
        target = before + source_bytes * done // plan.total_bytes
        loading.advance(target - loading.done_bytes)

    mapping = cache.open(key, plan.total_bytes, num_threads, check)
    if mapping is not None:
        return PackedWeights(mapping, 0, plan.total_bytes, is_mapped_file=True)
    loading.done_bytes = before
    path = model.file.paths[0]

    def write(data: NDArray[np.uint8]) -> None:
        if file_identity(model.file) == identity:
            cache.store(key, data, str(path.resolve()))
        else:
            _LOG.warning("packed weights are not kept on disk: %s changed while it was read", path)

    return packer.pack_later(write)
