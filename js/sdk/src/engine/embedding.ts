/** Embeddings: the mean of a text's hidden states, of unit length. */

import { ModelNotFoundError } from "../errors.js";
import type { Executor } from "../kernels/executor.js";
import { nextTurn } from "./turn.js";

export interface EmbeddingOptions {
  /** Most tokens of one step. */
  chunkTokens: number;
  /** Looked at between two steps. */
  isClosed: () => boolean;
  signal: AbortSignal | undefined;
}

/**
 * The embedding of one text.
 *
 * The hidden states after the final norm, as the output layer would read them, are summed over
 * all tokens and scaled to unit length, which leaves their mean's direction. A chunk runs between
 * two steps of the scheduler, so that texts beside it go on.
 *
 * @param tokenIds - At least one.
 * @throws ModelNotFoundError if the model was unloaded meanwhile; the signal's reason.
 */
export async function embedText(
  executor: Executor,
  tokenIds: Int32Array,
  { chunkTokens, isClosed, signal }: EmbeddingOptions,
): Promise<Float32Array> {
  const cache = executor.newHiddenCache();
  try {
    let total = new Float64Array(0);
    for (let start = 0; start < tokenIds.length; start += chunkTokens) {
      await nextTurn();
      signal?.throwIfAborted();
      if (isClosed()) {
        throw new ModelNotFoundError("the model was unloaded before the request ran");
      }
      const chunk = tokenIds.subarray(start, start + chunkTokens);
      const rows = executor.forwardHidden(cache, chunk);
      const width = rows.length / chunk.length;
      if (total.length === 0) total = new Float64Array(width);
      rows.forEach((value, index) => {
        total[index % width] = (total[index % width] as number) + value;
      });
    }
    const length = Math.hypot(...total);
    return Float32Array.from(total, (value) => (length > 0 ? value / length : value));
  } finally {
    cache.free();
  }
}
