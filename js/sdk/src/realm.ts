/** `Realm`: load models, generate, chat, stream, stop. */

import { type CallOptions, checkedSignal, unlessAborted } from "./abort.js";
import { asyncDispose } from "./async_dispose.js";
import type { Backend, LoadOptions } from "./backend.js";
import { display, kindOf } from "./display.js";
import {
  ConfigError,
  LoadCancelledError,
  ModelNotFoundError,
  PromptError,
  TenantBusyError,
  TenantClosedError,
} from "./errors.js";
import { checkedId, defaultId, looksLikeFile } from "./model_id.js";
import type { Platform } from "./platform.js";
import { createBackend, type RealmOptions } from "./realm_options.js";
import {
  type ChatOptions,
  type Conversation,
  chatRequest,
  checkedIds,
  checkedInputs,
  checkedText,
  type GenerateOptions,
  type OnToken,
  type Prompt,
  promptRequest,
  type StreamChatOptions,
  type StreamOptions,
} from "./request.js";
import { cancelledResponse, TokenStream } from "./stream.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  FileSource,
  GenerationRequest,
  GenerationResponse,
  ModelInfo,
  ModelSource,
} from "./types.js";

/** Options of `generateBatch`. */
export interface BatchOptions extends StreamOptions {
  /** Called with every token and the number of its prompt. */
  onToken?: ((...news: [...Parameters<OnToken>, index: number]) => void) | undefined;
}

/** Options of `embed` and `countTokens`. */
export interface ModelOptions extends CallOptions {
  /** Id of a loaded model; the current one by default. */
  model?: string | undefined;
}

export interface TokenizeOptions extends ModelOptions {
  /** Add BOS and EOS as the vocabulary says. */
  addSpecial?: boolean | undefined;
  /** Recognise control tokens in the text. */
  parseSpecial?: boolean | undefined;
}

export interface DetokenizeOptions extends ModelOptions {
  /** Show control tokens. */
  renderSpecial?: boolean | undefined;
}

/**
 * Models in this machine, or in a server. Everything it was given back is returned by
 * `dispose()`, or at the end of an `await using` block.
 */
export class RealmCore {
  readonly #backend: Backend;
  readonly #defaultModel: string | URL | null;
  /** Whether a default may be loaded by its name alone. */
  readonly #loadsNames: boolean;
  #current: string | null = null;
  #initialized: Promise<void> | null = null;
  /** A load of the default model, or a change of the current one, that others wait for. */
  #pending: Promise<unknown> | null = null;
  #loadingDefault: Promise<ModelInfo> | null = null;
  #isClosed = false;

  /**
   * @internal
   * @throws ConfigError if an option makes no sense.
   */
  constructor(options: RealmOptions, platform: Platform) {
    this.#backend = createBackend(options, platform);
    this.#defaultModel = checkedDefault(options.defaultModel);
    this.#loadsNames = options.mode === "server";
  }

