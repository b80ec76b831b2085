/** Reads the fields of a vocabulary and checks their types, lengths and values. */

import { quoted, shown } from "../quoted.js";
import { GGUFArray, viewOf } from "./array.js";
import type { GGUFFile } from "./file.js";
import * as limits from "./limits.js";
import { typeName, ValueType } from "./value_type.js";

export const KEYS = {
  name: "general.name",
  model: "tokenizer.ggml.model",
  pre: "tokenizer.ggml.pre",
  tokens: "tokenizer.ggml.tokens",
  scores: "tokenizer.ggml.scores",
  types: "tokenizer.ggml.token_type",
  merges: "tokenizer.ggml.merges",
  addBos: "tokenizer.ggml.add_bos_token",
  addEos: "tokenizer.ggml.add_eos_token",
  addSpace: "tokenizer.ggml.add_space_prefix",
} as const;

/**
 * Whether special tokens take the whitespace after them, as those of Phi 3 do. GGUF files do
 * not say it (`rstrip` in Hugging Face's `tokenizer_config.json`), so it is told by the model's
 * name, as in llama.cpp.
 */
export function dropsSpaceAfterSpecial(file: GGUFFile): boolean {
  const name = file.metadata.get(KEYS.name);
  return typeof name === "string" && name.toLowerCase().replaceAll(/[ _-]/g, "").includes("phi3");
}

/** Values of `tokenizer.ggml.token_type`. */
export const TokenType = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

/** The kind of tokenizer; one that is not supported is an error. */
export function readTokenizer(file: GGUFFile): "llama" | "gpt2" {
  const model = file.metadata.get(KEYS.model);
  if (model === undefined) {
    throw file.error(`the file has no vocabulary: ${KEYS.model} is missing`);
  }
  if (model === "llama" || model === "gpt2") {
    return model;
  }
  throw file.error(`the tokenizer ${shown(model)} is not supported; supported are llama, gpt2`, {
    key: KEYS.model,
  });
}

/** An array of strings, whose size is bounded because the guest gets a copy. */
export function readStrings(file: GGUFFile, key: string): GGUFArray {
  const strings = file.metadata.get(key);
  if (strings === undefined) {
    throw file.error(`the vocabulary is incomplete: ${key} is missing`);
  }
  if (!(strings instanceof GGUFArray) || strings.elementType !== ValueType.string) {
    throw file.error(`${key} must be an array of strings`, { key });
  }
  const most = limits.MAX_VOCABULARY_STRINGS_BYTES;
  if (strings.raw.byteLength > most) {
    throw file.error(`${key} has ${strings.raw.byteLength} bytes; at most ${most} are allowed`, {
      key,
    });
  }
  return strings;
}

/** Check how many tokens there are and how long they are. */
export function checkTokens(file: GGUFFile, tokens: GGUFArray): void {
  const key = KEYS.tokens;
  if (tokens.length === 0 || tokens.length > limits.MAX_TOKENS) {
    throw file.error(
      `the vocabulary has ${tokens.length} tokens; from 1 to ${limits.MAX_TOKENS} is allowed`,
      { key },
    );
  }
  const { starts } = tokens;
  let longest = 0;
  for (let index = 0; index < tokens.length; index++) {
    longest = Math.max(longest, (starts[index + 1] as number) - (starts[index] as number) - 8);
  }
  if (longest > limits.MAX_TOKEN_BYTES) {
    throw file.error(
      `the longest token has ${longest} bytes; at most ${limits.MAX_TOKEN_BYTES} are allowed`,
      { key },
    );
  }
}

function numbers(
  file: GGUFFile,
  key: string,
  allowed: readonly ValueType[],
  numTokens: number,
): GGUFArray | null {
  const found = file.metadata.get(key);
  if (found === undefined) {
    return null;
  }
  if (!(found instanceof GGUFArray) || !allowed.includes(found.elementType)) {
    throw file.error(`${key} must be an array of ${allowed.map(typeName).join(" or ")}`, { key });
  }
  if (found.length < numTokens) {
    throw file.error(`${key} has ${found.length} elements for ${numTokens} tokens`, { key });
  }
  return found;
}

/** A score for each token, or null if the file has none. */
export function readScores(file: GGUFFile, numTokens: number): Float32Array | null {
  const key = KEYS.scores;
  const found = numbers(file, key, [ValueType.float32, ValueType.int32], numTokens);
  if (found === null) {
    return null;
  }
  const view = viewOf(found.raw);
  const isFloat = found.elementType === ValueType.float32;
  const scores = Float32Array.from({ length: numTokens }, (_, index) =>
    isFloat ? view.getFloat32(4 * index, true) : view.getInt32(4 * index, true),
  );
  if (scores.some(Number.isNaN)) {
    throw file.error(`${key} holds numbers that are none (NaN)`, { key });
  }
  return scores;
}

/** A `TokenType` for each token, or null if the file has none. */
export function readTypes(file: GGUFFile, numTokens: number): Int32Array | null {
  const found = numbers(file, KEYS.types, [ValueType.int32], numTokens);
  if (found === null) {
    return null;
  }
  const view = viewOf(found.raw);
  return Int32Array.from({ length: numTokens }, (_, index) => {
    const type = view.getInt32(4 * index, true);
    // What has no meaning has no text either, as in llama.cpp.
    return type < TokenType.normal || type > TokenType.byte ? TokenType.unused : type;
  });
}

/** A bool of the metadata. */
export function readFlag(file: GGUFFile, key: string, fallback: boolean): boolean {
  const value = file.metadata.get(key) ?? fallback;
  if (typeof value !== "boolean") {
    throw file.error(`${key} must be a bool`, { key });
  }
  return value;
}

/** The pre-tokenizer's name; empty where the file does not give it. */
export function readPreName(file: GGUFFile): string {
  const name = file.metadata.get(KEYS.pre) ?? "";
  if (typeof name !== "string") {
    throw file.error(`${KEYS.pre} must be a string`, { key: KEYS.pre });
  }
  return name;
}

/** The error of a pre-tokenizer that is not known. */
export function unknownPre(file: GGUFFile, name: string, known: Iterable<string>): Error {
  const names = [...known].filter(Boolean).sort().join(", ");
  const text = quoted([...name].slice(0, 80).join(""));
  return file.error(`the pre-tokenizer ${text} is not supported; supported are ${names}`, {
    key: KEYS.pre,
  });
}
