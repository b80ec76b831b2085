/** The messages of the server, from and to the values of this package. */

import type {
  ChatMessage,
  GenerationConfig,
  GenerationRequest,
  LoadProgress,
  ModelInfo,
  Timings,
  TokenLogprob,
  ToolCall,
  Usage,
} from "../types.js";
import { type Fields, fieldsOf, flag, list, number, text } from "./fields.js";
import { parsedJson } from "./remote_error.js";

/** JSON has no infinity; OpenAI uses this number for tokens that cannot come. */
const NEVER = -9999;

/** The path and the message of a request, whose answer is to be streamed. */
export function generationMessage(request: GenerationRequest): { path: string; message: Fields } {
  const { model, config, messages } = request;
  const { logprobs } = config;
  const common = {
    model,
    ...samplingFields(config),
    stream: true,
    stream_options: { include_usage: true },
    return_token_ids: true,
  };
  if (messages !== undefined) {
    const asked = logprobs === null ? {} : { logprobs: true, top_logprobs: logprobs };
    return {
      path: "/v1/chat/completions",
      message: {
        ...common,
        messages: messages.map(messageFields),
        ...toolFields(request),
        ...asked,
      },
    };
  }
  const message: Fields = { ...common, prompt: request.tokenIds ?? request.text ?? "" };
  message.raw = request.raw ?? false;
  if (request.system !== undefined) message.system = request.system;
  if (logprobs !== null) message.logprobs = logprobs;
  return { path: "/v1/completions", message };
}

/** What a request says of tools; whoever offers none gets the model's text as it is. */
function toolFields({ tools, toolChoice, parallelToolCalls }: GenerationRequest): Fields {
  if (tools === undefined) return { parse_tool_calls: false };
  const fields: Fields = { tools };
  if (toolChoice !== undefined) fields.tool_choice = toolChoice;
  if (parallelToolCalls !== undefined) fields.parallel_tool_calls = parallelToolCalls;
  return fields;
}

function messageFields({ role, content, toolCalls, toolCallId, name }: ChatMessage): Fields {
  const fields: Fields = { role, content };
  if (toolCalls !== undefined) fields.tool_calls = toolCalls.map(callFields);
  if (toolCallId !== undefined) fields.tool_call_id = toolCallId;
  if (name !== undefined) fields.name = name;
  return fields;
}

function callFields({ id, type, function: called }: ToolCall): Fields {
  return {
    id,
    type,
    function: { name: called.name, arguments: JSON.stringify(called.arguments) },
  };
}

/** Python's names for a configuration, but for `logprobs`, which requests say in two ways. */
function samplingFields(config: GenerationConfig): Fields {
  const { logprobs: _, logitBias, ...rest } = config;
  const fields: Fields = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value !== null) fields[snake(name)] = value;
  }
  // JSON has no infinity: false forbids a token.
  fields.logit_bias = Object.fromEntries(
    Object.entries(logitBias).map(([id, bias]) => [id, bias === -Infinity ? false : bias]),
  );
  return fields;
}

/** @throws WrongField if it is none. */
export function modelInfo(value: unknown): ModelInfo {
  const info = fieldsOf(fieldsOf(value).info);
  return {
    id: text(info, "id"),
    name: text(info, "name"),
    architecture: text(info, "architecture"),
    quantType: text(info, "quant_type"),
    numParameters: number(info, "num_parameters"),
    numLayers: number(info, "num_layers"),
    embeddingLength: number(info, "embedding_length"),
    vocabSize: number(info, "vocab_size"),
    contextLength: number(info, "context_length"),
    fileBytes: number(info, "file_bytes"),
    memoryBytes: number(info, "memory_bytes"),
    device: text(info, "device"),
    executor: text(info, "executor"),
    hasChatTemplate: flag(info, "has_chat_template"),
    isCurrent: flag(info, "is_current"),
  };
}

/** @throws WrongField if it is none. */
export function toolCall(value: unknown): ToolCall {
  const call = fieldsOf(value);
  const called = fieldsOf(call.function);
  return {
    id: text(call, "id"),
    type: "function",
    function: {
      name: text(called, "name"),
      arguments: fieldsOf(parsedJson(text(called, "arguments"))),
    },
  };
}

/** @throws WrongField if it is none. */
export function loadProgress(value: unknown): LoadProgress {
  const progress = fieldsOf(value);
  return {
    model: text(progress, "model"),
    stage: text(progress, "stage"),
    doneBytes: number(progress, "done_bytes"),
    totalBytes: number(progress, "total_bytes"),
  };
}

/** @throws WrongField if it is none. */
export function usage(value: unknown): Usage {
  const fields = fieldsOf(value);
  return {
    promptTokens: number(fields, "prompt_tokens"),
    completionTokens: number(fields, "completion_tokens"),
    cachedTokens: number(fieldsOf(fields.prompt_tokens_details ?? {}), "cached_tokens", 0),
  };
}

/** @throws WrongField if it is none. */
export function timings(value: unknown): Timings {
  const fields = fieldsOf(value);
  return {
    queueMs: number(fields, "queue_ms"),
    ttftMs: number(fields, "ttft_ms"),
    prefillMs: number(fields, "prefill_ms"),
    decodeMs: number(fields, "decode_ms"),
    totalMs: number(fields, "total_ms"),
    tokensPerSecond: number(fields, "tokens_per_second"),
  };
}

/**
 * The log probability of a token and those of its alternatives, if there are any.
 *
 * @throws WrongField if they are none.
 */
export function logprobsOf(
  value: unknown,
): { chosen: TokenLogprob; alternatives: TokenLogprob[] } | null {
  if (value === null || value === undefined) return null;
  const [first] = list(fieldsOf(value), "content");
  if (first === undefined) return null;
  const alternatives = list(fieldsOf(first), "top_logprobs").map(tokenLogprob);
  return { chosen: tokenLogprob(first), alternatives };
}

function tokenLogprob(value: unknown): TokenLogprob {
  const fields = fieldsOf(value);
  const logprob = number(fields, "logprob");
  return {
    tokenId: number(fields, "token_id", -1),
    text: text(fields, "token"),
    logprob: logprob <= NEVER ? -Infinity : logprob,
  };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
