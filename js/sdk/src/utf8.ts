/** Text to UTF-8, where what is no text is an error instead of U+FFFD. */

import { PromptError } from "./errors.js";

const ENCODER = new TextEncoder();
// With the flag u, halves of a pair do not match.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The first lone surrogate of a text and its place in characters; null where there is none. */
export function findLoneSurrogate(text: string): { name: string; position: number } | null {
  const found = LONE_SURROGATE.exec(text);
  if (found === null) {
    return null;
  }
  const code = found[0].charCodeAt(0).toString(16).toUpperCase();
  return { name: `U+${code}`, position: [...text.slice(0, found.index)].length };
}

/**
 * UTF-8 of a text.
 *
 * @throws PromptError if it holds a lone surrogate.
 */
export function utf8(text: string): Uint8Array {
  const found = findLoneSurrogate(text);
  if (found !== null) {
    throw new PromptError(
      `the text holds a lone surrogate at position ${found.position}, which is no character; encode it properly first`,
    );
  }
  return ENCODER.encode(text);
}
