/** A value as messages show it, at most this many characters of it. */
export function display(value: unknown, most = 80): string {
  const text = typeof value === "string" ? JSON.stringify(value) : describe(value);
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

/** The kind of a value in words. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value) ?? kindOf(value);
  } catch {
    return kindOf(value); // a circle, or a bigint within
  }
}
