"""``%%realm batch``: where prompts come from, and what is kept."""

from __future__ import annotations

import json
import sys

import pytest

from realm_jupyter import BatchResult, Realm
from realm_jupyter.errors import ConfigError, MagicError
from support.fake_realm import interrupt_main_thread
from support.tiny_gguf import CHATML_TEMPLATE, write_tiny_llama

FLAGS = "--max-tokens 3 --seed 1"


@pytest.fixture(scope="module")
def realm(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    with Realm() as found:
        found.load_model(write_tiny_llama(path, tokenizer="gpt2", chat_template=CHATML_TEMPLATE))
        yield found


@pytest.fixture
def book(notebook, realm, monkeypatch):
    """A notebook with a real model; closing it leaves the model to other tests."""
    monkeypatch.setattr(realm, "close", lambda: None)
    notebook.magics.session._make_realm = lambda: realm
    assert notebook.magics.session.realm is realm
    return notebook


def prompts(book):
    return [row.prompt for row in kept(book)]


def kept(book):
    value = book.shell.user_ns["_realm"]
    if isinstance(value, BatchResult):
        return list(value)
    return list(value.itertuples())


def test_each_line_of_the_cell_is_a_prompt(book):
    book.shell.user_ns["who"] = "you"
    cell = book.run(f"%%realm batch {FLAGS} -v answers\nHi {{{{who}}}}\n\nHo\n")
    assert cell.error is None
    assert prompts(book) == ["Hi you", "Ho"]
    assert book.shell.user_ns["answers"] is book.shell.user_ns["_realm"]
    assert "2 of 2 prompts" in cell.status
    assert "Hi you" in cell.final["text/plain"]


def test_the_cell_is_asked_for_each_item_of_a_list(book):
    book.shell.user_ns["cities"] = ["Oslo", "Rome"]
    book.shell.user_ns["item"] = "a variable"
    book.run(f"%%realm batch cities {FLAGS}\nTell of {{{{item}}}},\nbriefly.\n")
    assert prompts(book) == ["Tell of Oslo,\nbriefly.", "Tell of Rome,\nbriefly."]
    book.run(f"%%realm batch cities --no-interpolate {FLAGS}\n{{{{item}}}}")
    assert prompts(book) == ["{{item}}"] * 2


def test_the_cell_is_asked_for_each_row_of_a_table(book):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"city": ["Oslo", "Rome"], "n": [1, 2]})
    book.shell.user_ns["table"] = table
    cell = book.run(f"%%realm batch table -v frame {FLAGS}\n{{{{n}}}}: {{{{city}}}}?")
    assert cell.error is None
    assert prompts(book) == ["1: Oslo?", "2: Rome?"]
    assert list(book.shell.user_ns["frame"]["seed"]) == [1, 2]
    book.shell.user_ns["column"] = table["city"]
    book.run(f"%realm batch column {FLAGS}")
    assert prompts(book) == ["Oslo", "Rome"]


def test_a_file_is_a_source_and_another_gets_the_answers(book, tmp_path):
    source = tmp_path / "questions.jsonl"
    turns = [{"role": "user", "content": "Hi"}]
    items = [{"prompt": "a", "city": "Oslo"}, {"messages": turns, "city": "Rome"}]
    source.write_text("\n".join(map(json.dumps, items)), encoding="utf-8")
    book.shell.user_ns["out"] = str(tmp_path / "answers.jsonl")
    line = f"batch '{source}' -o {{{{out}}}} {FLAGS}"
    cell = book.run(f"%realm {line}")
    assert cell.error is None
    assert prompts(book) == ["a", turns]
    assert "answers.jsonl" in cell.status
    cell = book.run(f"%realm {line}")
    assert "2 of them answered before" in cell.status
    cell = book.run(f"%%realm {line}\nWhere is {{{{city}}}}?")
    assert isinstance(cell.error, MagicError)
    assert "answers another prompt" in str(cell.error)


def test_the_stop_button_keeps_what_is_done(book, realm, monkeypatch):
    book.shell.user_ns["many"] = ["x"] * 200
    original = realm.map

    def stopped(*args, on_progress, **options):
        def tell(progress):
            on_progress(progress)
            if progress.num_done == 5:
                interrupt_main_thread()

        return original(*args, on_progress=tell, **options)

    monkeypatch.setattr(realm, "map", stopped)
    cell = book.run("%%realm batch many --raw --max-tokens 30 --ignore-eos -v r\n{{item}}")
    assert cell.error is None
    assert "[stopped]" in cell.final["text/plain"]
    answered = [row for row in kept(book) if row.finish_reason == "length"]
    assert 5 <= len(answered) < 200
    assert len(kept(book)) == 200


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%realm batch", "there is no prompt"),
        ("%%realm batch\n \n", "there is no prompt"),
        ("%%realm batch nothing\nx", "nothing is neither a variable nor a file"),
        ("%%realm batch number\nx", "number is of the type int"),
        ("%%realm batch --num-workers 2\nx", "--num-workers is for a cluster: add --ray"),
        ("%%realm batch --raw --system x\nx", "--system needs the chat template"),
        ("%%realm batch -v 1x\nx", "not a name for a variable"),
        ("%%realm batch --max-tokens 3\nx\ny\x00", ""),
    ],
)
def test_what_cannot_be_is_one_line(book, cell, message):
    book.shell.user_ns["number"] = 3
    found = book.run(cell)
    if message:
        assert isinstance(found.error, MagicError)
        assert message in str(found.error)
    else:
        assert found.error is None


def test_without_pandas_rows_are_kept_and_it_says_so(book, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    cell = book.run(f"%%realm batch -v rows {FLAGS}\nHi")
    assert isinstance(book.shell.user_ns["rows"], BatchResult)
    assert "pip install 'realm-jupyter[batch]'" in cell.status


def test_help_explains_it(book):
    text = book.run("%%realm batch --help").stdout
    assert "{{item}} is the item" in text
    assert "--ray" in text


def test_ray_is_asked_for_by_name(book, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    cell = book.run("%%realm batch --ray\nHi")
    assert isinstance(cell.error, MagicError)
    assert "pip install 'realm-jupyter[ray]'" in str(cell.error)
    assert not isinstance(cell.error, ConfigError)
