/** The `Backend` of a Realm whose engine runs in a worker. */

import type { CallOptions } from "../abort.js";
import type { Backend, LoadOptions } from "../backend.js";
import { GuestError, LoadCancelledError, TenantClosedError } from "../errors.js";
import { isFiles } from "../model_id.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  FileSource,
  GenerationRequest,
  GenerationResponse,
  ModelInfo,
  ModelSource,
  TokenEvent,
} from "../types.js";
import { forWorker } from "./bytes.js";
import { errorOf } from "./error_record.js";
import type {
  CallName,
  Calls,
  EngineOptions,
  FromEngine,
  News,
  SentSource,
  ToEngine,
} from "./messages.js";
import type { WorkerPort } from "./port.js";

export type EnginePort = WorkerPort<ToEngine, FromEngine>;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onNews: (news: News) => void;
}

interface SendOptions {
  transfer?: readonly ArrayBuffer[];
  onNews?: (news: News) => void;
  signal?: AbortSignal | undefined;
}

/** How long an engine may take to end by itself. */
const DISPOSE_MS = 2000;

const ignore = () => undefined;

/**
 * Starts a worker when it is needed. A worker that ends by itself takes its models with it: the
 * calls that waited are rejected, and the next one starts a new worker.
 */
export class WorkerBackend implements Backend {
  readonly #start: () => EnginePort;
  readonly #options: EngineOptions;
  readonly #absolute: (source: URL | string) => URL | string;
  readonly #waiting = new Map<number, Waiting>();
  #numCalls = 0;
  #port: EnginePort | null = null;
  #ready: Promise<unknown> | null = null;
  #isClosed = false;

  /**
   * @param start Starts a worker.
   * @param options For its engine.
   * @param absolute Gives a URL or path of the caller that means the same to the worker.
   */
  constructor(
    start: () => EnginePort,
    options: EngineOptions,
    absolute: (source: URL | string) => URL | string,
  ) {
    this.#start = start;
    this.#options = options;
    this.#absolute = absolute;
  }

  async init(): Promise<void> {
    await this.#open();
  }

