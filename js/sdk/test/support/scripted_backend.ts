/** A backend that says what a test tells it to. */

import type { Backend, LoadOptions } from "../../src/backend.js";
import { ModelNotFoundError, TenantClosedError } from "../../src/errors.js";
import type {
  EmbeddingInput,
  EmbeddingResponse,
  GenerationRequest,
  GenerationResponse,
  ModelInfo,
  ModelSource,
  TokenEvent,
} from "../../src/types.js";

export const INFO: ModelInfo = {
  id: "a",
  name: "A",
  architecture: "llama",
  quantType: "F32",
  numParameters: 10,
  numLayers: 1,
  embeddingLength: 2,
  vocabSize: 3,
  contextLength: 64,
  fileBytes: 100,
  memoryBytes: 100,
  device: "cpu",
  executor: "scripted",
  hasChatTemplate: true,
  isCurrent: false,
};

/** An event of a token with this text. */
export function tokenEvent(text: string, index: number): TokenEvent {
  const event = { text, tokenId: index, index, logprob: null, alternatives: [] };
  return { ...event, finishReason: null, tokenText: "" };
}

/** A response of tokens with these texts. */
export function response(
  request: GenerationRequest,
  texts: readonly string[],
  finishReason: GenerationResponse["finishReason"] = "stop",
): GenerationResponse {
  return {
    text: texts.join(""),
    tokenIds: texts.map((_, index) => index),
    finishReason,
    usage: { promptTokens: 1, completionTokens: texts.length, cachedTokens: 0 },
    timings: { queueMs: 0, ttftMs: 1, prefillMs: 1, decodeMs: 1, totalMs: 2, tokensPerSecond: 1 },
    seed: request.config.seed ?? 0,
    model: request.model,
    logprobs: [],
    alternatives: [],
    promptIds: [],
    toolCalls: [],
  };
}

export type Script = (
  request: GenerationRequest,
  options: { onToken?: (event: TokenEvent) => void; signal?: AbortSignal },
) => Promise<GenerationResponse>;

/** Says the model's name and the prompt, word by word, a moment between them. */
export const echo: Script = async (request, { onToken, signal }) => {
  const prompt = request.text ?? request.messages?.at(-1)?.content ?? request.tokenIds?.join(" ");
  const words = [request.model, ...(prompt ?? "").split(" ")].map((word) => `${word} `);
  const said: string[] = [];
  for (const word of words) {
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted) return response(request, said, "cancelled");
    onToken?.(tokenEvent(word, said.length));
    said.push(word);
  }
  return response(request, said);
};

export class ScriptedBackend implements Backend {
  readonly requests: GenerationRequest[] = [];
  readonly sources: ModelSource[] = [];
  readonly loaded = new Map<string, ModelInfo>();
  numInits = 0;
  numDisposals = 0;
  script: Script = echo;
  load: (source: ModelSource, id: string, options: LoadOptions) => Promise<ModelInfo> = async (
    _,
    id,
  ) => ({ ...INFO, id });

  async init(): Promise<void> {
    this.numInits += 1;
  }

  async loadModel(source: ModelSource, id: string, options: LoadOptions): Promise<ModelInfo> {
    this.sources.push(source);
    const info = await this.load(source, id, options);
    this.loaded.set(id, info);
    return info;
  }

  async unloadModel(id: string): Promise<number> {
    const info = this.#get(id);
    this.loaded.delete(id);
    return info.memoryBytes;
  }

  async models(): Promise<ModelInfo[]> {
    return [...this.loaded.values()];
  }

  async generate(
    request: GenerationRequest,
    options: { onToken?: (event: TokenEvent) => void; signal?: AbortSignal },
  ): Promise<GenerationResponse> {
    this.requests.push(request);
    this.#get(request.model);
    return this.script(request, options);
  }

  async tokenize(id: string, text: string): Promise<number[]> {
    this.#get(id);
    return [...text].map((character) => character.codePointAt(0) as number);
  }

  async detokenize(id: string, tokenIds: readonly number[]): Promise<string> {
    this.#get(id);
    return String.fromCodePoint(...tokenIds);
  }

  async embed(id: string, inputs: readonly EmbeddingInput[]): Promise<EmbeddingResponse> {
    this.#get(id);
    const vectors = inputs.map((input) => Float32Array.of(input.length, 1));
    const usage = { promptTokens: inputs.length, completionTokens: 0, cachedTokens: 0 };
    return { vectors, usage, model: id };
  }

  async dispose(): Promise<void> {
    this.numDisposals += 1;
  }

  #get(id: string): ModelInfo {
    if (this.numDisposals > 0) throw new TenantClosedError("closed");
    const info = this.loaded.get(id);
    if (info === undefined) throw new ModelNotFoundError(`no loaded model has the id ${id}`);
    return info;
  }
}
