/** A generation under way: its tokens as they come, and its response. */

import type { GenerationRequest, GenerationResponse, TokenEvent } from "./types.js";

/** Runs a generation; what it is given stops it. */
export type Run = (
  onToken: (event: TokenEvent) => void,
  signal: AbortSignal,
) => Promise<GenerationResponse>;

/**
 * Iterate it for the tokens, once; leaving the loop early cancels the generation. `response` is
 * there when the generation has ended, however it ended; an error is thrown by the loop and by
 * `response` alike.
 *
 * @example
 * ```ts
 * const stream = realm.stream("What is the capital of France?");
 * for await (const { text } of stream) process.stdout.write(text);
 * const { usage } = await stream.response;
 * ```
 */
export class TokenStream implements AsyncIterable<TokenEvent> {
  /** The whole response. */
  readonly response: Promise<GenerationResponse>;

  readonly #abort = new AbortController();
  readonly #events: TokenEvent[] = [];
  #next = 0;
  #isOver = false;
  #wake: (() => void) | null = null;

  /** @internal */
  constructor(run: Run, signal?: AbortSignal) {
    const cancel = () => this.cancel();
    if (signal?.aborted) cancel();
    // What is no signal at all is refused where the request is.
    signal?.addEventListener?.("abort", cancel, { once: true });
    const take = (event: TokenEvent) => {
      this.#events.push(event);
      this.#wakeUp();
    };
    this.response = run(take, this.#abort.signal).finally(() => {
      signal?.removeEventListener?.("abort", cancel);
      this.#isOver = true;
      this.#wakeUp();
    });
    // Whoever only reads the tokens meets the error there.
    this.response.catch(() => undefined);
  }

  /** End the generation; the response keeps the text so far. */
  cancel(): void {
    this.#abort.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TokenEvent, void, undefined> {
    try {
      while (true) {
        while (this.#next < this.#events.length) {
          const event = this.#events[this.#next] as TokenEvent;
          this.#next += 1;
          yield event;
        }
        if (this.#isOver) break;
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
      }
      await this.response;
    } finally {
      if (!this.#isOver) this.cancel();
    }
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

/** The response, and the one event, of a request that was given up before it reached a model. */
export function cancelledResponse(
  { model, config }: GenerationRequest,
  onToken: (event: TokenEvent) => void,
): GenerationResponse {
  onToken({
    text: "",
    tokenId: -1,
    index: 0,
    logprob: null,
    alternatives: [],
    finishReason: "cancelled",
    tokenText: "",
  });
  return {
    text: "",
    tokenIds: [],
    finishReason: "cancelled",
    usage: { promptTokens: 0, completionTokens: 0, cachedTokens: 0 },
    timings: { queueMs: 0, ttftMs: 0, prefillMs: 0, decodeMs: 0, totalMs: 0, tokensPerSecond: 0 },
    seed: config.seed ?? 0,
    model,
    logprobs: [],
    alternatives: [],
    promptIds: [],
    toolCalls: [],
  };
}
