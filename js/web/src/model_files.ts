/** The model's parts: fetched once with their checksums proved, then kept in the browser. */
import type { ModelPart } from "./page_data";

const TRIES = 3;
const PAUSE_MS = 700;

/** How far the download has come. */
export type OnBytes = (doneBytes: number) => void;

/** The model cannot be had; the message says why and what to do. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
}

export class ModelFiles {
  #isFull = false;

  constructor(
    private readonly parts: readonly ModelPart[],
    /** Where the parts are kept; null where the browser keeps nothing. */
    private readonly cache: Cache | null,
    private readonly baseUrl: string,
  ) {}

  /** Whether the browser had no room for a part that arrived. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Bytes of the model that this browser has room for; null where nobody can tell. */
  async room(): Promise<number | null> {
    if (this.cache === null) return null;
    try {
      const { quota, usage = 0 } = await navigator.storage.estimate();
      if (quota === undefined) return null;
      let keptBytes = 0;
      for (const part of this.parts) keptBytes += (await this.#kept(part))?.size ?? 0;
      return keptBytes + Math.max(0, quota - usage);
    } catch {
      return null;
    }
  }

  /** Whether all of the model is in this browser. */
  async isKept(): Promise<boolean> {
    for (const part of this.parts) {
      if ((await this.#kept(part)) === null) return false;
    }
    return true;
  }

  /** Forget the parts that are kept. */
  async forget(): Promise<void> {
    for (const part of this.parts) await this.cache?.delete(this.#url(part));
  }

  /**
   * Return the whole model; what is not here yet is fetched.
   *
   * Parts that have arrived stay when the rest fails, so that another try goes on there.
   * Throws `DownloadError`, or the signal's reason.
   */
  async open(onBytes: OnBytes, signal: AbortSignal): Promise<Blob> {
    const blobs: Blob[] = [];
    let doneBytes = 0;
    for (const part of this.parts) {
      const before = doneBytes;
      const blob =
        (await this.#kept(part)) ??
        (await this.#fetched(part, (partBytes) => onBytes(before + partBytes), signal));
      signal.throwIfAborted();
      blobs.push(blob);
      doneBytes += part.num_bytes;
      onBytes(doneBytes);
    }
    return new Blob(blobs);
  }

  #url(part: ModelPart): string {
    return new URL(part.path, this.baseUrl).href;
  }

  async #kept(part: ModelPart): Promise<Blob | null> {
    try {
      const response = await this.cache?.match(this.#url(part));
      const blob = await response?.blob();
      return blob?.size === part.num_bytes ? blob : null;
    } catch {
      return null; // a cache that cannot be read is no cache
    }
  }

  async #fetched(part: ModelPart, onBytes: OnBytes, signal: AbortSignal): Promise<Blob> {
    let problem = "";
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      if (attempt > 0) await pause(PAUSE_MS * 2 ** (attempt - 1), signal);
      try {
        const bytes = await this.#download(part, onBytes, signal);
        if (!(await isSound(bytes, part))) {
          throw new DownloadError(`${part.path} arrived damaged`);
        }
        await this.#keep(part, bytes);
        return new Blob([bytes]);
      } catch (error) {
        signal.throwIfAborted();
        problem = error instanceof DownloadError ? error.message : "the connection failed";
        onBytes(0);
      }
    }
    throw new DownloadError(`The model could not be downloaded: ${problem}. Try again.`);
  }

  async #download(
    part: ModelPart,
    onBytes: OnBytes,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const response = await fetch(this.#url(part), { signal });
    if (!response.ok || response.body === null) {
      throw new DownloadError(`the server answered ${response.status} for ${part.path}`);
    }
    const bytes = new Uint8Array(part.num_bytes);
    let size = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (size + value.length > bytes.length) {
        await reader.cancel();
        throw new DownloadError(`${part.path} is longer than it should be`);
      }
      bytes.set(value, size);
      size += value.length;
      onBytes(size);
    }
    if (size < bytes.length) throw new DownloadError(`${part.path} ended too early`);
    return bytes;
  }

  /** Keep a part for the next visit, if there is room. */
  async #keep(part: ModelPart, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const headers = { "Content-Type": "application/octet-stream" };
    try {
      await this.cache?.put(this.#url(part), new Response(bytes, { headers }));
    } catch {
      // No room: it is fetched again next time, which the page says.
      this.#isFull = true;
    }
  }
}

/** Whether the bytes are those that were exported. */
async function isSound(bytes: Uint8Array<ArrayBuffer>, part: ModelPart): Promise<boolean> {
  // Only pages with TLS (and localhost) have the means to tell; the length is right anyway.
  if (globalThis.crypto?.subtle === undefined) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const text = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return text === part.sha256;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
