/** The licences of what is bundled, in one file that ships beside the bundles. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HEAD = "The bundles in this folder contain the following packages.\n";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The notices of what the WebAssembly files contain. */
export function compiledNotices() {
  return readFileSync(join(root, "NOTICES.txt"), "utf8");
}

/** Names of the packages that esbuild's metafile says are in a bundle, sorted. */
export function bundledPackages(metafile) {
  const names = new Set();
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
      if (found && bytesInOutput > 0) names.add(found[1]);
    }
  }
  return [...names].sort();
}

function licenceText(folder, name) {
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (!file) throw new Error(`${name} ships no licence file`);
  return readFileSync(join(folder, file), "utf8").trim();
}

/** Write the notices of the packages in a metafile, and of `more`, to `path`. */
export function writeNotices(metafile, js, path, more = []) {
  const names = [...new Set([...bundledPackages(metafile), ...more])].sort();
  const parts = names.map((name) => {
    const folder = join(js, "node_modules", name);
    if (!existsSync(folder)) throw new Error(`${name} is bundled but not installed`);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${"=".repeat(78)}\n${name} ${version} (${license})\n\n${licenceText(folder, name)}\n`;
  });
  writeFileSync(path, [HEAD, ...parts].join("\n"));
}
