/** `GenerationConfig` to the bytes that a guest reads: `realm_config` of `realm.h`. */

import type { GenerationConfig } from "../types.js";
import { IGNORE_EOS, LOGPROBS } from "./abi.js";

const HEADER_BYTES = 116;
/** The largest float32. */
const FLOAT_LIMIT = (2 - 2 ** -23) * 2 ** 127;
const ENCODER = new TextEncoder();

/** Writes fields of 4 bytes, one after the other. */
class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Whole numbers, signed or not. */
  int(...values: readonly number[]): void {
    for (const value of values) {
      this.#view.setUint32(this.#at, value, true);
      this.#at += 4;
    }
  }

  float(...values: readonly number[]): void {
    for (const value of values) {
      this.#view.setFloat32(this.#at, value, true);
      this.#at += 4;
    }
  }

  texts(texts: readonly Uint8Array[]): void {
    for (const text of texts) {
      this.int(text.byteLength);
      this.bytes.set(text, this.#at);
      this.#at += text.byteLength + (-text.byteLength & 3);
    }
  }
}

/**
 * Lay a request out as `realm_config`.
 *
 * @param config - Its `seed` and `maxTokens` are not used.
 * @param promptIds - The prompt's token ids, on which penalties look back.
 * @param seed - The seed that was asked for or drawn, from 0 to 2^53 - 1.
 * @param maxTokens - The limit after clipping to the room left in the context; `minTokens` is
 * clipped to it.
 */
export function encodeConfig(
  config: GenerationConfig,
  promptIds: Int32Array,
  { seed, maxTokens }: { seed: number; maxTokens: number },
): Uint8Array {
  const biases = Object.entries(config.logitBias);
  const stops = config.stop.map((text) => ENCODER.encode(text));
  const breakers = config.drySequenceBreakers.map((text) => ENCODER.encode(text));
  const size =
    HEADER_BYTES +
    4 * promptIds.length +
    8 * biases.length +
    [...stops, ...breakers].reduce(
      (sum, text) => sum + 4 + text.byteLength + (-text.byteLength & 3),
      0,
    );
  const writer = new Writer(size);
  writer.int(HEADER_BYTES, maxTokens, Math.min(config.minTokens, maxTokens));
  writer.float(config.temperature);
  writer.int(config.topK);
  writer.float(config.topP, config.minP, config.typicalP);
  writer.float(config.repetitionPenalty, config.frequencyPenalty, config.presencePenalty);
  writer.int(config.repeatLastN);
  writer.float(config.dryMultiplier, config.dryBase);
  writer.int(config.dryAllowedLength, config.dryPenaltyLastN);
  writer.float(config.xtcProbability, config.xtcThreshold);
  writer.int(config.mirostat);
  writer.float(config.mirostatTau, config.mirostatEta);
  writer.int(seed % 2 ** 32, Math.floor(seed / 2 ** 32));
  const flags = (config.ignoreEos ? IGNORE_EOS : 0) | (config.logprobs !== null ? LOGPROBS : 0);
  writer.int(config.logprobs ?? 0, flags);
  writer.int(promptIds.length, biases.length, stops.length, breakers.length);
  for (const id of promptIds) {
    writer.int(id);
  }
  for (const [tokenId, bias] of biases) {
    writer.int(Number(tokenId));
    // Beyond float32's range, only what forbids a token is infinite.
    writer.float(
      bias === Number.NEGATIVE_INFINITY
        ? bias
        : Math.max(-FLOAT_LIMIT, Math.min(FLOAT_LIMIT, bias)),
    );
  }
  writer.texts(stops);
  writer.texts(breakers);
  return writer.bytes;
}
