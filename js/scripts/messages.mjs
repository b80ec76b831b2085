/**
 * Write widget/src/shared/messages.ts, the twin of realm_jupyter/widget/messages.py, from the
 * golden file that pytest holds to the Python side: `npm run messages`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const js = dirname(dirname(fileURLToPath(import.meta.url)));

export const GOLDEN = join(js, "..", "tests", "golden", "widget_messages.json");
export const TWIN = join(js, "widget", "src", "shared", "messages.ts");

const HEADER = `/**
 * The messages between the views and the kernel, as types. What each means is said in
 * realm_jupyter/widget/messages.py; this file is written from the golden file of that table by
 * \`npm run messages\`, and a test holds it there.
 */

// The table's own words for its two loosest types.
export type integer = number;
// biome-ignore lint/suspicious/noExplicitAny: any JSON value; who reads one knows what it is
export type json = any;
`;

function fields(object, indent) {
  return Object.entries(object)
    .map(([name, type]) => `${indent}${name}: ${type};\n`)
    .join("");
}

function table(name, comment, entries) {
  const lines = Object.entries(entries).map(([key, object]) => {
    const inner = fields(object, "    ");
    return inner === "" ? `  ${key}: Record<never, never>;\n` : `  ${key}: {\n${inner}  };\n`;
  });
  return `\n/** ${comment} */\nexport interface ${name} {\n${lines.join("")}}\n`;
}

function object(name, contents) {
  const inner = fields(contents, "  ");
  if (inner === "") return `\nexport type ${name} = Record<never, never>;\n`;
  return `\nexport interface ${name} {\n${inner}}\n`;
}

/** Return the text of messages.ts for the table in the golden file. */
export function render(golden) {
  const parts = [HEADER];
  parts.push(`\nexport const PROTOCOL = ${golden.protocol};\n`);
  const assets = golden.assets.map((name) => JSON.stringify(name)).join(" | ");
  parts.push(`\n/** Files that can be asked for. */\nexport type AssetName = ${assets};\n`);
  for (const [name, contents] of Object.entries(golden.objects)) parts.push(object(name, contents));
  parts.push(table("Requests", "Fields of each request.", golden.requests));
  const results = fields(golden.results, "  ");
  parts.push(`\n/** What answers each request. */\nexport interface Results {\n${results}}\n`);
  parts.push(table("Events", "Fields of each event.", golden.events));
  return parts.join("");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TWIN, render(JSON.parse(readFileSync(GOLDEN, "utf8"))));
}
