/** Choose a build of the kernels and make an instance of it. */

import { ConfigError } from "../errors.js";
import type { KernelOptions } from "./executor.js";
import { hasRelaxedSimd, hasSimd, hasThreads } from "./features.js";
import { KernelInstance } from "./instance.js";
import { type AddressBits, newMemory } from "./memory.js";
import type { KernelThread } from "./thread.js";
import { WasmKernels } from "./wasm_kernels.js";

export type { KernelThread, ThreadMessage } from "./thread.js";

/**
 * Name of the file with the best build for the engine here.
 *
 * @throws ConfigError where the engine has no SIMD.
 */
export function kernelsFile(options: { threads: number; addressBits?: AddressBits }): string {
  if (!hasSimd()) {
    throw new ConfigError(
      "models cannot run here: this WebAssembly engine has no SIMD; use a current browser " +
        "(Chrome 91, Firefox 89, Safari 16.4 or later) or Node 20",
    );
  }
  if (options.addressBits === 64) {
    // Of these there are two: threads may be there and have nothing to do.
    return `kernels64${hasRelaxedSimd() && hasThreads() ? "-relaxed-threads" : ""}.wasm`;
  }
  const relaxed = hasRelaxedSimd() ? "-relaxed" : "";
  const threads = options.threads > 1 && hasThreads() ? "-threads" : "";
  return `kernels${relaxed}${threads}.wasm`;
}

/** What starts the workers of a build with threads. */
export interface CreateOptions extends KernelOptions {
  /** Of the build; 32 by default. */
  addressBits?: AddressBits;
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
): Promise<WasmKernels> {
  const { threads, startThread, addressBits = 32 } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new ConfigError(`threads=${threads} is not a number from 1 to 256`, {
      field: "threads",
      value: threads,
      allowed: "1 to 256",
    });
  }
  const names = WebAssembly.Module.exports(module).map((entry) => entry.name);
  const isShared = names.includes("realm_cpu_thread");
  const instance = new KernelInstance(module, newMemory(addressBits, isShared));
  const numThreads = isShared && startThread ? threads : 1;
  return new WasmKernels(module, instance, numThreads, startThread);
}
