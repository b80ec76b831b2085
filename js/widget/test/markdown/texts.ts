/** Texts as models write them, and a source of arbitrary ones. */

export const TEXTS: Record<string, string> = {
  prose:
    "Hello **world**, this is *fine*.\n\nA second paragraph with `code` and a\nsoft break.  \nAnd a hard one.",
  headings: "# One\n\ntext\n\nTwo\n===\n\nThree\n---\n\n###### six\n#no heading\n",
  lists:
    "- a\n- b\n  - c\n    1. d\n    2. e\n\n      para in e\n- f\n\n- loose\n\nafter\n\n3. three\n4. four\n\n* [ ] todo\n* [x] done\n",
  interrupted:
    "para\n- item\n\nlazy\n  continued\n> quote\nlazy quote\n\n> - nested\n>   more\n\n    indented\n\nend",
  table:
    "Before\n\n| a | b \\| c |\n|:--|--:|\n| `x` | **y** |\n| 1 |\n| 1 | 2 | 3 |\n\nAfter | not | a table\n",
  code: "```python\ndef f(x):\n    return `x` + '''```'''\n\n# *no emphasis*\n```\n\n~~~\nplain\n~~~\n\n````md\n```js\nlet a = 1;\n```\n````\n\n```unclosed\ntail",
  maths:
    "Inline $x_1^2$ and \\(a_b\\), money $5 and $6.\n\n$$\n\\begin{aligned}a &= b\\\\ &= c\\end{aligned}\n$$\n\n\\[ x = \\frac{1}{2} \\]\n\ntext\n$$\na\n=\nb\n$$\nmore *text* with $$d$$ inside.\n\n$$ unclosed\n\n- item $y$\n",
  references:
    "See [one] and [two][2] and ![pic][p].\n\n[one]: http://one.test 'title'\n\n> [2]: http://two.test\n\n[p]: http://three.test/x.png\n\nLate [one].",
  html: "H<sub>2</sub>O <b>bold\n\nnext</b> <div>block</div>\n\n<details>\n<summary>x</summary>\n\n**in**\n\n</details>\n\n<!-- comment\n\nstill --> end",
  entities: "&lt;b&gt; &amp; &copy; &#60; & alone &unknown; \\& \\< \\`\\*",
  emphasis:
    "**a *b* c** __d__ snake_case_name 2 * 3 * 4 ***both*** ~~gone~~ **open\n\n*open _nested **deep\n\nend",
  rtl: "مرحبا **بالعالم** و`code`.\n\n- عنصر\n- item\n\n# עברית",
  emoji: "👩‍👩‍👧‍👦 **é** 𝒳 \u200d ZWJ 🇫🇷\n\n| 🙂 | ünï |\n|---|---|\n| 漢字 | ½ |",
  ends: "windows\r\nlines\r\n\r\n- a\r\n- b\r\n\rmac\rlines",
  odd: "\n\n   \n\t\ntext\n\n\n\n***\n---\n___\n\n1) paren\n2) two\n\n+ plus\n",
};

// biome-ignore format: a list reads as a list
const FRAGMENTS = [
  "a", " b", "word ", "\n", "\n\n", "\n\n\n", "  ", "    ", "\t", "*", "**", "_", "__", "~~", "`", "``",
  "```", "```py\n", "~~~\n", "- ", "\n- ", "\n  - ", "1. ", "\n2) ", "> ", "\n> ", "# ", "\n## ", "---", "\n---\n",
  "===", "|", "| a | b |\n", "|---|---|\n", "\n| c | d |\n", "[", "]", "(", ")", "](http://x.test)", "![", "[r]",
  "\n[r]: http://r.test\n", "\n\n[r]: /rel\n\n", "$", "$$", "\n$$\n", "\\(", "\\)", "\\[", "\\]", "x_1", "\\frac12", "<b>",
  "</b>", "<br>", "<div>", "<script>", "</script>", "<!--", "-->", "&lt;", "&", "http://u.test", "www.w.test", "\r\n", "\\",
  "é", "👍", "[ ] ", "[x] ", ":", ".",
];

/** A small generator of pseudo-random numbers in [0, 1): the same ones for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An arbitrary text of `length` fragments of Markdown. */
export function arbitraryText(next: () => number, length: number): string {
  let text = "";
  for (let index = 0; index < length; index += 1) {
    text += FRAGMENTS[Math.floor(next() * FRAGMENTS.length)];
  }
  return text;
}

/** Positions to cut a text at, in order, the end included. */
export function cuts(next: () => number, length: number, count: number): number[] {
  const places = Array.from({ length: count }, () => Math.floor(next() * (length + 1)));
  return [...places.sort((a, b) => a - b), length];
}
