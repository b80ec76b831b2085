"""The panel of models in JupyterLab: load, switch, unload, upload, and what goes wrong."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.tiny_gguf import write_tiny_llama

pytestmark = pytest.mark.browser

PANEL = "from realm_jupyter import RealmRegistry, models_widget\nmodels_widget(RealmRegistry())"


@pytest.fixture
def panel(lab, page):
    lab.show(PANEL)
    panel = page.get_by_role("region", name="Models", exact=True)
    panel.get_by_text("No model is loaded").wait_for()
    return panel


def load(panel, name):
    panel.get_by_role("button", name=f"Load {name}", exact=True).click()
    panel.get_by_role("button", name="Load", exact=True).click()


def test_shipped_models_are_loaded_switched_and_unloaded(panel, page, artifacts):
    panel.get_by_role("button", name="Load paris", exact=True).click()
    panel.get_by_text(re.compile("fits", re.IGNORECASE)).first.wait_for()
    page.screenshot(path=artifacts / "models_verdict.png")
    panel.get_by_role("button", name="Load", exact=True).click()
    panel.get_by_text("Loaded as paris").wait_for()
    load(panel, "tales")
    panel.get_by_text("Loaded as tales").wait_for()
    expect(panel.get_by_text("in use", exact=True)).to_have_count(1)
    panel.get_by_role("button", name="Use paris").click()
    expect(panel.get_by_role("button", name="Use tales")).to_be_visible()
    panel.get_by_role("button", name="Details of paris").click()
    panel.get_by_text("general.architecture").wait_for()
    page.screenshot(path=artifacts / "models_loaded.png")
    panel.get_by_role("button", name="Unload tales").click()
    panel.get_by_role("button", name="Unload now").click()
    panel.get_by_text(re.compile(r"Unloaded tales: .* freed")).first.wait_for()
    expect(panel.get_by_role("button", name="Use tales")).to_have_count(0)


def test_a_folder_and_a_path(panel, tmp_path):
    folder = tmp_path
    write_tiny_llama(folder / "small.gguf")
    panel.get_by_role("tab", name="Folder").click()
    panel.get_by_label("Folder", exact=True).last.fill(str(folder))
    panel.get_by_role("button", name="Scan").click()
    load(panel, "small.gguf")
    panel.get_by_text("Loaded as small").wait_for()
    panel.get_by_role("tab", name="By path").click()
    panel.get_by_label("GGUF file").fill(str(folder / "missing.gguf"))
    panel.get_by_role("button", name="Check").click()
    panel.get_by_text("there is no model").first.wait_for()


def test_an_upload_is_loaded_and_a_bad_one_says_why(panel, page, tmp_path, artifacts):
    write_tiny_llama(tmp_path / "mine.gguf")
    (tmp_path / "bad.gguf").write_bytes(b"nothing" * 1000)
    panel.get_by_role("tab", name="Upload").click()
    for name, outcome in (
        ("mine.gguf", "Loaded as mine"),
        ("bad.gguf", re.compile(r"bad\.gguf: ")),
    ):
        with page.expect_file_chooser() as chooser:
            panel.get_by_role("button", name="Choose a file").click()
        chooser.value.set_files(tmp_path / name)
        panel.get_by_role("button", name="Upload and load").click()
        panel.get_by_text(outcome).first.wait_for()
    page.screenshot(path=artifacts / "models_upload.png")
    panel.get_by_role("button", name="Dismiss bad.gguf").click()
    expect(panel.get_by_role("alert")).to_have_count(0)
