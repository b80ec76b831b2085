import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as node from "../src/node.js";
import * as react from "../src/react.js";

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");

test("the reference has everything that is exported (npm run sdk:docs writes it anew)", () => {
  const shared = read("browser.md");
  for (const name of [...Object.keys(node), "GenerationConfig", "RealmOptions", "ModelCache"]) {
    expect(shared).toMatch(new RegExp(`^#+ ${name}\\b`, "m"));
  }
  // What the realm can do, with what it says of it.
  for (const name of ["loadModel", "generate", "streamChat", "generateBatch", "dispose"]) {
    expect(shared).toMatch(new RegExp(`^#+ ${name}\\(\\)$`, "m"));
  }
  for (const name of Object.keys(react)) expect(read("react.md")).toContain(name);
});
