/** What a generation produced so far, and the response that it becomes. */

import type {
  FinishReason,
  GenerationResponse,
  TokenEvent,
  TokenLogprob,
  ToolCall,
} from "../types.js";
import type { Timeline } from "./timeline.js";
import type { ToolUse } from "./tool_use.js";

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
  /** Tells calls of tools from text. */
  tools: ToolUse;
}

/** Collects the tokens of one generation and hands out their events. */
export class Transcript {
  readonly timeline: Timeline;
  readonly #options: TranscriptOptions;
  readonly #texts: string[] = [];
  readonly #tokenIds: number[] = [];
  readonly #logprobs: TokenLogprob[] = [];
  readonly #alternatives: (readonly TokenLogprob[])[] = [];
  #toolCalls: readonly ToolCall[] = [];

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
    const news = this.#said(text, finishReason);
    this.#tokenIds.push(tokenId);
    if (logprob !== null) {
      this.#logprobs.push(logprob);
      this.#alternatives.push(alternatives);
    }
    this.timeline.sampled();
    this.#options.onToken?.({
      ...news,
      tokenId,
      index,
      logprob: logprob?.logprob ?? null,
      alternatives,
      tokenText: logprob?.text ?? "",
    });
  }

  /** Say with a closing event how it ended, where no token did, and with which text. */
  announce(finishReason: FinishReason, text: string): void {
    const news = this.#said(text, finishReason);
    this.#options.onToken?.({
      ...news,
      tokenId: NO_TOKEN,
      index: this.#tokenIds.length,
      logprob: null,
      alternatives: [],
      tokenText: "",
    });
  }

  /** What of new text can be told: not what may be a call, until the end. */
  #said(
    text: string,
    finishReason: FinishReason | null,
  ): Pick<TokenEvent, "text" | "finishReason" | "toolCalls"> {
    const { tools } = this.#options;
    const said = tools.feed(text);
    if (finishReason === null) {
      this.#texts.push(said);
      return { text: said, finishReason };
    }
    const last = tools.finish();
    this.#texts.push(said, last.text);
    this.#toolCalls = last.calls;
    return {
      text: said + last.text,
      finishReason: this.#reason(finishReason),
      ...(last.calls.length > 0 && { toolCalls: last.calls }),
    };
  }

  #reason(finishReason: FinishReason): FinishReason {
    return finishReason === "stop" && this.#toolCalls.length > 0 ? "tool_calls" : finishReason;
  }

  response(finishReason: FinishReason): GenerationResponse {
    const { model, seed, promptIds, numCachedTokens } = this.#options;
    return {
      text: this.#texts.join(""),
      tokenIds: this.#tokenIds,
      finishReason: this.#reason(finishReason),
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
      toolCalls: this.#toolCalls,
    };
  }
}
