"""``realm cache``: what is kept on disk is shown and deleted, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from realm_jupyter.cli import main
from realm_jupyter.compute.cpu.weight_cache import WeightCache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("REALM_CACHE_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def filled(folder):
    data = np.zeros(8192, np.uint8)
    WeightCache().store(bytes(32), data, "/models/tiny.gguf")
    guests = folder / "guest"
    guests.mkdir()
    (guests / "key").write_bytes(bytes(32))
    (guests / "0123456789abcdef.mac.cwasm").write_bytes(bytes(1000))
    (guests / "fedcba9876543210.mac.image").write_bytes(bytes(2000))
    return folder


def test_an_empty_cache_says_so(folder, capsys):
    assert main(["cache"]) == 0
    assert capsys.readouterr().out == f"nothing is cached in {folder}\n"
    assert main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out == f"deleted 0 B from {folder}\n"


def test_the_cache_is_listed(filled, capsys):
    assert main(["cache"]) == 0
    weights, guest, image, total = capsys.readouterr().out.splitlines()
    assert weights.startswith("weights     8.3 kB  used 20")
    assert weights.endswith("  /models/tiny.gguf")
    assert guest.startswith("guest       1.0 kB  used 20")
    assert image.startswith("image       2.0 kB  used 20")
    assert total == f"11.3 kB in {filled}"


def test_the_cache_is_listed_for_programs(filled, capsys):
    assert main(["cache", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["folder"] == str(filled)
    assert [entry["kind"] for entry in found["entries"]] == ["weights", "guest", "image"]
    assert found["entries"][0]["name"] == "/models/tiny.gguf"
    assert found["entries"][0]["size_bytes"] > 8192
    assert "freed_bytes" not in found


def test_the_cache_is_cleared_and_nothing_else(filled, capsys):
    (filled / "weights" / "notes.txt").write_text("mine")
    assert main(["cache", "--clear", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["freed_bytes"] == sum(entry["size_bytes"] for entry in found["entries"])
    left = sorted(path.name for path in filled.rglob("*") if path.is_file())
    assert left == ["key", "notes.txt"]
