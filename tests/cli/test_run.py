"""``realm run``, ``chat`` and ``demo`` with a fake realm: text, files, exit codes."""

from __future__ import annotations

import io
import json
import sys

import pytest

from realm_jupyter.cli import main, session
from realm_jupyter.errors import GuestTrapError
from realm_jupyter.types import ChatMessage
from support.fake_realm import FakeFailureError, FakeRealm


@pytest.fixture
def realm(monkeypatch):
    made = FakeRealm()
    monkeypatch.setattr(session, "open_realm", lambda: made)
    return made


def type_in(monkeypatch, data):
    data = data if isinstance(data, bytes) else data.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_run_streams_the_text_to_standard_output(realm, capsys):
    assert main(["run", "model.gguf", "Hi", "--temperature", "0", "--stop", "a"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "Hello, world!\n"
    assert shown.err == ""
    assert realm.requests == [
        {"prompt": "Hi", "model": "model", "raw": False, "temperature": 0, "stop": ("a",)}
    ]
    assert realm.is_closed


def test_run_hands_on_where_and_how(realm):
    args = ["--device", "cpu", "--executor", "reference", "--raw"]
    assert main(["run", "model.gguf", "Hi", *args]) == 0
    assert realm.loads[0]["executor"] == "reference"
    assert realm.requests[0]["raw"] is True
    assert main(["run", "model.gguf", "Hi", "--system", "Be short."]) == 0
    assert realm.requests[1]["system"] == "Be short."


@pytest.mark.parametrize("text", ["line one\nline two\n", "", "{x} $HOME\r\n", "üñí 🎉"])
def test_run_reads_the_prompt_byte_for_byte(realm, monkeypatch, text):
    type_in(monkeypatch, text)
    assert main(["run", "model.gguf", "-"]) == 0
    assert realm.requests[0]["prompt"] == text


def test_run_refuses_what_is_no_text(realm, monkeypatch, capsys):
    type_in(monkeypatch, b"ab\xff")
    assert main(["run", "model.gguf", "-"]) == 1
    assert capsys.readouterr().err == "realm: error: standard input is not UTF-8 text (at byte 2)\n"


def test_run_writes_json(realm, capsys):
    assert main(["run", "model.gguf", "Hi", "--json", "--seed", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["text"] == "Hello, world!"
    assert found["seed"] == 3
    assert found["usage"]["completion_tokens"] == 4
    assert found["finish_reason"] == "stop"


def test_text_is_as_it_is_in_a_pipe_and_safe_on_a_terminal(realm, capsys, monkeypatch):
    realm.pieces = ["\x1b[2J", "x"]
    main(["run", "model.gguf", "Hi"])
    assert capsys.readouterr().out == "\x1b[2Jx\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    main(["run", "model.gguf", "Hi"])
    assert capsys.readouterr().out == "\ufffd[2Jx\n"


def test_a_terminal_sees_how_it_went_unless_quiet(realm, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    main(["run", "model.gguf", "Hi"])
    assert "4 tokens" in capsys.readouterr().err
    main(["run", "model.gguf", "Hi", "--quiet"])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run"], "missing: MODEL, PROMPT"),
        (["run", "m", "p", "--temprature", "1"], "did you mean --temperature?"),
        (["run", "m", "p", "--top-p", "2"], "top_p must be a number from 0 to 1"),
        (["run", "m", "p", "--raw", "--system", "x"], "drop one"),
        (["run", "m", "p", "q"], "unexpected 'q'"),
        (["rnu"], "did you mean run?"),
        (["generate", "paris", "Hi"], "realm run does that here"),
        (["tokenize", "m"], "either a TEXT or --jsonl"),
        (["logits", "m", "--token-ids", "1,x", "--output", "y"], "whole numbers"),
        (["logits", "m", "--token-ids", "1"], "--output"),
        (["template", "m"], "--jsonl"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(realm, capsys, args, message):
    assert main(args) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("realm: error: ")
    assert shown.err.count("\n") == 1
    assert message in shown.err
    assert not realm.loads


def test_an_error_is_one_line_and_exit_code_1(realm, capsys):
    realm.fail_load = FakeFailureError("the file\nis damaged")
    assert main(["run", "model.gguf", "Hi"]) == 1
    assert capsys.readouterr().err == "realm: error: the file is damaged\n"


def test_an_error_in_the_middle_keeps_the_text(realm, capsys):
    realm.fail_at = (2, GuestTrapError("the guest trapped"))
    assert main(["run", "model.gguf", "Hi"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "Hello,"
    assert shown.err == "realm: error: the guest trapped\n"


@pytest.mark.parametrize(("at", "kept"), [(0, ""), (2, "Hello,")])
def test_an_interrupt_keeps_the_text_and_is_exit_code_130(realm, capsys, at, kept):
    realm.interrupt_at = at
    assert main(["run", "model.gguf", "Hi"]) == 130
    shown = capsys.readouterr()
    assert shown.out == kept + "\n"
    assert shown.err == "realm: interrupted\n"


def test_an_interrupted_load_is_one_line(realm, capsys):
    realm.interrupt_load = True
    assert main(["run", "model.gguf", "Hi"]) == 130
    assert capsys.readouterr().err == "realm: interrupted\n"


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_the_subcommands(args, capsys):
    assert main(args) == 0
    assert "tokenize" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    ["demo", "run", "chat", "models", "info", "tokenize", "logits", "template", "version"],
)
def test_every_subcommand_explains_itself(name, capsys):
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: realm {name}")
    assert main(["help", name]) == 0
    assert capsys.readouterr().out.rstrip() == shown.rstrip()


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("realm_jupyter ")
    assert main(["version", "--json"]) == 0
    assert "Python" in json.loads(capsys.readouterr().out)


# -- chat --------------------------------------------------------------------------


def test_chat_keeps_the_conversation(realm, monkeypatch, capsys):
    type_in(monkeypatch, "Hi\n\nAnd?\n/reset\nAgain\n/exit\nnever\n")
    assert main(["chat", "model.gguf", "--system", "S", "--temperature", "0"]) == 0
    asked = [[turn.content for turn in item["messages"]] for item in realm.requests]
    assert asked == [
        ["S", "Hi"],
        ["S", "Hi", "Hello, world!", "And?"],
        ["S", "Again"],
    ]
    assert realm.requests[0]["temperature"] == 0
    assert capsys.readouterr().out.count("Hello, world!\n") == 3


def test_chat_ends_with_its_input_and_ships_a_model(realm, monkeypatch):
    type_in(monkeypatch, "")
    assert main(["chat"]) == 0
    assert realm.loads[0]["source"] == "paris"


def test_chat_has_commands(realm, monkeypatch, capsys):
    type_in(monkeypatch, "/help\n/frob\n//etc\n")
    assert main(["chat", "model.gguf"]) == 0
    shown = capsys.readouterr().out
    assert "/reset" in shown
    assert "unknown command /frob" in shown
    assert realm.requests[0]["messages"] == [ChatMessage("user", "/etc")]


def test_an_interrupt_stops_the_answer_and_the_chat_goes_on(realm, monkeypatch, capsys):
    realm.interrupt_at = 2
    type_in(monkeypatch, "Hi\nGo on\n")
    assert main(["chat", "model.gguf"]) == 0
    assert capsys.readouterr().out == "Hello, [stopped]\n" * 2
    assert [turn.content for turn in realm.requests[1]["messages"]] == ["Hi", "Hello,", "Go on"]


def test_an_error_in_a_chat_is_one_line_and_the_chat_goes_on(realm, monkeypatch, capsys):
    realm.fail_start = FakeFailureError("too\nlong")
    type_in(monkeypatch, "Hi\nAgain\n")
    assert main(["chat", "model.gguf"]) == 1
    assert capsys.readouterr().err == "realm: error: too long\n" * 2


# -- demo --------------------------------------------------------------------------


def test_demo_asks_and_tells(realm, capsys):
    assert main(["demo", "--seed", "5"]) == 0
    shown = capsys.readouterr().out
    assert shown.index("> What is the capital of France?") < shown.index("Once upon a time")
    assert [item["source"] for item in realm.loads] == ["paris", "tales"]
    second = [turn.content for turn in realm.requests[1]["messages"]]
    assert second[:2] == ["What is the capital of France?", "Hello, world!"]
    assert realm.requests[-1]["seed"] == 5


def test_demo_can_be_interrupted(realm, capsys):
    realm.interrupt_at = 1
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "realm: interrupted\n"


def test_run_takes_a_schema_from_a_file_and_says_when_the_answer_was_cut(
    realm, tmp_path, monkeypatch, capsys
):
    path = tmp_path / "schema.json"
    path.write_text('{"type": "integer"}', encoding="utf-8")
    assert main(["run", "model.gguf", "Hi", "--json-schema", str(path)]) == 0
    assert realm.requests[0]["json_schema"] == '{"type": "integer"}'
    assert capsys.readouterr().err == ""
    realm.finish_reason = "length"
    assert main(["run", "model.gguf", "Hi", "--grammar", "/[0-9]+/"]) == 0
    assert "realm: the answer was cut off before its form was complete" in capsys.readouterr().err
    assert main(["run", "model.gguf", "Hi", "--json-schema", "none.json"]) == 2
    assert "there is no such file" in capsys.readouterr().err
