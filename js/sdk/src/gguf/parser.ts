/**
 * Reads the header of a GGUF file and checks every number in it.
 *
 * The checks and their messages are those of `realm_jupyter.gguf.parser`. Nothing of the file
 * is trusted: no length is used before it was compared with what is there.
 */

import { isPrintable, quoted } from "../quoted.js";
import { viewOf } from "./array.js";
import { formatError } from "./format_error.js";
import * as limits from "./limits.js";
import type { Entry } from "./metadata.js";
import { QUANT_TYPES, type QuantType } from "./quant_type.js";
import type { TensorInfo } from "./tensor_info.js";
import { isValueType, typeBytes, typeName, ValueType } from "./value_type.js";

export interface Header {
  readonly version: number;
  readonly alignment: number;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Bytes before the tensors' data. */
  readonly byteLength: number;
}

/** Says that the header goes on beyond the bytes that were read. */
export class MoreBytesNeeded extends Error {
  readonly numBytes: number;

  constructor(numBytes: number) {
    super(`${numBytes} bytes are needed`);
    this.numBytes = numBytes;
  }
}

interface PlacedTensor {
  name: string;
  dims: readonly number[];
  numElements: bigint;
  quantType: QuantType;
  offset: bigint;
  byteLength: bigint;
  /** Where the offset stands. */
  offsetAt: number;
}

const DEFAULT_ALIGNMENT = 32;
const ALIGNMENT_KEY = "general.alignment";
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Read and check the header.
 *
 * @param bytes - The beginning of the file.
 * @param fileBytes - Size of the whole file.
 * @param name - The file's name for messages.
 * @throws MoreBytesNeeded if the header goes on beyond `bytes`.
 * @throws ModelFormatError with the byte offset of what is wrong.
 */
export function parseHeader(bytes: Uint8Array, fileBytes: number, name: string): Header {
  return new Parser(bytes, fileBytes, name).parse();
}

/** A position in the file, and the readers that move it. */
class Parser {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileBytes: number;
  readonly #fileName: string;
  #end: number;
  #at = 0;
  #nameBytes = 0;
  #arrayStrings = 0;

