"""Graphs as JSON, so that other programs can run the same models."""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.graph.graph import Graph, Hyperparameters
from realm_jupyter.graph.op import OPS, Op

__all__ = ["FORMAT_VERSION", "from_json", "to_json"]

FORMAT_VERSION = 1


def to_json(graph: Graph) -> str:
    """Return a graph as JSON text.

    Returns
    -------
    str
        An object with ``version``, ``hyperparameters`` and ``ops``; an op is an object with
        ``op`` (its name in the op table), ``inputs`` (list of value names in the table's
        order), ``output``, ``weights`` (tensor names by role) and ``attributes``. Numbers
        are finite, floats are written so that they read back as the same double.
    """
    ops = [
        {
            "op": op.KIND,
            "inputs": list(op.inputs),
            "output": op.output,
            "weights": op.weights,
            "attributes": op.attributes,
        }
        for op in graph.ops
    ]
    lines = ",\n".join("    " + json.dumps(op, allow_nan=False) for op in ops)
    hyperparameters = json.dumps(asdict(graph.hyperparameters), allow_nan=False)
    return (
        f'{{\n  "version": {FORMAT_VERSION},\n  "hyperparameters": {hyperparameters},\n'
        f'  "ops": [\n{lines}\n  ]\n}}\n'
    )


def from_json(text: str) -> Graph:
    """Return the graph that `to_json` wrote.

    Raises
    ------
    ModelFormatError
        If the text is not such JSON, or the graph is not sound.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFormatError(f"the graph is not JSON: {error}") from error
    if not isinstance(document, Mapping) or document.get("version") != FORMAT_VERSION:
        raise ModelFormatError(f"the graph is not of version {FORMAT_VERSION}")
    ops = document.get("ops")
    if not isinstance(ops, list):
        raise ModelFormatError("the graph has no list of ops")
    hyperparameters = _build(Hyperparameters, document.get("hyperparameters"), "hyperparameters")
    return Graph(hyperparameters, tuple(_read_op(item) for item in ops))


def _read_op(item: object) -> Op:
    name = item.get("op") if isinstance(item, Mapping) else None
    if not isinstance(item, Mapping) or not isinstance(name, str) or name not in OPS:
        raise ModelFormatError(f"{item!r:.80} is not an op; ops are {', '.join(sorted(OPS))}")
    kind = OPS[name]
    inputs, weights, attributes = item.get("inputs"), item.get("weights"), item.get("attributes")
    if not isinstance(inputs, list) or len(inputs) != len(kind.INPUTS):
        raise ModelFormatError(
            f"op {kind.KIND} needs {len(kind.INPUTS)} inputs, not {inputs!r:.80}"
        )
    if not isinstance(weights, Mapping) or not set(weights) <= set(kind.WEIGHTS):
        raise ModelFormatError(
            f"op {kind.KIND} has the weights {kind.WEIGHTS}, not {weights!r:.80}"
        )
    if not isinstance(attributes, Mapping):
        raise ModelFormatError(f"op {kind.KIND} needs attributes, not {attributes!r:.80}")
    given = dict(zip(kind.INPUTS, inputs, strict=True))
    parts = {"output": item.get("output"), **attributes, **weights, **given}
    op: Op = _build(kind, parts, f"op {kind.KIND}")
    return op


@cache
def _types(name: str) -> dict[str, Any]:
    """Return the types of the fields of an op, or of the hyperparameters (named "")."""
    return typing.get_type_hints(OPS[name] if name else Hyperparameters)


def _build(kind: type[Any], values: object, where: str) -> Any:
    """Return ``kind(**values)`` after checking every name and type."""
    if not isinstance(values, Mapping):
        raise ModelFormatError(f"{where}: {values!r:.80} is not an object")
    known = {field.name: field for field in fields(kind)}
    for name in values:
        if name not in known:
            raise ModelFormatError(f"{where}: {name!r:.80} is unknown")
    for name, field in known.items():
        if name not in values and field.default is MISSING:
            raise ModelFormatError(f"{where}: {name!r} is missing")
    types = _types(getattr(kind, "KIND", ""))
    return kind(
        **{name: _checked(value, types[name], f"{where}: {name}") for name, value in values.items()}
    )


def _checked(value: object, expected: Any, where: str) -> object:
    if get_origin(expected) is Literal:
        expected = str
    allowed = get_args(expected) or (expected,)
    if float in allowed and type(value) is int and abs(value) <= 2**53:
        return float(value)
    if type(value) not in allowed:
        raise ModelFormatError(f"{where}: {value!r:.80} has the wrong type")
    return value
