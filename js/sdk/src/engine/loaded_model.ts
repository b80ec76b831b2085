/** A model in memory: weights, a guest that knows its vocabulary, and what runs on it. */

import { ModelNotFoundError, PromptError, SamplingParamsError } from "../errors.js";
import { encodeConfig } from "../guest/config.js";
import type { VocabularyGuest } from "../guest/vocabulary_guest.js";
import type { Executor } from "../kernels/executor.js";
import { quoted } from "../quoted.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  GenerationConfig,
  GenerationRequest,
  GenerationResponse,
  ModelInfo,
  TokenEvent,
} from "../types.js";
import { utf8 } from "../utf8.js";
import { checkHasNoForm } from "./constraint.js";
import { embedText } from "./embedding.js";
import { Generation } from "./generation.js";
import { KeptSequences } from "./kept_sequences.js";
import type { ModelDescription } from "./model_description.js";
import { checkedIds, checkFits, promptIds } from "./prompt.js";
import { lanesPerStep, prefillChunkTokens, Scheduler } from "./scheduler.js";
import { Timeline } from "./timeline.js";
import { ToolUse } from "./tool_use.js";
import { Transcript } from "./transcript.js";

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

export interface GenerateOptions {
  onToken?: (event: TokenEvent) => void;
  signal?: AbortSignal;
}

export interface LoadedModelParts {
  id: string;
  description: ModelDescription;
  executor: Executor;
  guest: VocabularyGuest;
  /** Such as "wasm relaxed-simd". */
  executorName: string;
}

export class LoadedModel {
  readonly id: string;
  readonly #parts: LoadedModelParts;
  readonly #scheduler: Scheduler;
  readonly #kept = new KeptSequences();

