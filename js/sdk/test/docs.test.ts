import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as node from "../src/node.js";
import * as react from "../src/react.js";

/** The names that a page of the reference has headings for. */
function headings(name: string): string[] {
  const page = readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");
  const found = page.matchAll(/^#+ (?:abstract )?([\w\\]+)/gm);
  return [...found].map(([, heading]) => (heading as string).replaceAll("\\", ""));
}

test("the reference has everything that is exported (npm run sdk:docs writes it anew)", () => {
  const methods = ["loadModel", "generate", "streamChat", "generateBatch", "dispose"];
  const types = ["GenerationConfig", "RealmOptions", "ModelCache"];
  const shared = headings("browser.md");
  const names = [...Object.keys(node), ...types, ...methods];
  expect(names.filter((name) => !shared.includes(name))).toEqual([]);
  const hooks = headings("react.md");
  expect(Object.keys(react).filter((name) => !hooks.includes(name))).toEqual([]);
});
