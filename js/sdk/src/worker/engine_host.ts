/** Answers the calls of a Realm with an engine, in the engine's thread. */

import type { Backend } from "../backend.js";
import { ConfigError } from "../errors.js";
import type { FileSource, ModelSource, TokenEvent } from "../types.js";
import { recordOf } from "./error_record.js";
import type { EngineOptions, FromEngine, SentSource, ToEngine } from "./messages.js";
import type { ParentPort } from "./port.js";

/** Tokens that come within this time travel together: a page draws no faster. */
const BATCH_MS = 16;
const PROGRESS_MS = 50;

type Call = Extract<ToEngine, { kind: "call" }>;
type HostPort = ParentPort<FromEngine, ToEngine>;

/** Serve an engine that `create` makes at the first call, which is "init". */
export function serveEngine(
  port: HostPort,
  create: (options: EngineOptions) => Promise<Backend>,
): void {
  const host = new EngineHost(port, create);
  port.listen((message) => host.take(message));
}

class EngineHost {
  readonly #port: HostPort;
  readonly #create: (options: EngineOptions) => Promise<Backend>;
  readonly #aborts = new Map<number, AbortController>();
  #engine: Backend | null = null;

  constructor(port: HostPort, create: (options: EngineOptions) => Promise<Backend>) {
    this.#port = port;
    this.#create = create;
  }

  take(message: ToEngine): void {
    if (message.kind === "abort") this.#aborts.get(message.call)?.abort();
    else void this.#answer(message);
  }

  async #answer(message: Call): Promise<void> {
    const { call } = message;
    const abort = new AbortController();
    this.#aborts.set(call, abort);
    try {
      const result = await this.#run(message, abort.signal);
      this.#port.post({ call, kind: "result", result });
    } catch (error) {
      this.#port.post({ call, kind: "error", error: recordOf(error) });
    } finally {
      this.#aborts.delete(call);
    }
  }

  async #run(message: Call, signal: AbortSignal): Promise<unknown> {
    const { call } = message;
    if (message.name === "init") {
      const engine = await this.#create(message.arguments[0]);
      await engine.init();
      this.#engine = engine;
      return undefined;
    }
    const engine = this.#engine;
    if (engine === null) throw new ConfigError("the engine is not ready: init comes first");
    switch (message.name) {
      case "loadModel": {
        const [source, id] = message.arguments;
        let last = -Infinity;
        return engine.loadModel(modelSource(source), id, {
          signal,
          onProgress: (progress) => {
            const now = performance.now();
            if (now - last < PROGRESS_MS && progress.doneBytes < progress.totalBytes) return;
            last = now;
            this.#port.post({ call, kind: "progress", progress });
          },
        });
      }
      case "generate": {
        const batch = new TokenBatch((events) => this.#port.post({ call, kind: "tokens", events }));
        try {
          const [request] = message.arguments;
          return await engine.generate(request, { signal, onToken: (event) => batch.add(event) });
        } finally {
          batch.flush();
        }
      }
      case "unloadModel":
        return engine.unloadModel(...message.arguments);
      case "models":
        return engine.models();
      case "tokenize":
        return engine.tokenize(...message.arguments);
      case "detokenize":
        return engine.detokenize(...message.arguments);
      case "embed":
        return engine.embed(...message.arguments, { signal });
      case "dispose":
        for (const [other, abort] of this.#aborts) if (other !== call) abort.abort();
        await engine.dispose();
        return undefined;
    }
  }
}

/** Holds tokens back for a moment, so that fast models do not drown their reader. */
class TokenBatch {
  readonly #send: (events: TokenEvent[]) => void;
  #events: TokenEvent[] = [];
  #sentAt = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (events: TokenEvent[]) => void) {
    this.#send = send;
  }

  add(event: TokenEvent): void {
    this.#events.push(event);
    // The engine may leave timers no room, so that the time is looked at here too.
    const rest = this.#sentAt + BATCH_MS - performance.now();
    if (rest <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), rest);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#events.length === 0) return;
    this.#send(this.#events);
    this.#events = [];
    this.#sentAt = performance.now();
  }
}

function modelSource(sent: SentSource): ModelSource {
  switch (sent.kind) {
    case "bytes":
      return sent.bytes;
    case "blob":
      return sent.blob;
    case "url":
      return new URL(sent.href);
    case "path":
      return sent.path;
    case "files":
      return sent.files.map((file) => modelSource(file) as FileSource);
  }
}
