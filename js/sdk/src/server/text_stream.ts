/** One generation that runs in a server: its events become tokens and a response. */

import { APIConnectionError, APIError, APITimeoutError } from "../errors.js";
import type {
  FinishReason,
  GenerationRequest,
  GenerationResponse,
  Timings,
  TokenEvent,
  TokenLogprob,
  ToolCall,
  Usage,
} from "../types.js";
import { type Answer, Cancelled } from "./connection.js";
import { type Fields, fieldsOf, list, number, numbers, text, WrongField } from "./fields.js";
import { notUnderstood, parsedJson, remoteError } from "./remote_error.js";
import { DONE } from "./sse.js";
import { logprobsOf, timings, toolCall, usage } from "./wire.js";

const REASONS: readonly unknown[] = ["stop", "length", "cancelled", "tool_calls"];

/** Collects the events of one text. */
export class TextStream {
  readonly #request: GenerationRequest;
  readonly #onToken: (event: TokenEvent) => void;
  readonly #startedAt = performance.now();
  #firstAt: number | null = null;
  #model: string;
  #seed: number;
  #text = "";
  /** Text that a stop string had held back: it comes with the end. */
  #held = "";
  #reason: FinishReason | null = null;
  #usage: Usage | null = null;
  #timings: Timings | null = null;
  readonly #promptIds: number[] = [];
  readonly #tokenIds: number[] = [];
  readonly #logprobs: TokenLogprob[] = [];
  readonly #alternatives: TokenLogprob[][] = [];
  readonly #toolCalls: ToolCall[] = [];

  constructor(request: GenerationRequest, onToken: (event: TokenEvent) => void) {
    this.#request = request;
    this.#onToken = onToken;
    this.#model = request.model;
    this.#seed = request.config.seed ?? 0;
  }

  /**
   * Read an answer to its end.
   *
   * @throws APIConnectionError, APITimeoutError with the text so far, and what the server raised.
   */
  async read(answer: Promise<Answer>): Promise<GenerationResponse> {
    try {
      for await (const { data } of (await answer).events()) {
        if (data === DONE) return this.#end();
        this.#take(data);
      }
    } catch (error) {
      if (error instanceof Cancelled) return this.cancelled();
      if (error instanceof APIConnectionError) {
        throw new APIConnectionError(error.message, this.#text, { cause: error.cause });
      }
      if (error instanceof APITimeoutError) throw new APITimeoutError(error.message, this.#text);
      throw error;
    }
    throw new APIConnectionError(
      "the server ended the stream before the text was complete",
      this.#text,
    );
  }

  /** What there is of a text that the caller gave up. */
  cancelled(): GenerationResponse {
    return this.#close("cancelled");
  }

  #end(): GenerationResponse {
    if (this.#reason === null) {
      throw new APIError("the server's stream ended without a finish reason");
    }
    return this.#close(this.#reason);
  }

  #take(data: string): void {
    const parsed = parsedJson(data);
    if (typeof parsed === "object" && parsed !== null && "error" in parsed) {
      throw remoteError(200, data);
    }
    try {
      const chunk = fieldsOf(parsed);
      this.#model = text(chunk, "model");
      if (chunk.usage !== null && chunk.usage !== undefined) this.#usage = usage(chunk.usage);
      for (const choice of list(chunk, "choices")) this.#takeChoice(fieldsOf(choice));
    } catch (error) {
      if (error instanceof WrongField) throw notUnderstood("the server's stream", data);
      throw error;
    }
  }

  #takeChoice(choice: Fields): void {
    if (choice.prompt_token_ids !== undefined && choice.prompt_token_ids !== null) {
      this.#promptIds.push(...numbers(choice, "prompt_token_ids"));
      return;
    }
    const news = this.#request.messages === undefined ? text(choice, "text") : this.#said(choice);
    const [tokenId] = numbers(choice, "token_ids");
    const logprobs = logprobsOf(choice.logprobs);
    if (choice.finish_reason !== null && choice.finish_reason !== undefined) this.#takeLast(choice);
    this.#text += news;
    if (tokenId === undefined) {
      this.#held += news;
      return;
    }
    this.#firstAt ??= performance.now();
    const index = this.#tokenIds.length;
    this.#tokenIds.push(tokenId);
    if (logprobs !== null) {
      this.#logprobs.push(logprobs.chosen);
      this.#alternatives.push(logprobs.alternatives);
    }
    this.#onToken({
      text: news,
      tokenId,
      index,
      logprob: logprobs?.chosen.logprob ?? null,
      alternatives: logprobs?.alternatives ?? [],
      finishReason: null,
      tokenText: logprobs?.chosen.text ?? "",
    });
  }

  /** The text that a piece of a chat's answer adds; calls come whole, before the end. */
  #said(choice: Fields): string {
    const delta = fieldsOf(choice.delta);
    this.#toolCalls.push(...list(delta, "tool_calls").map(toolCall));
    return text(delta, "content", "");
  }

  #takeLast(choice: Fields): void {
    const reason = choice.finish_reason;
    if (!REASONS.includes(reason)) throw new WrongField("finish_reason");
    this.#reason = reason as FinishReason;
    this.#seed = number(choice, "seed", this.#seed);
    if (choice.timings !== undefined && choice.timings !== null) {
      this.#timings = timings(choice.timings);
    }
  }

  #close(finishReason: FinishReason): GenerationResponse {
    this.#onToken({
      text: this.#held,
      tokenId: -1,
      index: this.#tokenIds.length,
      logprob: null,
      alternatives: [],
      finishReason,
      tokenText: "",
      ...(this.#toolCalls.length > 0 && { toolCalls: this.#toolCalls }),
    });
    return {
      text: this.#text,
      tokenIds: this.#tokenIds,
      finishReason,
      usage: this.#usage ?? {
        promptTokens: this.#promptIds.length,
        completionTokens: this.#tokenIds.length,
        cachedTokens: 0,
      },
      timings: this.#timings ?? this.#seenTimings(),
      seed: this.#seed,
      model: this.#model,
      logprobs: this.#logprobs,
      alternatives: this.#alternatives,
      promptIds: this.#promptIds,
      toolCalls: this.#toolCalls,
    };
  }

  /** What was seen from here of a text that was cut. */
  #seenTimings(): Timings {
    const now = performance.now();
    const firstAt = this.#firstAt ?? now;
    const decodeMs = now - firstAt;
    const numDecoded = Math.max(this.#tokenIds.length - 1, 0);
    return {
      queueMs: 0,
      ttftMs: firstAt - this.#startedAt,
      prefillMs: 0,
      decodeMs,
      totalMs: now - this.#startedAt,
      tokensPerSecond: decodeMs > 0 ? (numDecoded / decodeMs) * 1000 : 0,
    };
  }
}
