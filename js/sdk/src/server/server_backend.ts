/** The `Backend` of a Realm whose models run in a server. */

import type { Backend, LoadOptions } from "../backend.js";
import { TenantClosedError } from "../errors.js";
import type { Platform } from "../platform.js";
import type {
  GenerationRequest,
  GenerationResponse,
  ModelInfo,
  ModelSource,
  TokenEvent,
} from "../types.js";
import { Cancelled, type Connection, type SendOptions } from "./connection.js";
import { type Fields, fieldsOf, list, number, numbers, text } from "./fields.js";
import { loadInServer } from "./loading.js";
import { notUnderstood, parsedJson } from "./remote_error.js";
import { TextStream } from "./text_stream.js";
import { generationMessage, modelInfo } from "./wire.js";

/** Models of a server, for one tenant: the key that is presented. */
export class ServerBackend implements Backend {
  readonly #connection: Connection;
  readonly #platform: Pick<Platform, "findFile">;
  /** Ends everything that runs. */
  readonly #abort = new AbortController();

  constructor(connection: Connection, platform: Pick<Platform, "findFile">) {
    this.#connection = connection;
    this.#platform = platform;
  }

  async init(): Promise<void> {
    this.#checkOpen();
  }

  async loadModel(source: ModelSource, id: string, options: LoadOptions): Promise<ModelInfo> {
    return this.#during(options.signal, (signal) =>
      loadInServer(this.#connection, this.#platform, source, id, { ...options, signal }),
    );
  }

  async unloadModel(id: string): Promise<number> {
    const send = { json: { id } };
    return this.#ask("POST", "/admin/models/unload", send, (reply) => number(reply, "freed_bytes"));
  }

  async models(): Promise<ModelInfo[]> {
    return this.#ask("GET", "/v1/models", {}, (reply) => list(reply, "data").map(modelInfo));
  }

  async generate(
    request: GenerationRequest,
    options: { onToken?: (event: TokenEvent) => void; signal?: AbortSignal },
  ): Promise<GenerationResponse> {
    // Drawn here, so that a text that is cut off can be made again.
    const config = { ...request.config, seed: request.config.seed ?? drawnSeed() };
    const seeded = { ...request, config };
    const { path, message } = generationMessage(seeded);
    const stream = new TextStream(seeded, options.onToken ?? (() => undefined));
    return this.#during(options.signal, (signal) =>
      stream.read(this.#connection.send("POST", path, { json: message, signal })),
    );
  }

  async tokenize(
    id: string,
    text: string,
    options: { addSpecial: boolean; parseSpecial: boolean },
  ): Promise<number[]> {
    const { addSpecial, parseSpecial } = options;
    const json = { model: id, text, add_special: addSpecial, parse_special: parseSpecial };
    return this.#ask("POST", "/tokenize", { json }, (reply) => numbers(reply, "token_ids"));
  }

  async detokenize(
    id: string,
    tokenIds: readonly number[],
    options: { renderSpecial: boolean },
  ): Promise<string> {
    const json = { model: id, token_ids: tokenIds, render_special: options.renderSpecial };
    return this.#ask("POST", "/detokenize", { json }, (reply) => text(reply, "text"));
  }

  async dispose(): Promise<void> {
    this.#abort.abort();
  }

  // -- inside ---------------------------------------------------------------------

  #checkOpen(): void {
    if (this.#abort.signal.aborted) {
      throw new TenantClosedError("this realm is closed; make a new one");
    }
  }

  /** Send a message and read its reply. */
  async #ask<T>(
    method: "GET" | "POST",
    path: string,
    send: SendOptions,
    read: (reply: Fields) => T,
  ): Promise<T> {
    this.#checkOpen();
    try {
      const answer = await this.#connection.send(method, path, {
        ...send,
        signal: this.#abort.signal,
      });
      const body = await answer.text();
      try {
        return read(fieldsOf(parsedJson(body)));
      } catch {
        const url = this.#connection.url + path;
        throw notUnderstood(`${url} is not a server of this package: its answer`, body);
      }
    } catch (error) {
      if (error instanceof Cancelled) this.#checkOpen();
      throw error;
    }
  }

  /** Do work that ends with the caller's signal, or with this backend. */
  async #during<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    const abort = new AbortController();
    const stop = () => abort.abort();
    const signals = [this.#abort.signal, ...(signal === undefined ? [] : [signal])];
    for (const each of signals) {
      if (each.aborted) stop();
      each.addEventListener("abort", stop, { once: true });
    }
    try {
      return await work(abort.signal);
    } finally {
      for (const each of signals) each.removeEventListener("abort", stop);
    }
  }
}

/** Short enough to read aloud, enough to never meet twice. */
function drawnSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
