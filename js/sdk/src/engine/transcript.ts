/** What a generation produced so far, and the response that it becomes. */

import type { FinishReason, GenerationResponse, TokenEvent, TokenLogprob } from "../types.js";
import type { Timeline } from "./timeline.js";

/** Token id of the closing event, which only releases text that was held back. */
const NO_TOKEN = -1;

export interface TranscriptOptions {
  model: string;
  seed: number;
  promptIds: readonly number[];
  /** Tokens of the prompt that need not be run. */
  numCachedTokens: number;
  onToken: ((event: TokenEvent) => void) | undefined;
  timeline: Timeline;
}

/** Collects the tokens of one generation and hands out their events. */
export class Transcript {
  readonly timeline: Timeline;
  readonly #options: TranscriptOptions;
  readonly #texts: string[] = [];
  readonly #tokenIds: number[] = [];
  readonly #logprobs: TokenLogprob[] = [];
  readonly #alternatives: (readonly TokenLogprob[])[] = [];

  constructor(options: TranscriptOptions) {
    this.#options = options;
    this.timeline = options.timeline;
  }

  /** Take a sampled token and its text; the last one comes with a finish reason. */
  add(
    text: string,
    tokenId: number,
    finishReason: FinishReason | null,
    logprob: TokenLogprob | null,
    alternatives: readonly TokenLogprob[],
  ): void {
    const index = this.#tokenIds.length;
    this.#texts.push(text);
    this.#tokenIds.push(tokenId);
    if (logprob !== null) {
      this.#logprobs.push(logprob);
      this.#alternatives.push(alternatives);
    }
    this.timeline.sampled();
    this.#options.onToken?.({
      text,
      tokenId,
      index,
      logprob: logprob?.logprob ?? null,
      alternatives,
      finishReason,
    });
  }

  /** Say with a closing event how it ended, where no token did, and with which text. */
  announce(finishReason: FinishReason, text: string): void {
    this.#texts.push(text);
    this.#options.onToken?.({
      text,
      tokenId: NO_TOKEN,
      index: this.#tokenIds.length,
      logprob: null,
      alternatives: [],
      finishReason,
    });
  }

  response(finishReason: FinishReason): GenerationResponse {
    const { model, seed, promptIds, numCachedTokens } = this.#options;
    return {
      text: this.#texts.join(""),
      tokenIds: this.#tokenIds,
      finishReason,
      usage: {
        promptTokens: promptIds.length,
        completionTokens: this.#tokenIds.length,
        cachedTokens: numCachedTokens,
      },
      timings: this.timeline.timings(),
      seed,
      model,
      logprobs: this.#logprobs,
      alternatives: this.#alternatives,
      promptIds,
    };
  }
}
