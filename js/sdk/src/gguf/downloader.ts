/** Requests for a file and its parts, tried again where that is safe. */

import { anySignal } from "../abort.js";
import { ModelDownloadError } from "../errors.js";

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Called as bytes arrive; the total is 0 while it is not known. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** For tests. */
  fetch?: typeof fetch;
  /** Milliseconds before the first repetition; twice as many before the next. */
  retryMs?: number;
}

/** A server's answer, before its body was read. */
export interface Answer {
  readonly response: Response;
  /** Whether it is a part of the file, as asked for. */
  readonly isPartial: boolean;
  /** Bytes of the whole file, where the server tells. */
  readonly totalBytes: number | null;
  /** Tells one version of the file from another; empty where the server has nothing for it. */
  readonly version: string;
}

const MAX_TRIES = 4;
const RETRY_MS = 250;
const MAX_WAIT_MS = 10_000;
/** Answers that may be another one a moment later. */
const PASSING_STATUS: readonly number[] = [408, 425, 429, 500, 502, 503, 504];
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

export class Downloader {
  readonly url: string;
  readonly #options: DownloadOptions;
  readonly #closed = new AbortController();
  #doneBytes = 0;

  constructor(url: string, options: DownloadOptions) {
    this.url = url;
    this.#options = options;
  }

  /** Ask for the bytes from `start` up to `end`; a server may send everything instead. */
  async ask(start: number, end: number): Promise<Answer> {
    const response = await this.#fetch({ headers: { range: `bytes=${start}-${end - 1}` } });
    const range = CONTENT_RANGE.exec(response.headers.get("content-range") ?? "");
    const version = response.headers.get("etag") ?? response.headers.get("last-modified") ?? "";
    if (response.status !== 206) {
      const length = Number(response.headers.get("content-length"));
      const isEncoded = response.headers.has("content-encoding");
      const totalBytes = length > 0 && !isEncoded ? length : null;
      return { response, isPartial: false, totalBytes, version };
    }
    if (range !== null && Number(range[1]) !== start) {
      throw this.#error(`the server sent bytes from ${range[1]} where ${start} was asked for`);
    }
    // Pages see this header of other hosts only where these allow it.
    const told = range?.[3];
    const totalBytes = told === undefined || told === "*" ? await this.#askLength() : Number(told);
    return { response, isPartial: true, totalBytes, version };
  }

