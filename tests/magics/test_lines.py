"""``%realm``: models, settings, tokens, help, completion."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from IPython.core.completer import provisionalcompleter

from realm_jupyter.errors import MagicError
from realm_jupyter.magics import load_ipython_extension, unload_ipython_extension
from realm_jupyter.magics.parsers import COMMANDS
from support.fake_realm import FakeFailureError


def test_alone_it_says_what_is_loaded_and_what_there_is(notebook):
    text = notebook.run("%realm").stdout
    assert "no model is loaded; paris answers" in text
    assert all(f"\n  {name} " in text for name in COMMANDS)
    notebook.run("%realm load paris")
    assert "* paris: llama · Q8_0 · 5.2M parameters" in notebook.run("%realm").stdout


def test_looking_around_makes_no_realm(notebook):
    for line in ("", "models", "help", "help load", "version", "config", "chat"):
        assert notebook.run(f"%realm {line}").error is None
    assert not notebook.magics.session.has_realm


def test_a_load_ends_in_one_line(notebook):
    cell = notebook.run("%realm load model.gguf --id mine --device cpu --executor reference")
    assert notebook.realm.loads == [
        {"source": "model.gguf", "id": "mine", "device": "cpu", "executor": "reference"}
    ]
    assert [item["data"]["text/plain"] for item in cell.messages] == [
        "mine is loaded: llama · Q8_0 · 5.2M parameters · context 1024 · 5.7 MB on cpu (reference)"
    ]
    assert "<div" in cell.messages[0]["data"]["text/html"]


def test_a_path_may_come_from_a_variable(notebook):
    notebook.shell.user_ns["path"] = "model.gguf"
    notebook.run("%realm load {{path}} --id mine")
    assert notebook.realm.loads[0]["source"] == "model.gguf"
    assert notebook.run("%realm load {{missing}}").error is not None


def test_names_in_progress_are_escaped(notebook):
    notebook.realm.known.append("<b>.gguf")
    cell = notebook.run("%realm load <b>.gguf --id x")
    assert "<b>" not in cell.messages[-1]["data"]["text/html"]


def test_models_are_listed_used_and_unloaded(notebook):
    notebook.run("%realm load paris")
    notebook.run("%realm load model.gguf")
    table = notebook.run("%realm models").representations
    assert "* model" in table["text/plain"]
    assert "ships, not loaded" in table["text/plain"]
    assert table["text/html"].startswith("<table")
    assert "paris answers" in notebook.run("%realm use paris").stdout
    assert notebook.realm.current_model == "paris"
    assert "paris is unloaded: 5.7 MB freed" in notebook.run("%realm unload").stdout
    assert "model is unloaded" in notebook.run("%realm unload --all").stdout
    assert not notebook.realm.models()


def test_info_is_a_table_and_a_value(notebook):
    notebook.run("%realm load paris")
    notebook.run("info = %realm info --metadata")
    info = notebook.shell.user_ns["info"]
    assert info.value.id == "paris"
    assert "general.architecture" in repr(info)
    assert "5.2M" in repr(info)


@pytest.mark.parametrize("line", ["info;", "models ;", "version;", "tokenize Hi;", "config;"])
def test_a_semicolon_silences_the_value(notebook, line):
    notebook.run("%realm load paris")
    cell = notebook.run(f"%realm {line}")
    assert cell.error is None
    assert cell.result is None
    assert cell.stdout == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lod x", "did you mean load?"),
        ("load", "missing: PATH|NAME"),
        ("load nothing.gguf", "there is no model 'nothing.gguf'"),
        ("load model.gguf --executor warp", "unknown"),
        ("load model.gguf --executo warp", "did you mean --executor?"),
        ("use nothing", "no model 'nothing' is loaded"),
        ("info", "no model is loaded"),
        ("info nothing", "%realm load PATH|NAME"),
        ("unload nothing", "no model 'nothing' is loaded"),
        ("unload x --all", "either one model or --all"),
        ("help nothing", "unknown subcommand 'nothing'"),
        ("generate", "%%realm generate"),
        ("tokenize", "give a text"),
        ("config temprature 1", "did you mean temperature?"),
        ("config temperature hot", "needs a number"),
        ("config temperature 1000", "temperature must be a number from 0 to 100"),
        ("config format html", "format"),
        ("config updates_per_second 99", "updates_per_second"),
    ],
)
def test_a_wrong_line_is_one_red_line(notebook, line, message):
    cell = notebook.run(f"%realm {line}")
    assert isinstance(cell.error, MagicError)
    assert len(cell.shown_error) == 1
    assert "\n" not in cell.shown_error[0]
    assert message in cell.shown_error[0]


def test_a_failed_load_is_one_line(notebook):
    notebook.realm.fail_load = FakeFailureError("the file\nis damaged")
    cell = notebook.run("%realm load model.gguf")
    assert cell.shown_error == ["\x1b[31mthe file is damaged\x1b[0m"]


# -- tokens ------------------------------------------------------------------------


def test_tokens_are_a_list_that_shows_itself(notebook):
    cell = notebook.run("%realm tokenize Hi you")
    assert cell.result == [ord(character) for character in "Hi you"]
    assert "'H'" in cell.representations["text/plain"]
    assert "6 tokens" in cell.representations["text/plain"]


@pytest.mark.parametrize(
    ("line", "text"),
    [("--count don't", "don't"), ('"a  b" --count', "a  b"), ("$HOME {x} --count", "$HOME {x}")],
)
def test_tokens_are_counted(notebook, line, text):
    assert notebook.run(f"%realm tokenize {line}").result == len(text)


def test_a_cell_is_tokenized_as_it_is(notebook):
    text = ">>> {x}\n  $HOME\n"
    assert notebook.run(f"%%realm tokenize\n{text}\n").result == [ord(c) for c in text]


# -- settings ----------------------------------------------------------------------


def test_settings_are_traits(notebook):
    assert "default_model" in notebook.run("%config RealmMagics").stdout
    notebook.run("%config RealmMagics.generation = {'temperature': 0}")
    notebook.run("%%realm\nHi")
    assert notebook.realm.requests[-1]["temperature"] == 0
    notebook.run("%%realm --temperature 1\nHi")
    assert notebook.realm.requests[-1]["temperature"] == 1


def test_settings_are_changed_by_line_and_reset(notebook):
    notebook.run("%realm config top-k 5")
    notebook.run("%realm config --reset top-k")
    notebook.run("%realm config temperature 0.5")
    table = notebook.run("%realm config format text").representations["text/plain"]
    assert "'text'" in table
    assert notebook.magics.generation == {"temperature": 0.5}
    assert notebook.magics.format == "text"
    assert "0.5" in notebook.run("%realm config").representations["text/plain"]
    notebook.run("%realm config --reset")
    assert notebook.magics.generation == {}
    assert notebook.magics.format == "markdown"


def test_the_default_system_prompt_is_sent_unless_raw(notebook):
    notebook.run("%realm config system 'Be short.'")
    notebook.run("%%realm\nHi")
    assert notebook.realm.requests[-1]["system"] == "Be short."
    notebook.run("%%realm --system Long.\nHi")
    assert notebook.realm.requests[-1]["system"] == "Long."
    notebook.run("%%realm --raw\nHi")
    assert "system" not in notebook.realm.requests[-1]
    notebook.run("%%realm chat\nHi")
    assert notebook.realm.requests[-1]["messages"][0].content == "Be short."


def test_wrong_traits_are_refused(notebook):
    notebook.run("%config RealmMagics.generation = {'temprature': 0}")
    notebook.run("%config RealmMagics.generation = {'top_p': 3}")
    assert notebook.magics.generation == {}


# -- help --------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_the_same_everywhere(notebook, name):
    shown = notebook.run(f"%realm help {name}").stdout
    assert shown == notebook.run(f"%realm {name} --help").stdout
    assert shown.startswith("usage: %")
    assert max(map(len, shown.splitlines())) <= 88


def test_the_docstring_is_the_help(notebook):
    doc = notebook.shell.find_cell_magic("realm").__doc__
    assert "--temperature" in doc
    assert "unload" in doc


def test_versions_are_shown(notebook):
    found = notebook.run("%realm version").result.value
    assert found["Python"] == sys.version.split()[0]
    assert set(found) >= {"realm_jupyter", "wasmtime", "torch", "IPython"}


# -- completion --------------------------------------------------------------------


def completions(notebook, text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # IPython calls its own interface provisional
        return notebook.shell.complete(None, text)[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%realm lo", ["load"]),
        ("%realm u", ["use", "unload"]),
        ("%%realm ge", ["generate"]),
        ("%%realm generate --temp", ["--temperature"]),
        ("%%realm --temp", ["--temperature"]),
        ("%%realm generate --top-k 3 --see", ["--seed"]),
        ("%%realm chat --conv", ["--conversation"]),
        ("%realm load par", ["paris"]),
        ("%realm load --dev", ["--device"]),
        ("%realm load x --device c", ["cpu", "cuda"]),
        ("%%realm --format ", ["markdown", "text"]),
        ("%%realm --format=m", ["markdown"]),
        ("%%realm -m min", ["mine"]),
        ("%%realm generate --model t", ["tales"]),
        ("%realm use ", ["mine"]),
        ("%realm unload m", ["mine"]),
        ("%%realm -v ans", ["answer_one"]),
        ("%realm help ge", ["generate"]),
        ("%realm config temper", ["temperature"]),
    ],
)
def test_tab_completes(notebook, text, expected):
    notebook.run("%realm load model.gguf --id mine")
    notebook.shell.user_ns["answer_one"] = 1
    assert sorted(completions(notebook, text)) == sorted(expected)


def test_tab_completes_files_to_load(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mistral.gguf").touch()
    (tmp_path / "mist.txt").touch()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m[1].gguf").touch()
    assert completions(notebook, "%realm load m") == ["mistral.gguf", "models/"]
    assert completions(notebook, f"%realm load {tmp_path}/mis") == [f"{tmp_path}/mistral.gguf"]


def test_tab_completes_a_file_with_a_space(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my model.gguf").touch()
    assert completions(notebook, "%realm load my") == ["my\\ model.gguf"]
    assert completions(notebook, "%realm load 'my mo") == ["model.gguf"]


def test_tab_works_through_the_newer_interface(notebook):
    text = "%%realm generate --temp"
    with provisionalcompleter():
        found = list(notebook.shell.Completer.completions(text, len(text)))
    assert "--temperature" in [item.text for item in found]


def test_completion_makes_no_realm(notebook):
    completions(notebook, "%%realm -m ")
    assert not notebook.magics.session.has_realm


# -- the extension -----------------------------------------------------------------


def test_unloading_the_extension_takes_everything_back(notebook):
    notebook.run("%realm load paris")
    shell = notebook.shell
    before = len(shell.input_transformers_cleanup)
    unload_ipython_extension(shell)
    assert notebook.realm.is_closed
    assert shell.find_line_magic("realm") is None
    assert shell.find_cell_magic("realm") is None
    assert len(shell.input_transformers_cleanup) == before - 1
    assert "RealmMagics" not in [type(item).__name__ for item in shell.configurables]
    unload_ipython_extension(shell)
    load_ipython_extension(shell)
    assert shell.find_line_magic("realm")


def test_loading_the_extension_twice_changes_nothing(notebook):
    before = len(notebook.shell.input_transformers_cleanup)
    load_ipython_extension(notebook.shell)
    assert notebook.shell.magics_manager.registry["RealmMagics"] is notebook.magics
    assert len(notebook.shell.input_transformers_cleanup) == before


def test_loading_the_extension_imports_nothing_heavy():
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell\n"
        "from traitlets.config import Config\n"
        "config = Config(); config.HistoryManager.enabled = False\n"
        "shell = InteractiveShell(config=config)\n"
        "shell.run_line_magic('load_ext', 'realm_jupyter')\n"
        "shell.run_line_magic('realm', '')\n"
        "heavy = {'torch', 'wasmtime', 'numpy', 'minijinja'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)
