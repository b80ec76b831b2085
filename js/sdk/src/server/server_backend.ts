/** The `Backend` of a Realm whose models run in a server. */

import { anySignal, type CallOptions } from "../abort.js";
import type { Backend, LoadOptions } from "../backend.js";
import { TenantClosedError } from "../errors.js";
import type { Platform } from "../platform.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  GenerationRequest,
  GenerationResponse,
  ModelInfo,
  ModelSource,
  TokenEvent,
} from "../types.js";
import { Cancelled, type Connection, type SendOptions } from "./connection.js";
import { embedInServer } from "./embedding.js";
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

  async unloadModel(id: string, { signal }: CallOptions = {}): Promise<number> {
    const send = { json: { id }, signal };
    return this.#ask("POST", "/admin/models/unload", send, (reply) => number(reply, "freed_bytes"));
  }

  async models({ signal }: CallOptions = {}): Promise<ModelInfo[]> {
    return this.#ask("GET", "/v1/models", { signal }, (reply) =>
      list(reply, "data").map(modelInfo),
    );
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
    options: { addSpecial: boolean; parseSpecial: boolean } & CallOptions,
  ): Promise<number[]> {
    const { addSpecial, parseSpecial, signal } = options;
    const json = { model: id, text, add_special: addSpecial, parse_special: parseSpecial };
    return this.#ask("POST", "/tokenize", { json, signal }, (reply) => numbers(reply, "token_ids"));
  }

  async detokenize(
    id: string,
    tokenIds: readonly number[],
    options: { renderSpecial: boolean } & CallOptions,
  ): Promise<string> {
    const { renderSpecial, signal } = options;
    const json = { model: id, token_ids: tokenIds, render_special: renderSpecial };
    return this.#ask("POST", "/detokenize", { json, signal }, (reply) => text(reply, "text"));
  }

  async embed(
    id: string,
    inputs: readonly EmbeddingInput[],
    { signal }: CallOptions = {},
  ): Promise<EmbeddingResponse> {
    return embedInServer(
      (path, json, read) => this.#ask("POST", path, { json, signal }, read),
      id,
      inputs,
    );
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
        signal: anySignal(send.signal, this.#abort.signal),
      });
      const body = await answer.text();
      try {
        return read(fieldsOf(parsedJson(body)));
      } catch {
        const url = this.#connection.url + path;
        throw notUnderstood(`${url} is not a server of this package: its answer`, body);
      }
    } catch (error) {
      if (error instanceof Cancelled) {
        this.#checkOpen();
        send.signal?.throwIfAborted();
      }
      throw error;
    }
  }

  /** Do work that ends with the caller's signal, or with this backend. */
  async #during<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    return work(anySignal(signal, this.#abort.signal));
  }
}

/** Short enough to read aloud, enough to never meet twice. */
function drawnSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
