/**
 * Chat templates: messages to the bytes of a prompt.
 *
 * Templates come inside model files, so they are programs of strangers, and are rendered with
 * limits. What people say is kept apart from what the template says: control tokens inside
 * content are broken by the byte 0xFF, see `control_text.ts`.
 */

import { ChatTemplateError, PromptError, RealmError } from "../errors.js";
import { quoted, shown } from "../quoted.js";
import type { ChatMessage } from "../types.js";
import { findLoneSurrogate } from "../utf8.js";
import { type ControlText, chooseMarker, escapeOf } from "./control_text.js";
import { renderLimited, TemplateRefusal } from "./limited_interpreter.js";
import { strftime } from "./strftime.js";

const DROPPED = 0xff;
const ROLES: readonly string[] = ["system", "user", "assistant", "tool"];
// Marks what the assistant says, for training; the engine does not know it.
const GENERATION = /(\{%[-+]?\s*)(end)?generation(\s*[-+]?%\})/g;
const ENCODER = new TextEncoder();

export interface SpecialTexts {
  bosToken: string;
  eosToken: string;
}

export interface ChatOptions extends SpecialTexts {
  /** The vocabulary's control tokens, which content cannot contain. */
  control: ControlText;
  /** Open the assistant's turn. */
  addGenerationPrompt?: boolean;
  /** What `strftime_now` formats; the present by default. */
  now?: Date;
  /** More of the template's variables. */
  variables?: Readonly<Record<string, unknown>>;
}

/**
 * Render a template to plain text.
 *
 * @throws ChatTemplateError if the template refuses its inputs (the message is its own), is
 * wrong, or breaks a limit.
 */
export function renderTemplate(
  template: string,
  inputs: Readonly<Record<string, unknown>>,
  now: Date = new Date(),
): string {
  const source = template.replace(
    GENERATION,
    (_whole, before: string, end: string | undefined, after: string) =>
      `${before}${end === undefined ? "if true" : "endif"}${after}`,
  );
  try {
    return renderLimited(source, inputs, (format) => strftime(now, format));
  } catch (error) {
    if (error instanceof TemplateRefusal) {
      throw new ChatTemplateError(error.message);
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChatTemplateError(`the chat template failed: ${reason}`, { cause: error });
  }
}

/**
 * Render a conversation to the bytes that `realm_tokenize` reads: UTF-8, with bytes 0xFF inside
 * control tokens of the content.
 *
 * @throws ChatTemplateError as `renderTemplate`.
 * @throws PromptError if a message is malformed or holds a lone surrogate.
 */
export function renderChat(
  template: string,
  messages: readonly ChatMessage[],
  options: ChatOptions,
): Uint8Array {
  const { control, bosToken, eosToken, variables = {} } = options;
  for (const message of messages) {
    checkMessage(message);
  }
  const given = { ...variables, messages: messages.map(templateMessage) };
  const marker = chooseMarker([template, bosToken, eosToken, ...stringsOf(given)]);
  const broken = brokenValue(given, (text, isName) => control.broken(text, marker, !isName));
  const inputs = {
    ...(broken as Record<string, unknown>),
    bos_token: bosToken,
    eos_token: eosToken,
    add_generation_prompt: options.addGenerationPrompt ?? true,
  };
  const text = renderTemplate(template, inputs, options.now);
  return withDropped(text.replaceAll(escapeOf(marker), marker), marker);
}

/**
 * The control token with which a template closes the assistant's turns; null where a turn has no
 * closing token, or the template cannot be rendered.
 */
export function closingToken(
  template: string,
  control: ControlText,
  { bosToken, eosToken }: SpecialTexts,
): string | null {
  // Not randomUUID, which pages without TLS do not have.
  const said = `realm${crypto.getRandomValues(new Uint32Array(2)).join("x")}`;
  const inputs = {
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: said },
    ],
    bos_token: bosToken,
    eos_token: eosToken,
    add_generation_prompt: false,
  };
  let text: string;
  try {
    text = renderTemplate(template, inputs);
  } catch (error) {
    if (error instanceof RealmError) {
      return null;
    }
    throw error;
  }
  const at = text.lastIndexOf(said);
  return at < 0 ? null : control.first(text.slice(at + said.length));
}

/** UTF-8 of a text, with one byte for each marker. */
function withDropped(text: string, marker: string): Uint8Array {
  const parts = text.split(marker).map((part) => ENCODER.encode(part));
  const size = parts.reduce((sum, part) => sum + part.byteLength, parts.length - 1);
  const bytes = new Uint8Array(size).fill(DROPPED);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength + 1;
  }
  return bytes;
}

function checkMessage(message: unknown): asserts message is ChatMessage {
  const isObject = typeof message === "object" && message !== null;
  if (!isObject || !("role" in message) || !("content" in message)) {
    throw new PromptError(
      `a chat message is an object with role and content, such as {role: 'user', content: 'Hi'}; got ${shown(message)}`,
    );
  }
  const { role, content } = message;
  if (typeof role !== "string" || !ROLES.includes(role)) {
    throw new PromptError(`the role ${shown(role)} is unknown; roles are ${ROLES.join(", ")}`);
  }
  if (typeof content !== "string") {
    throw new PromptError(
      `the content of a ${role} message must be text, not ${content === null ? "null" : typeof content}`,
    );
  }
  for (const text of stringsOf(message)) {
    const lone = findLoneSurrogate(text);
    if (lone !== null) {
      throw new PromptError(`a message holds a lone surrogate (${lone.name}), which is no text`);
    }
  }
}

function* stringsOf(value: unknown): Iterable<string> {
  if (typeof value === "string") {
    yield value;
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield key;
      yield* stringsOf(item);
    }
  }
}

/** A message under the names that templates know. */
function templateMessage({ role, content, toolCalls, toolCallId, name }: ChatMessage) {
  return {
    role,
    content,
    ...(toolCalls !== undefined && { tool_calls: toolCalls }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    ...(name !== undefined && { name }),
  };
}

/** Copy a value with every text changed; names are keys and roles, which templates look up. */
function brokenValue(value: unknown, change: (text: string, isName: boolean) => string): unknown {
  if (typeof value === "string") {
    return change(value, false);
  }
  if (Array.isArray(value)) {
    return value.map((item) => brokenValue(item, change));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const isRole = key === "role" && typeof item === "string";
        return [change(key, true), isRole ? change(item, true) : brokenValue(item, change)];
      }),
    );
  }
  return value;
}

/** The error of a model that cannot chat. */
export function noTemplate(model: string): ChatTemplateError {
  return new ChatTemplateError(
    `the model ${quoted(model)} has no chat template; complete plain text with generate(prompt, {raw: true})`,
  );
}
