/** How far a load is, and whether it is still wanted. */

import { LoadCancelledError } from "../errors.js";
import type { ExecutorOptions } from "./executor.js";

export class Loading {
  #doneBytes = 0;
  readonly #totalBytes: number;
  readonly #onProgress: ((doneBytes: number, totalBytes: number) => void) | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(totalBytes: number, options: ExecutorOptions) {
    this.#totalBytes = totalBytes;
    this.#onProgress = options.onProgress;
    this.#signal = options.signal;
  }

  /** Report bytes of the file that are done; throws `LoadCancelledError` if it was given up. */
  advance(numBytes: number): void {
    this.#check();
    this.#doneBytes += numBytes;
    this.#onProgress?.(this.#doneBytes, this.#totalBytes);
    this.#check();
  }

  /** Wait for a read, but no longer than the load is wanted. */
  async during<T>(work: Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (signal === undefined) return work;
    this.#check();
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(cancelled());
      signal.addEventListener("abort", stop, { once: true });
    });
    // Whichever comes second ends unseen.
    work.catch(() => {});
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  #check(): void {
    if (this.#signal?.aborted) throw cancelled();
  }
}

function cancelled(): LoadCancelledError {
  return new LoadCancelledError("loading was cancelled; nothing of the model was kept");
}
