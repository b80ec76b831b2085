/** Options of a generation: defaults, ranges, checks; those of Python's `GenerationConfig`. */

import { checkedGrammar, checkedJsonObject, checkedSchema, formField } from "./answer_form.js";
import { display } from "./display.js";
import { SamplingParamsError } from "./errors.js";
import type { GenerationConfig, JsonSchema } from "./types.js";

/** What may be given of a `GenerationConfig`; the rest has its default. */
export type SamplingOptions = {
  [K in Exclude<keyof GenerationConfig, "stop" | "drySequenceBreakers" | "jsonSchema">]?:
    | GenerationConfig[K]
    | undefined;
} & {
  /** Generation ends before any of these would appear in the text. */
  stop?: string | readonly string[] | undefined;
  drySequenceBreakers?: string | readonly string[] | undefined;
  /** The answer is compact JSON that satisfies this schema, or its JSON text; in a server only. */
  jsonSchema?: JsonSchema | string | null | undefined;
};

const MAX_COUNT = 2 ** 31 - 1;
const MAX_LOGPROBS = 100;
const MAX_STOPS = 64;
const MAX_STOP_BYTES = 4096;
const MAX_LOGIT_BIAS = 1_000_000;

/** The defaults. */
export const DEFAULT_CONFIG: GenerationConfig = Object.freeze({
  maxTokens: 1024,
  minTokens: 0,
  temperature: 0.8,
  topK: 40,
  topP: 0.95,
  minP: 0.05,
  typicalP: 1,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  repeatLastN: 64,
  dryMultiplier: 0,
  dryBase: 1.75,
  dryAllowedLength: 2,
  dryPenaltyLastN: -1,
  drySequenceBreakers: Object.freeze(["\n", ":", '"', "*"]),
  xtcProbability: 0,
  xtcThreshold: 0.1,
  mirostat: 0,
  mirostatTau: 5,
  mirostatEta: 0.1,
  logitBias: Object.freeze({}),
  seed: null,
  stop: Object.freeze([]),
  ignoreEos: false,
  logprobs: null,
  jsonSchema: null,
  jsonObject: false,
  grammar: null,
});

interface Range {
  readonly low: number;
  readonly high: number;
  readonly isInteger: boolean;
}

const whole = (low: number, high: number): Range => ({ low, high, isInteger: true });
const number = (low: number, high: number): Range => ({ low, high, isInteger: false });

/** Allowed ranges of the numeric options; bounds are included. */
const RANGES = {
  maxTokens: whole(0, MAX_COUNT),
  minTokens: whole(0, MAX_COUNT),
  temperature: number(0, 100),
  topK: whole(0, MAX_COUNT),
  topP: number(0, 1),
  minP: number(0, 1),
  typicalP: number(0, 1),
  repetitionPenalty: number(0.01, 100),
  frequencyPenalty: number(-100, 100),
  presencePenalty: number(-100, 100),
  repeatLastN: whole(-1, MAX_COUNT),
  dryMultiplier: number(0, 100),
  dryBase: number(1, 100),
  dryAllowedLength: whole(0, MAX_COUNT),
  dryPenaltyLastN: whole(-1, MAX_COUNT),
  xtcProbability: number(0, 1),
  xtcThreshold: number(0, 1),
  mirostatTau: number(0, 1000),
  mirostatEta: number(0, 1000),
  // Python's seeds go to 2^64 - 1; a number here is exact up to this.
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  logprobs: whole(0, MAX_LOGPROBS),
} satisfies Partial<Record<keyof GenerationConfig, Range>>;

/** What a numeric option allows, in words; empty for any other. */
export function allowedValues(field: string): string {
  if (field === "mirostat") return "0 or 2";
  const range = (RANGES as Readonly<Record<string, Range>>)[field];
  if (range === undefined) return "";
  const kind = range.isInteger ? "a whole number" : "a number";
  return `${kind} from ${range.low} to ${range.high}`;
}

