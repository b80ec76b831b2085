"""The shape of the house: short modules, a version in one place, honest documents."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from pathlib import Path

import realm_jupyter

ROOT = Path(__file__).resolve().parent.parent
MOST_LINES = 400
# Data written as Python, not code to be read.
DATA_MODULES = "realm_jupyter/demo/"


def modules():
    return sorted((ROOT / "realm_jupyter").rglob("*.py"))


def code_lines(path):
    """Count the lines that hold code; docstrings, comments and blank lines are free."""
    source = path.read_text(encoding="utf-8")
    lines = set()
    for node in ast.walk(ast.parse(source)):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and not is_text:
            lines.add(node.lineno)
            if not hasattr(node, "body"):
                lines.update(range(node.lineno, node.end_lineno + 1))
    return len(lines)


def test_modules_stay_short():
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in modules()
        if (count := code_lines(path)) > MOST_LINES
        and not path.relative_to(ROOT).as_posix().startswith(DATA_MODULES)
    }
    assert not long


def test_modules_say_what_they_are_for():
    for path in modules():
        assert path.read_text(encoding="utf-8").lstrip().startswith(('"""', 'r"""')), path


def test_the_documents_name_files_that_exist():
    for document in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        for name in re.findall(r"`((?:realm_jupyter|tests|notebooks|binder)/[\w./-]+)`", text):
            assert (ROOT / name).exists(), f"{document} names {name}"


def test_the_pinned_versions_satisfy_the_ranges():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = (ROOT / "binder" / "constraints.txt").read_text(encoding="utf-8")
    pinned = {line.split("==")[0].lower().replace("-", "_") for line in pins.splitlines()}
    for requirement in project["dependencies"]:
        name = re.match(r"[\w.-]+", requirement).group().lower().replace("-", "_")
        assert name in pinned, f"binder/constraints.txt does not pin {name}"


def test_binder_installs_the_tested_versions_and_starts():
    requirements = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8")
    assert "-c constraints.txt" in requirements
    assert ".[notebooks]" in requirements
    assert os.access(ROOT / "binder" / "postBuild", os.X_OK)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "notebooks" in extras["optional-dependencies"]


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", realm_jupyter.__version__)
