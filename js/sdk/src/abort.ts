/** Work that a caller may give up. */

import { kindOf } from "./display.js";
import { ConfigError } from "./errors.js";

/** Options of every call that waits. */
export interface CallOptions {
  /** Gives up waiting: the call rejects with the signal's reason, as `fetch` does. */
  signal?: AbortSignal | undefined;
}

/**
 * Do work and wait for it, unless a signal comes first; what the signal leaves undone goes on
 * where it cannot be ended.
 *
 * @throws The signal's reason, an `AbortError` unless it was given another.
 */
export async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  checkedSignal(signal).throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** @throws ConfigError if it is none. */
export function checkedSignal<S extends AbortSignal | undefined>(signal: S): S {
  const isSignal = typeof signal === "object" && signal !== null && "aborted" in signal;
  if (signal === undefined || isSignal) return signal;
  throw new ConfigError(`signal must be an AbortSignal, not ${kindOf(signal)}`, {
    field: "signal",
  });
}

/** A signal that comes with the first of several. */
export function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const given = signals.filter((signal) => signal !== undefined);
  // Browsers have it since 2023 and 2024 only.
  if (typeof AbortSignal.any === "function") return AbortSignal.any(given);
  const abort = new AbortController();
  for (const signal of given) {
    const stop = () => abort.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true, signal: abort.signal });
  }
  return abort.signal;
}
