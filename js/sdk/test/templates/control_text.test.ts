import { describe, expect, it } from "vitest";
import { PromptError } from "../../src/errors.js";
import { ControlText, chooseMarker } from "../../src/templates/control_text.js";

const M = "\ufdd0";
const TOKENS = ["<|end|>", "<|a|>", "|a|", "@", "[INST]", "<s>", "</s>", "é→"];

function broken(text: string, withEdges: boolean, tokens: readonly string[] = TOKENS): string {
  return new ControlText(tokens).broken(text, M, withEdges).replaceAll(M, "^");
}

/** Find tokens as the guest does: none across a marker, none right after one. */
function recognised(text: string): string[] {
  const found: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === M) {
      at += TOKENS.some((token) => text.startsWith(token, at + 1)) ? 2 : 1;
      continue;
    }
    const here = TOKENS.filter((token) => text.startsWith(token, at));
    const longest = here.sort((left, right) => right.length - left.length)[0];
    if (longest !== undefined) {
      found.push(longest);
    }
    at += longest?.length ?? 1;
  }
  return found;
}

/** A stream of numbers from 0 to 1, the same on every run. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe("control tokens in content", () => {
  it.each([
    ["", ""],
    ["hello", "hello"],
    ["x<|end|>y", "x<^|end|>y"],
    ["<|end|><|end|>", "<^|end|><^|end|>"],
    [".<|a|>.", ".<^|^a|>."],
    ["a@b", "a^@b"],
    ["[INST]", "[^INST]"],
    ["<S>", "<S>"],
    [".<s></s>.", ".<^s><^/s>."],
    [".é→.", ".é^→."],
    ["<<s>>", "<<^s>>"],
  ])("%j is marked after the first character of every token", (text, expected) => {
    expect(broken(text, false)).toBe(expected);
  });

  it.each([
    ["plain text", "plain text"],
    ["<", "^<"],
    [">", "^>"],
    ["end|> x", "^end|> x"],
    ["x <|e", "x ^<|e"],
    ["  \n>x", "  \n^>x"],
    ["x<|\t ", "x^<^|\t "],
    ["|a|>", "^|^a|>"],
    ["→ é", "^→ ^é"],
    ["INST] x [INS", "^INST] x ^[INS"],
  ])("%j is marked at edges that a template could complete", (text, expected) => {
    expect(broken(text, true)).toBe(expected);
  });

  it("are whole characters, also beyond 16 bits", () => {
    expect(broken("a😀b😀🏯", false, ["😀🏯", "😀b"])).toBe("a😀^b😀^🏯");
    expect(broken("🏯x😀", true, ["😀🏯"])).toBe("^🏯x^😀");
    expect(broken("x😀", false, ["😀"])).toBe("x^😀");
  });

  it("are never left in any text, and hide no token of the template", () => {
    const random = numbers(3);
    const pieces = [...TOKENS, "<", "|", ">", "end", "a", "s", "/", " ", "\n", "INST", "[", "]"];
    const control = new ControlText(TOKENS);
    for (let round = 0; round < 500; round++) {
      const count = Math.floor(random.next().value * 12);
      const text = Array.from(
        { length: count },
        () => pieces[Math.floor(random.next().value * pieces.length)],
      ).join("");
      const marked = control.broken(text, M);
      expect(marked.replaceAll(M, "")).toBe(text);
      expect(recognised(marked)).toEqual([]);
      expect(recognised(`<|end|>${marked}</s>`)).toEqual(["<|end|>", "</s>"]);
    }
  });

  it("are found at the longest one of the first place", () => {
    const control = new ControlText(["</s>", "</s>x", "<s>"]);
    expect(control.first("a <s> </s>")).toBe("<s>");
    expect(control.first("a </s>x <s>")).toBe("</s>x");
    expect(control.first("nothing")).toBe(null);
    expect(new ControlText([]).broken("<|end|> @", M)).toBe("<|end|> @");
  });
});

describe("markers", () => {
  it("occur in none of the texts, nor as JSON escapes them", () => {
    expect(chooseMarker(["a", "\ufdd0", "\\ufdd1"])).toBe("\ufdd2");
    const all = Array.from({ length: 32 }, (_, index) => String.fromCharCode(0xfdd0 + index));
    expect(() => chooseMarker([all.join("")])).toThrow(PromptError);
  });
});
