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

({ createLive, renderMarkdown, setMaths }) satisfies MarkdownEngine;
