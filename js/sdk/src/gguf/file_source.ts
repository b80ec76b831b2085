/** Files by path; for Node only. */

import { type FileHandle, open, stat } from "node:fs/promises";
import { ModelFormatError, ModelNotFoundError } from "../errors.js";
import { type ByteSource, cutShort } from "./byte_source.js";
import { formatError } from "./format_error.js";

const MAX_READ_BYTES = 2 ** 30;

/**
 * Open a file; links are followed.
 *
 * @throws ModelNotFoundError if there is no such file.
 * @throws ModelFormatError if it is no regular file or cannot be read.
 */
export async function openFile(path: string): Promise<ByteSource> {
  try {
    // Asked first, because opening a device can have effects of its own.
    const status = await stat(path);
    checkIsFile(path, status);
    return new FileSource(path, status.size, await open(path, "r"));
  } catch (error) {
    if (error instanceof ModelFormatError) {
      throw error;
    }
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new ModelNotFoundError(`there is no file ${path}`);
    }
    throw formatError(`the file cannot be read: ${message}`, { name: path });
  }
}

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  #handle: FileHandle | null;

  constructor(path: string, size: number, handle: FileHandle) {
    this.name = path;
    this.size = size;
    this.#handle = handle;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    let done = 0;
    while (done < into.byteLength) {
      if (this.#handle === null) {
        throw formatError("the file is closed", { name: this.name });
      }
      const wanted = Math.min(into.byteLength - done, MAX_READ_BYTES);
      const { bytesRead } = await this.#handle.read(into, done, wanted, offset + done);
      if (bytesRead === 0) {
        throw cutShort(this.name, this.size);
      }
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }
}

function checkIsFile(path: string, status: Awaited<ReturnType<typeof stat>>): void {
  if (status.isFile()) {
    return;
  }
  const kinds: [boolean, string][] = [
    [status.isDirectory(), "a folder"],
    [status.isFIFO(), "a pipe"],
    [status.isSocket(), "a socket"],
    [status.isCharacterDevice() || status.isBlockDevice(), "a device"],
  ];
  const kind = kinds.find(([isKind]) => isKind)?.[1] ?? "something else";
  throw formatError(`this is ${kind}, not a file`, { name: path });
}