  constructor(parts: LoadedModelParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#scheduler = new Scheduler(parts.executor, {
      chunkTokens: prefillChunkTokens(parts.description.numParameters),
      stepLanes: lanesPerStep(parts.executor.vocabSize),
      reclaim: () => this.#kept.clear(),
    });
  }

  /** What is known of it; `isCurrent` is the caller's affair. */
  get info(): ModelInfo {
    const { description, executor, executorName } = this.#parts;
    const { hyperparameters } = description.graph;
    return {
      id: this.id,
      name: description.name,
      architecture: hyperparameters.architecture,
      quantType: description.quantType,
      numParameters: description.numParameters,
      numLayers: hyperparameters.num_layers,
      embeddingLength: hyperparameters.embedding_length,
      vocabSize: hyperparameters.vocab_size,
      contextLength: hyperparameters.context_length,
      fileBytes: description.fileBytes,
      memoryBytes: executor.memoryBytes,
      device: "cpu",
      executor: executorName,
      hasChatTemplate: description.chatTemplate !== null,
      isCurrent: false,
    };
  }

  /** Generations that run or wait. */
  get numGenerations(): number {
    return this.#scheduler.numLanes;
  }

  async generate(
    request: GenerationRequest,
    { onToken, signal }: GenerateOptions,
  ): Promise<GenerationResponse> {
    const timeline = new Timeline();
    const { description, executor, guest } = this.#parts;
    const { config } = request;
    this.#scheduler.checkRoom();
    checkHasNoForm(config);
    checkBias(config, description.vocabSize);
    const tools = new ToolUse(request, description.chatTemplate);
    const ids = promptIds(request, description, await guest.shared(), tools.shown);
    const maxTokens = Math.min(config.maxTokens, description.contextLength - ids.length);
    const seed = config.seed ?? drawnSeed();
    const transcriptOf = (numCachedTokens: number) =>
      new Transcript({
        model: this.id,
        seed,
        promptIds: Array.from(ids),
        numCachedTokens,
        onToken,
        timeline,
        tools,
      });
    if (maxTokens === 0) {
      const transcript = transcriptOf(0);
      transcript.announce("length", "");
      return transcript.response("length");
    }
    const instance = await guest.instance();
    try {
      this.#checkOpen();
      const handle = instance.generateBegin(encodeConfig(config, ids, { seed, maxTokens }));
      const cache = this.#kept.take(ids) ?? executor.newCache();
      const generation = new Generation({
        guest: instance,
        handle,
        cache,
        promptIds: ids,
        kept: this.#kept,
        transcript: transcriptOf(cache.length),
        hasLogprobs: config.logprobs !== null,
        signal,
      });
      this.#scheduler.submit(generation);
      return await generation.result;
    } finally {
      guest.release(instance);
    }
  }

  /** Free what is kept for prompts to come. */
  forget(): void {
    this.#kept.clear();
  }

  async tokenize(
    text: string,
    options: { addSpecial: boolean; parseSpecial: boolean },
  ): Promise<number[]> {
    const instance = await this.#parts.guest.shared();
    return Array.from(instance.tokenize(utf8(text), options));
  }

  /** Text of token ids; incomplete characters become U+FFFD. */
  async detokenize(tokenIds: readonly number[], renderSpecial: boolean): Promise<string> {
    const ids = checkedIds(tokenIds, this.#parts.description.vocabSize);
    const instance = await this.#parts.guest.shared();
    return DECODER.decode(instance.detokenize(ids, { stripSpace: true, renderSpecial }));
  }

  /**
   * Embeddings of texts, each with BOS and EOS as the vocabulary says, or of token ids.
   *
   * @throws PromptError, ContextLengthError before any of them runs.
   */
  async embed(
    inputs: readonly EmbeddingInput[],
    signal: AbortSignal | undefined,
  ): Promise<EmbeddingResponse> {
    const { description, executor, guest } = this.#parts;
    const tokenizer = await guest.shared();
    const prompts = inputs.map((input) => {
      const ids =
        typeof input === "string"
          ? tokenizer.tokenize(utf8(input), { addSpecial: true, parseSpecial: false })
          : checkedIds(input, description.vocabSize);
      if (ids.length === 0) throw new PromptError("a text to embed is empty");
      checkFits(ids, this.id, description.contextLength);
      return Int32Array.from(ids);
    });
    const vectors: Float32Array[] = [];
    for (const ids of prompts) {
      const options = {
        chunkTokens: prefillChunkTokens(description.numParameters),
        isClosed: () => this.#scheduler.isClosed,
        signal,
      };
      vectors.push(await embedText(executor, ids, options));
    }
    const promptTokens = prompts.reduce((sum, ids) => sum + ids.length, 0);
    return {
      vectors,
      usage: { promptTokens, completionTokens: 0, cachedTokens: 0 },
      model: this.id,
    };
  }

  /** Cancel what runs and give everything back; gives the bytes of weights that were freed. */
  async close(): Promise<number> {
    await this.#scheduler.close();
    this.#kept.close();
    const freed = this.#parts.executor.memoryBytes;
    this.#parts.executor.close();
    this.#parts.guest.close();
    return freed;
  }

  #checkOpen(): void {
    if (this.#scheduler.isClosed) {
      throw new ModelNotFoundError("the model was unloaded before the request ran");
    }
  }
}

function checkBias(config: GenerationConfig, vocabSize: number): void {
  for (const [tokenId, bias] of Object.entries(config.logitBias)) {
    if (Number(tokenId) >= vocabSize) {
      throw new SamplingParamsError(
        `logitBias={${tokenId}: ${bias}} is not allowed: logitBias must be a mapping of token ids below ${vocabSize}`,
        "logitBias",
      );
    }
  }
}

/** 32 bits: short enough to read aloud, enough to never meet twice. */
function drawnSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

/** The error of an id that no model has. */
export function notFound(id: string, ids: readonly string[]): ModelNotFoundError {
  const loaded = ids.length > 0 ? `loaded are ${ids.map(quoted).join(", ")}` : "no model is loaded";
  return new ModelNotFoundError(
    `no loaded model has the id ${quoted(id.slice(0, 200))} (${loaded}); load it with loadModel(source, id)`,
    { model: id },
  );
}
