/** A GGUF file, opened for reading by ranges. */

import { type ModelFormatError, ModelNotFoundError } from "../errors.js";
import type { ByteSource } from "./byte_source.js";
import { formatError } from "./format_error.js";
import { Metadata } from "./metadata.js";
import { MoreBytesNeeded, parseHeader } from "./parser.js";
import { openParts, type Part, type Siblings } from "./split.js";
import type { TensorInfo } from "./tensor_info.js";
import type { TensorEntry, TensorSource } from "./tensor_source.js";

const FIRST_BYTES = 1 << 20;

/** What a file holds, in a few numbers. */
export interface FileSummary {
  /** Elements of all tensors. */
  readonly numParameters: number;
  /** The quant type of most bytes; empty in a file without tensors. */
  readonly quantType: string;
}

export class GGUFFile implements TensorSource {
  readonly name: string;
  readonly version: number;
  /** Bytes of the whole file; of a split model, of all its files. */
  readonly fileBytes: number;
  readonly metadata: Metadata;
  /** By name, in the file's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Where each tensor is. */
  readonly #sourceOf = new Map<string, ByteSource>();
  readonly #sources: readonly ByteSource[];

  private constructor(parts: readonly Part[]) {
    const { source, header, bytes } = parts[0] as Part;
    this.#sources = parts.map((part) => part.source);
    this.name = source.name;
    this.version = header.version;
    this.fileBytes = this.#sources.reduce((sum, { size }) => sum + size, 0);
    this.metadata = new Metadata(bytes, header.entries);
    this.tensors = new Map(parts.flatMap((part) => [...part.header.tensors]));
    for (const part of parts) {
      for (const name of part.header.tensors.keys()) this.#sourceOf.set(name, part.source);
    }
  }

  /**
   * Read and check the header; no tensor is read. Whatever was opened is closed when that fails.
   *
   * @param source - The file, or the first file of a split model.
   * @param siblings - Finds the others; null where there are none.
   * @throws ModelFormatError if anything is wrong with the file: message, file, byte offset.
   */
  static async open(
    source: ByteSource,
    signal?: AbortSignal,
    siblings: Siblings | null = null,
  ): Promise<GGUFFile> {
    const parts: Part[] = [];
    const openPart = async (file: ByteSource): Promise<Part> => {
      try {
        return await readHeader(file, signal);
      } catch (error) {
        await file.close();
        throw error;
      }
    };
    try {
      parts.push(await openPart(source));
      await openParts(parts, siblings, openPart);
      return new GGUFFile(parts);
    } catch (error) {
      for (const part of parts) await part.source.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  tensor(name: string): TensorEntry {
    const { dims, quantType, byteLength } = this.#info(name);
    return { name, quantType: quantType.number, shape: dims, byteLength };
  }

  async read(name: string, offset: number, into: Uint8Array): Promise<void> {
    const info = this.#info(name);
    if (offset < 0 || offset + into.byteLength > info.byteLength) {
      throw new RangeError(
        `bytes ${offset} to ${offset + into.byteLength} of tensor '${name}', which has ${info.byteLength}`,
      );
    }
    await (this.#sourceOf.get(name) as ByteSource).read(info.offset + offset, into);
  }

  /** An error that names the file and where the key or tensor stands. */
  error(message: string, about: { key?: string; tensor?: string } = {}): ModelFormatError {
    const entry = about.key === undefined ? undefined : this.metadata.entry(about.key);
    const info = about.tensor === undefined ? undefined : this.tensors.get(about.tensor);
    const offset = entry?.offset ?? info?.offset;
    const place = info === undefined ? undefined : this.#sourceOf.get(info.name);
    const name = place?.name ?? this.name;
    return formatError(message, { name, ...(offset !== undefined && { offset }) });
  }

  summary(): FileSummary {
    const sizes = new Map<string, number>();
    let numParameters = 0;
    for (const { quantType, byteLength, numElements } of this.tensors.values()) {
      sizes.set(quantType.name, (sizes.get(quantType.name) ?? 0) + byteLength);
      numParameters += numElements;
    }
    let quantType = "";
    for (const [name, size] of sizes) {
      if (size > (sizes.get(quantType) ?? -1)) {
        quantType = name;
      }
    }
    return { numParameters, quantType };
  }

  async close(): Promise<void> {
    for (const source of this.#sources) await source.close();
  }

  #info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (info === undefined) {
      throw new ModelNotFoundError(`there is no tensor '${name}' in the file`);
    }
    return info;
  }
}

/** Read more and more of the file until its header is there. */
async function readHeader(source: ByteSource, signal: AbortSignal | undefined): Promise<Part> {
  if (source.size === 0) {
    throw formatError(source.name ? "the file is empty" : "no bytes were given", {
      name: source.name,
      offset: 0,
    });
  }
  let bytes = new Uint8Array(0);
  let wanted = Math.min(FIRST_BYTES, source.size);
  for (;;) {
    signal?.throwIfAborted();
    const longer = new Uint8Array(wanted);
    longer.set(bytes);
    await source.read(bytes.byteLength, longer.subarray(bytes.byteLength));
    bytes = longer;
    try {
      const header = parseHeader(bytes, source.size, source.name);
      return { source, header, bytes: bytes.slice(0, header.byteLength) };
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded)) {
        throw error;
      }
      // Twice as much each time, so that a long header is not parsed over and over.
      wanted = Math.min(Math.max(error.numBytes, 2 * wanted), source.size);
    }
  }
}
