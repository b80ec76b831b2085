"""Unloading gives memory back to the system, and no mapping of a file stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.big_gguf import write_big_llama

CYCLES = 5
MOST_GROWTH_BYTES = 8 << 20

# In a process of its own: nothing else allocates there.
SCRIPT = """
import gc, json, sys
import psutil
from realm_jupyter import Realm

big, small = sys.argv[1:]
process = psutil.Process()
sizes, freed = [], []
with Realm() as realm:
    for cycle in range(1 + {cycles}):
        info = realm.load_model(big, "big")
        realm.generate("the cat", raw=True, temperature=0, max_tokens=2)
        freed.append([realm.unload_model("big"), info.memory_bytes])
        realm.load_model(small, "small")
        realm.generate("the cat", raw=True, temperature=0, max_tokens=2)
        realm.unload_model("small")
        gc.collect()
        sizes.append(process.memory_info().rss)
    maps = [m.path for m in process.memory_maps() if m.path.endswith(".gguf")]
print(json.dumps({{"sizes": sizes, "freed": freed, "maps": maps}}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory maps are read from Linux's /proc")
def test_five_cycles_of_load_and_unload_leave_no_memory_and_no_mapping(tmp_path):
    big = write_big_llama(tmp_path / "big.gguf", feed_forward=16_384)
    small = write_big_llama(tmp_path / "small.gguf", feed_forward=512)
    assert big.stat().st_size >= 200 << 20
    done = subprocess.run(  # our own script
        [sys.executable, "-c", SCRIPT.format(cycles=CYCLES), str(big), str(small)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        cwd=Path(__file__).resolve().parent.parent,
        env={**os.environ, "REALM_CACHE_DIR": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    warm, *cycles = seen["sizes"]
    assert len(cycles) == CYCLES
    assert max(cycles) - warm < MOST_GROWTH_BYTES, seen["sizes"]
    assert seen["maps"] == []
    for freed, memory_bytes in seen["freed"]:
        assert freed == memory_bytes > 200 << 20
