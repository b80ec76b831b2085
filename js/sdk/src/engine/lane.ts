/** What the scheduler knows of a running generation: tokens to run, logits to take. */

import type { SequenceCache } from "../kernels/executor.js";

export interface Lane {
  readonly cache: SequenceCache;
  /** Whether the pending tokens are a prompt, which may be cut into chunks. */
  readonly isPrefill: boolean;
  /** Tokens to run next. */
  readonly pendingIds: Int32Array;
  /** Whether it is to end at once. */
  readonly isCancelled: boolean;
  /** Whether it ended and leaves the batch. */
  readonly isDone: boolean;
  /** Take note that the first pending tokens were run. */
  ran(numTokens: number, durationMs: number): void;
  /** Take the logits after the last pending token; they are good during this call only. */
  advance(logits: Float32Array): void;
  /** End because it was cancelled; keep what was generated. */
  stop(): void;
  /** End with an error. */
  fail(error: unknown): void;
}
