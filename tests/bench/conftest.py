"""Runs in tests measure the machine's ceilings for a moment only."""

from __future__ import annotations

import pytest

from realm_jupyter.bench import ceilings


@pytest.fixture(autouse=True)
def quick_ceilings(monkeypatch):
    monkeypatch.setattr(ceilings, "_READ_BYTES", 1 << 20)
    monkeypatch.setattr(ceilings, "_COMPUTE_S", 0.001)
