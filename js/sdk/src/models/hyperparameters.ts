/**
 * A file's hyperparameters, read with their types and ranges checked.
 *
 * Files are untrusted: a missing key, zero heads, 2³¹ layers or an epsilon that is not a
 * number end in `ModelFormatError` with the key's name and its place in the file.
 */

import type { ModelFormatError } from "../errors.js";
import { GGUFArray } from "../gguf/array.js";
import type { GGUFFile } from "../gguf/file.js";
import type { MetadataValue } from "../gguf/metadata.js";
import { isFloat, ValueType } from "../gguf/value_type.js";
import { general, shown } from "../quoted.js";

export const MAX_LAYERS = 1024;
export const MAX_CONTEXT_LENGTH = 2 ** 30;
const MAX_WIDTH = 2 ** 24;

/** The heads of an attention layer. */
export interface Heads {
  readonly numHeads: number;
  readonly numKVHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Columns of a head that rope turns. */
  readonly rotaryDims: number;
}

export interface CountOptions {
  fallback?: number;
  low?: number;
  high?: number;
}

export interface NumberOptions extends CountOptions {
  /** Whether `low` itself is not allowed. */
  isAbove?: boolean;
}

/** A value of the metadata, and whether the file has it as a floating-point number. */
interface Found {
  value: MetadataValue;
  isFloat: boolean;
}

/** Reads the keys of one architecture. */
export class HyperparameterReader {
  readonly #file: GGUFFile;
  readonly #architecture: string;

  constructor(file: GGUFFile, architecture: string) {
    this.#file = file;
    this.#architecture = architecture;
  }

  has(key: string): boolean {
    return this.#file.metadata.has(this.#name(key));
  }

  /**
   * A whole number from `low` to `high`. Where the file has a list with a number for each
   * layer, all must be the same.
   */
  count(key: string, { fallback, low = 1, high = MAX_WIDTH }: CountOptions = {}): number {
    const found = this.#common(key, this.#value(key, fallback));
    const { value } = found;
    const isWhole = typeof value === "number" || typeof value === "bigint";
    if (!isWhole || found.isFloat) {
      throw this.#error(key, `${shownFound(found)} is not a whole number`);
    }
    if (value < low || value > high) {
      throw this.#error(key, `${value} is not from ${low} to ${high}`);
    }
    return Number(value);
  }

  /** A finite number from `low` to `high`, or above `low`. */
  number(
    key: string,
    { fallback, low = 0, high = Number.POSITIVE_INFINITY, isAbove = false }: NumberOptions = {},
  ): number {
    const found = this.#value(key, fallback);
    const { value } = found;
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw this.#error(key, `${shownFound(found)} is not a number`);
    }
    const number = Number(value);
    const isLow = isAbove ? number <= low : number < low;
    if (!Number.isFinite(number) || isLow || number > high) {
      const least = isAbove ? `above ${general(low)}` : `at least ${general(low)}`;
      const most = Number.isFinite(high) ? ` and at most ${general(high)}` : "";
      throw this.#error(key, `${shownFound(found)} is not ${least}${most}`);
    }
    return number;
  }

  /** One of the names that are allowed. */
  choice(key: string, fallback: string, allowed: readonly string[]): string {
    const found = this.#value(key, fallback);
    if (typeof found.value !== "string" || !allowed.includes(found.value)) {
      throw this.#error(key, `${shownFound(found)} is not one of ${allowed.join(", ")}`);
    }
    return found.value;
  }

  /** The attention heads; their width defaults to an equal share of the row. */
  heads(): Heads {
    const numHeads = this.count("attention.head_count");
    const numKVHeads = this.count("attention.head_count_kv", { fallback: numHeads });
    if (numHeads % numKVHeads !== 0) {
      throw this.#error(
        "attention.head_count_kv",
        `${numHeads} heads cannot share ${numKVHeads} evenly`,
      );
    }
    const keyDim = this.#keyDim(numHeads);
    const valueDim = this.count("attention.value_length", { fallback: keyDim });
    const rotaryDims = this.count("rope.dimension_count", { fallback: keyDim, high: keyDim });
    if (rotaryDims % 2 !== 0) {
      throw this.#error("rope.dimension_count", `${rotaryDims} is not even`);
    }
    return { numHeads, numKVHeads, keyDim, valueDim, rotaryDims };
  }

  #keyDim(numHeads: number): number {
    if (this.has("attention.key_length")) {
      return this.count("attention.key_length");
    }
    const width = this.count("embedding_length");
    if (width % numHeads !== 0) {
      throw this.#error(
        "attention.head_count",
        `a width of ${width} has no ${numHeads} equal parts`,
      );
    }
    return width / numHeads;
  }

  #name(key: string): string {
    return `${this.#architecture}.${key}`;
  }

  #error(key: string, problem: string): ModelFormatError {
    const name = this.#name(key);
    return this.#file.error(`${name}: ${problem}`, { key: name });
  }

  #value(key: string, fallback: MetadataValue | undefined): Found {
    const name = this.#name(key);
    const value = this.#file.metadata.get(name);
    const entry = this.#file.metadata.entry(name);
    if (value !== undefined && entry !== undefined) {
      return { value, isFloat: isFloat(entry.type) };
    }
    if (fallback === undefined) {
      throw this.#error(key, "is missing");
    }
    return { value: fallback, isFloat: false };
  }

  #common(key: string, found: Found): Found {
    const list = found.value;
    if (!(list instanceof GGUFArray)) {
      return found;
    }
    if (list.length === 0 || list.length > MAX_LAYERS) {
      throw this.#error(key, `a list of ${list.length} is not one number for each layer`);
    }
    const isText = list.elementType === ValueType.string;
    const at = (index: number) => (isText ? list.textAt(index) : list.numberAt(index));
    for (let index = 1; index < list.length; index++) {
      if (at(index) !== at(0)) {
        throw this.#error(key, "layers that differ from each other are not supported");
      }
    }
    return { value: at(0), isFloat: found.isFloat };
  }
}

function shownFound({ value, isFloat: isFraction }: Found): string {
  if (value instanceof GGUFArray) {
    return "a list";
  }
  const isWholeFloat = isFraction && Number.isInteger(value);
  return isWholeFloat ? `${value}.0` : shown(value, 60);
}
