"""What a person does in JupyterLab: write a notebook, open it, run it, close it."""

from __future__ import annotations

import json
import urllib.request

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# Without the questions that closing by hand asks. The launcher stays: JupyterLab puts one into an
# empty window some time later, in front of what was opened meanwhile.
CLOSE_ALL = """
() => {
  for (const widget of [...window.jupyterapp.shell.widgets("main")]) {
    if (!widget.id.startsWith("launcher")) widget.dispose();
  }
}
"""


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


class Server:
    """A running Jupyter server.

    Parameters
    ----------
    base : str
        Its URL.
    token : str
    folder : Path
        The files that it shows.
    """

    def __init__(self, base, token, folder):
        self.base = base
        self.token = token
        self.folder = folder

    def call(self, path, method="GET", **fields):
        """Call its interface and return the answer."""
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.base}{path}",
            data=json.dumps(fields).encode() if fields else None,
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            text = answer.read()
        return json.loads(text) if text else None


class Lab:
    """JupyterLab, loaded once in a page; notebooks are opened and closed inside it.

    Parameters
    ----------
    page : playwright page
    server : Server
    """

    def __init__(self, page, server):
        self.page = page
        self.folder = server.folder
        self._server = server
        self._num_notebooks = 0
        self._load()

    def _load(self):
        """Load JupyterLab with nothing open."""
        self._is_reloaded = False
        self.page.goto(f"{self._server.base}/lab?token={self._server.token}&reset")
        self._wait()
        self.page.locator(".jp-Launcher").wait_for()

    def _wait(self):
        self.page.wait_for_function("window.jupyterapp !== undefined")
        self.page.evaluate("window.jupyterapp.restored.then(() => null)")

    def show(self, *sources):
        """Write a notebook, open it and run its cells to the end; return its path."""
        path = self._open_new(*sources)
        self.run_all()
        return path

    def start(self, *sources):
        """The same, but the cells go on running."""
        path = self._open_new(*sources)
        self.begin("notebook:run-all-cells")
        return path

    def _open_new(self, *sources):
        self._num_notebooks += 1
        path = self.folder / f"notebook{self._num_notebooks}.ipynb"
        write_notebook(path, *sources)
        self.open(path.name)
        return path

    def open(self, name):
        """Open a notebook and wait for its kernel."""
        self.command("docmanager:open", path=name, factory="Notebook")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

    def reload(self):
        """Load the page anew; the notebook is shown again."""
        self.page.reload()
        self._wait()
        self._is_reloaded = True

    def command(self, name, **arguments):
        """Do what a menu or a button does, and wait until it is done."""
        self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)",
            [name, arguments],
        )

    def begin(self, name):
        """The same without waiting."""
        self.page.evaluate("name => void window.jupyterapp.commands.execute(name)", name)

    def run_all(self):
        """Run all cells; when the last has ended, JupyterLab scrolls and moves the focus."""
        self.command("notebook:run-all-cells")

    def use_theme(self, name):
        """Change the theme: "Light" or "Dark".

        Meanwhile what has the focus may be hidden for a moment and lose it.
        """
        is_light = "true" if name == "Light" else "false"
        changed = self.page.locator(f"body[data-jp-theme-light={is_light}]")
        if changed.count() == 1:
            return
        self.command("apputils:change-theme", theme=f"JupyterLab {name}")
        changed.wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def cell(self, number):
        """Return a code cell."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def outputs(self, number):
        """Return the outputs of a cell."""
        return self.cell(number).locator(".jp-OutputArea-output")

    def run_cell(self, number, source):
        """Write a cell anew and run it; returns once it is sent."""
        editor = self.cell(number).locator(".cm-content")
        editor.fill(source)
        editor.press("Control+Enter")

    def close(self):
        """Close what is open and end its kernel."""
        if self._is_reloaded:
            # The notebook of the address is opened once more after all is restored, and nothing
            # tells when: it would come back.
            self._load()
        self.page.evaluate(CLOSE_ALL)
        for session in self._server.call("/api/sessions"):
            self._server.call(f"/api/sessions/{session['id']}", "DELETE")
