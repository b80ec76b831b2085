"""``realm tokenize``, ``template``, ``info``, ``models``, ``logits`` on real files."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import numpy as np
import pytest

from realm_jupyter.cli import main

pytestmark = pytest.mark.conformance


def lines_through(monkeypatch, capsys, args, lines):
    data = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    code = main(args)
    shown = capsys.readouterr()
    return code, [json.loads(line) for line in shown.out.splitlines()], shown.err


def test_tokenize_answers_every_line(conformance_dir, monkeypatch, capsys):
    file = conformance_dir / "tokenizers" / "gpt-2.gguf"
    cases = json.loads(file.with_suffix(".json").read_text())
    cases = (cases["cases"] if isinstance(cases, dict) else cases)[:60]
    keys = ("text", "add_special", "parse_special")
    lines = [{key: case[key] for key in keys if key in case} for case in cases]
    args = ["tokenize", str(file), "--jsonl"]
    code, found, _err = lines_through(monkeypatch, capsys, args, lines)
    assert code == 0
    assert [item["ids"] for item in found] == [case["ids"] for case in cases]


def test_tokenize_survives_malformed_lines(conformance_dir, monkeypatch, capsys):
    file = conformance_dir / "tokenizers" / "gpt-2.gguf"
    lines = [
        {"text": "Hello"},
        b"not json",
        b"",
        b"[1]",
        {"text": 3},
        {"text": "x", "add_special": 1},
        {"text": "x", "ad_special": True},
        b'{"text": "\\ud800"}',
        b"[" * 100_000,
        b"\xff\xfe",
        {"text": "a\u2028b"},
    ]
    args = ["tokenize", str(file), "--jsonl"]
    code, found, _err = lines_through(monkeypatch, capsys, args, lines)
    assert code == 1
    assert found[0] == {"ids": [15496]}
    assert [item.get("line") for item in found] == [None, 2, 4, 5, 6, 7, 8, 9, 10, None]
    assert all(f"line {item['line']}: " in item["error"] for item in found[1:-1])
    assert "ids" in found[-1]


def test_tokenize_takes_a_text(conformance_dir, capsys):
    file = conformance_dir / "tokenizers" / "llama-spm.gguf"
    assert main(["tokenize", str(file), "Hello", "--add-special"]) == 0
    assert json.loads(capsys.readouterr().out) == [1, 15043]


def test_template_renders_and_reports(conformance_dir, monkeypatch, capsys):
    folder = conformance_dir / "templates"
    data = json.loads((folder / "cases.json").read_text())
    name = data["cases"][0]["template"]
    cases = [case for case in data["cases"] if case["template"] == name]
    lines = [{**case["inputs"], "now": data["now"]} for case in cases]
    args = ["template", str(folder / f"{name}.jinja"), "--jsonl"]
    code, found, _err = lines_through(monkeypatch, capsys, args, lines)
    assert code == 0
    for case, item in zip(cases, found, strict=True):
        assert item.get("text") == case.get("text")
        assert ("error" in item) == ("error" in case)


def test_template_gets_the_date(tmp_path, monkeypatch, capsys):
    file = tmp_path / "date.jinja"
    file.write_bytes(b"{{ strftime_now('%d %b %Y') }}|{{ x }}\r\n")
    lines = [{"now": "2026-01-02", "x": "a"}, {"now": "soon"}, {"now": 3}, {"x": "b"}]
    args = ["template", str(file), "--jsonl"]
    code, found, _err = lines_through(monkeypatch, capsys, args, lines)
    assert code == 1
    assert found[0]["text"].startswith("02 Jan 2026|a")
    assert [item.get("line") for item in found] == [None, 2, 3, None]


def test_a_missing_template_is_one_line(capsys):
    assert main(["template", "/nowhere.jinja", "--jsonl"]) == 1
    assert capsys.readouterr().err.startswith("realm: error: ")


def test_info_shows_metadata_tensors_and_memory(conformance_dir, capsys):
    file = str(conformance_dir / "models" / "llama-q4_k_m.gguf")
    assert main(["info", file, "--tensors"]) == 0
    shown = capsys.readouterr().out
    assert "llama.context_length = 256" in shown
    assert "13 Q4_K" in shown
    assert "memory needed" in shown
    assert "token_embd.weight  512 x 256" in shown
    assert main(["info", file, "--tensors", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["architecture"] == "llama"
    assert found["can_be_loaded"] is True
    assert found["memory_needed_bytes"] > found["num_parameters"] * 4
    assert found["metadata"]["tokenizer.ggml.tokens"] == {"type": "string", "length": 512}
    assert len(found["tensors"]) == found["num_tensors"] == 21


def test_info_explains_a_file_that_cannot_be_loaded(conformance_dir, capsys):
    file = str(conformance_dir / "tokenizers" / "gpt-2.gguf")
    assert main(["info", file]) == 0
    assert "cannot be loaded" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["info"], ["tokenize", "--jsonl"]])
def test_a_damaged_file_is_one_line(tmp_path, capsys, command):
    file = tmp_path / "bad.gguf"
    file.write_bytes(b"GGUF")
    assert main([command[0], str(file), *command[1:]]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(f"realm: error: {file}: ")
    assert shown.count("\n") == 1


def test_models_lists_a_folder(conformance_dir, tmp_path, capsys):
    (tmp_path / "bad.gguf").write_bytes(b"GGUF")
    (tmp_path / "good.gguf").write_bytes(
        (conformance_dir / "models" / "llama-f32.gguf").read_bytes()
    )
    assert main(["models", str(tmp_path), "--json"]) == 0
    rows = {row["model"]: row for row in json.loads(capsys.readouterr().out)}
    assert "error" in rows[str(tmp_path / "bad.gguf")]
    assert rows[str(tmp_path / "good.gguf")]["architecture"] == "llama"
    assert main(["models", str(tmp_path)]) == 0
    assert "llama · F32" in capsys.readouterr().out
    assert main(["models", str(tmp_path / "nothing")]) == 1


def test_logits_are_those_of_every_position(conformance_dir, tmp_path):
    oracle = np.load(conformance_dir / "models" / "llama-f32.npz")
    ids = oracle["tokens"][:8].tolist()
    output = tmp_path / "logits.npy"
    args = ["logits", str(conformance_dir / "models" / "llama-f32.gguf"), "--output", str(output)]
    assert main([*args, "--token-ids", ",".join(map(str, ids)), "--executor", "reference"]) == 0
    logits = np.load(output)
    assert logits.dtype == np.float32
    expected = oracle["logits"][:8]
    assert logits.shape == expected.shape
    assert np.abs(logits - expected).max() <= 1e-4 * np.abs(expected).max()


def test_logits_refuse_tokens_that_are_not_there(conformance_dir, tmp_path, capsys):
    file = str(conformance_dir / "models" / "llama-f32.gguf")
    output = tmp_path / "x.npy"
    assert main(["logits", file, "--token-ids", "1,512", "--output", str(output)]) == 1
    assert "0 to 511" in capsys.readouterr().err
    assert not output.exists()


def test_logits_are_not_written_over_their_model(conformance_dir, tmp_path, capsys):
    file = tmp_path / "model.gguf"
    content = (conformance_dir / "models" / "llama-f32.gguf").read_bytes()
    file.write_bytes(content)
    assert main(["logits", str(file), "--token-ids", "1", "--output", str(file)]) == 1
    assert "is the model itself" in capsys.readouterr().err
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "args",
    [
        ["tokenize", "tokenizers/llama-spm.gguf", "Hello"],
        ["info", "models/llama-f32.gguf"],
        ["template", "templates/Qwen-Qwen3-0.6B.jinja", "--jsonl"],
    ],
)
def test_developer_tools_import_no_torch(conformance_dir, args):
    args = [args[0], str(conformance_dir / args[1]), *args[2:]]
    code = (
        "import sys; from realm_jupyter.cli import main\n"
        f"code = main({args!r})\n"
        "assert code == 0, code\n"
        "assert 'torch' not in sys.modules\n"
    )
    line = b'{"messages": [{"role": "user", "content": "Hi"}]}\n'
    subprocess.run([sys.executable, "-c", code], input=line, check=True, timeout=120)
