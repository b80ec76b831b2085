/** What a caller asks for, checked and made into a `GenerationRequest`. */

import { formOfResponse } from "./answer_form.js";
import { display, kindOf } from "./display.js";
import { PromptError } from "./errors.js";
import { checkedConfig, isUnicode, type SamplingOptions } from "./options.js";
import { checkedCalls, checkedTools, type ToolOptions } from "./tools.js";
import type {
  ChatMessage,
  EmbeddingInput,
  GenerationConfig,
  GenerationRequest,
  ResponseFormat,
  Role,
  TokenEvent,
} from "./types.js";

/** A text, or token ids that are taken as they are. */
export type Prompt = string | { readonly tokenIds: readonly number[] };

/** What every request takes. */
export interface CommonOptions extends SamplingOptions {
  /** Id of a loaded model; the current one by default. */
  model?: string | undefined;
  /** System turn before the prompt or the messages. */
  system?: string | undefined;
  /** OpenAI's way to ask for JSON, in place of `jsonObject` and `jsonSchema`. */
  responseFormat?: ResponseFormat | undefined;
  /** Ends the generation with the finish reason "cancelled" and the text so far. */
  signal?: AbortSignal | undefined;
}

/** Options of `stream`. */
export interface StreamOptions extends CommonOptions {
  /** Complete the text as it stands, without chat template; control tokens are recognised. */
  raw?: boolean | undefined;
}

/** Called with every token; what it throws ends the generation and is thrown by the call. */
export type OnToken = (event: TokenEvent) => void;

/** Options of `generate`. */
export interface GenerateOptions extends StreamOptions {
  onToken?: OnToken | undefined;
}

/** Options of `streamChat`. */
export interface StreamChatOptions extends CommonOptions, ToolOptions {}

/** Options of `chat`. */
export interface ChatOptions extends StreamChatOptions {
  onToken?: OnToken | undefined;
}

/** A conversation; a text is one turn of the user. */
export type Conversation = string | readonly ChatMessage[];

const ROLES: readonly Role[] = ["system", "user", "assistant", "tool"];

/**
 * The request for a prompt.
 *
 * @throws SamplingParamsError, GrammarError, PromptError
 */
export function promptRequest(
  prompt: Prompt,
  model: string,
  options: StreamOptions,
): GenerationRequest {
  const { raw, system, ...sampling } = options;
  const config = configOf(sampling);
  const request: GenerationRequest = { model, config };
  if (typeof prompt === "string") request.text = checkedText(prompt, "the prompt");
  else request.tokenIds = checkedTokenIds(prompt);
  if (raw !== undefined) request.raw = checkedFlag("raw", raw);
  if (system !== undefined) request.system = checkedText(system, "the system prompt");
  return request;
}

/**
 * The request for the next turn of a conversation.
 *
 * @throws SamplingParamsError, GrammarError, PromptError, RequestError
 */
export function chatRequest(
  conversation: Conversation,
  model: string,
  options: StreamChatOptions,
): GenerationRequest {
  const { system, tools, toolChoice, parallelToolCalls, ...sampling } = options;
  const config = configOf(sampling);
  const offered = checkedTools({ tools, toolChoice, parallelToolCalls });
  const given = typeof conversation === "string" ? [userTurn(conversation)] : conversation;
  if (!Array.isArray(given)) {
    throw new PromptError(`a conversation is text or messages, not ${kindOf(given)}`);
  }
  const messages = (given as unknown[]).map(checkedMessage);
  if (messages.length === 0) {
    throw new PromptError("the conversation is empty: give at least one message");
  }
  if (system !== undefined) {
    messages.unshift({ role: "system", content: checkedText(system, "the system prompt") });
  }
  return { model, config, messages, ...offered };
}

/** The configuration of options that may ask for JSON in OpenAI's way. */
function configOf(
  options: SamplingOptions & { responseFormat?: ResponseFormat | undefined },
): GenerationConfig {
  const { responseFormat, ...sampling } = options;
  const asked = formOfResponse(responseFormat);
  const config = checkedConfig(sampling);
  // Checked once more together: two forms are none.
  return Object.keys(asked).length === 0 ? config : checkedConfig({ ...config, ...asked });
}

/** @throws PromptError if it is no text. */
export function checkedText(text: unknown, what: string): string {
  if (typeof text !== "string") throw new PromptError(`${what} is text, not ${kindOf(text)}`);
  if (!isUnicode(text)) {
    throw new PromptError(`${what} holds a lone surrogate, which is no character`);
  }
  return text;
}

/** @throws PromptError if they are none. */
export function checkedIds(tokenIds: unknown): readonly number[] {
  const ids =
    ArrayBuffer.isView(tokenIds) && !(tokenIds instanceof DataView)
      ? Array.from(tokenIds as Int32Array)
      : tokenIds;
  if (!Array.isArray(ids)) throw new PromptError(`token ids are an array, not ${kindOf(ids)}`);
  for (const id of ids as unknown[]) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) > 2 ** 31 - 1) {
      throw new PromptError(`${display(id)} is no token id: ids are whole numbers from 0`);
    }
  }
  return ids as number[];
}

/** @throws PromptError if there is no text, or one is neither text nor token ids. */
export function checkedInputs(texts: unknown): readonly EmbeddingInput[] {
  const items: unknown = typeof texts === "string" ? [texts] : texts;
  if (!Array.isArray(items) || items.length === 0) {
    throw new PromptError("give at least one text to embed");
  }
  return items.map((item: unknown) => {
    if (typeof item === "string") return checkedText(item, "a text to embed");
    if (typeof item === "object" && item !== null) return checkedIds(item);
    throw new PromptError(`texts to embed are text or token ids, not ${kindOf(item)}`);
  });
}

function checkedTokenIds(prompt: unknown): readonly number[] {
  if (typeof prompt !== "object" || prompt === null || !("tokenIds" in prompt)) {
    throw new PromptError(`a prompt is text or { tokenIds }, not ${kindOf(prompt)}`);
  }
  return checkedIds(prompt.tokenIds);
}

function checkedFlag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new PromptError(`${name}=${display(value)} is not allowed: it must be true or false`);
}

function userTurn(text: string): ChatMessage {
  return { role: "user", content: text };
}

function checkedMessage(message: unknown): ChatMessage {
  if (
    typeof message !== "object" ||
    message === null ||
    !("role" in message) ||
    !("content" in message)
  ) {
    throw new PromptError(
      'a chat message is an object with role and content, such as {role: "user", ' +
        `content: "Hi"}; got ${display(message)}`,
    );
  }
  const { role, content } = message;
  if (!(ROLES as readonly unknown[]).includes(role)) {
    throw new PromptError(`the role ${display(role)} is unknown; roles are ${ROLES.join(", ")}`);
  }
  if (typeof content !== "string") {
    throw new PromptError(`the content of a ${role} message must be text, not ${kindOf(content)}`);
  }
  const checked: ChatMessage = {
    role: role as Role,
    content: checkedText(content, `the content of a ${role} message`),
  };
  // Templates ask whether a message has a field, so that empty ones must not be there.
  const { toolCalls, toolCallId, name } = message as Record<string, unknown>;
  const calls = checkedCalls(toolCalls ?? []);
  if (calls.length > 0) checked.toolCalls = calls;
  if (toolCallId) checked.toolCallId = checkedText(toolCallId, "toolCallId");
  if (name) checked.name = checkedText(name, `the name of a ${role} message`);
  return checked;
}
