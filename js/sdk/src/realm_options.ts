/** Options of a `Realm`: where its models run. */

import type { Backend } from "./backend.js";
import { display } from "./display.js";
import { ConfigError } from "./errors.js";
import type { LocalOptions, Platform } from "./platform.js";
import { Address } from "./server/address.js";
import { Connection } from "./server/connection.js";
import { ServerBackend } from "./server/server_backend.js";

/** Options of a `Realm`. */
export interface RealmOptions {
  /** Where models run: in a worker here ("local", the default), or in a server. */
  mode?: "local" | "server" | undefined;
  /**
   * Model that requests go to until another one is loaded or used: an id, or a file (a URL, in
   * Node also a path), which is loaded at the first request.
   */
  defaultModel?: string | URL | null | undefined;

  /** Local: threads of the kernels at most; by default the machine's, at most 8. */
  threads?: number | undefined;
  /** Local: number format of the KV cache; "f16" by default. */
  kvType?: "f32" | "f16" | "q8_0" | undefined;
  /**
   * Local: how wide the addresses of the kernels' memory are, which is at most 4 GiB with 32 bits
   * and 16 GiB with 64. "auto", the default, puts models into 32-bit memory, which is faster, and
   * those that it has no room for into 64-bit memory where the engine has it.
   */
  memory?: "auto" | "32-bit" | "64-bit" | undefined;
  /** Local: whether files of URLs are kept for the next visit where the browser can; true. */
  cache?: boolean | undefined;
  /** Local: folder of the package's scripts and WebAssembly files; where this script is. */
  assetsUrl?: string | URL | undefined;

  /** Server: its URL, such as "http://127.0.0.1:8080"; in Node by default REALM_BASE_URL. */
  baseUrl?: string | URL | undefined;
  /** Server: the key; in Node by default REALM_API_KEY. */
  apiKey?: string | undefined;
  /** Server: longest silence in milliseconds; 60 000 by default. */
  timeoutMs?: number | undefined;
  /** Server: how often a request is tried again that cannot have begun; 3 by default. */
  maxRetries?: number | undefined;

  /** Whoever does the work, in place of the engine and the server. */
  backend?: Backend | undefined;
}

const LOCAL = ["threads", "kvType", "memory", "cache", "assetsUrl"] as const;
const SERVER = ["baseUrl", "apiKey", "timeoutMs", "maxRetries"] as const;
const KNOWN: readonly string[] = ["mode", "defaultModel", "backend", ...LOCAL, ...SERVER];
const MEMORIES: readonly unknown[] = ["auto", "32-bit", "64-bit"];
const MAX_THREADS = 64;
const DEFAULT_MAX_THREADS = 8;

/**
 * The backend that options ask for.
 *
 * @throws ConfigError if one makes no sense.
 */
export function createBackend(options: RealmOptions, platform: Platform): Backend {
  for (const name of Object.keys(options)) {
    if (!KNOWN.includes(name)) {
      throw new ConfigError(`unknown option ${name}; options are ${KNOWN.join(", ")}`, {
        field: name,
      });
    }
  }
  const mode: unknown = options.mode ?? "local";
  if (mode !== "local" && mode !== "server") {
    throw refusal("mode", mode, '"local" or "server"');
  }
  if (options.backend !== undefined) return options.backend;
  for (const name of mode === "local" ? SERVER : LOCAL) {
    if (options[name] !== undefined) {
      throw new ConfigError(`${name} has no meaning in mode ${display(mode)}`, { field: name });
    }
  }
  if (mode === "local") return platform.createLocalBackend(localOptions(options, platform));
  return new ServerBackend(
    new Connection(new Address(options.baseUrl, options.apiKey, platform), {
      timeoutMs: options.timeoutMs,
      maxRetries: options.maxRetries,
    }),
    platform,
  );
}

function localOptions(options: RealmOptions, platform: Platform): LocalOptions {
  const { kvType, memory, cache, assetsUrl } = options;
  const threads: unknown = options.threads ?? Math.min(platform.numCores(), DEFAULT_MAX_THREADS);
  if (!Number.isInteger(threads) || (threads as number) < 1 || (threads as number) > MAX_THREADS) {
    throw refusal("threads", threads, `a whole number from 1 to ${MAX_THREADS}`);
  }
  if (kvType !== undefined && !["f32", "f16", "q8_0"].includes(kvType)) {
    throw refusal("kvType", kvType, '"f32", "f16" or "q8_0"');
  }
  if (memory !== undefined && !MEMORIES.includes(memory)) {
    throw refusal("memory", memory, '"auto", "32-bit" or "64-bit"');
  }
  if (cache !== undefined && typeof cache !== "boolean") {
    throw refusal("cache", cache, "true or false");
  }
  const local: LocalOptions = { threads: threads as number, kvType, memory, cache };
  if (assetsUrl !== undefined) local.assetsUrl = folderUrl(assetsUrl, platform);
  return local;
}

function folderUrl(given: unknown, platform: Platform): URL {
  try {
    const url = given instanceof URL ? new URL(given) : platform.absoluteUrl(String(given));
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    return url;
  } catch {
    throw refusal("assetsUrl", given, "the URL of a folder");
  }
}

function refusal(field: string, value: unknown, allowed: string): ConfigError {
  const message = `${field}=${display(value)} is not allowed: it must be ${allowed}`;
  return new ConfigError(message, { field, value, allowed });
}
