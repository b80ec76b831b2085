/** One answer while it is being written: streams into a message, keeps the figures. */
import { PromptError, RealmError } from "../../../sdk/src/errors";
import type {
  ChatMessage,
  GenerationConfig,
  GenerationResponse,
  TokenEvent,
} from "../../../sdk/src/types";
import { IDLE } from "../../../widget/src/chat/store";
import { messageOf } from "../../../widget/src/shared/context";
import type { ErrorInfo, Stats, Status } from "../../../widget/src/shared/messages";
import type { Conversation, MessageNode } from "./conversation";
import type { ChatModel, Prompt } from "./model";
import { type Prefix, tokensOf } from "./prefix";

const DELTA_INTERVAL_MS = 33;
const STATUS_INTERVAL_MS = 250;

/** Whoever shows an answer. */
export interface Listener {
  /** Text was appended to the answer's message. */
  grew(answer: Answer, text: string): void;
  /** The status changed. */
  moved(answer: Answer): void;
  /** It is over; the message holds all of it. */
  ended(answer: Answer): void;
}

export interface AnswerOptions {
  model: ChatModel;
  conversation: Conversation;
  /** The message to be written. */
  node: MessageNode;
  system: string;
  config: Partial<GenerationConfig>;
  prefix: Prefix | null;
}

export class Answer {
  readonly conversation: Conversation;
  readonly node: MessageNode;
  readonly #options: AnswerOptions;
  readonly #listener: Listener;
  readonly #abort = new AbortController();
  readonly #startedMs = performance.now();
  #firstTokenMs: number | null = null;
  #numTokens = 0;
  #pending = "";
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #statusMs = 0;

  constructor(options: AnswerOptions, listener: Listener) {
    this.conversation = options.conversation;
    this.node = options.node;
    this.#options = options;
    this.#listener = listener;
  }

  /** Stop; the text so far is kept. */
  cancel(): void {
    this.#abort.abort();
  }

  /** Write the answer to its end; never rejects. */
  async run(): Promise<void> {
    const { model, prefix } = this.#options;
    let response: GenerationResponse | null = null;
    let error: unknown = null;
    try {
      if (prefix !== null) this.#put(prefix.text);
      response = await model.generate(this.#prompt(), this.#config(), {
        onToken: (event) => this.#take(event),
        signal: this.#abort.signal,
      });
      this.#flush();
      await this.#keep(response);
    } catch (thrown) {
      this.#flush();
      error = thrown;
    }
    this.#finish(response, error);
  }

  #prompt(): Prompt {
    const { model, conversation, system, prefix } = this.#options;
    if (prefix !== null) return { tokenIds: [...prefix.promptIds, ...prefix.tokenIds] };
    const turns = conversation.turnsBefore(this.node);
    if (turns.length === 0) {
      throw new PromptError("the conversation is empty: write something first");
    }
    if (!model.info.hasChatTemplate) return { raw: plain(turns) };
    const start: ChatMessage[] = system === "" ? [] : [{ role: "system", content: system }];
    return { messages: [...start, ...turns] };
  }

  #config(): Partial<GenerationConfig> {
    const { config, prefix } = this.#options;
    return prefix?.seed == null ? config : { ...config, seed: prefix.seed };
  }

  #take(event: TokenEvent): void {
    this.#firstTokenMs ??= performance.now();
    if (event.tokenId >= 0) this.#numTokens += 1;
    this.#pending += event.text;
    this.#flushTimer ??= setTimeout(() => this.#flush(), DELTA_INTERVAL_MS);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") this.#put(text);
    if (performance.now() - this.#statusMs < STATUS_INTERVAL_MS) return;
    this.#statusMs = performance.now();
    this.#listener.moved(this);
  }

  #put(text: string): void {
    this.node.state = "generating";
    this.node.text += text;
    this.#listener.grew(this, text);
  }

  /** Take over what the response says. */
  async #keep(response: GenerationResponse): Promise<void> {
    const { model, prefix } = this.#options;
    const { node } = this;
    const kept = prefix ?? { promptIds: response.promptIds, tokenIds: [], text: "", tokens: [] };
    const isBroken = prefix?.isBroken ?? false;
    node.promptIds = kept.promptIds;
    node.tokenIds = [...kept.tokenIds, ...response.tokenIds];
    const tokens = [...kept.tokens, ...tokensOf(response)];
    if (tokens.length === node.tokenIds.length) node.tokens = tokens;
    node.text = isBroken ? await model.detokenize(node.tokenIds) : kept.text + response.text;
    node.stats = this.#stats(response, kept.tokenIds.length);
  }

  #stats({ usage, timings, seed, finishReason }: GenerationResponse, numKept: number): Stats {
    return {
      prompt_tokens: usage.promptTokens - numKept,
      completion_tokens: usage.completionTokens + numKept,
      ttft_ms: usage.completionTokens > 0 ? timings.ttftMs : null,
      total_ms: timings.totalMs,
      tokens_per_second: timings.tokensPerSecond || null,
      context_used: usage.promptTokens + usage.completionTokens,
      context_length: this.#options.model.info.contextLength,
      seed: String(seed),
      finish_reason: finishReason === "tool_calls" ? "stop" : finishReason,
    };
  }

  #finish(response: GenerationResponse | null, error: unknown): void {
    const { node } = this;
    if (error !== null) {
      node.state = "error";
      node.error = errorInfo(error);
    } else {
      node.state = response?.finishReason === "cancelled" ? "stopped" : "done";
    }
    this.#listener.ended(this);
  }

  /** What the answer is doing, and its figures. */
  get status(): Status {
    const { stats, isUnderWay } = this.node;
    const first = this.#firstTokenMs;
    const now = performance.now();
    const numTokens = (this.#options.prefix?.tokenIds.length ?? 0) + this.#numTokens;
    const decodeMs = first === null ? 0 : now - first;
    const running = first === null ? "prompt" : "generating";
    return {
      ...IDLE,
      state: !isUnderWay ? "idle" : this.#abort.signal.aborted ? "stopping" : running,
      conversation: this.conversation.id,
      message: this.node.id,
      elapsed_ms: stats?.total_ms ?? now - this.#startedMs,
      prompt_tokens: stats?.prompt_tokens ?? null,
      completion_tokens: stats?.completion_tokens ?? numTokens,
      tokens_per_second:
        stats?.tokens_per_second ??
        (this.#numTokens > 1 && decodeMs > 0 ? ((this.#numTokens - 1) * 1000) / decodeMs : null),
      ttft_ms: stats?.ttft_ms ?? (first === null ? null : first - this.#startedMs),
      context_used: stats?.context_used ?? null,
      context_length: this.#options.model.info.contextLength,
      seed: stats?.seed ?? null,
    };
  }
}

/** What was said as one text, for a model without a chat template; lines keep speakers apart. */
function plain(turns: readonly ChatMessage[]): string {
  let text = "";
  for (const { role, content } of turns) {
    const hasGap = text === "" || /\s$/.test(text) || role === "assistant";
    text += hasGap ? content : `\n${content}`;
  }
  return text;
}

/** What to tell the views about what was thrown. */
export function errorInfo(error: unknown): ErrorInfo {
  const code = error instanceof RealmError ? error.code : "realm_error";
  return { code, message: messageOf(error) };
}
