"""A model that 32-bit memory cannot hold, run by the SDK in Node (`npm run sdk:build` before)."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from realm_jupyter.bench.quant_mix import find_mix
from realm_jupyter.bench.random_model import random_model_file
from realm_jupyter.bench.shapes import SHAPES

SDK = Path(__file__).resolve().parents[1] / "js" / "sdk" / "dist" / "node.js"
SCRIPT = """
const { Realm, ModelMemoryError } = await import(process.argv[1]);
const options = { temperature: 0, maxTokens: 4, ignoreEos: true };
const narrow = new Realm({ memory: "32-bit" });
const refusal = await narrow.loadModel(process.argv[2], "large").catch((error) => error);
await narrow.dispose();
const realm = new Realm();
const { executor, memoryBytes } = await realm.loadModel(process.argv[2], "large");
const { tokenIds } = await realm.generate({ tokenIds: [1, 450, 7483, 310, 3444] }, options);
await realm.dispose();
const { code, requiredBytes } = refusal;
console.log(JSON.stringify({ executor, memoryBytes, tokenIds, code, requiredBytes }));
"""
# Memory and tables with addresses of 64 bits, as js/sdk/src/kernels/memory.ts asks for them.
HAS_MEMORY64 = (
    "process.exit(WebAssembly.validate(new Uint8Array("
    "[0, 97, 115, 109, 1, 0, 0, 0, 4, 4, 1, 112, 4, 0, 5, 4, 1, 5, 1, 1])) ? 0 : 1)"
)


@pytest.mark.soak
def test_a_model_beyond_4_gib_runs_in_64_bit_memory() -> None:
    node = shutil.which("node")
    if node is None or not SDK.is_file():
        pytest.skip("there is no Node on PATH, or the SDK is not built")
    if subprocess.run([node, "-e", HAS_MEMORY64], check=False).returncode != 0:
        pytest.skip("this Node has no 64-bit memory; Node 24 has")
    shape = replace(SHAPES["tinyllama-1.1b"], name="tinyllama-2.2b", num_layers=48)
    with random_model_file(shape, find_mix("F16")) as path:
        command = [node, "--input-type=module", "-e", SCRIPT, SDK.as_uri(), str(path)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert said["executor"].endswith("64-bit memory")
    assert said["memoryBytes"] > 4 << 30
    assert said["requiredBytes"] == said["memoryBytes"]
    assert said["code"] == "model_memory"
    assert len(said["tokenIds"]) == 4
