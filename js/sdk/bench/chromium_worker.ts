/** The kernels in a worker of a page, for chromium.mjs. */

import { BlobSource } from "../src/gguf/byte_source.js";
import { GGUFFile } from "../src/gguf/file.js";
import type { Executor } from "../src/kernels/executor.js";
import { createKernels, kernelsFile } from "../src/kernels/load.js";
import { measure, openExecutor, type Sizes } from "./rounds.js";

interface Load {
  blob: Blob;
  threads: number;
  file?: string;
}

let executor: Executor | undefined;

function startThread() {
  const worker = new Worker("kernel_thread.js", { type: "module" });
  return {
    post: (message: unknown) => worker.postMessage(message),
    terminate: () => worker.terminate(),
  };
}

async function load({ blob, threads, file = kernelsFile({ threads }) }: Load): Promise<string> {
  const response = await fetch(`wasm/${file}`);
  const module = await WebAssembly.compile(await response.arrayBuffer());
  const kernels = await createKernels(module, { threads, startThread });
  executor = await openExecutor(kernels, await GGUFFile.open(new BlobSource(blob)));
  return kernels.build;
}

self.onmessage = async ({ data }: MessageEvent<Load | Sizes>) => {
  try {
    if ("blob" in data) self.postMessage(await load(data));
    else if (executor) self.postMessage(measure(executor, data));
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
