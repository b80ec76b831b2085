/** JSON objects and arrays that follow each other in a text. */

/**
 * The objects and arrays in a text with nothing but white space or `;` between them; none where
 * there is anything else.
 */
export function jsonValues(text: string): unknown[] {
  const values: unknown[] = [];
  let at = 0;
  while (true) {
    while (at < text.length && /[\s;]/.test(text.charAt(at))) at += 1;
    if (at === text.length) return values;
    const end = endOf(text, at);
    if (end === null) return [];
    try {
      values.push(JSON.parse(text.slice(at, end)));
    } catch {
      return [];
    }
    at = end;
  }
}

/** Where an object or array ends that begins here; null if none does. */
function endOf(text: string, start: number): number | null {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isInString) {
      if (character === "\\") at += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    if (depth === 0) return at > start ? at + 1 : null;
  }
  return null;
}
