"""No thread of the sandbox keeps a process from ending."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import threading, time, wasmtime
from support.guest_wat import blocking_guest
from realm_jupyter.errors import GuestLimitError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule

module = GuestModule.from_bytes(blocking_guest("(loop $l br $l) unreachable"), "g")
{body}
print("end")
"""
AFTER_A_CALL = """
try:
    GuestInstance(module, limits=GuestLimits(deadline_ms=20)).generate(b"")
except GuestLimitError:
    print("limit")
"""
DURING_A_CALL = """
instance = GuestInstance(module)
thread = threading.Thread(target=instance.generate, args=(b"",), daemon=True)
thread.start()
while not instance._in_call:
    time.sleep(0.001)
"""


@pytest.mark.parametrize("body", [AFTER_A_CALL, DURING_A_CALL])
def test_a_process_ends_at_once(body, tmp_path):
    path = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    environment = {**os.environ, "PYTHONPATH": path, "REALM_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.format(body=body)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("end\n")
    assert done.stderr == ""
