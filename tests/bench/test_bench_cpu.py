"""The benchmark of the CPU executor writes an honest block."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from pathlib import Path

import pytest

from realm_jupyter.bench.loading import _TINY

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "bench_cpu.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("bench_cpu", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def quick(tmp_path):
    (tmp_path / "LOG.md").write_text("# Log\n")
    return [
        *("--executor", "reference", "--no-compare", "--rounds", "1", "--seconds", "0.001"),
        *("--log", str(tmp_path / "LOG.md"), "--results", str(tmp_path / "results")),
    ]


def test_a_run_appends_a_block_and_keeps_the_figures(script, quick, tmp_path, capsys):
    words = ["--models", "paris", "--predictions", "Slow.", *quick]
    assert script.main(words) == 0
    log = (tmp_path / "LOG.md").read_text()
    assert log.startswith("# Log\n\n## 20")
    assert "**Predictions.** Slow." in log
    assert "| paris | decode at 200 |" in log
    assert log.count("Slow.") == 1
    (path,) = (tmp_path / "results").iterdir()
    assert list(json.loads(path.read_text())) == ["paris"]
    capsys.readouterr()
    again = ["--render", str(path), "--predictions", "As before.", *quick]
    assert script.main(again) == 0
    _, first, second = (tmp_path / "LOG.md").read_text().split("\n## ")
    rows = [line for line in first.splitlines() if line.startswith("| paris")]
    assert len(rows) == 4
    assert rows == [line for line in second.splitlines() if line.startswith("| paris")]
    capsys.readouterr()


def test_an_interrupt_keeps_what_was_measured(script, quick, tmp_path, monkeypatch, capsys):
    real = script.run_bench

    def run_bench(settings, say):
        if settings.model == "tales":
            raise KeyboardInterrupt
        return real(settings, say)

    monkeypatch.setattr(script, "run_bench", run_bench)
    assert script.main(["--models", "paris,tales", *quick]) == 130
    assert "| paris | decode at 200 |" in (tmp_path / "LOG.md").read_text()
    capsys.readouterr()


def test_what_failed_is_said_and_the_rest_goes_on(script, quick, tmp_path, capsys):
    missing = ["--conformance", str(tmp_path / "nowhere")]
    assert script.main(["--models", "stories260K,paris", *missing, *quick]) == 1
    log = (tmp_path / "LOG.md").read_text()
    assert "- stories260K was not measured: there is no model" in log
    assert "| paris | prefill of 128 |" in log
    capsys.readouterr()


def figure(median):
    return {"median": median, "quartiles": [median, median]}


def result(kind, tokens, context, ratio):
    return {
        "kind": kind,
        "tokens": tokens,
        "context": context,
        "ours": figure(10.0),
        "theirs": figure(10.0 / ratio),
        "ratio": figure(ratio),
        "ratio_own_way": None,
        "read_share": 0.5,
        "compute_share": 0.1,
        "weight_bytes": 1e9,
    }


@pytest.mark.parametrize(
    ("label", "case", "ratio", "verdict"),
    [
        ("tinyllama-1.1b Q8_0", ("decode", 1), 1.2, "1.2 reached"),
        ("tinyllama-1.1b Q8_0", ("decode", 1), 1.19, "1.2 missed"),
        ("tinyllama-1.1b F16", ("decode", 1), 1.0, "1.0 reached"),
        ("tinyllama-1.1b Q4_0", ("decode", 16), 1.4, "1.5 missed"),
        ("qwen2.5-0.5b Q4_0", ("prefill", 128), 2.1, "2.0 reached"),
        ("qwen2.5-0.5b F16", ("prefill", 128), 0.5, ""),
        ("paris", ("decode", 1), 1.4, "1.5 missed"),
        ("paris", ("prefill", 128), 0.4, ""),
    ],
)
def test_aims_are_those_of_the_project(script, label, case, ratio, verdict):
    report = {"results": [result(*case, 0, ratio)]}
    ((*_, found),) = script.figure_rows(label, report)
    assert found == verdict


@pytest.mark.parametrize(("share", "verdict"), [(0.78, "missed"), (0.8, "reached")])
def test_figures_that_are_no_speeds(script, share, verdict):
    report = {
        "load": {"first_token": figure(0.2), "first": figure(3.0), "first_answer": figure(3.1)},
        "memory": {"beside_bytes": 151_000_000},
        "model": {"num_parameters": 2e9},
        "peer": {
            "load": figure(0.1),
            "first_answer": figure(2.0),
            "logits_difference": 0.03,
        },
        "beside_f16": {
            "q8_0_bytes_per_s": 39e9,
            "f16_bytes_per_s": 50e9,
            "share": figure(share),
        },
    }
    rows = list(script.other_rows({"tinyllama-1.1b Q8_0": report}))
    assert [row[-1] for row in rows] == ["reached", "reached", "", "", "missed", verdict]
    assert rows[1][2] == "3.10 s, 1.55 times llama.cpp's"
    assert rows[-1][2] == f"39.0 of 50.0 GB/s, {share:.0%} ({share:.0%} to {share:.0%})"


def test_q8_0_and_f16_decode_in_turns(script, monkeypatch, capsys):
    shape = dataclasses.replace(_TINY, vocab_size=288)
    monkeypatch.setitem(script.SHAPES, "tinyllama-1.1b", shape)
    options = script.parse(["--executor", "reference", "--rounds", "2", "--seconds", "0.001"])
    found = script.beside_f16("tinyllama-1.1b", options)
    assert found["q8_0_bytes_per_s"] > 0
    assert found["f16_bytes_per_s"] > 0
    assert len(found["share"]["values"]) == 2
    progress = capsys.readouterr().out
    assert "round 2 of 2: decode at 0" in progress
