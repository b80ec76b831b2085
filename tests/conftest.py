"""Fixtures that every folder of tests may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONFORMANCE = Path(os.environ.get("REALM_CONFORMANCE", ROOT.parent / "shared" / "conformance"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts this in the background has it ignore interrupts, and so would
    # every process that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def conformance_dir() -> Path:
    if not CONFORMANCE.is_dir():
        pytest.skip(f"the reference data is not there: {CONFORMANCE}")
    return CONFORMANCE


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the files of tests/golden anew instead of comparing with them",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture
def compiler_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile guests with the C library that the build has made, which takes 15 s anew."""
    pytest.importorskip("ziglang")
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    if "REALM_ZIG_CACHE_DIR" not in os.environ:
        monkeypatch.setenv("REALM_ZIG_CACHE_DIR", str(Path(home) / "realm_jupyter" / "zig"))
