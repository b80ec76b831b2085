"""``%%realm generate`` and ``%%realm chat``: what is asked, shown, stored."""

from __future__ import annotations

import re
import time

import pytest

from realm_jupyter.errors import GuestTrapError, MagicError
from realm_jupyter.types import ChatMessage, GenerationResponse
from support.fake_realm import SEED, FakeFailureError

PROMPTS = [
    '{"a": 1}',
    "def f(): return {}",
    "{",
    "}",
    "{{x}}",
    "{undefined} and {{undefined}}",
    "$HOME and $x",
    "!ls",
    "%time 1",
    "?what",
    "what?",
    ">>> print(1)\n1",
    "In [1]: 2",
    "    indented\n\ttab ",
    "'quotes' \"both\" '''three''' \\n \\",
    "let x = 1;",
    "trailing spaces   ",
    "a\n\n\nb",
    "\n\nleading lines",
    "ends with a blank line\n",
    "üñí → 🎉\u2028\u0085",
    "nul \x00 and bell \x07 and \x0c",
    "{% raw %} {{ spaced }} {#c#}",
    "# comment\n#magic",
    "%%realm generate",
    "{" * 1000,
    "1 MB " * 200_000,
]


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda text: repr(text[:20]))
def test_a_prompt_arrives_byte_for_byte(notebook, prompt):
    cell = notebook.run(f"%%realm generate\n{prompt}\n")
    assert cell.error is None
    assert notebook.prompt == prompt


@pytest.mark.parametrize(
    "first", ["%%realm", "%%realm generate", "%%realm --seed 3", "\n%%realm  "]
)
def test_a_cell_without_a_subcommand_generates(notebook, first):
    assert notebook.run(f"{first}\nHello").error is None
    assert notebook.prompt == "Hello"


def test_only_the_newline_that_nobody_wrote_is_taken_off(notebook):
    notebook.shell.run_cell_magic("realm", "generate", "Hello\n\n")
    assert notebook.prompt == "Hello\n"
    notebook.shell.run_cell_magic("realm", "generate", "Hello")
    assert notebook.prompt == "Hello"


def test_an_existing_variable_is_put_in(notebook):
    notebook.shell.user_ns["x"] = {"deep": [1]}
    notebook.shell.user_ns["point"] = complex(1, 2)
    notebook.run("%%realm\n{{x}} {{point.real}} {{point.nothing}} {{y}} {x} $x {{ x }}")
    assert notebook.prompt == "{'deep': [1]} 1.0 {{point.nothing}} {{y}} {x} $x {{ x }}"


def test_the_first_line_is_not_expanded_by_ipython(notebook):
    notebook.shell.user_ns["x"] = "oops"
    notebook.run("%%realm generate --stop {x} --stop $x\nHello")
    assert notebook.realm.requests[-1]["stop"] == ("{x}", "$x")


def test_no_interpolate_leaves_names(notebook):
    notebook.shell.user_ns["x"] = 3
    notebook.run("%%realm generate --no-interpolate\n{{x}}")
    assert notebook.prompt == "{{x}}"
    notebook.run("%config RealmMagics.interpolate = False")
    notebook.run("%%realm\n{{x}}")
    assert notebook.prompt == "{{x}}"


def test_commands_of_ipython_are_not_variables(notebook):
    notebook.run("%%realm\n{{exit}} {{get_ipython}} {{print}}")
    assert notebook.prompt == "{{exit}} {{get_ipython}} {{print}}"


def test_a_value_that_cannot_be_text_is_one_line(notebook):
    class Broken:
        def __str__(self):
            raise RuntimeError("no")

    notebook.shell.user_ns["x"] = Broken()
    cell = notebook.run("%%realm\n{{x}}")
    assert isinstance(cell.error, MagicError)
    assert len(cell.shown_error) == 1
    assert not notebook.realm.requests


def test_the_answer_is_one_output_with_html_and_plain_text(notebook):
    cell = notebook.run("%%realm\nHi")
    ids = {item["transient"]["display_id"] for item in cell.answers}
    assert len(ids) == 1
    assert [item["update"] for item in cell.answers] == [False] + [True] * (len(cell.answers) - 1)
    assert cell.final == {
        "text/plain": "Hello, world!",
        "text/html": '<div class="realm-cell-answer"><p>Hello, world!</p>\n</div>',
    }
    assert cell.stdout == ""
    assert cell.result is None


