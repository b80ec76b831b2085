"""Whole runs on small models, and what they report."""

from __future__ import annotations

import json
import re

import pytest

from realm_jupyter.bench import BenchReport, BenchSettings, render_report, run_bench
from realm_jupyter.bench import run as run_module
from realm_jupyter.bench import settings as settings_module
from realm_jupyter.errors import ConfigError, ModelMemoryError, ModelNotFoundError
from support.small_shape import SMALL

QUICK = {
    "executor": "reference",
    "prompts": (16, 40),
    "contexts": (0, 20),
    "streams": (1, 3),
    "rounds": 2,
    "seconds": 0.001,
    "num_threads": 1,
}


@pytest.fixture
def small_shape(monkeypatch):
    for module in (run_module, settings_module):
        monkeypatch.setattr(module, "SHAPES", {"small": SMALL})


@pytest.fixture(scope="module")
def report():
    return run_bench(BenchSettings(model="paris", **QUICK))


def test_every_case_has_a_figure_for_each_round(report):
    names = [result.case.name for result in report.results]
    assert names == [
        "prefill 16",
        "prefill 40",
        "decode at 0",
        "decode at 20",
        "decode at 0, 3 streams",
    ]
    assert all(len(result.ours.values) == 2 for result in report.results)
    assert all(min(result.ours.values) > 0 for result in report.results)


def test_shares_of_the_ceilings_are_shares(report):
    for result in report.results:
        if result.case.kind == "prefill":
            assert result.read_share(report.ceilings) is None
        else:
            assert 0 < result.read_share(report.ceilings) < 2
            assert (result.kv_bytes > 0) == (result.case.context > 0)


def test_loads_and_first_tokens_are_timed(report):
    assert report.load.first_answer.median > report.load.first.median > 0
    assert report.load.first_token.median > report.load.cached.median > 0
    assert list(report.load.ttft) == [16, 40]


def test_memory_is_counted(report):
    assert report.memory.weights_bytes > 1 << 20
    assert report.memory.kv_bytes > 0


def test_the_json_is_json_with_the_documented_keys(report):
    found = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    documented = re.findall(r"^\s+``(\w+)``$", BenchReport.__doc__, flags=re.MULTILINE)
    assert documented == list(found)
    for part in ("machine", "model", "settings", "ceilings", "load", "memory"):
        for key in found[part]:
            assert f"``{key}``" in BenchReport.__doc__, f"{part}.{key} is not documented"
    for result in found["results"]:
        assert all(f"``{key}``" in BenchReport.__doc__ for key in result)
    assert found["schema"] == "realm-bench/1"
    assert found["peer"] is None
    assert found["settings"]["executor"] == "reference"


def test_the_table_shows_every_case(report):
    text = render_report(report)
    for result in report.results:
        assert f"{result.case.name}  " in text
    assert text.startswith("model        paris · llama · Q8_0")
    assert "llama.cpp" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_progress_tells_what_goes_on(small_shape):
    said = []
    settings = BenchSettings(shape="small", **QUICK | {"streams": (1,), "prompts": ()})
    report = run_bench(settings, said.append)
    assert said[0].startswith("writing a random model: ")
    assert "round 2 of 2: decode at 20" in said
    assert report.model["is_random"]
    assert report.model["path"] is None


def test_nothing_stays_of_a_random_model(small_shape, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    run_bench(BenchSettings(shape="small", **QUICK))
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_after_an_interrupt(small_shape, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def say(line):
        if line.startswith("round 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bench(BenchSettings(shape="small", **QUICK), say)
    assert list(tmp_path.iterdir()) == []


def test_rounds_end_when_time_is_up():
    settings = BenchSettings(model="paris", **QUICK | {"rounds": 50, "time_limit_s": 0.001})
    report = run_bench(settings)
    assert report.settings["rounds"] == 1
    assert any("time was up after 1" in warning for warning in report.warnings)


def test_comparing_reports_both_sides_and_their_ratio():
    pytest.importorskip("llama_cpp")
    settings = BenchSettings(model="paris", **QUICK | {"compare": "llama-cpp", "chunk_tokens": 32})
    report = run_bench(settings)
    for result in report.results:
        wanted = [a / b for a, b in zip(result.ours.values, result.theirs.values, strict=True)]
        assert list(result.ratio.values) == pytest.approx(wanted)
    with_own_way = [result.case.name for result in report.results if result.theirs_own_way]
    assert with_own_way == ["prefill 40"]  # prompts of one step are the same either way
    assert report.peer.name.startswith("llama.cpp")
    assert report.peer.logits_difference < 0.05
    assert report.peer.first_answer.median > report.peer.load.median > 0
    assert "its own way" in render_report(report)


def test_comparing_without_llama_cpp_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "llama_cpp", None)
    settings = BenchSettings(model="paris", **QUICK | {"compare": "llama-cpp"})
    with pytest.raises(ConfigError) as error:
        run_bench(settings)
    assert "pip install 'realm-jupyter[bench]'" in str(error.value)
    assert "\n" not in str(error.value)


def test_comparing_needs_memory_for_both(monkeypatch):
    pytest.importorskip("llama_cpp")
    monkeypatch.setattr(run_module, "memory_available", lambda _device: 5)
    settings = BenchSettings(model="paris", **QUICK | {"compare": "llama-cpp"})
    with pytest.raises(ModelMemoryError, match="needs both engines in memory"):
        run_bench(settings)


def test_defaults_that_do_not_fit_the_context_are_left_out(small_shape):
    settings = {**QUICK, "prompts": None, "contexts": None, "streams": (1,)}
    report = run_bench(BenchSettings(shape="small", **settings))
    assert [result.case.name for result in report.results] == ["prefill 128", "decode at 0"]
    assert list(report.load.ttft) == []  # no room for a token after a prompt of 128


def test_a_missing_model_is_found_missing():
    with pytest.raises(ModelNotFoundError):
        run_bench(BenchSettings(model="nowhere.gguf", **QUICK))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": None}, "name either a model or a --shape"),
        ({"shape": "tinyllama-1.1b"}, "name either a model or a --shape"),
        ({"model": None, "shape": "gpt-9"}, "shape='gpt-9' is not allowed.*one of tinyllama"),
        ({"model": None, "shape": "tinyllama-1.1b", "quant": "Q9"}, "quant='Q9' is unknown"),
        ({"keep": "x"}, "keep is for random models"),
        ({"compare": "vllm"}, "compare='vllm' is not allowed: compare must be one of llama-cpp"),
        ({"prompts": (0,)}, "prompts=0 is not allowed"),
        ({"contexts": (-1,)}, "contexts=-1 is not allowed"),
        ({"streams": (1, 1)}, "streams=.* must be different numbers"),
        ({"streams": ()}, "contexts and streams go together"),
        ({"rounds": 0}, "rounds=0 is not allowed"),
        ({"num_threads": 0}, "num_threads=0 is not allowed"),
        ({"chunk_tokens": 0}, "chunk_tokens=0 is not allowed"),
        ({"seconds": 0}, "seconds=0 is not allowed"),
        ({"time_limit_s": -1}, "time_limit_s=-1 is not allowed"),
    ],
)
def test_settings_are_checked(changes, message):
    with pytest.raises(ConfigError, match=message):
        BenchSettings(**{"model": "paris"} | changes)
