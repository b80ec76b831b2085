/** Conversations as files: Markdown and OpenAI messages, as the notebook writes them; and back. */
import { ConfigError } from "../../../sdk/src/errors";
import type { ChatMessage, Role } from "../../../sdk/src/types";

const ROLE_NAMES: Record<Role, string> = {
  system: "System",
  user: "You",
  assistant: "Model",
  tool: "Tool",
};
const HEAD = /^\uFEFF?\s*<!-- realm chat ([0-9a-f]{8}) -->/;

/** A JSON document with OpenAI messages. */
export function toJson(messages: readonly ChatMessage[]): string {
  return `${JSON.stringify({ messages }, null, 2)}\n`;
}

function newMark(): string {
  return Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, "0");
}

/**
 * A Markdown document that `fromFile` reads back word for word.
 *
 * Comments that no renderer shows mark where messages begin. They carry a number that occurs in
 * no message, so that no message can pretend to be two.
 */
export function toMarkdown(messages: readonly ChatMessage[], title: string): string {
  let mark = newMark();
  while (messages.some(({ content }) => content.includes(mark))) mark = newMark();
  const parts = messages.map(
    ({ role, content }) => `\n<!-- ${mark} ${role} -->\n**${ROLE_NAMES[role]}**\n\n${content}\n`,
  );
  return `<!-- realm chat ${mark} -->\n# ${title}\n${parts.join("")}`;
}

/** The messages of a file that a chat exported, or of OpenAI messages; throws `ConfigError`. */
export function fromFile(text: string, filename: string): ChatMessage[] {
  const mark = HEAD.exec(text)?.[1];
  let messages: ChatMessage[];
  try {
    messages = mark === undefined ? fromJson(JSON.parse(text)) : fromMarkdown(text, mark);
  } catch (error) {
    throw new ConfigError(
      `${filename} is no conversation: it must be a Markdown file that a chat exported, or JSON ` +
        `with OpenAI messages (${error instanceof Error ? error.message.slice(0, 120) : error})`,
    );
  }
  if (messages.length === 0) throw new ConfigError(`${filename} holds no messages`);
  return messages;
}

function fromMarkdown(text: string, mark: string): ChatMessage[] {
  const pieces = text.split(new RegExp(`\\n<!-- ${mark} (\\w+) -->\\n\\*\\*\\w+\\*\\*\\n\\n`));
  const messages: ChatMessage[] = [];
  for (let index = 1; index < pieces.length; index += 2) {
    const content = (pieces[index + 1] ?? "").replace(/\n$/, "");
    messages.push({ role: roleOf(pieces[index]), content });
  }
  return messages;
}

function fromJson(document: unknown): ChatMessage[] {
  const items = isObject(document) ? document.messages : document;
  if (!Array.isArray(items)) throw new Error("there is no list of messages");
  return items.map((item: unknown) => {
    if (!isObject(item)) throw new Error("a message is an object with role and content");
    return { role: roleOf(item.role), content: contentOf(item.content) };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  // Parts; those that are no text have no place here.
  return content.map((part) => (isObject(part) && part.type === "text" ? part.text : "")).join("");
}

function roleOf(name: unknown): Role {
  if (name === "developer") return "system";
  if (typeof name === "string" && Object.hasOwn(ROLE_NAMES, name)) return name as Role;
  throw new Error(`${String(name)} is no role`);
}
