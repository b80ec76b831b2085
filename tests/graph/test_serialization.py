"""Graphs survive JSON, and JSON that is not a graph is refused.

``pytest tests/graph --update-golden`` writes the golden files; read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.gguf import GGUFFile
from realm_jupyter.graph import OPS, from_json, to_json
from realm_jupyter.models import build_graph
from support.tiny_models import ARCHITECTURES, tiny_model

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def tiny_graph(architecture):
    with GGUFFile.open(tiny_model(architecture)) as file:
        return build_graph(file)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_json_of_each_architecture_is_the_golden_one(architecture, update_golden):
    graph = tiny_graph(architecture)
    path = GOLDEN / f"graph_{architecture}.json"
    if update_golden:
        path.write_text(to_json(graph), encoding="utf-8", newline="\n")
    assert to_json(graph) == path.read_text(encoding="utf-8")
    assert from_json(path.read_text(encoding="utf-8")) == graph


def test_the_golden_files_show_every_op():
    files = [json.loads((GOLDEN / f"graph_{a}.json").read_text()) for a in ARCHITECTURES]
    assert {op["op"] for file in files for op in file["ops"]} == set(OPS)


def test_json_holds_numbers_texts_and_lists_only():
    def check(item):
        if isinstance(item, dict):
            assert all(isinstance(key, str) for key in item)
            item = list(item.values())
        if isinstance(item, list):
            for part in item:
                check(part)
        else:
            assert isinstance(item, (int, float, str))

    def refuse(constant):
        raise AssertionError(constant)

    check(json.loads(to_json(tiny_graph("gemma3")), parse_constant=refuse))


def broken(change):
    document = json.loads(to_json(tiny_graph("llama")))
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.update(version=2), "not of version 1"),
        (lambda d: d.pop("ops"), "no list of ops"),
        (lambda d: d.update(ops=[1]), "1 is not an op"),
        (lambda d: d["ops"][0].update(op="conv"), "is not an op; ops are add"),
        (lambda d: d["ops"][0].update(op=[]), "is not an op"),
        (lambda d: d["ops"][0].update(inputs=["x"]), "needs 0 inputs"),
        (lambda d: d["ops"][0].update(inputs=None), "needs 0 inputs"),
        (lambda d: d["ops"][0].update(weights={"bias": "b"}), "has the weights"),
        (lambda d: d["ops"][0].update(weights={"weight": 3}), "weight: 3 has the wrong type"),
        (lambda d: d["ops"][0].update(weights={}), "'weight' is missing"),
        (lambda d: d["ops"][0].update(attributes=[]), "needs attributes"),
        (lambda d: d["ops"][0]["attributes"].update(width=1.5), "width: 1.5 has the wrong type"),
        (lambda d: d["ops"][0]["attributes"].update(width=True), "width: True has the wrong type"),
        (lambda d: d["ops"][0]["attributes"].update(size=1), "'size' is unknown"),
        (lambda d: d["ops"][0]["attributes"].update(output=1), "output: 1 has the wrong type"),
        (lambda d: d["ops"][0]["attributes"].pop("width"), "'width' is missing"),
        (lambda d: d["ops"][0].pop("output"), "output: None has the wrong type"),
        (lambda d: d["ops"][1]["attributes"].update(eps=10**400), "wrong type"),
        (lambda d: d["ops"].pop(), "not 320"),
        (lambda d: d["hyperparameters"].pop("vocab_size"), "'vocab_size' is missing"),
        (lambda d: d.update(hyperparameters=3), "3 is not an object"),
    ],
)
def test_json_that_is_no_graph_is_refused(change, problem):
    with pytest.raises(ModelFormatError, match=problem):
        from_json(broken(change))


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "null", "[" * 100_000, '{"version": 1}'])
def test_text_that_is_no_object_is_refused(text):
    with pytest.raises(ModelFormatError):
        from_json(text)


def test_infinite_numbers_in_json_are_refused():
    text = to_json(tiny_graph("llama")).replace('"eps": 9.999999747378752e-06', '"eps": NaN', 1)
    with pytest.raises(ModelFormatError, match="not a finite number"):
        from_json(text)


def test_a_float_may_be_written_as_a_whole_number():
    text = to_json(tiny_graph("llama"))
    assert from_json(text.replace('"base": 10000.0', '"base": 10000')) == from_json(text)
