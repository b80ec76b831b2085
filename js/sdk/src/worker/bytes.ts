/** Bytes for a worker, without blocking whoever gives them. */

/** Copied at once: a few milliseconds. */
const PIECE_BYTES = 4 << 20;

/**
 * Bytes in a buffer of their own that can be handed over: their own one with `transfer` (the
 * caller's array is empty then), else a copy that is made piece by piece. Shared memory is
 * handed over as it is.
 */
export async function forWorker(
  source: ArrayBuffer | Uint8Array,
  transfer: boolean,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
  if (typeof SharedArrayBuffer === "function" && bytes.buffer instanceof SharedArrayBuffer) {
    return bytes;
  }
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  if (transfer && isWhole) return new Uint8Array(bytes.buffer);
  const copy = new Uint8Array(bytes.byteLength);
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    if (start > 0) await pause();
    if (signal?.aborted) break; // nobody will have it
    copy.set(bytes.subarray(start, start + PIECE_BYTES), start);
  }
  return copy;
}

/** Let everything else run that waits; timers would be slowed down in a page. */
function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
