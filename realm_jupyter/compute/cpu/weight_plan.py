"""Which tensors of a model are packed, and where each lies in the packed bytes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from realm_jupyter.graph import Embedding, Linear, MixtureOfExperts, RMSNorm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realm_jupyter.compute.cpu.library import Library
    from realm_jupyter.gguf import QuantType
    from realm_jupyter.graph import Graph
    from realm_jupyter.models.model import Model

__all__ = ["PackedMatrix", "WeightPlan", "plan_weights", "unsupported_weights"]

_ALIGNMENT = 64
_PAGE_BYTES = 4096
_MATRIX_DIMS = 2


class PackedMatrix(NamedTuple):
    """One matrix of the packed bytes.

    Attributes
    ----------
    name : str
        The tensor.
    expert : int
        Which matrix of the tensor, from 0.
    quant_type : QuantType
    num_rows, num_cols : int
    source_bytes : int
        Size in the file; the matrices of a tensor follow each other there.
    offset_bytes, packed_bytes : int
        Place and size in the packed bytes.
    """

    name: str
    expert: int
    quant_type: QuantType
    num_rows: int
    num_cols: int
    source_bytes: int
    offset_bytes: int
    packed_bytes: int


class WeightPlan(NamedTuple):
    """How the native executor holds a model's weights.

    Attributes
    ----------
    matrices : tuple of PackedMatrix
        Tied weights once; experts of a tensor one after another.
    total_bytes : int
        Of all packed matrices, a multiple of a page.
    tables : tuple of str
        Embedding tables, which are read where they lie in the file.
    vectors : tuple of str
        Norms and biases, float32.
    """

    matrices: tuple[PackedMatrix, ...]
    total_bytes: int
    tables: tuple[str, ...]
    vectors: tuple[str, ...]

    def digest(self) -> str:
        """Return the SHA-256 (hex) of everything that the packed bytes depend on here."""
        text = repr([tuple(matrix) for matrix in self.matrices])
        return hashlib.sha256(f"{self.total_bytes} {text}".encode()).hexdigest()


def _matrix_names(graph: Graph) -> Iterator[str]:
    for op in graph.ops:
        if isinstance(op, Linear):
            yield op.weight
        elif isinstance(op, MixtureOfExperts):
            yield from (op.router, op.gate, op.up, op.down)


def _vector_names(graph: Graph) -> Iterator[str]:
    for op in graph.ops:
        if isinstance(op, RMSNorm):
            yield op.weight
        elif isinstance(op, Linear) and op.bias is not None:
            yield op.bias


def _unique(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def unsupported_weights(model: Model, library: Library) -> list[str]:
    """Return ``"TENSOR (TYPE, ROWS x COLUMNS)"`` of what the library cannot hold."""
    found = []
    for name in _unique(_matrix_names(model.graph)):
        info = model.file.tensors[name]
        num_rows, num_cols = info.shape[-_MATRIX_DIMS:]
        if library.packed_bytes(info.quant_type, num_rows, num_cols) is None:
            found.append(_describe(name, info.quant_type, info.shape))
    for name in _unique(op.weight for op in model.graph.ops if isinstance(op, Embedding)):
        kind = model.file.tensors[name].quant_type
        if not library.can_dequantize(kind, kind.block_size, kind.block_bytes):
            found.append(_describe(name, kind, model.file.tensors[name].shape))
    return found


def _describe(name: str, kind: QuantType, shape: Sequence[int]) -> str:
    return f"{name!r} ({kind.name}, {' x '.join(map(str, shape))})"


def plan_weights(model: Model, library: Library) -> WeightPlan:
    """Return where each matrix goes.

    Raises
    ------
    ValueError
        If the library does not support one; ask `unsupported_weights` first.
    """
    matrices: list[PackedMatrix] = []
    end = 0
    for name in _unique(_matrix_names(model.graph)):
        info = model.file.tensors[name]
        num_rows, num_cols = info.shape[-_MATRIX_DIMS:]
        packed_bytes = library.packed_bytes(info.quant_type, num_rows, num_cols)
        if packed_bytes is None:
            message = f"the library cannot pack {name!r}"
            raise ValueError(message)
        count = info.num_elements // (num_rows * num_cols)
        for expert in range(count):
            matrices.append(
                PackedMatrix(
                    name=name,
                    expert=expert,
                    quant_type=info.quant_type,
                    num_rows=num_rows,
                    num_cols=num_cols,
                    source_bytes=info.size_bytes // count,
                    offset_bytes=end,
                    packed_bytes=packed_bytes,
                )
            )
            end += -(-packed_bytes // _ALIGNMENT) * _ALIGNMENT
    return WeightPlan(
        matrices=tuple(matrices),
        total_bytes=-(-end // _PAGE_BYTES) * _PAGE_BYTES,
        tables=_unique(op.weight for op in model.graph.ops if isinstance(op, Embedding)),
        vectors=_unique(_vector_names(model.graph)),
    )
