/** When things happened in one request. */

import type { Timings } from "../types.js";

export class Timeline {
  readonly #requested = performance.now();
  #begun: number | null = null;
  #firstToken: number | null = null;
  #lastToken: number | null = null;
  #numTokens = 0;
  #prefillMs = 0;

  /** Note a forward pass of the prompt. */
  prefilled(durationMs: number): void {
    this.#begun ??= performance.now() - durationMs;
    this.#prefillMs += durationMs;
  }

  /** Note a token. */
  sampled(): void {
    this.#lastToken = performance.now();
    this.#firstToken ??= this.#lastToken;
    this.#numTokens++;
  }

  /** What is known up to now. */
  timings(): Timings {
    const now = performance.now();
    const firstToken = this.#firstToken ?? now;
    const decodeMs = (this.#lastToken ?? firstToken) - firstToken;
    return {
      queueMs: (this.#begun ?? now) - this.#requested,
      ttftMs: firstToken - this.#requested,
      prefillMs: this.#prefillMs,
      decodeMs,
      totalMs: now - this.#requested,
      tokensPerSecond: decodeMs > 0 ? (1000 * (this.#numTokens - 1)) / decodeMs : 0,
    };
  }
}
