/** The engine of a worker: its WebAssembly files, found and compiled. */

import type { Backend } from "../backend.js";
import { LocalEngine, type LocalEngineOptions } from "../engine/local_engine.js";
import { ConfigError, GuestMissingError } from "../errors.js";
import type { Kernels } from "../kernels/executor.js";
import { createKernels, type KernelThread, kernelsFile } from "../kernels/load.js";
import { type AddressBits, hasMemory64 } from "../kernels/memory.js";
import { WideningKernels } from "../kernels/widening_kernels.js";
import type { EngineOptions } from "./messages.js";

/** What differs between a Web Worker and a thread of Node. */
export interface EngineScope {
  /** The bytes of a file of the package; rejects if they cannot be had. */
  read(url: URL): Promise<BufferSource>;
  startThread(folder: URL): KernelThread;
  /** Opens files where there are paths. */
  openPath?: LocalEngineOptions["openPath"];
  /** Whether threads can share memory here. */
  readonly canShare: boolean;
}

/**
 * An engine that makes its kernels with the first model.
 *
 * @throws ConfigError if this engine has no SIMD or not the memory asked for, GuestMissingError if a file is missing.
 */
export async function createEngine(options: EngineOptions, scope: EngineScope): Promise<Backend> {
  const folder = new URL(options.assetsUrl);
  const threads = scope.canShare ? options.threads : 1;
  const { kvType, cache, memory } = options;
  const start = async (addressBits: AddressBits) => {
    const module = await compiled(kernelsFile({ threads, addressBits }), folder, scope);
    const startThread = () => scope.startThread(folder);
    return createKernels(module, { threads, addressBits, startThread });
  };
  const given: LocalEngineOptions = {
    guest: await compiled("guest.wasm", folder, scope),
    createKernels: async (): Promise<Kernels> => {
      if (memory === "64-bit") return start(64);
      const narrow = await start(32);
      if (memory === "32-bit" || !hasMemory64()) return narrow;
      return new WideningKernels(narrow, () => start(64));
    },
  };
  if (memory === "64-bit" && !hasMemory64()) {
    throw new ConfigError(
      'memory="64-bit" is not possible here: this WebAssembly engine has no 64-bit memory; use ' +
        'Chrome 133, Firefox 134, Node 24 or later, or memory: "auto"',
      { field: "memory", value: memory, allowed: '"auto" or "32-bit"' },
    );
  }
  if (kvType !== undefined) given.kvType = kvType;
  if (cache !== undefined) given.cache = cache;
  if (scope.openPath !== undefined) given.openPath = scope.openPath;
  return new LocalEngine(given);
}

async function compiled(
  name: string,
  folder: URL,
  scope: EngineScope,
): Promise<WebAssembly.Module> {
  const url = new URL(name, folder);
  let bytes: BufferSource;
  try {
    bytes = await scope.read(url);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GuestMissingError(
      `${url.href} cannot be read: ${reason}; it belongs beside the scripts of this package, or ` +
        "into the folder that assetsUrl names",
      { cause: error },
    );
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `${name} cannot be compiled here (${reason}); this needs WebAssembly with SIMD`,
      { cause: error },
    );
  }
}
