/** What is measured: reading a prompt, and writing tokens one by one. */

import type { GGUFFile } from "../src/gguf/file.js";
import type { Executor, Kernels } from "../src/kernels/executor.js";
import { buildGraph } from "../src/models/build_graph.js";

export interface Round {
  /** Tokens per second. */
  prefill: number;
  decode: number;
}

export interface Sizes {
  promptTokens: number;
  newTokens: number;
}

/** Any prompt: what the tokens are makes no difference to the time. */
export function promptIds(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => 100 + ((index * 7919) % 30_000));
}

export async function openExecutor(kernels: Kernels, file: GGUFFile): Promise<Executor> {
  return kernels.createExecutor(buildGraph(file), file, {});
}

/** One prompt in chunks of 64 tokens, and greedy tokens after it. */
export function measure(executor: Executor, sizes: Sizes): Round {
  const cache = executor.newCache();
  const ids = promptIds(sizes.promptTokens);
  const started = performance.now();
  let next = 0;
  for (let at = 0; at < ids.length; at += 64) {
    const tokenIds = ids.subarray(at, at + 64);
    const [row] = executor.forward([{ cache, tokenIds, isLast: at + 64 >= ids.length }]);
    if (row !== undefined && row.length > 0) next = largest(row);
  }
  const read = performance.now();
  for (let count = 0; count < sizes.newTokens; ++count) {
    const [row] = executor.forward([{ cache, tokenIds: Int32Array.of(next), isLast: true }]);
    next = largest(row ?? new Float32Array(1));
  }
  const written = performance.now();
  cache.free();
  return {
    prefill: (1000 * sizes.promptTokens) / (read - started),
    decode: (1000 * sizes.newTokens) / (written - read),
  };
}

function largest(row: Float32Array): number {
  let best = 0;
  for (let id = 1; id < row.length; ++id) {
    if ((row[id] as number) > (row[best] as number)) best = id;
  }
  return best;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}