  /** The bytes from `start` up to `end` of the file that `first` was of. */
  async range(start: number, end: number, first: Answer): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    let done = 0;
    await this.#repeat(async () => {
      this.#throwIfEnded();
      const answer = await this.ask(start + done, end);
      this.#checkSame(answer, first);
      const body = answer.response.body?.getReader();
      while (body !== undefined && done < bytes.byteLength) {
        const { value } = await body.read();
        if (value === undefined) {
          throw new CutShort();
        }
        const part = value.subarray(0, bytes.byteLength - done);
        bytes.set(part, done);
        done += part.byteLength;
        this.#report(part.byteLength, first.totalBytes);
      }
      await body?.cancel();
    });
    return bytes;
  }

  /** The body of an answer to a request for a part; nothing where it was cut short. */
  async bytes({ response, totalBytes }: Answer): Promise<Uint8Array> {
    try {
      const bytes = new Uint8Array(await response.arrayBuffer());
      this.#report(bytes.byteLength, totalBytes);
      return bytes;
    } catch {
      this.#throwIfEnded();
      return new Uint8Array(0);
    }
  }

  /** The whole file, from an answer that is not partial. */
  async whole(answer: Answer): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of this.stream(answer)) {
      parts.push(part);
      size += part.byteLength;
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    return bytes;
  }

  /** The pieces of the whole file as they arrive, from an answer that is not partial. */
  async *stream(answer: Answer): AsyncIterable<Uint8Array> {
    const { response, totalBytes } = answer;
    const body = response.body?.getReader();
    let size = 0;
    try {
      for (;;) {
        const { value } = (await body?.read()) ?? {};
        if (value === undefined) {
          break;
        }
        size += value.byteLength;
        this.#report(value.byteLength, totalBytes);
        yield value;
      }
    } catch (error) {
      this.#throwIfEnded();
      throw this.#error(`it ended after ${size} bytes: ${reasonOf(error)}`, error);
    } finally {
      await body?.cancel().catch(() => {});
    }
    if (totalBytes !== null && size !== totalBytes) {
      throw this.#error(`it ended after ${size} of ${totalBytes} bytes`);
    }
  }

  /** End what runs. */
  close(): void {
    this.#closed.abort();
  }

  async #askLength(): Promise<number | null> {
    const response = await this.#fetch({ method: "HEAD" });
    const length = Number(response.headers.get("content-length"));
    return length > 0 ? length : null;
  }

  #checkSame(answer: Answer, first: Answer): void {
    if (!answer.isPartial) {
      throw this.#error("the server does not send ranges any more");
    }
    const isOther = answer.totalBytes !== first.totalBytes || answer.version !== first.version;
    if (isOther) {
      throw this.#error("the file was changed while it was read");
    }
  }

  async #fetch(init: RequestInit): Promise<Response> {
    const { signal, fetch: fetchIt = fetch } = this.#options;
    const ended = anySignal(signal, this.#closed.signal);
    let found: Response | undefined;
    await this.#repeat(async () => {
      const response = await fetchIt(this.url, { ...init, signal: ended });
      if (!response.ok) {
        await response.body?.cancel();
        throw new BadStatus(response);
      }
      found = response;
    });
    return found as Response;
  }

  /** Try until it works, where what went wrong may pass. */
  async #repeat(attempt: () => Promise<void>): Promise<void> {
    for (let number = 1; ; number++) {
      try {
        await attempt();
        return;
      } catch (error) {
        this.#throwIfEnded();
        const isPassing = !(error instanceof ModelDownloadError) && mayPass(error);
        if (!isPassing || number === MAX_TRIES) {
          throw error instanceof ModelDownloadError ? error : this.#error(reasonOf(error), error);
        }
        await this.#wait(waitOf(error) ?? (this.#options.retryMs ?? RETRY_MS) * 2 ** (number - 1));
      }
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    const { signal } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const end = () => {
        clearTimeout(timer);
        resolve();
      };
      signal?.addEventListener("abort", end, { once: true });
      this.#closed.signal.addEventListener("abort", end, { once: true });
    });
    this.#throwIfEnded();
  }

  #throwIfEnded(): void {
    this.#options.signal?.throwIfAborted();
    if (this.#closed.signal.aborted) {
      throw this.#error("the file is closed");
    }
  }

  #report(numBytes: number, totalBytes: number | null): void {
    this.#doneBytes += numBytes;
    const total = totalBytes ?? 0;
    const done = total > 0 ? Math.min(this.#doneBytes, total) : this.#doneBytes;
    this.#options.onProgress?.(done, total);
  }

  #error(problem: string, cause?: unknown): ModelDownloadError {
    return new ModelDownloadError(`downloading ${this.url} failed: ${problem}`, {
      url: this.url,
      ...(cause instanceof BadStatus && { status: cause.status }),
      ...(cause !== undefined && { cause }),
    });
  }
}

/** The body ended before its length. */
class CutShort extends Error {
  constructor() {
    super("the answer was cut short");
  }
}

/** An answer that is no success. */
class BadStatus extends Error {
  readonly status: number;
  readonly retryAfter: string | null;

  constructor(response: Response) {
    super(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    this.status = response.status;
    this.retryAfter = response.headers.get("retry-after");
  }
}

/** Whether the same request may succeed later; a range can be asked for as often as one likes. */
function mayPass(error: unknown): boolean {
  // What fetch and bodies throw for a broken connection is a TypeError.
  return error instanceof BadStatus ? PASSING_STATUS.includes(error.status) : true;
}

/** Milliseconds that the server asks to wait. */
function waitOf(error: unknown): number | null {
  const seconds = error instanceof BadStatus ? Number(error.retryAfter ?? Number.NaN) : Number.NaN;
  return seconds >= 0 ? Math.min(1000 * seconds, MAX_WAIT_MS) : null;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const { cause } = error;
  return cause instanceof Error && cause.message !== ""
    ? `${error.message} (${cause.message})`
    : error.message;
}
