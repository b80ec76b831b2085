"""A front end that is not built: the export is about files, whatever is in them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from realm_jupyter.web import page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def static(tmp_path_factory, monkeypatch):
    """The page's template with small files around it."""
    folder = tmp_path_factory.mktemp("static")
    shutil.copyfile(ROOT / "js/web/src/index.html.template", folder / "index.html")
    names = "page.js page.css check.js sw.js icon.svg guest.wasm LICENSES.txt"
    for name in names.split():
        (folder / name).write_text(f"/* {name} */\n", encoding="utf-8")
    (folder / "index.html.stamp").write_text("0", encoding="utf-8")
    monkeypatch.setattr(page, "_STATIC", folder)
    return folder
