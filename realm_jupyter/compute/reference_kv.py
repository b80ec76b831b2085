"""The reference executor's pages of the KV cache: torch tensors, float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from realm_jupyter.compute.kv_cache import PAGE_TOKENS, KVPool, PagedCache

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from realm_jupyter.compute.kv_cache import KVBudget
    from realm_jupyter.graph import KVLayer

__all__ = ["TorchCache", "TorchPages"]

_FLOAT_BYTES = 4


class TorchPages:
    """Tensors that hold pages; meets `PageStorage`.

    Parameters
    ----------
    layers : sequence of KVLayer
    device : torch.device
    page_tokens : int, default 64

    Attributes
    ----------
    keys, values : list of Tensor, shape (num_pages * page_tokens, K, D), float32
        One per layer; token ``t`` of page ``p`` is row ``p * page_tokens + t``.
    """

    def __init__(
        self, layers: Sequence[KVLayer], device: torch.device, page_tokens: int = PAGE_TOKENS
    ) -> None:
        self.layers = tuple(layers)
        self.torch_device = device
        self.device = str(device)
        self.page_tokens = page_tokens
        values = sum(kv.num_kv_heads * (kv.key_dim + kv.value_dim) for kv in self.layers)
        self.page_bytes = values * page_tokens * _FLOAT_BYTES
        self.keys: list[torch.Tensor] = []
        self.values: list[torch.Tensor] = []
        self.resize(0)

    def resize(self, num_pages: int) -> None:
        """Hold this many pages, or give all memory back."""
        if num_pages == 0:
            self.keys = [self._empty(0, kv.num_kv_heads, kv.key_dim) for kv in self.layers]
            self.values = [self._empty(0, kv.num_kv_heads, kv.value_dim) for kv in self.layers]
            return
        try:
            # Tensor by tensor, so that only one exists twice at any moment. After a failure
            # some are larger than they need to be, which does no harm.
            for tensors in (self.keys, self.values):
                for index, tensor in enumerate(tensors):
                    tensors[index] = self._resized(tensor, num_pages)
        except RuntimeError as error:  # how torch says that there is no memory
            raise MemoryError(str(error)) from error

    @torch.inference_mode()
    def copy_page(self, source: int, target: int, num_tokens: int) -> None:
        """Copy the first tokens of a page to another page, in all layers."""
        start, end = source * self.page_tokens, target * self.page_tokens
        for tensor in (*self.keys, *self.values):
            tensor[end : end + num_tokens] = tensor[start : start + num_tokens]

    def _empty(self, num_pages: int, num_heads: int, dim: int) -> torch.Tensor:
        shape = (num_pages * self.page_tokens, num_heads, dim)
        with torch.inference_mode():
            return torch.empty(shape, dtype=torch.float32, device=self.torch_device)

    def _resized(self, tensor: torch.Tensor, num_pages: int) -> torch.Tensor:
        num_rows, num_heads, dim = tensor.shape
        if num_rows >= num_pages * self.page_tokens:
            return tensor
        larger = self._empty(num_pages, num_heads, dim)
        with torch.inference_mode():
            larger[:num_rows] = tensor
        return larger


class TorchCache(PagedCache):
    """A cache whose rows can be read and written as tensors.

    Parameters
    ----------
    pool : KVPool
        Over `TorchPages`.
    pages, length, budget
        As for `PagedCache`.
    """

    __slots__ = ("_index", "_is_contiguous")

    def __init__(
        self,
        pool: KVPool,
        pages: Sequence[int] = (),
        length: int = 0,
        budget: KVBudget | None = None,
    ) -> None:
        super().__init__(pool, pages, length, budget)
        self._is_contiguous = _is_run(self._pages)
        self._index: torch.Tensor | None = None

    def next_rows(self, num_tokens: int) -> NDArray[np.int64]:
        """Return the rows of the pool's tensors for the next tokens, which are reserved.

        Returns
        -------
        ndarray, shape (num_tokens,), int64
        """
        size = self._pool.page_tokens
        first, used = divmod(self._length, size)
        if num_tokens == 1:
            return np.array([self._pages[first] * size + used], dtype=np.int64)
        positions = np.arange(self._length, self._length + num_tokens)
        pages = np.array(self._pages[first:], dtype=np.int64)
        rows: NDArray[np.int64] = pages[positions // size - first] * size + positions % size
        return rows

    def read(self, tensor: torch.Tensor, start: int, end: int) -> torch.Tensor:
        """Return the rows of positions ``start`` to ``end`` of one of the pool's tensors.

        Returns
        -------
        Tensor, shape (end - start, heads, dim)
            A view where the pages lie one after another, as those of a sequence that runs
            alone do, else a copy made by one indexing operation.
        """
        size = self._pool.page_tokens
        if self._is_contiguous:
            offset = self._pages[0] * size
            return tensor[offset + start : offset + end]
        if self._index is None:
            self._index = torch.tensor(self._pages, dtype=torch.int64, device=tensor.device)
        first = start // size
        index = self._index[first : -(-end // size)]
        num_rows, num_heads, dim = tensor.shape
        pages = tensor.view(num_rows // size, size * num_heads * dim).index_select(0, index)
        return pages.view(-1, num_heads, dim)[start - first * size : end - first * size]

    def _added(self, num_pages: int) -> None:
        self._index = None
        first = max(0, len(self._pages) - num_pages - 1)
        self._is_contiguous = self._is_contiguous and _is_run(self._pages[first:])

    def _changed(self) -> None:
        self._index = None
        self._is_contiguous = _is_run(self._pages)


def _is_run(pages: Sequence[int]) -> bool:
    return not len(pages) or list(pages) == list(range(pages[0], pages[0] + len(pages)))
