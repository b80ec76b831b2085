/** Values that cross the API: the Python names in camelCase. */

export type Role = "system" | "user" | "assistant" | "tool";
export type FinishReason = "stop" | "length" | "cancelled" | "tool_calls";

/** A JSON schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A function that a model may call; `parameters` is a JSON schema of its arguments. */
export interface Tool {
  type: "function";
  function: {
    name: string;
    description?: string;
    parameters?: JsonSchema;
    strict?: boolean;
  };
}

/** Whether a model may call tools, has to, or which one it has to call. */
export type ToolChoice =
  | "none"
  | "auto"
  | "required"
  | { type: "function"; function: { name: string } };

/** A call that a model made, as a message of the assistant takes it back. */
export interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: Readonly<Record<string, unknown>> };
}

export interface ChatMessage {
  role: Role;
  content: string;
  /** What an assistant called. */
  toolCalls?: readonly ToolCall[];
  /** Which call a tool's message answers. */
  toolCallId?: string;
  /** Which function a tool's message is of. */
  name?: string;
}

/** OpenAI's way to ask for JSON: the same as `jsonObject` and `jsonSchema`. */
export type ResponseFormat =
  | { type: "text" }
  | { type: "json_object" }
  | { type: "json_schema"; json_schema: { name?: string; schema?: JsonSchema; strict?: boolean } };

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
  /** The answer is compact JSON that satisfies this schema; in a server only. */
  jsonSchema: JsonSchema | null;
  /** The answer is a compact JSON object; in a server only. */
  jsonObject: boolean;
  /**
   * The answer follows this grammar: Lark rules as llguidance reads them, or a regular expression
   * between slashes (`"/[0-9]{4}/"`); in a server only.
   */
  grammar: string | null;
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
  /** Text of the token alone, where `logprobs` were asked for; else empty. */
  tokenText: string;
  /** On the last event of an answer that calls tools. */
  toolCalls?: readonly ToolCall[];
}

export interface Usage {
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
}

/** Milliseconds since the request. */
export interface Timings {
  /** Until the first step that ran part of the request. */
  queueMs: number;
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
  /** Calls of the tools that the request offered; their text is no part of `text`. */
  toolCalls: readonly ToolCall[];
}

/** Embeddings of texts. */
export interface EmbeddingResponse {
  /** Of unit length, in the order of the texts. */
  vectors: readonly Float32Array[];
  usage: Usage;
  model: string;
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
export type FileSource = ArrayBuffer | Uint8Array | Blob | URL | string;

/** A model's file; of a split model its first file by place, or all of them in order. */
export type ModelSource = FileSource | readonly FileSource[];

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
  /** With messages: functions that the model may call. */
  tools?: readonly Tool[];
  toolChoice?: ToolChoice;
  /** False where one call is enough. */
  parallelToolCalls?: boolean;
}

/** A text to embed, or its token ids. */
export type EmbeddingInput = string | readonly number[];
