/** Values that cross the API: the Python names in camelCase. */

export type Role = "system" | "user" | "assistant" | "tool";
export type FinishReason = "stop" | "length" | "cancelled" | "tool_calls";

export interface ChatMessage {
  role: Role;
  content: string;
}

/** How to generate; see `GenerationConfig` of the Python package for ranges and order. */
export interface GenerationConfig {
  maxTokens: number;
  minTokens: number;
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  typicalP: number;
  repetitionPenalty: number;
  frequencyPenalty: number;
  presencePenalty: number;
  repeatLastN: number;
  dryMultiplier: number;
  dryBase: number;
  dryAllowedLength: number;
  dryPenaltyLastN: number;
  drySequenceBreakers: readonly string[];
  xtcProbability: number;
  xtcThreshold: number;
  mirostat: 0 | 2;
  mirostatTau: number;
  mirostatEta: number;
  logitBias: Readonly<Record<number, number>>;
  /** Drawn, and reported in the response, when null. */
  seed: number | null;
  stop: readonly string[];
  ignoreEos: boolean;
  /** Report the log probability of each token and of this many alternatives. */
  logprobs: number | null;
}

export interface TokenLogprob {
  tokenId: number;
  text: string;
  logprob: number;
}

/** One token of a stream. */
export interface TokenEvent {
  /** Text that this token completed; may be empty. */
  text: string;
  tokenId: number;
  /** Number of the token in the answer, from 0. */
  index: number;
  logprob: number | null;
  alternatives: readonly TokenLogprob[];
  finishReason: FinishReason | null;
}

export interface Usage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
}

/** Milliseconds since the request. */
export interface Timings {
  ttftMs: number;
  prefillMs: number;
  decodeMs: number;
  totalMs: number;
  tokensPerSecond: number;
}

export interface GenerationResponse {
  text: string;
  tokenIds: readonly number[];
  finishReason: FinishReason;
  usage: Usage;
  timings: Timings;
  seed: number;
  model: string;
  logprobs: readonly TokenLogprob[];
  alternatives: readonly (readonly TokenLogprob[])[];
  promptIds: readonly number[];
}

export interface ModelInfo {
  id: string;
  name: string;
  architecture: string;
  quantType: string;
  numParameters: number;
  numLayers: number;
  embeddingLength: number;
  vocabSize: number;
  contextLength: number;
  fileBytes: number;
  memoryBytes: number;
  device: string;
  executor: string;
  hasChatTemplate: boolean;
  isCurrent: boolean;
}

export interface LoadProgress {
  model: string;
  /** "download", "read" or "pack". */
  stage: string;
  doneBytes: number;
  totalBytes: number;
}

/** Bytes of a GGUF file, or where they are: a URL, or in Node a path. */
export type ModelSource = ArrayBuffer | Uint8Array | Blob | URL | string;

/** Exactly one of text, messages and tokenIds is given. */
export interface GenerationRequest {
  model: string;
  config: GenerationConfig;
  text?: string;
  messages?: readonly ChatMessage[];
  tokenIds?: readonly number[];
  /** Complete the text as it stands, without chat template. */
  raw?: boolean;
  /** System turn before the text. */
  system?: string;
}
