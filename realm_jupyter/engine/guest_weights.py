"""The shared weights as guests of the user's own see them: by handle, row by row."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.errors import ModelNotFoundError, TenantNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from realm_jupyter.gguf import GGUFFile

__all__ = ["GuestWeights"]

# Weights dequantized at a time: 4 MB of floats, a few milliseconds between two looks at
# whether the guest is to come back.
_CHUNK_ELEMENTS = 1 << 20
_INDEX_BITS = 32
_NONCE_BITS = 31


class GuestWeights:
    """The tensors of one model's file for one generation.

    Parameters
    ----------
    file : GGUFFile
        Open for as long as the model is loaded. The executor's own copy of the weights may
        be packed for its kernels, so rows are dequantized from the file, whatever runs it.
    check_running : callable
        Raises when the guest is to come back; asked between pieces of work.

    Notes
    -----
    Handles mean nothing in another generation: their upper half is drawn for each.
    """

    def __init__(self, file: GGUFFile, check_running: Callable[[], None]) -> None:
        self._file = file
        self._check_running = check_running
        self._names = tuple(file.tensors)
        self._indices = {name: index for index, name in enumerate(self._names)}
        self._first = secrets.randbits(_NONCE_BITS) << _INDEX_BITS

    def find(self, name: str) -> int:
        """Return the handle of a tensor.

        Raises
        ------
        TenantNotFoundError
            If the model has no tensor of this name.
        """
        index = self._indices.get(name)
        if index is None:
            raise TenantNotFoundError(f"the model has no weight {name[:200]!r}")
        return self._first + index

    def shape(self, weight: int) -> tuple[int, ...]:
        """Return the lengths of a tensor's axes, columns last.

        Raises
        ------
        TenantNotFoundError
            If the handle is not of this generation.
        """
        return self._file.tensors[self._name(weight)].shape

    def read(self, weight: int, first_row: int, num_rows: int) -> NDArray[np.float32]:
        """Return rows, shape (num_rows, columns).

        Raises
        ------
        TenantNotFoundError
            If the handle is not of this generation.
        ModelNotFoundError
            If the model was unloaded.
        """
        name = self._name(weight)
        columns = self._columns(name)
        out = np.empty((num_rows, columns), dtype=np.float32)
        step = max(1, _CHUNK_ELEMENTS // columns)
        for start in range(0, num_rows, step):
            stop = min(start + step, num_rows)
            out[start:stop] = self._rows(name, first_row + start, first_row + stop)
        return out

    def matmul(self, weight: int, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``x @ weight.T`` in float32.

        Parameters
        ----------
        weight : int
        x : ndarray, shape (n, columns), float32

        Returns
        -------
        ndarray, shape (n, rows), float32

        Raises
        ------
        TenantNotFoundError, ModelNotFoundError
            As for `read`.
        """
        name = self._name(weight)
        columns = self._columns(name)
        num_rows = self._file.tensors[name].num_elements // columns
        out = np.empty((len(x), num_rows), dtype=np.float32)
        step = max(1, _CHUNK_ELEMENTS // columns)
        with np.errstate(all="ignore"):  # infinities and NaN are the guest's own
            for start in range(0, num_rows, step):
                stop = min(start + step, num_rows)
                np.matmul(x, self._rows(name, start, stop).T, out=out[:, start:stop])
        return out

    def _name(self, weight: int) -> str:
        index = weight - self._first
        if not 0 <= index < len(self._names):
            raise TenantNotFoundError(f"there is no weight with the handle {weight}")
        return self._names[index]

    def _columns(self, name: str) -> int:
        return self._file.tensors[name].shape[-1]

    def _rows(self, name: str, start: int, stop: int) -> NDArray[np.float32]:
        self._check_running()
        try:
            return self._file.rows(name, start, stop)
        except ValueError as error:
            raise ModelNotFoundError("the model was unloaded while its guest read it") from error
