/** The engine of a worker: its WebAssembly files, found and compiled. */

import type { Backend } from "../backend.js";
import { LocalEngine, type LocalEngineOptions } from "../engine/local_engine.js";
import { ConfigError, GuestMissingError } from "../errors.js";
import { createKernels, type KernelThread, kernelsFile } from "../kernels/load.js";
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
 * @throws ConfigError if this engine has no SIMD, GuestMissingError if a file is missing.
 */
export async function createEngine(options: EngineOptions, scope: EngineScope): Promise<Backend> {
  const folder = new URL(options.assetsUrl);
  const threads = scope.canShare ? options.threads : 1;
  const { kvType, cache } = options;
  const given: LocalEngineOptions = {
    guest: await compiled("guest.wasm", folder, scope),
    createKernels: async () => {
      const module = await compiled(await kernelsFile({ threads }), folder, scope);
      return createKernels(module, { threads, startThread: () => scope.startThread(folder) });
    },
  };
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
