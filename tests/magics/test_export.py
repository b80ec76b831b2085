"""``%realm export-web`` in a notebook."""

from __future__ import annotations

import warnings

import pytest

from realm_jupyter import web
from realm_jupyter.errors import ConfigError
from realm_jupyter.web.export import ExportedPage


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """What the export is asked for."""
    made = []

    def fake(source, folder, settings, **options):
        made.append((source, folder, settings, options))
        if folder == "taken":
            raise ConfigError("taken is not empty")
        return ExportedPage(tmp_path, "paris", 12, 3_000_000)

    monkeypatch.setattr(web, "export_web", fake, raising=False)
    return made


def test_the_page_is_written_and_shown(notebook, calls):
    cell = notebook.run('%realm export-web paris site --title "My page" --temperature 0 --force')
    assert cell.error is None
    source, folder, settings, options = calls[0]
    assert (source, folder) == ("paris", "site")
    assert (settings.title, settings.config.temperature) == ("My page", 0)
    assert options["force"] is True
    assert cell.result is None
    assert "is a page with paris: 12 files, 3.0 MB" in cell.messages[-1]["data"]["text/plain"]


def test_a_loaded_model_may_be_named_by_its_id(notebook, calls):
    notebook.run("%realm load model.gguf --id mine")
    path = notebook.realm.model_info("mine").path
    notebook.shell.user_ns["where"] = "my site"
    assert notebook.run("%realm export-web mine {{where}}").error is None
    assert calls[0][:2] == (path, "my site")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("paris taken", "taken is not empty"),
        ("paris", "DIR"),
        ("paris site --threads 0", "threads=0"),
        ("paris site --logprobs 2", "logprobs cannot be set in an exported page"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(notebook, calls, line, message):
    cell = notebook.run(f"%realm export-web {line}")
    assert message in str(cell.error)
    assert "\n" not in str(cell.error)


def test_tab_completes_models_and_flags(notebook):
    def complete(text):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            return notebook.shell.complete(None, text)[1]

    assert "export-web" in complete("%realm exp")
    assert "paris" in complete("%realm export-web pa")
    assert "--max-file-size" in complete("%realm export-web paris site --max")
    assert "python -m http.server" in notebook.run("%realm help export-web").stdout
