/** Choose a build of the kernels and make an instance of it. */

import { ConfigError, ModelMemoryError } from "../errors.js";
import type { KernelOptions, Kernels } from "./executor.js";
import { hasRelaxedSimd, hasSimd, hasThreads } from "./features.js";
import { KernelInstance } from "./instance.js";
import type { KernelThread } from "./thread.js";
import { WasmKernels } from "./wasm_kernels.js";

export type { KernelThread, ThreadMessage } from "./thread.js";

const PAGE_BYTES = 65_536;
const INITIAL_PAGES = 16;
const MOST_PAGES = 65_535; // a page less than 4 GiB, as hatch_build.py links them
const FEWEST_PAGES = 4_096; // 256 MiB

/**
 * Name of the file with the best build for the engine here.
 *
 * @throws ConfigError where the engine has no SIMD.
 */
export function kernelsFile(options: { threads: number }): string {
  if (!hasSimd()) {
    throw new ConfigError(
      "models cannot run here: this WebAssembly engine has no SIMD; use a current browser " +
        "(Chrome 91, Firefox 89, Safari 16.4 or later) or Node 20",
    );
  }
  const relaxed = hasRelaxedSimd() ? "-relaxed" : "";
  const threads = options.threads > 1 && hasThreads() ? "-threads" : "";
  return `kernels${relaxed}${threads}.wasm`;
}

/** What starts the workers of a build with threads. */
export interface CreateOptions extends KernelOptions {
  startThread?: () => KernelThread;
}

/**
 * Make an instance of a build that `kernelsFile` named.
 *
 * A build with threads blocks the thread that calls it while they work: never a page's main one.
 *
 * @throws ConfigError for a number of threads below 1, ModelMemoryError without address space.
 */
export async function createKernels(
  module: WebAssembly.Module,
  options: CreateOptions,
): Promise<Kernels> {
  const { threads, startThread } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new ConfigError(`threads=${threads} is not a number from 1 to 256`, {
      field: "threads",
      value: threads,
      allowed: "1 to 256",
    });
  }
  const names = WebAssembly.Module.exports(module).map((entry) => entry.name);
  const isShared = names.includes("realm_cpu_thread");
  const { memory, maxMemoryBytes } = newMemory(isShared);
  const instance = new KernelInstance(module, memory, maxMemoryBytes);
  const numThreads = isShared && startThread ? threads : 1;
  return new WasmKernels(module, instance, numThreads, startThread);
}

/** A memory as large as the engine lets it become: engines reserve that many addresses. */
function newMemory(shared: boolean) {
  for (let maximum = MOST_PAGES; maximum >= FEWEST_PAGES; maximum >>= 1) {
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared });
      return { memory, maxMemoryBytes: maximum * PAGE_BYTES };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  const least = FEWEST_PAGES * PAGE_BYTES;
  throw new ModelMemoryError(
    `this engine has no address space of ${least} bytes for a model; close other pages`,
    { requiredBytes: least },
  );
}
