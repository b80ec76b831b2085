/** The metadata of a file: values by key, decoded when they are asked for. */

import { GGUFArray, viewOf } from "./array.js";
import { readNumber, ValueType } from "./value_type.js";

/** Where a value lies and what it is. */
export interface Entry {
  /** Of the elements, for an array. */
  readonly type: ValueType;
  /** Elements of an array, or -1 for a single value. */
  readonly numElements: number;
  /** Place of the value's bytes, without type, count or a string's length. */
  readonly offset: number;
  readonly byteLength: number;
}

export type MetadataValue = number | bigint | boolean | string | GGUFArray;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export class Metadata {
  readonly #header: Uint8Array;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(header: Uint8Array, entries: ReadonlyMap<string, Entry>) {
    this.#header = header;
    this.#entries = entries;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  entry(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** A value; strings that are no UTF-8 get U+FFFD where they are not. */
  get(key: string): MetadataValue | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return undefined;
    }
    const raw = this.#header.subarray(entry.offset, entry.offset + entry.byteLength);
    if (entry.numElements >= 0) {
      return new GGUFArray(entry.type, entry.numElements, raw);
    }
    return entry.type === ValueType.string
      ? DECODER.decode(raw)
      : readNumber(viewOf(raw), 0, entry.type);
  }

  /** A text, or undefined where there is none. */
  text(key: string): string | undefined {
    const value = this.get(key);
    return typeof value === "string" ? value : undefined;
  }
}
