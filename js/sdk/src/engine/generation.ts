/** A generation in a guest of its own: begun once, stepped by the scheduler. */

import { RealmError } from "../errors.js";
import type { GuestEvent } from "../guest/event.js";
import type { GuestInstance } from "../guest/guest_instance.js";
import type { SequenceCache } from "../kernels/executor.js";
import type { FinishReason, GenerationResponse, TokenLogprob } from "../types.js";
import type { KeptSequences } from "./kept_sequences.js";
import type { Lane } from "./lane.js";
import type { Transcript } from "./transcript.js";

const NOTHING = new Int32Array(0);
const FINISH_REASONS: readonly (FinishReason | null)[] = [null, "stop", "length"];
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export interface GenerationOptions {
  /** Its own as long as it runs. */
  guest: GuestInstance;
  /** From `guest.generateBegin`. */
  handle: number;
  /** Owned; may hold the first tokens of the prompt already. */
  cache: SequenceCache;
  promptIds: Int32Array;
  /** Where the sequence goes when the generation has ended well. */
  kept: KeptSequences;
  transcript: Transcript;
  /** Whether log probabilities were asked for. */
  hasLogprobs: boolean;
  signal: AbortSignal | undefined;
}

export class Generation implements Lane {
  readonly cache: SequenceCache;
  /** The response, or what ended the generation. */
  readonly result: Promise<GenerationResponse>;
  isPrefill = true;
  isDone = false;
  pendingIds: Int32Array;
  readonly #options: GenerationOptions;
  readonly #tokenTexts = new Map<number, string>();
  /** Tokens of the answer that were run. */
  readonly #answerIds: number[] = [];
  #resolve!: (response: GenerationResponse) => void;
  #reject!: (error: unknown) => void;

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.cache = options.cache;
    this.pendingIds = options.promptIds.subarray(options.cache.length);
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isCancelled(): boolean {
    return this.#options.signal?.aborted ?? false;
  }

  ran(numTokens: number, durationMs: number): void {
    if (this.isPrefill) {
      this.#options.transcript.timeline.prefilled(durationMs);
    } else {
      this.#answerIds.push(...this.pendingIds.subarray(0, numTokens));
    }
    this.pendingIds = this.pendingIds.subarray(numTokens);
  }

  advance(logits: Float32Array): void {
    const { guest, handle } = this.#options;
    const event = guest.generateStep(handle, logits);
    this.isPrefill = false;
    this.pendingIds = Int32Array.from(event.nextIds);
    this.#take(event);
  }

  stop(): void {
    if (this.isDone) {
      return;
    }
    const { transcript } = this.#options;
    try {
      transcript.announce("cancelled", this.#heldText());
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#keep();
    this.#leave();
    this.#resolve(transcript.response("cancelled"));
  }

  fail(error: unknown): void {
    if (!this.isDone) {
      this.cache.free();
      this.#leave();
      this.#reject(error);
    }
  }

  #take(event: GuestEvent): void {
    const { guest, handle, transcript } = this.#options;
    const reason = FINISH_REASONS[event.finish] ?? null;
    // A guest that ended by itself has nothing left.
    const text = reason === null ? event.text : event.text + guest.generateEnd(handle);
    if (!event.isEog) {
      const [logprob, alternatives] = this.#logprobs(event);
      transcript.add(text, event.tokenId, reason, logprob, alternatives);
    } else if (reason !== null) {
      transcript.announce(reason, text);
    }
    if (reason !== null) {
      this.#keep();
      this.#leave();
      this.#resolve(transcript.response(reason));
    }
  }

  #logprobs(event: GuestEvent): [TokenLogprob | null, readonly TokenLogprob[]] {
    if (!this.#options.hasLogprobs) {
      return [null, []];
    }
    const logprobOf = (tokenId: number, logprob: number): TokenLogprob => ({
      tokenId,
      text: this.#tokenText(tokenId),
      logprob,
    });
    return [
      logprobOf(event.tokenId, event.logprob),
      event.alternatives.map(([tokenId, logprob]) => logprobOf(tokenId, logprob)),
    ];
  }

  /** The text of a single token; bytes that are no whole character are shown as U+FFFD. */
  #tokenText(tokenId: number): string {
    const known = this.#tokenTexts.get(tokenId);
    if (known !== undefined) {
      return known;
    }
    const piece = this.#options.guest.detokenize(Int32Array.of(tokenId), { renderSpecial: true });
    const text = DECODER.decode(piece);
    this.#tokenTexts.set(tokenId, text);
    return text;
  }

  #heldText(): string {
    try {
      return this.#options.guest.generateEnd(this.#options.handle);
    } catch (error) {
      // The guest broke meanwhile; the text so far is still good.
      if (error instanceof RealmError) {
        return "";
      }
      throw error;
    }
  }

  #keep(): void {
    const { kept, promptIds } = this.#options;
    kept.keep(this.cache, Int32Array.from([...promptIds, ...this.#answerIds]));
  }

  #leave(): void {
    this.isDone = true;
    this.pendingIds = NOTHING;
  }
}
