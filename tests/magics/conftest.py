"""An IPython shell with the magics and a fake realm in it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from realm_jupyter.magics import (
    RealmMagics,
    load_ipython_extension,
    unload_ipython_extension,
)
from realm_jupyter.models import sources
from support.fake_realm import FakeRealm

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        # IPython warns of itself; what the magics do is not covered by this.
        warnings.simplefilter("ignore")
        InteractiveShell.clear_instance()
        made = InteractiveShell.instance(config=config)
    yield made
    InteractiveShell.clear_instance()


class Notebook:
    """Runs cells and keeps what they show."""

    def __init__(self, shell: InteractiveShell, magics: RealmMagics, realm: FakeRealm) -> None:
        self.shell = shell
        self.magics = magics
        self.realm = realm

    def run(self, cell: str) -> Cell:
        """Run a cell; an error that IPython would show is kept, not raised."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell)
        return Cell(captured, result, self.shell)

    @property
    def prompt(self) -> str:
        return self.realm.requests[-1]["prompt"]


class Cell:
    """What a cell showed."""

    def __init__(self, captured: Any, result: Any, shell: InteractiveShell) -> None:
        self._shell = shell
        self.stdout: str = captured.stdout
        self.stderr: str = captured.stderr
        self.messages: list[dict[str, Any]] = captured._outputs
        self.error: BaseException | None = result.error_in_exec or result.error_before_exec
        self.result: Any = result.result

    @property
    def answers(self) -> list[dict[str, Any]]:
        """Messages of outputs that are updated in place, but progress bars."""
        return [
            item
            for item in self.messages
            if (item.get("transient") or {}).get("display_id")
            and "realm-cell-progress" not in item["data"].get("text/html", "")
        ]

    @property
    def status(self) -> str:
        lines = [
            item["data"]["text/plain"]
            for item in self.messages
            if "realm-cell-status" in item["data"].get("text/html", "")
        ]
        return "\n".join(lines)

    @property
    def final(self) -> dict[str, Any]:
        return self.answers[-1]["data"]

    @property
    def representations(self) -> dict[str, Any]:
        """How the value of the cell is shown, by type."""
        return self._shell.display_formatter.format(self.result)[0]

    @property
    def shown_error(self) -> list[str]:
        """Lines of the traceback that the notebook shows."""
        assert self.error is not None
        return self.error._render_traceback_()


@pytest.fixture
def notebook(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    monkeypatch.setattr(sources, "shipped_names", lambda: ("paris", "tales"))
    before = set(shell.user_ns)
    load_ipython_extension(shell)
    magics = shell.magics_manager.registry["RealmMagics"]
    realm = FakeRealm()
    magics.session._make_realm = lambda: realm
    magics.display = "rich"
    yield Notebook(shell, magics, realm)
    unload_ipython_extension(shell)
    for name in set(shell.user_ns) - before:
        del shell.user_ns[name]
    shell.config.pop("RealmMagics", None)
    vars(shell).pop("kernel", None)
