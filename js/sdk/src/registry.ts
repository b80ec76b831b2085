/** `RealmRegistry`: several models side by side, by id. */

import type { CallOptions } from "./abort.js";
import { asyncDispose } from "./async_dispose.js";
import type { LoadOptions } from "./backend.js";
import type { RealmCore } from "./realm.js";
import type {
  ChatOptions,
  Conversation,
  GenerateOptions,
  Prompt,
  StreamChatOptions,
  StreamOptions,
} from "./request.js";
import type { TokenStream } from "./stream.js";
import type { GenerationResponse, ModelInfo, ModelSource } from "./types.js";

/** Options of a request whose model is named before. */
export type WithoutModel<T> = Omit<T, "model">;

/** Models by id; all of them share one worker and one instance of the kernels. */
export class RegistryCore {
  readonly #realm: RealmCore;

  /** @internal */
  constructor(realm: RealmCore) {
    this.#realm = realm;
  }

  /** Make ready; loading does so too. */
  init(options?: CallOptions): Promise<void> {
    return this.#realm.init(options);
  }

  /** Load a model under an id and make it the default; see `Realm.loadModel`. */
  loadModel(id: string, source: ModelSource, options: LoadOptions = {}): Promise<ModelInfo> {
    // undefined, which asks for a default elsewhere, is no id here.
    return this.#realm.loadModel(source, id ?? "", options);
  }

  /**
   * Cancel what runs on a model, unload it, and give the bytes that were freed.
   *
   * @throws ModelNotFoundError if no model has this id.
   */
  unloadModel(id: string, options?: CallOptions): Promise<number> {
    return this.#realm.unloadModel(id, options);
  }

  /** The loaded models in the order of loading. */
  getModels(options?: CallOptions): Promise<ModelInfo[]> {
    return this.#realm.getModels(options);
  }

  /** What is known of a loaded model, by default the default one. */
  getModelInfo(id?: string, options?: CallOptions): Promise<ModelInfo> {
    return this.#realm.getModelInfo(id, options);
  }

  /** Whether requests can name this model. */
  isModelLoaded(id: string, options?: CallOptions): Promise<boolean> {
    return this.#realm.isModelLoaded(id, options);
  }

  /** Make a loaded model the default. */
  useModel(id: string, options?: CallOptions): Promise<ModelInfo> {
    return this.#realm.useModel(id, options);
  }

  /** Id of the default model: the one loaded or used last; null if none is loaded. */
  getCurrentModel(options?: CallOptions): Promise<string | null> {
    return this.#realm.getCurrentModel(options);
  }

  /** Generate with a model, null for the default one; see `Realm.generate`. */
  generate(
    id: string | null,
    prompt: Prompt,
    options: WithoutModel<GenerateOptions> = {},
  ): Promise<GenerationResponse> {
    return this.#realm.generate(prompt, { ...options, ...named(id) });
  }

  /** Start generating with a model, null for the default one; see `Realm.stream`. */
  stream(
    id: string | null,
    prompt: Prompt,
    options: WithoutModel<StreamOptions> = {},
  ): TokenStream {
    return this.#realm.stream(prompt, { ...options, ...named(id) });
  }

  /** Answer a conversation with a model, null for the default one; see `Realm.chat`. */
  chat(
    id: string | null,
    conversation: Conversation,
    options: WithoutModel<ChatOptions> = {},
  ): Promise<GenerationResponse> {
    return this.#realm.chat(conversation, { ...options, ...named(id) });
  }

  /** Start answering a conversation with a model; see `Realm.streamChat`. */
  streamChat(
    id: string | null,
    conversation: Conversation,
    options: WithoutModel<StreamChatOptions> = {},
  ): TokenStream {
    return this.#realm.streamChat(conversation, { ...options, ...named(id) });
  }

  /** Cancel what runs, unload every model and end the worker; harmless twice. */
  dispose(): Promise<void> {
    return this.#realm.dispose();
  }

  [asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

function named(id: string | null): { model?: string } {
  return id === null ? {} : { model: id };
}
