/** What a `Realm` needs from whoever does the work: the engine, a worker, or a server. */

import type {
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

export interface Backend {
  /** Make ready; called once, before anything else. */
  init(): Promise<void>;
  loadModel(source: ModelSource, id: string, options: LoadOptions): Promise<ModelInfo>;
  /** Unload a model and give the bytes that were freed. */
  unloadModel(id: string): Promise<number>;
  /** The loaded models in the order of loading; `isCurrent` is the caller's affair. */
  models(): Promise<ModelInfo[]>;
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
    options: { addSpecial: boolean; parseSpecial: boolean },
  ): Promise<number[]>;
  detokenize(
    id: string,
    tokenIds: readonly number[],
    options: { renderSpecial: boolean },
  ): Promise<string>;
  /** Cancel what runs and return everything; harmless twice. */
  dispose(): Promise<void>;
}
