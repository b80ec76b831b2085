/** Models in this process, over the same kernels. */

import { anySignal, type CallOptions } from "../abort.js";
import type { Backend, LoadOptions } from "../backend.js";
import { ConfigError, LoadCancelledError, TenantClosedError } from "../errors.js";
import type { ByteSource } from "../gguf/byte_source.js";
import { ModelCache } from "../gguf/cache.js";
import type { GGUFFile } from "../gguf/file.js";
import { GuestModule } from "../guest/guest_module.js";
import { VocabularyGuest } from "../guest/vocabulary_guest.js";
import type { ExecutorOptions, Kernels } from "../kernels/executor.js";
import { quoted } from "../quoted.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  GenerationRequest,
  GenerationResponse,
  LoadProgress,
  ModelInfo,
  ModelSource,
} from "../types.js";
import { type GenerateOptions, LoadedModel, notFound } from "./loaded_model.js";
import { openModel } from "./model_description.js";
import { openModelFile } from "./open_source.js";
import { nextTurn } from "./turn.js";

export interface LocalEngineOptions {
  /** The shipped guest. */
  guest: WebAssembly.Module;
  /** Makes the kernels; called once, at the first load. */
  createKernels: () => Promise<Kernels>;
  /** Number format of the KV cache. */
  kvType?: ExecutorOptions["kvType"];
  /** Opens paths; only in Node. */
  openPath?: (path: string) => Promise<ByteSource>;
  /** Keep models from URLs in the browser's storage; the default where there is one. */
  cache?: boolean;
}

export class LocalEngine implements Backend {
  readonly #options: LocalEngineOptions;
  readonly #guest: GuestModule;
  readonly #models = new Map<string, LoadedModel>();
  readonly #loading = new Set<string>();
  readonly #end = new AbortController();
  #kernels: Promise<Kernels> | null = null;
  #loads: Promise<unknown> = Promise.resolve();

  constructor(options: LocalEngineOptions) {
    this.#options = options;
    this.#guest = new GuestModule(options.guest);
  }

  async init(): Promise<void> {
    this.#checkOpen();
  }

  async loadModel(source: ModelSource, id: string, options: LoadOptions): Promise<ModelInfo> {
    this.#checkOpen();
    if (this.#models.has(id) || this.#loading.has(id)) {
      throw new ConfigError(`the id ${quoted(id)} is taken; choose another id or unload it first`, {
        field: "id",
        value: id,
        allowed: "an id that is not in use",
      });
    }
    this.#loading.add(id);
    const load = this.#load(source, id, options);
    this.#loads = Promise.allSettled([this.#loads, load]);
    try {
      return (await load).info;
    } finally {
      this.#loading.delete(id);
    }
  }

  async unloadModel(id: string): Promise<number> {
    const model = this.#model(id);
    this.#models.delete(id);
    return model.close();
  }

  async models(): Promise<ModelInfo[]> {
    this.#checkOpen();
    return [...this.#models.values()].map((model) => model.info);
  }

  async generate(
    request: GenerationRequest,
    options: GenerateOptions,
  ): Promise<GenerationResponse> {
    return this.#model(request.model).generate(request, options);
  }

  async tokenize(
    id: string,
    text: string,
    options: { addSpecial: boolean; parseSpecial: boolean },
  ): Promise<number[]> {
    return this.#model(id).tokenize(text, options);
  }

  async detokenize(
    id: string,
    tokenIds: readonly number[],
    { renderSpecial }: { renderSpecial: boolean },
  ): Promise<string> {
    return this.#model(id).detokenize(tokenIds, renderSpecial);
  }

  async embed(
    id: string,
    inputs: readonly EmbeddingInput[],
    { signal }: CallOptions = {},
  ): Promise<EmbeddingResponse> {
    return this.#model(id).embed(inputs, signal);
  }

  async dispose(): Promise<void> {
    this.#end.abort();
    await this.#loads;
    const models = [...this.#models.values()];
    this.#models.clear();
    await Promise.all(models.map((model) => model.close()));
    const kernels = this.#kernels;
    this.#kernels = null;
    (await kernels)?.dispose();
  }

  async #load(source: ModelSource, id: string, options: LoadOptions): Promise<LoadedModel> {
    const signal = anySignal(this.#end.signal, options.signal);
    const report = (stage: LoadProgress["stage"]) => (doneBytes: number, totalBytes: number) =>
      options.onProgress?.({ model: id, stage, doneBytes, totalBytes });
    try {
      signal.throwIfAborted();
      const file = await openModelFile(source, {
        openPath: this.#options.openPath,
        cache: await this.#cache(),
        signal,
        onDownload: report("download"),
      });
      try {
        const model = await this.#loadFile(file, id, signal, report("read"));
        this.#models.set(id, model);
        return model;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (signal.aborted) {
        throw new LoadCancelledError(`loading ${quoted(id)} was cancelled; nothing was loaded`, {
          cause: error,
        });
      }
      throw error;
    }
  }

  async #loadFile(
    file: GGUFFile,
    id: string,
    signal: AbortSignal,
    onProgress: (doneBytes: number, totalBytes: number) => void,
  ): Promise<LoadedModel> {
    const { description, vocabularyBlob } = openModel(file);
    await nextTurn();
    const guest = await VocabularyGuest.load(this.#guest, vocabularyBlob, description.vocabSize);
    try {
      await nextTurn();
      signal.throwIfAborted();
      const kernels = await this.#startKernels();
      // A model needs the room more than conversations that may go on.
      for (const model of this.#models.values()) {
        model.forget();
      }
      const { kvType } = this.#options;
      const executor = await kernels.createExecutor(description.graph, file, {
        ...(kvType !== undefined && { kvType }),
        onProgress,
        signal,
      });
      if (signal.aborted) {
        executor.close();
        signal.throwIfAborted();
      }
      const executorName = `wasm ${executor.build}`;
      return new LoadedModel({ id, description, executor, guest, executorName });
    } catch (error) {
      guest.close();
      throw error;
    }
  }

  async #startKernels(): Promise<Kernels> {
    this.#kernels ??= this.#options.createKernels();
    try {
      return await this.#kernels;
    } catch (error) {
      // The next load tries again.
      this.#kernels = null;
      throw error;
    }
  }

  async #cache(): Promise<ModelCache | null> {
    return this.#options.cache === false ? null : ModelCache.find();
  }

  #model(id: string): LoadedModel {
    this.#checkOpen();
    const model = this.#models.get(id);
    if (model === undefined) {
      throw notFound(id, [...this.#models.keys()]);
    }
    return model;
  }

  #checkOpen(): void {
    if (this.#end.signal.aborted) {
      throw new TenantClosedError("the engine is closed; make a new one");
    }
  }
}