def test_figures_go_to_the_metadata_and_the_status_line(notebook):
    notebook.run("%realm load paris")
    cell = notebook.run("%%realm --seed 11\nHi")
    metadata = cell.answers[-1]["metadata"]["realm"]
    assert metadata["seed"] == 11
    assert metadata["usage"]["completion_tokens"] == 4
    assert metadata["timings"]["ttft_ms"] == 35.0
    assert metadata["finish_reason"] == "stop"
    assert cell.status == "paris · 4 tokens · 41.2 tok/s · first token after 35 ms · seed 11 · stop"


def test_the_status_line_can_be_turned_off(notebook):
    notebook.magics.show_status = False
    assert notebook.run("%%realm\nHi").status == ""


def test_the_first_cell_works_with_nothing_loaded_and_says_what_answers(notebook):
    cell = notebook.run("%%realm\nHi")
    assert notebook.realm.current_model == "paris"
    assert "nothing was loaded: this is the shipped model paris" in cell.status
    assert "nothing was loaded" not in notebook.run("%%realm\nHi").status


def test_a_shipped_model_that_is_named_is_loaded_and_the_current_one_stays(notebook):
    notebook.run("%realm load model.gguf")
    cell = notebook.run("%%realm -m tales\nOnce")
    assert notebook.realm.requests[-1]["model"] == "tales"
    assert notebook.realm.current_model == "model"
    assert "tales was loaded for this" in cell.status


def test_an_unknown_model_is_one_line_that_names_the_closest(notebook):
    notebook.run("%realm load model.gguf")
    cell = notebook.run("%%realm -m modle\nHi")
    assert "did you mean model?" in cell.shown_error[0]
    assert len(cell.shown_error) == 1


def test_text_format_shows_no_markdown(notebook):
    notebook.realm.pieces = ["**bold** <b>"]
    cell = notebook.run("%%realm --format text\nHi")
    assert all(set(item["data"]) == {"text/plain"} for item in cell.answers)
    assert cell.final["text/plain"] == "**bold** <b>"


def test_markup_in_the_text_of_a_model_is_text(notebook):
    notebook.realm.pieces = ["<script>alert(1)</script>"]
    cell = notebook.run("%%realm -v answer\nHi")
    answer = notebook.shell.user_ns["answer"]
    shown = [item["data"] for item in cell.messages] + [{"text/html": answer._repr_html_()}]
    assert not any("<script>" in data.get("text/html", "") for data in shown)
    # Front ends run what is in Markdown, too.
    assert not any("text/markdown" in data for data in shown)
    assert cell.final["text/plain"] == "<script>alert(1)</script>"


def test_code_that_has_not_ended_is_shown_as_code(notebook):
    notebook.realm.pieces = ["```python\n", "x = 1"]
    final = notebook.run("%%realm\nHi").final
    assert '<pre><code class="language-python">x = 1</code></pre>' in final["text/html"]
    assert final["text/plain"] == "```python\nx = 1"


def test_updates_are_limited(notebook):
    pieces = ["word "] * 400
    notebook.realm.pieces = pieces
    start_s = time.monotonic()
    cell = notebook.run("%%realm\nHi")
    elapsed_s = time.monotonic() - start_s
    # The first and the last are always shown.
    assert len(cell.answers) <= elapsed_s * 15 + 2
    assert cell.final["text/plain"] == "word " * 400


def test_an_empty_answer_leaves_only_the_status(notebook):
    notebook.realm.pieces = []
    cell = notebook.run("%%realm\nHi")
    assert not cell.answers
    assert "0 tokens" in cell.status


def test_v_stores_the_response_and_so_does_the_last_one(notebook):
    notebook.run("%%realm -v answer\nHi")
    answer = notebook.shell.user_ns["answer"]
    assert isinstance(answer, GenerationResponse)
    assert answer.text == "Hello, world!"
    assert notebook.shell.user_ns["_realm"] is answer


