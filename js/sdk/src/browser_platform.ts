/** Models in a Web Worker. */

import { display } from "./display.js";
import { ConfigError } from "./errors.js";
import type { LocalOptions, Platform } from "./platform.js";
import { WebPort } from "./worker/web_port.js";
import { WorkerBackend } from "./worker/worker_backend.js";

export const browserPlatform: Platform = {
  createLocalBackend({ assetsUrl, ...options }: LocalOptions): WorkerBackend {
    const start = () => new WebPort<never, never>(startWorker(assetsUrl));
    const folder = (assetsUrl ?? new URL("./", import.meta.url)).href;
    return new WorkerBackend(start, { ...options, assetsUrl: folder }, (source) => {
      try {
        return source instanceof URL ? source : absoluteUrl(source);
      } catch {
        throw new ConfigError(`${display(source)} is no URL; a page loads models from URLs`, {
          field: "source",
        });
      }
    });
  },
  absoluteUrl,
  numCores: () => navigator.hardwareConcurrency || 1,
  variable: () => undefined,
  findFile: async () => null,
};

function startWorker(assetsUrl: URL | undefined): Worker {
  const options: WorkerOptions = { type: "module", name: "realm-engine" };
  if (assetsUrl !== undefined) return new Worker(new URL("engine_worker.js", assetsUrl), options);
  // Bundlers know this form.
  return new Worker(new URL("./engine_worker.js", import.meta.url), options);
}

function absoluteUrl(text: string): URL {
  return new URL(text, globalThis.document?.baseURI ?? globalThis.location.href);
}
