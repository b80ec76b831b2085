/** Script of the Web Worker that the engine runs in. */

import type { KernelThread } from "../kernels/load.js";
import { createEngine } from "./create_engine.js";
import { serveEngine } from "./engine_host.js";
import { webParent } from "./web_port.js";

serveEngine(webParent(), (options) =>
  createEngine(options, {
    canShare: globalThis.crossOriginIsolated === true,
    async read(url) {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return response.arrayBuffer();
    },
    startThread(folder): KernelThread {
      const script = new URL("kernel_worker.js", folder);
      const worker = new Worker(script, { type: "module", name: "realm-kernels" });
      return {
        post: (message) => worker.postMessage(message),
        terminate: () => worker.terminate(),
      };
    },
  }),
);
