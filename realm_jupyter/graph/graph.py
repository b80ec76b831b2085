"""A model as a list of ops, checked against the tensors of its file before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.graph.ops import Attention, Linear, SelectRows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realm_jupyter.graph.op import Op

__all__ = ["Graph", "Hyperparameters", "KVLayer", "Weight"]


class Weight(Protocol):
    """What validation needs to know of a tensor; `gguf.TensorInfo` is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape in numpy's order: rows before columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """The numbers of a model that its users need to know; all counts are at least 1."""

    architecture: str
    vocab_size: int
    context_length: int
    embedding_length: int
    num_layers: int


class KVLayer(NamedTuple):
    """What one token leaves in one layer of the KV cache: (K, D) keys, (K, F) values."""

    num_kv_heads: int
    key_dim: int
    value_dim: int


@dataclass(frozen=True)
class Graph:
    """A model's computation from token ids to logits.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    ops : tuple of Op
        In an order in which they can run: each reads values that ops before it made.
        The last one makes the logits, V wide, for the selected rows.

    Raises
    ------
    ModelFormatError
        If the ops do not form a sound computation (see `check`).
    """

    hyperparameters: Hyperparameters
    ops: tuple[Op, ...]

    def __post_init__(self) -> None:
        self.check()

    @cached_property
    def kv_layers(self) -> tuple[KVLayer, ...]:
        """The layers of the KV cache, by the ``layer`` attribute of the attention ops."""
        attention = [op for op in self.ops if isinstance(op, Attention)]
        return tuple(KVLayer(op.num_kv_heads, op.key_dim, op.value_dim) for op in attention)

    @cached_property
    def weight_names(self) -> tuple[str, ...]:
        """Every tensor the graph reads, once, in the order of first use."""
        names = (name for op in self.ops for name in op.weights.values())
        return tuple(dict.fromkeys(names))

    @cached_property
    def num_hidden_ops(self) -> int:
        """How many of the first ops make the hidden states that the output layer reads.

        The last of them makes rows of ``embedding_length`` numbers, after the final norm.
        """
        last = max(index for index, op in enumerate(self.ops) if isinstance(op, Linear))
        made = [op.output for op in self.ops[:last]]
        return made.index(self.ops[last].inputs[0]) + 1

    def check(self) -> None:
        """Check what can be checked without weights.

        Raises
        ------
        ModelFormatError
            If a value is read before it is made or made twice, if widths or attributes do
            not fit, if rows are mixed before and after their selection, if the layers of the
            KV cache are not numbered 0, 1, 2, … or if the result is not V wide.
        """
        self._walk(None)

    def validate(self, weights: Mapping[str, Weight]) -> None:
        """Check that every weight is there and has the shape that its ops need.

        Parameters
        ----------
        weights : mapping of str to Weight
            Tensors by name; anything with a ``shape`` in numpy's order.

        Raises
        ------
        ModelFormatError
            Naming the op and the tensor.
        """
        self._walk(weights)

    def _walk(self, weights: Mapping[str, Weight] | None) -> None:
        widths: dict[str, int] = {}
        selected: set[str] = set()
        num_kv_layers = 0
        for op in self.ops:
            for name in op.inputs:
                if name not in widths:
                    raise ModelFormatError(f"op {op.KIND} reads {name!r}, which nothing made yet")
            if op.output in widths:
                raise ModelFormatError(f"op {op.KIND} makes {op.output!r} a second time")
            op.check_attributes()
            input_widths = [widths[name] for name in op.inputs]
            widths[op.output] = op.infer(input_widths)
            if weights is not None:
                _check_weights(op, input_widths, weights)
            chosen = {name in selected for name in op.inputs}
            if isinstance(op, SelectRows) or True in chosen:
                _check_selection(op, chosen)
                selected.add(op.output)
            if isinstance(op, Attention):
                if op.layer != num_kv_layers:
                    raise ModelFormatError(
                        f"the attention that makes {op.output!r} uses layer {op.layer} "
                        f"of the KV cache where {num_kv_layers} is next"
                    )
                num_kv_layers += 1
        self._check_result(widths, selected)

    def _check_result(self, widths: Mapping[str, int], selected: set[str]) -> None:
        vocab_size = self.hyperparameters.vocab_size
        if not self.ops or self.ops[-1].output not in selected:
            raise ModelFormatError("the graph does not end in logits of selected rows")
        width = widths[self.ops[-1].output]
        if width != vocab_size:
            raise ModelFormatError(f"the logits are {width} wide, not {vocab_size}")


def _check_weights(op: Op, widths: list[int], weights: Mapping[str, Weight]) -> None:
    shapes = op.weight_shapes(widths)
    for role, name in op.weights.items():
        if name not in weights:
            raise ModelFormatError(f"the tensor {name!r} is missing")
        found = tuple(weights[name].shape)
        if found != shapes[role]:
            raise ModelFormatError(
                f"the tensor {name!r} has the shape {found}, but {op.KIND} needs {shapes[role]}"
            )


def _check_selection(op: Op, chosen: set[bool]) -> None:
    if isinstance(op, SelectRows) and True in chosen:
        raise ModelFormatError(f"op {op.KIND} that makes {op.output!r}: selects rows twice")
    if isinstance(op, Attention) or (len(chosen) > 1):
        raise ModelFormatError(
            f"op {op.KIND} that makes {op.output!r}: mixes all rows with selected rows"
        )
