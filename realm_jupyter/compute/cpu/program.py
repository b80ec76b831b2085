"""From a graph to the tables that the native library reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from realm_jupyter.compute.cpu.structures import (
    KVLayerStruct,
    OpKind,
    OpStruct,
    WeightLayout,
    WeightStruct,
)
from realm_jupyter.compute.rope_frequencies import angular_frequencies
from realm_jupyter.gguf import QuantType
from realm_jupyter.graph import (
    Add,
    Attention,
    Embedding,
    Geglu,
    Linear,
    MixtureOfExperts,
    Op,
    RMSNorm,
    Rope,
    Scale,
    SelectRows,
    Slice,
    Softcap,
    Swiglu,
)

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Callable

    from numpy.typing import NDArray

    from realm_jupyter.compute.cpu.packed_weights import PackedWeights
    from realm_jupyter.compute.cpu.weight_plan import PackedMatrix, WeightPlan
    from realm_jupyter.models.model import Model

__all__ = ["NATIVE_OPS", "Program", "missing_ops"]

_NONE = -1
_WORD_BYTES = 16


class Program:
    """The ops, weights and frequencies of a model, and the memory they point to.

    Parameters
    ----------
    model : Model
    plan : WeightPlan
    packed : PackedWeights
        Its matrices.

    Attributes
    ----------
    ops, weights, kv_layers : ctypes arrays
    frequencies : ndarray, float64
        Radians per position of each kind of rope op, one after another.
    other_bytes : int
        Of vectors and embedding tables, which are not in the packed bytes.
    """

    def __init__(self, model: Model, plan: WeightPlan, packed: PackedWeights) -> None:
        self._model = model
        self._packed = packed
        self._matrices: dict[str, list[PackedMatrix]] = {}
        for matrix in plan.matrices:
            self._matrices.setdefault(matrix.name, []).append(matrix)
        self._numbers: dict[tuple[str, WeightLayout], int] = {}
        self._weights: list[WeightStruct] = []
        self._kept: list[NDArray[Any]] = []
        self._in_file: dict[int, PackedMatrix] = {}
        self._frequencies: list[NDArray[np.float64]] = []
        self._frequency_starts: dict[bytes, int] = {}
        self._places: dict[str, int] = {}
        self._widths: list[int] = []
        self.other_bytes = 0

        graph = model.graph
        ops = [self._translate(op) for op in graph.ops]
        self.ops: ctypes.Array[OpStruct] = (OpStruct * len(ops))(*ops)
        self.weights: ctypes.Array[WeightStruct] = (WeightStruct * len(self._weights))(
            *self._weights
        )
        layers = [KVLayerStruct(*layer) for layer in graph.kv_layers]
        self.kv_layers: ctypes.Array[KVLayerStruct] = (KVLayerStruct * len(layers))(*layers)
        self.frequencies = np.concatenate([np.empty(0), *self._frequencies])

    # -- weights -------------------------------------------------------------------

    def matrix(self, name: str) -> int:
        """Return the number of a tensor of matrices; of experts that of the first."""
        key = (name, WeightLayout.PACKED)
        if key not in self._numbers:
            self._numbers[key] = len(self._weights)
            if self._packed.is_packed:
                places = [self._packed.address(matrix) for matrix in self._matrices[name]]
                layout = WeightLayout.PACKED
            else:
                places = self._places_in_file(name)
                layout = WeightLayout.FILE
            for matrix, place in zip(self._matrices[name], places, strict=True):
                if layout is WeightLayout.FILE:
                    self._in_file[len(self._weights)] = matrix
                shape = (matrix.num_rows, matrix.num_cols)
                self._weights.append(WeightStruct(place, *shape, matrix.quant_type, layout))
        return self._numbers[key]

    def _places_in_file(self, name: str) -> list[int]:
        data = self._model.file.data(name)
        self._kept.append(data)
        start = int(data.ctypes.data)
        return [start + matrix.expert * matrix.source_bytes for matrix in self._matrices[name]]

    def move_matrices(self) -> dict[int, int]:
        """Take over matrices that were packed since; return their addresses by their numbers."""
        moved = {number: self._packed.address(matrix) for number, matrix in self._in_file.items()}
        for number, address in moved.items():
            self.weights[number].data = address
            self.weights[number].layout = WeightLayout.PACKED
        return moved

    def leave_file(self) -> None:
        """Let go of what `move_matrices` moved, once no step reads it there any more."""
        for name in dict.fromkeys(matrix.name for matrix in self._in_file.values()):
            self._model.file.forget(name)
        self._in_file.clear()

    def vector(self, name: str | None) -> int:
        """Return the number of a float32 vector, -1 for none."""
        if name is None:
            return _NONE
        data = np.ascontiguousarray(self._model.file.tensor(name), np.float32)
        return self._keep(name, WeightLayout.VECTOR, data, (1, data.size), QuantType.F32)

    def table(self, name: str) -> int:
        """Return the number of an embedding table, read where it lies in the file."""
        info = self._model.file.tensors[name]
        num_rows, num_cols = info.shape
        data = self._model.file.data(name)
        return self._keep(name, WeightLayout.FILE, data, (num_rows, num_cols), info.quant_type)

    def _keep(
        self,
        name: str,
        layout: WeightLayout,
        data: NDArray[Any],
        shape: tuple[int, int],
        kind: QuantType,
    ) -> int:
        key = (name, layout)
        if key not in self._numbers:
            if data.ctypes.data % _WORD_BYTES:  # bytes in memory may begin anywhere
                data = data.copy()
            self._kept.append(data)
            self.other_bytes += data.nbytes
            self._numbers[key] = len(self._weights)
            self._weights.append(WeightStruct(data.ctypes.data, *shape, kind, layout))
        return self._numbers[key]

    def frequencies_of(self, op: Rope) -> int:
        """Return where the frequencies of a rope op begin."""
        factors = None
        if op.freq_factors is not None:
            factors = self._model.file.tensor(op.freq_factors)
        found = angular_frequencies(op, factors)
        key = found.tobytes()
        if key not in self._frequency_starts:
            self._frequency_starts[key] = sum(map(len, self._frequencies))
            self._frequencies.append(found)
        return self._frequency_starts[key]

    # -- ops -----------------------------------------------------------------------

    def _translate(self, op: Op) -> OpStruct:
        kind, translate = NATIVE_OPS[type(op)]
        inputs = [self._places[name] for name in op.inputs]
        width = op.infer([self._widths[number] for number in inputs])
        weights, ints, floats = translate(self, op)
        self._places[op.output] = len(self._widths)
        self._widths.append(width)
        return OpStruct(
            kind=kind,
            width=width,
            inputs=_filled(inputs, 3, _NONE),
            weights=_filled(weights, 4, _NONE),
            ints=_filled(ints, 6, 0),
            floats=_filled(floats, 3, 0.0),
        )


def _filled(values: Any, count: int, rest: float) -> tuple[Any, ...]:
    return (*values, *[rest] * (count - len(values)))


_Fields = tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]
_EMPTY: _Fields = ((), (), ())


def _embedding(program: Program, op: Embedding) -> _Fields:
    return (program.table(op.weight),), (), ()


def _rms_norm(program: Program, op: RMSNorm) -> _Fields:
    return (program.vector(op.weight),), (op.num_groups,), (op.eps,)


def _linear(program: Program, op: Linear) -> _Fields:
    return (program.matrix(op.weight), program.vector(op.bias)), (), ()


def _rope(program: Program, op: Rope) -> _Fields:
    first = program.frequencies_of(op)
    is_neox = int(op.layout == "neox")
    return (), (op.num_heads, op.head_dim, op.rotary_dims, is_neox, first), (op.magnitude,)


def _attention(_program: Program, op: Attention) -> _Fields:
    heads = (op.layer, op.num_heads, op.num_kv_heads, op.key_dim, op.value_dim, op.window)
    return (), heads, (op.scale, op.softcap)


def _moe(program: Program, op: MixtureOfExperts) -> _Fields:
    names = (op.router, op.gate, op.up, op.down)
    ints = (
        op.num_experts,
        op.num_used,
        op.hidden_width,
        int(op.activation == "gelu"),
        int(op.routing == "topk_softmax"),
        int(op.normalize),
    )
    return tuple(program.matrix(name) for name in names), ints, ()


NATIVE_OPS: dict[type[Op], tuple[OpKind, Callable[[Program, Any], _Fields]]] = {
    Embedding: (OpKind.EMBEDDING, _embedding),
    RMSNorm: (OpKind.RMS_NORM, _rms_norm),
    Linear: (OpKind.LINEAR, _linear),
    Slice: (OpKind.SLICE, lambda _, op: ((), (op.start,), ())),
    Rope: (OpKind.ROPE, _rope),
    Attention: (OpKind.ATTENTION, _attention),
    Swiglu: (OpKind.SWIGLU, lambda *_: _EMPTY),
    Geglu: (OpKind.GEGLU, lambda *_: _EMPTY),
    MixtureOfExperts: (OpKind.MOE, _moe),
    Add: (OpKind.ADD, lambda *_: _EMPTY),
    Scale: (OpKind.SCALE, lambda _, op: ((), (), (op.factor,))),
    Softcap: (OpKind.SOFTCAP, lambda _, op: ((), (), (op.cap,))),
    SelectRows: (OpKind.SELECT_ROWS, lambda *_: _EMPTY),
}
"""Every op of the library, with what fills its fields: weights, ints and floats."""


def missing_ops(model: Model) -> list[str]:
    """Return the kinds of a model's ops that the library does not have."""
    return sorted({op.KIND for op in model.graph.ops if type(op) not in NATIVE_OPS})
