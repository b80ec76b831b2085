/** Code in colour, for the languages that notebooks meet. */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import julia from "highlight.js/lib/languages/julia";
import python from "highlight.js/lib/languages/python";
import r from "highlight.js/lib/languages/r";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

// biome-ignore format: a list reads as a list
const LANGUAGES = {
  bash, cpp, csharp, css, diff, go, ini, java, javascript, json, julia, python, r, ruby, rust,
  shell, sql, typescript, xml, yaml,
};

for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);
// Dialects that close relatives colour well enough.
hljs.registerAliases(["c", "cuda", "cu"], { languageName: "cpp" });
hljs.registerAliases(["ipython", "python3", "pycon"], { languageName: "python" });
hljs.registerAliases(["toml"], { languageName: "ini" });

// Longer blocks stay plain: colouring them would hold up the page.
const MAX_CHARACTERS = 50_000;

/** A run of code and the classes of its colour; empty for none. */
interface Run {
  text: string;
  classes: string;
}

/** Return `code` as elements: text, and spans with classes of the form `hljs-…`. */
export function highlight(code: string, language: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const { text, classes } of runs(code, language)) {
    if (classes === "") {
      fragment.append(text);
      continue;
    }
    const span = document.createElement("span");
    span.className = classes;
    span.textContent = text;
    fragment.append(span);
  }
  return fragment;
}

/** The parts of the highlighter's tree that are read here. */
interface TreeNode {
  scope?: string;
  children: (TreeNode | string)[];
}

function runs(code: string, language: string): Run[] {
  if (hljs.getLanguage(language) === undefined || code.length > MAX_CHARACTERS) {
    return code === "" ? [] : [{ text: code, classes: "" }];
  }
  const result = hljs.highlight(code, { language, ignoreIllegals: true });
  const found: Run[] = [];
  // The tree, not the HTML: model text never passes through a parser here.
  walk((result._emitter as unknown as { rootNode: TreeNode }).rootNode, "", found);
  return found;
}

function walk(node: TreeNode | string, classes: string, found: Run[]): void {
  if (typeof node === "string") {
    const last = found.at(-1);
    if (last !== undefined && last.classes === classes) last.text += node;
    else if (node !== "") found.push({ text: node, classes });
    return;
  }
  // Of a scope such as "title.function" the first part decides the colour.
  const scope = node.scope?.split(".")[0]?.replace(/[^\w-]/g, "");
  const inner = scope === undefined ? classes : `hljs-${scope}`;
  for (const child of node.children) walk(child, inner, found);
}
