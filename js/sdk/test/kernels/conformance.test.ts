import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Kernels } from "../../src/kernels/executor.js";
import { conformance } from "../support/files.js";
import { BUILDS, executorOf, lastLogits, newKernels } from "../support/kernels.js";
import { readNpz } from "../support/npz.js";

const NAMES = [
  ...["gemma2-f32", "gemma3-f32", "llama-bf16", "llama-f16", "llama-f32", "llama-iq4_nl"],
  ...["llama-iq4_xs", "llama-q2_k", "llama-q3_k_m", "llama-q4_0", "llama-q4_1"],
  ...["llama-q4_k_m", "llama-q5_0", "llama-q5_1", "llama-q5_k_m", "llama-q6_k", "llama-q8_0"],
  ...["llama-yarn-f32", "llama3-rope-f32", "mixtral-f32", "phi3-f32", "qwen2-f32"],
  ...["qwen3-f32", "qwen3moe-f32"],
];
// Of the largest logit; as in tests/compute/cpu/test_native.py.
const EXACT = 1e-3;
const QUANTIZED = 0.04;

/** Logits of every token of a sequence, a token at a time. */
async function allLogits(kernels: Kernels, path: string, ids: Int32Array): Promise<Float32Array> {
  const executor = await executorOf(kernels, readFileSync(path));
  const cache = executor.newCache();
  const rows = new Float32Array(ids.length * executor.vocabSize);
  for (const [index, id] of ids.entries()) {
    const tokenIds = Int32Array.of(id);
    const [row] = executor.forward([{ cache, tokenIds, isLast: true }]);
    rows.set(row ?? [], index * executor.vocabSize);
  }
  const whole = lastLogits(executor, [...ids]);
  expect(whole).toEqual(rows.slice(-executor.vocabSize));
  executor.close();
  return rows;
}

function relativeError(found: Float32Array, expected: Float32Array): number {
  let [error, largest] = [0, 0];
  for (const [index, value] of expected.entries()) {
    error = Math.max(error, Math.abs((found[index] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return error / largest;
}

describe.skipIf(conformance === null).each(BUILDS)("kernels%s.wasm", (build) => {
  it.each(NAMES)("gives the logits of the oracle: %s", async (name) => {
    const arrays = readNpz(`${conformance}/models/${name}.npz`);
    const [tokens, expected] = [arrays.get("tokens"), arrays.get("logits")];
    const kernels = await newKernels(build);
    const path = `${conformance}/models/${name}.gguf`;
    const found = await allLogits(kernels, path, tokens as Int32Array);
    expect(found.length).toBe(expected?.length);
    const isExact = /-(f32|f16|bf16)$/.test(name);
    const error = relativeError(found, expected as Float32Array);
    expect(error).toBeLessThanOrEqual(isExact ? EXACT : QUANTIZED);
    kernels.dispose();
  });
});
