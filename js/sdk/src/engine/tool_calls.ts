/**
 * Tool calls in a model's text: three forms that models write, and how they are read; the same as
 * `realm_jupyter.server.tool_calls`.
 *
 * | form    | a call in the text                                                          |
 * | ------- | --------------------------------------------------------------------------- |
 * | hermes  | `<tool_call>{"name": …, "arguments": {…}}</tool_call>` (Hermes, Qwen)       |
 * | mistral | `[{"name": …, "arguments": {…}}, …]` after `[TOOL_CALLS]`                   |
 * | llama   | `{"name": …, "parameters": {…}}` alone, or several with `;` between         |
 *
 * Control tokens such as `[TOOL_CALLS]` are no part of the text, so that it may lack them.
 */

import type { ToolCall } from "../types.js";
import { jsonValues } from "./json_values.js";

export type ToolForm = "hermes" | "mistral" | "llama";

const OPEN = "<tool_call>";
const CLOSE = "</tool_call>";
const MARK = "[TOOL_CALLS]";
const ONE_CALL = new RegExp(`${OPEN}(.*?)(?:${CLOSE}|$)`, "gs");

/** In which form a model calls tools, by its chat template; null if in none. */
export function formOf(template: string): ToolForm | null {
  if (!template.includes("tools")) return null;
  if (template.includes(OPEN)) return "hermes";
  if (template.includes(MARK)) return "mistral";
  return template.includes('"parameters"') || template.includes("ipython") ? "llama" : null;
}

interface Read {
  text: string;
  calls: ToolCall[];
}

/** Tells calls from text as it comes. */
export class ToolReader {
  readonly #form: ToolForm;
  readonly #names: ReadonlySet<string>;
  #held = "";
  #isBegun = false;

  /** @param names Functions that there are; a call of any other stays text. */
  constructor(form: ToolForm, names: Iterable<string>) {
    this.#form = form;
    this.#names = new Set(names);
  }

  /** Take new text and give what is certainly no call. */
  feed(text: string): string {
    this.#held += text;
    if (this.#form === "hermes") return this.#release(this.#untilMark());
    if (!this.#isBegun) {
      const start = this.#held.trimStart();
      // The whole answer may be calls.
      if (start === "" || start.startsWith("{") || start.startsWith("[")) return "";
      this.#isBegun = true;
    }
    return this.#release(this.#held.length);
  }

  /** What was held back: text that is no call, and the calls. */
  finish(): Read {
    const held = this.#release(this.#held.length);
    const read = this.#read(held);
    return read.calls.length > 0 ? read : { text: held, calls: [] };
  }

  #read(held: string): Read {
    switch (this.#form) {
      case "hermes":
        return readHermes(held, this.#names);
      case "mistral": {
        const start = held.trimStart();
        const values = jsonValues(start.startsWith(MARK) ? start.slice(MARK.length) : start);
        const [items] = values;
        const isList = values.length === 1 && Array.isArray(items);
        return allOrNone(isList ? items : [], "arguments", this.#names);
      }
      case "llama":
        return allOrNone(jsonValues(held), "parameters", this.#names);
    }
  }

  /** How much of the text comes before a mark, or what may become one. */
  #untilMark(): number {
    const found = this.#held.indexOf(OPEN);
    if (found >= 0) return found;
    for (let length = Math.min(OPEN.length - 1, this.#held.length); length > 0; length -= 1) {
      if (this.#held.endsWith(OPEN.slice(0, length))) return this.#held.length - length;
    }
    return this.#held.length;
  }

  #release(count: number): string {
    const text = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    return text;
  }
}

function readHermes(text: string, names: ReadonlySet<string>): Read {
  const content: string[] = [];
  const calls: ToolCall[] = [];
  let end = 0;
  for (const match of text.matchAll(ONE_CALL)) {
    content.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const found = jsonValues(match[1] ?? "").map((value) => callOf(value, "arguments", names));
    if (found.length === 0 || found.includes(null)) content.push(match[0]);
    calls.push(...found.filter((call) => call !== null));
  }
  const rest = [...content, text.slice(end)].join("");
  return { text: rest.replace(/^\n+|\n+$/g, ""), calls };
}

function allOrNone(values: readonly unknown[], key: string, names: ReadonlySet<string>): Read {
  const calls = values.map((value) => callOf(value, key, names));
  return { text: "", calls: calls.includes(null) ? [] : (calls as ToolCall[]) };
}

function callOf(value: unknown, key: string, names: ReadonlySet<string>): ToolCall | null {
  if (!isRecord(value) || typeof value.name !== "string" || !names.has(value.name)) return null;
  const args = value[key] ?? value.arguments ?? value.parameters ?? {};
  if (!isRecord(args)) return null;
  return { id: drawnId(), type: "function", function: { name: value.name, arguments: args } };
}

/** Mistral's templates insist on nine letters and digits. */
function drawnId(): string {
  const words = crypto.getRandomValues(new Uint32Array(2));
  const digits = [...words].map((word) => word.toString(16).padStart(8, "0"));
  return digits.join("").slice(0, 9);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
