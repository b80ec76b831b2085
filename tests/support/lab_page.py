"""What a person does in JupyterLab: write a notebook, open it, run it."""

from __future__ import annotations

import json

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def write_notebook(path, *sources):
    """Write a notebook of code cells."""
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
    """Open a notebook and wait for its kernel."""
    base, token, _folder = jupyterlab
    page.goto(f"{base}/lab/tree/{name}?token={token}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def menu(page, *names):
    """Choose from the menu bar."""
    page.get_by_role("menuitem", name=names[0], exact=True).first.click()
    for name in names[1:]:
        page.get_by_role("menuitem", name=name).first.click()


def outputs(page, cell):
    """Return the outputs of a cell."""
    return page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")


def run_cells(page, jupyterlab, name, *sources):
    """Write a notebook, open it and run all of it."""
    write_notebook(jupyterlab[2] / name, *sources)
    open_notebook(page, jupyterlab, name)
    menu(page, "Run", "Run All Cells")
