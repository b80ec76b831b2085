"""``realm bench`` from the command line."""

from __future__ import annotations

import json

import pytest

from realm_jupyter.bench import SHAPES, ceilings
from realm_jupyter.bench import run as run_module
from realm_jupyter.bench import settings as settings_module
from realm_jupyter.cli import main
from support.small_shape import SMALL

QUICK_PROMPTS = [
    *("--executor", "reference", "--prompt", "16"),
    *("--rounds", "2", "--seconds", "0.001", "--threads", "1"),
]
QUICK = [*QUICK_PROMPTS, "--context", "0,8", "--streams", "1,2"]


@pytest.fixture(autouse=True)
def quick_ceilings(monkeypatch):
    monkeypatch.setattr(ceilings, "_READ_BYTES", 1 << 20)
    monkeypatch.setattr(ceilings, "_COMPUTE_S", 0.001)


def test_a_table_goes_to_stdout_and_progress_to_stderr(capsys):
    assert main(["bench", "paris", *QUICK]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("model        paris")
    assert "decode at 8" in shown.out
    assert "round 2 of 2: prefill 16" in shown.err


def test_json_is_one_line_and_quiet_is_quiet(capsys):
    assert main(["bench", "paris", "--json", "-q", *QUICK]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["schema"] == "realm-bench/1"
    assert shown.out.count("\n") == 1
    assert shown.err == ""


def test_a_shape_can_be_kept(tmp_path, monkeypatch, capsys):
    for module in (run_module, settings_module):
        monkeypatch.setattr(module, "SHAPES", {"small": SMALL})
    path = tmp_path / "small.gguf"
    words = ["bench", "--shape", "small", "--quant", "q4_k_m", "--keep", str(path), *QUICK]
    assert main(words) == 0
    assert path.is_file()
    assert "random small Q4_K_M" in capsys.readouterr().out


@pytest.mark.parametrize("part", ["--context", "--streams"])
def test_none_leaves_a_part_out(capsys, part):
    words = ["bench", "paris", *QUICK_PROMPTS, part, "none", "--json", "-q"]
    assert main(words) == 0
    kinds = {result["kind"] for result in json.loads(capsys.readouterr().out)["results"]}
    assert kinds == {"prefill"}


def test_loads_alone_have_no_rounds_to_explain(capsys):
    words = ["bench", "paris", *QUICK_PROMPTS, "--prompt", "none", "--context", "none", "-q"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "a token after" in shown
    assert "medians" not in shown


def test_the_help_has_examples_and_every_shape(capsys):
    assert main(["bench", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "realm bench --shape tinyllama-1.1b --quant Q4_0" in text
    assert all(name in text for name in SHAPES)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "name either a model or a --shape"),
        (["paris", "--shape", "llama-3.2-1b"], 2, "name either a model or a --shape"),
        (["paris", "--quant", "Q4_0"], 2, "--quant is for random models"),
        (["--shape", "huge"], 2, "one of tinyllama-1.1b"),
        (["paris", "--prompt", "many"], 2, "needs whole numbers with commas between"),
        (["paris", "--compare", "other"], 2, "one of llama-cpp"),
        (["paris", "--context", "0", "--streams", "none"], 2, "for one stream alone, --streams 1"),
        (["paris", "--rounds", "0"], 2, "rounds=0 is not allowed"),
        (["paris", "--prompt", "1000000"], 1, "does not fit"),
        (["paris", "--executor", "magic"], 1, "magic"),
        (["nowhere.gguf"], 1, "there is no model"),
    ],
)
def test_mistakes_are_one_line(words, code, message, capsys):
    assert main(["bench", *words, "-q"]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("realm: error: ")
    assert message in shown.err
    assert shown.err.count("\n") == 1


def test_an_interrupt_is_one_line(monkeypatch, capsys):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("realm_jupyter.bench.run_bench", interrupted)
    assert main(["bench", "paris"]) == 130
    assert capsys.readouterr().err.endswith("realm: interrupted\n")
