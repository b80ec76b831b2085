/** Requests to one server: errors become ours, and what is safe is tried again. */

import { display } from "../display.js";
import { APIConnectionError, APITimeoutError, ConfigError, RealmError } from "../errors.js";
import type { Address } from "./address.js";
import { remoteError } from "./remote_error.js";
import { type ServerEvent, ServerEventReader } from "./sse.js";

const TIMEOUT_MS = 60_000;
const MAX_RETRIES = 3;
const FIRST_PAUSE_MS = 200;
/** The longest pause that a server can ask for; beyond it the caller should decide. */
const LONGEST_PAUSE_S = 5;
const REFUSED_FOR_NOW: readonly number[] = [429, 503];
/** Node's codes of connections that never were, so that nothing was sent. */
const NEVER_CONNECTED: readonly string[] = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
];

/** The caller gave up. */
export class Cancelled extends Error {}

export interface SendOptions {
  json?: unknown;
  body?: Blob | ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>;
  signal?: AbortSignal | undefined;
  /** False where what is sent can be read only once. */
  canRepeat?: boolean;
}

interface ConnectionOptions {
  timeoutMs?: number | undefined;
  maxRetries?: number | undefined;
}

/** Ends a request that is silent for too long, or that the caller gave up. */
class Watch {
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLate = false;

  constructor(timeoutMs: number, signal: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    if (signal?.aborted) this.stop();
    signal?.addEventListener("abort", this.stop, { once: true });
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The server said something. */
  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.#abort.abort();
    }, this.#timeoutMs);
  }

  readonly stop = (): void => this.#abort.abort();

  done(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.stop);
  }

  /** What an error of fetch means. */
  errorOf(error: unknown, url: string): Error {
    if (this.#signal?.aborted) return new Cancelled();
    if (this.#isLate) return new APITimeoutError(`${url} said nothing for too long`);
    const detail = reasonOf(error);
    const isNew = NEVER_CONNECTED.includes(codeOf(error));
    const message = isNew
      ? `${url} cannot be reached: ${detail}; is the server running?`
      : `the connection to ${url} broke: ${detail}`;
    return new APIConnectionError(message, "", { cause: error });
  }
}

/** An answer that is no error; its body is still to be read, once. */
export class Answer {
  readonly #response: Response;
  readonly #watch: Watch;
  readonly #url: string;

  constructor(response: Response, watch: Watch, url: string) {
    this.#response = response;
    this.#watch = watch;
    this.#url = url;
  }

  async text(): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of this.#pieces()) text += decoder.decode(bytes, { stream: true });
    return text + decoder.decode();
  }

  async *events(): AsyncGenerator<ServerEvent, void, undefined> {
    const reader = new ServerEventReader();
    for await (const bytes of this.#pieces()) yield* reader.feed(bytes);
  }

  async *#pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    // Not every browser lets a stream be iterated.
    const reader = this.#response.body?.getReader();
    try {
      while (reader !== undefined) {
        const { done, value } = await reader.read();
        if (done) break;
        this.#watch.heard();
        yield value;
      }
    } catch (error) {
      throw this.#watch.errorOf(error, this.#url);
    } finally {
      this.#watch.done();
      reader?.cancel().catch(() => undefined);
    }
  }
}

/** Sends requests to one address. */
export class Connection {
  readonly #address: Address;
  readonly #timeoutMs: number;
  readonly #maxRetries: number;

  /** @throws ConfigError if an option is out of its range. */
  constructor(address: Address, options: ConnectionOptions = {}) {
    const { timeoutMs = TIMEOUT_MS, maxRetries = MAX_RETRIES } = options;
    if (typeof timeoutMs !== "number" || !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
      throw refusal("timeoutMs", timeoutMs, "milliseconds above 0");
    }
    if (!Number.isInteger(maxRetries) || maxRetries < 0) {
      throw refusal("maxRetries", maxRetries, "a whole number of at least 0");
    }
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    this.#maxRetries = maxRetries;
  }

  get url(): string {
    return this.#address.url;
  }

  /**
   * Send a request. It is tried again if the server cannot have begun with it: it was not
   * reached, or refused for now; one that only reads is tried again if the connection broke.
   *
   * @throws APIConnectionError, APITimeoutError, whatever the server raised, and `Cancelled`.
   */
  async send(method: "GET" | "POST", path: string, options: SendOptions = {}): Promise<Answer> {
    const { signal, canRepeat = true } = options;
    for (let numTries = 0; ; numTries += 1) {
      const watch = new Watch(this.#timeoutMs, signal);
      const mayRepeat = canRepeat && numTries < this.#maxRetries;
      let pauseMs = FIRST_PAUSE_MS * 2 ** numTries;
      try {
        const response = await fetch(this.url + path, this.#request(method, options, watch.signal));
        watch.heard();
        const answer = new Answer(response, watch, this.url);
        if (response.ok) return answer;
        const body = await answer.text();
        const asked = pauseAskedFor(response);
        if (!mayRepeat || asked === null) throw remoteError(response.status, body);
        pauseMs = asked;
      } catch (error) {
        watch.done();
        if (error instanceof RealmError) throw error;
        const isSafe = method === "GET" || NEVER_CONNECTED.includes(codeOf(error));
        const known = error instanceof Cancelled ? error : watch.errorOf(error, this.url);
        const isBroken = known instanceof APIConnectionError;
        if (!(isBroken && isSafe && mayRepeat)) throw known;
      }
      await pause(pauseMs, signal);
    }
  }

  #request(method: string, options: SendOptions, signal: AbortSignal): RequestInit {
    const headers: Record<string, string> = {};
    if (this.#address.apiKey !== null) headers.authorization = `Bearer ${this.#address.apiKey}`;
    const request: RequestInit & { duplex?: "half" } = {
      method,
      headers,
      signal,
      cache: "no-store",
      credentials: "omit",
    };
    if (options.json !== undefined) {
      headers["content-type"] = "application/json";
      request.body = JSON.stringify(options.json);
    } else if (options.body !== undefined) {
      headers["content-type"] = "application/octet-stream";
      request.body = options.body;
      if (options.body instanceof ReadableStream) request.duplex = "half";
    }
    return request;
  }
}

/** Milliseconds that the server asks to wait; null where trying again is of no use. */
function pauseAskedFor(response: Response): number | null {
  const asked = response.headers.get("retry-after") ?? "";
  if (!REFUSED_FOR_NOW.includes(response.status) || !/^\d{1,3}$/.test(asked)) return null;
  const seconds = Number(asked);
  return seconds <= LONGEST_PAUSE_S ? seconds * 1000 : null;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () => {
      clearTimeout(timer);
      reject(new Cancelled());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", give);
      resolve();
    }, milliseconds);
    if (signal?.aborted) give();
    signal?.addEventListener("abort", give, { once: true });
  });
}

/** Node puts the reason into the cause, or into each cause of several addresses. */
function causeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
}

function codeOf(error: unknown): string {
  const cause = causeOf(error);
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
}

function reasonOf(error: unknown): string {
  const cause = causeOf(error);
  const told = cause instanceof Error ? cause.message : "";
  return told || (error instanceof Error ? error.message : String(error));
}

function refusal(field: string, value: unknown, allowed: string): ConfigError {
  const message = `${field}=${display(value)} is not allowed: it must be ${allowed}`;
  return new ConfigError(message, { field, value, allowed });
}
