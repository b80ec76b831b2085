/** What a reader typed into a setting, checked against what the kernel said it allows. */
import type { Field, json } from "../shared/messages";

export type Parsed = { ok: true; value: json } | { ok: false; reason: string };

/** Return the text that a field's input shows for `value`. */
export function textOf(field: Field, value: json): string {
  if (value === null || value === undefined) return "";
  if (field.kind === "strings") return (value as string[]).map(escapeLine).join("\n");
  return String(value);
}

/** Return the value of what was typed, or why it is none; empty is the default. */
export function parse(field: Field, text: string): Parsed {
  if (field.kind === "strings") {
    const lines = text.split("\n").filter((line) => line !== "");
    return { ok: true, value: lines.map(unescapeLine) };
  }
  const typed = text.trim();
  if (typed === "") return { ok: true, value: field.default };
  if (field.kind === "seed") {
    if (!/^\d{1,20}$/.test(typed)) return no(field);
    return BigInt(typed) < 1n << 64n ? { ok: true, value: typed } : no(field);
  }
  const number = Number(typed);
  const isAllowed =
    Number.isFinite(number) &&
    (field.kind !== "integer" || Number.isInteger(number)) &&
    (field.low === null || number >= field.low) &&
    (field.high === null || number <= field.high);
  return isAllowed ? { ok: true, value: number } : no(field);
}

function no(field: Field): Parsed {
  return { ok: false, reason: `Allowed: ${allowedBy(field)}.` };
}

/** Return in words what a field allows. */
export function allowedBy(field: Field): string {
  if (field.kind === "seed") return "a whole number from 0 to 2^64 − 1, or nothing";
  const kind = field.kind === "integer" ? "a whole number" : "a number";
  if (field.low !== null && field.high !== null)
    return `${kind} from ${field.low} to ${field.high}`;
  if (field.low !== null) return `${kind} of at least ${field.low}`;
  if (field.high !== null) return `${kind} of at most ${field.high}`;
  return kind;
}

/** Whether a setting is what it is when nobody touches it. */
export function isDefault(field: Field, value: json): boolean {
  return JSON.stringify(value ?? null) === JSON.stringify(field.default ?? null);
}

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", "\\": "\\" };

function unescapeLine(line: string): string {
  return line.replace(/\\([ntr\\])/g, (_, letter: string) => ESCAPES[letter] ?? "");
}

function escapeLine(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t")
    .replaceAll("\r", "\\r");
}