/**
 * The whole configuration that options stand for.
 *
 * @throws SamplingParamsError if an option is unknown or out of its range.
 * @throws GrammarError if a form of the answer is malformed, or there are two.
 */
export function checkedConfig(options: SamplingOptions = {}): GenerationConfig {
  const config: Record<string, unknown> = { ...DEFAULT_CONFIG };
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(DEFAULT_CONFIG, name)) {
      throw refusal(name, value, `one of ${Object.keys(DEFAULT_CONFIG).sort().join(", ")}`);
    }
    if (value !== undefined) config[name] = value;
  }
  for (const [name, range] of Object.entries(RANGES)) checkNumber(name, config[name], range);
  if (config.mirostat !== 0 && config.mirostat !== 2) {
    throw refusal("mirostat", config.mirostat, allowedValues("mirostat"));
  }
  if (typeof config.ignoreEos !== "boolean") {
    throw refusal("ignoreEos", config.ignoreEos, "true or false");
  }
  const { minTokens, maxTokens } = config as unknown as GenerationConfig;
  if (minTokens > maxTokens) {
    throw refusal("minTokens", minTokens, `at most maxTokens (${maxTokens})`);
  }
  config.stop = checkedStrings("stop", config.stop);
  config.drySequenceBreakers = checkedStrings("drySequenceBreakers", config.drySequenceBreakers);
  config.logitBias = checkedLogitBias(config.logitBias);
  if (config.jsonSchema !== null) config.jsonSchema = checkedSchema(config.jsonSchema);
  if (config.grammar !== null) config.grammar = checkedGrammar(config.grammar);
  config.jsonObject = checkedJsonObject(config.jsonObject);
  const checked = config as unknown as GenerationConfig;
  formField(checked);
  return checked;
}

/** Whether a text has no lone surrogates, which are no characters. */
export function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function checkNumber(name: string, value: unknown, range: Range): void {
  if (value === null && (name === "seed" || name === "logprobs")) return;
  const isNumber = range.isInteger ? Number.isInteger(value) : Number.isFinite(value);
  if (!isNumber || (value as number) < range.low || (value as number) > range.high) {
    throw refusal(name, value, allowedValues(name));
  }
}

function checkedStrings(name: string, value: unknown): readonly string[] {
  const allowed = `a string or at most ${MAX_STOPS} of them, none empty or over ${MAX_STOP_BYTES} bytes`;
  const items: unknown = typeof value === "string" ? [value] : value;
  if (!Array.isArray(items) || items.length > MAX_STOPS) throw refusal(name, value, allowed);
  for (const item of items as unknown[]) {
    // Every UTF-16 unit takes at least a byte, so that huge texts need not be encoded.
    if (typeof item !== "string" || item === "" || item.length > MAX_STOP_BYTES) {
      throw refusal(name, value, allowed);
    }
    if (!isUnicode(item)) throw refusal(name, value, "valid Unicode text");
    if (new TextEncoder().encode(item).length > MAX_STOP_BYTES) throw refusal(name, value, allowed);
  }
  return [...(items as string[])];
}

function checkedLogitBias(value: unknown): Readonly<Record<number, number>> {
  const allowed = "an object of token ids to numbers (-Infinity forbids a token)";
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refusal("logitBias", value, allowed);
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_LOGIT_BIAS) throw refusal("logitBias", entries.length, allowed);
  for (const [key, bias] of entries) {
    const isId = /^\d{1,10}$/.test(key) && Number(key) <= MAX_COUNT;
    const isBias = typeof bias === "number" && !Number.isNaN(bias) && bias !== Infinity;
    if (!isId || !isBias) throw refusal("logitBias", `${key}: ${display(bias)}`, allowed);
  }
  return { ...value };
}

function refusal(field: string, value: unknown, allowed: string): SamplingParamsError {
  const message = `${field}=${display(value)} is not allowed: ${field} must be ${allowed}`;
  return new SamplingParamsError(message, field, { value, allowed });
}