  /** Make ready; everything else does so too, so that calling it only saves time later. */
  async init({ signal }: CallOptions = {}): Promise<void> {
    return unlessAborted(signal, () => this.#init());
  }

  async #init(): Promise<void> {
    this.#checkOpen();
    this.#initialized ??= this.#backend.init().catch((error: unknown) => {
      this.#initialized = null; // so that it can be tried again
      throw error;
    });
    await this.#initialized;
    this.#checkOpen();
  }

  // -- models ---------------------------------------------------------------------

  /**
   * Load a model and make it current.
   *
   * @param source Bytes of a GGUF file, a `Blob` or `File`, a `URL`, or text: in Node a path or
   *   URL, in a page a URL, in server mode also a name that the server knows. Of a split model
   *   (`NAME-00001-of-00003.gguf`) the path or URL of its first file, or an array of all of them.
   * @param id Name for requests; by default the file's name without `.gguf`.
   * @throws ModelFormatError, ModelMemoryError, ModelDownloadError, ModelNotFoundError,
   *   LoadCancelledError, ConfigError
   */
  async loadModel(source: ModelSource, id?: string, options: LoadOptions = {}): Promise<ModelInfo> {
    const checked = checkedSource(source);
    const chosen = checkedId(id ?? defaultId(checked));
    try {
      await this.init({ signal: options.signal });
    } catch (error) {
      if (!options.signal?.aborted) throw error;
      throw new LoadCancelledError(`loading ${display(chosen)} was cancelled`, { cause: error });
    }
    const info = await this.#backend.loadModel(checked, chosen, options);
    this.#current = info.id;
    return { ...info, isCurrent: true };
  }

  /**
   * Cancel what runs on a model, unload it, and give the bytes that were freed.
   *
   * @throws ModelNotFoundError if no model has this id.
   */
  async unloadModel(id: string, { signal }: CallOptions = {}): Promise<number> {
    return unlessAborted(signal, async () => {
      await this.#init();
      const freed = await this.#backend.unloadModel(checkedText(id, "a model id"), { signal });
      if (this.#current === id) this.#current = null;
      return freed;
    });
  }

  /** The loaded models in the order of loading. */
  async getModels({ signal }: CallOptions = {}): Promise<ModelInfo[]> {
    return unlessAborted(signal, async () => {
      await this.#init();
      const models = await this.#backend.models({ signal });
      const current = this.#currentOf(models);
      return models.map((info) => ({ ...info, isCurrent: info.id === current }));
    });
  }

  /**
   * Send requests to this loaded model from now on, those that are made before it settles too.
   *
   * @throws ModelNotFoundError if no model has this id.
   */
  async useModel(id: string, options: CallOptions = {}): Promise<ModelInfo> {
    const using = this.getModelInfo(id, options).then((info) => {
      this.#current = info.id;
      return { ...info, isCurrent: true };
    });
    return this.#holding(using);
  }

  /** Id of the model that requests go to; null if none is loaded. */
  async getCurrentModel(options: CallOptions = {}): Promise<string | null> {
    return (await this.getModels(options)).find((info) => info.isCurrent)?.id ?? null;
  }

  /** Whether requests can name this model. */
  async isModelLoaded(id: string, options: CallOptions = {}): Promise<boolean> {
    return (await this.getModels(options)).some((info) => info.id === id);
  }

  /**
   * What is known of a loaded model, by default the current one.
   *
   * @throws ModelNotFoundError if there is none.
   */
  async getModelInfo(id?: string, options: CallOptions = {}): Promise<ModelInfo> {
    const models = await this.getModels(options);
    const found = models.find((info) => (id === undefined ? info.isCurrent : info.id === id));
    if (found === undefined) throw notFound(id, models);
    return found;
  }

  // -- generation -----------------------------------------------------------------

  /**
   * Start generating and return at once. Errors come from the loop and from `response`.
   *
   * @param prompt One user turn for a model with a chat template, else text to complete; or
   *   token ids, which are taken as they are.
   */
  stream(prompt: Prompt, options: StreamOptions = {}): TokenStream {
    const { model, signal, ...rest } = options;
    return this.#start(model, signal, (id) => promptRequest(prompt, id, rest));
  }

  /** Start answering a conversation and return at once; see `stream`. */
  streamChat(conversation: Conversation, options: StreamChatOptions = {}): TokenStream {
    const { model, signal, ...rest } = options;
    return this.#start(model, signal, (id) => chatRequest(conversation, id, rest));
  }

  /**
   * Generate and wait for the end; takes what `stream` takes, and a callback.
   *
   * @throws SamplingParamsError, PromptError, ContextLengthError, ModelNotFoundError
   */
  async generate(prompt: Prompt, options: GenerateOptions = {}): Promise<GenerationResponse> {
    const { onToken, ...rest } = options;
    return follow(this.stream(prompt, rest), onToken);
  }

  /**
   * Answer a conversation and wait for the end; takes what `streamChat` takes, and a callback.
   *
   * @throws ChatTemplateError if the model has no chat template, or it refuses the messages.
   */
  async chat(conversation: Conversation, options: ChatOptions = {}): Promise<GenerationResponse> {
    const { onToken, ...rest } = options;
    return follow(this.streamChat(conversation, rest), onToken);
  }

  /**
   * Generate for several prompts at once, in one running batch; the responses are in the order
   * of the prompts. The first error ends all of them and is thrown.
   */
  async generateBatch(
    prompts: readonly Prompt[],
    options: BatchOptions = {},
  ): Promise<GenerationResponse[]> {
    if (!Array.isArray(prompts)) {
      throw new PromptError(`a batch is an array of prompts, not ${kindOf(prompts)}`);
    }
    const { onToken, signal, ...rest } = options;
    const abort = new AbortController();
    const cancel = () => abort.abort();
    if (checkedSignal(signal)?.aborted) cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    const running = new Set<Promise<unknown>>();
    const one = async (prompt: Prompt, index: number): Promise<GenerationResponse> => {
      while (true) {
        const call = this.generate(prompt, {
          ...rest,
          signal: abort.signal,
          onToken: onToken && ((event) => onToken(event, index)),
        });
        running.add(call);
        try {
          return await call;
        } catch (error) {
          running.delete(call);
          // As others end there is room.
          if (!(error instanceof TenantBusyError) || running.size === 0) throw error;
          await Promise.race(running).catch(() => undefined);
        } finally {
          running.delete(call);
        }
      }
    };
    try {
      return await Promise.all(prompts.map(one));
    } catch (error) {
      cancel();
      throw error;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  // -- tokens ---------------------------------------------------------------------

  /** The token ids of a text. */
  async tokenize(text: string, options: TokenizeOptions = {}): Promise<number[]> {
    const checked = checkedText(text, "the text");
    const { model, addSpecial = false, parseSpecial = false, signal } = options;
    return unlessAborted(signal, async () => {
      const id = await this.#choose(model);
      return this.#backend.tokenize(id, checked, { addSpecial, parseSpecial, signal });
    });
  }

  /** The text of token ids; control tokens are left out unless asked for. */
  async detokenize(tokenIds: Iterable<number>, options: DetokenizeOptions = {}): Promise<string> {
    const ids = checkedIds(isIterable(tokenIds) ? [...tokenIds] : tokenIds);
    const { model, renderSpecial = false, signal } = options;
    return unlessAborted(signal, async () => {
      const id = await this.#choose(model);
      return this.#backend.detokenize(id, ids, { renderSpecial, signal });
    });
  }

  /** How many tokens a text has. */
  async countTokens(text: string, { model, signal }: ModelOptions = {}): Promise<number> {
    return (await this.tokenize(text, { model, signal })).length;
  }

  /**
   * Embeddings: the mean of each text's hidden states after the model's final norm, of unit
   * length. A model that was trained to write, not to embed, gives vectors of modest quality.
   *
   * @param texts A text or several, each with BOS and EOS as the vocabulary says; token ids are
   *   taken as they are.
   * @throws PromptError if there is no text, or one is empty; ContextLengthError
   */
  async embed(
    texts: string | readonly EmbeddingInput[],
    { model, signal }: ModelOptions = {},
  ): Promise<EmbeddingResponse> {
    const inputs = checkedInputs(texts);
    return unlessAborted(signal, async () => {
      const id = await this.#choose(model);
      return this.#backend.embed(id, inputs, { signal });
    });
  }

  // -- the end --------------------------------------------------------------------

  /** Cancel what runs and return everything; harmless twice. */
  async dispose(): Promise<void> {
    this.#isClosed = true;
    await this.#backend.dispose();
  }

  async [asyncDispose](): Promise<void> {
    await this.dispose();
  }

  // -- inside ---------------------------------------------------------------------

  #start(
    model: string | undefined,
    signal: AbortSignal | undefined,
    request: (model: string) => GenerationRequest,
  ): TokenStream {
    return new TokenStream(async (onToken, inner) => {
      checkedSignal(signal);
      // What is wrong with the request itself is told before any model is loaded.
      const asked = request(model ?? "");
      const id = await unlessAborted(inner, () => this.#choose(model)).catch((error: unknown) => {
        if (inner.aborted) return null;
        throw error;
      });
      if (id === null) return cancelledResponse(asked, onToken);
      return this.#backend.generate({ ...asked, model: id }, { onToken, signal: inner });
    }, signal);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new TenantClosedError("this realm is closed; make a new one");
  }

  /** Run a change of the current model, for which requests wait. */
  async #holding<T>(change: Promise<T>): Promise<T> {
    this.#pending = change;
    try {
      return await change;
    } finally {
      if (this.#pending === change) this.#pending = null;
    }
  }

  /** The model that a request goes to; loads the default one if that is a file. */
  async #choose(model: string | undefined): Promise<string> {
    if (model !== undefined) checkedText(model, "a model id");
    await this.#init();
    await this.#pending?.catch(() => undefined); // whoever made the change meets its error
    if (model !== undefined && model !== this.#defaultModel) return model;
    if (model === undefined && this.#current !== null) return this.#current;
    const models = await this.#backend.models();
    const source = this.#defaultModel;
    const found = model === undefined ? this.#currentOf(models) : find(models, model);
    if (found !== null) {
      // What is asked of another model stays with the default, and need not ask for it again.
      if (model === undefined && source !== null) this.#current = found;
      return found;
    }
    if (source === null || !(isFile(source) || this.#loadsNames)) {
      throw notFound(source ?? undefined, models);
    }
    const present = find(models, defaultId(source));
    if (present !== null) return present;
    this.#loadingDefault ??= this.#holding(this.loadModel(source)).finally(() => {
      this.#loadingDefault = null;
    });
    return (await this.#loadingDefault).id;
  }

  #currentOf(models: readonly ModelInfo[]): string | null {
    if (this.#current !== null && find(models, this.#current) !== null) return this.#current;
    const source = this.#defaultModel;
    if (source === null)
      return models.find((info) => info.isCurrent)?.id ?? models.at(-1)?.id ?? null;
    // A default that is still to be loaded keeps requests from going elsewhere.
    return find(models, isFile(source) ? defaultId(source) : String(source));
  }
}

/** Call back with each token; what the callback throws ends the generation. */
async function follow(
  stream: TokenStream,
  onToken: OnToken | undefined,
): Promise<GenerationResponse> {
  if (onToken !== undefined) for await (const event of stream) onToken(event);
  return stream.response;
}

function find(models: readonly ModelInfo[], id: string): string | null {
  return models.find((info) => info.id === id)?.id ?? null;
}

function isFile(source: string | URL): boolean {
  return source instanceof URL || looksLikeFile(source);
}

function isIterable(value: unknown): value is Iterable<number> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function checkedDefault(value: unknown): string | URL | null {
  if (value === undefined || value === null) return null;
  if (value instanceof URL) return value;
  if (typeof value === "string" && value !== "") return value;
  throw new ConfigError(
    `defaultModel=${display(value)} is not allowed: it must be the id of a model, or a file's URL`,
    { field: "defaultModel", value, allowed: "the id of a model, or a file's URL" },
  );
}

function checkedSource(source: unknown): ModelSource {
  if (!Array.isArray(source)) return checkedFile(source);
  if (source.length === 0) {
    throw new ConfigError("the array of a split model's files is empty", { field: "source" });
  }
  return source.map(checkedFile);
}

function checkedFile(source: unknown): FileSource {
  const isBytes = source instanceof Uint8Array || source instanceof ArrayBuffer;
  const isBlob = typeof Blob === "function" && source instanceof Blob;
  if (isBytes || isBlob || source instanceof URL) return source as FileSource;
  if (typeof source === "string" && source !== "") return source;
  throw new ConfigError(
    "a model is loaded from bytes (ArrayBuffer or Uint8Array), a Blob, a URL or a path, not from " +
      (source === "" ? "empty text" : kindOf(source)),
    { field: "source", value: typeof source },
  );
}

function notFound(id: string | URL | undefined, models: readonly ModelInfo[]): ModelNotFoundError {
  const ids = models.map((info) => info.id);
  const loaded =
    ids.length === 0 ? "no model is loaded" : `loaded are ${ids.map((i) => display(i)).join(", ")}`;
  if (id === undefined) {
    return new ModelNotFoundError(`${loaded}; load one with loadModel(source, id)`);
  }
  const name = display(String(id), 200);
  return new ModelNotFoundError(
    `no loaded model has the id ${name} (${loaded}); load it with loadModel(source, id)`,
    { model: String(id), suggestions: [] },
  );
}
