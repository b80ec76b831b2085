/**
 * Sequences of generations that ended, for prompts that go on from them.
 *
 * A chat's next prompt begins with the whole conversation before it. What was run for it is
 * kept, so that only the new turn has to be.
 */

import type { SequenceCache } from "../kernels/executor.js";

const MAX_KEPT = 2;
/** Fewer tokens than these are run anew rather than taking another text's sequence away. */
const MIN_TOKENS = 16;

interface KeptSequence {
  readonly cache: SequenceCache;
  /** The tokens in the cache. */
  readonly tokenIds: Int32Array;
}

export class KeptSequences {
  /** The one used last comes last. */
  #kept: KeptSequence[] = [];
  #isClosed = false;

  /**
   * The kept sequence that has the most of a prompt's first tokens, cut to them; null where none
   * has enough. At least one token of the prompt is left to run.
   */
  take(promptIds: Int32Array): SequenceCache | null {
    let best: KeptSequence | null = null;
    let most = MIN_TOKENS - 1;
    for (const kept of this.#kept) {
      const length = Math.min(commonLength(kept.tokenIds, promptIds), promptIds.length - 1);
      if (length > most) {
        best = kept;
        most = length;
      }
    }
    if (best === null) {
      return null;
    }
    this.#kept = this.#kept.filter((kept) => kept !== best);
    best.cache.truncate(most);
    return best.cache;
  }

  /** Keep a sequence whose tokens these begin with; the oldest goes for it. */
  keep(cache: SequenceCache, tokenIds: Int32Array): void {
    if (this.#isClosed || cache.length < MIN_TOKENS) {
      cache.free();
      return;
    }
    this.#kept.push({ cache, tokenIds: tokenIds.slice(0, cache.length) });
    if (this.#kept.length > MAX_KEPT) {
      this.#kept.shift()?.cache.free();
    }
  }

  /** Free all of them; tells whether there were any. */
  clear(): boolean {
    const kept = this.#kept;
    this.#kept = [];
    for (const { cache } of kept) {
      cache.free();
    }
    return kept.length > 0;
  }

  close(): void {
    this.#isClosed = true;
    this.clear();
  }
}

function commonLength(left: Int32Array, right: Int32Array): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) {
    length++;
  }
  return length;
}
