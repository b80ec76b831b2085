/** Files behind URLs, read by ranges. */

import { ModelDownloadError } from "../errors.js";
import { type ByteSource, BytesSource } from "./byte_source.js";
import { type Answer, Downloader, type DownloadOptions } from "./downloader.js";

/** Small reads that follow each other are one request. */
const BLOCK_BYTES = 8 << 20;
const FIRST_BYTES = 1 << 20;

/**
 * Open a file behind a URL. A server that knows no ranges has to send it whole, which is then
 * kept in memory.
 *
 * @throws ModelDownloadError if it cannot be fetched.
 */
export async function openUrl(url: string, options: DownloadOptions): Promise<ByteSource> {
  const downloader = new Downloader(url, options);
  const answer = await downloader.ask(0, FIRST_BYTES);
  if (answer.isPartial && answer.totalBytes !== null) {
    const first = await downloader.bytes(answer);
    return new HttpSource(downloader, answer, answer.totalBytes, first);
  }
  if (answer.isPartial) {
    throw new ModelDownloadError(
      `downloading ${url} failed: the server does not say how long the file is`,
      { url },
    );
  }
  return new BytesSource(await downloader.whole(answer), url);
}

/** Reads ranges; each answer must be of the same file as the first. */
class HttpSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #downloader: Downloader;
  readonly #first: Answer;
  #block: Uint8Array;
  #blockAt = 0;

  constructor(downloader: Downloader, first: Answer, size: number, block: Uint8Array) {
    this.name = downloader.url;
    this.size = size;
    this.#downloader = downloader;
    this.#first = first;
    this.#block = block;
  }

  async read(offset: number, into: Uint8Array): Promise<void> {
    let done = this.#copy(offset, into);
    while (done < into.byteLength) {
      const start = offset + done;
      const end = Math.min(start + BLOCK_BYTES, this.size);
      this.#block = await this.#downloader.range(start, end, this.#first);
      this.#blockAt = start;
      done += this.#copy(start, into.subarray(done));
    }
  }

  async close(): Promise<void> {
    this.#block = new Uint8Array(0);
    this.#downloader.close();
  }

  /** Copy what is there already, and give how much that was. */
  #copy(offset: number, into: Uint8Array): number {
    const start = offset - this.#blockAt;
    if (start < 0 || start >= this.#block.byteLength) {
      return 0;
    }
    const part = this.#block.subarray(start, start + into.byteLength);
    into.set(part);
    return part.byteLength;
  }
}