@pytest.mark.parametrize("name", ["1x", "a-b", "class", "a.b", "x[0]", "''"])
def test_v_needs_a_name(notebook, name):
    cell = notebook.run(f"%%realm -v {name}\nHi")
    assert "not a name for a variable" in cell.shown_error[0]
    assert not notebook.realm.requests


@pytest.mark.parametrize("line", ["generate -v x;", "generate -v x ;", "-v x;"])
def test_a_semicolon_on_the_first_line_shows_nothing(notebook, line):
    cell = notebook.run(f"%%realm {line}\nHi")
    assert cell.error is None
    assert cell.messages == []
    assert cell.stdout == ""
    assert notebook.shell.user_ns["x"].text == "Hello, world!"


def test_a_semicolon_in_the_prompt_is_prompt(notebook):
    assert notebook.run("%%realm\nlet x;").final["text/plain"] == "Hello, world!"


def test_every_sampling_flag_arrives(notebook):
    flags = (
        "--max-tokens 3 --min-tokens 1 --temperature 0.5 --top-k 5 --top-p 0.9 --min-p 0.1 "
        "--typical-p 0.8 --repetition-penalty 1.1 --frequency-penalty -0.5 --presence-penalty 0.2 "
        "--repeat-last-n -1 --dry-multiplier 0.8 --dry-base 2 --dry-allowed-length 3 "
        r"--dry-penalty-last-n 10 --dry-sequence-breakers '\n' --xtc-probability 0.1 "
        "--xtc-threshold 0.2 --mirostat 2 --mirostat-tau 4 --mirostat-eta 0.2 "
        "--logit-bias 5=-inf --logit-bias 6=1.5 --seed 9 --stop END --stop '\\n\\n' --ignore-eos "
        "--logprobs 2"
    )
    cell = notebook.run(f"%%realm generate {flags} --raw\nHi")
    assert cell.error is None
    asked = notebook.realm.requests[-1]
    assert asked["raw"] is True
    assert asked["stop"] == ("END", "\n\n")
    assert asked["logit_bias"] == {5: -float("inf"), 6: 1.5}
    assert asked["dry_sequence_breakers"] == ("\n",)
    assert asked["frequency_penalty"] == -0.5
    assert asked["ignore_eos"] is True
    assert (asked["seed"], asked["logprobs"], asked["mirostat"]) == (9, 2, 2)
    assert len(asked) == 26 + 3  # every field, prompt, model, raw


def test_only_flags_that_are_given_are_sent(notebook):
    notebook.run("%%realm generate\nHi")
    assert notebook.realm.requests[-1] == {"prompt": "Hi", "model": "paris", "raw": False}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("generate --temprature 1", "did you mean --temperature?"),
        ("generate --top_k 1", "did you mean --top-k?"),
        ("generate -temperature 1", "did you mean --temperature?"),
        ("genrate", "did you mean generate?"),
        ("generate --top-p 2", "top_p must be a number from 0 to 1"),
        ("generate --seed x", "needs a whole number"),
        ("generate --seed 18446744073709551616", "from 0 to 18446744073709551615"),
        ("generate hello", "lines below"),
        ("generate --conversation a", "belongs to %%realm chat"),
        ("chat --raw", "belongs to %%realm generate"),
        ("generate --system 'x", "quote is not closed"),
        ("generate --raw --system x", "drop one"),
        ("generate --format html", "invalid choice"),
        ("load x", "takes no cell"),
    ],
)
def test_a_wrong_line_is_one_red_line_and_nothing_happens(notebook, line, message):
    cell = notebook.run(f"%%realm {line}\nHi")
    assert isinstance(cell.error, MagicError)
    assert len(cell.shown_error) == 1
    assert "\n" not in cell.shown_error[0]
    assert message in cell.shown_error[0]
    assert not notebook.realm.requests
    assert not notebook.realm.loads


def test_an_error_is_shown_as_one_line_by_ipython_itself(notebook, capsys):
    notebook.shell.run_cell("%%realm generate --temprature 1\nHi")
    shown = capsys.readouterr()
    text = (shown.out + shown.err).strip()
    assert text.count("\n") == 0
    assert "Traceback" not in text
    assert "--temperature" in text


def test_an_error_of_the_realm_keeps_its_cause(notebook):
    notebook.realm.fail_start = FakeFailureError("over\n  two lines")
    cell = notebook.run("%%realm\nHi")
    assert str(cell.error) == "over two lines"
    assert isinstance(cell.error.__cause__, FakeFailureError)


