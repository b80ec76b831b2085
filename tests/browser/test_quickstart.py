"""What a person sees: the magics in JupyterLab, streaming, stopped, and reopened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def write_notebook(path, *sources):
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{number}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]
    document = {
        "cells": cells,
        "metadata": {"kernelspec": KERNELSPEC},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(document))


def open_notebook(page, jupyterlab, name):
    base, token, _folder = jupyterlab
    page.goto(f"{base}/lab/tree/{name}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def menu(page, *names):
    page.get_by_role("menuitem", name=names[0], exact=True).first.click()
    for name in names[1:]:
        page.get_by_role("menuitem", name=name).first.click()


def outputs(page, cell):
    return page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")


def test_the_quickstart_streams_and_reads_well(page, jupyterlab, artifacts):
    shutil.copy(NOTEBOOKS / "01_quickstart.ipynb", jupyterlab[2] / "quickstart.ipynb")
    open_notebook(page, jupyterlab, "quickstart.ipynb")
    menu(page, "Run", "Run All Cells")
    last = page.locator(".jp-Notebook .jp-CodeCell").last
    last.locator(".jp-OutputArea-output").first.wait_for()
    text = page.locator(".jp-Notebook").inner_text()
    assert "Traceback" not in text
    # The first cell draws at the default temperature; the second is greedy.
    assert "tok/s" in " ".join(outputs(page, 1).all_inner_texts())
    answer = " ".join(outputs(page, 2).all_inner_texts())
    assert "Rome" in answer
    assert "tok/s" in answer
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "quickstart.png")


def test_stop_keeps_the_text_and_the_next_cell_works(page, jupyterlab, artifacts):
    write_notebook(
        jupyterlab[2] / "stop.ipynb",
        "%load_ext realm_jupyter",
        "%realm load tales",
        "%%realm generate --raw --ignore-eos --max-tokens 400 --seed 1\nOnce upon a time",
        "1 + 1",
    )
    open_notebook(page, jupyterlab, "stop.ipynb")
    menu(page, "Run", "Run All Cells")
    outputs(page, 2).first.wait_for()
    menu(page, "Kernel", "Interrupt Kernel")
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).get_by_text("stopped").first.wait_for()
    text = page.locator(".jp-Notebook").inner_text()
    assert "Traceback" not in text
    page.locator(".jp-Notebook .jp-CodeCell").nth(3).click()
    page.keyboard.press("Shift+Enter")
    outputs(page, 3).get_by_text("2", exact=True).first.wait_for()
    page.screenshot(path=artifacts / "stop.png")


def test_an_unknown_flag_is_one_line(page, jupyterlab, artifacts):
    write_notebook(
        jupyterlab[2] / "flag.ipynb",
        "%load_ext realm_jupyter",
        "%%realm generate --temprature 1\nHi",
        "%realm",
    )
    open_notebook(page, jupyterlab, "flag.ipynb")
    menu(page, "Run", "Run All Cells")
    message = outputs(page, 1).first
    message.wait_for()
    text = message.inner_text().strip()
    assert "--temperature" in text
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).click()
    page.keyboard.press("Shift+Enter")
    outputs(page, 2).first.wait_for()
    page.screenshot(path=artifacts / "flag.png")
