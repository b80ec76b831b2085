/** Bytes of a file, read by ranges. */

import { ModelFormatError } from "../errors.js";

export interface ByteSource {
  /** The file's name or address for messages; empty for bytes in memory. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** Fill `into` from an offset; the range lies within the size. */
  read(offset: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Bytes in memory, without a copy; they must not change while in use. */
export class BytesSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array | ArrayBuffer, name = "") {
    this.#bytes = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    this.name = name;
    this.size = this.#bytes.byteLength;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    const bytes = opened(this.#bytes);
    if (bytes.byteLength < this.size) {
      throw new ModelFormatError("the bytes of the model were transferred away while in use");
    }
    into.set(bytes.subarray(offset, offset + into.byteLength));
  }

  async close(): Promise<void> {
    this.#bytes = null;
  }
}

/** A `Blob` or `File`, which the browser keeps on disk. */
export class BlobSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  #blob: Blob | null;

  constructor(blob: Blob, name?: string) {
    const ownName = typeof File !== "undefined" && blob instanceof File ? blob.name : "";
    this.#blob = blob;
    this.name = name ?? ownName;
    this.size = blob.size;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    const part = opened(this.#blob).slice(offset, offset + into.byteLength);
    let bytes: ArrayBuffer;
    try {
      bytes = await part.arrayBuffer();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const where = this.name ? `${this.name}: ` : "";
      throw new ModelFormatError(`${where}the file cannot be read: ${reason}`, { cause: error });
    }
    if (bytes.byteLength !== into.byteLength) {
      throw cutShort(this.name, this.size);
    }
    into.set(new Uint8Array(bytes));
  }

  async close(): Promise<void> {
    this.#blob = null;
  }
}

/** The error of a file that became shorter while it was open. */
export function cutShort(name: string, size: number): ModelFormatError {
  const where = name ? `${name}: ` : "";
  return new ModelFormatError(
    `${where}the file had ${size} bytes when it was opened and was cut short since`,
  );
}

function opened<T>(handle: T | null): T {
  if (handle === null) {
    throw new ModelFormatError("the file is closed");
  }
  return handle;
}
