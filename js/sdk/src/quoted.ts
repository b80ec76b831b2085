/** Values in messages, written as Python writes them, so that both packages say the same. */

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
/** What cannot be shown: control, format and unassigned characters, and other white space. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** Whether every character of a text can be shown. */
export function isPrintable(text: string): boolean {
  for (const character of text) {
    if (character !== " " && UNPRINTABLE.test(character)) {
      return false;
    }
  }
  return true;
}

/** A text in quotes, with what cannot be shown escaped. */
export function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let result = quote;
  for (const character of text) {
    if (character === quote) {
      result += `\\${quote}`;
    } else {
      result += ESCAPES[character] ?? (isPrintable(character) ? character : escaped(character));
    }
  }
  return result + quote;
}

/** Any value for a message, shortened to `most` characters. */
export function shown(value: unknown, most = 80): string {
  return describe(value).slice(0, most);
}

/** A number with six digits at most, as C's `%g` writes it. */
export function general(value: number): string {
  const [digits = "", exponent] = value.toPrecision(6).split("e");
  const short = digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
  return exponent === undefined
    ? short
    : `${short}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function describe(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  if (typeof value === "string") {
    return quoted(value);
  }
  if (value === null || value === undefined) {
    return "None";
  }
  if (typeof value === "boolean") {
    return value ? "True" : "False";
  }
  if (Array.isArray(value)) {
    return `[${value.slice(0, 100).map(describe).join(", ")}]`;
  }
  return typeof value === "object" || typeof value === "function" ? typeof value : String(value);
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  const hex = code.toString(16);
  if (code < 0x100) {
    return `\\x${hex.padStart(2, "0")}`;
  }
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
