/** The bundle `markdown.js`: parser, sanitiser and highlighter. */
import { listen } from "./actions";
import { StreamingRenderer } from "./streaming";
import type { LiveMarkdown, LiveOptions, MarkdownEngine, MathsEngine } from "./types";

let maths: MathsEngine | null = null;

export function setMaths(engine: MathsEngine): void {
  maths = engine;
}

export function createLive(root: HTMLElement, options: LiveOptions): LiveMarkdown {
  const cells = options.insertCell !== undefined;
  const renderer = new StreamingRenderer(root, { cells, onMaths: options.onMaths }, () => maths);
  const dispose = listen(root, options);
  return { draw: (text, isFinal) => renderer.draw(text, isFinal), dispose };
}

export function renderMarkdown(text: string, cells = false): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const holder = document.createElement("div");
  new StreamingRenderer(holder, { cells, onMaths: () => undefined }, () => maths).draw(text, true);
  fragment.append(...holder.childNodes);
  return fragment;
}

/**
 * One text of each kind: what is drawn for the first time costs several times as much, because
 * expressions and grammars are compiled then. Done ahead and one by one, it holds up no answer.
 */
const FIRST_TEXTS = [
  "# a\n\n*b* **c** `d` [e](https://f.test)\n\n- g\n",
  "|a|\n|-|\n|b|\n",
  "```python\ndef f(x):\n    return x\n```\n",
];

/** Draw a text as growing and as final, in an element that is on no page. */
function rehearse(text: string): void {
  const options = { cells: true, onMaths: () => undefined };
  const renderer = new StreamingRenderer(document.createElement("div"), options, () => null);
  for (const isFinal of [false, true]) renderer.draw(text, isFinal);
}

for (const text of FIRST_TEXTS) setTimeout(() => rehearse(text));

({ createLive, renderMarkdown, setMaths }) satisfies MarkdownEngine;
