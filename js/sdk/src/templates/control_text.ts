/**
 * Keeps control tokens that occur in what people say from being recognised.
 *
 * The prompt of a chat is template text, whose control tokens count, around content, whose
 * control tokens must not: or a user could forge a turn. A marker character is put into each
 * control token in the content before rendering; afterwards it becomes the byte 0xFF, which
 * the guest drops without recognising a control token across it or right after it.
 */

import { PromptError } from "../errors.js";

// Code points that Unicode promises never to assign: no text means anything by them.
const MARKERS = Array.from({ length: 0x20 }, (_, index) => String.fromCharCode(0xfdd0 + index));
// A longer token is taken for its first characters: more is broken than needed, not less.
const MAX_TOKEN_CHARACTERS = 1024;

/**
 * A noncharacter, U+FDD0 to U+FDEF, that occurs in none of the texts, nor as JSON writes it.
 *
 * @throws PromptError if all of them occur.
 */
export function chooseMarker(texts: Iterable<string>): string {
  let left = MARKERS;
  for (const text of texts) {
    left = left.filter((marker) => !text.includes(marker) && !text.includes(escapeOf(marker)));
  }
  const [marker] = left;
  if (marker === undefined) {
    throw new PromptError("the messages hold all noncharacters U+FDD0 to U+FDEF; remove some");
  }
  return marker;
}

/** A marker as JSON in ASCII writes it. */
export function escapeOf(marker: string): string {
  return `\\u${marker.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The control tokens of one vocabulary, ready to be found in text. */
export class ControlText {
  readonly #tokens: readonly string[];
  /** Of tokens that begin alike only the shortest; sorted. */
  readonly #shortest: readonly string[];
  readonly #byStart: readonly string[];
  /** Reversed, and sorted. */
  readonly #byEnd: readonly string[];
  readonly #longest: number;
  readonly #pair: RegExp | null;
  readonly #single: RegExp | null;

  constructor(controlTokens: Iterable<string>) {
    this.#tokens = [...new Set(controlTokens)].filter((token) => token !== "");
    const heads = this.#tokens.map((token) => [...token].slice(0, MAX_TOKEN_CHARACTERS).join(""));
    const longer = heads.filter((head) => [...head].length > 1).sort();
    const singles = heads.filter((head) => [...head].length === 1);
    const shortest: string[] = [];
    for (const token of longer) {
      const last = shortest.at(-1);
      if (last === undefined || !token.startsWith(last)) {
        shortest.push(token);
      }
    }
    this.#shortest = shortest;
    this.#byStart = longer;
    this.#byEnd = longer.map(reversed).sort();
    this.#longest = longer.reduce((most, token) => Math.max(most, token.length), 0);
    this.#pair = pairPattern(shortest);
    this.#single =
      singles.length > 0 ? new RegExp(`[${singles.map(escaped).join("")}]`, "gu") : null;
  }

  /** The first control token in a short text, the longest one at its place. */
  first(text: string): string | null {
    let best: string | null = null;
    let bestAt = text.length;
    for (const token of this.#tokens) {
      const at = text.indexOf(token);
      const isLonger = best !== null && at === bestAt && token.length > best.length;
      if (at >= 0 && (at < bestAt || isLonger)) {
        best = token;
        bestAt = at;
      }
    }
    return best;
  }

  /**
   * The text with a marker in every control token: after the token's first character, or before
   * its only one. (What directly follows a marker cannot begin a token, so none may stand at
   * the end of the text, where the template's own token begins.)
   *
   * @param withEdges - Also mark what a template could complete to a token: the start of the
   * text when that is the end of a token, and the place before the last characters when these
   * begin a token.
   */
  broken(text: string, marker: string, withEdges = true): string {
    const places = new Set([...this.#places(text), ...(withEdges ? this.#edges(text) : [])]);
    const pieces: string[] = [];
    let start = 0;
    for (const place of [...places].sort((left, right) => left - right)) {
      pieces.push(text.slice(start, place));
      start = place;
    }
    return [...pieces, text.slice(start)].join(marker);
  }

  *#places(text: string): Iterable<number> {
    if (this.#pair !== null) {
      for (const found of text.matchAll(this.#pair)) {
        const rest = text.slice(found.index, found.index + this.#longest);
        // At most one token can begin here: the last one that sorts before the text.
        const token = this.#shortest[placeAfter(this.#shortest, rest) - 1];
        if (token !== undefined && rest.startsWith(token)) {
          yield found.index + found[0].length;
        }
      }
    }
    if (this.#single !== null) {
      for (const found of text.matchAll(this.#single)) {
        yield found.index;
      }
    }
  }

  /**
   * Edges that need a marker, with and without white space around: templates strip content,
   * and what is then outermost meets the template's text. At the end the marker stands before
   * what begins a token, not after it: there it would hide the template's own token that
   * follows.
   */
  *#edges(text: string): Iterable<number> {
    for (const start of [0, text.length - text.trimStart().length]) {
      const head = [...text.slice(start, start + this.#longest)];
      const isEnd = head.some((_, index) =>
        begins(
          head
            .slice(0, index + 1)
            .reverse()
            .join(""),
          this.#byEnd,
        ),
      );
      if (isEnd) {
        yield start;
      }
    }
    for (const end of [text.length, text.trimEnd().length]) {
      const tail = text.slice(Math.max(0, end - this.#longest), end);
      for (let length = 1; length <= tail.length; length++) {
        if (begins(tail.slice(-length), this.#byStart)) {
          yield end - length;
        }
      }
    }
  }
}

/** Where a text would stand after all equal ones of a sorted list. */
function placeAfter(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) <= text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Whether a token, in a sorted list of them, begins with this part and goes on. */
function begins(part: string, tokens: readonly string[]): boolean {
  // A proper part: the token itself sorts first and does not count.
  return tokens[placeAfter(tokens, part)]?.startsWith(part) ?? false;
}

/** A pattern that finds the first of two characters with which a token begins. */
function pairPattern(tokens: readonly string[]): RegExp | null {
  const seconds = new Map<string, Set<string>>();
  for (const token of tokens) {
    const [first = "", second = ""] = token;
    seconds.set(first, (seconds.get(first) ?? new Set()).add(second));
  }
  const pairs = [...seconds].map(
    ([first, rest]) => `${escaped(first)}(?=[${[...rest].map(escaped).join("")}])`,
  );
  return pairs.length > 0 ? new RegExp(pairs.join("|"), "gu") : null;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}

function reversed(text: string): string {
  return [...text].reverse().join("");
}
