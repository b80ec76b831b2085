/** Models in a thread of Node. */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LocalFile, LocalOptions, Platform } from "./platform.js";
import { NodePort } from "./worker/node_port.js";
import { WorkerBackend } from "./worker/worker_backend.js";

export const nodePlatform: Platform = {
  createLocalBackend({ assetsUrl, ...options }: LocalOptions): WorkerBackend {
    const folder = assetsUrl ?? new URL("./", import.meta.url);
    const script = new URL("engine_thread.js", folder);
    const start = () => new NodePort<never, never>(script);
    return new WorkerBackend(start, { ...options, assetsUrl: folder.href }, absolute);
  },
  absoluteUrl,
  numCores: availableParallelism,
  variable: (name) => process.env[name],
  findFile,
};

/** Files as absolute paths, everything else as a URL. */
function absolute(source: URL | string): URL | string {
  const url = source instanceof URL ? source : absoluteUrl(source);
  return url.protocol === "file:" ? fileURLToPath(url) : url;
}

function absoluteUrl(text: string): URL {
  return /^(https?|file):/i.test(text) ? new URL(text) : pathToFileURL(resolve(text));
}

async function findFile(place: string | URL): Promise<LocalFile | null> {
  const path = place instanceof URL ? fileURLToPath(place) : place;
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return null;
  return {
    stream: () => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
  };
}