  constructor(bytes: Uint8Array, fileBytes: number, name: string) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#fileBytes = fileBytes;
    this.#fileName = name;
    this.#end = fileBytes;
  }

  parse(): Header {
    const { version, numTensors, numEntries } = this.#readCounts();
    const entries = this.#readEntries(numEntries);
    const alignment = this.#alignment(entries);
    const tensors = this.#readTensors(numTensors, alignment);
    return { version, alignment, entries, tensors, byteLength: this.#at };
  }

  // ---- Header ----

  #readCounts() {
    this.#need(Math.min(4, this.#fileBytes));
    const magic = this.#bytes.subarray(0, 4);
    if (String.fromCharCode(...magic) !== "GGUF") {
      this.#fail(`this is not a GGUF file: it begins with ${bytesText(magic)}, not b'GGUF'`, 0);
    }
    this.#at = 4;
    const version = this.#u32("the version");
    if (version !== 2 && version !== 3) {
      this.#fail(versionMessage(version), 4);
    }
    const numTensors = this.#u64("the number of tensors");
    if (numTensors > limits.MAX_TENSORS) {
      this.#fail(`${numTensors} tensors, but at most ${limits.MAX_TENSORS} are allowed`, 8);
    }
    const numEntries = this.#u64("the number of metadata entries");
    const most = limits.MAX_METADATA_ENTRIES;
    if (numEntries > most) {
      this.#fail(`${numEntries} metadata entries, but at most ${most} are allowed`, 16);
    }
    return { version, numTensors: Number(numTensors), numEntries: Number(numEntries) };
  }

  // ---- Metadata ----

  #readEntries(count: number): Map<string, Entry> {
    this.#end = Math.min(this.#fileBytes, this.#at + limits.MAX_METADATA_BYTES);
    const entries = new Map<string, Entry>();
    for (let index = 0; index < count; index++) {
      const start = this.#at;
      const key = this.#name("the key of entry", index, limits.MAX_KEY_BYTES);
      if (entries.has(key)) {
        this.#fail(`the key ${quoted(key)} is there twice`, start);
      }
      entries.set(key, this.#entry(key));
    }
    this.#end = this.#fileBytes;
    return entries;
  }

  #entry(key: string): Entry {
    const type = this.#valueType(key);
    if (type === ValueType.array) {
      return this.#array(key);
    }
    const byteLength =
      type === ValueType.string
        ? this.#stringSize("the string", key, limits.MAX_STRING_BYTES)
        : typeBytes(type);
    const offset = this.#skip(byteLength, "the value of", key);
    if (type === ValueType.bool && this.#view.getUint8(offset) > 1) {
      this.#fail(`the value of ${quoted(key)} is neither 0 nor 1, but a bool`, offset);
    }
    return { type, numElements: -1, offset, byteLength };
  }

  #array(key: string): Entry {
    const typeAt = this.#at;
    const type = this.#valueType(key);
    if (type === ValueType.array) {
      this.#fail(`${quoted(key)} is an array of arrays, which nothing uses`, typeAt);
    }
    const countAt = this.#at;
    const count = this.#u64("the length of the array", key);
    const least = count * BigInt(type === ValueType.string ? 8 : typeBytes(type));
    if (least > this.#end - this.#at) {
      this.#failAtEnd("the array", key, countAt);
    }
    if (type === ValueType.string) {
      return this.#stringArray(key, Number(count), countAt);
    }
    const byteLength = Number(least);
    const offset = this.#skip(byteLength, "the array", key);
    if (type === ValueType.bool) {
      const wrong = this.#bytes.subarray(offset, this.#at).findIndex((value) => value > 1);
      if (wrong >= 0) {
        this.#fail(`an element of ${quoted(key)} is neither 0 nor 1, but a bool`, offset + wrong);
      }
    }
    return { type, numElements: Number(count), offset, byteLength };
  }

  #stringArray(key: string, count: number, countAt: number): Entry {
    this.#arrayStrings += count;
    const most = limits.MAX_ARRAY_STRINGS;
    if (this.#arrayStrings > most) {
      this.#fail(`more than ${most} strings in arrays, with those of ${quoted(key)}`, countAt);
    }
    const offset = this.#at;
    for (let index = 0; index < count; index++) {
      this.#at = this.#stringEnd(key, this.#at);
    }
    return {
      type: ValueType.string,
      numElements: count,
      offset,
      byteLength: this.#at - offset,
    };
  }

  /** Where a string of an array ends, whose length stands at `start`. */
  #stringEnd(key: string, start: number): number {
    if (this.#end - start < 8) {
      this.#failAtEnd("a string of the array", key, start);
    }
    this.#need(start + 8);
    const length = this.#view.getUint32(start, true);
    const high = this.#view.getUint32(start + 4, true);
    if (high > 0 || length > limits.MAX_STRING_BYTES) {
      const found = this.#view.getBigUint64(start, true);
      const most = limits.MAX_STRING_BYTES;
      this.#fail(
        `in the array ${quoted(key)}: a string of ${found} bytes is longer than the ${most} that are allowed`,
        start,
      );
    }
    if (length > this.#end - start - 8) {
      this.#failAtEnd("a string of the array", key, start);
    }
    this.#need(start + 8 + length);
    return start + 8 + length;
  }

  #alignment(entries: ReadonlyMap<string, Entry>): number {
    const entry = entries.get(ALIGNMENT_KEY);
    if (entry === undefined) {
      return DEFAULT_ALIGNMENT;
    }
    if (entry.type !== ValueType.uint32 || entry.numElements >= 0) {
      this.#fail(`${ALIGNMENT_KEY} must be a uint32, not ${typeName(entry.type)}`, entry.offset);
    }
    const alignment = this.#view.getUint32(entry.offset, true);
    const isPower = alignment > 0 && Number.isInteger(Math.log2(alignment));
    if (!isPower || alignment > limits.MAX_ALIGNMENT) {
      this.#fail(
        `${ALIGNMENT_KEY} is ${alignment}; it must be a power of two of at most ${limits.MAX_ALIGNMENT}`,
        entry.offset,
      );
    }
    return alignment;
  }

  // ---- Tensors ----

  #readTensors(count: number, alignment: number): Map<string, TensorInfo> {
    const found = new Map<string, PlacedTensor>();
    for (let index = 0; index < count; index++) {
      const start = this.#at;
      const name = this.#name("the name of tensor", index, limits.MAX_TENSOR_NAME_BYTES);
      if (found.has(name)) {
        this.#fail(`the tensor ${quoted(name)} is there twice`, start);
      }
      found.set(name, this.#tensor(name));
    }
    return this.#placed([...found.values()], BigInt(alignment));
  }

  #tensor(name: string): PlacedTensor {
    const numDimsAt = this.#at;
    const numDims = this.#u32("the number of dimensions of tensor", name);
    if (numDims > limits.MAX_DIMENSIONS) {
      this.#fail(`tensor ${quoted(name)} has ${numDims} dimensions; 4 is the most`, numDimsAt);
    }
    const shapeAt = this.#skip(8 * numDims, "the shape of tensor", name);
    const dims: bigint[] = [];
    let numElements = 1n;
    for (let axis = 0; axis < numDims; axis++) {
      const dim = this.#view.getBigInt64(shapeAt + 8 * axis, true);
      if (dim <= 0n) {
        this.#fail(`dimension ${axis} of tensor ${quoted(name)} is ${dim}`, shapeAt + 8 * axis);
      }
      dims.push(dim);
      numElements *= dim;
    }
    if (numElements > limits.MAX_ELEMENTS) {
      const list = `[${dims.join(", ")}]`;
      this.#fail(`tensor ${quoted(name)} has too many elements: ${list}`, shapeAt);
    }
    const typeAt = this.#at;
    const number = this.#u32("the type of tensor", name);
    const quantType = QUANT_TYPES.get(number);
    if (quantType === undefined) {
      this.#fail(`tensor ${quoted(name)} has the type ${number}, which does not exist`, typeAt);
    }
    const row = dims[0] ?? 1n;
    const { blockSize, blockBytes } = quantType;
    if (row % BigInt(blockSize) !== 0n) {
      this.#fail(
        `tensor ${quoted(name)} has rows of ${row} elements; ${quantType.name} needs a multiple of ${blockSize}`,
        shapeAt,
      );
    }
    const byteLength = (numElements / BigInt(blockSize)) * BigInt(blockBytes);
    const offset = this.#u64("the offset of tensor", name);
    // The lengths are exact as numbers once the tensor is known to lie within the file.
    return {
      name,
      dims: dims.map(Number),
      numElements,
      quantType,
      offset,
      byteLength,
      offsetAt: this.#at - 8,
    };
  }

  /** Check the tensors' places and make their offsets count from the file's beginning. */
  #placed(found: readonly PlacedTensor[], alignment: bigint): Map<string, TensorInfo> {
    const data = ((BigInt(this.#at) + alignment - 1n) / alignment) * alignment;
    const tensors = new Map<string, TensorInfo>();
    const places = new Map<string, number>();
    for (const tensor of found) {
      const { name, offset, byteLength, offsetAt } = tensor;
      if (offset % alignment !== 0n) {
        this.#fail(
          `the offset ${offset} of tensor ${quoted(name)} is no multiple of the alignment ${alignment}`,
          offsetAt,
        );
      }
      const begin = data + offset;
      if (begin + byteLength > this.#fileBytes) {
        this.#fail(
          `tensor ${quoted(name)} (${byteLength} bytes at ${begin}) reaches beyond the end of the file, which has ${this.#fileBytes} bytes`,
          offsetAt,
        );
      }
      places.set(name, offsetAt);
      tensors.set(name, {
        name,
        dims: tensor.dims,
        quantType: tensor.quantType,
        offset: Number(begin),
        byteLength: Number(byteLength),
        numElements: Number(tensor.numElements),
      });
    }
    this.#checkOverlaps(tensors, places);
    return tensors;
  }

  #checkOverlaps(tensors: ReadonlyMap<string, TensorInfo>, places: ReadonlyMap<string, number>) {
    const sorted = [...tensors.values()].sort((left, right) => left.offset - right.offset);
    let end = 0;
    let before = "";
    for (const { name, offset, byteLength } of sorted) {
      if (offset < end) {
        this.#fail(
          `the tensors ${quoted(before)} and ${quoted(name)} overlap`,
          places.get(name) as number,
        );
      }
      end = offset + byteLength;
      before = name;
    }
  }

  // ---- Primitives ----

  #u32(what: string, name: string | number = ""): number {
    return this.#view.getUint32(this.#skip(4, what, name), true);
  }

  #u64(what: string, name: string | number = ""): bigint {
    return this.#view.getBigUint64(this.#skip(8, what, name), true);
  }

  #valueType(key: string): ValueType {
    const where = this.#at;
    const number = this.#u32("the type of", key);
    if (!isValueType(number)) {
      this.#fail(`${quoted(key)} has the type ${number}, which does not exist`, where);
    }
    return number;
  }

  #stringSize(what: string, name: string | number, most: number): number {
    const where = this.#at;
    const size = this.#u64(what, name);
    if (size > most) {
      this.#fail(
        `${what} ${shownName(name)} has ${size} bytes; at most ${most} are allowed`,
        where,
      );
    }
    return Number(size);
  }

  /** Read a key or a tensor's name: text that can be shown. */
  #name(what: string, index: number, most: number): string {
    const where = this.#at;
    const size = this.#stringSize(what, index, most);
    if (size === 0) {
      this.#fail(`${what} ${index} is empty`, where);
    }
    this.#nameBytes += size;
    if (this.#nameBytes > limits.MAX_NAMES_BYTES) {
      this.#fail(
        `the keys and names are longer than the ${limits.MAX_NAMES_BYTES} bytes that are allowed, with ${what} ${index}`,
        where,
      );
    }
    const start = this.#skip(size, what, index);
    let name: string;
    try {
      name = STRICT_UTF8.decode(this.#bytes.subarray(start, start + size));
    } catch {
      this.#fail(`${what} ${index} is not UTF-8`, start);
    }
    if (!isPrintable(name)) {
      const shown = quoted([...name].slice(0, 80).join(""));
      this.#fail(`${what} ${index} holds control characters: ${shown}`, start);
    }
    return name;
  }

  /** Move on by some bytes and give where they begin. */
  #skip(size: number, what: string, name: string | number): number {
    const start = this.#at;
    if (size > this.#end - start) {
      this.#failAtEnd(what, name, start);
    }
    this.#need(start + size);
    this.#at = start + size;
    return start;
  }

  /** Have the file's bytes up to here, which lie within it. */
  #need(end: number): void {
    if (end > this.#bytes.byteLength) {
      throw new MoreBytesNeeded(end);
    }
  }

  #failAtEnd(what: string, name: string | number, offset: number): never {
    const whole = name === "" ? what : `${what} ${shownName(name)}`;
    if (this.#end < this.#fileBytes) {
      const most = limits.MAX_METADATA_BYTES;
      this.#fail(
        `the metadata is longer than the ${most} bytes that are allowed, with ${whole}`,
        offset,
      );
    }
    this.#fail(`the file ends inside ${whole}`, offset);
  }

  #fail(message: string, offset: number): never {
    throw formatError(message, { name: this.#fileName, offset });
  }
}

function shownName(name: string | number): string {
  return typeof name === "number" ? String(name) : quoted(name);
}

function bytesText(bytes: Uint8Array): string {
  const text = [...bytes].map((byte) =>
    byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `b'${text.join("")}'`;
}

function versionMessage(version: number): string {
  if ((version & 0xffff) === 0 && version !== 0) {
    return "this is a big-endian GGUF file; only little-endian files are supported";
  }
  if (version === 1) {
    return "GGUF version 1 is not supported any more; convert the model again";
  }
  return `GGUF version ${version} is not supported; supported are 2 and 3`;
}
