"""``%%realm guest``: a cell becomes a guest that answers other cells."""

from __future__ import annotations

import warnings

import pytest

from realm_jupyter import Realm
from realm_jupyter.errors import ConfigError, MagicError
from realm_jupyter.sandbox import named_guests

pytestmark = pytest.mark.usefixtures("compiler_cache")

GREEDY = """#include "realm_guest.h"
int32_t generate(const realm::Request& request) {
  const int32_t seq = realm_seq_new();
  float* logits = realm::floats(request.vocab_size);
  realm::run(request, seq, request.prompt, request.num_prompt, logits);
  for (int32_t i = 0; i < request.settings.max_tokens; ++i) {
    const int32_t token = realm::argmax(logits, request.vocab_size);
    if (realm_emit_token(seq, token, 0) != 0) return REALM_FINISH_STOP;
    realm::run(request, seq, &token, 1, logits);
  }
  return REALM_FINISH_LENGTH;
}
"""
QUESTION = "What is the capital of France?"


@pytest.fixture(autouse=True)
def no_names(monkeypatch):
    monkeypatch.setattr(named_guests, "_guests", {})


@pytest.fixture(scope="module")
def shell():
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415

    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "realm_jupyter")
    yield shell
    shell.run_line_magic("unload_ext", "realm_jupyter")


def cell(shell, line, body):
    return shell.run_cell_magic("realm", line, body)


def test_a_cell_becomes_a_guest_that_answers(shell, capsys):
    cell(shell, "guest --name greedy", GREEDY)
    assert "greedy is a guest now" in capsys.readouterr().out
    cell(shell, "generate --guest greedy -v mine", QUESTION)
    cell(shell, "generate --temperature 0 -v theirs", QUESTION)
    mine, theirs = shell.user_ns["mine"], shell.user_ns["theirs"]
    assert mine.text == theirs.text
    assert mine.token_ids == theirs.token_ids
    assert shell.run_line_magic("realm", "guest") == ["greedy"]
    cell(shell, "chat --guest greedy -v said", QUESTION)
    assert "Paris" in shell.user_ns["said"].text
    with Realm("paris", guest="greedy") as realm:
        assert realm.generate(QUESTION).text == theirs.text


def test_a_guest_that_is_compiled_anew_replaces_the_old_one(shell):
    cell(shell, "guest --name greedy", GREEDY)
    cell(shell, "generate --guest greedy -v long", QUESTION)
    once = GREEDY.replace("i < request.settings.max_tokens", "i < 1")
    cell(shell, "guest --name greedy", once)
    cell(shell, "generate --guest greedy -v short", QUESTION)
    assert len(shell.user_ns["short"].token_ids) == 1 < len(shell.user_ns["long"].token_ids)


def test_errors_are_a_block_with_the_lines_of_the_cell(shell):
    with pytest.raises(MagicError) as caught:
        cell(shell, "guest --name broken", GREEDY.replace("realm_seq_new()", "nothing()"))
    message = str(caught.value)
    assert message.splitlines()[0] == "broken does not compile:"
    assert "broken:4:23: error:" in message
    assert shell.run_line_magic("realm", "guest") is None


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("guest", "--name"),
        ("guest --name 1st", "no name for a guest"),
        ("guest --nmae x", "--name"),
        ("guest --name x --language rust", "c\\+\\+"),
        ("generate --guest nobody", "no guest 'nobody'"),
    ],
)
def test_wrong_words_are_one_line(shell, line, error):
    with pytest.raises((MagicError, ConfigError), match=error) as caught:
        cell(shell, line, GREEDY)
    assert "\n" not in str(caught.value)


def test_help_and_completion_know_guests(shell, capsys):
    shell.run_line_magic("realm", "guest --help")
    text = capsys.readouterr().out
    assert "--language" in text
    assert "realm_guest.h" in text
    cell(shell, "guest --name greedy", GREEDY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython calls its own interface provisional
        assert shell.complete(None, "%%realm generate --guest gr")[1] == ["greedy"]
        assert shell.complete(None, "%%realm gu")[1] == ["guest"]


def test_the_empty_cell_lists_guests(shell, capsys):
    assert shell.run_line_magic("realm", "guest") is None
    assert "%%realm guest --name NAME" in capsys.readouterr().out
