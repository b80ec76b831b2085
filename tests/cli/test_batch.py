"""``realm batch``: files in, a file out, and again from where it ended."""

from __future__ import annotations

import json

import pytest

from realm_jupyter.batch import BatchProgress, prompts_of, read_items
from realm_jupyter.cli import main
from realm_jupyter.errors import ConfigError, PromptError
from realm_jupyter.human import batch_line
from support.live_server import STUDENT, live_server
from support.tiny_gguf import write_tiny_llama

FLAGS = ("--raw", "--max-tokens", "3", "--seed", "1")


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return write_tiny_llama(tmp_path_factory.mktemp("models") / "tiny.gguf")


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][1:]


def test_prompts_of_a_file_are_answered_once(model_path, tmp_path, capsys):
    source, output = tmp_path / "prompts.txt", tmp_path / "answers.jsonl"
    source.write_text("the\n\na\r\n", encoding="utf-8")
    command = ["batch", str(model_path), str(source), "-o", str(output), *FLAGS]
    assert main(command) == 0
    assert sorted(row["prompt"] for row in rows(output)) == ["a", "the"]
    assert "2 of 2 prompts" in capsys.readouterr().err
    assert main([*command, "--quiet"]) == 0
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""
    assert len(rows(output)) == 2


def test_a_failed_prompt_is_named_and_the_exit_code_says_so(model_path, tmp_path, capsys):
    source = tmp_path / "prompts.jsonl"
    source.write_text(json.dumps("the") + "\n" + json.dumps("the " * 5000), encoding="utf-8")
    command = ["batch", str(model_path), str(source), "-o", str(tmp_path / "a.jsonl"), *FLAGS]
    assert main(command) == 1
    assert "prompt 1 failed: " in capsys.readouterr().err


def test_a_server_answers_too(model_path, tmp_path):
    source, output = tmp_path / "prompts.txt", tmp_path / "answers.jsonl"
    source.write_text("the\na\n", encoding="utf-8")
    with live_server(model_path) as server:
        where = ["--base-url", server.url, "--api-key", STUDENT.secret]
        assert main(["batch", "tiny", str(source), "-o", str(output), *where, *FLAGS]) == 0
    remote = {row["index"]: row["text"] for row in rows(output)}
    here = tmp_path / "here.jsonl"
    assert main(["batch", str(model_path), str(source), "-o", str(here), *FLAGS]) == 0
    assert {row["index"]: row["text"] for row in rows(here)} == remote


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "missing: -o"),
        (("-o", "x", "--api-key", "k"), "--api-key is for a server"),
        (("-o", "x", "--num-gpus", "1"), "--num-gpus is for a cluster"),
        (("-o", "x", "--ray", "--num-cpus", "0"), "num_cpus=0"),
        (("-o", "x", "--raw", "--system", "s"), "--system needs the chat template"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_loaded(capsys, arguments, message):
    assert main(["batch", "no-such-model", "no-such-file", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.txt", b"\n \n", "there is no prompt"),
        ("p.txt", b"\xff", "cannot be read"),
        ("p.jsonl", b'"a"\n{"prompt"\n', "line 2 of .* is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_items(path)


@pytest.mark.parametrize("item", [{}, {"prompt": "a", "messages": []}, {"text": "a"}])
def test_an_object_has_one_prompt(item):
    with pytest.raises(PromptError, match="prompt 1 needs either"):
        prompts_of(["a", {"prompt": "a"} | item if len(item) > 1 else item])


def test_progress_is_a_line():
    progress = BatchProgress(
        num_prompts=10, num_done=5, num_skipped=1, num_failed=1, num_tokens=80, elapsed_s=4.0
    )
    assert batch_line(progress) == (
        "5 of 10 prompts · 1 of them answered before · 1 failed · 20 tok/s · 5.0 s left"
    )
    assert batch_line(BatchProgress(num_prompts=0)) == "0 of 0 prompts"
