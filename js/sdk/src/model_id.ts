/** Names of models: what they may be, and what a file is called by default. */

import { display, kindOf } from "./display.js";
import { ConfigError } from "./errors.js";
import type { FileSource, ModelSource } from "./types.js";

const SUFFIX = ".gguf";
const ALLOWED = "a name of at most 128 letters, digits and . _ - : @ + or spaces";
const ID = /^[\p{L}\p{N}_][\p{L}\p{N}_.:@+ -]{0,127}$/u;

/**
 * An id that is well formed.
 *
 * @throws ConfigError if it is not.
 */
export function checkedId(id: unknown): string {
  const details = { field: "id", value: id, allowed: ALLOWED };
  if (typeof id !== "string") {
    throw new ConfigError(`a model id must be text, not ${kindOf(id)}`, details);
  }
  if (id.toLowerCase().endsWith(SUFFIX) || /[/\\]/.test(id)) {
    const message = `${display(id)} looks like a file where the model's id is expected`;
    throw new ConfigError(message, details);
  }
  if (!ID.test(id)) {
    const message = `the model id ${display(id, 200)} is not allowed: an id is ${ALLOWED}`;
    throw new ConfigError(message, details);
  }
  return id;
}

/** The id of a model that is given none: its file's name, without the ending. */
export function defaultId(source: ModelSource): string {
  const [first = ""] = isFiles(source) ? source : [source];
  const name = fileName(first);
  const stem = name.toLowerCase().endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
  const id = stem
    .replace(/-\d{5}-of-\d{5}$/, "")
    .replace(/[^\p{L}\p{N}_.:@+ -]/gu, "-")
    .replace(/^[.:@+ -]+/, "")
    .slice(0, 128);
  return id === "" ? "model" : id;
}

/** Whether a text names a file or an address rather than a loaded model. */
export function looksLikeFile(text: string): boolean {
  return /[/\\]/.test(text) || text.toLowerCase().endsWith(SUFFIX);
}

/** Whether a source is all files of a split model. */
export function isFiles(source: ModelSource): source is readonly FileSource[] {
  return Array.isArray(source);
}

function fileName(source: FileSource): string {
  if (source instanceof URL) return lastPart(source.pathname);
  if (typeof source === "string") return lastPart(source.replace(/[?#].*$/, ""));
  const name = (source as { name?: unknown }).name;
  return typeof name === "string" ? lastPart(name) : "model";
}

function lastPart(path: string): string {
  const part = path.split(/[/\\]/).at(-1) ?? "";
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
