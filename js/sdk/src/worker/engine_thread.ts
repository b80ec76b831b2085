/** Script of the thread of Node that the engine runs in. */

import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { openFile } from "../gguf/file_source.js";
import type { KernelThread } from "../kernels/load.js";
import { createEngine } from "./create_engine.js";
import { serveEngine } from "./engine_host.js";
import { nodeParent } from "./node_port.js";

serveEngine(nodeParent(), (options) =>
  createEngine(options, {
    canShare: true,
    read: async (url) => new Uint8Array(await readFile(url)),
    openPath: openFile,
    startThread(folder): KernelThread {
      const worker = new Worker(new URL("kernel_thread.js", folder), { execArgv: [] });
      worker.unref();
      return {
        post: (message) => worker.postMessage(message),
        terminate: () => void worker.terminate(),
      };
    },
  }),
);
