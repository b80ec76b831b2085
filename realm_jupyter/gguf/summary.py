"""A file in a few numbers, for ``realm info`` and for a model's description."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realm_jupyter.gguf.file import GGUFFile

__all__ = ["FileSummary", "summarize"]


class FileSummary(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    num_parameters : int
        Elements of all tensors.
    tensor_bytes : int
        Bytes of all tensors, as stored.
    quant_type : str
        The quant type of most bytes; ``""`` in a file without tensors.
    bytes_by_quant_type : mapping of str to int
        Most bytes first.
    tensors_by_quant_type : mapping of str to int
        Most bytes first.
    """

    num_parameters: int
    tensor_bytes: int
    quant_type: str
    bytes_by_quant_type: Mapping[str, int]
    tensors_by_quant_type: Mapping[str, int]

    @property
    def bits_per_weight(self) -> float:
        """Bits of the average element; 0 in a file without tensors."""
        return 8 * self.tensor_bytes / self.num_parameters if self.num_parameters else 0.0


def summarize(file: GGUFFile) -> FileSummary:
    """Add up a file's tensors.

    Parameters
    ----------
    file : GGUFFile

    Returns
    -------
    FileSummary
    """
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    num_parameters = 0
    for info in file.tensors.values():
        sizes[info.quant_type.name] += info.size_bytes
        counts[info.quant_type.name] += 1
        num_parameters += info.num_elements
    names = [name for name, _ in sizes.most_common()]
    return FileSummary(
        num_parameters=num_parameters,
        tensor_bytes=sizes.total(),
        quant_type=names[0] if names else "",
        bytes_by_quant_type={name: sizes[name] for name in names},
        tensors_by_quant_type={name: counts[name] for name in names},
    )
