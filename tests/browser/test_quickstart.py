"""What a person sees: the magics in JupyterLab, streaming, stopped, and reopened."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SLOWER = """
from support.slow_realm import slow_down
magics = get_ipython().magics_manager.registry["RealmMagics"]
slow_down(magics.session.realm, "tales", step_s=0.05)
"""


def test_the_quickstart_streams_and_reads_well(lab, page, artifacts):
    shutil.copy(NOTEBOOKS / "01_quickstart.ipynb", lab.folder / "quickstart.ipynb")
    lab.open("quickstart.ipynb")
    lab.run_all()
    last = page.locator(".jp-Notebook .jp-CodeCell").last
    last.locator(".jp-OutputArea-output").first.wait_for()
    text = page.locator(".jp-Notebook").inner_text()
    assert "Traceback" not in text
    # The first cell draws at the default temperature; the second is greedy.
    assert "tok/s" in " ".join(lab.outputs(1).all_inner_texts())
    answer = " ".join(lab.outputs(2).all_inner_texts())
    assert "Rome" in answer
    assert "tok/s" in answer
    lab.cell(1).scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "quickstart.png")


def test_stop_keeps_the_text_and_the_next_cell_works(lab, page, artifacts):
    lab.start(
        "%load_ext realm_jupyter",
        "%realm load tales",
        SLOWER,
        "%%realm generate --raw --ignore-eos --max-tokens 400 --seed 1\nOnce upon a time",
        "1 + 1",
    )
    lab.outputs(3).first.wait_for()
    lab.command("notebook:interrupt-kernel")
    lab.cell(3).get_by_text("stopped").first.wait_for()
    text = page.locator(".jp-Notebook").inner_text()
    assert "Traceback" not in text
    lab.cell(4).click()
    page.keyboard.press("Shift+Enter")
    lab.outputs(4).get_by_text("2", exact=True).first.wait_for()
    page.screenshot(path=artifacts / "stop.png")


def test_an_unknown_flag_is_one_line(lab, page, artifacts):
    lab.show(
        "%load_ext realm_jupyter",
        "%%realm generate --temprature 1\nHi",
        "%realm",
    )
    message = lab.outputs(1).first
    message.wait_for()
    text = message.inner_text().strip()
    assert "--temperature" in text
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1
    lab.cell(2).click()
    page.keyboard.press("Shift+Enter")
    lab.outputs(2).first.wait_for()
    page.screenshot(path=artifacts / "flag.png")
