/** Kernels and executors for tests. */

import { existsSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { BytesSource } from "../../src/gguf/byte_source.js";
import { GGUFFile } from "../../src/gguf/file.js";
import type { Executor, ExecutorOptions, Kernels } from "../../src/kernels/executor.js";
import { hasRelaxedSimd } from "../../src/kernels/features.js";
import { createKernels } from "../../src/kernels/load.js";
import { type KernelThread, runKernelThread } from "../../src/kernels/thread.js";
import { buildGraph } from "../../src/models/build_graph.js";
import { repositoryPath } from "./files.js";

// Node 20 has relaxed SIMD, but not yet by itself.
if (!hasRelaxedSimd()) setFlagsFromString("--experimental-wasm-relaxed-simd");

const FOLDER = repositoryPath("js/sdk/wasm");

/** Names of the builds that the engine of these tests runs. */
export const BUILDS: readonly string[] = hasRelaxedSimd() ? ["", "-relaxed"] : [""];

export function kernelModule(file: string): WebAssembly.Module {
  const path = `${FOLDER}/${file}`;
  if (!existsSync(path)) throw new Error(`${path} is missing: run python hatch_build.py sdk`);
  return new WebAssembly.Module(readFileSync(path));
}

/** A thread of the kernels as a thread of Node. */
export function startThread(): KernelThread {
  const script = `
    const { parentPort } = require("node:worker_threads");
    const run = ${runKernelThread.toString()};
    parentPort.once("message", run);`;
  const worker = new Worker(script, { eval: true });
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  };
}

export async function newKernels(build = "", threads = 1): Promise<Kernels> {
  const suffix = threads > 1 ? "-threads" : "";
  return createKernels(kernelModule(`kernels${build}${suffix}.wasm`), { threads, startThread });
}

/** The same with 64-bit memory, of which there are two builds. */
export async function newWideKernels(build = "", threads = 1): Promise<Kernels> {
  const suffix = build === "" ? "" : `${build}-threads`;
  const module = kernelModule(`kernels64${suffix}.wasm`);
  return createKernels(module, { threads, addressBits: 64, startThread });
}

/** An executor of a file in memory. */
export async function executorOf(
  kernels: Kernels,
  bytes: Uint8Array,
  options: ExecutorOptions = {},
): Promise<Executor> {
  const file = await GGUFFile.open(new BytesSource(bytes));
  return kernels.createExecutor(buildGraph(file), file, options);
}

/** Logits of the last token of a sequence of its own, in chunks of these sizes. */
export function lastLogits(
  executor: Executor,
  ids: readonly number[],
  chunks: readonly number[] = [ids.length],
): Float32Array {
  const cache = executor.newCache();
  let start = 0;
  let row: Float32Array = new Float32Array(0);
  for (const size of chunks) {
    const tokenIds = Int32Array.from(ids.slice(start, start + size));
    start += size;
    const [found] = executor.forward([{ cache, tokenIds, isLast: start === ids.length }]);
    row = found?.slice() ?? row;
  }
  cache.free();
  return row;
}

/** The same numbers every time. */
export function someIds(count: number, vocabSize: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % vocabSize;
  });
}
