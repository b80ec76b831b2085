/** What differs between browsers and Node. */

import type { Backend } from "./backend.js";

/** How models run here. */
export interface LocalOptions {
  /** Threads of the kernels at most; more than one needs shared memory. */
  threads: number;
  /** Number format of the KV cache. */
  kvType?: "f32" | "f16" | "q8_0" | undefined;
  /** How wide the addresses of the kernels' memory are; "auto" by default. */
  memory?: "auto" | "32-bit" | "64-bit" | undefined;
  /** Whether files of URLs are kept for the next visit, where the browser can. */
  cache?: boolean | undefined;
  /** Folder of the package's scripts and WebAssembly files, if not beside the entry point. */
  assetsUrl?: URL | undefined;
}

/** A file of this machine, to be sent. */
export interface LocalFile {
  stream(): ReadableStream<Uint8Array>;
}

export interface Platform {
  createLocalBackend(options: LocalOptions): Backend;
  /** The URL that a text means here; throws a TypeError if it means none. */
  absoluteUrl(text: string): URL;
  /** Hardware threads. */
  numCores(): number;
  /** A variable of the environment. */
  variable(name: string): string | undefined;
  /** A file of this machine; null if there is none, or none can be read. */
  findFile(place: string | URL): Promise<LocalFile | null>;
}
