/** Where blocks and formulas are: marked's lexer, with raw HTML off and TeX delimiters on. */
import {
  Lexer,
  Marked,
  type MarkedOptions,
  type Token,
  type Tokens,
  type TokensList,
} from "marked";

/** A formula; `isOpen` while its end has not come. */
export interface MathsToken {
  type: "maths";
  raw: string;
  tex: string;
  isDisplay: boolean;
  isOpen: boolean;
}

/** A top-level block of the text, by its source. */
export interface Block {
  type: string;
  raw: string;
}

export type Links = TokensList["links"];

// A display formula ends at its delimiter, and without one at a blank line.
const DISPLAY = [
  /^ {0,3}\$\$(?!\$)((?:(?!\n[ \t]*\n|\$\$)[\s\S])+)\$\$[ \t]*(?:\n|$)/,
  /^ {0,3}\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])+)\\\][ \t]*(?:\n|$)/,
];
const DISPLAY_OPEN = [
  /^ {0,3}\$\$(?!\$)((?:(?!\n[ \t]*\n|\$\$)[\s\S])*)(?=\n[ \t]*\n|$)/,
  /^ {0,3}\\\[((?:(?!\n[ \t]*\n|\\\])[\s\S])*)(?=\n[ \t]*\n|$)/,
];
// Money is no formula: no space inside the dollars, no letter or digit behind them.
const DOLLARS =
  /^\$(?![\s$])((?:\\[\s\S]|[^\\$\n]|\n(?!\s*\n))*?[^\s\\$]|\\\S)\$(?![\p{L}\p{N}$])/u;
const DOUBLE_DOLLARS = /^\$\$(?!\$)((?:\\[\s\S]|[^\\$])+?)\$\$/;
const PARENTHESES = /^\\\(([\s\S]+?)\\\)/;
const BRACKETS = /^\\\[([\s\S]+?)\\\]/;
const OPEN = /^(?:\\\(|\\\[|\$\$)([^$]*)$/;

function maths(raw: string, tex: string, isDisplay: boolean, isOpen = false): MathsToken {
  return { type: "maths", raw, tex: tex.trim(), isDisplay, isOpen };
}

function firstMatch(expressions: readonly RegExp[], src: string): RegExpExecArray | null {
  for (const expression of expressions) {
    const match = expression.exec(src);
    if (match !== null) return match;
  }
  return null;
}

/** Where in the paragraph at hand a display formula interrupts it. */
function startOfDisplay(src: string): number | undefined {
  const end = src.search(/\n[ \t]*\n/);
  const match = /\n {0,3}(?:\$\$|\\\[)/.exec(end === -1 ? src : src.slice(0, end));
  return match === null ? undefined : match.index + 1;
}

function options(isGrowing: boolean): MarkedOptions {
  const marked = new Marked({
    gfm: true,
    extensions: [
      {
        name: "maths",
        level: "block",
        start: startOfDisplay,
        tokenizer(src) {
          const whole = firstMatch(DISPLAY, src);
          if (whole !== null) return maths(whole[0], whole[1] ?? "", true);
          const open = firstMatch(DISPLAY_OPEN, src);
          return open === null ? undefined : maths(open[0], open[1] ?? "", true, true);
        },
      },
      {
        name: "maths",
        level: "inline",
        start: (src) => /\$|\\[([]/.exec(src)?.index,
        tokenizer(src) {
          let match = PARENTHESES.exec(src);
          if (match !== null) return maths(match[0], match[1] ?? "", false);
          match = DOUBLE_DOLLARS.exec(src) ?? BRACKETS.exec(src);
          if (match !== null) return maths(match[0], match[1] ?? "", true);
          match = DOLLARS.exec(src);
          if (match !== null) return maths(match[0], match[1] ?? "", false);
          match = isGrowing ? OPEN.exec(src) : null;
          return match === null ? undefined : maths(match[0], match[1] ?? "", false, true);
        },
      },
    ],
    tokenizer: {
      // Tags start no block: what is between them is Markdown like the rest.
      html: () => undefined,
      // A tag changes nothing for the text behind it, whatever it is called.
      tag(src) {
        const match = this.rules.inline.tag.exec(src);
        if (match === null) return undefined;
        return { type: "html", raw: match[0], block: false, text: match[0] } as Tokens.Tag;
      },
    },
  });
  return marked.defaults;
}

const FINAL = options(false);
const GROWING = options(true);

/** Split a text into its top-level blocks; their sources joined are the text. */
export function splitBlocks(text: string): Block[] {
  return new Lexer(FINAL).blockTokens(text, []).map(({ type, raw }) => ({ type, raw }));
}

/** One block, read as far as its own structure goes. */
export class BlockReader {
  readonly #lexer: Lexer;
  readonly tokens: Token[];

  /** `isGrowing` says that more may follow, so that an open formula counts as one. */
  constructor(source: string, isGrowing: boolean) {
    this.#lexer = new Lexer(isGrowing ? GROWING : FINAL);
    this.tokens = this.#lexer.blockTokens(source, this.#lexer.tokens);
  }

  /** Link targets that the block defines. */
  get links(): Links {
    return this.#lexer.tokens.links;
  }

  /** Read the text inside, with the link targets of the whole text. */
  finish(links: Links): Token[] {
    this.#lexer.tokens.links = links;
    for (const { src, tokens } of this.#lexer.inlineQueue) this.#lexer.inlineTokens(src, tokens);
    this.#lexer.inlineQueue = [];
    return this.tokens;
  }
}