def test_an_error_in_the_middle_keeps_the_text(notebook):
    notebook.realm.fail_at = (2, GuestTrapError("the guest trapped"))
    cell = notebook.run("%%realm\nHi")
    assert cell.final["text/plain"] == "Hello,"
    assert str(cell.error) == "the guest trapped"


def test_an_unexpected_error_keeps_its_traceback(notebook):
    notebook.realm.fail_start = RuntimeError("a bug")
    cell = notebook.run("%%realm\nHi")
    assert isinstance(cell.error, RuntimeError)


@pytest.mark.parametrize("line", ["--help", "-h", "generate --help", "generate -h", "chat --help"])
@pytest.mark.parametrize("body", ["", "\nHi"])
def test_help_explains_and_does_nothing(notebook, line, body):
    cell = notebook.run(f"%%realm {line}{body}")
    assert cell.error is None
    topic = line.split()[0] if " " in line else "generate"
    assert cell.stdout == notebook.run(f"%realm help {topic}").stdout
    assert len(cell.stdout.splitlines()) > 5
    assert not notebook.realm.requests


def test_an_empty_prompt_is_one_line(notebook):
    cell = notebook.run("%%realm generate")
    assert "prompt is empty" in cell.shown_error[0]


# -- chat --------------------------------------------------------------------------


def test_a_conversation_grows(notebook):
    notebook.run("%%realm chat\nHi")
    notebook.run("%%realm chat\nAnd?")
    assert notebook.realm.requests[-1]["messages"] == [
        ChatMessage("user", "Hi"),
        ChatMessage("assistant", "Hello, world!"),
        ChatMessage("user", "And?"),
    ]


def test_conversations_are_apart(notebook):
    notebook.run("%%realm chat\nHi")
    notebook.run("%%realm chat --conversation other\nYo")
    assert notebook.realm.requests[-1]["messages"] == [ChatMessage("user", "Yo")]


def test_a_conversation_is_shown_and_forgotten(notebook):
    notebook.run("%%realm chat --system Short.\nHi")
    shown = notebook.run("%realm chat").representations
    roles = re.findall("<strong>(.*?)</strong>", shown["text/html"])
    assert roles == ["System", "You", "Model"]
    assert "<p>Hello, world!</p>" in shown["text/html"]
    assert shown["text/plain"].endswith("Model: Hello, world!")
    assert "forgotten" in notebook.run("%realm chat --reset").stdout
    assert "empty" in notebook.run("%realm chat").stdout
    notebook.run("%%realm chat\nAgain")
    assert notebook.realm.requests[-1]["messages"] == [ChatMessage("user", "Again")]


def test_reset_in_a_cell_starts_afresh(notebook):
    notebook.run("%%realm chat\nHi")
    notebook.run("%%realm chat --reset\nAgain")
    assert notebook.realm.requests[-1]["messages"] == [ChatMessage("user", "Again")]


def test_a_new_system_prompt_replaces_the_old_one(notebook):
    notebook.run("%%realm chat --system One\nHi")
    notebook.run("%%realm chat --system Two\nAnd?")
    turns = notebook.realm.requests[-1]["messages"]
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]
    assert turns[0].content == "Two"


def test_a_failed_message_is_not_part_of_the_conversation(notebook):
    notebook.run("%%realm chat\nHi")
    notebook.realm.fail_start = FakeFailureError("no")
    notebook.run("%%realm chat\nBad")
    notebook.realm.fail_start = None
    notebook.run("%%realm chat\nGood")
    assert [turn.content for turn in notebook.realm.requests[-1]["messages"]] == [
        "Hi",
        "Hello, world!",
        "Good",
    ]


# -- stop --------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "kept"), [(0, ""), (1, "Hello"), (3, "Hello, world")])
def test_an_interrupt_keeps_the_text_and_marks_it(notebook, at, kept):
    notebook.realm.interrupt_at = at
    cell = notebook.run("%%realm -v answer\nHi")
    assert cell.error is None
    assert "Traceback" not in cell.stdout + cell.stderr
    assert cell.final["text/plain"] == f"{kept}\n[stopped]".lstrip()
    assert cell.final["text/html"].endswith("<p><em>[stopped]</em></p>\n</div>")
    answer = notebook.shell.user_ns["answer"]
    assert (answer.text, answer.finish_reason) == (kept, "cancelled")
    assert "cancelled" in cell.status
    notebook.realm.interrupt_at = None
    assert notebook.run("%%realm\nHi").final["text/plain"] == "Hello, world!"


