/** What a `Realm` needs from whoever does the work: the engine, a worker, or a server. */

import type { CallOptions } from "./abort.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  GenerationRequest,
  GenerationResponse,
  LoadProgress,
  ModelInfo,
  ModelSource,
  TokenEvent,
} from "./types.js";

export interface LoadOptions {
  onProgress?: (progress: LoadProgress) => void;
  signal?: AbortSignal;
  /**
   * Hand the bytes over instead of copying them: the caller's array is empty then. Only a
   * `Realm` looks at it; an engine has its bytes already.
   */
  transfer?: boolean;
}

/** An aborted signal of a call may end its work; whoever waits is a `Realm`'s affair. */
export interface Backend {
  /** Make ready; called once, before anything else. */
  init(): Promise<void>;
  loadModel(source: ModelSource, id: string, options: LoadOptions): Promise<ModelInfo>;
  /** Unload a model and give the bytes that were freed. */
  unloadModel(id: string, options?: CallOptions): Promise<number>;
  /** The loaded models in the order of loading; `isCurrent` is the caller's affair. */
  models(options?: CallOptions): Promise<ModelInfo[]>;
  /**
   * Generate. Events go to `onToken` as they come; errors of the request and of the generation
   * reject. An aborted signal ends it with the finish reason "cancelled" and the text so far.
   */
  generate(
    request: GenerationRequest,
    options: { onToken?: (event: TokenEvent) => void; signal?: AbortSignal },
  ): Promise<GenerationResponse>;
  tokenize(
    id: string,
    text: string,
    options: { addSpecial: boolean; parseSpecial: boolean } & CallOptions,
  ): Promise<number[]>;
  detokenize(
    id: string,
    tokenIds: readonly number[],
    options: { renderSpecial: boolean } & CallOptions,
  ): Promise<string>;
  /** Embeddings of texts, or of token ids. */
  embed(
    id: string,
    inputs: readonly EmbeddingInput[],
    options?: CallOptions,
  ): Promise<EmbeddingResponse>;
  /** Cancel what runs and return everything; harmless twice. */
  dispose(): Promise<void>;
}
