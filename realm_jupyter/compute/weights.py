"""A model's weights as float32 tensors on a device: one copy for all sequences.

Tensors stored as float32 stay views of the mapped file on the CPU; everything else is
dequantized once, piece by piece, so that loading can report and be cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from realm_jupyter.errors import LoadCancelledError
from realm_jupyter.gguf import QuantType, dequantize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from realm_jupyter.gguf import GGUFFile
    from realm_jupyter.models.model import Model
    from realm_jupyter.types import CancelToken

__all__ = ["load_weights"]

_PIECE_BYTES = 4 << 20


class _Writable:
    """A read-only array under a writable name, because torch warns of read-only ones.

    Nobody writes to weights. numpy keeps this object, and with it the array and the
    mapped file, as long as a tensor looks at the memory.
    """

    def __init__(self, array: NDArray[np.float32]) -> None:
        address, _ = array.__array_interface__["data"]
        self.array = array
        self.__array_interface__: dict[str, Any] = {
            **array.__array_interface__,
            "data": (address, False),
        }


class _Loader:
    """Counts bytes, reports them and looks at the cancel flag between pieces."""

    def __init__(
        self,
        file: GGUFFile,
        device: torch.device,
        on_progress: Callable[[int, int], None] | None,
        cancel: CancelToken | None,
    ) -> None:
        self.file = file
        self.device = device
        self.on_progress = on_progress
        self.cancel = cancel
        self.done_bytes = 0
        self.total_bytes = 0

    def advance(self, num_bytes: int) -> None:
        if self.cancel is not None and self.cancel.is_cancelled:
            raise LoadCancelledError("loading was cancelled; nothing stays loaded")
        self.done_bytes += num_bytes
        if self.on_progress is not None:
            self.on_progress(self.done_bytes, self.total_bytes)

    def load(self, name: str) -> torch.Tensor:
        info = self.file.tensors[name]
        if info.quant_type is QuantType.F32 and self.device.type == "cpu":
            tensor = _view(self.file.tensor(name))
            self.advance(info.size_bytes)
            return tensor
        return self._copy(name)

    def _copy(self, name: str) -> torch.Tensor:
        info = self.file.tensors[name]
        data = self.file.data(name)
        kind = info.quant_type
        tensor = torch.empty(info.shape, dtype=torch.float32, device=self.device)
        flat = tensor.view(-1)
        step = max(1, _PIECE_BYTES // kind.block_bytes)
        for start in range(0, info.size_bytes // kind.block_bytes, step):
            piece = data[start * kind.block_bytes : (start + step) * kind.block_bytes]
            count = len(piece) // kind.block_bytes * kind.block_size
            floats = dequantize(piece, kind, (count,))
            begin = start * kind.block_size
            flat[begin : begin + count] = _view(floats)
            self.advance(len(piece))
        return tensor


def _view(array: NDArray[np.float32]) -> torch.Tensor:
    """Return a tensor over an array's memory, or over a copy if torch cannot look at it."""
    if not array.flags.aligned or not array.flags.c_contiguous:
        array = np.array(array, dtype=np.float32, order="C")
    if not array.flags.writeable:
        array = np.asarray(_Writable(array))
    return torch.from_numpy(array)


def load_weights(
    model: Model,
    device: torch.device,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    cancel: CancelToken | None = None,
) -> Mapping[str, torch.Tensor]:
    """Return every weight that a model's graph reads.

    Parameters
    ----------
    model : Model
    device : torch.device
    on_progress : callable, optional
        Called with the bytes of the file that are done and their total.
    cancel : CancelToken, optional

    Returns
    -------
    mapping of str to Tensor, float32, in the shapes of the file

    Raises
    ------
    LoadCancelledError
        Within one piece of 4 MiB after the token was cancelled; nothing stays behind.
    """
    loader = _Loader(model.file, device, on_progress, cancel)
    names = model.graph.weight_names
    loader.total_bytes = sum(model.file.tensors[name].size_bytes for name in names)
    loader.advance(0)
    weights: dict[str, torch.Tensor] = {}
    try:
        with torch.inference_mode():
            for name in names:
                weights[name] = loader.load(name)
    except BaseException:
        weights.clear()  # the error's traceback would keep them alive
        raise
    return weights