def test_a_stopped_answer_stays_in_the_conversation(notebook):
    notebook.realm.interrupt_at = 2
    notebook.run("%%realm chat\nHi")
    notebook.realm.interrupt_at = 0
    notebook.run("%%realm chat\nNever answered")
    notebook.realm.interrupt_at = None
    notebook.run("%%realm chat\nGo on")
    contents = [turn.content for turn in notebook.realm.requests[-1]["messages"]]
    assert contents == ["Hi", "Hello,", "Go on"]


def test_an_interrupted_load_ends_in_one_line(notebook):
    notebook.realm.interrupt_load = True
    cell = notebook.run("%realm load model.gguf")
    assert cell.error is None
    assert [item["data"]["text/plain"] for item in cell.messages] == [
        "loading model.gguf was stopped; nothing stays loaded"
    ]
    assert not notebook.realm.models()
    notebook.realm.interrupt_load = False
    assert notebook.run("%realm load model.gguf").error is None


def test_interrupting_the_first_load_of_a_cell_ends_the_cell(notebook):
    notebook.realm.interrupt_load = True
    cell = notebook.run("%%realm\nHi")
    assert cell.error is None
    assert not notebook.realm.requests


# -- a terminal --------------------------------------------------------------------


def test_a_terminal_prints_tokens_and_a_status_line(notebook):
    notebook.magics.display = "plain"
    notebook.run("%realm load paris")
    cell = notebook.run("%%realm\nHi")
    assert cell.messages == []
    lines = cell.stdout.splitlines()
    assert lines[0] == "Hello, world!"
    assert f"seed {SEED}" in lines[1]


def test_a_terminal_is_chosen_without_a_kernel(notebook):
    notebook.magics.display = "auto"
    assert notebook.run("%%realm\nHi").stdout.startswith("Hello, world!")
    notebook.shell.kernel = object()
    assert notebook.run("%%realm\nHi").final["text/plain"] == "Hello, world!"


def test_a_model_cannot_control_a_terminal(notebook):
    notebook.magics.display = "plain"
    notebook.realm.pieces = ["\x1b]0;title\x07", "red\x9b31m"]
    printed = notebook.run("%%realm\nHi").stdout
    assert not {"\x1b", "\x07", "\x9b"} & set(printed)


def test_an_interrupt_in_a_terminal_marks_the_text(notebook):
    notebook.magics.display = "plain"
    notebook.realm.interrupt_at = 2
    assert notebook.run("%%realm\nHi").stdout.startswith("Hello,\n[stopped]\n")


def test_a_schema_is_a_variable_a_file_or_text(notebook, tmp_path):
    path = tmp_path / "schema.json"
    path.write_text('{"type": "integer"}', encoding="utf-8")
    notebook.shell.user_ns["number"] = {"type": "integer"}
    for source in ("number", str(path), '\'{"type":"integer"}\''):
        assert notebook.run(f"%%realm generate --json-schema {source}\nHow many?").error is None
    asked = [request["json_schema"] for request in notebook.realm.requests]
    assert asked == [{"type": "integer"}, '{"type": "integer"}', '{"type":"integer"}']


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--json-schema nothing", "there is no such file or variable"),
        ("--json-schema '{'", "json_schema is not JSON"),
        ("--grammar /a/ --json-object", "two forms of one answer"),
    ],
)
def test_a_form_that_is_wrong_is_one_red_line(notebook, flags, message):
    cell = notebook.run(f"%%realm generate {flags}\nHow many?")
    assert isinstance(cell.error, MagicError)
    assert message in str(cell.error)


def test_the_status_line_says_when_a_form_was_cut_off(notebook):
    notebook.realm.finish_reason = "length"
    cell = notebook.run("%%realm generate --json-object\nGo!")
    assert "cut off before its form was complete" in cell.stdout + cell.status
