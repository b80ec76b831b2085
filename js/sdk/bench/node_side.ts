/** The kernels in Node, for node.mjs. */

import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { GGUFFile } from "../src/gguf/file.js";
import { openFile } from "../src/gguf/file_source.js";
import { createKernels, kernelsFile } from "../src/kernels/load.js";
import { runKernelThread } from "../src/kernels/thread.js";
import { measure, openExecutor, type Round, type Sizes } from "./rounds.js";

export { median } from "./rounds.js";

function startThread() {
  const code = `require("node:worker_threads").parentPort.once("message", ${runKernelThread})`;
  const worker = new Worker(code, { eval: true });
  worker.unref();
  return {
    post: (message: unknown) => worker.postMessage(message),
    terminate: () => void worker.terminate(),
  };
}

/** Load a model; the function that is returned measures one round. */
export async function load(
  folder: string,
  path: string,
  threads: number,
  file = kernelsFile({ threads }),
): Promise<{ build: string; round: (sizes: Sizes) => Round }> {
  const module = new WebAssembly.Module(readFileSync(`${folder}/${file}`));
  const kernels = await createKernels(module, { threads, startThread });
  const executor = await openExecutor(kernels, await GGUFFile.open(await openFile(path)));
  return { build: kernels.build, round: (sizes) => measure(executor, sizes) };
}