  async loadModel(source: ModelSource, id: string, options: LoadOptions): Promise<ModelInfo> {
    const { onProgress, signal, transfer = false } = options;
    const cancelled = () => new LoadCancelledError(`loading ${JSON.stringify(id)} was cancelled`);
    if (signal?.aborted) throw cancelled();
    const found = isFiles(source) ? source.map((file) => this.#found(file)) : this.#found(source);
    await this.#open();
    const sent = await sentSource(found, transfer, signal);
    if (signal?.aborted) throw cancelled();
    const info = await this.#call("loadModel", [sent, id], {
      transfer: transferOf(sent),
      onNews: (news) => {
        if (news.kind === "progress") onProgress?.(news.progress);
      },
      signal,
    });
    if (!signal?.aborted) return info;
    // It was loaded before the engine heard of it: whoever gave up has no model in any case.
    await this.#opened("unloadModel", [id]).catch(ignore);
    throw cancelled();
  }

  unloadModel(id: string): Promise<number> {
    return this.#opened("unloadModel", [id]);
  }

  models(): Promise<ModelInfo[]> {
    return this.#opened("models", []);
  }

  generate(
    request: GenerationRequest,
    options: { onToken?: (event: TokenEvent) => void; signal?: AbortSignal },
  ): Promise<GenerationResponse> {
    const { onToken, signal } = options;
    return this.#opened("generate", [request], {
      onNews: (news) => {
        if (news.kind === "tokens" && onToken !== undefined)
          for (const event of news.events) onToken(event);
      },
      signal,
    });
  }

  tokenize(
    id: string,
    text: string,
    options: { addSpecial: boolean; parseSpecial: boolean },
  ): Promise<number[]> {
    const { addSpecial, parseSpecial } = options;
    return this.#opened("tokenize", [id, text, { addSpecial, parseSpecial }]);
  }

  detokenize(
    id: string,
    tokenIds: readonly number[],
    { renderSpecial }: { renderSpecial: boolean },
  ): Promise<string> {
    return this.#opened("detokenize", [id, tokenIds, { renderSpecial }]);
  }

  embed(
    id: string,
    inputs: readonly EmbeddingInput[],
    { signal }: CallOptions = {},
  ): Promise<EmbeddingResponse> {
    return this.#opened("embed", [id, inputs], { signal });
  }

  async dispose(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const port = this.#port;
    if (port === null) return;
    // The engine ends what runs, so that waiting calls get the text so far.
    const { promise: late, cancel } = after(DISPOSE_MS);
    const left = [...this.#waiting.values()].map(
      (waiting) => new Promise<void>((resolve) => settled(waiting, resolve)),
    );
    const ended = this.#send(port, "dispose", []).then(() => Promise.all(left));
    await Promise.race([ended.catch(ignore), late]);
    cancel();
    this.#port = null;
    await port.terminate();
    this.#rejectAll(closedError());
  }

  // -- inside ---------------------------------------------------------------------

  /** A place that means the same to the worker; anything else as it is. */
  #found(source: FileSource): FileSource {
    const isPlace = typeof source === "string" || source instanceof URL;
    return isPlace ? this.#absolute(source) : source;
  }

  async #opened<N extends CallName>(
    name: N,
    given: Calls[N]["arguments"],
    options: SendOptions = {},
  ): Promise<Calls[N]["result"]> {
    await this.#open();
    return this.#call(name, given, options);
  }

  /** Start a worker if there is none, and wait until its engine is ready. */
  async #open(): Promise<void> {
    if (this.#isClosed) throw closedError();
    if (this.#port === null) {
      const port = this.#start();
      this.#port = port;
      port.listen(
        (message) => this.#take(message),
        (reason) => this.#onEnd(port, reason),
      );
      this.#ready = this.#send(port, "init", [this.#options]).catch(async (error: unknown) => {
        // An engine that cannot start is of no use to the next call either.
        if (this.#port === port) this.#port = null;
        await port.terminate();
        throw error;
      });
    }
    await this.#ready;
  }

  #call<N extends CallName>(
    name: N,
    given: Calls[N]["arguments"],
    options: SendOptions,
  ): Promise<Calls[N]["result"]> {
    if (this.#isClosed || this.#port === null) return Promise.reject(closedError());
    return this.#send(this.#port, name, given, options);
  }

  async #send<N extends CallName>(
    port: EnginePort,
    name: N,
    given: Calls[N]["arguments"],
    options: SendOptions = {},
  ): Promise<Calls[N]["result"]> {
    this.#numCalls += 1;
    const call = this.#numCalls;
    const { transfer = [], onNews = ignore, signal } = options;
    const abort = () => port.post({ kind: "abort", call });
    try {
      return await new Promise<Calls[N]["result"]>((resolve, reject) => {
        const settle = resolve as (result: unknown) => void;
        port.keepAlive(true);
        this.#waiting.set(call, { resolve: settle, reject, onNews });
        port.post({ kind: "call", call, name, arguments: given } as ToEngine, transfer);
        if (signal?.aborted) abort();
        signal?.addEventListener("abort", abort, { once: true });
      });
    } finally {
      this.#waiting.delete(call);
      if (this.#waiting.size === 0) port.keepAlive(false);
      signal?.removeEventListener("abort", abort);
    }
  }

  #take(message: FromEngine): void {
    const waiting = this.#waiting.get(message.call);
    if (waiting === undefined) return;
    if (message.kind === "result") waiting.resolve(message.result);
    else if (message.kind === "error") waiting.reject(errorOf(message.error));
    else {
      try {
        waiting.onNews(message);
      } catch (error) {
        // The callback's own: nobody will have the result.
        this.#port?.post({ kind: "abort", call: message.call });
        waiting.reject(error);
      }
    }
  }

  #onEnd(port: EnginePort, reason: string): void {
    if (this.#port !== port) return;
    this.#port = null;
    this.#rejectAll(
      new GuestError(
        `the engine's worker ended: ${reason}; the next call starts a new one, into which models ` +
          "have to be loaded again",
      ),
    );
    void port.terminate();
  }

  #rejectAll(error: unknown): void {
    for (const waiting of [...this.#waiting.values()]) waiting.reject(error);
    this.#waiting.clear();
  }
}

async function sentSource(
  source: ModelSource,
  transfer: boolean,
  signal: AbortSignal | undefined,
): Promise<SentSource> {
  if (isFiles(source)) {
    const files: SentSource[] = [];
    for (const file of source) files.push(await sentSource(file, transfer, signal));
    return { kind: "files", files };
  }
  if (source instanceof URL) return { kind: "url", href: source.href };
  if (typeof source === "string") return { kind: "path", path: source };
  if (source instanceof Blob) return { kind: "blob", blob: source };
  return { kind: "bytes", bytes: await forWorker(source, transfer, signal) };
}

function transferOf(sent: SentSource): ArrayBuffer[] {
  // Several files may be views of one buffer.
  if (sent.kind === "files") return [...new Set(sent.files.flatMap(transferOf))];
  const buffer = sent.kind === "bytes" ? sent.bytes.buffer : null;
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}

function closedError(): TenantClosedError {
  return new TenantClosedError("this realm is closed; make a new one");
}

/** Call back when a waiting call settles. */
function settled(waiting: Waiting, done: () => void): void {
  const { resolve, reject } = waiting;
  waiting.resolve = (result) => {
    resolve(result);
    done();
  };
  waiting.reject = (error) => {
    reject(error);
    done();
  };
}

function after(milliseconds: number): { promise: Promise<void>; cancel: () => void } {
  let cancel: () => void = ignore;
  const promise = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    cancel = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { promise, cancel };
}
